"""The curves of one or several runs as a chart draws them: the same content as ``js/src/panels/chart-lines.ts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from framelens.widgets.history_payload import color_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.widgets.history_payload import HistoryHead, Series

__all__ = ["GROUPS", "TITLES", "Curve", "Group", "all_epochs", "curves_of", "smooth", "value_text"]

#: What stands together in one chart; the last two are drawn on demand.
Group = Literal["metric", "loss", "lr", "time"]
GROUPS: Final[tuple[Group, ...]] = ("metric", "loss", "lr", "time")
TITLES: Final[dict[Group, str]] = {
    "metric": "Validation metrics by epoch",
    "loss": "Losses by epoch",
    "lr": "Learning rate by epoch",
    "time": "Wall time by epoch",
}
#: Of several runs the dash tells the run.
_STYLES: Final = ("solid", "dashed", "dotted", "dash_dotted")


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line: where it stands, how it looks, and its values beside its own epochs (``nan`` for a gap)."""

    key: str
    label: str
    group: Group
    epochs: NDArray[np.int64]
    values: NDArray[np.float64]
    color: str
    style: str = "solid"
    faint: bool = False

    def at(self, epoch: int | None) -> float:
        """Return the value at an epoch, ``nan`` where there is none."""
        rows = np.flatnonzero(self.epochs == epoch)
        return float(self.values[rows[0]]) if len(rows) else float("nan")


def curves_of(runs: Sequence[HistoryHead]) -> list[Curve]:
    """Return every curve of these runs, the first run first.

    The hue tells the part of a loss or the metric. Of one run the dash tells training from validation; of several it
    tells the run, and training is drawn faintly.
    """
    several = len(runs) > 1
    found = []
    for number, run in enumerate(runs):
        epochs = np.asarray(run["epochs"], dtype=np.int64)
        for series in (*run["series"], *run["extra"]):
            values = np.array([np.nan if value is None else value for value in series["values"]], dtype=np.float64)
            train = series["split"] == "train" and series["group"] == "loss"
            found.append(
                Curve(
                    key=series["name"] if number == 0 else f"{number} {series['name']}",
                    label=f"{run['name']} · {series['label']}" if several else series["label"],
                    group=_group(series),
                    epochs=epochs,
                    values=values,
                    color=color_of(series),
                    style=_STYLES[number % len(_STYLES)] if several else ("dashed" if train else "solid"),
                    faint=several and train,
                )
            )
    return found


def all_epochs(runs: Sequence[HistoryHead]) -> NDArray[np.int64]:
    """Return every epoch that any run has, in order."""
    return np.unique(np.array([epoch for run in runs for epoch in run["epochs"]], dtype=np.int64))


def smooth(epochs: NDArray[np.int64], values: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Return the mean of the known values within ``reach`` epochs on both sides; gaps stay gaps.

    >>> smooth(np.array([1, 2, 3, 4]), np.array([1.0, 2.0, np.nan, 6.0]), 1).tolist()
    [1.5, 1.5, nan, 6.0]
    """
    known = np.isfinite(values)
    sums = np.concatenate(([0.0], np.cumsum(np.where(known, values, 0.0))))
    counts = np.concatenate(([0], np.cumsum(known)))
    low, high = np.searchsorted(epochs, epochs - reach), np.searchsorted(epochs, epochs + reach, side="right")
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.where(known, (sums[high] - sums[low]) / (counts[high] - counts[low]), np.nan)


def value_text(group: Group, value: float) -> str:
    """Return a value for the legend.

    >>> value_text("metric", 0.5), value_text("loss", float("nan")), value_text("time", 12.3)
    ('0.5000', 'n/a', '12 s')
    """
    if not np.isfinite(value):
        return "n/a"
    if group == "time":
        return f"{value:.0f} s"
    return f"{value:.4f}" if group == "metric" else f"{value:.4g}"


def _group(series: Series) -> Group:
    if series["group"] == "extra":
        return "time" if series["part"] == "wall_time" else "lr"
    return series["group"]
