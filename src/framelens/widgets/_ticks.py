"""Ends and round numbers of an axis, for everything here that draws curves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.widgets.history_payload import Series

__all__ = ["epoch_range", "round_ticks", "value_range"]

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


def value_range(series: Sequence[Series]) -> tuple[float, float]:
    """Return the ends of the value axis: 0 to 1 for metrics, what is there and a little more for losses."""
    values = [value for one in series for value in one["values"] if value is not None]
    if not values or all(one["group"] == "metric" for one in series):
        return 0.0, 1.0
    low, high = float(min(values)), float(max(values))
    room = 0.06 * high - 0.06 * low or 0.06 * abs(high) or 1.0
    return (max(low - room, 0.0) if low >= 0 else low - room), high + room
