"""Events of a video or a sequence, for the panel that shows each as a strip of pictures."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from framelens.metrics.status import STATUSES
from framelens.tables_events import find_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.widgets.wire_columns import Columns

__all__ = ["EventKind", "encode_events", "strip_rows"]

#: Those with the most frames are sent.
_MOST_EVENTS = 1_000
#: An error that lasts for one frame is no event to look at.
_LEAST_FRAMES = 2
#: Pictures of a strip, as ``js/src/panels/events.ts`` shows them.
_STRIP = 6


class EventKind(TypedDict):
    """What went wrong for several frames, and what that means."""

    id: str
    meaning: str


def encode_events(evaluation: Evaluation, place: NDArray[np.int64]) -> tuple[list[EventKind], int, Columns]:
    """Return the kinds of events, how many events there are, and the columns of those that are sent.

    Parameters
    ----------
    evaluation : Evaluation
    place : int64 array, shape (M + 1,)
        Row of the payload for each detection of the dataset, -1 for none.
    """
    found = find_events(evaluation)
    frames = np.array([len(np.unique(found.frame[group])) for group in found.groups], dtype=np.int64)
    lasting = np.flatnonzero(frames >= _LEAST_FRAMES)
    sent = lasting[np.argsort(-frames[lasting], kind="stable")][:_MOST_EVENTS]
    rows = np.concatenate([np.empty(0, dtype=np.int64), *(found.groups[event] for event in sent)])
    objects = len(evaluation.dataset.objects)
    of_object = rows < objects
    partner = evaluation.outcomes.object_partner[np.where(of_object, rows, 0)] if objects else rows
    columns: Columns = {
        "event_kind": ("u1", found.status[sent]),
        "event_class": ("i4", found.category[sent]),
        "event_start": ("i4", np.array([0, *accumulate(len(found.groups[event]) for event in sent)])),
        "event_object": ("i4", np.where(of_object, rows, -1)),
        "event_detection": ("i4", place[np.where(of_object, partner, rows - objects)]),
    }
    return [{"id": name, "meaning": meaning} for name, meaning in STATUSES.items()], len(lasting), columns


def strip_rows(start: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return which rows of ``event_object`` and ``event_detection`` make the strip of each event.

    >>> [rows.tolist() for rows in strip_rows(np.array([0, 2, 13]))]
    [[0, 1], [2, 4, 6, 8, 10, 12]]
    """
    spans = zip(start[:-1].tolist(), start[1:].tolist(), strict=True)
    return [
        np.unique(np.floor(np.linspace(low, high - 1, min(_STRIP, high - low)) + 0.5).astype(np.int64))
        for low, high in spans
    ]
