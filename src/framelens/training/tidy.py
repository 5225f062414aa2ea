"""From what a log says, line by line, to one row per epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from framelens.errors import DataError
from framelens.training.history import History

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from framelens.training.logfile import LogFile

__all__ = ["Means", "Row", "best_epoch", "by_evaluation", "integer", "split_runs", "stopped_early", "tidy"]

_LARGEST_EPOCH: Final = 10_000_000


@dataclass(slots=True)
class Row:
    """What one place of a log says about one epoch.

    Attributes
    ----------
    where : str
        For messages: ``"line 7"``.
    epoch : int
        As the log counts.
    values : dict of str to float
        By series name; ``nan`` for values that are not finite.
    step, time : float
        Optimiser step and seconds since the start; ``nan`` where the log does not say.
    starts : bool
        Another run begins here for certain, whatever the epoch.
    """

    where: str
    epoch: int
    values: dict[str, float] = field(default_factory=dict)
    step: float = math.nan
    time: float = math.nan
    starts: bool = False


def tidy(
    log: LogFile,
    rows: Sequence[Row],
    *,
    framework: str,
    task: str = "unknown",
    series: Sequence[str] = (),
    from_zero: bool | None = None,
    planned_epochs: int | None = None,
    patience: int | None = None,
    name: str | None = None,
    runs: list[list[Row]] | None = None,
) -> History:
    """Return the history of a log: epochs from 1, strictly rising, restarts and repeats resolved and noted.

    Parameters
    ----------
    log : LogFile
        Notes are taken from and added to it.
    rows : sequence of Row
        In the order of the log. Rows of one epoch are merged, the later value wins.
    series : sequence of str
        Names in the order they are wanted; names that only rows know come after them.
    from_zero : bool, optional
        Whether the log counts epochs from 0; by default it does if its first epoch is 0.

    runs : list of list of Row, optional
        The rows where they are split already; ``rows`` is not used then.

    Notes
    -----
    Where the epoch falls back to the first one or below, another run was appended: its epochs are counted on and
    a warning says so. Where it falls back less far, the run was resumed: the rows written again replace the old ones.
    """
    runs = split_runs(log, rows) if runs is None else runs
    first = min((row.epoch for run in runs for row in run), default=1)
    shift = int(first == 0 if from_zero is None else from_zero)
    if shift and runs:
        log.notes.warn(f"{log.name}: epochs are counted from 0 in the file; here they are counted from 1")
    merged: list[Row] = []
    starts: list[int] = []
    for run in runs:
        # another run in the same file is counted on, so that no line is drawn back
        offset = merged[-1].epoch + 1 - run[0].epoch if merged else shift
        starts.append(run[0].epoch + offset)
        merged += [Row(row.where, row.epoch + offset, row.values, row.step, row.time) for row in run]
    columns = _columns(merged, series)
    epochs = np.array([row.epoch for row in merged], dtype=np.int64)
    best = best_epoch(epochs, columns)
    return History(
        framework=framework,
        task=task,
        epochs=epochs,
        series=columns,
        step=_optional([row.step for row in merged]),
        wall_time=_optional([row.time for row in merged]),
        planned_epochs=planned_epochs,
        patience=patience,
        best_epoch=best,
        stopped_early=stopped_early(epochs, columns, planned_epochs, patience) if len(runs) <= 1 else None,
        name=log.run_name if name is None else name,
        run_starts=tuple(starts[1:]),
        from_zero=bool(shift),
        skipped=log.notes.skips,
        warnings=log.notes.warnings,
    )


def integer(value: object) -> int | None:
    """Return a setting as a non-negative integer; None for anything else.

    >>> integer(100), integer("100"), integer(True), integer(None)
    (100, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_EPOCH:
        return None
    return value


def split_runs(log: LogFile, rows: Sequence[Row], what: str = "epoch") -> list[list[Row]]:
    """Return one list of rows per run, each with strictly rising epochs (or whatever ``what`` counts)."""
    runs: list[list[Row]] = []
    breaks: list[str] = []
    for row in rows:
        if not 0 <= row.epoch <= _LARGEST_EPOCH:
            raise DataError(f"{what} {row.epoch} is not possible", file=log.name, where=row.where)
        run = runs[-1] if runs else []
        if not run or row.starts or row.epoch < run[0].epoch or (row.epoch == run[0].epoch and len(run) > 1):
            if run:
                breaks.append(f"{row.where}: {what} goes back from {run[-1].epoch} to {row.epoch}")
            runs.append([row])
        elif row.epoch == run[-1].epoch:
            _merge(run[-1], row)
        else:
            if row.epoch < run[-1].epoch:
                _forget(log, run, row, what)
            run.append(row)
    if breaks:
        more = f" (and at {len(breaks) - 1} more places)" if len(breaks) > 1 else ""
        log.notes.warn(f"{log.name}: {breaks[0]}: another run begins{more}; its {what}s are counted on")
    return runs


def _forget(log: LogFile, run: list[Row], row: Row, what: str) -> None:
    """Drop the rows that a resumed run wrote again."""
    again = [old for old in run if old.epoch >= row.epoch]
    reason = f"{what}s written again, the run was resumed at {what} {row.epoch} ({row.where}); the later ones count"
    log.notes.skip(log.name, again[0].where, reason, len(again))
    del run[len(run) - len(again) :]


def by_evaluation(log: LogFile, rows: Sequence[Row], metrics: Collection[str]) -> list[list[Row]]:
    """Return runs whose epochs are evaluations, for logs that count iterations.

    Parameters
    ----------
    rows : sequence of Row
        ``epoch`` holds the iteration.
    metrics : collection of str
        Series that an evaluation writes. Other values are averaged since the evaluation before. Without any
        evaluation every record is a row.
    """
    known = {name for row in rows for name in row.values}
    evaluated = known & set(metrics)
    if not rows:
        return []
    log.notes.warn(
        f"{log.name}: the log counts iterations, not epochs: each row is one "
        + ("evaluation, with the mean of the losses since the one before" if evaluated else "record")
    )
    runs = []
    for run in split_runs(log, rows, "iteration"):
        means = Means(evaluated)
        for row in run:
            means.add(row.where, 0, row.values, step=float(row.epoch), time=row.time)
            if not evaluated or evaluated & row.values.keys():
                means.close()
        runs.append([Row(r.where, at, r.values, r.step, r.time) for at, r in enumerate(means.rows, start=1)])
    return runs


class Means:
    """Collects records of iterations into rows of epochs: means of losses, the latest of the rest.

    Attributes
    ----------
    rows : list of Row
        Finished and unfinished epochs; complete after :meth:`close`.
    """

    def __init__(self, latest: Collection[str] = ()) -> None:
        self.rows: list[Row] = []
        self._latest = frozenset(latest)
        self._counts: dict[str, int] = {}
        self._open = False

    def add(
        self,
        where: str,
        epoch: int,
        values: Mapping[str, float],
        *,
        step: float = math.nan,
        time: float = math.nan,
        starts: bool = False,
    ) -> None:
        """Add one record; another epoch than that of the record before begins a row."""
        if not self._open or starts or self.rows[-1].epoch != epoch:
            self.rows.append(Row(where, epoch, starts=starts and bool(self.rows)))
            self._counts, self._open = {}, True
        row = self.rows[-1]
        for name, value in values.items():
            known = row.values.get(name, math.nan)
            if not math.isfinite(value):
                row.values.setdefault(name, math.nan)
            elif name in self._latest or name.startswith("lr/") or not math.isfinite(known):
                row.values[name], self._counts[name] = value, 1
            else:
                self._counts[name] += 1
                row.values[name] = known + (value - known) / self._counts[name]
        row.step = step if math.isfinite(step) else row.step
        row.time = time if math.isfinite(time) else row.time

    def close(self) -> None:
        """End the present row: the next record begins another."""
        self._open = False


def _merge(kept: Row, row: Row) -> None:
    for name, value in row.values.items():
        if math.isfinite(value) or name not in kept.values:
            kept.values[name] = value
    kept.step = row.step if math.isfinite(row.step) else kept.step
    kept.time = row.time if math.isfinite(row.time) else kept.time


def _columns(rows: Sequence[Row], series: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    names = dict.fromkeys(series)
    for row in rows:
        names.update(dict.fromkeys(row.values))
    columns = {}
    for name in names:
        column = np.array([row.values.get(name, math.nan) for row in rows], dtype=np.float64)
        column[~np.isfinite(column)] = math.nan
        column.flags.writeable = False
        columns[name] = column
    return columns


def _optional(values: list[float]) -> NDArray[np.float64] | None:
    array = np.array(values, dtype=np.float64)
    return array if np.isfinite(array).any() else None


def best_epoch(epochs: NDArray[np.int64], columns: Mapping[str, NDArray[np.float64]]) -> int | None:
    """Return the first epoch with the highest mAP50-95 (mAP50 where it is missing), None without either."""
    for name in ("map50_95", "map50"):
        column = columns.get(name)
        if column is not None and np.isfinite(column).any():
            return int(epochs[int(np.nanargmax(column))])
    return None


def stopped_early(
    epochs: NDArray[np.int64],
    columns: Mapping[str, NDArray[np.float64]],
    planned: int | None,
    patience: int | None,
) -> bool | None:
    """Return whether the patience ended the run before its plan; None if nothing tells.

    Trainers watch the fitness 0.1 mAP50 + 0.9 mAP50-95 or mAP50-95 alone, and take the last of equals.
    """
    if planned is None or not len(epochs):
        return None
    if epochs[-1] >= planned:
        return False
    main = columns.get("map50_95")
    if patience is None or main is None or not np.isfinite(main).any():
        return None
    fitness = [main, 0.9 * main + 0.1 * columns["map50"]] if "map50" in columns else [main]
    for watched in fitness:
        filled = np.where(np.isfinite(watched), watched, -np.inf)
        last_best = len(filled) - 1 - int(np.argmax(filled[::-1]))
        if epochs[-1] - epochs[last_best] >= patience:
            return True
    return None
