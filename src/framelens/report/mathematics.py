"""TeX in a page without scripts."""

from __future__ import annotations

import re
from html import escape
from typing import Final

__all__ = ["as_mathml"]

#: Environments that the converter does not know, and one that it sets alike.
_ALIKE: Final = {
    "aligned": "split",
    "alignedat": "split",
    "alignat": "split",
    "eqnarray": "array}{rcl",
    "gather": "array}{c",
    "gathered": "array}{c",
    "multline": "array}{c",
}
_ENVIRONMENT: Final = re.compile(rf"\\(begin|end)\{{({'|'.join(_ALIKE)})\*?\}}(?:\{{\d+\}})?")


def _known(match: re.Match[str]) -> str:
    name = _ALIKE[match[2]]
    return f"\\begin{{{name}}}" if match[1] == "begin" else f"\\end{{{name.partition('}')[0]}}}"


def as_mathml(tex: str, *, block: bool) -> str:
    r"""Return MathML where ``latex2mathml`` is installed and understands ``tex``, otherwise its source.

    Parameters
    ----------
    tex : str
        Without dollar signs.
    block : bool
        A formula of its own, not one in a line.

    Examples
    --------
    >>> as_mathml("a < b", block=False).startswith(("<math", "<code"))
    True

    Lines that stand under each other do so in any environment:

    >>> as_mathml(r"\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}", block=True).count("<mtr>")
    2
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        return _source(tex, block=block)
    try:
        return str(convert(_ENVIRONMENT.sub(_known, tex), display="block" if block else "inline"))
    except Exception:  # noqa: BLE001 - whatever it does not understand stays readable
        return _source(tex, block=block)


def _source(tex: str, *, block: bool) -> str:
    mark = "$$" if block else "$"
    text = f"<code>{mark}{escape(tex)}{mark}</code>"
    return f"<p>{text}</p>" if block else text
