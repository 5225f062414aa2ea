"""The confusion matrix, and the objects and detections behind each of its cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import Pairs, find_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching

__all__ = ["Confusion", "Examples", "confuse", "fill_cells"]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """One row per thing in a cell: a pair, a missed object or a false alarm.

    Attributes
    ----------
    actual, predicted : int64 array, shape (E,)
        Cell; K is background.
    object, detection : int64 array, shape (E,)
        Rows of ``Dataset.objects`` and ``Dataset.detections``, -1 where there is none.
    iou : float64 array, shape (E,)
        Of the pair, ``nan`` where there is none.
    """

    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    object: NDArray[np.int64]
    detection: NDArray[np.int64]
    iou: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.actual)


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Actual class against predicted class at one confidence and IoU.

    Attributes
    ----------
    counts : int64 array, shape (K + 1, K + 1)
        Rows are the actual class, columns the predicted one, the last of each is background. A row
        sums to the objects of its class that count, a column to the detections that do.
    examples : Examples
        Sorted by cell, row by row, inside a cell by score, highest first (missed objects: as in the
        file). Cell (a, p) has ``counts[a, p]`` rows.
    confidence : float or None
        Detections with ``score >= confidence`` are in; None: all.
    iou : float
    ignored_objects, ignored_detections : int
        Crowd regions and ignored objects, and the detections over the confidence that they took:
        beside the matrix, never in it.
    """

    counts: NDArray[np.int64]
    examples: Examples
    confidence: float | None
    iou: float
    ignored_objects: int
    ignored_detections: int

    def cell(self, actual: int, predicted: int) -> slice:
        """Return the rows of ``examples`` behind one cell.

        >>> from framelens.metrics._example import two_frames
        >>> from framelens.metrics.matching import match
        >>> confusion = confuse(two_frames(), match(two_frames()), 0.5)
        >>> confusion.examples.detection[confusion.cell(0, 1)].tolist()
        [3]
        """
        cells = self.examples.actual * len(self.counts) + self.examples.predicted
        wanted = actual * len(self.counts) + predicted
        return slice(*np.searchsorted(cells, (wanted, wanted + 1)).tolist())


def confuse(dataset: Dataset, matching: Matching, confidence: float | None) -> Confusion:
    """Put every object and every detection over the confidence into exactly one cell.

    1. Pairs of ``matching`` (same class) are the diagonal: the true positives.
    2. What is left over is matched regardless of class: highest score first, best free object with
       IoU at least ``matching.threshold``.
    3. The rest is background: missed objects in the last column, false alarms in the last row.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.
    confidence : float or None
        Least score that counts; None: every detection.

    Returns
    -------
    Confusion

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> confuse(two_frames(), match(two_frames()), 0.2).counts.tolist()
    [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    objects, detections = dataset.objects, dataset.detections
    over = np.ones(len(detections), dtype=np.bool_) if confidence is None else detections.score >= confidence
    ignored = objects.set_aside
    hits = np.flatnonzero(over & matching.true_positive)
    free_object = ~ignored
    free_object[matching.partner[hits]] = False
    free_detection = over & (matching.partner < 0) & ~matching.absorbed
    crossed = _cross_class(dataset, matching, free_detection, np.flatnonzero(free_object))
    free_object[crossed.object] = False
    free_detection[crossed.detection] = False
    return fill_cells(
        dataset,
        Pairs(
            np.concatenate((hits, crossed.detection)),
            np.concatenate((matching.partner[hits], crossed.object)),
            np.concatenate((matching.iou[hits], crossed.iou)),
        ),
        np.flatnonzero(free_object),
        np.flatnonzero(free_detection),
        confidence=confidence,
        iou=matching.threshold,
        ignored_detections=int((over & matching.absorbed).sum()),
    )


def fill_cells(
    dataset: Dataset,
    matched: Pairs,
    missed: NDArray[np.int64],
    alarms: NDArray[np.int64],
    *,
    confidence: float | None,
    iou: float,
    ignored_detections: int = 0,
) -> Confusion:
    """Return the matrix of pairs, missed objects and false alarms, however they were found.

    Parameters
    ----------
    dataset : Dataset
    matched : Pairs
        Rows of detections and objects.
    missed, alarms : int64 array
        Rows of objects, and of detections, that stand in no pair.
    confidence, iou, ignored_detections
        As :class:`Confusion` has them.
    """
    side = len(dataset.classes) + 1
    examples = _examples(dataset, matched, missed, alarms)
    counts = np.bincount(examples.actual * side + examples.predicted, minlength=side * side).reshape(side, side)
    ignored = int(dataset.objects.set_aside.sum())
    return Confusion(freeze(counts, np.int64), examples, confidence, iou, ignored, ignored_detections)


def _cross_class(
    dataset: Dataset, matching: Matching, free_detection: NDArray[np.bool_], object_rows: NDArray[np.int64]
) -> Pairs:
    """Match what same-class matching left over, inside each frame, whatever the class."""
    objects, detections = dataset.objects, dataset.detections
    rows = matching.by_score[free_detection[matching.by_score]]
    rows = rows[order_by(detections.frame[rows])]
    least = effective_threshold(matching.threshold)
    pairs = find_pairs(
        detections.frame[rows].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=rows,
        object_rows=object_rows,
        minimum=least,
    )
    pairs = pairs.take(preference_order(pairs, np.zeros(len(objects), dtype=np.bool_)))
    _, chosen = accept(pairs, objects.crowd, np.array([least]))
    matches = pairs.take(chosen)
    return Pairs(rows[matches.detection], matches.object, matches.iou)


def _examples(dataset: Dataset, matched: Pairs, missed: NDArray[np.int64], alarms: NDArray[np.int64]) -> Examples:
    """Join pairs, false alarms and missed objects, sorted by cell and score."""
    background = len(dataset.classes)
    of_object, of_detection = dataset.objects.category, dataset.detections.category
    detection = np.concatenate((matched.detection, alarms))
    place = np.full(len(of_detection), -1, dtype=np.int32)
    place[detection] = np.arange(len(detection))
    # Class after class and by score already: only the actual class is left to sort by, missed objects behind the rest.
    order = np.take(place, dataset.detections.orders.by_class)
    order = np.concatenate((order[order >= 0], np.arange(len(detection), len(detection) + len(missed))))
    alone = np.full(len(alarms), background, dtype=np.int32)
    actual = np.concatenate((of_object[matched.object], alone, of_object[missed]))
    order = np.take(order, order_by(np.take(actual, order)))
    actual = np.take(actual, order).astype(np.int64)
    predicted = np.concatenate((of_detection[detection], np.full(len(missed), background, dtype=np.int32)))
    predicted = np.take(predicted, order).astype(np.int64)
    nothing = np.full(len(missed), -1)
    columns = (
        np.concatenate((matched.object, np.full(len(alarms), -1), missed)),
        np.concatenate((detection, nothing)),
        np.concatenate((matched.iou, np.full(len(alarms) + len(missed), np.nan))),
    )
    object_row, detection_row, iou = (freeze(np.take(column, order)) for column in columns)
    return Examples(freeze(actual), freeze(predicted), object_row, detection_row, iou)
