"""Marks as the page knows them: with the rows of the payload in place of those of the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.marks import check_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.marks import Mark

__all__ = ["sent_marks", "taken_marks"]


def sent_marks(evaluation: Evaluation, detection_rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the marks of an evaluation for the page.

    Parameters
    ----------
    evaluation : Evaluation
    detection_rows : int64 array
        Of the payload.
    """
    marks = evaluation.mark_book.value
    rank = {int(row): place for place, row in enumerate(detection_rows)} if marks else {}
    return [
        {"object": one.object, "detection": rank.get(one.detection, -1), "mark": one.mark, "note": one.note}
        for one in marks
    ]


def taken_marks(
    evaluation: Evaluation, detection_rows: NDArray[np.int64], rows: Iterable[Mapping[str, Any]]
) -> list[Mark]:
    """Return the marks that came from a page, each checked.

    Raises
    ------
    OptionError
        A row, a kind or a note is not allowed.
    """
    marks = []
    for row in rows:
        place = row.get("detection", -1)
        known = isinstance(place, int) and 0 <= place < len(detection_rows)
        marks.append(
            check_mark(evaluation.dataset, {**row, "detection": int(detection_rows[place]) if known else place})
        )
    return marks
