"""How tightly boxes fit and how sure the detector was, when right and when wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching
    from framelens.metrics.status import Outcomes

__all__ = ["IOU_SERIES", "SCORE_SERIES", "Histogram", "iou_histogram", "score_edges", "score_histogram"]

#: Statuses whose detections have a partner with a meaningful IoU.
IOU_SERIES = ("true positive", "confused", "duplicate", "localisation")
SCORE_SERIES = ("right", "wrong", "ignored")


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts in B bins; bin b holds ``edges[b] <= value < edges[b + 1]``, the last one its upper edge too.

    Attributes
    ----------
    edges : float64 array, shape (B + 1,)
    counts : dict of str to int64 array, shape (B,)
    """

    edges: NDArray[np.float64]
    counts: dict[str, NDArray[np.int64]]


def iou_histogram(result: Outcomes, bins: int = 20) -> Histogram:
    """Count detections over the confidence by their IoU with the object concerned.

    Parameters
    ----------
    result : Outcomes
    bins : int
        Of equal width from 0 to 1, at least 1.

    Returns
    -------
    Histogram
        One series for each of :data:`IOU_SERIES`; each sums to the detections of its status.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> from framelens.metrics.status import outcomes
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> result = iou_histogram(outcomes(dataset, matching, confuse(dataset, matching, 0.2)), bins=4)
    >>> result.counts["true positive"].tolist()
    [0, 0, 0, 2]
    """
    edges = np.arange(bins + 1) / bins
    # Boxes far from the origin may exceed 1 by rounding.
    iou = np.minimum(result.detection_iou, 1.0)
    return Histogram(
        freeze(edges),
        {name: _count(iou[result.detection_status == CODES[name]], edges) for name in IOU_SERIES},
    )


def score_histogram(dataset: Dataset, matching: Matching, bins: int = 20) -> Histogram:
    """Count all detections by score: right, wrong, and absorbed by crowd or ignored objects.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset; right is what found an object of its class at this IoU.
    bins : int
        Of equal width, see :func:`score_edges`.

    Returns
    -------
    Histogram
        One series for each of :data:`SCORE_SERIES`.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> result = score_histogram(two_frames(), match(two_frames()), bins=2)
    >>> result.counts["right"].tolist(), result.counts["wrong"].tolist()
    ([0, 2], [1, 1])
    """
    score = dataset.detections.score
    edges = score_edges(score, bins)
    right = matching.true_positive
    series = {"right": right, "wrong": ~right & ~matching.absorbed, "ignored": matching.absorbed}
    return Histogram(freeze(edges), {name: _count(score[series[name]], edges) for name in SCORE_SERIES})


def score_edges(score: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Return the edges of equal bins: from 0 to 1, or from the lowest to the highest score where some lie outside.

    >>> score_edges(np.array([0.2, 0.4]), 2).tolist(), score_edges(np.array([2.0, 4.0]), 2).tolist()
    ([0.0, 0.5, 1.0], [2.0, 3.0, 4.0])
    """
    low, high = (float(score.min()), float(score.max())) if len(score) else (0.0, 1.0)
    if low >= 0 and high <= 1:
        # Of 0.15 both this and the text 0.15 are the same double; of linspace not.
        return np.asarray(np.arange(bins + 1) / bins)
    if low == high:
        low, high = low - max(0.5, abs(low) / 2), high + max(0.5, abs(high) / 2)
    # Halves, because the distance of two doubles may be no double.
    half = np.linspace(low / 2, high / 2, bins + 1)
    edges = np.clip(half, -np.finfo(float).max / 2, np.finfo(float).max / 2) * 2
    edges[0], edges[-1] = low, high
    return edges


def _count(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    place = np.searchsorted(edges, values, side="right") - 1
    place = np.minimum(place, len(edges) - 2)
    return freeze(np.bincount(place, minlength=len(edges) - 1), np.int64)
