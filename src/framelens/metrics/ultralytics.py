"""AP, precision, recall and confusion matrix as Ultralytics defines them, to reconcile both numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by, order_by_score
from framelens.metrics._acceptance import accept
from framelens.metrics._pairs import Pairs, find_pairs
from framelens.metrics._rates import objects_per_class
from framelens.metrics.coco import IOU_THRESHOLDS, RECALL_LEVELS
from framelens.metrics.confusion import Confusion, fill_cells
from framelens.metrics.overlaps import find_overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = [
    "UltralyticsMetrics",
    "correct_detections",
    "ultralytics_confuse",
    "ultralytics_confusion",
    "ultralytics_metrics",
]

_CONFIDENCES = np.linspace(0, 1, 1000)
_TINY = 1e-16


@dataclass(frozen=True, slots=True, eq=False)
class UltralyticsMetrics:
    """What ``yolo val`` prints.

    Attributes
    ----------
    summary : dict of str to float
        ``P R mAP50 mAP50-95``: means over the classes with objects, ``nan`` if there is none.
    confidence : float
        Where P, R and F1 are read: the best smoothed mean F1 on a grid of 1000 confidences.
    precision, recall, f1 : float64 array, shape (K,)
        At ``confidence``, IoU 0.50; ``nan`` for a class without objects, 0 for one without detections.
    ap : float64 array, shape (K, 10)
        At IoU 0.50, 0.55, ..., 0.95; ``nan`` and 0 as above.
    """

    summary: dict[str, float]
    confidence: float
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    ap: NDArray[np.float64]


def ultralytics_metrics(dataset: Dataset) -> UltralyticsMetrics:
    """Compute AP, and P, R and F1 at the best mean F1, by the rules of Ultralytics' ``ap_per_class``.

    What differs from COCO: a detection goes to the object it overlaps most or to none, never to its
    second choice; the recall axis ends in a straight line to precision 0 and the area under it is
    taken by trapezoids (a perfect class has 0.995); no limit of 100 detections, no crowd regions.

    Parameters
    ----------
    dataset : Dataset
        Crowd regions and ignored objects are left out, as its converters leave them out.

    Returns
    -------
    UltralyticsMetrics

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> metrics = ultralytics_metrics(two_frames())
    >>> {name: round(value, 3) for name, value in metrics.summary.items()}
    {'P': 0.875, 'R': 0.75, 'mAP50': 0.809, 'mAP50-95': 0.728}
    """
    detections = dataset.detections
    classes = len(dataset.classes)
    order, correct = correct_detections(dataset)
    objects = objects_per_class(dataset)
    category, score = detections.category[order], detections.score[order]
    ap = np.zeros((classes, len(IOU_THRESHOLDS)))
    curves = np.zeros((2, classes, len(_CONFIDENCES)))
    for k in np.flatnonzero(objects):
        rows = np.flatnonzero(category == k)
        if len(rows):
            ap[k], curves[0, k], curves[1, k] = _class_curves(correct[rows], score[rows], int(objects[k]))
    present = objects > 0
    f1 = 2 * curves[0] * curves[1] / (curves[0] + curves[1] + _TINY)
    best = int(_smooth(f1[present].mean(axis=0)).argmax()) if present.any() else 0
    rates = np.stack((curves[0, :, best], curves[1, :, best], f1[:, best], ap[:, 0], ap.mean(axis=1)))
    means = rates[:, present].mean(axis=1) if present.any() else np.full(5, np.nan)
    rates[:, ~present] = np.nan
    ap[~present] = np.nan
    return UltralyticsMetrics(
        summary=dict(zip(("P", "R", "mAP50", "mAP50-95"), means[[0, 1, 3, 4]].tolist(), strict=True)),
        confidence=float(_CONFIDENCES[best]) if present.any() else float("nan"),
        precision=freeze(rates[0]),
        recall=freeze(rates[1]),
        f1=freeze(rates[2]),
        ap=freeze(ap),
    )


def ultralytics_confusion(
    dataset: Dataset, confidence: float = 0.25, iou: float = 0.45, *, every_alarm: bool = True
) -> NDArray[np.int64]:
    """Count Ultralytics' confusion matrix.

    Every detection goes to the object of its frame that it overlaps most, whatever the class; an object
    keeps the detection that overlaps it most. Both bounds are strict: ``score > confidence``, ``IoU > iou``.

    Parameters
    ----------
    dataset : Dataset
        Crowd regions and ignored objects are left out.
    confidence, iou : float
        In [0, 1].
    every_alarm : bool
        False: as releases of 2023 did, leave out false alarms in frames where nothing was matched.

    Returns
    -------
    int64 array, shape (K + 1, K + 1)
        Rows are the actual class, columns the predicted one (Ultralytics draws it transposed); the last
        of each is background.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> ultralytics_confusion(two_frames()).tolist()
    [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    return ultralytics_confuse(dataset, confidence, iou, every_alarm=every_alarm).counts


def ultralytics_confuse(
    dataset: Dataset, confidence: float = 0.25, iou: float = 0.45, *, every_alarm: bool = True
) -> Confusion:
    """Put objects and detections into the cells of Ultralytics' matrix, see :func:`ultralytics_confusion`.

    Parameters
    ----------
    dataset, confidence, iou, every_alarm
        As there.

    Returns
    -------
    Confusion
        With the boxes behind each cell. A detection is in when its score is above ``confidence``.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> ultralytics_confuse(two_frames()).examples.detection.tolist()
    [0, 3, 1, 2]
    """
    detections, objects = dataset.detections, dataset.objects
    order = order_by_score(detections.score)
    order = order[detections.score[order] > confidence]
    order = order[order_by(detections.frame[order])]
    rows = np.flatnonzero(~objects.set_aside)
    pairs = find_pairs(
        detections.frame[order].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=order,
        object_rows=rows,
        minimum=float(np.nextafter(iou, 1)),
    )
    pairs = _first_choice(pairs)
    pairs = pairs.take(np.lexsort((-pairs.detection, -pairs.iou, pairs.object)))
    pairs = pairs.take(np.flatnonzero(np.diff(pairs.object, prepend=-1)))
    missed = rows[~np.isin(rows, pairs.object)]
    alone = np.ones(len(order), dtype=np.bool_)
    alone[pairs.detection] = False
    if not every_alarm:
        alone &= np.isin(detections.frame[order], objects.frame[pairs.object])
    matched = Pairs(order[pairs.detection], pairs.object, pairs.iou)
    return fill_cells(dataset, matched, missed, order[alone], confidence=confidence, iou=iou)


def correct_detections(dataset: Dataset) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return which detections Ultralytics takes for right.

    Returns
    -------
    order : int64 array, shape (M,)
        Rows of ``Dataset.detections``, highest score first.
    correct : bool array, shape (M, 10)
        In that order: whether each is right at IoU 0.50, 0.55, ..., 0.95.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> order, correct = correct_detections(two_frames())
    >>> order.tolist(), correct[:, 0].tolist()
    ([0, 1, 3, 2], [True, True, False, False])
    """
    overlaps = find_overlaps(dataset)
    objects = dataset.objects
    real = ~objects.set_aside
    pairs = _first_choice(overlaps.pairs.take(real[overlaps.pairs.object]))
    level, pair = accept(pairs, np.zeros(len(objects), dtype=np.bool_), IOU_THRESHOLDS)
    correct = np.zeros((len(overlaps.by_score), len(IOU_THRESHOLDS)), dtype=np.bool_)
    correct[overlaps.grouped[pairs.detection[pair]], level] = True
    return overlaps.by_score, correct[overlaps.by_score]


def _first_choice(pairs: Pairs) -> Pairs:
    """Keep for each detection the object it overlaps most, of equals the later."""
    pairs = pairs.take(np.lexsort((-pairs.object, -pairs.iou, pairs.detection)))
    return pairs.take(np.flatnonzero(np.diff(pairs.detection, prepend=-1)))


def _class_curves(
    correct: NDArray[np.bool_], score: NDArray[np.float64], objects: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return AP (10,), and precision and recall at IoU 0.50 on the grid of confidences (1000,)."""
    found = np.cumsum(correct, axis=0)
    recall = found / (objects + _TINY)
    precision = found / np.arange(1, len(found) + 1)[:, None]
    return (
        np.array([_area(recall[:, t], precision[:, t]) for t in range(correct.shape[1])]),
        np.interp(-_CONFIDENCES, -score, precision[:, 0], left=1),
        np.interp(-_CONFIDENCES, -score, recall[:, 0], left=0),
    )


def _area(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    """Return the area under the falling envelope, by trapezoids on 101 recalls."""
    envelope = np.concatenate(([1.0], precision, [0.0]))
    envelope = np.maximum.accumulate(envelope[::-1])[::-1]
    height = np.interp(RECALL_LEVELS, np.concatenate(([0.0], recall, [1.0])), envelope)
    return float(((height[1:] + height[:-1]) * np.diff(RECALL_LEVELS)).sum() / 2)


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running mean over a tenth of the grid, its ends held."""
    half = len(values) // 20
    held = np.concatenate((np.full(half, values[0]), values, np.full(half, values[-1])))
    return np.convolve(held, np.full(2 * half + 1, 1 / (2 * half + 1)), mode="valid")
