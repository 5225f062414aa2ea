"""Operating point, rates and confusion matrix of everything from the summaries of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.data.sorting import order_by, order_by_score, starts_of_runs
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import Pairs
from framelens.metrics.merged import sum_of
from framelens.metrics.operating_point import ClassScores, OperatingPoint, f1_shift, rate_classes
from framelens.metrics.shards import AT_ONCE, score_cuts
from framelens.metrics.summary import ABSORBED, ABSORBED_AT_HALF, RIGHT, RIGHT_AT_HALF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.metrics.summary import Summary

__all__ = ["F1Search", "class_counts", "count_cells", "find_best_f1", "rate_parts", "tally"]


class F1Search:
    """Finds the confidence with the best mean F1 while scores fall.

    Parameters
    ----------
    objects : int64 array, shape (K,)
        Objects of each class that count.
    """

    def __init__(self, objects: NDArray[np.int64]) -> None:
        self._objects = objects
        self._scale = 2.0 ** f1_shift(len(objects))
        self._detections, self._found, self._f1 = (np.zeros(len(objects), dtype=np.int64) for _ in range(3))
        self._total = 0
        # Rising totals that may still be the first within reach of the best.
        self._candidates: list[tuple[int, float]] = []

    def add(
        self,
        category: NDArray[np.int64],
        score: NDArray[np.float64],
        detections: NDArray[np.int64],
        found: NDArray[np.int64],
    ) -> None:
        """Add the next scores, each class and score once, all below those before.

        Parameters
        ----------
        category, score : arrays, shape (D,)
            Ascending by class, inside a class highest score first.
        detections, found : int64 array, shape (D,)
            How many count and how many are right.
        """
        start = starts_of_runs(category)
        size = np.diff(start, append=len(category))
        counts = []
        for values, carried in ((detections, self._detections), (found, self._found)):
            total = np.cumsum(values)
            total += np.repeat(carried[category[start]] - np.append(0, total)[start], size)
            counts.append(total)
        f1 = np.rint(2 * counts[1] / np.maximum(counts[0] + self._objects[category], 1) * self._scale).astype(np.int64)
        change = np.diff(f1, prepend=0)
        change[start] = f1[start] - self._f1[category[start]]
        last = start + size - 1
        for carried, values in ((self._detections, counts[0]), (self._found, counts[1]), (self._f1, f1)):
            carried[category[start]] = values[last]
        self._judge(score, change)

    def _judge(self, score: NDArray[np.float64], change: NDArray[np.int64]) -> None:
        order = order_by_score(score)
        total = self._total + np.cumsum(change[order])
        score = score[order]
        ends = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if len(score) else np.empty(0, dtype=np.int64)
        if not len(ends):
            return
        self._total = int(total[-1])
        total, score = total[ends], score[ends]
        known = self._candidates[-1][0] if self._candidates else -1
        before = np.maximum.accumulate(np.append(known, total))[:-1]
        rising = np.flatnonzero(total > before)
        least = max(known, int(total.max())) - len(self._objects)
        found = zip(total[rising].tolist(), score[rising].tolist(), strict=True)
        self._candidates = [pair for pair in (*self._candidates, *found) if pair[0] >= least]

    @property
    def confidence(self) -> float | None:
        """Highest score within rounding of the best mean F1; None without detections or objects."""
        return self._candidates[0][1] if self._candidates and self._objects.any() else None


def tally(part: Summary, low: float, high: float) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Count the detections of a part, matched at IoU 0.50, with scores from ``low`` up to, not including, ``high``.

    Returns
    -------
    category : int64 array, shape (D,)
    score : float64 array, shape (D,)
        Each class and score once, ascending by class, inside a class highest first.
    counts : int64 array, shape (2, D)
        Detections that count, and right ones.
    """
    spans = [_span(part, k, low, high) for k in range(part.classes)]
    category = np.repeat(np.arange(part.classes), [e - b for b, e in spans])
    score = np.concatenate([np.empty(0), *(part.score[b:e] for b, e in spans if e > b)])
    flags = np.concatenate([np.empty(0, dtype=np.uint16), *(part.flags[b:e] for b, e in spans if e > b)])
    return distinct(
        category, score, np.stack([flags & ABSORBED_AT_HALF == 0, flags & RIGHT_AT_HALF > 0]).astype(np.int64)
    )


def distinct(
    category: NDArray[np.int64], score: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Put equal classes and scores, which stand together, into one."""
    start = starts_of_runs(category, score)
    if not len(start):
        return category, score, counts
    return category[start], score[start], np.add.reduceat(counts, start, axis=1)


def _span(part: Summary, category: int, low: float, high: float) -> tuple[int, int]:
    begin, end = int(part.start[category]), int(part.start[category + 1])
    falling = part.score[begin:end][::-1]
    upper, lower = np.searchsorted(falling, (high, low)).tolist()
    return end - upper, end - lower


def find_best_f1(parts: Sequence[Summary], at_once: int = AT_ONCE) -> OperatingPoint:
    """Find the confidence with the highest mean F1 at IoU 0.50.

    Parameters
    ----------
    parts : sequence of Summary
        At least one; in any order.
    at_once : int
        About how many different scores are looked at in one go.

    Returns
    -------
    OperatingPoint
        What :func:`~framelens.metrics.operating_point.best_f1` finds, with the IoU of the parts.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> find_best_f1([summarize(two_frames())]).confidence
    0.8
    """
    search = F1Search(sum_of(parts, "objects_counted"))
    cuts = score_cuts(parts, at_once)
    for high, low in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        add_tallies(search, [tally(part, low, high) for part in parts])
    return OperatingPoint(search.confidence, parts[0].iou, "best mean F1")


def add_tallies(
    search: F1Search, tallies: Sequence[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]]
) -> None:
    """Add what several parts have between the same scores."""
    category, score = (np.concatenate([part[i] for part in tallies]) for i in (0, 1))
    counts = np.concatenate([part[2] for part in tallies], axis=1)
    order = order_by_score(score)
    order = order[order_by(category[order])]
    category, score, counts = distinct(category[order], score[order], counts[:, order])
    search.add(category, score, counts[0], counts[1])


def rate_parts(parts: Sequence[Summary], confidence: float | None) -> ClassScores:
    """Count and rate each class at one confidence.

    Parameters
    ----------
    parts : sequence of Summary
    confidence : float or None
        Least score that counts; None: every detection.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> rate_parts([summarize(two_frames())], 0.5).macro.recall
    0.75
    """
    counts = np.sum([class_counts(part, confidence) for part in parts], axis=0)
    return rate_classes(sum_of(parts, "objects_counted"), counts[0], counts[1])


def class_counts(part: Summary, confidence: float | None) -> NDArray[np.int64]:
    """Return detections that count, right ones and absorbed ones at a confidence, (3, K)."""
    low = -np.inf if confidence is None else confidence
    counts = np.zeros((3, part.classes), dtype=np.int64)
    for k in range(part.classes):
        begin, end = _span(part, k, low, np.inf)
        flags = part.flags[begin:end]
        absorbed = int(np.count_nonzero(flags & ABSORBED))
        counts[:, k] = end - begin - absorbed, np.count_nonzero(flags & RIGHT), absorbed
    return counts


def count_cells(part: Summary, confidence: float | None) -> tuple[NDArray[np.int64], int]:
    """Count the cells of the confusion matrix of a part.

    Parameters
    ----------
    part : Summary
    confidence : float or None
        Least score that counts; None: every detection.

    Returns
    -------
    counts : int64 array, shape (K + 1, K + 1)
    ignored_detections : int

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> count_cells(summarize(two_frames()), 0.2)[0].tolist()
    [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    classes = part.classes
    counted, right, absorbed = class_counts(part, confidence)
    crossed = _crossed(part, confidence)
    cells = np.zeros((classes + 1, classes + 1), dtype=np.int64)
    np.add.at(cells, (part.crossings.actual[crossed], part.crossings.predicted[crossed]), 1)
    cells[np.arange(classes), np.arange(classes)] += right
    cells[:classes, classes] = part.objects_counted - cells[:classes, :classes].sum(axis=1)
    cells[classes, :classes] = counted - cells[:classes, :classes].sum(axis=0)
    return cells, int(absorbed.sum())


def _crossed(part: Summary, confidence: float | None) -> NDArray[np.int64]:
    """Return which crossings become cells at a confidence."""
    crossings = part.crossings
    least = -np.inf if confidence is None else confidence
    rows = np.flatnonzero((crossings.score >= least) & ~(crossings.taken >= least))
    objects = int(crossings.object.max(initial=-1)) + 1
    pairs = Pairs(crossings.detection[rows], crossings.object[rows], crossings.iou[rows])
    free = np.zeros(objects, dtype=np.bool_)
    order = preference_order(pairs, free)
    _, chosen = accept(pairs.take(order), free, np.array([effective_threshold(part.iou)]))
    return np.asarray(rows[order[chosen]])
