"""Detections in the order in which COCO counts them, and precision along that order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.sorting import order_by
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._curves import RECALL_LEVELS, least_found
from framelens.metrics.overlaps import find_overlaps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.overlaps import Overlaps

__all__ = ["Hits", "Ranking", "Spared", "interpolated", "rank", "rank_in_group"]


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The true positives of all curves; curve ``t * K + k`` belongs to threshold t and class k.

    Attributes
    ----------
    curve : int64 array, shape (S,)
        Ascending; inside a curve in ranking order.
    place : int64 array, shape (S,)
        Place in the ranking.
    found, counted : int64 array, shape (S,)
        True positives, and detections that count, of this curve up to and including this one.
    """

    curve: NDArray[np.int64]
    place: NDArray[np.int64]
    found: NDArray[np.int64]
    counted: NDArray[np.int64]

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of right detections up to here, float64 array of shape (S,); 0 where none counts yet."""
        result = np.zeros(len(self.found))
        np.divide(self.found, self.counted, out=result, where=self.counted > 0)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Spared:
    """What a rule set leaves out of the ranking.

    Attributes
    ----------
    left_out : bool array, shape (M,)
        Detections that do not take part.
    unsure : bool array, shape (M,)
        Detections that count nowhere where they find nothing.
    never : bool array, shape (N,)
        Objects that do not count.
    """

    left_out: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    never: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """At most ``limit`` detections per frame and class, ranked, with their matches at T thresholds.

    Attributes
    ----------
    detection : int64 array, shape (D,)
        Rows of ``Dataset.detections``: by class, then score (highest first), then file order.
    category : int64 array, shape (D,)
    start : int64 array, shape (K + 1,)
        Where each class begins in the ranking.
    objects : int64 array, shape (K,)
        Objects that count (no crowd regions), by class.
    real : bool array, shape (N,)
        Which objects these are.
    thresholds : float64 array, shape (T,)
    level, place, object : int64 array, shape (S,)
        Matches by threshold, then place: index of the threshold, place in the ranking, object row (-1: a
        detection that counts nowhere and found nothing).
    hit : bool array, shape (S,)
        The object counts; otherwise the detection is absorbed and counts nowhere.
    """

    detection: NDArray[np.int64]
    category: NDArray[np.int64]
    start: NDArray[np.int64]
    objects: NDArray[np.int64]
    real: NDArray[np.bool_]
    thresholds: NDArray[np.float64]
    level: NDArray[np.int64]
    place: NDArray[np.int64]
    object: NDArray[np.int64]
    hit: NDArray[np.bool_]

    @property
    def curves(self) -> int:
        """Number of curves, T * K."""
        return len(self.thresholds) * len(self.objects)

    def hits(self, weight: NDArray[np.int64] | None = None) -> Hits:
        """Return the true positives with their running counts.

        Parameters
        ----------
        weight : int64 array, shape (D,), optional
            How often each ranked detection occurs (0 or more); once by default.
        """
        times = np.ones(len(self.detection), dtype=np.int64) if weight is None else weight
        curve = self.level * len(self.objects) + self.category[self.place]
        first = np.searchsorted(curve, curve, side="left")
        matched = times[self.place]
        found = _running(np.where(self.hit, matched, 0), first)
        absorbed = _running(np.where(self.hit, 0, matched), first)
        passed = np.concatenate(([0], np.cumsum(times)))
        counted = passed[self.place + 1] - passed[self.start[self.category[self.place]]] - absorbed
        return Hits(curve[self.hit], self.place[self.hit], found[self.hit], counted[self.hit])


def rank(
    dataset: Dataset,
    thresholds: Sequence[float] | NDArray[np.float64],
    *,
    limit: int = 100,
    overlaps: Overlaps | None = None,
    spared: Spared | None = None,
) -> Ranking:
    """Rank and match all detections by COCO's rule.

    Parameters
    ----------
    dataset : Dataset
    thresholds : sequence of float
        IoU thresholds, each above 0 and at most 1.
    limit : int
        Detections looked at per frame and class.
    overlaps : Overlaps, optional
        Of this dataset, found before; used if it reaches down to the lowest threshold.
    spared : Spared, optional
        What another rule set leaves out, in the place of ``limit``.

    Returns
    -------
    Ranking

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> ranking = rank(two_frames(), [0.5])
    >>> ranking.detection.tolist(), ranking.place.tolist(), ranking.object.tolist()
    ([0, 2, 1, 3], [0, 2], [0, 1])
    """
    levels = np.array([effective_threshold(float(iou)) for iou in thresholds], dtype=np.float64)
    if overlaps is None or len(levels) == 0 or levels.min() < overlaps.minimum:
        overlaps = find_overlaps(dataset, float(levels.min(initial=1.0)))
    objects, classes = dataset.objects, len(dataset.classes)
    within = np.zeros(len(dataset.detections), dtype=np.bool_)
    within[overlaps.grouped[overlaps.rank < limit]] = True
    within, never = (within, objects.crowd) if spared is None else (~spared.left_out, spared.never)
    ranked = overlaps.by_class[within[overlaps.by_class]]
    category = dataset.detections.category[ranked].astype(np.int64)
    pairs = overlaps.pairs.take(within[overlaps.grouped[overlaps.pairs.detection]])
    pairs = pairs.take(preference_order(pairs, never))
    level, chosen = accept(pairs, objects.crowd, levels)
    place_of = np.full(len(within), -1)
    place_of[ranked] = np.arange(len(ranked))
    place, match = place_of[overlaps.grouped[pairs.detection[chosen]]], pairs.object[chosen]
    if spared is not None:
        level, place, match = _with_unsure(level, place, match, np.flatnonzero(spared.unsure[ranked]), len(levels))
    by_place = order_by(level * max(len(ranked), 1) + place)
    return Ranking(
        ranked,
        category,
        np.searchsorted(category, np.arange(classes + 1)),
        np.bincount(objects.category[~never], minlength=classes),
        ~never,
        np.asarray(thresholds, dtype=np.float64),
        level[by_place],
        place[by_place],
        match[by_place],
        (match[by_place] >= 0) & ~np.append(never, True)[match[by_place]],
    )


def _with_unsure(
    level: NDArray[np.int64], place: NDArray[np.int64], match: NDArray[np.int64], unsure: NDArray[np.int64], levels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Add the unsure places that found nothing at a threshold, as absorbed by no object."""
    at, where = np.repeat(np.arange(levels), len(unsure)), np.tile(unsure, levels)
    side = 1 + max(int(place.max(initial=0)), int(unsure.max(initial=0)))
    alone = ~np.isin(at * side + where, level * side + place)
    nothing = np.full(int(alone.sum()), -1, dtype=np.int64)
    return (
        np.concatenate([level, at[alone]]),
        np.concatenate([place, where[alone]]),
        np.concatenate([match, nothing]),
    )


def interpolated(
    precision: NDArray[np.float64], found: NDArray[np.int64], curve: NDArray[np.int64], objects: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the best precision at or beyond each of COCO's 101 recall levels.

    Parameters
    ----------
    precision, found, curve : arrays, shape (S,)
        At each true positive: precision, true positives so far and curve; ascending by curve.
    objects : int64 array, shape (C,)
        Objects behind each curve.

    Returns
    -------
    float64 array, shape (C, 101)
        0 where a recall is not reached, ``nan`` for a curve without objects.

    Examples
    --------
    >>> import numpy as np
    >>> one = interpolated(np.array([1.0, 0.5]), np.array([1, 2]), np.array([0, 0]), np.array([2]))
    >>> one[0, [0, 50, 51, 100]].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    curves, levels = len(objects), len(RECALL_LEVELS)
    if not curves:
        return np.empty((0, levels))
    needed = least_found(objects)
    span = max(int(needed.max()), int(found.max(initial=0))) + 1
    number = np.arange(curves)[:, None]
    begin = np.searchsorted(curve * span + found, number * span + needed, side="left")
    reached = begin < np.searchsorted(curve, number, side="right")
    # A true positive that occurs 0 times repeats the count before it; the first of equals is the real one.
    real = np.append(np.where(_steps(curve * span + found), precision, 0.0), 0.0)
    best = np.maximum.reduceat(real, begin.ravel()).reshape(curves, levels)
    best = np.maximum.accumulate(np.where(reached, best, 0.0)[:, ::-1], axis=1)[:, ::-1]
    best[objects == 0] = np.nan
    return best


def rank_in_group(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each entry how many earlier entries have the same number.

    >>> rank_in_group(np.array([7, 3, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    place = np.empty(len(group), dtype=np.int64)
    place[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered, side="left")
    return place


def _running(values: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return running sums that begin anew at ``first``."""
    total = np.concatenate(([0], np.cumsum(values)))
    return total[1:] - total[first]


def _steps(key: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which entries differ from the one before."""
    return np.concatenate(([True], key[1:] != key[:-1])) if len(key) else np.empty(0, dtype=np.bool_)
