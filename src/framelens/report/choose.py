"""Which examples of a matrix are worth a stored picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import OptionError
from framelens.widgets.wire_events import strip_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.widgets.wire import Payload

__all__ = ["choose_examples", "picked_examples"]

_GOLDEN = (5**0.5 - 1) / 2  # multiples of it, modulo 1, lie evenly however many are taken


def choose_examples(payload: Payload, budget: int) -> NDArray[np.int64]:
    """Return the examples to store a picture of, the most worth first.

    1. One example of every cell, errors before hits and large cells before small ones: no cell is
       without a picture while the budget lasts.
    2. Half of what is left: the worst errors, confident mistakes and large missed objects in turn, and as many for
       the strips of events, the longest first.
    3. The rest: as many of every cell, spread over the cell from first to last.

    Parameters
    ----------
    payload : Payload
    budget : int
        At most so many.

    Returns
    -------
    int64 array
        Rows of the ``example_*`` columns, each at most once.
    """
    start = payload.column("cell_start").astype(np.int64)
    total = int(start[-1])
    first = _first_of_cells(payload, start)[:budget]
    worst = _in_turn(_worst_errors(payload), _of_strips(payload))
    errors = _without(worst[np.sort(np.unique(worst, return_index=True)[1])], first)[: (budget - len(first)) // 2]
    chosen = np.concatenate((first, errors))
    rest = _without(_spread(start, total), chosen)[: budget - len(chosen)]
    return np.concatenate((chosen, rest))


def _without(rows: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.int64]:
    return rows[~np.isin(rows, taken)]


def _first_of_cells(payload: Payload, start: NDArray[np.int64]) -> NDArray[np.int64]:
    hit = payload.column("cell_actual") == payload.column("cell_predicted")
    order = np.lexsort((-np.diff(start), hit))
    return start[:-1][order[np.diff(start)[order] > 0]]


def _worst_errors(payload: Payload) -> NDArray[np.int64]:
    """Errors, the confident ones and the large missed objects taking turns."""
    start = payload.column("cell_start").astype(np.int64)
    hit = np.repeat(payload.column("cell_actual") == payload.column("cell_predicted"), np.diff(start))
    thing, found = payload.column("example_object"), payload.column("example_detection")
    mistaken = np.flatnonzero(~hit & (found >= 0))
    missed = np.flatnonzero(~hit & (found < 0))
    score = payload.column("detection_score")[found[mistaken]]
    box = payload.column("object_box")[thing[missed]]
    return _in_turn(
        mistaken[np.argsort(-score, kind="stable")],
        missed[np.argsort(-(box[:, 2].astype(np.float64) * box[:, 3]), kind="stable")],
    )


def _of_strips(payload: Payload) -> NDArray[np.int64]:
    """Examples of the strips of events, one event after the other."""
    if "event_start" not in payload.head["columns"]:
        return np.empty(0, dtype=np.int64)
    shown = strip_rows(payload.column("event_start"))
    rows = np.concatenate([np.empty(0, dtype=np.int64), *shown])
    things, found = (payload.column(f"event_{kind}")[rows].tolist() for kind in ("object", "detection"))
    pairs = zip(payload.column("example_object").tolist(), payload.column("example_detection").tolist(), strict=True)
    known = {pair: row for row, pair in enumerate(pairs)}
    places = (known.get(pair, -1) for pair in zip(things, found, strict=True))
    return np.array([place for place in places if place >= 0], dtype=np.int64)


def _in_turn(*ranked: NDArray[np.int64]) -> NDArray[np.int64]:
    """First of each, then the second of each."""
    turn = np.concatenate([np.arange(len(rows)) for rows in ranked])
    return np.concatenate(ranked)[np.argsort(turn, kind="stable")]


def _spread(start: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Every example, so that any first part holds as many of each cell, from all over the cell."""
    cell = np.repeat(np.arange(len(start) - 1), np.diff(start))
    place = np.arange(total) - start[cell]
    by_cell = np.lexsort(((place * _GOLDEN) % 1.0, cell))
    turn = np.empty(total, dtype=np.int64)
    turn[by_cell] = place  # places run 0, 1, 2 ... inside each cell in this order too
    return np.lexsort((cell, turn))


def picked_examples(evaluation: Evaluation, picked: pd.DataFrame) -> NDArray[np.int64]:
    """Return the examples that the author picked, in the order of the table.

    Parameters
    ----------
    evaluation : Evaluation
    picked : DataFrame
        Rows of ``evaluation.examples(...)`` (columns ``object`` and ``detection``) or of
        ``evaluation.objects`` (column ``kind``; its index names the rows).

    Returns
    -------
    int64 array
        Rows of the ``example_*`` columns, each once. Rows that stand in no cell are left out.

    Raises
    ------
    OptionError
        The table is of another kind, or none of its rows stands in the matrix.
    """
    columns = set(getattr(picked, "columns", ()))
    count, examples = len(evaluation.dataset.objects), evaluation.confusion_result.examples
    if {"object", "detection"} <= columns:
        thing = picked["object"].fillna(-1).to_numpy(dtype=np.int64)
        found = picked["detection"].fillna(-1).to_numpy(dtype=np.int64)
    elif "kind" in columns:
        rows = picked.index.to_numpy(dtype=np.int64)
        thing, found = np.where(rows < count, rows, -1), np.where(rows < count, -1, rows)
    else:
        msg = "pictures must be a number, or rows of ev.examples(...) or ev.objects"
        raise OptionError(msg)
    of_object = {int(row): place for place, row in enumerate(examples.object) if row >= 0}
    of_detection = {int(row) + count: place for place, row in enumerate(examples.detection) if row >= 0}
    places = (
        of_object.get(one, of_detection.get(other, -1))
        for one, other in zip(thing.tolist(), found.tolist(), strict=True)
    )
    chosen = list(dict.fromkeys(place for place in places if place >= 0))
    if not chosen:
        msg = "none of the picked rows stands in the matrix at this operating point"
        raise OptionError(msg)
    return np.array(chosen, dtype=np.int64)
