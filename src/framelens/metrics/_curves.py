"""Precision and recall of one size range, from the true positives alone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._acceptance import accept, effective_threshold, has_choice, preference_order
from framelens.metrics._sorting import order_by, where_true

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.overlaps import Overlaps

__all__ = ["IOU_THRESHOLDS", "RECALL_LEVELS", "Candidates", "Curves", "prepare"]

IOU_THRESHOLDS: NDArray[np.float64] = freeze(np.linspace(0.5, 0.95, 10))
RECALL_LEVELS: NDArray[np.float64] = freeze(np.linspace(0.0, 1.0, 101))
_LEVELS = np.array([effective_threshold(iou) for iou in IOU_THRESHOLDS])
_EPSILON = np.spacing(1)


class Candidates:
    """The pairs of a dataset in order of class and score, with what every size range needs to know.

    Attributes
    ----------
    pairs : Pairs
        ``detection`` is a place in the order by class.
    rank : int64 array, shape (P,)
        Per pair: place of the detection inside its frame and class.
    category : int32 array, shape (P,)
        Per pair.
    frame : int32 array, shape (P,)
        Per pair.
    class_start : int64 array, shape (K + 1,)
        Where each class begins in that order.
    """

    def __init__(self, dataset: Dataset, overlaps: Overlaps, limit: int, never: NDArray[np.bool_]) -> None:
        detections, objects = dataset.detections, dataset.objects
        place = np.empty(len(detections), dtype=np.int64)
        place[overlaps.by_class] = np.arange(len(detections))
        pairs = overlaps.pairs
        rank = overlaps.rank[pairs.detection]
        within = np.flatnonzero(rank < limit)
        detection = place[overlaps.grouped[pairs.detection[within]]]
        order = order_by(detection)
        within = within[order]
        self.pairs = type(pairs)(detection[order], pairs.object[within], pairs.iou[within])
        self.rank = rank[within]
        self.category, self.frame = objects.category[self.pairs.object], objects.frame[self.pairs.object]
        self.class_start = running(np.bincount(detections.category, minlength=len(dataset.classes)))
        self.objects, self.never = objects, never
        self._overlaps, self._box, self._highest_rank = overlaps, detections.box, int(overlaps.rank.max(initial=0))

    @cached_property
    def _area(self) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray(self._box[:, 2] * self._box[:, 3])

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """Return per detection in order of class and score whether its area lies in the range."""
        return ((self._area >= low) & (self._area <= high))[self._overlaps.by_class]

    def within(self, limit: int) -> NDArray[np.bool_] | None:
        """Return per detection in the same order whether it is among the first of its group; None: all are."""
        if self._highest_rank < limit:
            return None
        ranked = np.empty(len(self._overlaps.rank), dtype=np.bool_)
        ranked[self._overlaps.grouped] = self._overlaps.rank < limit
        return ranked[self._overlaps.by_class]

    @cached_property
    def matched(self) -> NDArray[np.bool_]:
        """(T, P): the pairs that match when sizes play no part."""
        return self.match(np.arange(len(self.pairs)), self.never)

    def match(self, rows: NDArray[np.int64], ignored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (T, len(rows)): which of these pairs match; rows hold whole groups."""
        pairs = self.pairs.take(rows)
        order = preference_order(pairs, ignored)
        level, chosen = accept(pairs.take(order), self.objects.crowd, _LEVELS)
        matched = np.zeros((len(_LEVELS), len(rows)), dtype=np.bool_)
        matched[level, order[chosen]] = True
        return matched

    def match_sized(self, ignored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (T, P) for a size range: matched anew only in groups where it changes a preference."""
        pairs = self.pairs
        flag, plain = ignored[pairs.object], self.never[pairs.object]
        choice = np.flatnonzero(has_choice(pairs.detection))
        torn = choice[
            _differs(pairs.detection[choice], flag[choice]) | _differs(pairs.detection[choice], plain[choice])
        ]
        if len(torn) == 0:
            return self.matched
        group = self.frame.astype(np.int64) * len(self.class_start) + self.category
        again = np.flatnonzero(np.isin(group, group[torn]))
        matched = self.matched.copy()
        matched[:, again] = self.match(again, ignored)
        return matched


def prepare(dataset: Dataset, overlaps: Overlaps, limit: int, *, respect_ignore: bool) -> Candidates:
    """Return what all size ranges share, with at most ``limit`` detections per frame and class."""
    objects = dataset.objects
    return Candidates(dataset, overlaps, limit, objects.crowd | objects.ignore if respect_ignore else objects.crowd)


def _differs(detection: NDArray[np.int64], flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return per pair whether its neighbour of the same detection has the other flag."""
    differs = np.zeros(len(flag), dtype=np.bool_)
    differs[1:] = (detection[1:] == detection[:-1]) & (flag[1:] != flag[:-1])
    return differs


class Curves:
    """Precision over recall of every class at every IoU threshold, for one size range.

    Only true positives bend a curve. How many detections count up to one follows from a running count
    of those inside the range, put right by the matched ones: a match counts whatever its size, a match
    with an ignored object never does.
    """

    def __init__(self, candidates: Candidates, low: float, high: float) -> None:
        objects = candidates.objects
        ignored = candidates.never | (objects.area < low) | (objects.area > high)
        self._candidates = candidates
        self._inside = candidates.inside(low, high)
        self._classes = len(candidates.class_start) - 1
        self._objects = np.bincount(objects.category[~ignored], minlength=self._classes)
        hit = ~ignored[candidates.pairs.object]
        change = hit.astype(np.int8) - self._inside[candidates.pairs.detection]
        # Matches that neither count nor were counted play no part.
        level, self._pair = where_true(candidates.match_sized(ignored) & (hit | (change != 0)))
        self._curve = level * self._classes + candidates.category[self._pair]
        self._hit, self._change = hit[self._pair], change[self._pair]

    def recall(self, limit: int) -> NDArray[np.float64]:
        """Return (T, K): the highest recall with ``limit`` detections per frame and class."""
        hit = self._hit & (self._candidates.rank[self._pair] < limit)
        shape = (len(_LEVELS), self._classes)
        found = np.bincount(self._curve[hit], minlength=shape[0] * shape[1])
        recall = np.full(shape, np.nan)
        np.divide(found.reshape(shape), self._objects, out=recall, where=self._objects > 0)
        return recall

    def precision(self, limit: int) -> NDArray[np.float64]:
        """Return (T, R, K): the best precision at or beyond each recall level."""
        within = self._candidates.rank[self._pair] < limit
        pair, curve, hit = self._pair[within], self._curve[within], self._hit[within]
        first = _starts(curve, len(_LEVELS) * self._classes)
        surplus = running(self._change[within])
        hits = running(hit)
        hit_at = np.flatnonzero(hit)
        before = first[curve[hit_at]]
        counted = self._counted(limit)[pair[hit_at]] + surplus[hit_at + 1] - surplus[before]
        found = hits[hit_at + 1] - hits[before]
        return self._interpolate(found / (counted + _EPSILON), hits[first])

    def _counted(self, limit: int) -> NDArray[np.int64]:
        """Return per pair how many detections of its class up to its own lie inside the range."""
        candidates = self._candidates
        inside = self._inside
        within = candidates.within(limit)
        if within is not None:
            inside = inside & within
        counts = running(inside)
        return counts[candidates.pairs.detection + 1] - counts[candidates.class_start[candidates.category]]

    def _interpolate(self, precision: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (T, R, K) from the precision at each true positive; curves begin at ``first``."""
        shape = (len(_LEVELS), self._classes, 1)
        found = np.diff(first).reshape(shape)
        needed = self._needed
        start = np.minimum(first[:-1].reshape(shape) + needed, first[1:].reshape(shape))
        best = np.maximum.reduceat(np.append(precision, 0.0), start.ravel()) if start.size else np.empty(0)
        curve = np.where(needed < found, best.reshape(start.shape), 0.0)
        curve = np.maximum.accumulate(curve[:, :, ::-1], axis=2)[:, :, ::-1]
        curve[:, self._objects == 0] = np.nan
        return curve.transpose(0, 2, 1)

    @cached_property
    def _needed(self) -> NDArray[np.int64]:
        """(K, R): index of the true positive that reaches each recall level.

        The first whose ``found / objects``, as a double, is not below the level.
        """
        total = np.maximum(self._objects, 1)[:, None]
        found = np.ceil(RECALL_LEVELS * total).astype(np.int64)
        found -= ((found - 1) / total >= RECALL_LEVELS).astype(np.int64)
        found += (found / total < RECALL_LEVELS).astype(np.int64)
        return np.maximum(found, 1) - 1


def _starts(curve: NDArray[np.int64], curves: int) -> NDArray[np.int64]:
    return running(np.bincount(curve, minlength=curves))


def running(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the sums of the first 0, 1, 2, ... values."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return total
