"""What a training run wrote down, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from framelens.errors import Skip

__all__ = ["METRIC_SERIES", "History"]

#: Standard names of validation metrics; losses are ``train/<part>`` and ``val/<part>``.
METRIC_SERIES = ("precision", "recall", "map50", "map50_95")


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """One run, tidy: one row per epoch.

    Attributes
    ----------
    framework, task : str
        ``"ultralytics"``, ``"yolov5"`` ... and ``"detect"``, ``"segment"`` ...; ``"unknown"`` else.
    epochs : int64 array, shape (E,)
        Epoch numbers, strictly rising, counted from 1 (``warnings`` says where the file counts from 0).
    series : mapping of str to float64 array, shape (E,)
        Fractions in 0..1 for metrics; ``nan`` where an epoch has no finite value.
        Names: ``precision, recall, map50, map50_95, train/<part>, val/<part>, lr/<group>``.
    step : float64 array, shape (E,) or None
        Optimiser step at the end of the epoch.
    wall_time : float64 array, shape (E,) or None
        Seconds since the start of the run.
    planned_epochs, patience : int or None
        From the settings beside the log.
    best_epoch : int or None
        Epoch with the highest ``map50_95`` (first of equals; ``map50`` where it is missing).
    stopped_early : bool or None
        None where the log cannot tell.
    name : str
        Base name of the run folder or file.
    run_starts : tuple of int
        Epochs at which a further run begins that was appended to the same file; its epochs are counted on.
    from_zero : bool
        The log itself counts epochs from 0.

    Examples
    --------
    >>> import numpy as np
    >>> run = History("unknown", "detect", np.array([1, 2]), {"map50": np.array([0.3, 0.6])}, best_epoch=2)
    >>> run, len(run), run.best_epoch, run.series["map50"].tolist()
    (History(unknown, 2 epochs, map50), 2, 2, [0.3, 0.6])
    """

    framework: str
    task: str
    epochs: NDArray[np.int64]
    series: Mapping[str, NDArray[np.float64]]
    step: NDArray[np.float64] | None = None
    wall_time: NDArray[np.float64] | None = None
    planned_epochs: int | None = None
    patience: int | None = None
    best_epoch: int | None = None
    stopped_early: bool | None = None
    name: str = ""
    run_starts: tuple[int, ...] = ()
    from_zero: bool = False
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.epochs)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per epoch: ``epoch``, ``step`` and ``wall_time`` where known, and every series by its name.

        Examples
        --------
        >>> import numpy as np
        >>> History("unknown", "detect", np.array([1, 2]), {"map50": np.array([0.3, np.nan])}).to_frame()
           epoch  map50
        0      1    0.3
        1      2    NaN
        """
        import pandas as pd

        columns = {"epoch": self.epochs, "step": self.step, "wall_time": self.wall_time, **self.series}
        return pd.DataFrame({name: values for name, values in columns.items() if values is not None})

    def __repr__(self) -> str:
        return f"History({self.framework}, {len(self)} epochs, {', '.join(self.series)})"
