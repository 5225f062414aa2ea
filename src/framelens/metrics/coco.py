"""Average precision and recall of boxes as COCO defines them, equal to pycocotools 2.0.11."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.dataset import freeze
from framelens.errors import OptionError
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import Pairs, find_pairs, group_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["AREA_RANGES", "IOU_THRESHOLDS", "RECALL_LEVELS", "CocoMetrics", "coco_metrics"]

IOU_THRESHOLDS: NDArray[np.float64] = freeze(np.linspace(0.5, 0.95, 10))
RECALL_LEVELS: NDArray[np.float64] = freeze(np.linspace(0.0, 1.0, 101))
AREA_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"all": (0.0, 1e10), "small": (0.0, 1024.0), "medium": (1024.0, 9216.0), "large": (9216.0, 1e10)}
)
_SUFFIX = {"small": "s", "medium": "m", "large": "l"}
_EPSILON = np.spacing(1)


@dataclass(frozen=True, slots=True, eq=False)
class CocoMetrics:
    """AP and AR over T IoU thresholds, R recall levels, K classes, A size ranges, M detection limits.

    Attributes
    ----------
    summary : dict of str to float
        ``AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl`` in [0, 1], ``nan`` where undefined.
        Other ranges appear as ``AP_name``, other limits as ``AR<limit>``.
    precision : float64 array, shape (T, 101, K, A, M)
        Interpolated precision at each recall level; ``nan`` for a class without objects of the range
        (pycocotools: -1), 0 where a recall is not reached.
    recall : float64 array, shape (T, K, A, M)
        Highest recall, ``nan`` as above.
    area_ranges : dict of str to (float, float)
        Least and greatest area, both included, in square pixels.
    max_detections : tuple of int
        Detections looked at per frame and class, ascending.
    """

    summary: dict[str, float]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    area_ranges: dict[str, tuple[float, float]]
    max_detections: tuple[int, ...]

    @property
    def ap50(self) -> NDArray[np.float64]:
        """AP per class at IoU 0.50, all sizes, float64 array of shape (K,), ``nan`` without objects."""
        return np.asarray(self.precision[0, :, :, 0, -1].mean(axis=0))

    @property
    def ap50_95(self) -> NDArray[np.float64]:
        """AP per class, mean over the IoU thresholds, all sizes, as :attr:`ap50`."""
        return np.asarray(self.precision[:, :, :, 0, -1].mean(axis=(0, 1)))


def coco_metrics(
    dataset: Dataset,
    *,
    area_ranges: Mapping[str, tuple[float, float]] = AREA_RANGES,
    max_detections: Sequence[int] = (1, 10, 100),
    respect_ignore: bool = False,
) -> CocoMetrics:
    """Compute COCO's bounding-box AP and AR.

    Equal to pycocotools 2.0.11 in every entry, ties included. Crowd regions, objects outside the
    size range and detections outside it that found nothing count neither for nor against.

    Parameters
    ----------
    dataset : Dataset
    area_ranges : mapping of str to (float, float)
        Name and least and greatest area (both included). AP and AR without suffix use the first.
        Where areas are unknown (relative boxes) ranges other than (0, 1e10) are ``nan``.
    max_detections : sequence of int
        Limits per frame and class. AP uses the greatest.
    respect_ignore : bool
        Treat objects with COCO's ``ignore`` or VOC's ``difficult`` as outside every range. pycocotools
        overwrites ``ignore`` with ``iscrowd``, so by default the flag has no effect here either.

    Returns
    -------
    CocoMetrics

    Raises
    ------
    OptionError
        If there is no range or limit, a limit is below 1 or a range is upside down.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> metrics = coco_metrics(two_frames())
    >>> round(metrics.summary["AP50"], 4), metrics.ap50.round(4).tolist()
    (0.7525, [0.505, 1.0])
    """
    ranges, limits = _check(area_ranges, max_detections)
    problem = _prepare(dataset, limits[-1], respect_ignore=respect_ignore)
    shape = (len(IOU_THRESHOLDS), len(dataset.classes), len(ranges), len(limits))
    precision = np.full((shape[0], len(RECALL_LEVELS), *shape[1:]), np.nan)
    recall = np.full(shape, np.nan)
    matcher = _Matcher(problem)
    for a, (low, high) in enumerate(ranges.values()):
        if not problem.areas_known and (low > 0 or high < AREA_RANGES["all"][1]):
            continue
        sized = _Sized(problem, low, high)
        level, pair = matcher.match(sized.ignored)
        for m, limit in enumerate(limits):
            precision[:, :, :, a, m], recall[:, :, a, m] = _accumulate(problem, sized, level, pair, limit)
    summary = _summarize(precision, recall, ranges, limits)
    return CocoMetrics(summary, freeze(precision), freeze(recall), ranges, limits)


def _check(
    area_ranges: Mapping[str, tuple[float, float]], max_detections: Sequence[int]
) -> tuple[dict[str, tuple[float, float]], tuple[int, ...]]:
    ranges = {name: (float(low), float(high)) for name, (low, high) in area_ranges.items()}
    limits = tuple(sorted(int(limit) for limit in max_detections))
    wrong = [name for name, (low, high) in ranges.items() if not low <= high]
    if not ranges or wrong:
        msg = f"area_ranges needs name: (least, greatest); wrong: {', '.join(wrong) or 'empty'}"
        raise OptionError(msg)
    if not limits or limits[0] < 1:
        msg = f"max_detections={max_detections!r} must be numbers of at least 1"
        raise OptionError(msg)
    return ranges, limits


class _Problem(NamedTuple):
    """The detections within the limit in ranking order (class, score, frame, file) and their pairs."""

    category: NDArray[np.int32]  # per detection, ascending
    rank: NDArray[np.int64]  # per detection: place inside its frame and class, from 0
    area: NDArray[np.float64]  # per detection
    class_start: NDArray[np.int64]  # (K + 1,) first detection of each class
    pairs: Pairs  # detection: place in ranking order
    dataset: Dataset
    never: NDArray[np.bool_]  # per object: ignored at any size
    areas_known: bool


class _Sized:
    """What one size range leaves out of a problem."""

    def __init__(self, problem: _Problem, low: float, high: float) -> None:
        objects = problem.dataset.objects
        self.ignored = problem.never | (objects.area < low) | (objects.area > high)
        self.inside = ~((problem.area < low) | (problem.area > high))
        kept = objects.category[~self.ignored]
        self.objects = np.bincount(kept, minlength=len(problem.dataset.classes))


def _prepare(dataset: Dataset, limit: int, *, respect_ignore: bool) -> _Problem:
    detections, objects = dataset.detections, dataset.objects
    classes = len(dataset.classes)
    order = np.argsort(-detections.score, kind="stable")
    order = order[np.argsort(detections.category[order], kind="stable")]
    group = group_of(detections.frame[order], detections.category[order], classes)
    rank = _rank_in_group(group)
    within = rank < limit
    order, group, rank = order[within], group[within], rank[within]
    category, box = detections.category[order], detections.box[order]
    object_group = group_of(objects.frame, objects.category, classes)
    least = effective_threshold(float(IOU_THRESHOLDS[0]))
    with np.errstate(all="ignore"):
        area = box[:, 2] * box[:, 3]
    return _Problem(
        category,
        rank,
        area,
        np.searchsorted(category, np.arange(classes + 1)),
        find_pairs(group, box, objects, object_group, minimum=least),
        dataset,
        objects.crowd | objects.ignore if respect_ignore else objects.crowd,
        dataset.box_unit == "pixel" and not bool(np.isnan(objects.area).any()),
    )


def _rank_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each entry how many earlier entries have the same number."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered, side="left")
    return rank


class _Matcher:
    """Matches once for all sizes and again only where a size range changes a preference."""

    def __init__(self, problem: _Problem) -> None:
        self._pairs, self._crowd = problem.pairs, problem.dataset.objects.crowd
        self._levels = np.array([effective_threshold(iou) for iou in IOU_THRESHOLDS])

    def match(self, ignored: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return threshold and row of ``problem.pairs`` of every match, by threshold and detection."""
        pairs = self._pairs
        order = preference_order(pairs, ignored)
        level, chosen = accept(pairs.take(order), self._crowd, self._levels)
        return level, order[chosen]


def _accumulate(
    problem: _Problem, sized: _Sized, level: NDArray[np.int64], pair: NDArray[np.int64], limit: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision (T, R, K) and recall (T, K) of one size range and limit.

    Only true positives bend the curve. How many detections count up to one follows from a running
    count of those inside the range, put right by the matched ones: a match counts whatever its size, a
    match with an ignored object never does.
    """
    detection = problem.pairs.detection[pair]
    within = problem.rank[detection] < limit
    level, pair, detection = level[within], pair[within], detection[within]
    hit = ~sized.ignored[problem.pairs.object[pair]]
    counts = np.concatenate(([0], np.cumsum(sized.inside & (problem.rank < limit))))
    category = problem.category[detection]
    classes = len(problem.class_start) - 1
    curve = level * classes + category
    first = np.searchsorted(curve, np.arange(len(IOU_THRESHOLDS) * classes + 1))
    surplus = np.concatenate(([0], np.cumsum(hit.astype(np.int64) - sized.inside[detection])))
    counted = counts[detection + 1] - counts[problem.class_start[category]]
    counted += surplus[1:] - surplus[first[curve]]
    hits = np.concatenate(([0], np.cumsum(hit)))
    found = hits[1:] - hits[first[curve]]
    precision = found[hit] / (counted[hit] + _EPSILON)
    return _interpolate(precision, hits[first], sized.objects)


def _interpolate(
    precision: NDArray[np.float64], first: NDArray[np.int64], objects: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each curve the best precision at or beyond each recall level, and the last recall.

    Parameters
    ----------
    precision : float64 array
        At each true positive, curve after curve (threshold, then class).
    first : int64 array, shape (T * K + 1,)
        Where each curve begins in ``precision``.
    objects : int64 array, shape (K,)
    """
    thresholds, classes, levels = len(IOU_THRESHOLDS), len(objects), len(RECALL_LEVELS)
    present = objects > 0
    found = np.diff(first).reshape(thresholds, classes)
    recall = np.full((thresholds, classes), np.nan)
    np.divide(found, objects, out=recall, where=present)
    needed = _needed(objects)
    start = first[:-1].reshape(thresholds, classes, 1) + needed
    reached = needed < found[:, :, None]
    start = np.minimum(start, first[1:].reshape(thresholds, classes, 1))
    best = np.maximum.reduceat(np.append(precision, 0.0), start.ravel()) if start.size else np.empty(0)
    curve = np.where(reached, best.reshape(thresholds, classes, levels), 0.0)
    curve = np.maximum.accumulate(curve[:, :, ::-1], axis=2)[:, :, ::-1]
    curve[:, ~present] = np.nan
    return curve.transpose(0, 2, 1), recall


def _needed(objects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (K, R): index of the true positive at which each recall level is reached.

    The first whose ``found / objects``, as a double, is not below the level.
    """
    total = np.maximum(objects, 1)[:, None]
    found = np.ceil(RECALL_LEVELS * total).astype(np.int64)
    found -= ((found - 1) / total >= RECALL_LEVELS).astype(np.int64)
    found += (found / total < RECALL_LEVELS).astype(np.int64)
    return np.maximum(found, 1) - 1


def _summarize(
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
    ranges: dict[str, tuple[float, float]],
    limits: tuple[int, ...],
) -> dict[str, float]:
    names = {name: _SUFFIX.get(name, f"_{name}") for name in list(ranges)[1:]}
    summary = {"AP": _mean(precision[..., 0, -1])}
    for level in (50, 75):
        summary[f"AP{level}"] = _mean(precision[(level - 50) // 5, ..., 0, -1])
    summary |= {f"AP{suffix}": _mean(precision[..., a, -1]) for a, suffix in enumerate(names.values(), 1)}
    summary |= {f"AR{limit}": _mean(recall[..., 0, m]) for m, limit in enumerate(limits)}
    summary |= {f"AR{suffix}": _mean(recall[..., a, -1]) for a, suffix in enumerate(names.values(), 1)}
    return summary


def _mean(values: NDArray[np.float64]) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")
