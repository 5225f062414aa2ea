"""Make links of the roles in docstrings (``:class:`framelens.Evaluation```) when the site is built; see mkdocs.yml."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import griffe

_ROLE = re.compile(r":(?:attr|class|data|func|meth|mod):`(~?)([\w.]+)`")
#: Parts of the façade, whose members the site shows under the façade.
_PARTS = re.compile(
    r"^framelens\.(?:analysis\.Analysis|bands\.Banded|by_epoch\.ByEpoch|curves\.Curves|marks\.Marked|merging\.Merging"
    r"|presentation\.Presentation|slices\.Slices|sureness\.Sureness|tabular\.Tabular|evaluation\.Evaluation)\b"
)
_SHORT = {"framelens.evaluation.evaluate": "framelens.evaluate", "framelens.comparison.": "framelens."}


class Roles(griffe.Extension):
    """Writes each docstring anew before it is rendered."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Take the roles out of the docstring of one object."""
        if obj.docstring is not None:
            obj.docstring.value = _ROLE.sub(lambda found: _link(obj, found[1], found[2]), obj.docstring.value)


def _link(here: Any, short: str, name: str) -> str:
    """Return a link where the site has such a name, else the name alone."""
    target = name if name.startswith("framelens") else _resolved(here, name)
    target = _PARTS.sub("framelens.Evaluation", target)
    for long, brief in _SHORT.items():
        target = target.replace(long, brief)
    words = name.rsplit(".", 1)[-1] if short else name.removeprefix("framelens.")
    return f'<autoref identifier="{escape(target)}" optional><code>{escape(words)}</code></autoref>'


def _resolved(here: Any, name: str) -> str:
    """Return the whole name of what stands beside or above ``here``."""
    first = name.partition(".")[0]
    while here is not None:
        if first in (here.all_members if here.is_class else here.members):
            return f"{here.path}.{name}"
        here = here.parent
    return name
