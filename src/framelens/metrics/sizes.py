"""Precision, recall and average precision of small, medium and large objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._rates import mean, share
from framelens.metrics.coco import AREA_RANGES, check_ranges, coco_metrics
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.overlaps import Overlaps
    from framelens.metrics.status import Outcomes

__all__ = ["SizeScores", "score_sizes"]

_ALL = "all"


@dataclass(frozen=True, slots=True, eq=False)
class SizeScores:
    """Counts and rates per size range, all sizes first.

    Attributes
    ----------
    ranges : dict of str to (float, float)
        Least and greatest area in square pixels, both included, as in COCO.
    objects, detections, true_positives : int64 array, shape (A,)
        At the operating point. A true positive and an object belong to the range of the object's area; a
        wrong detection to that of its own box. Where areas are unknown, all but the first are 0.
    precision, recall : float64 array, shape (A,)
        All classes together (micro); ``nan`` where undefined.
    ap50, ap50_95, ar100 : float64 array, shape (A,)
        COCO's, mean over classes.
    """

    ranges: dict[str, tuple[float, float]]
    objects: NDArray[np.int64]
    detections: NDArray[np.int64]
    true_positives: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    ap50: NDArray[np.float64]
    ap50_95: NDArray[np.float64]
    ar100: NDArray[np.float64]


def score_sizes(
    dataset: Dataset,
    result: Outcomes,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    *,
    curves: CocoMetrics | None = None,
    overlaps: Overlaps | None = None,
) -> SizeScores:
    """Rate objects by their area.

    Parameters
    ----------
    dataset : Dataset
    result : Outcomes
        Of this dataset.
    ranges : mapping of str to (float, float), optional
        Name and least and greatest area in square pixels. Default: COCO's small (up to 32 x 32), medium
        (up to 96 x 96) and large. All sizes are added in front.
    curves : CocoMetrics, optional
        AP and AR of another rule set; of ranges that these do not know they are undefined. Default: COCO's.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    SizeScores

    Raises
    ------
    OptionError
        If a range is upside down.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> from framelens.metrics.status import outcomes
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> sizes = score_sizes(dataset, outcomes(dataset, matching, confuse(dataset, matching, 0.2)))
    >>> list(sizes.ranges), sizes.objects.tolist(), sizes.recall.round(2).tolist()
    (['all', 'small', 'medium', 'large'], [3, 1, 2, 0], [0.67, 0.0, 1.0, nan])
    """
    chosen = check_ranges({_ALL: AREA_RANGES[_ALL], **(AREA_RANGES if ranges is None else ranges)})
    coco = coco_metrics(dataset, area_ranges=chosen, overlaps=overlaps) if curves is None else curves
    areas_known = dataset.box_unit == "pixel"
    counts = np.array([_count(dataset, result, *ends, known=areas_known) for ends in chosen.values()])
    objects, detections, right = counts.T
    precision = coco.best_precision
    recall = coco.recall[..., -1]
    known = list(coco.area_ranges.items())
    places = [known.index(item) if item in known else None for item in chosen.items()]
    return SizeScores(
        chosen,
        freeze(objects, np.int64),
        freeze(detections, np.int64),
        freeze(right, np.int64),
        freeze(share(right, detections)),
        freeze(share(right, objects)),
        freeze(np.array([np.nan if a is None else mean(precision[0, :, :, a]) for a in places])),
        freeze(np.array([np.nan if a is None else mean(precision[..., a]) for a in places])),
        freeze(np.array([np.nan if a is None else mean(recall[..., a]) for a in places])),
    )


def _count(dataset: Dataset, result: Outcomes, low: float, high: float, *, known: bool) -> tuple[int, int, int]:
    """Return objects, detections and true positives of one range."""
    objects, box = dataset.objects, dataset.detections.box
    if known:
        with np.errstate(all="ignore"):
            own = box[:, 2] * box[:, 3]
        inside = (objects.area >= low) & (objects.area <= high)
        wrong_inside = (own >= low) & (own <= high)
    else:
        everything = (low, high) == AREA_RANGES[_ALL]
        inside, wrong_inside = np.full(len(objects), everything), np.full(len(box), everything)
    real = result.object_status != CODES["ignored"]
    right = inside & (result.object_status == CODES["true positive"])
    alarms = np.isin(
        result.detection_status, [CODES[n] for n in ("confused", "duplicate", "localisation", "background")]
    )
    found = int(right.sum())
    return int((real & inside).sum()), found + int((alarms & wrong_inside).sum()), found
