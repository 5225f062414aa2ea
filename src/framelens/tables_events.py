"""Errors of consecutive frames as a table of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.arguments import check_fraction
from framelens.errors import OptionError, one_line
from framelens.metrics.events import frame_steps, group_events
from framelens.metrics.status import CODES, STATUSES
from framelens.tables import class_labels, named

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["events_table"]

_ERRORS = ("confused", "duplicate", "localisation", "background", "missed")


def events_table(evaluation: Evaluation, *, gap: int = 1, overlap: float = 0.3) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.find_events`."""
    import pandas as pd

    from framelens.data.places import sequences

    whole = isinstance(gap, int) and not isinstance(gap, bool)
    if not whole or gap < 0:
        raise OptionError(f"gap must be a whole number of at least 0, not {one_line(repr(gap), 80)}")
    check_fraction("overlap", overlap)
    dataset, result = evaluation.dataset, evaluation.outcomes
    objects, detections = dataset.objects, dataset.detections
    status = np.concatenate([result.object_status, result.detection_status])
    rows = np.flatnonzero(np.isin(status, [CODES[name] for name in _ERRORS]))
    # a confusion is an object and a detection; the object stands for both
    rows = rows[(status[rows] != CODES["confused"]) | (rows < len(objects))]
    frame = np.concatenate([objects.frame, detections.frame])[rows].astype(np.int64)
    category = np.concatenate([objects.category, detections.category])[rows].astype(np.int64)
    box = np.concatenate([objects.box, detections.box])[rows]
    sequence, position = sequences(dataset.frames.names)
    step = frame_steps(sequence, position)
    position = np.where(sequence < 0, np.arange(len(position)), position)
    kind = category * len(STATUSES) + status[rows]
    event = group_events(sequence[frame], position[frame], kind, box, step=step[frame], gap=gap, overlap=overlap)
    order = np.lexsort((position[frame], event))
    starts = np.flatnonzero(np.diff(event[order], prepend=-1))
    first = order[starts]
    groups = np.split(order, starts[1:]) if len(order) else []
    last = np.array([group[-1] for group in groups], dtype=np.int64)
    names = np.array([*dataset.frames.names, ""], dtype=object)
    times = _times(evaluation)
    return pd.DataFrame(
        {
            "class": np.array(class_labels(evaluation), dtype=object)[category[first]],
            "status": named(status[rows[first]], STATUSES),
            "start": names[frame[first]],
            "end": names[frame[last]],
            "start_time": times[frame[first]],
            "end_time": times[frame[last]],
            "frames": np.array([len(group) for group in groups], dtype=np.int64),
            "rows": pd.Series([rows[group].tolist() for group in groups], dtype=object),
        }
    )


def _times(evaluation: Evaluation) -> np.typing.NDArray[np.float64]:
    """Return seconds of each frame in its video, ``nan`` where unknown."""
    from framelens.data.places import stated_times

    pictures = evaluation.pictures
    return stated_times(evaluation.dataset.frames.names) if pictures is None else pictures.times
