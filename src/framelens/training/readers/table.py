"""A CSV log of one's own: columns are guessed from their words, and the guesses are shown."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from framelens.errors import one_line
from framelens.training.csvlog import CsvTable, number, read_csv
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS", "guess_name", "read_table"]

_WORDS = re.compile(r"[a-z]+|\d+")
_EPOCH_WORDS: Final = ("epoch", "epochs", "ep")
_PERCENT: Final = 1.5  # a fraction never exceeds 1; some room for rounding
_HARMLESS: Final = frozenset(
    [
        "val",
        "valid",
        "validation",
        "test",
        "eval",
        "metrics",
        "metric",
        "bbox",
        "box",
        "b",
        "coco",
        "mean",
        "epoch",
        "50",
        "95",
    ]
)
_METRICS: Final = ("precision", "recall", "map50", "map50_95")


def guess_name(column: str) -> str:
    """Return the series that a column most likely holds; its own name where no word tells.

    >>> [guess_name(c) for c in ("val/metrics/mAP50", "mAP@0.5:0.95", "valid_box_loss", "learning_rate", "Recall")]
    ['map50', 'map50_95', 'val/box', 'lr/0', 'recall']
    >>> guess_name("accuracy"), guess_name("val_map_small")
    ('accuracy', 'val_map_small')
    """
    plain = column.lower().replace("0.95", "95").replace("0.5", "50").replace(".95", "95").replace(".5", "50")
    words = _WORDS.findall(plain)
    if "loss" in words:
        return _loss_name(words)
    if words[:1] == ["lr"] or words[:2] == ["learning", "rate"]:
        return f"lr/{words[-1] if words[-1].isdigit() else 0}"
    kind = {"map", "ap", "precision", "recall"} & set(words)
    # a further word, such as "small" or the name of a class, makes it another metric
    if len(kind) != 1 or set(words) - kind - _HARMLESS:
        return column
    if kind <= {"map", "ap"}:
        numbers = [word for word in words if word.isdigit()]
        return "map50_95" if numbers in ([], ["50", "95"]) else "map50" if numbers == ["50"] else column
    return next(iter(kind))


def _loss_name(words: list[str]) -> str:
    split = "val" if {"val", "valid", "validation", "test", "eval"} & set(words) else "train"
    noise = {"loss", "train", "training", "val", "valid", "validation", "test", "eval", "metrics"}
    part = "_".join(word for word in words if word not in noise)
    return f"{split}/{part or 'total'}"


def recognise(log: LogFile) -> str | None:
    """Say whether the first line names an epoch column and at least one other."""
    header = log.head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    words = re.split(r"[,;\t]", header)
    if len(words) > 1 and any(_is_epoch(word) for word in words):
        return f"a table with a column for the epoch and {len(words) - 1} more"
    return None


def read(log: LogFile) -> History:
    """Read a table with one row per epoch (or step), whatever its columns are called."""
    return read_table(log)


def read_table(
    log: LogFile, *, framework: str = "unknown", show_guesses: bool = True, from_zero: bool | None = None
) -> History:
    """Read a table with one row per epoch; see :func:`framelens.training.tidy.tidy` for ``from_zero``."""
    table = read_csv(log)
    names = _names(log, table, show_guesses=show_guesses)
    epoch_at = next((at for at, column in enumerate(table.columns) if _is_epoch(column)), None)
    if epoch_at is None and table.records:
        log.notes.warn(f"{log.name}: no column is called epoch: rows are counted instead")
    rows = []
    for position, (line, fields) in enumerate(table.records, start=1):
        epoch = position if epoch_at is None else _epoch(log, line, table.columns[epoch_at], fields[epoch_at])
        if epoch is None:
            continue
        row = Row(f"line {line}", epoch)
        for column, name, text in zip(table.columns, names, fields, strict=True):
            if name == "step":
                row.step = number(log, text, line, column)
            elif name:
                row.values[name] = number(log, text, line, column)
        rows.append(row)
    _fractions(log, rows)
    series = [name for name in names if name and name != "step"]
    return tidy(log, rows, framework=framework, series=series, from_zero=from_zero)


def _names(log: LogFile, table: CsvTable, *, show_guesses: bool) -> list[str]:
    """Return a series name per column; ``""`` for the epoch and for columns of words."""
    names: list[str] = []
    for at, column in enumerate(table.columns):
        if _is_epoch(column):
            names.append("")
        elif column.lower() in ("step", "iteration", "iter", "global_step"):
            names.append("step")
        elif table.records and not any(_is_number(fields[at]) for _, fields in table.records):
            log.notes.skip(log.name, f"column {one_line(column, 60)!r}", "the column holds no number")
            names.append("")
        else:
            name = guess_name(column)
            names.append(name if name not in names else column)
    guessed = [f"{one_line(c, 40)} → {n}" for c, n in zip(table.columns, names, strict=True) if n not in ("", c)]
    if guessed and show_guesses:
        log.notes.warn(f"{log.name}: columns were guessed from their words: {', '.join(guessed)}")
    return names


def _is_epoch(column: str) -> bool:
    return column.strip().strip('"').lower() in _EPOCH_WORDS


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _epoch(log: LogFile, line: int, column: str, text: str) -> int | None:
    value = number(log, text, line, column)
    if not value.is_integer():
        log.notes.skip(log.name, f"line {line}", "the epoch is blank or not a whole number")
        return None
    return int(value)


def _fractions(log: LogFile, rows: list[Row]) -> None:
    """Turn metrics in percent into fractions, and say so."""
    for name in _METRICS:
        values = [row.values[name] for row in rows if math.isfinite(row.values.get(name, math.nan))]
        if values and max(values) > _PERCENT:
            log.notes.warn(f"{log.name}: {name} is above 1 and was read as percent")
            for row in rows:
                if name in row.values:
                    row.values[name] /= 100


READERS = (
    RunReader(
        name="csv",
        example="a table of your own: epoch,train_loss,val_loss,mAP50 (columns are guessed from their words)",
        patterns=("*.csv",),
        recognise=recognise,
        read=read,
        order=9,
    ),
)
