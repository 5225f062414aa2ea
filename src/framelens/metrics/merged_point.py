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

__all__ = ["F1Search", "class_counts", "count_cells", "find_best_f1", "rate_parts", "search_best_f1"]

# Reading a column whole takes as long as so many rows for each piece that is read on its own.
_ROWS_OF_A_READ = 10_000


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

    def begin(self, detections: NDArray[np.int64], found: NDArray[np.int64]) -> None:
        """Begin below scores that somebody else looks at, of which only the counts per class, (K,), are known."""
        self._detections, self._found = detections, found
        self._f1 = self._rated(found, detections, self._objects)
        self._total = int(self._f1.sum())

    def _rated(
        self, found: NDArray[np.int64], detections: NDArray[np.int64], objects: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        rated: NDArray[np.int64] = np.rint(2 * found / np.maximum(detections + objects, 1) * self._scale).astype(
            np.int64
        )
        return rated

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
        f1 = self._rated(counts[1], counts[0], self._objects[category])
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
        before = np.maximum.accumulate(np.append(-1, total))[:-1]
        rising = np.flatnonzero(total > before)
        self._keep(list(zip(total[rising].tolist(), score[rising].tolist(), strict=True)))

    def _keep(self, later: list[tuple[int, float]]) -> None:
        """Add totals that rise, at scores below those before, and keep what the best may still be."""
        known = self._candidates[-1][0] if self._candidates else -1
        rising = [pair for pair in later if pair[0] > known]
        least = (rising[-1][0] if rising else known) - len(self._objects)
        self._candidates = [pair for pair in (*self._candidates, *rising) if pair[0] >= least]

    def take(self, later: F1Search) -> None:
        """Add a search that has gone on where this one ended."""
        self._keep(later._candidates)

    @property
    def confidence(self) -> float | None:
        """Highest score within rounding of the best mean F1; None without detections or objects."""
        return self._candidates[0][1] if self._candidates and self._objects.any() else None


def _tally(
    part: Summary, begin: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Count the detections of a part, matched at IoU 0.50, of each class from row ``begin`` up to ``end``.

    Returns
    -------
    category : int64 array, shape (D,)
    score : float64 array, shape (D,)
        Each class and score once, ascending by class, inside a class highest first.
    counts : int64 array, shape (2, D)
        Detections that count, and right ones.
    """
    spans = [slice(b, e) for b, e in zip(begin.tolist(), end.tolist(), strict=True) if e > b]
    category = np.repeat(np.arange(part.classes), end - begin)
    scores, every = part.score, part.flags
    if len(scores) < _ROWS_OF_A_READ * len(spans):  # else they stay on the disk, where they lie there
        scores, every = np.asarray(scores), np.asarray(every)
    score = np.concatenate([np.empty(0), *(scores[span] for span in spans)])
    flags = np.concatenate([np.empty(0, dtype=np.uint16), *(every[span] for span in spans)])
    return distinct(category, score, np.stack(_counted_right(flags)).astype(np.int64))


def _counted_right(flags: NDArray[np.uint16]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which detections count at IoU 0.50, and which are right."""
    return flags & ABSORBED_AT_HALF == 0, flags & RIGHT_AT_HALF > 0


def distinct(
    category: NDArray[np.int64], score: NDArray[np.float64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Put equal classes and scores, which stand together, into one."""
    start = starts_of_runs(category, score)
    if not len(start):
        return category, score, counts
    return category[start], score[start], np.add.reduceat(counts, start, axis=1)


def _below(part: Summary, cuts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the first row of each class whose score is below each of the cuts, (C, K)."""
    score, start = np.asarray(part.score), part.start
    rows = np.empty((len(cuts), part.classes), dtype=np.int64)
    for k in range(part.classes):
        falling = score[start[k] : start[k + 1]][::-1]
        rows[:, k] = start[k + 1] - np.searchsorted(falling, cuts)
    return rows


def _sum_upto(kinds: NDArray[np.bool_], part: Summary, end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many rows of each class before row ``end`` are true, (K,)."""
    running = np.concatenate(([0], np.cumsum(kinds, dtype=np.int64)))
    return np.asarray(running[end] - running[part.start[:-1]])


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
    search = search_best_f1(parts, score_cuts(parts, at_once))
    return OperatingPoint(search.confidence, parts[0].iou, "best mean F1")


def search_best_f1(parts: Sequence[Summary], cuts: NDArray[np.float64]) -> F1Search:
    """Look for the best mean F1 among scores below the first cut, down to and with the last.

    Searches between consecutive cuts may run apart from each other; :meth:`F1Search.take` puts them together.

    Parameters
    ----------
    parts : sequence of Summary
    cuts : float64 array
        Falling, as :func:`~framelens.metrics.shards.score_cuts` gives them; between two of them is what is looked at
        in one go.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> parts = [summarize(two_frames())]
    >>> search = search_best_f1(parts, np.array([np.inf, 0.7]))
    >>> search.take(search_best_f1(parts, np.array([0.7, 0.3])))
    >>> search.confidence
    0.8
    """
    search = F1Search(sum_of(parts, "objects_counted"))
    rows = [_below(part, cuts) for part in parts]
    if len(cuts) and np.isfinite(cuts[0]):
        above = [
            [_sum_upto(kind, part, below[0]) for kind in _counted_right(np.asarray(part.flags))]
            for part, below in zip(parts, rows, strict=True)
        ]
        search.begin(*np.sum(above, axis=0))
    for i in range(len(cuts) - 1):
        _add_tallies(search, [_tally(part, *below[i : i + 2]) for part, below in zip(parts, rows, strict=True)])
    return search


def _add_tallies(
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
    end = part.start[1:]
    if confidence is not None:
        end = _below(part, np.array([confidence]))[0]
    flags = np.asarray(part.flags)
    absorbed, right = (_sum_upto(flags & bit > 0, part, end) for bit in (ABSORBED, RIGHT))
    return np.stack([end - part.start[:-1] - absorbed, right, absorbed])


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
    actual, predicted = (np.asarray(side)[crossed] for side in (part.crossings.actual, part.crossings.predicted))
    np.add.at(cells, (actual, predicted), 1)
    cells[np.arange(classes), np.arange(classes)] += right
    cells[:classes, classes] = part.objects_counted - cells[:classes, :classes].sum(axis=1)
    cells[classes, :classes] = counted - cells[:classes, :classes].sum(axis=0)
    return cells, int(absorbed.sum())


def _crossed(part: Summary, confidence: float | None) -> NDArray[np.int64]:
    """Return which crossings become cells at a confidence."""
    detection, target, iou, score, taken = (
        np.asarray(getattr(part.crossings, name)) for name in ("detection", "object", "iou", "score", "taken")
    )
    least = -np.inf if confidence is None else confidence
    rows = np.flatnonzero((score >= least) & ~(taken >= least))
    objects = int(target.max(initial=-1)) + 1
    pairs = Pairs(detection[rows], target[rows], iou[rows])
    free = np.zeros(objects, dtype=np.bool_)
    order = preference_order(pairs, free)
    _, chosen = accept(pairs.take(order), free, np.array([effective_threshold(part.iou)]))
    return np.asarray(rows[order[chosen]])
