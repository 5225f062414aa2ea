"""``metrics.csv`` of Lightning's CSVLogger: train and val on separate rows, most cells empty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from framelens.errors import DataError
from framelens.training.csvlog import number, read_csv
from framelens.training.readers.table import guess_name
from framelens.training.registry import RunReader
from framelens.training.tidy import Means, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]


def recognise(log: LogFile) -> str | None:
    """Say whether the header has both epoch and step."""
    header = log.head.split(b"\n", 1)[0].decode("utf-8", "replace")
    columns = {column.strip() for column in header.split(",")}
    return "a table with columns epoch and step" if {"epoch", "step"} <= columns else None


def read(log: LogFile) -> History:
    """Read a metrics.csv: losses are means over the logged steps of an epoch, metrics the last of it.

    Learning-rate rows without an epoch belong to the epoch of the next row that names one.
    """
    table = read_csv(log)
    if not table.columns:
        return tidy(log, (), framework="lightning")
    if not {"epoch", "step"} <= set(table.columns):
        raise DataError("no columns epoch and step", file=log.name, where="line 1")
    names = _series(table.columns)
    at_epoch, at_step = table.columns.index("epoch"), table.columns.index("step")
    means = Means({name for name in names if name and not name.startswith("train/")})
    waiting: list[tuple[str, dict[str, float], float]] = []
    for line, fields in table.records:
        values = {
            name: number(log, text, line, column)
            for column, name, text in zip(table.columns, names, fields, strict=True)
            if name and text
        }
        step = _whole(log, line, "step", fields[at_step])
        waiting.append((f"line {line}", values, math.nan if step is None else float(step)))
        epoch = _whole(log, line, "epoch", fields[at_epoch])
        if epoch is not None:
            for where, cells, at in waiting:
                means.add(where, epoch, cells, step=at)
            waiting = []
    for where, cells, at in waiting:
        if means.rows:
            means.add(where, means.rows[-1].epoch, cells, step=at)
    return tidy(log, means.rows, framework="lightning", series=[name for name in names if name], from_zero=True)


def _series(columns: list[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        # Lightning logs one value as x_step and x_epoch: the mean of the epoch is the better one
        twin = column.removesuffix("_step") + "_epoch"
        if column in ("epoch", "step") or (column.endswith("_step") and twin in columns):
            names.append("")
            continue
        plain = column.removesuffix("_epoch")
        name = "lr/0" if plain.startswith("lr-") else guess_name(plain)
        names.append(name if name not in names else column)
    return names


def _whole(log: LogFile, line: int, column: str, text: str) -> int | None:
    if not text:
        return None
    value = number(log, text, line, column)
    if not value.is_integer():
        raise DataError(f"{text[:40]!r} is not a whole number", file=log.name, where=f"line {line}, column {column!r}")
    return int(value)


READERS = (
    RunReader(
        name="lightning",
        example="lightning_logs/version_0/metrics.csv: epoch,step,train_loss,val_loss (one of the cells filled)",
        patterns=("metrics.csv", "*metrics.csv"),
        recognise=recognise,
        read=read,
        order=1,
    ),
)
