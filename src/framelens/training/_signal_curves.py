"""One curve of a run, made ready for looking at: gaps left out, direction and noise known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from framelens.training.history import METRIC_SERIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.training.history import History

__all__ = ["TOTAL", "Curve", "Trend", "curves_of", "moving_mean", "running_median", "trend"]

#: Name of the loss part that is the sum of all parts, where the log has no total of its own.
TOTAL = "total"
_OWN_TOTALS = ("total", "loss")
_LABELS = {"precision": "precision", "recall": "recall", "map50": "mAP50", "map50_95": "mAP50-95"}
_SPLITS = {"train": "training", "val": "validation"}
_MAD_TO_SD = 1.4826
_MOST_BLOCKS = 60


@dataclass(frozen=True, eq=False)
class Curve:
    """The epochs of one series that have a value.

    Attributes
    ----------
    name : str
        As in ``History.series``, or ``train/total``, ``val/total``.
    epochs : int64 array, shape (N,)
    values : float64 array, shape (N,)
        Finite, as logged.
    is_loss : bool
    """

    name: str
    epochs: NDArray[np.int64]
    values: NDArray[np.float64]
    is_loss: bool

    def __len__(self) -> int:
        return len(self.values)

    @property
    def label(self) -> str:
        """Name for people."""
        split, _, part = self.name.partition("/")
        return f"{_SPLITS.get(split, split)} {part} loss" if self.is_loss else _LABELS.get(self.name, self.name)

    @cached_property
    def relative(self) -> bool:
        """Whether differences of :attr:`height` are relative: a loss that is always positive."""
        return self.is_loss and bool((self.values > 0).all())

    @cached_property
    def height(self) -> NDArray[np.float64]:
        """How good each epoch is: a metric as it is, a loss as minus its logarithm.

        With the logarithm a loss times a factor has the same shape, and a difference is a relative
        change. A loss that is not always positive stands as minus itself.
        """
        if not self.is_loss:
            return self.values
        return -np.log(self.values) if self.relative else -self.values

    @cached_property
    def span(self) -> float:
        """Range of :attr:`height` without its 2 % highest and lowest values."""
        low, high = np.quantile(self.height, (0.02, 0.98)) if len(self) else (0.0, 0.0)
        return float(high - low)

    @cached_property
    def residual(self) -> NDArray[np.float64]:
        """:attr:`height` less its running median over 11 epochs."""
        return self.height - running_median(self.height, 5)

    @cached_property
    def noise(self) -> float:
        """Standard deviation from epoch to epoch about the trend, of :attr:`height`; outliers do not raise it."""
        if len(self) < 4:  # noqa: PLR2004 - two second differences at least
            return 0.0
        bends = np.diff(self.height, n=2)
        about_mean = self.height - moving_mean(self.height, 4)
        return float(_MAD_TO_SD * max(np.median(np.abs(bends)) / np.sqrt(6.0), np.median(np.abs(about_mean))))

    @cached_property
    def local_noise(self) -> NDArray[np.float64]:
        """Standard deviation of :attr:`residual` within 20 epochs of each epoch, shape (N,)."""
        return _MAD_TO_SD * running_median(np.abs(self.residual), 20, shrink=False)

    @cached_property
    def smooth(self) -> NDArray[np.float64]:
        """:attr:`height` without single outliers, averaged over an eighth of the run (3 to 15 epochs)."""
        return moving_mean(running_median(self.height, 1), self.half_window)

    @property
    def half_window(self) -> int:
        """Epochs on each side that :attr:`smooth` averages over."""
        return int(np.clip(len(self) // 16, 1, 7))


@dataclass(frozen=True, slots=True)
class Trend:
    """Direction of a stretch of a curve.

    Attributes
    ----------
    gain : float
        Theil-Sen slope times the length of the stretch, in units of ``Curve.height``.
    z : float
        Mann-Kendall statistic: over 2.5 the direction is hardly chance.
    """

    gain: float
    z: float


def curves_of(history: History) -> dict[str, Curve]:
    """Return the metrics and losses of a run by name, with the total of each split.

    Learning rates, and values that a log repeats because it measures every few epochs only, are left out.
    """
    losses = [name for name in history.series if name.startswith(("train/", "val/"))]
    metrics = [name for name in METRIC_SERIES if name in history.series]
    columns = {name: np.asarray(history.series[name], dtype=np.float64) for name in (*metrics, *losses)}
    columns |= _totals(columns)
    epochs = np.asarray(history.epochs, dtype=np.int64)
    found = {}
    for name, column in columns.items():
        kept = np.flatnonzero(np.isfinite(column))
        kept = kept[_measured(column[kept])]
        is_loss = name not in METRIC_SERIES
        if is_loss:
            kept = kept[_begun(column[kept])]
        found[name] = Curve(name, epochs[kept], column[kept], is_loss)
    return found


def _totals(columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Sum the parts that both splits have and that are not always 0, where there are several and no logged total."""
    parts = [name.partition("/")[2] for name in columns if name.startswith("val/")]
    shared = [part for part in parts if f"train/{part}" in columns and np.nan_to_num(columns[f"val/{part}"]).any()]
    if len(shared) < 2 or any(part in _OWN_TOTALS for part in parts):  # noqa: PLR2004 - one part is its own total
        return {}
    return {f"{split}/{TOTAL}": np.sum([columns[f"{split}/{part}"] for part in shared], axis=0) for split in _SPLITS}


def _measured(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which values are new where a log fills the epochs between two evaluations with the last one."""
    changed = np.ones(len(values), dtype=np.bool_)
    changed[1:] = values[1:] != values[:-1]
    starts = np.flatnonzero(changed)
    held = np.diff(starts)
    is_stair = len(starts) > 3 and float(np.median(held)) >= 2  # noqa: PLR2004
    return changed if is_stair else np.ones(len(values), dtype=np.bool_)


def _begun(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which losses come after the zeros that some trainers write before the first evaluation."""
    begun = np.maximum.accumulate(losses != 0)
    return begun if begun.any() else np.ones(len(losses), dtype=np.bool_)


def running_median(values: NDArray[np.float64], half: int, *, shrink: bool = True) -> NDArray[np.float64]:
    """Return the median of each value and ``half`` neighbours on each side.

    At the ends the window shrinks on both sides alike, so that a steady trend has no residual; with
    ``shrink=False`` only the missing side is cut.

    >>> running_median(np.array([1.0, 2.0, 9.0, 4.0, 5.0]), 1).tolist()
    [1.0, 2.0, 4.0, 5.0, 5.0]
    """
    count = len(values)
    result = np.empty(count)
    if count > 2 * half:
        windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
        result[half : count - half] = np.median(windows, axis=1)
        edges = [*range(half), *range(count - half, count)]
    else:
        edges = list(range(count))
    for i in edges:
        reach = min(half, i, count - 1 - i) if shrink else half
        result[i] = np.median(values[max(0, i - reach) : i + reach + 1])
    return result


def moving_mean(values: NDArray[np.float64], half: int) -> NDArray[np.float64]:
    """Return the mean of each value and ``half`` neighbours on each side; the window shrinks at the ends.

    >>> moving_mean(np.array([1.0, 2.0, 6.0]), 1).tolist()
    [1.0, 3.0, 6.0]
    """
    count = len(values)
    place = np.arange(count)
    reach = np.minimum(half, np.minimum(place, count - 1 - place))
    sums = np.concatenate(([0.0], np.cumsum(values)))
    return np.asarray((sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1))


def trend(epochs: NDArray[np.int64], values: NDArray[np.float64]) -> Trend:
    """Return direction and significance by ranks, which neither outliers nor a scale change.

    Long stretches are first halved by means of neighbours until at most 60 values are left.

    >>> trend(np.arange(10), np.arange(10) * 2.0).gain
    18.0
    """
    at, height = epochs.astype(np.float64), values
    while len(height) > _MOST_BLOCKS:
        even = len(height) // 2 * 2
        at, height = at[:even].reshape(-1, 2).mean(1), height[:even].reshape(-1, 2).mean(1)
    count = len(height)
    if count < 3:  # noqa: PLR2004 - two points always have a direction
        return Trend(0.0, 0.0)
    first, second = np.triu_indices(count, 1)
    rises = height[second] - height[first]
    slope = float(np.median(rises / (at[second] - at[first])))
    score = float(np.sign(rises).sum())
    deviation = np.sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
    return Trend(slope * float(epochs[-1] - epochs[0]), score / deviation)
