"""One HTML file that is interactive with no kernel, no package and no network."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from framelens.data.writing import target_path, write_file
from framelens.errors import OptionError, one_line
from framelens.report.epochs import stored_epochs
from framelens.report.page import Bundle, render_page
from framelens.report.plain import plain_summary
from framelens.report.store import REPORT, stored_pictures
from framelens.widgets._assets import asset_text, packed_asset
from framelens.widgets.intervals_payload import encode_intervals
from framelens.widgets.marks_payload import sent_marks
from framelens.widgets.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from framelens.evaluation import Evaluation
    from framelens.report.store import Budget
    from framelens.widgets.intervals_payload import IntervalsHead
    from framelens.widgets.wire import Payload

__all__ = ["Subject", "date_of", "report_page", "write_report"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def write_report(
    evaluation: Evaluation,
    path: str | os.PathLike[str],
    *,
    pictures: int | pd.DataFrame = REPORT.pictures,
    max_bytes: int = REPORT.max_bytes,
    date: str | dt.date | None = None,
    epochs: Iterable[int] = (),
) -> Path:
    """Write a self-contained page: cards, matrix, gallery and curves, as in the live widget.

    The page makes no request: a strict Content-Security-Policy allows its own script, its own style
    and its own pictures and nothing else. It holds no path, user or host name. An existing file is
    replaced only when the new one is complete. Equal input and date give equal bytes.

    Parameters
    ----------
    evaluation : Evaluation
    path : path
        File to write.
    pictures : int, 0..5000, or DataFrame
        At most so many stored pictures (every non-empty cell first, then the worst errors, then a
        spread); one whole frame comes with every 16 crops of large frames. Or the examples to store, as
        rows of ``ev.examples(...)`` or ``ev.objects``.
    max_bytes : int
        Of all pictures together.
    date : str "YYYY-MM-DD", date or None
        Date in the stamp; None takes today (UTC), or that of ``SOURCE_DATE_EPOCH``.
    epochs : iterable of int
        Further epochs that the page can show, within another ``max_bytes``.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OptionError
        An option is out of range, or the file cannot be written.
    """
    target = target_path(path, "report.html")
    picked = None if isinstance(pictures, int) else pictures
    count = pictures if isinstance(pictures, int) else REPORT.pictures
    budget = replace(REPORT, pictures=count, max_bytes=max_bytes)
    payload = encode(evaluation)
    # Too many boxes to be counted in the page are too many to be drawn hundreds of times too.
    intervals = None if payload.head["recount"] is None else encode_intervals(evaluation)
    subject = Subject(evaluation, payload, intervals=intervals)
    further = stored_epochs(evaluation, epochs, max_bytes)
    options = {"view": "report", "marks": sent_marks(evaluation, subject.payload.detection_rows)}
    page = report_page(subject, budget, picked=picked, date=date_of(date), options=options, epochs=further)
    return write_file(target, page.encode())


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a page shows.

    Attributes
    ----------
    evaluation : Evaluation
        Where the pictures come from.
    payload : Payload
    panels : str
        Name of the second bundle.
    intervals : IntervalsHead or None
        Of the average precision per class; None leaves them out, and the page says so.
    """

    evaluation: Evaluation
    payload: Payload
    panels: str = "panels.js"
    intervals: IntervalsHead | None = None


def report_page(
    subject: Subject,
    budget: Budget,
    *,
    date: str,
    options: Mapping[str, Any],
    picked: pd.DataFrame | None = None,
    pack: bool = False,
    epochs: str = "",
) -> str:
    """Return the text of a page.

    Parameters
    ----------
    subject : Subject
    budget : Budget
        Of its pictures.
    date : str
        For the stamp; empty for none.
    options : mapping
        First values of the view's traits.
    picked : DataFrame or None
        Examples whose pictures are stored, instead of those most worth it.
    pack : bool
        The page will be packed as a whole.
    epochs : str
        What :func:`framelens.report.epochs.stored_epochs` gives.
    """
    payload = subject.payload
    code = asset_text if pack else packed_asset
    stamp = [*payload.head["stamp"], *([["written", date]] if date else [])]
    return render_page(
        {**payload.head, "stamp": stamp, "intervals": subject.intervals},
        payload.buffer,
        Bundle(code("framelens.js"), code(subject.panels), asset_text("framelens.css"), asset_text("report.js")),
        pictures=stored_pictures(subject.evaluation, payload, budget, picked),
        options=options,
        summary=plain_summary(payload),
        pack=pack,
        epochs=epochs,
    )


def date_of(given: str | dt.date | None) -> str:
    """Return the date that was given, or today's in UTC; ``SOURCE_DATE_EPOCH`` sets that."""
    if given is None:
        return time.strftime("%Y-%m-%d", time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    text = given.strftime("%Y-%m-%d") if isinstance(given, dt.date) else given
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        msg = f"date must be a date or 'YYYY-MM-DD', not {one_line(repr(given), 40)}"
        raise OptionError(msg)
    return text
