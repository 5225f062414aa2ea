"""``results.txt`` of YOLOv7 (and of YOLOv5 before results.csv): fixed columns, no header.

Epoch/last, GPU memory, box, obj, cls, total, labels, image size, P, R, mAP@.5, mAP@.5:.95, val box, val obj, val cls.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from framelens.errors import DataError
from framelens.training.csvlog import number
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, integer, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]

_FIRST = re.compile(r"\s*\d+/\d+\s+[\d.]+G\s")
#: Series by position; ``""`` for what is no series.
_COLUMNS: Final = (
    "", "", "train/box", "train/obj", "train/cls", "train/total", "", "", "precision", "recall", "map50", "map50_95",
    "val/box", "val/obj", "val/cls",
)  # fmt: skip


def recognise(log: LogFile) -> str | None:
    """Say whether the first line begins like ``0/99  7.27G``."""
    first = log.head.split(b"\n", 1)[0].decode("utf-8", "replace")
    return "lines that begin with epoch/last and GPU memory" if _FIRST.match(first) else None


def read(log: LogFile) -> History:
    """Read a results.txt; the plan comes from its first column."""
    rows, planned = [], None
    for line, text in log.lines():
        fields = text.split()
        if len(fields) != len(_COLUMNS):
            raise DataError(f"{len(fields)} columns, expected {len(_COLUMNS)}", file=log.name, where=f"line {line}")
        epoch, _, last = fields[0].partition("/")
        if not (epoch.isdecimal() and last.isdecimal() and max(len(epoch), len(last)) < 10):  # noqa: PLR2004
            raise DataError(f"{fields[0][:40]!r} is not epoch/last", file=log.name, where=f"line {line}")
        planned = int(last) + 1
        values = {name: number(log, field, line, name) for name, field in zip(_COLUMNS, fields, strict=True) if name}
        rows.append(Row(f"line {line}", int(epoch), values))
    settings = log.settings("opt.yaml")
    series = [name for name in _COLUMNS if name]
    if rows and all(math.isclose(row.values["map50"], 0) for row in rows):
        log.notes.warn(f"{log.name}: mAP is 0 in every epoch")
    return tidy(
        log,
        rows,
        framework="yolov7",
        task="detect",
        series=series,
        from_zero=True,
        planned_epochs=planned or integer(settings.get("epochs")),
        patience=integer(settings.get("patience")),
    )


READERS = (
    RunReader(
        name="yolov7",
        example="results.txt: 0/99 7.27G 0.07323 0.1057 ... (15 columns, no header)",
        patterns=("results.txt", "results*.txt", "*results.txt"),
        recognise=recognise,
        read=read,
    ),
)
