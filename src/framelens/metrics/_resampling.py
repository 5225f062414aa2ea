"""Average precision of frames that were drawn anew, fast enough for hundreds of draws."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from framelens.metrics._curves import RECALL_LEVELS, running

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics._ranking import Ranking

__all__ = ["ResampledAP"]

_LAST = len(RECALL_LEVELS) - 1


class ResampledAP:
    """Average precision of every class at every threshold, with every frame counted so many times.

    What does not depend on the draw is found once: which detections match and where their curves begin. A draw is
    then a few running sums over the matches. The mean over COCO's 101 recall levels is the sum, over the true
    positives, of the best precision at or beyond each one times the levels that it is the first to reach.

    Parameters
    ----------
    dataset : Dataset
    ranking : Ranking
        Of this dataset.
    """

    def __init__(self, dataset: Dataset, ranking: Ranking) -> None:
        objects = dataset.objects
        self._classes = len(dataset.classes)
        self._object_frame = objects.frame[ranking.real]
        self._object_class = objects.category[ranking.real]
        self._detection_frame = dataset.detections.frame[ranking.detection]
        edges = np.searchsorted(ranking.level, np.arange(len(ranking.thresholds) + 1))
        self._levels = [_Level(ranking, slice(*ends)) for ends in pairwise(edges.tolist())]

    def draw(self, weight: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the average precision with every frame counted ``weight`` times.

        Parameters
        ----------
        weight : int64 array, shape (F,)
            How often each frame was drawn; 0 or more.

        Returns
        -------
        float64 array, shape (T, K)
            ``nan`` for a class without objects in the drawn frames.
        """
        drawn = weight[self._object_frame].astype(np.float64)
        objects = np.bincount(self._object_class, weights=drawn, minlength=self._classes).astype(np.float64)
        times = weight[self._detection_frame]
        passed = running(times)
        ap = np.stack([level.average_precision(times, passed, objects) for level in self._levels])
        ap[:, objects == 0] = np.nan
        return ap


class _Level:
    """The matches at one threshold, by class and then in the order of the ranking."""

    def __init__(self, ranking: Ranking, rows: slice) -> None:
        place, hit = ranking.place[rows], ranking.hit[rows]
        category = ranking.category[place]
        self._hits, self._category = place[hit], category[hit]
        self._class_start = ranking.start[self._category]
        # The first true positive of each class, and of the class of each true positive.
        self._start = np.flatnonzero(np.diff(self._category, prepend=-1))
        self._first = np.searchsorted(self._category, self._category)
        # Absorbed matches are few: their running count is taken at the true positives alone.
        self._absorbed = place[~hit]
        self._absorbed_upto = np.searchsorted(self._absorbed, self._hits)
        self._absorbed_before = np.searchsorted(self._absorbed, self._class_start)
        # Every curve stands above those after it, so that a running maximum from the end begins anew in each.
        self._apart = 2.0 * (self._category.max(initial=0) - self._category)

    def average_precision(
        self, times: NDArray[np.int64], passed: NDArray[np.int64], objects: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (K,), given how often each ranked detection occurs and the running sum of that."""
        found = running(times[self._hits])
        found = found[1:] - found[self._first]
        absorbed = running(times[self._absorbed])
        counted = passed[self._hits + 1] - passed[self._class_start]
        counted -= absorbed[self._absorbed_upto] - absorbed[self._absorbed_before]
        precision = np.divide(found, counted, out=np.zeros(len(found)), where=counted > 0)
        best = np.maximum.accumulate((precision + self._apart)[::-1])[::-1] - self._apart
        reached = _reached(found, objects[self._category])
        gained = np.diff(reached, prepend=0)
        gained[self._start] = reached[self._start]
        return np.bincount(self._category, weights=best * gained, minlength=len(objects)) / len(RECALL_LEVELS)


def _reached(found: NDArray[np.int64], objects: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many recall levels so many true positives reach: those that recall, as a double, is not below."""
    recall = found / np.maximum(objects, 1)
    level = np.minimum((recall * _LAST).astype(np.int64), _LAST)
    level += (level < _LAST) & (RECALL_LEVELS[np.minimum(level + 1, _LAST)] <= recall)
    level -= RECALL_LEVELS[level] > recall
    return np.where(found > 0, level + 1, 0)
