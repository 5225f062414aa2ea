"""The saved widgets of other packages (sliders, bqplot) in a page without a network.

Their code is taken from where their Python packages install it for the classic notebook,
``share/jupyter/nbextensions``; ``widgetsnbextension``, which ipywidgets brings along, holds the base
classes. A package that installs nothing there cannot be drawn, and the page shows the other form of
its output.
"""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framelens.widgets._assets import asset_text
from framelens.widgets.wire import dump_json

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["other_widgets"]

_STATE: Final = "application/vnd.jupyter.widget-state+json"
_REFERENCE: Final = re.compile(r"(?:IPY_MODEL_|anywidget:)([0-9A-Za-z-]+)")
_BASE: Final = ("@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output")
_NAME: Final = re.compile(r"(@[a-z0-9._-]+/)?[a-z0-9._-]+", re.IGNORECASE)
#: Modules that a library imports without a model of its own being there.
_NEEDS: Final = {"bqplot": ("bqscales",)}


def other_widgets(widgets: Any, shown: Iterable[str]) -> tuple[str, set[str]]:
    """Return what the head of a page needs to draw saved widgets, and which of them it can draw.

    Parameters
    ----------
    widgets : mapping or None
        ``metadata.widgets`` of a notebook.
    shown : iterable of str
        Model ids that stand in outputs.

    Returns
    -------
    head : str
        HTML; empty where no widget can be drawn.
    alive : set of str
        Ids among ``shown`` whose state and code are at hand.
    """
    part = widgets.get(_STATE) if isinstance(widgets, dict) else None
    state = part.get("state") if isinstance(part, dict) else None
    if not isinstance(state, dict):
        return "", set()
    kept: dict[str, Any] = {}
    names: set[str] = set()
    alive: set[str] = set()
    for identity in shown:
        models = _reach(state, identity)
        modules = {module for model in models.values() for module in _modules(model)}
        if models and all(_library(module) is not None for module in modules):
            alive.add(identity)
            kept |= models
            names |= modules
    if not alive:
        return "", alive
    return _head(kept, names), alive


def _head(models: dict[str, Any], names: set[str]) -> str:
    wanted: list[tuple[str, ...]] = [_BASE]
    others = sorted(names - set(_BASE))
    for name in (*(need for other in others for need in _NEEDS.get(other, ())), *others):
        if (name,) not in wanted:
            wanted.append((name,))
    libraries = "\n".join(
        f'<script type="text/plain" class="framelens-library" data-names="{" ".join(group)}">'
        f"{_library(group[0])}</script>"
        for group in wanted
    )
    return (
        f'<script type="application/json" id="framelens-others">{dump_json(models)}</script>\n'
        f"{libraries}\n<script>{asset_text('others.js')}</script>\n"
        "<style>.framelens-other { position: relative; overflow: auto; }\n"
        # a picture font that is not here would mark every widget as broken
        ".jupyter-widgets-disconnected::before { content: none !important; }</style>"
    )


def _reach(state: dict[str, Any], identity: str) -> dict[str, Any]:
    """Return a model and all that it refers to; empty where one of them is missing."""
    found: dict[str, Any] = {}
    waiting = [identity]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        model = state.get(one)
        if not isinstance(model, dict) or not isinstance(model.get("state"), dict):
            return {}
        found[one] = model
        waiting.extend(_REFERENCE.findall(dump_json(model["state"])))
    return found


def _modules(model: dict[str, Any]) -> set[str]:
    named = (model.get("model_module"), model["state"].get("_view_module"))
    return {str(name) for name in named if name}


@cache
def _library(name: str) -> str | None:
    """Return base64 of the gzip of a library, or None where no package installed it."""
    if not _NAME.fullmatch(name) or ".." in name:
        return None
    place = "jupyter-js-widgets/extension.js" if name in _BASE else f"{name}/index.js"
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("nbextensions"):
        file = Path(folder) / place
        if file.is_file():
            return b64encode(gzip.compress(file.read_bytes(), 6, mtime=0)).decode("ascii")
    return None
