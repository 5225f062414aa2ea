"""From COCO's numbers to those of Ultralytics and VOC, one rule at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.metrics._ranking import interpolated, rank
from framelens.metrics._rates import mean, objects_per_class, share
from framelens.metrics.coco import IOU_THRESHOLDS, coco_metrics
from framelens.metrics.confusion import confuse
from framelens.metrics.matching import match
from framelens.metrics.operating_point import best_f1, score_classes
from framelens.metrics.rule_sets import MATRIX_CONFIDENCE, MATRIX_IOU
from framelens.metrics.ultralytics import correct_detections, ultralytics_confuse, ultralytics_metrics
from framelens.metrics.voc import voc_hits, voc_metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["Step", "reconcile"]

_NO_LIMIT = 2**31


class Step(NamedTuple):
    """One number after one more rule was changed.

    Attributes
    ----------
    number : str
        ``map50, map50_95, precision, recall`` or a sum over the matrix: ``correct, confused, missed, alarms``.
    to : str
        The rule set at the end of this path.
    value : float
        After this step; the last value of a path is the number of that rule set.
    changed : str
        The rule that was changed; the first step names where the path begins.
    why : str
        What the rule does.
    """

    number: str
    to: str
    value: float
    changed: str
    why: str


_LIMIT = ("no limit", "COCO looks at the 100 best detections per frame and class only")
_CROWD = (
    "crowds left out",
    "COCO lets crowd regions absorb detections; here crowd and ignored objects are not there at all",
)
_FIRST = (
    "first choice only",
    "a detection may take only the object that it overlaps most; COCO lets it take the next free one",
)


def reconcile(dataset: Dataset) -> list[Step]:
    """Walk from the numbers of COCO and the cards to those of Ultralytics and VOC.

    Every path changes one rule at a time and keeps those before, so each difference has one cause; the order of
    the steps is a choice, and another order would share out the same total otherwise.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    list of Step

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> [(step.changed, round(step.value, 3)) for step in reconcile(two_frames()) if step.number == "map50"][-1]
    ('eleven points', 0.773)
    """
    return [
        *_ap_to_ultralytics(dataset),
        *_rates_to_ultralytics(dataset),
        *_matrix_to_ultralytics(dataset),
        *_ap_to_voc(dataset),
    ]


def _ap_to_ultralytics(dataset: Dataset) -> list[Step]:
    real = _real(dataset)
    order, correct = correct_detections(dataset)
    category = dataset.detections.category[order].astype(np.int64)
    total = objects_per_class(dataset)
    first = [_interpolated_ap(category, correct[:, t], total) for t in range(len(IOU_THRESHOLDS))]
    summary = ultralytics_metrics(dataset).summary
    path = [
        (_coco(dataset), "COCO", "101 recall levels, ten IoU thresholds, crowd regions, 100 detections"),
        (_ranked(dataset), *_LIMIT),
        (_ranked(real), *_CROWD),
        (_two(np.array(first)), *_FIRST),
        (
            (summary["mAP50"], summary["mAP50-95"]),
            "area by trapezoids",
            "straight lines between points, down to precision 0 at recall 1, in place of 101 steps",
        ),
    ]
    return _ap_steps("ultralytics", path)


def _ap_to_voc(dataset: Dataset) -> list[Step]:
    total = objects_per_class(dataset)
    first, every, eleven = [], [], []
    for iou in IOU_THRESHOLDS:
        category, hit = voc_hits(dataset, float(iou))
        first.append(_interpolated_ap(category.astype(np.int64), hit, total))
        metrics = voc_metrics(dataset, iou=float(iou))
        every.append(metrics.every_point)
        eleven.append(metrics.eleven_point)
    path = [
        (_coco(dataset), "COCO", "101 recall levels, ten IoU thresholds, crowd regions, 100 detections"),
        (_ranked(dataset), *_LIMIT),
        (
            _two(np.array(first)),
            "first choice only, difficult ones excused",
            "a detection belongs to the object it overlaps most; if that is difficult or a crowd, it counts nowhere",
        ),
        (
            _two(np.array(every)),
            "every point",
            "the area under the falling envelope, not its mean at 101 recalls",
        ),
        (_two(np.array(eleven)), "eleven points", "VOC 2007: the mean at recall 0, 0.1, ... 1"),
    ]
    return _ap_steps("voc", path)


def _ap_steps(to: str, path: list[tuple[tuple[float, float], str, str]]) -> list[Step]:
    return [
        Step(number, to, values[place], changed, why)
        for place, number in enumerate(("map50", "map50_95"))
        for values, changed, why in path
    ]


def _rates_to_ultralytics(dataset: Dataset) -> list[Step]:
    """Precision and recall, from the cards to what ``yolo val`` prints."""
    matching = match(dataset)
    confidence = best_f1(dataset, matching).confidence
    macro = score_classes(dataset, matching, confidence).macro
    real = _real(dataset)
    left = score_classes(real, match(real), confidence).macro
    result = ultralytics_metrics(dataset)
    undefined = (float("nan"), float("nan"))
    path = [
        ((macro.precision, macro.recall), "cards", "best mean F1 of all scores, IoU 0.50, means over classes"),
        ((left.precision, left.recall), *_CROWD),
        (_first_choice_rates(dataset, confidence, empty=np.nan), *_FIRST),
        (
            _first_choice_rates(dataset, confidence, empty=0.0),
            "no detection is precision 0",
            "a class with objects and no detection counts as precision 0; the cards leave it out of the mean",
        ),
        (
            undefined if np.isnan(result.confidence) else _first_choice_rates(dataset, result.confidence, empty=0.0),
            "smoothed confidence",
            "the confidence is the best of 1,000 on a grid, by a smoothed F1",
        ),
        (
            (result.summary["P"], result.summary["R"]),
            "read off a line",
            "the values are interpolated between the scores that there are",
        ),
    ]
    return [
        Step(number, "ultralytics", values[place], changed, why)
        for place, number in enumerate(("precision", "recall"))
        for values, changed, why in path
    ]


def _first_choice_rates(dataset: Dataset, confidence: float | None, *, empty: float) -> tuple[float, float]:
    """Return mean precision and recall at one confidence when detections take their first choice only."""
    classes = len(dataset.classes)
    order, correct = correct_detections(dataset)
    over = dataset.detections.score[order] >= (-np.inf if confidence is None else confidence)
    category = dataset.detections.category[order[over]]
    found = np.bincount(category[correct[over, 0]], minlength=classes)
    counted = np.bincount(category, minlength=classes)
    objects = objects_per_class(dataset)
    present = objects > 0
    precision = share(found, counted)[present]
    precision[np.isnan(precision)] = empty
    return mean(precision), mean(share(found, objects)[present])


def _matrix_to_ultralytics(dataset: Dataset) -> list[Step]:
    matching = match(dataset)
    real = _real(dataset)
    path = [
        (
            confuse(dataset, matching, best_f1(dataset, matching).confidence).counts,
            "framelens",
            "best mean F1, IoU 0.50, the same class first",
        ),
        (
            confuse(dataset, matching, MATRIX_CONFIDENCE).counts,
            "confidence 0.25",
            "Ultralytics draws its matrix at confidence 0.25, not where F1 is best",
        ),
        (
            confuse(dataset, match(dataset, MATRIX_IOU), MATRIX_CONFIDENCE).counts,
            "IoU 0.45",
            "Ultralytics draws its matrix at IoU 0.45",
        ),
        (confuse(real, match(real, MATRIX_IOU), MATRIX_CONFIDENCE).counts, *_CROWD),
        (
            ultralytics_confuse(dataset, MATRIX_CONFIDENCE, MATRIX_IOU).counts,
            "highest IoU first",
            "boxes pair by IoU whatever their class, each with its first choice; bounds must be exceeded",
        ),
    ]
    sums = [(_sums(counts), changed, why) for counts, changed, why in path]
    return [
        Step(number, "ultralytics", values[number], changed, why)
        for number in ("correct", "confused", "missed", "alarms")
        for values, changed, why in sums
    ]


def _sums(counts: NDArray[np.int64]) -> dict[str, float]:
    inner, correct = int(counts[:-1, :-1].sum()), int(np.trace(counts[:-1, :-1]))
    return {
        "correct": float(correct),
        "confused": float(inner - correct),
        "missed": float(counts[:-1, -1].sum()),
        "alarms": float(counts[-1, :-1].sum()),
    }


def _real(dataset: Dataset) -> Dataset:
    """Return the dataset without crowd regions and ignored objects."""
    objects = dataset.objects
    rows = ~objects.set_aside
    columns = ("frame", "category", "box", "area", "crowd", "ignore", "record")
    return replace(dataset, objects=replace(objects, **{name: getattr(objects, name)[rows] for name in columns}))


def _coco(dataset: Dataset) -> tuple[float, float]:
    summary = coco_metrics(dataset).summary
    return summary["AP50"], summary["AP"]


def _ranked(dataset: Dataset) -> tuple[float, float]:
    """Return mAP50 and mAP50-95 by COCO's rules without a limit of detections."""
    ranking = rank(dataset, IOU_THRESHOLDS, limit=_NO_LIMIT)
    hits = ranking.hits()
    levels = len(IOU_THRESHOLDS)
    curve = interpolated(hits.precision, hits.found, hits.curve, np.tile(ranking.objects, levels))
    return _two(curve.mean(axis=1).reshape(levels, -1))


def _interpolated_ap(
    category: NDArray[np.int64], right: NDArray[np.bool_], objects: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return COCO's interpolated AP per class of detections that stand in order of score."""
    order = np.argsort(category, kind="stable")
    category, right = category[order], right[order]
    first = np.searchsorted(category, category, side="left")
    running = np.concatenate(([0], np.cumsum(right)))
    found = running[1:] - running[first]
    precision = found / (np.arange(len(category)) - first + 1)
    curve = interpolated(precision[right], found[right], category[right], objects)
    ap: NDArray[np.float64] = curve.mean(axis=1)
    return ap


def _two(ap: NDArray[np.float64]) -> tuple[float, float]:
    """Return the means at IoU 0.50 and over all thresholds of (10, K)."""
    return mean(ap[0]), mean(ap.ravel())
