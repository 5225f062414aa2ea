"""The static twin of a widget: what a saved notebook shows where the widget cannot live.

The cell has two outputs. The first is the widget with a picture and a text. The second is a script
that carries the packed report page and shows it in a sandboxed frame while the widget is not drawn.
It is ``application/javascript`` and not HTML, because whatever sanitises HTML would either print the
page as source text or cut it to pieces; a script it drops as a whole, and the picture remains.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from framelens.report.choose import choose_examples
from framelens.report.cut import fewer_detections, followed, shown_detections, some_frames
from framelens.report.html import report_page
from framelens.report.store import TWIN
from framelens.settings import options
from framelens.widgets._assets import asset_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from framelens.report.html import Subject
    from framelens.widgets.wire import Payload

__all__ = ["MIME", "make_twin", "wrap_page"]

MIME: Final = "application/javascript"
#: Bytes of pictures for each byte of the file: base64 of what does not pack any further, and their places.
_OF_ROOM: Final = 0.7
#: The part of the limit that is kept for pictures.
_FOR_PICTURES: Final = 0.25
#: Detections cost more the less sure they are, so that a share of them costs a little more than that share.
_CAREFUL: Final = 0.95
#: Of how many examples the frames are kept where all boxes are too many; the first that fits is taken.
_EXAMPLES: Final = (1_000, 200, 60)
#: Traits that ask the page to count all boxes anew.
_OF_ALL_BOXES: Final = {"confidence", "iou", "pairing", "class_confidences", "filter", "selected_epoch"}
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
    if not subject.payload.head["pictures"]:
        count = 0

    def attempt(view: _View, number: int = 0, size: int = 0) -> str:
        budget = replace(TWIN, pictures=number, max_bytes=size)
        return wrap_page(report_page(view.subject, budget, date="", options=dict(view.traits), pack=True), identity)

    small = int(limit * (1 - _FOR_PICTURES)) if count else limit
    view, size = _fit(_View(subject, traits), limit, small, lambda view: len(attempt(view)))
    if view is None:
        note = _TOO_LARGE.format(size=size / 1e6, limit=limit / 1e6, png=b64encode(png).decode("ascii"))
        return wrap_page(note, identity)
    full = attempt(view, count, int((limit - size) * _OF_ROOM))
    return full if len(full) <= limit else attempt(view)


@dataclass(frozen=True, slots=True)
class _View:
    """What a page shows and how it begins."""

    subject: Subject
    traits: Mapping[str, Any]

    def with_payload(self, payload: Payload) -> _View:
        return replace(self, subject=replace(self.subject, payload=payload))


def _fit(
    view: _View,
    limit: int,
    small: int,
    size_of: Callable[[_View], int],
) -> tuple[_View | None, int]:
    """Return as much of a view as the limit allows, with its size; None and the size of all where nothing does.

    Up to the size ``small`` there is room for pictures.

    First detections go that stand under the operating point, from the lowest score up, so that sliders reach less far
    down. Then the boxes of all but a few frames go; every number stays.
    """
    payload = view.subject.payload
    full = size_of(view)
    if full <= small:
        return view, full
    shown, total = shown_detections(payload), len(payload.column("detection_frame"))
    if payload.head["recount"] is not None and shown < total:
        least = view.with_payload(fewer_detections(payload, shown))
        size = size_of(least)
        if size <= small:
            more = _CAREFUL * (total - shown) * (small - size) / (full - size)
            between = view.with_payload(fewer_detections(payload, shown + int(more)))
            reached = size_of(between)
            return (between, reached) if reached <= small else (least, size)
        if full > limit >= size:
            return least, size
    if full <= limit:
        return view, full
    for examples in _EXAMPLES if payload.head["kind"] == "evaluation" else ():
        some = _of_some_frames(view, examples)
        size = size_of(some)
        if size <= small:
            return some, size
    return None, full


def _of_some_frames(view: _View, examples: int) -> _View:
    """Return a view that counts nothing anew: it begins at the operating point of the evaluation."""
    payload = view.subject.payload
    less = some_frames(payload, choose_examples(payload, examples))
    traits = {name: value for name, value in view.traits.items() if name not in _OF_ALL_BOXES}
    return replace(view, traits=traits | {"marks": followed(traits.get("marks", []), payload, less)}).with_payload(less)


def wrap_page(page: str, identity: str) -> str:
    """Return the script that shows ``page`` while no widget of the class ``identity`` is drawn."""
    packed = b64encode(gzip.compress(page.encode(), 9, mtime=0)).decode("ascii")
    code = asset_text("twin.js").strip()
    return f'(function(twinHost,twinId,twinPage){{{code}}})({_HOST},"{identity}","{packed}");\n'
