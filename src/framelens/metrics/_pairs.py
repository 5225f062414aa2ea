"""Which detections overlap which objects: the only pairs that matching has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.metrics._sorting import order_by, starts_of_runs
from framelens.metrics.iou import paired_iou

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from framelens.data.dataset import Objects

__all__ = ["Pairs", "find_pairs", "group_of"]

# Candidates looked at in one go: their columns stay in the processor's cache.
_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Detection and object of one group with enough overlap.

    Attributes
    ----------
    detection : int64 array, shape (P,)
        Place in the list of detections that was searched; ascending.
    object : int64 array, shape (P,)
        Row of ``Dataset.objects``; ascending for each detection.
    iou : float64 array, shape (P,)
    """

    detection: NDArray[np.int64]
    object: NDArray[np.int64]
    iou: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.iou)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pairs:
        """Return the chosen rows."""
        return Pairs(self.detection[rows], self.object[rows], self.iou[rows])


def group_of(frame: NDArray[np.int32], category: NDArray[np.int32], classes: int) -> NDArray[np.int64]:
    """Return one number per frame and class.

    >>> group_of(np.array([0, 2], dtype=np.int32), np.array([1, 0], dtype=np.int32), 3).tolist()
    [1, 6]
    """
    return frame.astype(np.int64) * classes + category


def find_pairs(
    detection_group: NDArray[np.int64],
    detection_box: NDArray[np.float64],
    objects: Objects,
    object_group: NDArray[np.int64],
    *,
    detection_rows: NDArray[np.int64],
    object_rows: NDArray[np.int64] | None = None,
    minimum: float,
) -> Pairs:
    """Return all pairs inside one group whose IoU is at least ``minimum``.

    Parameters
    ----------
    detection_group : int64 array, shape (D,)
        Detections meet only objects with the same number: frame and class, or frame. Ascending.
    detection_box : float64 array, shape (M, 4)
    objects : Objects
    object_group : int64 array, shape (N,)
        Per object.
    detection_rows : int64 array, shape (D,)
        Rows of ``detection_box`` that are searched.
    object_rows : int64 array, shape (G,), optional
        The objects to search, ascending; all by default.
    minimum : float
        Above 0.
    """
    rows = np.arange(len(objects)) if object_rows is None else object_rows
    rows = rows[order_by(object_group[rows])]
    place, first, count = _candidates(detection_group, object_group[rows])
    crowd = objects.crowd if objects.crowd.any() else None
    parts = []
    for detection, which in _expand(place, first, count):
        candidate = rows[which]
        iou = paired_iou(
            detection_box[detection_rows[detection]],
            objects.box[candidate],
            None if crowd is None else crowd[candidate],
        )
        near = np.flatnonzero(iou >= minimum)
        parts.append(Pairs(detection[near], candidate[near], iou[near]))
    return _join(parts)


def _candidates(
    detection_group: NDArray[np.int64], object_group: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the detections whose group has objects, and where these begin and how many they are."""
    start = starts_of_runs(object_group)
    size = np.diff(start, append=len(object_group))
    group = object_group[start]
    begin = np.searchsorted(detection_group, group, side="left")
    many = np.searchsorted(detection_group, group, side="right") - begin
    end = np.cumsum(many)
    place = np.arange(end[-1] if len(end) else 0) + np.repeat(begin - (end - many), many)
    return place, np.repeat(start, many), np.repeat(size, many)


def _expand(
    place: NDArray[np.int64], first: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each place ``count`` times beside ``first, first + 1, ...``, a bounded number at a time."""
    end = np.cumsum(count)
    start, done = 0, 0
    while start < len(place):
        stop = max(start + 1, int(np.searchsorted(end, done + _AT_ONCE, side="right")))
        repeats = count[start:stop]
        offset = first[start:stop] - (end[start:stop] - repeats - done)
        yield np.repeat(place[start:stop], repeats), np.arange(end[stop - 1] - done) + np.repeat(offset, repeats)
        start, done = stop, int(end[stop - 1])


def _join(parts: list[Pairs]) -> Pairs:
    if not parts:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return Pairs(
        np.concatenate([part.detection for part in parts]),
        np.concatenate([part.object for part in parts]),
        np.concatenate([part.iou for part in parts]),
    )
