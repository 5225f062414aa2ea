"""Which detections overlap which objects: the only pairs that matching has to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.sorting import order_by, starts_of_runs
from framelens.data.threads import in_order
from framelens.metrics.iou import paired_iou

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from framelens.data.dataset import Objects

__all__ = ["Pairs", "find_pairs", "group_of"]

# Candidates looked at in one go: their columns stay in the processor's cache.
_AT_ONCE = 1 << 16
# Detections times objects of one group from which on it pays to sort them by place.
_LARGE = 1 << 18


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
    candidates, large = _candidates(detection_group, object_group[rows])
    for group in large:
        _narrow(candidates, group, detection_box[detection_rows], objects, rows, minimum=minimum)
    crowd = objects.crowd if objects.crowd.any() else None

    def overlapping(chunk: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Pairs:
        detection, which = chunk
        candidate = rows[which]
        iou = paired_iou(
            np.take(detection_box, detection_rows[detection], axis=0),
            np.take(objects.box, candidate, axis=0),
            None if crowd is None else crowd[candidate],
        )
        near = np.flatnonzero(iou >= minimum)
        return Pairs(detection[near], candidate[near], iou[near])

    pairs = _join(list(in_order(overlapping, _expand(candidates))))
    return pairs.take(np.lexsort((pairs.object, pairs.detection))) if large else pairs


class _Candidates(NamedTuple):
    """The detections of groups that have objects, and which of the sorted objects each has to look at."""

    place: NDArray[np.int64]
    first: NDArray[np.int64]
    number: NDArray[np.int64]


class _Group(NamedTuple):
    """A frame (and class) with so many boxes that looking at every pair would take minutes."""

    candidates: slice
    objects: slice


def _candidates(
    detection_group: NDArray[np.int64], object_group: NDArray[np.int64]
) -> tuple[_Candidates, list[_Group]]:
    """Return each detection with all objects of its group, and the groups that are too large for that."""
    start = starts_of_runs(object_group)
    size = np.diff(start, append=len(object_group))
    group = object_group[start]
    begin = np.searchsorted(detection_group, group, side="left")
    many = np.searchsorted(detection_group, group, side="right") - begin
    end = np.cumsum(many)
    place = np.arange(end[-1] if len(end) else 0) + np.repeat(begin - (end - many), many)
    large = [
        _Group(slice(int(end[g] - many[g]), int(end[g])), slice(int(start[g]), int(start[g] + size[g])))
        for g in np.flatnonzero(many * size > _LARGE)
    ]
    return _Candidates(place, np.repeat(start, many), np.repeat(size, many)), large


def _narrow(
    candidates: _Candidates,
    group: _Group,
    detection_box: NDArray[np.float64],
    objects: Objects,
    rows: NDArray[np.int64],
    *,
    minimum: float,
) -> None:
    """Sort the objects of a group by their left edge and let each detection look only at those in reach.

    For an IoU of ``minimum`` the overlap must be as wide as this part of either box, and so no object can
    be wider than the detection's width / ``minimum``. Only the first holds for a crowd region, and of the
    detection alone.
    """
    inside = rows[group.objects]
    inside = inside[np.argsort(objects.box[inside, 0], kind="stable")]
    rows[group.objects] = inside
    left = objects.box[inside, 0]
    box = detection_box[candidates.place[group.candidates]]
    with np.errstate(all="ignore"):
        widest = objects.box[inside, 2].max()
        if objects.crowd[inside].any():
            reach = np.full(len(box), widest)
        else:
            reach = np.minimum(widest, box[:, 2] / minimum) * (1 - minimum)
        slack = 1e-9 * (np.abs(box[:, 0]) + box[:, 2] + reach)
        first = np.searchsorted(left, box[:, 0] - reach - slack)
        last = np.searchsorted(left, box[:, 0] + box[:, 2] * (1 - minimum) + slack)
    candidates.first[group.candidates] = group.objects.start + first
    candidates.number[group.candidates] = np.maximum(last - first, 0)


def _expand(candidates: _Candidates) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield each place ``number`` times beside ``first, first + 1, ...``, a bounded number at a time."""
    place, first, number = candidates
    end = np.cumsum(number)
    start, done = 0, 0
    while start < len(place):
        stop = max(start + 1, int(np.searchsorted(end, done + _AT_ONCE, side="right")))
        repeats = number[start:stop]
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
