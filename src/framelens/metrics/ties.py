"""How far equal scores leave average precision open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.metrics._ranking import interpolated
from framelens.metrics._rates import mean
from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.federated import rank_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics._ranking import Hits, Ranking
    from framelens.metrics.overlaps import Overlaps

__all__ = ["TieRange", "tie_range"]


@dataclass(frozen=True, slots=True)
class TieRange:
    """Lowest and highest AP over all orders of equal scores.

    Attributes
    ----------
    map50, map50_95 : (float, float)
        In [0, 1]; ``nan`` where undefined. Both ends are equal where no tie matters.
    """

    map50: tuple[float, float]
    map50_95: tuple[float, float]


def tie_range(dataset: Dataset, *, rules: str = "coco", overlaps: Overlaps | None = None) -> TieRange:
    """Find the lowest and the highest COCO AP that the order of equal scores allows.

    Detections of one class with one score have no order of their own; COCO takes that of the files. Lowest:
    in each tie the wrong ones first; highest: the right ones first. The matches are kept as they are, so
    ties inside one frame that would also change who finds what are not played through.

    Parameters
    ----------
    dataset : Dataset
    rules : str
        Of a rule set; by those of ``lvis`` detections are left out, any other takes COCO's.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    TieRange

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> tie_range(two_frames()).map50
    (0.7524752475247525, 0.7524752475247525)
    """
    ranking = rank_by(rules, dataset, IOU_THRESHOLDS, overlaps=overlaps)
    hits = ranking.hits()
    objects = np.tile(ranking.objects, len(IOU_THRESHOLDS))
    worst, best = _counted(ranking, hits, dataset.detections.score[ranking.detection])
    # Most files have no tie that matters: both ends are one then.
    orders = (worst,) if np.array_equal(worst, best) else (worst, best)
    ends = []
    for counted in orders:
        ap = interpolated(hits.found / counted, hits.found, hits.curve, objects).mean(axis=1)
        ap = ap.reshape(len(IOU_THRESHOLDS), -1)[:, ranking.objects > 0]
        ends.append((mean(ap[0]), mean(ap.ravel())))
    return TieRange((ends[0][0], ends[-1][0]), (ends[0][1], ends[-1][1]))


def _counted(ranking: Ranking, hits: Hits, score: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return per true positive how many detections count up to it, wrong first and right first."""
    total, classes = len(score), len(ranking.objects)
    new = np.ones(total, dtype=np.bool_)
    new[1:] = (score[1:] != score[:-1]) | (ranking.category[1:] != ranking.category[:-1])
    start = np.flatnonzero(new)
    tie = np.cumsum(new) - 1
    begin, end = start[tie[hits.place]], np.append(start[1:], total)[tie[hits.place]]
    level = hits.curve // max(classes, 1)
    absorbed = ranking.level[~ranking.hit] * (total + 1) + ranking.place[~ranking.hit]

    def passed(place: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many detections before a place count at the threshold of each true positive."""
        return place - np.searchsorted(absorbed, level * (total + 1) + place, side="left")

    key = level * (total + 1) + begin
    first = np.searchsorted(key, key, side="left")
    right = np.searchsorted(key, key, side="right") - first
    earlier = np.arange(len(key)) - first
    before = passed(begin) - passed(ranking.start[hits.curve % max(classes, 1)])
    wrong = passed(end) - passed(begin) - right
    return before + wrong + earlier + 1, before + earlier + 1
