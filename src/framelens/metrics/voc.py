"""Average precision of PASCAL VOC: every point (2010 on) and eleven points (2007)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by, order_by_score
from framelens.errors import OptionError
from framelens.metrics._acceptance import accept
from framelens.metrics._pairs import find_pairs, group_of
from framelens.metrics._rates import objects_per_class

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["VocMetrics", "voc_hits", "voc_metrics"]


@dataclass(frozen=True, slots=True, eq=False)
class VocMetrics:
    """AP per class at one IoU.

    Attributes
    ----------
    every_point : float64 array, shape (K,)
        Area under the falling envelope of precision over recall; ``nan`` for a class without objects.
    eleven_point : float64 array, shape (K,)
        Mean of the envelope at recall 0, 0.1, ..., 1; ``nan`` as above.
    true_positives, false_positives : int64 array, shape (K,)
        Over all confidences.
    iou : float
    """

    every_point: NDArray[np.float64]
    eleven_point: NDArray[np.float64]
    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]
    iou: float

    @property
    def summary(self) -> dict[str, float]:
        """Means over the classes with objects: ``AP_every_point``, ``AP_eleven_point``."""
        present = ~np.isnan(self.every_point)
        return {
            f"AP_{name}": float(values[present].mean()) if present.any() else float("nan")
            for name, values in (("every_point", self.every_point), ("eleven_point", self.eleven_point))
        }


def voc_metrics(dataset: Dataset, *, iou: float = 0.5, whole_pixels: bool = False) -> VocMetrics:
    """Compute VOC's AP by both interpolations.

    A detection belongs to the object of its class that it overlaps most (of equals the first). If that
    object is difficult the detection does not count; if a better scored detection has it, or the IoU
    is below ``iou``, it is a false positive: it never goes to its second choice.

    Parameters
    ----------
    dataset : Dataset
        ``ignore`` (VOC's difficult) and crowd objects count as difficult.
    iou : float
        Above 0, at most 1; reached is enough.
    whole_pixels : bool
        Count the last pixel in, as the VOC development kit does: width = right - left + 1.

    Returns
    -------
    VocMetrics

    Raises
    ------
    OptionError
        If ``iou`` is out of range, or ``whole_pixels`` is asked of boxes that are not in pixels.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> metrics = voc_metrics(two_frames())
    >>> metrics.every_point.tolist(), metrics.eleven_point.round(4).tolist()
    ([0.5, 1.0], [0.5455, 1.0])
    """
    if not 0 < iou <= 1:
        msg = f"iou={iou!r} must be above 0 and at most 1"
        raise OptionError(msg)
    if whole_pixels and dataset.box_unit != "pixel":
        msg = "whole_pixels needs boxes in pixels, and these are relative to frames of unknown size"
        raise OptionError(msg)
    category, hit = voc_hits(dataset, iou, whole_pixels=whole_pixels)
    classes = len(dataset.classes)
    total = objects_per_class(dataset)
    every, eleven = np.full((2, classes), np.nan)
    for k in np.flatnonzero(total):
        found = np.cumsum(hit[category == k])
        recall, precision = found / total[k], found / np.arange(1, len(found) + 1)
        every[k], eleven[k] = _every_point(recall, precision), _eleven_point(recall, precision)
    right = np.bincount(category[hit], minlength=classes)
    wrong = np.bincount(category[~hit], minlength=classes)
    return VocMetrics(freeze(every), freeze(eleven), freeze(right), freeze(wrong), iou)


def voc_hits(
    dataset: Dataset, iou: float, *, whole_pixels: bool = False
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return class and correctness of the detections that count, highest score first.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> category, hit = voc_hits(two_frames(), 0.5)
    >>> category.tolist(), hit.tolist()
    ([0, 1, 1, 0], [True, True, False, False])
    """
    detections, objects = dataset.detections, dataset.objects
    classes = len(dataset.classes)
    by_score = order_by_score(detections.score)
    by_class = by_score[order_by(detections.category[by_score])]
    order = by_class[order_by(detections.frame[by_class])]
    rim = np.array([0.0, 0.0, 1.0, 1.0]) * whole_pixels
    difficult = objects.set_aside
    nobody = np.zeros(len(objects), dtype=np.bool_)
    pairs = find_pairs(
        group_of(detections.frame, detections.category, classes)[order],
        detections.box + rim,
        replace(objects, box=objects.box + rim, crowd=nobody),
        group_of(objects.frame, objects.category, classes),
        detection_rows=order,
        minimum=iou,
    )
    pairs = pairs.take(np.lexsort((pairs.object, -pairs.iou, pairs.detection)))
    pairs = pairs.take(np.flatnonzero(np.diff(pairs.detection, prepend=-1)))
    excused = difficult[pairs.object]
    counted = np.ones(len(order), dtype=np.bool_)
    counted[order[pairs.detection[excused]]] = False
    pairs = pairs.take(~excused)
    hit = np.zeros(len(order), dtype=np.bool_)
    hit[order[pairs.detection[accept(pairs, nobody, np.array([iou]))[1]]]] = True
    ranked = by_score[counted[by_score]]
    return detections.category[ranked], hit[ranked]


def _every_point(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * envelope).sum())


def _eleven_point(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> float:
    return sum(float(precision[recall >= level].max(initial=0.0)) for level in np.linspace(0, 1, 11)) / 11
