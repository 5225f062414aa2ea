"""Takes out of a piece of HTML what would be fetched from elsewhere."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final

__all__ = ["seal"]

_FETCHED: Final = {"src", "srcset", "poster", "data", "background", "longdesc", "xlink:href", "action", "formaction"}
_EMPTY_WITHOUT: Final = {"script", "iframe", "object", "embed", "video", "audio"}
_DRAWN: Final = {"image", "use", "feimage"}  # of SVG, where href is fetched
_INSIDE: Final = re.compile(r"\s*(data:|blob:|#|$)", re.IGNORECASE)
_CSS_ADDRESS: Final = re.compile(r"url\(\s*(['\"]?)(?!data:|#)[^)]*\)|@import[^;]*;?", re.IGNORECASE)
_SUSPECT: Final = re.compile(
    r"(src|srcset|poster|data|background|href|action)\s*=|url\(|@import|<(base|meta)\b", re.IGNORECASE
)


def seal(html: str) -> str:
    """Return the same HTML without addresses that a browser would ask on its own; links stay.

    A picture that is left out leaves its description, a script or style nothing.

    Examples
    --------
    >>> seal('<p>a<img src="https://example.org/x.png" alt="a cat"></p>')
    '<p>a<em>[picture not included: a cat]</em></p>'
    >>> seal('<a href="https://example.org">there</a>')
    '<a href="https://example.org">there</a>'
    """
    if not _SUSPECT.search(html):
        return html
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(["base", "link", "meta"]):
        element.decompose()
    for element in soup.find_all():
        if not element.decomposed:
            _seal_element(element)
    return str(soup)


def _seal_element(element: Any) -> None:
    from bs4 import BeautifulSoup

    addressed = [name for name in element.attrs if name.lower() in _FETCHED and not _stays(element.attrs[name])]
    if element.name in _DRAWN and not _stays(element.attrs.get("href", "")):
        addressed.append("href")
    if addressed and element.name == "img":
        words = f"picture not included: {element.attrs.get('alt') or 'no description'}"
        element.replace_with(BeautifulSoup(f"<em>[{escape(words)}]</em>", "html.parser"))
        return
    if addressed and element.name in _EMPTY_WITHOUT:
        element.decompose()
        return
    for name in addressed:
        del element.attrs[name]
    if "style" in element.attrs:
        element.attrs["style"] = _CSS_ADDRESS.sub("none", str(element.attrs["style"]))
    if element.name == "style" and element.string:
        element.string = _CSS_ADDRESS.sub("", element.string)


def _stays(value: object) -> bool:
    return bool(_INSIDE.match(str(value)))
