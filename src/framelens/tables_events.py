"""Errors of consecutive frames as a table of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.arguments import check_fraction
from framelens.data.places import sequences
from framelens.errors import OptionError, one_line
from framelens.metrics.events import frame_steps, group_events
from framelens.metrics.status import CODES, STATUSES
from framelens.tables import class_labels, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["Events", "events_table", "find_events"]

_ERRORS = ("confused", "duplicate", "localisation", "background", "missed")


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Errors of consecutive frames that belong together.

    Attributes
    ----------
    groups : list of int64 arrays
        Rows of each event, objects first and then detections, in the order of the frames.
    category, status : int64 array, shape (E,)
        Class and status (:data:`framelens.metrics.status.CODES`) of each event.
    frame : int64 array
        Frame of every row.
    """

    groups: list[NDArray[np.int64]]
    category: NDArray[np.int64]
    status: NDArray[np.int64]
    frame: NDArray[np.int64]


def find_events(evaluation: Evaluation, *, gap: int = 1, overlap: float = 0.3) -> Events:
    """Group the errors of an evaluation; see :func:`framelens.metrics.events.group_events`."""
    dataset, result = evaluation.dataset, evaluation.outcomes
    objects, detections = dataset.objects, dataset.detections
    status = np.concatenate([result.object_status, result.detection_status])
    rows = np.flatnonzero(np.isin(status, [CODES[name] for name in _ERRORS]))
    # a confusion is an object and a detection; the object stands for both
    rows = rows[(status[rows] != CODES["confused"]) | (rows < len(objects))]
    every = np.concatenate([objects.frame, detections.frame]).astype(np.int64)
    category = np.concatenate([objects.category, detections.category])[rows].astype(np.int64)
    frame, box = every[rows], np.concatenate([objects.box, detections.box])[rows]
    sequence, position, step = _sequences(dataset.frames.names)
    position = np.where(sequence < 0, np.arange(len(position)), position)
    kind = category * len(STATUSES) + status[rows]
    event = group_events(sequence[frame], position[frame], kind, box, step=step[frame], gap=gap, overlap=overlap)
    order = np.lexsort((position[frame], event))
    starts = np.flatnonzero(np.diff(event[order], prepend=-1))
    first = order[starts]
    groups = np.split(rows[order], starts[1:]) if len(order) else []
    return Events(groups, category[first], status[rows[first]], every)


def _sequences(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return sequence, position and step of each frame; pictures that are merely numbered are no sequence."""
    sequence, position = sequences(names)
    step, even = frame_steps(sequence, position)
    filmed = np.array(["#" in name for name in names], dtype=np.bool_) | even
    return np.where(filmed, sequence, -1), position, step


def events_table(evaluation: Evaluation, *, gap: int = 1, overlap: float = 0.3) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.find_events`."""
    import pandas as pd

    whole = isinstance(gap, int) and not isinstance(gap, bool)
    if not whole or gap < 0:
        raise OptionError(f"gap must be a whole number of at least 0, not {one_line(repr(gap), 80)}")
    check_fraction("overlap", overlap)
    found = find_events(evaluation, gap=gap, overlap=overlap)
    first, last = (found.frame[np.array([group[end] for group in found.groups], dtype=np.int64)] for end in (0, -1))
    names = np.array([*evaluation.dataset.frames.names, ""], dtype=object)
    times = _times(evaluation)
    return pd.DataFrame(
        {
            "class": np.array(class_labels(evaluation), dtype=object)[found.category],
            "status": named(found.status, STATUSES),
            "start": names[first],
            "end": names[last],
            "start_time": times[first],
            "end_time": times[last],
            "frames": np.array([len(group) for group in found.groups], dtype=np.int64),
            "rows": pd.Series([group.tolist() for group in found.groups], dtype=object),
        }
    )


def _times(evaluation: Evaluation) -> np.typing.NDArray[np.float64]:
    """Return seconds of each frame in its video, ``nan`` where unknown."""
    from framelens.data.places import stated_times

    pictures = evaluation.pictures
    return stated_times(evaluation.dataset.frames.names) if pictures is None else pictures.times
