"""Ends and round numbers of an axis, for everything here that draws curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


__all__ = ["epoch_range", "log_ticks", "round_ticks", "value_range"]

_MOST_TICKS: Final = 8


def round_ticks(low: float, high: float, least: float = 0.0) -> NDArray[np.float64]:
    """Return at most 8 round numbers in ``low..high``, in steps of 1, 2 or 5 times a power of ten.

    Parameters
    ----------
    low, high : float
        ``low < high``.
    least : float
        Smallest step; 1 keeps whole numbers.

    Examples
    --------
    >>> round_ticks(0.5, 30.5, least=1).tolist()
    [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]
    >>> round_ticks(0.5, 2.5, least=1).tolist()
    [1.0, 2.0]
    """
    raw = max(high / _MOST_TICKS - low / _MOST_TICKS, least)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    return np.arange(math.ceil(low / step), math.floor(high / step) + 1, dtype=np.float64) * step


def epoch_range(epochs: Sequence[int]) -> tuple[float, float]:
    """Return the ends of the epoch axis: half an epoch before the first and after the last.

    >>> epoch_range([1, 2, 3])
    (0.5, 3.5)
    """
    return (float(epochs[0]) - 0.5, float(epochs[-1]) + 0.5) if epochs else (0.5, 1.5)


def value_range(values: NDArray[np.float64], group: str) -> tuple[float, float]:
    """Return the ends of the value axis: 0 to 1 for metrics, what is there and a little more for losses.

    >>> value_range(np.array([0.2, np.nan]), "metric")
    (0.0, 1.0)
    """
    known = values[np.isfinite(values)]
    if group == "metric" or not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    room = 0.06 * high - 0.06 * low or 0.06 * abs(high) or 1.0
    return (max(low - room, 0.0) if low >= 0 else low - room), high + room


def log_ticks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return powers of ten times 1, 2 and 5 (or powers alone, where there are many) around positive values.

    >>> log_ticks(np.array([0.02, 3.0, 0.0])).tolist()
    [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]
    """
    known = values[np.isfinite(values) & (values > 0)]
    low, high = float(known.min()), float(known.max())
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 3 else (1,)  # noqa: PLR2004 - decades that have room for more
    every = np.array([float(f"{factor}e{power}") for power in range(first, last + 1) for factor in factors])
    start = max(0, int(np.searchsorted(every, low, side="right")) - 1)
    stop = min(len(every), int(np.searchsorted(every, high)) + 1)
    inside = every[start:stop]
    return inside if len(inside) > 1 else np.array([low / 2, low, low * 2])
