"""Precision and recall of one size range, from the true positives alone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by, starts_of_runs
from framelens.metrics._acceptance import accept, effective_threshold, has_choice, preference_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics._pairs import Pairs
    from framelens.metrics.overlaps import Overlaps

__all__ = ["IOU_THRESHOLDS", "RECALL_LEVELS", "Candidates", "Curves", "least_found", "prepare", "running"]

IOU_THRESHOLDS: NDArray[np.float64] = freeze(np.linspace(0.5, 0.95, 10))
RECALL_LEVELS: NDArray[np.float64] = freeze(np.linspace(0.0, 1.0, 101))
_LEVELS = np.array([effective_threshold(iou) for iou in IOU_THRESHOLDS])
_LEVEL_BITS = 4  # 10 thresholds
_EPSILON = np.spacing(1)


class Candidates:
    """The pairs of a dataset in order of class and score, with what every size range needs to know.

    Most objects are wanted only by detections that want no other. Such a pair is *plain*: the object goes to
    the first detection that reaches the threshold, whatever the sizes, so that a detection has it from the best
    IoU before it up to its own. Only the rest, *tangled*, is matched by proposals.

    Attributes
    ----------
    pairs : Pairs
        ``detection`` is a place in the order by class.
    rank : int64 array, shape (P,)
        Per pair: place of the detection inside its frame and class.
    category : int32 array, shape (P,)
        Per pair; ascending.
    pair_start, class_start : int64 array, shape (K + 1,)
        Where each class begins among the pairs and among the detections.
    objects : Objects
    never : bool array, shape (N,)
        Objects that count at no size.
    """

    def __init__(self, dataset: Dataset, overlaps: Overlaps, limit: int, never: NDArray[np.bool_]) -> None:
        detections, objects = dataset.detections, dataset.objects
        classes = len(dataset.classes)
        place = np.empty(len(detections), dtype=np.int64)
        place[overlaps.by_class] = np.arange(len(detections))
        pairs = overlaps.pairs
        rank = overlaps.rank[pairs.detection]
        within = np.flatnonzero(rank < limit)
        detection = place[overlaps.grouped[pairs.detection[within]]]
        order = order_by(detection)
        within = within[order]
        self.pairs = type(pairs)(detection[order], pairs.object[within], pairs.iou[within])
        self.rank, self.category = rank[within], objects.category[self.pairs.object]
        self.pair_start = np.searchsorted(self.category, np.arange(classes + 1))
        self.class_start = running(np.bincount(detections.category, minlength=classes))
        self.objects, self.never = objects, never
        self._overlaps, self._box, self._highest_rank = overlaps, detections.box, int(overlaps.rank.max(initial=0))
        self._among_first: dict[int, NDArray[np.bool_] | None] = {}
        wanted_by_torn = np.zeros(len(objects), dtype=np.bool_)
        wanted_by_torn[self.pairs.object[has_choice(self.pairs.detection)]] = True
        self._tangled = np.flatnonzero(wanted_by_torn[self.pairs.object])
        self._from, self._to = self._plain_levels()
        self._as_if_all_count = self._accepted(self.pairs.take(self._tangled), never)

    def _plain_levels(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return per pair the thresholds at which it matches, if it is plain: from the first up to the last."""
        pairs = self.pairs
        to = np.zeros(len(pairs), dtype=np.uint8)
        for least in _LEVELS:
            to += pairs.iou >= least
        order = order_by(pairs.object)
        start = starts_of_runs(pairs.object[order])
        # The best so far of each object: numbering the objects keeps one from reaching into the next.
        number = np.repeat(np.arange(len(start)), np.diff(start, append=len(order))) << _LEVEL_BITS
        best = np.maximum.accumulate(number | to[order])
        before = np.zeros(len(order), dtype=np.uint8)
        before[1:] = best[:-1] & ((1 << _LEVEL_BITS) - 1)
        before[start] = 0
        begin = np.empty(len(order), dtype=np.uint8)
        begin[order] = before
        begin[self.objects.crowd[pairs.object]] = 0
        return begin, to

    def match(self, ignored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (T, number of tangled pairs): which of these match.

        A detection that has to choose between objects inside and outside the range may decide otherwise than
        where all count, and so may the others of its frame: only such frames are matched again.
        """
        pairs = self.pairs.take(self._tangled)
        torn = _torn(pairs.detection, ignored[pairs.object]) | _torn(pairs.detection, self.never[pairs.object])
        if not torn.any():
            return self._as_if_all_count
        frame = self.objects.frame[pairs.object]
        again = np.zeros(int(frame.max()) + 1, dtype=np.bool_)
        again[frame[torn]] = True
        some = np.flatnonzero(again[frame])
        matched = self._as_if_all_count.copy()
        matched[:, some] = self._accepted(pairs.take(some), ignored)
        return matched

    def _accepted(self, pairs: Pairs, ignored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (T, number of pairs): which of these match, each taking what it prefers."""
        order = preference_order(pairs, ignored)
        level, chosen = accept(pairs.take(order), self.objects.crowd, _LEVELS)
        matched = np.zeros((len(_LEVELS), len(pairs)), dtype=np.bool_)
        matched[level, order[chosen]] = True
        return matched

    def matches(self, level: int, tangled: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (P,): the pairs that match at one threshold, given those of the tangled."""
        matched = (self._from <= level) & (level < self._to)
        matched[self._tangled] = tangled[level]
        return matched

    @cached_property
    def _area(self) -> NDArray[np.float64]:
        with np.errstate(all="ignore"):
            return np.asarray(self._box[:, 2] * self._box[:, 3])

    def among_first(self, limit: int) -> NDArray[np.bool_] | None:
        """Return per pair whether its detection is among the first of its frame and class; None: all are."""
        if limit not in self._among_first:
            among = self.rank < limit
            self._among_first[limit] = None if among.all() else among
        return self._among_first[limit]

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


def prepare(dataset: Dataset, overlaps: Overlaps, limit: int, *, respect_ignore: bool) -> Candidates:
    """Return what all size ranges share, with at most ``limit`` detections per frame and class."""
    objects = dataset.objects
    return Candidates(dataset, overlaps, limit, objects.set_aside if respect_ignore else objects.crowd)


def _torn(detection: NDArray[np.int64], flag: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return where a detection has an object with and one without the flag; equal numbers stand together."""
    torn = np.zeros(len(detection), dtype=np.bool_)
    torn[1:] = (detection[1:] == detection[:-1]) & (flag[1:] != flag[:-1])
    return torn


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
        self._classes = len(candidates.class_start) - 1
        self._objects = np.bincount(objects.category[~ignored], minlength=self._classes)
        self._inside = candidates.inside(low, high)
        self._hit = ~ignored[candidates.pairs.object]
        self._change = self._hit.astype(np.int8) - self._inside[candidates.pairs.detection]
        # Matches that neither count nor were counted play no part.
        self._concerned = self._hit | (self._change != 0)
        self._tangled = candidates.match(ignored)

    def scores(self, limits: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return recall (T, K, M) at every limit and precision (T, K, R) at the last.

        Parameters
        ----------
        limits : tuple of int
            Detections per frame and class, ascending.
        """
        recall = np.full((len(_LEVELS), self._classes, len(limits)), np.nan)
        precision = np.empty((len(_LEVELS), self._classes, len(RECALL_LEVELS)))
        counted = self._counted(limits[-1])
        present = self._objects > 0
        for level in range(len(_LEVELS)):
            rows = self._rows(level, limits[-1])
            hits = rows[self._hit[rows]]
            for m, limit in enumerate(limits):
                first = np.searchsorted(self._limited(hits, limit), self._candidates.pair_start)
                np.divide(np.diff(first), self._objects, out=recall[level, :, m], where=present)
            precision[level] = self._precision(rows, hits, counted)
        return recall, precision

    def precision(self, limit: int) -> NDArray[np.float64]:
        """Return (T, K, R): the best precision at or beyond each recall level."""
        return self.scores((limit,))[1]

    def _rows(self, level: int, limit: int) -> NDArray[np.int64]:
        """Return the matched pairs that play a part at one threshold."""
        matched = self._candidates.matches(level, self._tangled)
        return self._limited(np.flatnonzero(matched & self._concerned), limit)

    def _limited(self, rows: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
        among = self._candidates.among_first(limit)
        return rows if among is None else rows[among[rows]]

    def _counted(self, limit: int) -> NDArray[np.int64]:
        """Return per pair how many detections of its class up to its own lie inside the range."""
        candidates = self._candidates
        within = candidates.within(limit)
        counts = running(self._inside if within is None else self._inside & within)
        return counts[candidates.pairs.detection + 1] - counts[candidates.class_start[candidates.category]]

    def _precision(
        self, rows: NDArray[np.int64], hits: NDArray[np.int64], counted: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return (K, R) at one threshold."""
        candidates = self._candidates
        category = candidates.category[hits]
        first = np.searchsorted(hits, candidates.pair_start)
        found = np.arange(1, len(hits) + 1) - first[category]
        surplus = running(self._change[rows])
        before = surplus[np.searchsorted(rows, candidates.pair_start)]
        upto = surplus[1:] if len(hits) == len(rows) else surplus[1:][self._hit[rows]]
        return self._interpolate(found / (counted[hits] + upto - before[category] + _EPSILON), first)

    def _interpolate(self, precision: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return (K, R) from the precision at each true positive; classes begin at ``first``."""
        needed = self._needed
        start = np.minimum(first[:-1, None] + needed, first[1:, None])
        best = np.maximum.reduceat(np.append(precision, 0.0), start.ravel()) if start.size else np.empty(0)
        curve = np.where(needed < np.diff(first)[:, None], best.reshape(start.shape), 0.0)
        curve = np.maximum.accumulate(curve[:, ::-1], axis=1)[:, ::-1]
        curve[self._objects == 0] = np.nan
        return curve

    @cached_property
    def _needed(self) -> NDArray[np.int64]:
        """(K, R): index of the true positive that reaches each recall level.

        The first whose ``found / objects``, as a double, is not below the level.
        """
        return least_found(self._objects) - 1


def least_found(objects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (C, 101): the fewest true positives whose recall, as a double, reaches each level; at least 1."""
    total = np.maximum(objects, 1)[:, None]
    found = np.ceil(RECALL_LEVELS * total).astype(np.int64)
    found -= (found - 1) / total >= RECALL_LEVELS
    found += found / total < RECALL_LEVELS
    return np.maximum(found, 1)


def running(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the sums of the first 0, 1, 2, ... values."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return total
