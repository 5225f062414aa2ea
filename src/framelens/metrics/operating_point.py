"""The confidence at which a detector is judged, and the rates of each class there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import starts_of_runs
from framelens.data.threads import in_order
from framelens.metrics._rates import mean, objects_per_class, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching

__all__ = ["ClassScores", "OperatingPoint", "Rates", "best_f1", "f1_shift", "rate_classes", "score_classes"]

_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Confidence and IoU at which cards, matrix and gallery count.

    Attributes
    ----------
    confidence : float or None
        Detections with ``score >= confidence`` count; None where there is no detection or no object.
    iou : float
    chosen : str
        How the confidence was found: ``"best mean F1"`` or ``"given"``.
    """

    confidence: float | None
    iou: float
    chosen: str


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and F1, in [0, 1] or ``nan``, and the number of classes behind each.

    Attributes
    ----------
    precision, recall, f1 : float
    precision_classes, recall_classes : int
        How many classes the value is a mean over; for micro values, how many have detections
        (precision) or objects (recall).
    """

    precision: float
    recall: float
    f1: float
    precision_classes: int
    recall_classes: int


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Counts and rates per class at one confidence.

    Attributes
    ----------
    objects, detections, true_positives : int64 array, shape (K,)
        Objects that count; detections with ``score >= confidence`` that no crowd region or ignored
        object has absorbed; detections that found an object.
    precision, recall, f1 : float64 array, shape (K,)
        ``true_positives / detections``, ``true_positives / objects`` and
        ``2 true_positives / (detections + objects)``; ``nan`` where the divisor is 0.
    macro : Rates
        Means over the classes with objects. A class with objects and no detection has no precision:
        it is left out of the mean precision (``precision_classes`` tells), with F1 = 0 it is in the mean F1.
    micro : Rates
        The same formulas on the sums over all classes.
    """

    objects: NDArray[np.int64]
    detections: NDArray[np.int64]
    true_positives: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    macro: Rates
    micro: Rates


def score_classes(dataset: Dataset, matching: Matching, confidence: float | None) -> ClassScores:
    """Count and rate each class at one confidence.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.
    confidence : float or None
        Least score that counts; None: every detection.

    Returns
    -------
    ClassScores

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> dataset = two_frames()
    >>> scores = score_classes(dataset, match(dataset), 0.5)
    >>> scores.precision.tolist(), scores.recall.tolist()
    ([1.0, 0.5], [0.5, 1.0])
    >>> scores.macro.precision, scores.macro.recall
    (0.75, 0.75)
    """
    classes = len(dataset.classes)
    category = dataset.detections.category
    counted = ~matching.absorbed
    if confidence is not None:
        counted &= dataset.detections.score >= confidence
    return rate_classes(
        objects_per_class(dataset),
        np.bincount(category[counted], minlength=classes),
        np.bincount(category[counted & matching.true_positive], minlength=classes),
    )


def rate_classes(objects: NDArray[np.int64], detections: NDArray[np.int64], found: NDArray[np.int64]) -> ClassScores:
    """Rate classes from their counts.

    Parameters
    ----------
    objects, detections, found : int64 array, shape (K,)
        Objects and detections that count, and true positives.

    Returns
    -------
    ClassScores

    Examples
    --------
    >>> rate_classes(np.array([2, 0]), np.array([1, 3]), np.array([1, 0])).macro.precision
    1.0
    """
    precision, recall = share(found, detections), share(found, objects)
    f1 = share(2 * found, detections + objects)
    present = objects > 0
    rated = present & (detections > 0)
    macro = Rates(
        mean(precision[rated]), mean(recall[present]), mean(f1[present]), int(rated.sum()), int(present.sum())
    )
    return ClassScores(
        objects=freeze(objects, np.int64),
        detections=freeze(detections, np.int64),
        true_positives=freeze(found, np.int64),
        precision=freeze(precision),
        recall=freeze(recall),
        f1=freeze(f1),
        macro=macro,
        micro=_micro(objects, detections, found),
    )


def best_f1(dataset: Dataset, matching: Matching) -> OperatingPoint:
    """Find the confidence with the highest mean F1 over the classes that have objects.

    Every distinct score is tried, without a grid or smoothing. Of equal means the highest
    confidence wins; means are compared to better than 1e-12.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.

    Returns
    -------
    OperatingPoint
        ``confidence`` is None where there is no detection or no object that counts.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> dataset = two_frames()
    >>> best_f1(dataset, match(dataset)).confidence
    0.8
    """
    objects = objects_per_class(dataset)
    score = dataset.detections.score
    if len(score) == 0 or not objects.any():
        return OperatingPoint(None, matching.threshold, "best mean F1")
    score = np.take(score, matching.by_score)
    total, tolerance = _f1_after_each(dataset, matching, objects)
    total[:-1][score[1:] == score[:-1]] = -1  # equal scores count together: only behind the last
    best = int(np.argmax(total >= total.max() - tolerance))
    return OperatingPoint(float(score[best]), matching.threshold, "best mean F1")


def _f1_after_each(dataset: Dataset, matching: Matching, objects: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return the sum of all classes' F1 after each detection by score, and how far it may be off.

    F1 is held in whole numbers of 2**-shift: a running sum of its changes then carries no error from
    one step to the next, however many there are.
    """
    rows, category = dataset.detections.orders.by_class, dataset.detections.category
    counted, right = ~matching.absorbed, matching.true_positive
    shift = f1_shift(len(objects))
    change = np.empty(len(rows), dtype=np.int64)

    def classes(some: slice) -> None:
        row = rows[some]
        of_class = category[row]
        start = starts_of_runs(of_class)
        size = np.diff(start, append=len(row))
        detections, found = (_count_in_class(column[row], start, size) for column in (counted, right))
        # Without objects nothing is found: such a class stays at 0, whatever its divisor.
        f1 = np.rint(2 * found / np.maximum(detections + objects[of_class], 1) * 2.0**shift).astype(np.int64)
        step = np.diff(f1, prepend=0)
        step[start] = f1[start]
        change[row] = step

    # Whole classes, in pieces that stay in the processor's cache.
    end = np.cumsum(np.bincount(category, minlength=len(objects)))
    stop = np.unique(end[np.searchsorted(end, [*range(_AT_ONCE, len(rows), _AT_ONCE), len(rows)])])
    for _ in in_order(classes, map(slice, [0, *stop[:-1].tolist()], stop.tolist())):
        pass
    change = np.take(change, matching.by_score)
    return np.cumsum(change, out=change), len(objects)


def f1_shift(classes: int) -> int:
    """Return in which power of a half F1 is counted, so that the sum over all classes fits into 63 bits.

    >>> f1_shift(80)
    52
    """
    return 52 - max(0, classes.bit_length() - 9)


def _count_in_class(mask: NDArray[np.bool_], start: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many are true from the start of a run up to each entry."""
    count = np.cumsum(mask, dtype=np.int64)
    count -= np.repeat(count[start] - mask[start], size)
    return count


def _micro(objects: NDArray[np.int64], detections: NDArray[np.int64], found: NDArray[np.int64]) -> Rates:
    hits, boxes, truths = int(found.sum()), int(detections.sum()), int(objects.sum())
    return Rates(
        hits / boxes if boxes else float("nan"),
        hits / truths if truths else float("nan"),
        2 * hits / (boxes + truths) if boxes + truths else float("nan"),
        int((detections > 0).sum()),
        int((objects > 0).sum()),
    )
