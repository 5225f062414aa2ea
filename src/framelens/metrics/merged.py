"""Average precision of everything from the summaries of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import starts_of_runs
from framelens.errors import OptionError
from framelens.metrics._curves import least_found
from framelens.metrics.coco import AREA_RANGES, IOU_THRESHOLDS, RECALL_LEVELS, CocoMetrics, summarize_curves
from framelens.metrics.shards import AT_ONCE, by_class
from framelens.metrics.summary import LIMITS, WITHIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.metrics.shards import Rows
    from framelens.metrics.summary import Summary

__all__ = ["CurveCounts", "CurvePart", "MergedMetrics", "average_precision", "begin_curves", "count_curves", "sum_of"]

_RANGES, _LEVELS, _POINTS = len(AREA_RANGES), len(IOU_THRESHOLDS), len(RECALL_LEVELS)
_EPSILON = np.spacing(1)


class MergedMetrics(CocoMetrics):
    """COCO's numbers from summaries: precision at the greatest limit of detections only."""

    @cached_property
    def precision(self) -> NDArray[np.float64]:
        """Not there: the summaries hold what the greatest limit needs."""
        raise OptionError("precision at the lower limits of detections is not kept; use best_precision")


@dataclass(frozen=True, slots=True, eq=False)
class CurvePart:
    """The counts of some classes, as :class:`CurveCounts` has them: no more than has to be sent.

    Attributes
    ----------
    first : int
        The first class.
    found : int64 array, shape (4, 10, M, C)
    best : float64 array, shape (4, 10, C, 101)
    """

    first: int
    found: NDArray[np.int64]
    best: NDArray[np.float64]


class CurveCounts:
    """Running counts of every class, size range and threshold, and the best precision of each recall level.

    Rows are added in order of class and score, in pieces of any size. Different classes may be counted apart
    (:func:`count_curves`) and put together with :meth:`take`.

    Parameters
    ----------
    objects : int64 array, shape (4, K)
        Objects of each size range and class.
    limits : tuple of int
        Detections per frame and class, ascending.
    areas_known : bool
        Whether the size ranges but the first have a meaning.
    """

    def __init__(self, objects: NDArray[np.int64], limits: tuple[int, ...], *, areas_known: bool = True) -> None:
        classes = objects.shape[1]
        self.objects, self.limits, self.areas_known = objects, limits, areas_known
        needed = np.stack([least_found(row) - 1 for row in objects]).reshape(_RANGES, classes, _POINTS)
        self._span = int(objects.max(initial=0)) + 1
        self._needed = (needed + np.arange(classes)[:, None] * self._span).reshape(_RANGES, classes * _POINTS)
        self._counted = np.zeros((_RANGES, classes), dtype=np.int64)
        self._surplus = np.zeros((_RANGES, _LEVELS, classes), dtype=np.int64)
        self.found = np.zeros((_RANGES, _LEVELS, len(limits), classes), dtype=np.int64)
        self.best = np.zeros((_RANGES, _LEVELS, classes, _POINTS))

    def add(self, rows: Rows) -> None:
        """Count the next detections."""
        first = int(rows.category[0]) if len(rows.category) else 0
        last = int(rows.category[-1]) + 1 if len(rows.category) else 0
        bounds = np.searchsorted(rows.category, np.arange(first, last + 1))
        within = (rows.flags & WITHIN) > 0
        category = rows.category[rows.row]
        for a in range(_RANGES):
            inside = ((rows.flags >> a) & 1).astype(np.bool_) & within
            running = np.concatenate(([0], np.cumsum(inside)))
            counted = running[rows.row + 1] - running[bounds[category - first]] + self._counted[a][category]
            for t in range(_LEVELS):
                self._add_matches(rows, category, inside[rows.row], counted, a, t)
            self._counted[a, first:last] += np.diff(running[bounds])

    def _add_matches(
        self, rows: Rows, category: NDArray[np.int64], inside: NDArray[np.bool_], counted: NDArray[np.int64], *at: int
    ) -> None:
        """Count one size range and threshold, ``at``."""
        a, t = at
        hit = ((rows.hit[:, a] >> t) & 1).astype(np.bool_)
        change = hit.astype(np.int64) - inside
        change[~hit & ((rows.lost[:, a] >> t) & 1 == 0)] = 0
        surplus = _since_class_began(change, category) + self._surplus[a, t][category]
        found = _since_class_began(hit.astype(np.int64), category) + self.found[a, t, -1][category]
        classes = self.objects.shape[1]
        of_class, ordinal = category[hit], found[hit]
        precision = ordinal / (counted[hit] + surplus[hit] + _EPSILON)
        if len(precision):
            bucket = np.searchsorted(self._needed[a], of_class * self._span + ordinal - 1, side="right") - 1
            start = starts_of_runs(bucket)
            best = self.best[a, t].reshape(-1)
            best[bucket[start]] = np.maximum(best[bucket[start]], np.maximum.reduceat(precision, start))
        self._surplus[a, t] += np.bincount(category, weights=change, minlength=classes).astype(np.int64)
        rank = rows.rank[hit]
        for m, limit in enumerate(self.limits[:-1]):
            self.found[a, t, m] += np.bincount(of_class[rank < limit], minlength=classes)
        self.found[a, t, -1] += np.bincount(of_class, minlength=classes)

    def take(self, part: CurvePart) -> None:
        """Put in the counts of classes that were counted apart."""
        classes = slice(part.first, part.first + part.found.shape[-1])
        self.found[..., classes] = part.found
        self.best[:, :, classes] = part.best

    def metrics(self) -> CocoMetrics:
        """Return the numbers once everything has been counted."""
        classes = self.objects.shape[1]
        recall = np.full((_RANGES, _LEVELS, classes, len(self.limits)), np.nan)
        precision = np.full((_RANGES, _LEVELS, classes, _POINTS), np.nan)
        for a in range(_RANGES if self.areas_known else 1):
            present = self.objects[a] > 0
            np.divide(
                self.found[a].transpose(0, 2, 1),
                self.objects[a][:, None],
                out=recall[a],
                where=present[:, None] & np.ones(len(self.limits), dtype=np.bool_),
            )
            precision[a] = np.maximum.accumulate(self.best[a][..., ::-1], axis=-1)[..., ::-1]
            precision[a][:, ~present] = np.nan
        ranges = dict(AREA_RANGES)
        return MergedMetrics(
            summarize_curves(precision, recall, ranges, self.limits),
            freeze(recall.transpose(1, 2, 0, 3)),
            freeze(precision.transpose(1, 3, 2, 0)),
            ranges,
            self.limits,
            (),
        )


def average_precision(parts: Sequence[Summary], at_once: int = AT_ONCE) -> CocoMetrics:
    """Compute COCO's (or LVIS') bounding-box AP and AR of all parts together.

    Parameters
    ----------
    parts : sequence of Summary
        At least one; of the same classes and rules. Every frame of a part stands before every frame of the next.
    at_once : int
        About how many detections are looked at in one go.

    Returns
    -------
    CocoMetrics
        The same as :func:`~framelens.metrics.coco.coco_metrics` of everything in one dataset.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> round(average_precision([summarize(two_frames())]).summary["AP50"], 4)
    0.7525
    """
    counts = begin_curves(parts)
    counts.take(count_curves(parts, at_once, (0, parts[0].classes)))
    return counts.metrics()


def begin_curves(parts: Sequence[Summary]) -> CurveCounts:
    """Return the counts before any detection."""
    known = all(part.areas_known for part in parts)
    return CurveCounts(sum_of(parts, "objects_in_range"), LIMITS[parts[0].rules], areas_known=known)


def count_curves(parts: Sequence[Summary], at_once: int, classes: tuple[int, int]) -> CurvePart:
    """Count the curves of the classes from the first up to, not including, the second."""
    first, last = classes
    counts = begin_curves(parts)
    for rows in by_class(parts, at_once, classes):
        counts.add(rows)
    return CurvePart(first, counts.found[..., first:last], counts.best[:, :, first:last])


def sum_of(parts: Sequence[Summary], name: str) -> NDArray[np.int64]:
    """Return the sum of a field over all parts."""
    total: NDArray[np.int64] = np.sum([getattr(part, name) for part in parts], axis=0, dtype=np.int64)
    return total


def _since_class_began(values: NDArray[np.int64], category: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return running sums that begin anew with each class, up to and including each entry."""
    total: NDArray[np.int64] = np.cumsum(values, dtype=np.int64)
    start = starts_of_runs(category)
    before = np.append(0, total)[start]
    total -= np.repeat(before, np.diff(start, append=len(category)))
    return total
