"""TIDE's error types: what goes wrong, and how much average precision each kind costs."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._acceptance import effective_threshold
from framelens.metrics._ranking import interpolated, rank_in_group
from framelens.metrics._rates import mean
from framelens.metrics.status import BACKGROUND_IOU, nearest_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching

__all__ = ["ERROR_TYPES", "ErrorTypes", "error_types"]

#: Six main types, then the two special ones, with their meaning.
ERROR_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "classification": "right place (IoU reached with an object of another class), wrong class",
        "localisation": "right class, IoU from 0.1 up to the threshold",
        "both": "wrong class and IoU between 0.1 and the threshold",
        "duplicate": "right, but a higher-scored detection has taken the object",
        "background": "detection where no object is (IoU under 0.1)",
        "missed": "object without a detection, and no classification or localisation error could become one",
        "false positive": "all wrong detections put behind the right ones: the AP gained by perfect precision",
        "false negative": "all objects that were not found left out: the AP gained by perfect recall",
    }
)
_CLASSIFICATION, _LOCALISATION, _BOTH, _DUPLICATE, _BACKGROUND, _MISSED, _FALSE_POSITIVE, _FALSE_NEGATIVE = range(8)


@dataclass(frozen=True, slots=True, eq=False)
class ErrorTypes:
    """Errors at one IoU threshold and every confidence; rows in the order of :data:`ERROR_TYPES`.

    Attributes
    ----------
    ap : float
        Mean AP before anything is mended, in [0, 1]; ``nan`` without objects.
    dap : float64 array, shape (8,)
        Gain in mean AP if the errors of one type were mended, not below 0.
    count : int64 array, shape (8,)
        Errors of each type; false positives are the first five together, false negatives all objects
        that were not found.
    class_ap : float64 array, shape (K,)
    class_dap : float64 array, shape (8, K)
        Gain of each class, ``nan`` where its AP is undefined before or after; may be below 0.
    class_count : int64 array, shape (8, K)
        By predicted class; missed objects by their own.
    detection_type : int64 array, shape (M,)
        Row of the type, -1 for right, absorbed and not looked at.
    detection_object : int64 array, shape (M,)
        The object that a right detection found, or that a classification or localisation error could have found; -1
        for the others. Type and object depend on no detection with a lower score.
    missed : bool array, shape (N,)
        The object is a *missed* error.
    """

    ap: float
    dap: NDArray[np.float64]
    count: NDArray[np.int64]
    class_ap: NDArray[np.float64]
    class_dap: NDArray[np.float64]
    class_count: NDArray[np.int64]
    detection_type: NDArray[np.int64]
    detection_object: NDArray[np.int64]
    missed: NDArray[np.bool_]


class _Mended(NamedTuple):
    """Detections in order of score as they would be with some errors mended."""

    category: NDArray[np.int64]
    right: NDArray[np.bool_]
    objects: NDArray[np.int64]


def error_types(
    dataset: Dataset,
    matching: Matching,
    *,
    background: float = BACKGROUND_IOU,
    limit: int = 100,
    confidence: float | None = None,
) -> ErrorTypes:
    """Sort every error into TIDE's types and mend each type to see what it costs.

    The definition is Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection Errors"
    (2020), and its program ``tidecv`` 1.0.1: detections of every confidence, at most 100 per frame, AP
    on COCO's 101 recall levels. Mending a classification or localisation error makes the best-scored one
    of each free object right and drops the others; duplicate, background and both are dropped; for missed,
    the number of objects falls. Each gain is measured alone, so they do not add up to 1 - AP.

    Where this differs from ``tidecv``: (1) classes without objects are left out of the mean, as COCO leaves
    them out (``tidecv`` counts them as AP 0); (2) detections absorbed by crowd or ignored objects are
    no errors (``tidecv`` lets them stand in for missed objects); (3) matching is the one of every other number
    here: of equal IoUs the later object, and an IoU exactly at a threshold reaches it; (4) equal scores
    keep the order of the files (``tidecv`` moves mended detections to the front of their tie);
    (5) fractions, not percent; recall levels as COCO computes them.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset; its threshold is TIDE's foreground threshold.
    background : float
        IoU under which a detection stands on background.
    limit : int
        Detections looked at per frame, all classes together, highest score first.
    confidence : float or None
        As if there were no detections under it; None: all count.

    Returns
    -------
    ErrorTypes

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> result = error_types(two_frames(), match(two_frames()))
    >>> dict(zip(ERROR_TYPES, result.count.tolist()))["classification"], round(result.ap, 4)
    (1, 0.7525)
    """
    objects, detections, classes = dataset.objects, dataset.detections, len(dataset.classes)
    order = np.argsort(-detections.score, kind="stable")
    if confidence is not None:
        order = order[detections.score[order] >= confidence]
    order = order[rank_in_group(detections.frame[order].astype(np.int64)) < limit]
    order = order[~matching.absorbed[order]]
    right = matching.true_positive[order]
    found = np.zeros(len(objects), dtype=np.bool_)
    found[matching.partner[order[right]]] = True

    wrong = np.flatnonzero(~right)
    kind, target = _sort_errors(dataset, order[wrong], matching.threshold, min(background, matching.threshold))
    concerned = np.full(len(detections), -1)
    concerned[order[wrong]], concerned[order[right]] = target, matching.partner[order[right]]
    target[target >= 0] = np.where(found[target[target >= 0]], -1, target[target >= 0])
    counts = ~objects.set_aside
    missed = counts & ~found
    missed[target[target >= 0]] = False

    types = np.full(len(order), -1)
    types[wrong] = kind
    best = np.full(len(order), -1)
    best[wrong] = _first_of_each(target)
    total = np.bincount(objects.category[counts], minlength=classes)
    lost = {
        _MISSED: np.bincount(objects.category[missed], minlength=classes),
        _FALSE_NEGATIVE: np.bincount(objects.category[counts & ~found], minlength=classes),
    }
    present = _Mended(detections.category[order].astype(np.int64), right, total)
    before, after = _gains(present, types, best, objects.category, lost)
    class_count = _count(types, present.category, lost, classes)
    kinds = np.full(len(detections), -1)
    kinds[order] = types
    return ErrorTypes(
        mean(before),
        freeze(np.array([_gain(before, row) for row in after])),
        freeze(class_count.sum(axis=1), np.int64),
        freeze(before),
        freeze(after - before),
        freeze(class_count, np.int64),
        freeze(kinds, np.int64),
        freeze(concerned, np.int64),
        freeze(missed),
    )


def _sort_errors(
    dataset: Dataset, rows: NDArray[np.int64], threshold: float, background: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return type and object of each wrong detection; only types 0 and 1 have an object."""
    least = effective_threshold(threshold)
    near = nearest_objects(dataset, rows, minimum=background)
    off = (near.same >= 0) & (near.same_iou < least)
    kind = np.select(
        [off, near.other_iou >= least, near.same >= 0, near.other >= 0],
        [_LOCALISATION, _CLASSIFICATION, _DUPLICATE, _BOTH],
        _BACKGROUND,
    )
    target = np.select([kind == _LOCALISATION, kind == _CLASSIFICATION], [near.same, near.other], -1)
    return kind, target


def _first_of_each(target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep each object only at its first, best-scored, detection."""
    best = np.full(len(target), -1)
    named, first = np.unique(target, return_index=True)
    best[first] = named
    return best


def _gains(
    present: _Mended,
    types: NDArray[np.int64],
    best: NDArray[np.int64],
    object_category: NDArray[np.int32],
    lost: Mapping[int, NDArray[np.int64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the AP of each class as it is, (K,), and with each type mended, (8, K)."""
    before = _average_precision(present)
    # A class without objects has no AP, whatever is mended.
    known = present.objects > 0
    before[~known] = np.nan
    after = np.full((len(ERROR_TYPES), len(before)), np.nan)
    for kind in range(len(ERROR_TYPES)):
        if kind in lost:
            changed = present._replace(objects=present.objects - lost[kind])
        elif kind == _FALSE_POSITIVE:
            front = np.argsort(~present.right, kind="stable")
            changed = present._replace(category=present.category[front], right=present.right[front])
        else:
            changed = _mend(present, types == kind, best, object_category)
        after[kind, known] = _average_precision(changed)[known]
    return before, after


def _mend(
    present: _Mended, chosen: NDArray[np.bool_], best: NDArray[np.int64], object_category: NDArray[np.int32]
) -> _Mended:
    """Make the chosen errors right where they are the best of a free object, and drop the others."""
    mended = chosen & (best >= 0)
    category = present.category.copy()
    category[mended] = object_category[best[mended]]
    kept = ~chosen | mended
    return _Mended(category[kept], (present.right | mended)[kept], present.objects)


def _average_precision(state: _Mended) -> NDArray[np.float64]:
    """Return AP per class; ``nan`` with neither objects nor detections, 0 with detections alone."""
    order = np.argsort(state.category, kind="stable")
    category, right = state.category[order], state.right[order]
    first = np.searchsorted(category, category, side="left")
    running = np.concatenate(([0], np.cumsum(right)))
    found = running[1:] - running[first]
    precision = found / (np.arange(len(category)) - first + 1)
    value: NDArray[np.float64] = interpolated(precision[right], found[right], category[right], state.objects).mean(
        axis=1
    )
    detections = np.bincount(category, minlength=len(state.objects))
    value[(state.objects == 0) & (detections > 0)] = 0.0
    return value


def _count(
    types: NDArray[np.int64], category: NDArray[np.int64], lost: Mapping[int, NDArray[np.int64]], classes: int
) -> NDArray[np.int64]:
    """Return errors by type and class, (8, K)."""
    count = np.zeros((len(ERROR_TYPES), classes), dtype=np.int64)
    for kind in range(_MISSED):
        count[kind] = np.bincount(category[types == kind], minlength=classes)
    count[_FALSE_POSITIVE] = count[:_MISSED].sum(axis=0)
    for kind, per_class in lost.items():
        count[kind] = per_class
    return count


def _gain(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """Return the rise of the mean; TIDE puts falls, which come of the 101 levels, at 0."""
    gain = mean(after) - mean(before)
    return gain if np.isnan(gain) else max(gain, 0.0)
