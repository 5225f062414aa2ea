"""``results.csv`` of Ultralytics YOLO and its relatives: YOLOv5 to v12, 26, RT-DETR, YOLOv9, YOLOv10.

The columns changed many times; sixteen schemes were seen. What they share: ``epoch`` comes first, losses are
``train/<part>_loss`` and ``val/<part>_loss`` (YOLOv10: no ``_loss``), metrics start with ``metrics/``, and learning
rates are ``lr/pg0``, ``lr/0`` or ``x/lr0``. Names and numbers may be padded with blanks.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from framelens.errors import DataError
from framelens.training.csvlog import number, read_csv
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, integer, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS", "standard_name"]

#: Name of a metric (without head) in the schemes of YOLOv5, YOLOv5-OBB and Ultralytics.
_METRICS: Final = {
    "precision": "precision",
    "recall": "recall",
    "mAP50": "map50",
    "mAP_0.5": "map50",
    "HBBmAP.5": "map50",
    "mAP50-95": "map50_95",
    "mAP_0.5:0.95": "map50_95",
    "HBBmAP.5:.95": "map50_95",
}
#: Head of a metric: boxes (the standard names), masks, key points.
_HEADS: Final = {"": "", "(B)": "", "(M)": "mask/", "(P)": "pose/"}
_METRIC = re.compile(r"metrics/([^()]+)(\([BMP]\))?\Z")
_LOSS = re.compile(r"(train|val)/(.+?)(_loss)?\Z")
_RATE = re.compile(r"(?:lr/(?:pg)?|x/lr)(\d+)\Z")
_SHORT: Final = 4096
_TASKS: Final = ("detect", "segment", "pose", "obb", "classify")


def standard_name(column: str) -> str:
    """Return the series name of a column; unknown columns keep their own.

    >>> [standard_name(c) for c in ("metrics/mAP50-95(B)", "metrics/mAP_0.5(M)", "val/dfl_loss", "x/lr0", "odd")]
    ['map50_95', 'mask/map50', 'val/dfl', 'lr/0', 'odd']
    """
    if found := _METRIC.match(column):
        metric = _METRICS.get(found[1])
        return _HEADS[found[2] or ""] + metric if metric else found[1]
    if found := _RATE.match(column):
        return f"lr/{found[1]}"
    if found := _LOSS.match(column):
        return f"{found[1]}/{'total' if found[2] == 'loss' else found[2]}"
    return column


def recognise(log: LogFile) -> str | None:
    """Say whether the first line is the header of a results.csv."""
    if log.name == "results.csv" and len(log.data) < _SHORT and b"\n" not in log.data:
        return "a results.csv without a complete line"
    header = log.head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    columns = [column.strip() for column in header.split(",")]
    if columns[0] != "epoch" or not any(_METRIC.match(c) or _LOSS.match(c) for c in columns):
        return None
    tidy_names = [c for c in columns if _METRIC.match(c) or _RATE.match(c)]
    return f"columns epoch, {tidy_names[0]} ..." if tidy_names else None


def read(log: LogFile) -> History:
    """Read a results.csv with the settings beside it (``args.yaml`` or ``opt.yaml``)."""
    table = read_csv(log)
    if table.columns and table.columns[0] != "epoch":
        raise DataError(f"the first column is {table.columns[0]!r}, expected 'epoch'", file=log.name, where="line 1")
    names = _series_names(table.columns)
    rows = []
    for line, fields in table.records:
        row = Row(f"line {line}", _epoch(log, line, fields[0]))
        for column, name, text in zip(table.columns[1:], names, fields[1:], strict=True):
            value = number(log, text, line, column)
            if column == "time":
                row.time = value
            else:
                row.values[name] = value
        rows.append(row)
    settings = log.settings("args.yaml", "opt.yaml")
    old = any(column.startswith("x/lr") or column == "lr/0" for column in table.columns)
    return tidy(
        log,
        rows,
        framework=_framework(table.columns),
        task=_task(table.columns, settings.get("task")),
        series=[name for name, column in zip(names, table.columns[1:], strict=True) if column != "time"],
        from_zero=True if old else None,
        planned_epochs=integer(settings.get("epochs")),
        patience=integer(settings.get("patience")),
    )


def _series_names(columns: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for column in columns[1:]:
        name = standard_name(column)
        names[name if name not in names else column] = None
    return list(names)


def _epoch(log: LogFile, line: int, text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value.is_integer():
        raise DataError(f"epoch {text[:40]!r} is not a whole number", file=log.name, where=f"line {line}")
    return int(value)


def _framework(columns: list[str]) -> str:
    if any(column.startswith("x/lr") for column in columns):
        return "yolov9" if "train/dfl_loss" in columns and "train/obj_loss" not in columns else "yolov5"
    if "lr/0" in columns:
        return "yolov5"
    return "yolov10" if "train/box_om" in columns else "ultralytics"


def _task(columns: list[str], named: object) -> str:
    if named in _TASKS:
        return str(named)
    if "metrics/accuracy_top1" in columns:
        return "classify"
    if "train/theta_loss" in columns:
        return "obb"
    if "train/pose_loss" in columns:
        return "pose"
    return "segment" if "train/seg_loss" in columns else "detect"


READERS = (
    RunReader(
        name="ultralytics",
        example="runs/detect/train/results.csv (epoch,train/box_loss,...,metrics/mAP50-95(B)) with args.yaml",
        patterns=("results.csv", "results*.csv", "*.csv"),
        recognise=recognise,
        read=read,
    ),
)
