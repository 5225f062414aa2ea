"""The numbers of one rule set in the shape that cards, tables and matrix share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._rates import mean, objects_per_class
from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.operating_point import ClassScores, OperatingPoint, Rates
from framelens.metrics.ultralytics import correct_detections, ultralytics_metrics
from framelens.metrics.voc import voc_metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.ultralytics import UltralyticsMetrics

__all__ = [
    "MATRIX_CONFIDENCE",
    "MATRIX_IOU",
    "RULES",
    "WORDS",
    "RuleAP",
    "rule_ap",
    "ultralytics_point",
    "ultralytics_scores",
]

RULES = ("coco", "ultralytics", "voc", "lvis")
#: Where Ultralytics draws its confusion matrix.
MATRIX_CONFIDENCE, MATRIX_IOU = 0.25, 0.45
#: The average precision of each rule set in words.
WORDS = {
    "coco": "COCO average precision, 101 points",
    "ultralytics": "Ultralytics average precision, trapezoids",
    "voc": "VOC average precision, every point",
    "lvis": "LVIS average precision, 300 detections per frame",
}


@dataclass(frozen=True, slots=True, eq=False)
class RuleAP:
    """Average precision by one rule set.

    Attributes
    ----------
    map50, map50_95 : float
        Means over the classes with objects, in [0, 1] or ``nan``.
    ap50, ap50_95 : float64 array, shape (K,)
        Per class, ``nan`` without objects. VOC itself names one IoU; its ``ap50_95`` is the mean of its AP over
        COCO's ten.
    words : str
        The rule in a few words.
    """

    map50: float
    map50_95: float
    ap50: NDArray[np.float64]
    ap50_95: NDArray[np.float64]
    words: str


def rule_ap(rules: str, dataset: Dataset, coco: CocoMetrics) -> RuleAP:
    """Return the average precision by a rule set.

    Parameters
    ----------
    rules : {"coco", "ultralytics", "voc", "lvis"}
    dataset : Dataset
    coco : CocoMetrics
        Of this dataset; with ``lvis`` by its rules.

    Returns
    -------
    RuleAP

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.coco import coco_metrics
    >>> dataset = two_frames()
    >>> [round(rule_ap(rules, dataset, coco_metrics(dataset)).map50, 3) for rules in RULES]
    [0.752, 0.809, 0.75, 0.752]
    """
    if rules in {"coco", "lvis"}:
        summary = coco.summary
        return RuleAP(summary["AP50"], summary["AP"], coco.ap50, coco.ap50_95, WORDS[rules])
    if rules == "ultralytics":
        ap = ultralytics_metrics(dataset).ap.T
    else:
        ap = np.array([voc_metrics(dataset, iou=float(iou)).every_point for iou in IOU_THRESHOLDS])
    every = ap.mean(axis=0)
    return RuleAP(mean(ap[0]), mean(every), freeze(ap[0]), freeze(every), WORDS[rules])


def ultralytics_point(metrics: UltralyticsMetrics) -> OperatingPoint:
    """Return where Ultralytics reads precision and recall.

    >>> from framelens.metrics._example import two_frames
    >>> ultralytics_point(ultralytics_metrics(two_frames())).iou
    0.5
    """
    confidence = None if np.isnan(metrics.confidence) else metrics.confidence
    return OperatingPoint(confidence, 0.5, "best mean F1 by Ultralytics")


def ultralytics_scores(dataset: Dataset, metrics: UltralyticsMetrics) -> ClassScores:
    """Return precision, recall and F1 per class as Ultralytics prints them.

    They are read off curves between the scores that there are, so they are not quite true positives
    over detections. Ultralytics knows no micro values: they are ``nan``.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> scores = ultralytics_scores(two_frames(), ultralytics_metrics(two_frames()))
    >>> round(scores.macro.precision, 3), scores.true_positives.tolist()
    (0.875, [1, 1])
    """
    classes, objects = len(dataset.classes), objects_per_class(dataset)
    order, correct = correct_detections(dataset)
    # Without an object there is no confidence, and a comparison with nan finds none.
    over = dataset.detections.score[order] >= metrics.confidence
    category = dataset.detections.category[order]
    present = objects > 0
    count = int(present.sum())
    undefined = float("nan")
    return ClassScores(
        objects=freeze(objects, np.int64),
        detections=freeze(np.bincount(category[over], minlength=classes), np.int64),
        true_positives=freeze(np.bincount(category[over & correct[:, 0]], minlength=classes), np.int64),
        precision=metrics.precision,
        recall=metrics.recall,
        f1=metrics.f1,
        macro=Rates(metrics.summary["P"], metrics.summary["R"], mean(metrics.f1), count, count),
        micro=Rates(undefined, undefined, undefined, 0, 0),
    )
