"""The static twin of a widget: what a saved notebook shows where the widget cannot live.

The cell has two outputs. The first is the widget with a picture and a text. The second is a script
that carries the packed report page and shows it in a sandboxed frame while the widget is not drawn.
It is ``application/javascript`` and not HTML, because whatever sanitises HTML would either print the
page as source text or cut it to pieces; a script it drops as a whole, and the picture remains.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from framelens.report.html import report_page
from framelens.report.store import TWIN
from framelens.settings import options
from framelens.widgets._assets import asset_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.report.html import Subject

__all__ = ["MIME", "make_twin", "wrap_page"]

MIME: Final = "application/javascript"
#: Bytes of pictures for each byte of the file: base64 of what does not pack any further, and their places.
_OF_ROOM: Final = 0.7
#: What different front ends offer as the element of the output.
_HOST: Final = '(typeof element==="undefined"?document.currentScript.parentElement:element.nodeType?element:element[0])'
_TOO_LARGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">
<title>framelens</title><p>This evaluation is too large to be saved in the notebook ({size:.1f} MB; the limit is
{limit:.1f} MB). Run the cell again, or write it to a file with <code>ev.report("report.html")</code>;
<code>framelens.options.twin_bytes</code> sets the limit.</p>
<img alt="confusion matrix" src="data:image/png;base64,{png}">
</html>
"""


def make_twin(
    subject: Subject,
    identity: str,
    *,
    traits: Mapping[str, Any],
    pictures: int | None = None,
    max_bytes: int | None = None,
    png: bytes = b"",
) -> str:
    """Return the script of the second output.

    Parameters
    ----------
    subject : Subject
    identity : str
        Class of the live widget and id of the twin: letters, digits, hyphens.
    traits : mapping
        First values of the view's traits: what is selected now.
    pictures, max_bytes : int or None
        Budget; None takes that of :data:`framelens.options`.
    png : bytes
        Shown where even the view without pictures is over the budget.
    """
    limit = options.twin_bytes if max_bytes is None else max_bytes
    count = options.twin_pictures if pictures is None else pictures

    def attempt(number: int, size: int) -> str:
        budget = replace(TWIN, pictures=number, max_bytes=size)
        return wrap_page(report_page(subject, budget, date="", options=dict(traits), pack=True), identity)

    bare = attempt(0, 0)
    room = limit - len(bare)
    if room >= 0:
        full = attempt(count, int(room * _OF_ROOM)) if count and subject.payload.head["pictures"] else bare
        return full if len(full) <= limit else bare
    size = len(bare)
    note = _TOO_LARGE.format(size=size / 1e6, limit=limit / 1e6, png=b64encode(png).decode("ascii"))
    return wrap_page(note, identity)


def wrap_page(page: str, identity: str) -> str:
    """Return the script that shows ``page`` while no widget of the class ``identity`` is drawn."""
    packed = b64encode(gzip.compress(page.encode(), 6, mtime=0)).decode("ascii")
    code = asset_text("twin.js").strip()
    return f'(function(twinHost,twinId,twinPage){{{code}}})({_HOST},"{identity}","{packed}");\n'
