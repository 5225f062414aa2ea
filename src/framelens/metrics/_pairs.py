"""Which detections overlap which objects: the only pairs that matching has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.metrics.iou import paired_iou

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from framelens.data.dataset import Objects

__all__ = ["Pairs", "find_pairs", "group_of"]

_PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Detection and object of one group with enough overlap.

    Attributes
    ----------
    detection : int64 array, shape (P,)
        Row of the detection list that was searched; ascending.
    object : int64 array, shape (P,)
        Row of ``Dataset.objects``.
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
    object_rows: NDArray[np.int64] | None = None,
    minimum: float,
) -> Pairs:
    """Return all pairs inside one group whose IoU is at least ``minimum``.

    Parameters
    ----------
    detection_group : int64 array, shape (D,)
        Detections meet only objects with the same number: frame and class, or frame.
    detection_box : float64 array, shape (D, 4)
    objects : Objects
    object_group : int64 array, shape (N,)
        Per object.
    object_rows : int64 array, shape (G,), optional
        The objects to search; all by default.
    minimum : float
        Above 0. Memory is bounded: candidates are looked at 4 million at a time.
    """
    rows = np.arange(len(objects)) if object_rows is None else object_rows
    sorted_rows = rows[np.argsort(object_group[rows], kind="stable")]
    sorted_group = object_group[sorted_rows]
    first = np.searchsorted(sorted_group, detection_group, side="left")
    count = np.searchsorted(sorted_group, detection_group, side="right") - first
    searched = np.flatnonzero(count)
    parts = []
    for rows, which in _expand(searched, first[searched], count[searched]):
        candidate = sorted_rows[which]
        iou = paired_iou(detection_box[rows], objects.box[candidate], objects.crowd[candidate])
        near = np.flatnonzero(iou >= minimum)
        parts.append(Pairs(rows[near], candidate[near], iou[near]))
    return _join(parts)


def _expand(
    rows: NDArray[np.int64], first: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each row ``count`` times beside ``first, first + 1, ...``, a bounded number at a time."""
    end = np.cumsum(count)
    start_row, done = 0, 0
    while start_row < len(rows):
        stop_row = max(start_row + 1, int(np.searchsorted(end, done + _PAIRS_AT_ONCE, side="right")))
        part = slice(start_row, stop_row)
        repeats = count[part]
        begin = end[part] - repeats - done
        which = np.arange(end[stop_row - 1] - done) + np.repeat(first[part] - begin, repeats)
        yield np.repeat(rows[part], repeats), which
        start_row, done = stop_row, int(end[stop_row - 1])


def _join(parts: list[Pairs]) -> Pairs:
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return Pairs(
        np.concatenate([part.detection for part in parts]),
        np.concatenate([part.object for part in parts]),
        np.concatenate([part.iou for part in parts]),
    )
