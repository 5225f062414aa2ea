"""Average precision and recall of boxes as COCO defines them, equal to pycocotools 2.0.11."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.threads import in_order
from framelens.errors import OptionError
from framelens.metrics._curves import IOU_THRESHOLDS, RECALL_LEVELS, Curves, prepare
from framelens.metrics._rates import mean
from framelens.metrics.overlaps import Overlaps, find_overlaps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = [
    "AREA_RANGES",
    "IOU_THRESHOLDS",
    "RECALL_LEVELS",
    "CocoMetrics",
    "check_ranges",
    "coco_metrics",
    "summarize_curves",
]

AREA_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"all": (0.0, 1e10), "small": (0.0, 1024.0), "medium": (1024.0, 9216.0), "large": (9216.0, 1e10)}
)
_WORTH_A_THREAD = 1 << 14
_SUFFIX = {"small": "s", "medium": "m", "large": "l"}


@dataclass(frozen=True, eq=False)
class CocoMetrics:
    """AP and AR over T IoU thresholds, R recall levels, K classes, A size ranges, M detection limits.

    Attributes
    ----------
    summary : dict of str to float
        ``AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl`` in [0, 1], ``nan`` where undefined.
        Other ranges appear as ``AP_name``, other limits as ``AR<limit>``.
    recall : float64 array, shape (T, K, A, M)
        Highest recall; ``nan`` for a class without objects of the range (pycocotools: -1).
    best_precision : float64 array, shape (T, R, K, A)
        :attr:`precision` at the greatest limit.
    area_ranges : dict of str to (float, float)
        Least and greatest area, both included, in square pixels.
    max_detections : tuple of int
        Detections looked at per frame and class, ascending.
    """

    summary: dict[str, float]
    recall: NDArray[np.float64]
    best_precision: NDArray[np.float64]
    area_ranges: dict[str, tuple[float, float]]
    max_detections: tuple[int, ...]
    _curves: tuple[Curves | None, ...]

    @cached_property
    def precision(self) -> NDArray[np.float64]:
        """Interpolated precision, float64 array of shape (T, R, K, A, M).

        At each recall level the best precision at or beyond it; ``nan`` for a class without objects of
        the range (pycocotools: -1), 0 where a recall is not reached. AP needs only the greatest limit;
        the others are computed when this is first read.
        """
        precision = np.full((*self.best_precision.shape, len(self.max_detections)), np.nan)
        precision[..., -1] = self.best_precision
        for a, curve in enumerate(self._curves):
            for m, limit in enumerate(self.max_detections[:-1]):
                if curve is not None:
                    precision[:, :, :, a, m] = curve.precision(limit).transpose(0, 2, 1)
        return freeze(precision)

    @property
    def ap50(self) -> NDArray[np.float64]:
        """AP per class at IoU 0.50, all sizes, float64 array of shape (K,), ``nan`` without objects."""
        return np.asarray(self.best_precision[0, :, :, 0].mean(axis=0))

    @property
    def ap50_95(self) -> NDArray[np.float64]:
        """AP per class, mean over the IoU thresholds, all sizes, as :attr:`ap50`."""
        return np.asarray(self.best_precision[:, :, :, 0].mean(axis=(0, 1)))


def coco_metrics(
    dataset: Dataset,
    *,
    area_ranges: Mapping[str, tuple[float, float]] = AREA_RANGES,
    max_detections: Sequence[int] = (1, 10, 100),
    respect_ignore: bool = False,
    overlaps: Overlaps | None = None,
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
    overlaps : Overlaps, optional
        Of this dataset, found before; used if it reaches down to IoU 0.5.

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
    if overlaps is None or overlaps.minimum > IOU_THRESHOLDS[0]:
        overlaps = find_overlaps(dataset)
    candidates = prepare(dataset, overlaps, limits[-1], respect_ignore=respect_ignore)
    areas_known = dataset.box_unit == "pixel" and not bool(np.isnan(dataset.objects.area).any())
    classes = len(dataset.classes)
    recall = np.full((len(ranges), len(IOU_THRESHOLDS), classes, len(limits)), np.nan)
    precision = np.full((len(ranges), len(IOU_THRESHOLDS), classes, len(RECALL_LEVELS)), np.nan)

    def evaluate(place: tuple[int, tuple[float, float]]) -> Curves | None:
        a, (low, high) = place
        if not areas_known and (low > 0 or high < AREA_RANGES["all"][1]):
            return None
        curve = Curves(candidates, low, high)
        recall[a], precision[a] = curve.scores(limits)
        return curve

    large = len(candidates.pairs) >= _WORTH_A_THREAD
    curves = tuple((in_order if large else map)(evaluate, enumerate(ranges.values())))
    return CocoMetrics(
        summarize_curves(precision, recall, ranges, limits),
        freeze(recall.transpose(1, 2, 0, 3)),
        freeze(precision.transpose(1, 3, 2, 0)),
        ranges,
        limits,
        curves,
    )


def _check(
    area_ranges: Mapping[str, tuple[float, float]], max_detections: Sequence[int]
) -> tuple[dict[str, tuple[float, float]], tuple[int, ...]]:
    ranges = check_ranges(area_ranges)
    limits = tuple(sorted(int(limit) for limit in max_detections))
    if not limits or limits[0] < 1:
        msg = f"max_detections={max_detections!r} must be numbers of at least 1"
        raise OptionError(msg)
    return ranges, limits


def check_ranges(area_ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return ranges of areas as numbers.

    Raises
    ------
    OptionError
        If there is none, or one is upside down.

    Examples
    --------
    >>> check_ranges({"small": (0, 1024)})
    {'small': (0.0, 1024.0)}
    """
    ranges = {name: (float(low), float(high)) for name, (low, high) in area_ranges.items()}
    wrong = [name for name, (low, high) in ranges.items() if not low <= high]
    if not ranges or wrong:
        which = f"{wrong[0]!r} has {ranges[wrong[0]]}" if wrong else "there is none"
        msg = f"ranges of areas are {{name: (least, greatest)}}: {which}"
        raise OptionError(msg)
    return ranges


def summarize_curves(
    precision: NDArray[np.float64],
    recall: NDArray[np.float64],
    ranges: dict[str, tuple[float, float]],
    limits: tuple[int, ...],
) -> dict[str, float]:
    """Name the means of precision (A, T, K, R) and recall (A, T, K, M) over what is defined."""
    suffixes = [_SUFFIX.get(name, f"_{name}") for name in list(ranges)[1:]]
    summary = {"AP": mean(precision[0])}
    summary |= {f"AP{level}": mean(precision[0, (level - 50) // 5]) for level in (50, 75)}
    summary |= {f"AP{suffix}": mean(precision[a]) for a, suffix in enumerate(suffixes, 1)}
    summary |= {f"AR{limit}": mean(recall[0, ..., m]) for m, limit in enumerate(limits)}
    summary |= {f"AR{suffix}": mean(recall[a, ..., -1]) for a, suffix in enumerate(suffixes, 1)}
    return summary
