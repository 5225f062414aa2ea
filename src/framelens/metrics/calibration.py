"""Whether a confidence means what it says: that of the detections at 0.8, 80 of 100 are right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "calibrate"]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Reliability in B bins of confidence, and its two summaries.

    Attributes
    ----------
    edges : float64 array, shape (B + 1,)
        From 0 to 1; bin b holds ``edges[b] <= score < edges[b + 1]``, the last one 1 too.
    count, right : int64 array, shape (B,)
        Detections, and those that are true positives.
    confidence, precision : float64 array, shape (B,)
        Mean score, and share of true positives; ``nan`` for an empty bin.
    share : float64 array, shape (B,)
        The bin's part of the ECE: ``count / all * |precision - confidence|``; 0 for an empty bin,
        ``nan`` where the ECE is undefined.
    ece : float
        Expected calibration error, the sum of ``share``; ``nan`` without detections, or with scores
        outside 0..1, which are no probabilities.
    mce : float
        Maximum calibration error: the largest ``|precision - confidence|`` of a bin; ``nan`` as above.
    outside : int
        Detections with a score outside 0..1, in no bin.
    """

    edges: NDArray[np.float64]
    count: NDArray[np.int64]
    right: NDArray[np.int64]
    confidence: NDArray[np.float64]
    precision: NDArray[np.float64]
    share: NDArray[np.float64]
    ece: float
    mce: float
    outside: int


def calibrate(score: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> Calibration:
    """Compare confidence with precision, bin by bin.

    The expected calibration error of Naeini et al. (2015) and Guo et al. (2017) with bins of equal width,
    where "right" means true positive at one IoU (detection ECE of Küppers et al. 2020, in confidence alone).

    Parameters
    ----------
    score : float64 array, shape (M,)
        Of the detections that count.
    right : bool array, shape (M,)
    bins : int
        At least 1.

    Returns
    -------
    Calibration

    Examples
    --------
    >>> result = calibrate(np.array([0.9, 0.8, 0.1]), np.array([True, True, False]), bins=2)
    >>> result.precision.tolist(), round(result.ece, 3)
    ([0.0, 1.0], 0.133)
    """
    edges = np.arange(bins + 1) / bins
    inside = (score >= 0) & (score <= 1)
    place = np.minimum(np.searchsorted(edges, score[inside], side="right") - 1, bins - 1)
    count = np.bincount(place, minlength=bins)
    hits = np.bincount(place[right[inside]], minlength=bins)
    total = np.bincount(place, weights=score[inside], minlength=bins)
    confidence, precision = np.full((2, bins), np.nan)
    np.divide(total, count, out=confidence, where=count > 0)
    np.divide(hits, count, out=precision, where=count > 0)
    gap = np.abs(precision - confidence)
    outside = int(len(score) - inside.sum())
    defined = len(score) > 0 and outside == 0
    share = np.where(count > 0, np.nan_to_num(gap) * count / max(len(score), 1), 0.0)
    if not defined:
        share[:] = np.nan
    return Calibration(
        edges=freeze(edges),
        count=freeze(count, np.int64),
        right=freeze(hits, np.int64),
        confidence=freeze(confidence),
        precision=freeze(precision),
        share=freeze(share),
        ece=float(share.sum()) if defined else float("nan"),
        mce=float(gap[count > 0].max()) if defined else float("nan"),
        outside=outside,
    )
