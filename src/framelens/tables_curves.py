"""Curves, histograms, calibration and sizes of an evaluation as pandas tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.arguments import check_count, check_fraction
from framelens.errors import OptionError, one_line
from framelens.metrics.calibration import Calibration, calibrate
from framelens.metrics.coco import RECALL_LEVELS
from framelens.metrics.curves import ConfidenceCurve, confidence_curve, confidence_grid, precision_recall
from framelens.metrics.histograms import Histogram, iou_histogram, score_histogram
from framelens.metrics.intervals import wilson
from framelens.metrics.operating_point import best_f1
from framelens.metrics.sizes import score_sizes
from framelens.tables import class_labels, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = [
    "average_recall_table",
    "by_confidence_table",
    "by_size_table",
    "calibration_table",
    "curves_table",
    "iou_histogram_table",
    "score_histogram_table",
]

_RATES = ("precision", "recall", "f1")


def curves_table(evaluation: Evaluation, iou: float) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.curves`."""
    import pandas as pd

    curve = precision_recall(evaluation.dataset, iou, rules=evaluation.rules, overlaps=evaluation.overlaps)
    labels = np.array(class_labels(evaluation)[:-1], dtype=object)
    known = np.flatnonzero(~np.isnan(curve.interpolated).any(axis=1))
    mean = curve.interpolated[known].mean(axis=0) if len(known) else np.full(len(RECALL_LEVELS), np.nan)
    points, levels = len(curve.category), len(RECALL_LEVELS)
    count = levels * (len(known) + 1)
    return pd.DataFrame(
        {
            "class": np.concatenate([labels[curve.category], np.repeat([*labels[known], None], levels)]),
            "kind": named(np.repeat([0, 1], [points, count]), ("raw", "interpolated")),
            "confidence": np.concatenate([curve.confidence, np.full(count, np.nan)]),
            "recall": np.concatenate([curve.recall, np.tile(RECALL_LEVELS, len(known) + 1)]),
            "precision": np.concatenate([curve.precision, curve.interpolated[known].ravel(), mean]),
        }
    )


def by_confidence_table(evaluation: Evaluation, *, per_class: bool) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.by_confidence`."""
    import pandas as pd

    dataset, matching = evaluation.dataset, evaluation.matching
    marks = (evaluation.operating_point.confidence, best_f1(dataset, matching).confidence)
    grid = confidence_grid(dataset.detections.score, also=tuple(mark for mark in marks if mark is not None))
    curve = confidence_curve(dataset, matching, grid)
    if per_class:
        return _by_class(evaluation, curve)
    columns: dict[str, Any] = {"confidence": curve.confidence}
    columns |= {name: curve.macro(name) for name in _RATES}
    columns |= {f"{name}_micro": curve.micro(name) for name in _RATES}
    columns["detections"] = curve.detections.sum(axis=1)
    columns["true_positives"] = curve.true_positives.sum(axis=1)
    columns["best"] = curve.confidence == (np.nan if marks[1] is None else marks[1])
    return pd.DataFrame(columns)


def _by_class(evaluation: Evaluation, curve: ConfidenceCurve) -> pd.DataFrame:
    """Return one row per class and confidence; ``best`` is the highest confidence of the best F1."""
    import pandas as pd

    count, classes = curve.detections.shape
    f1 = np.nan_to_num(curve.f1, nan=-1.0)
    best = np.zeros((count, classes), dtype=np.bool_)
    if count:
        top = count - 1 - f1[::-1].argmax(axis=0)
        best[top, np.arange(classes)] = curve.objects > 0
    return pd.DataFrame(
        {
            "class": np.repeat(np.array(class_labels(evaluation)[:-1], dtype=object), count),
            "confidence": np.tile(curve.confidence, classes),
            "objects": np.repeat(curve.objects, count),
            "detections": curve.detections.T.ravel(),
            "true_positives": curve.true_positives.T.ravel(),
            **{name: getattr(curve, name).T.ravel() for name in _RATES},
            "best": best.T.ravel(),
        }
    )


def by_size_table(evaluation: Evaluation, ranges: Mapping[str, tuple[float, float]] | None) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.by_size`."""
    import pandas as pd

    checked = None if ranges is None else _areas(ranges)
    curves = evaluation.coco if evaluation.rules == "lvis" else None
    sizes = score_sizes(evaluation.dataset, evaluation.outcomes, checked, curves=curves, overlaps=evaluation.overlaps)
    ends = np.array(list(sizes.ranges.values()), dtype=np.float64)
    return pd.DataFrame(
        {
            "size": list(sizes.ranges),
            "area_from": ends[:, 0],
            "area_to": ends[:, 1],
            "objects": sizes.objects,
            "detections": sizes.detections,
            "true_positives": sizes.true_positives,
            "precision": sizes.precision,
            "recall": sizes.recall,
            "ap50": sizes.ap50,
            "ap50_95": sizes.ap50_95,
            "ar100": sizes.ar100,
        }
    )


def average_recall_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.average_recall`."""
    import pandas as pd

    coco = evaluation.coco
    columns: dict[str, Any] = {"class": class_labels(evaluation)[:-1]}
    for m, limit in enumerate(coco.max_detections):
        columns[f"ar{limit}"] = coco.recall[:, :, 0, m].mean(axis=0)
    return pd.DataFrame(columns)


def iou_histogram_table(evaluation: Evaluation, bins: int) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.iou_histogram`."""
    return _histogram("iou", iou_histogram(evaluation.outcomes, check_count("bins", bins)))


def score_histogram_table(evaluation: Evaluation, bins: int) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.score_histogram`."""
    return _histogram("score", score_histogram(evaluation.dataset, evaluation.matching, check_count("bins", bins)))


def _histogram(name: str, histogram: Histogram) -> pd.DataFrame:
    import pandas as pd

    series = {key.replace(" ", "_"): counts for key, counts in histogram.counts.items()}
    return pd.DataFrame({f"{name}_from": histogram.edges[:-1], f"{name}_to": histogram.edges[1:], **series})


def calibration_table(evaluation: Evaluation, bins: int, confidence: float | None, *, per_class: bool) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.calibration`."""
    import pandas as pd

    bins = check_count("bins", bins)
    detections, matching = evaluation.dataset.detections, evaluation.matching
    counted = ~matching.absorbed
    if confidence is not None:
        counted &= detections.score >= check_fraction("confidence", confidence, any_score=True)
    score, right = detections.score[counted], matching.true_positive[counted]
    whole = calibrate(score, right, bins)
    if per_class:
        category = detections.category[counted]
        order = np.argsort(category, kind="stable")
        ends = np.searchsorted(category[order], np.arange(len(evaluation.dataset.classes) + 1))
        parts = [order[begin:end] for begin, end in pairwise(ends.tolist())]
        rows = [_summary(None, whole)]
        names = class_labels(evaluation)[:-1]
        rows += [_summary(n, calibrate(score[p], right[p], bins)) for n, p in zip(names, parts, strict=True)]
        return pd.DataFrame(rows)
    low, high = wilson(whole.right, whole.count)
    return pd.DataFrame(
        {
            "confidence_from": whole.edges[:-1],
            "confidence_to": whole.edges[1:],
            "detections": whole.count,
            "true_positives": whole.right,
            "confidence": whole.confidence,
            "precision": whole.precision,
            "precision_low": low,
            "precision_high": high,
            "ece_part": whole.share,
        }
    )


def _summary(name: str | None, result: Calibration) -> dict[str, Any]:
    """Return one row: all bins of one class together."""
    count, right = int(result.count.sum()), int(result.right.sum())
    defined = count > 0 and result.outside == 0
    mean = float(np.nansum(result.confidence * result.count) / count) if defined else float("nan")
    return {
        "class": name,
        "detections": count + result.outside,
        "true_positives": right,
        "confidence": mean,
        "precision": right / count if defined else float("nan"),
        "ece": result.ece,
        "mce": result.mce,
    }


def _areas(ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Check size ranges: a name and two numbers each."""
    try:
        return {str(name): (float(low), float(high)) for name, (low, high) in ranges.items()}
    except (AttributeError, TypeError, ValueError):
        shown = one_line(repr(ranges), 80)
        raise OptionError(
            f"ranges must map a name to (least, greatest) area in square pixels, as {{'tiny': (0, 256)}}, not {shown}"
        ) from None
