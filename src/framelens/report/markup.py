"""Markdown of a notebook as text: what it may hold, and that nothing in it runs."""

from __future__ import annotations

from typing import Final

__all__ = ["inert"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS: Final = _words(
    """
    a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em
    figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span
    strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var
    """
)
_MATHEMATICS: Final = _words(
    """
    math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot
    mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics
    """
)
_ATTRIBUTES: Final = _words(
    """
    align alt class colspan dir height href id lang name open reversed rowspan scope span src start
    title type valign value width
    """
)
_OF_MATHEMATICS: Final = _words(
    """
    accent accentunder class close columnalign columnlines columnspacing depth dir display displaystyle
    fence form height linethickness lspace mathcolor mathsize mathvariant maxsize minsize notation open
    rowlines rowspacing rspace scriptlevel separator separators stretchy symmetric voffset width xmlns
    """
)
_GONE: Final = (
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "embed",
    "svg",
    "form",
    "textarea",
    "title",
)


def inert(html: str) -> str:
    """Return HTML without scripts, handlers, frames, styles and addresses that run; text, pictures and formulas stay.

    JupyterLab does the same to Markdown, also of a notebook that is trusted.

    Examples
    --------
    >>> inert('<p onclick="go()">a<script>go()</script> <a href="javascript:go()">b</a></p>')
    '<p>a <a>b</a></p>'
    """
    import bleach  # type: ignore[import-untyped]
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(_GONE):
        element.decompose()

    def allowed(tag: str, name: str, value: str) -> bool:
        if tag in _MATHEMATICS:
            return name in _OF_MATHEMATICS
        if name == "href" and value.strip().lower().startswith("data:"):
            return False
        return name in _ATTRIBUTES

    tags, protocols = _TAGS | _MATHEMATICS, {"http", "https", "mailto", "data"}
    return str(bleach.clean(str(soup), tags=tags, attributes=allowed, protocols=protocols, strip=True))
