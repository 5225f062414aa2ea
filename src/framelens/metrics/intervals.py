"""How sure a number is: Wilson's interval for shares, the bootstrap over frames for means."""

from __future__ import annotations

import math
import time
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import OptionError, one_line
from framelens.metrics._rates import mean, share
from framelens.metrics._resampling import ResampledAP
from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.federated import rank_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching
    from framelens.metrics.overlaps import Overlaps

__all__ = [
    "BOOTSTRAPPED",
    "ROUNDS",
    "ClassDraws",
    "bootstrap",
    "bootstrap_rounds",
    "differs",
    "f1_interval",
    "wilson",
]

#: The numbers that :func:`bootstrap_rounds` computes, in this order.
BOOTSTRAPPED = ("precision", "recall", "f1", "map50", "map50_95")
#: Resamples where nothing else is asked for.
ROUNDS = 200


def wilson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of Wilson's score interval of a share.

    ``(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)`` (Wilson 1927), without continuity correction.

    Parameters
    ----------
    successes, trials : array_like of int
        Of one shape.
    level : float
        Probability that the interval is meant to have, in (0, 1).

    Returns
    -------
    low, high : float64 array
        In [0, 1]; ``nan`` without trials.

    Raises
    ------
    OptionError
        If ``level`` is not in (0, 1).

    Examples
    --------
    >>> low, high = wilson([9, 0], [10, 0])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.596, nan], [0.982, nan])
    """
    z = _quantile(level)
    hits, n = np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.float64)
    known = n > 0
    n = np.where(known, n, np.nan)
    share = hits / n
    middle = share + z * z / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends of the range the exact value is 0 or 1, which rounding may miss.
    low = np.where(hits == 0, np.where(known, 0.0, np.nan), (middle - reach) / scale)
    high = np.where(hits == n, 1.0, (middle + reach) / scale)
    return low, high


def f1_interval(
    true_positives: ArrayLike, detections: ArrayLike, objects: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of an interval of F1.

    F1 is no share, but a rising function of one: ``F1 = 2J / (1 + J)`` with ``J = TP / (TP + FP + FN)``. These are the
    ends of Wilson's interval of J, carried over.

    Parameters
    ----------
    true_positives, detections, objects : array_like of int
        Of one shape.
    level : float
        Probability that the interval is meant to have, in (0, 1).

    Returns
    -------
    low, high : float64 array
        In [0, 1]; ``nan`` without detections and objects.

    Examples
    --------
    >>> low, high = f1_interval([8, 0], [10, 0], [9, 0])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.606, nan], [0.949, nan])
    """
    right = np.asarray(true_positives)
    ends = wilson(right, np.asarray(detections) + np.asarray(objects) - right, level)
    low, high = (2 * end / (1 + end) for end in ends)
    return low, high


def differs(
    successes: ArrayLike, trials: ArrayLike, other_successes: ArrayLike, other_trials: ArrayLike, level: float = 0.95
) -> NDArray[np.bool_]:
    """Say whether two shares of different things differ: the interval of their difference leaves out 0.

    Newcombe's interval from the two Wilson intervals (Newcombe 1998, method 10): the lower end is
    ``p - q - sqrt((p - low_p)² + (high_q - q)²)``, the upper one likewise.

    Parameters
    ----------
    successes, trials, other_successes, other_trials : array_like of int
        Of one shape.
    level : float
        Probability that the interval is meant to have, in (0, 1).

    Returns
    -------
    bool array
        False where one share is undefined.

    Examples
    --------
    >>> differs([90, 5], [100, 10], [50, 4], [100, 0]).tolist()
    [True, False]
    """
    low, high = wilson(successes, trials, level)
    other_low, other_high = wilson(other_successes, other_trials, level)
    one = share(np.asarray(successes), np.asarray(trials))
    other = share(np.asarray(other_successes), np.asarray(other_trials))
    least = one - other - np.hypot(one - low, other_high - other)
    most = one - other + np.hypot(high - one, other - other_low)
    return np.asarray((least > 0) | (most < 0))


def bootstrap(
    dataset: Dataset,
    matching: Matching,
    confidence: float | None,
    *,
    rounds: int = ROUNDS,
    level: float = 0.95,
    seed: int = 0,
    rules: str = "coco",
    overlaps: Overlaps | None = None,
) -> dict[str, tuple[float, float]]:
    """Return percentile intervals of :data:`BOOTSTRAPPED` when frames are drawn anew with replacement.

    Parameters
    ----------
    dataset, matching, confidence, rounds, seed, rules, overlaps
        See :func:`bootstrap_rounds`.
    level : float
        In (0, 1).

    Returns
    -------
    dict of str to (float, float)
        ``nan`` where fewer than half the rounds have a value.

    Raises
    ------
    OptionError
        If ``level`` or ``rounds`` is out of range.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> bootstrap(two_frames(), match(two_frames()), 0.5, rounds=50)["recall"]
    (0.0, 1.0)
    """
    drawn = bootstrap_rounds(dataset, matching, confidence, rounds=rounds, seed=seed, rules=rules, overlaps=overlaps)
    low, high = _ends(drawn, level)
    return {name: (float(low[at]), float(high[at])) for at, name in enumerate(BOOTSTRAPPED)}


class ClassDraws:
    """Average precision of each class in resampled sets of frames, drawn as far as it is asked for.

    The draws are those of :func:`bootstrap` with the same seed, so the intervals of the classes and of their means
    belong together.

    Parameters
    ----------
    dataset, rounds, seed, rules, overlaps
        See :func:`bootstrap_rounds`.

    Attributes
    ----------
    rounds, done : int
        Draws in all, and so far.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> low, high = ClassDraws(two_frames(), rounds=50).ends()["ap50"]
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 1.0], [1.0, 1.0])
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        rounds: int = ROUNDS,
        seed: int = 0,
        rules: str = "coco",
        overlaps: Overlaps | None = None,
    ) -> None:
        self.rounds, self.done, self.seed = rounds, 0, seed
        self._drawn = np.full((2, rounds, len(dataset.classes)), np.nan)
        self._begin = partial(self._draw, dataset, rules, overlaps)
        self._next = self._begin()

    def _draw(self, dataset: Dataset, rules: str, overlaps: Overlaps | None) -> Iterator[None]:
        self.done = 0
        resampled = ResampledAP(dataset, rank_by(rules, dataset, IOU_THRESHOLDS, overlaps=overlaps))
        for weight in _weights(len(dataset.frames), self.rounds, self.seed):
            ap = resampled.draw(weight)
            self._drawn[:, self.done] = ap[0], ap.mean(axis=0)
            self.done += 1
            yield
        self.done = self.rounds

    def advance(self, seconds: float) -> None:
        """Draw for about so many seconds, at least once where draws are left."""
        self._until(time.monotonic() + seconds)

    def _until(self, end: float) -> None:
        try:
            for _ in self._next:
                if time.monotonic() >= end:
                    return
        except BaseException:
            self._next = self._begin()  # an interrupted generator is at its end: the same draws begin anew
            raise

    def ends(self, level: float = 0.95) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Draw what is left, and return the percentile intervals.

        Parameters
        ----------
        level : float
            In (0, 1).

        Returns
        -------
        dict of str to (low, high)
            Of ``ap50`` and ``ap50_95``; float64 arrays of shape (K,), ``nan`` where fewer than half the draws hold
            an object of the class.

        Raises
        ------
        OptionError
            If ``level`` or ``rounds`` is out of range.
        """
        _quantile(level)
        self._until(math.inf)
        return {name: _ends(drawn, level) for name, drawn in zip(("ap50", "ap50_95"), self._drawn, strict=True)}


def bootstrap_rounds(
    dataset: Dataset,
    matching: Matching,
    confidence: float | None,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    rules: str = "coco",
    overlaps: Overlaps | None = None,
) -> NDArray[np.float64]:
    """Compute the numbers of :data:`BOOTSTRAPPED` for resampled sets of frames.

    Each round draws as many frames as there are, with replacement; a frame drawn twice counts twice, with all
    its objects and detections. Frames, not boxes, are drawn, because the boxes of a frame belong together.
    Matches and confidence stay as they are.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset, for precision, recall and F1.
    confidence : float or None
        Least score that counts for them.
    rounds : int
        At least 1.
    seed : int
        The same seed gives the same rounds.
    rules : str
        Of a rule set; by those of ``lvis`` detections are left out, any other takes COCO's.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    float64 array, shape (rounds, 5)
        Macro means as on the cards; ``nan`` where a round leaves nothing.
    """
    ranking = rank_by(rules, dataset, IOU_THRESHOLDS, overlaps=overlaps)
    rates, resampled = _RateCounts(dataset, matching, confidence), ResampledAP(dataset, ranking)
    drawn = np.full((rounds, len(BOOTSTRAPPED)), np.nan)
    for number, weight in enumerate(_weights(len(dataset.frames), rounds, seed)):
        drawn[number, :3] = rates.macro(weight)
        ap = resampled.draw(weight)
        ap = ap[:, ~np.isnan(ap[0])]
        drawn[number, 3:] = mean(ap[0]), mean(ap.ravel())
    return drawn


def _weights(frames: int, rounds: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield for each round how often each frame was drawn; no round where there are no frames."""
    if rounds < 1:
        raise OptionError(f"rounds={rounds!r} must be at least 1")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise OptionError(f"seed must be a whole number from 0, not {one_line(repr(seed), 40)}")
    random = np.random.default_rng(seed)
    for _ in range(rounds if frames else 0):
        yield np.bincount(random.integers(0, frames, frames), minlength=frames)


def _ends(drawn: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the percentiles of each column over the rounds that have a value, ``nan`` where fewer than half have."""
    _quantile(level)
    low, high = np.full((2, drawn.shape[1]), np.nan)
    known = np.flatnonzero(2 * (~np.isnan(drawn)).sum(axis=0) >= len(drawn))
    if len(known):
        low[known], high[known] = np.nanquantile(drawn[:, known], ((1 - level) / 2, (1 + level) / 2), axis=0)
    return low, high


class _RateCounts:
    """Detections, true positives and objects by frame and class."""

    def __init__(self, dataset: Dataset, matching: Matching, confidence: float | None) -> None:
        detections, objects = dataset.detections, dataset.objects
        counted = ~matching.absorbed
        if confidence is not None:
            counted &= detections.score >= confidence
        right = counted & matching.true_positive
        real = ~objects.set_aside
        self._classes = len(dataset.classes)
        self._parts = tuple(
            (table.frame[rows], table.category[rows])
            for table, rows in ((detections, counted), (detections, right), (objects, real))
        )

    def macro(self, weight: NDArray[np.int64]) -> tuple[float, float, float]:
        """Return mean precision, recall and F1 over the classes with objects."""
        detections, right, objects = (
            np.bincount(category, weights=weight[frame], minlength=self._classes) for frame, category in self._parts
        )
        present = objects > 0
        rated = present & (detections > 0)
        return (
            mean(right[rated] / detections[rated]),
            mean(right[present] / objects[present]),
            mean(2 * right[present] / (detections[present] + objects[present])),
        )


def _quantile(level: float) -> float:
    if not isinstance(level, int | float | np.number) or not 0 < level < 1:
        raise OptionError(f"level must be above 0 and below 1, not {one_line(repr(level), 40)}")
    return NormalDist().inv_cdf((1 + level) / 2)
