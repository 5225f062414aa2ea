"""Payloads that hold less, for a page with a small budget: every number of the matrix stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from framelens.widgets.wire import Payload
from framelens.widgets.wire_columns import pack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.widgets.wire import Head
    from framelens.widgets.wire_columns import Columns

__all__ = ["fewer_detections", "followed", "shown_detections", "some_frames"]

_OF_EXAMPLES = ("example_object", "example_detection", "example_iou")


def shown_detections(payload: Payload) -> int:
    """Return how many detections, highest score first, hold those at the operating point."""
    score, confidence = payload.column("detection_score"), payload.head["operating_point"]["confidence"]
    over = len(score) if confidence is None else int(np.count_nonzero(score >= confidence))
    return max(over, int(payload.column("example_detection").max(initial=-1)) + 1)


def fewer_detections(payload: Payload, most: int) -> Payload:
    """Return a payload with about ``most`` detections, those with the highest scores; sliders reach down to these.

    Those at the operating point stay, and equal scores stay or go together.

    Parameters
    ----------
    payload : Payload
    most : int
    """
    score, recount = payload.column("detection_score"), payload.head["recount"]
    if recount is None or len(score) <= most:
        return payload
    count = max(int(np.searchsorted(-score, -score[most], side="left")), shown_detections(payload))
    count = int(np.searchsorted(-score, -score[count - 1], side="right")) if count else 0
    if count == len(score):
        return payload
    pairs = int(payload.column("detection_pairs")[:count].sum())
    known = payload.column("issue_detection") < count
    columns: Columns = {}
    for name, spec in payload.head["columns"].items():
        values = payload.column(name)
        if name == "facet_detection":
            values = values.reshape(-1, len(score))[:, :count].ravel()
        elif name == "pair_order":
            values = values[values < pairs]
        elif name in ("pair_object", "pair_level"):
            values = values[:pairs]
        elif name.startswith("issue_"):
            values = values[known]
        elif name.startswith("detection_") or name in ("error_kind", "error_object"):
            values = values[:count]
        columns[name] = (spec["dtype"], values)
    specs, buffer = pack(columns)
    below = recount["below"] + len(score) - count
    less = {**recount, "floor": float(score[count - 1]) if count else None, "below": below}
    head = cast("Head", {**payload.head, "recount": less, "columns": specs})
    return Payload(head, buffer, payload.object_rows, payload.detection_rows)


def some_frames(payload: Payload, examples: NDArray[np.int64]) -> Payload:
    """Return a payload with the numbers of all boxes, and the boxes themselves of a few frames.

    Nothing is counted anew in the page, and panels that need every box are not there.

    Parameters
    ----------
    payload : Payload
    examples : int64 array
        Rows of ``example_*``; everything that stands in a cell stays of the frames they lie in.
    """
    thing, found = payload.column("example_object"), payload.column("example_detection")
    frame = np.where(
        thing >= 0, _at(payload.column("object_frame"), thing), _at(payload.column("detection_frame"), found)
    )
    wanted = np.zeros(len(payload.head["frames"]["names"]), dtype=bool)
    wanted[frame[examples]] = True
    kept = np.flatnonzero(wanted[frame])
    rows = {name: np.unique(column[kept]) for name, column in (("object", thing), ("detection", found))}
    rows = {name: values[values >= 0] for name, values in rows.items()}
    start = payload.column("cell_start")
    columns: Columns = {}
    for name, spec in payload.head["columns"].items():
        kind = name.split("_")[0]
        if kind in rows and name != "detection_pairs":
            columns[name] = (spec["dtype"], payload.column(name)[rows[kind]])
        elif name in _OF_EXAMPLES:
            columns[name] = (spec["dtype"], payload.column(name)[kept])
        elif kind == "cell":
            columns[name] = (spec["dtype"], payload.column(name))
    for name, values in rows.items():
        columns[f"example_{name}"] = ("i4", _places(columns[f"example_{name}"][1], values))
    columns["cell_start"] = ("i4", np.searchsorted(kept, start))
    columns["cell_count"] = ("i4", np.diff(start))
    specs, buffer = pack(columns)
    head = _head_of_some(payload.head, wanted, specs)
    return Payload(head, buffer, payload.object_rows[rows["object"]], payload.detection_rows[rows["detection"]])


def _head_of_some(head: Head, wanted: NDArray[np.bool_], specs: Mapping[str, Any]) -> Head:
    frames, number = head["frames"], int(np.count_nonzero(wanted))
    blank: dict[str, Any] = {
        "names": [name if keep else "" for name, keep in zip(frames["names"], wanted, strict=True)],
        **{
            key: [value if keep else None for value, keep in zip(frames[key], wanted, strict=True)]
            for key in ("width", "height", "time")
        },
    }
    words = (
        f"this saved view holds the boxes of {number:,} of {len(wanted):,} frames; every number on it is of all frames"
    )
    history = head["history"] and {**head["history"], "changes": None, "saved_epochs": []}
    less = {key: value for key, value in head.items() if key not in ("recount", "panels")}
    warnings = [words, *head["warnings"]]
    return cast("Head", {**less, "frames": blank, "history": history, "warnings": warnings, "columns": specs})


def followed(marks: list[dict[str, Any]], before: Payload, after: Payload) -> list[dict[str, Any]]:
    """Return marks with the rows of a payload of :func:`some_frames`; those of boxes that it lacks are left out."""
    places = []
    for one, other in ((before.object_rows, after.object_rows), (before.detection_rows, after.detection_rows)):
        new = {row: place for place, row in enumerate(other.tolist())}
        places.append({place: new.get(row) for place, row in enumerate(one.tolist()) if row in new} | {-1: -1})
    moved = (
        {**mark, "object": places[0].get(mark["object"]), "detection": places[1].get(mark["detection"])}
        for mark in marks
    )
    return [mark for mark in moved if mark["object"] is not None and mark["detection"] is not None]


def _at(values: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.append(values, 0)[rows])  # the last is for -1


def _places(values: NDArray[Any], rows: NDArray[Any]) -> NDArray[np.int64]:
    return np.asarray(np.where(values < 0, -1, np.searchsorted(rows, values)))
