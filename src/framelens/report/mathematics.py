"""TeX in a page without scripts."""

from __future__ import annotations

from html import escape

__all__ = ["as_mathml"]


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
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        return _source(tex, block=block)
    try:
        return str(convert(tex, display="block" if block else "inline"))
    except Exception:  # noqa: BLE001 - whatever it does not understand stays readable
        return _source(tex, block=block)


def _source(tex: str, *, block: bool) -> str:
    mark = "$$" if block else "$"
    text = f"<code>{mark}{escape(tex)}{mark}</code>"
    return f"<p>{text}</p>" if block else text
