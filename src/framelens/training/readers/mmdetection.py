"""Logs of MMDetection and its relatives (MMRotate, MMYOLO): ``*.log.json`` of version 2, ``scalars.json`` of 3.

Version 2 marks lines as ``"mode": "train"`` or ``"val"``; the ``iter`` of a val line is the size of the val set.
Version 3 has no mode: train lines carry ``epoch`` and ``step``, val lines only ``step``, which is the epoch.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from framelens.training.jsonlog import first_record, read_records, real
from framelens.training.registry import RunReader
from framelens.training.tidy import Means, Row, by_evaluation, integer, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS", "standard_values"]

_METRIC_NAMES: Final = {
    "bbox_mAP": "map50_95",
    "bbox_mAP_50": "map50",
    "segm_mAP": "mask/map50_95",
    "segm_mAP_50": "mask/map50",
    "precision": "precision",
    "recall": "recall",
}
_METRICS: Final = frozenset(_METRIC_NAMES.values())
_NO_SERIES: Final = frozenset(
    {"mode", "epoch", "iter", "step", "time", "data_time", "memory", "eta", "exp_name", "env_info", "config", "seed"}
)
_CONSOLE = re.compile(
    r".* - mm(?:engine|det|rotate|yolo) - INFO - "
    r"Epoch\((train|val)\)\s*\[(\d{1,7})\]\[\s*(\d{1,9})/(\d{1,9})\]\s+(.*)\Z"
)
_PAIR = re.compile(r"(\S+): ([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf))(?=\s|\Z)")


def standard_values(record: dict[str, Any]) -> dict[str, float]:
    """Return the series of one record; keys that hold no number are left out.

    ``mAP`` without a prefix is that of the VOC and DOTA evaluators, whose default is IoU 0.50.

    >>> standard_values({"coco/bbox_mAP": 0.4, "loss_cls": 1.5, "loss": 2.0, "lr": 0.01, "time": 3})
    {'map50_95': 0.4, 'train/cls': 1.5, 'train/total': 2.0, 'lr/0': 0.01}
    >>> standard_values({"mode": "val", "AP50": 0.59, "mAP": 0.59022})
    {'map50': 0.59022}
    """
    split = "val" if record.get("mode") == "val" else "train"
    values: dict[str, float] = {}
    for key, raw in record.items():
        value = real(raw)
        base = key.rpartition("/")[2]
        if key in _NO_SERIES or (value != value and not isinstance(raw, float)):  # noqa: PLR0124 - nan
            continue
        if base in _METRIC_NAMES:
            values[_METRIC_NAMES[base]] = value
        elif base == "mAP":
            values["map50"] = value
        elif base == "AP50":
            values.setdefault("map50", value)
        elif base == "loss":
            values[f"{split}/total"] = value
        elif base.startswith("loss_"):
            values[f"{split}/{base[5:]}"] = value
        elif base in ("lr", "base_lr"):
            values["lr/0"] = value
    return values


def recognise_2(log: LogFile) -> str | None:
    """Say whether the first record carries a mode or the environment."""
    record = first_record(log)
    if record.get("mode") in ("train", "val") and "epoch" in record:
        return "JSON lines with mode train or val"
    return "JSON lines with env_info" if "env_info" in record else None


def read_2(log: LogFile) -> History:
    """Read a ``*.log.json``: losses are means over the logged iterations of an epoch."""
    means = Means(_METRICS)
    before = (0, 0)
    for where, record in read_records(log):
        epoch, iteration = integer(record.get("epoch")), integer(record.get("iter"))
        if epoch is None or record.get("mode") not in ("train", "val"):
            continue
        if record["mode"] == "val":
            means.add(where, epoch, _metrics_only(standard_values(record)))
            continue
        now = (epoch, iteration or 0)
        means.add(where, epoch, standard_values(record), step=float(now[1]), starts=now <= before and epoch == 1)
        before = now
    _say_voc(log, means.rows)
    for row in means.rows:
        row.step = float("nan")  # iterations begin anew in every epoch
    return tidy(log, means.rows, framework="mmdetection", task="detect")


def recognise_3(log: LogFile) -> str | None:
    """Say whether the first record is one of ``vis_data/scalars.json`` or of a test."""
    record = first_record(log)
    if {"loss", "step"} <= record.keys() and "iteration" not in record and "mode" not in record:
        return "JSON lines with loss and step"
    if any(re.match(r"\w+/(bbox_|segm_)?mAP\Z", key) for key in record):
        return "JSON lines with coco/bbox_mAP"
    return None


def read_3(log: LogFile) -> History:
    """Read a ``scalars.json``; runs that count only iterations get one row per evaluation."""
    records = [(where, record) for where, record in read_records(log) if record]
    if not any("epoch" in record for _, record in records) and any("loss" in record for _, record in records):
        rows = [Row(where, integer(record.get("step")) or 0, standard_values(record)) for where, record in records]
        return tidy(log, (), runs=by_evaluation(log, rows, _METRICS), framework="mmdetection", task="detect")
    means = Means(_METRICS)
    epoch, step = 1, 0
    for where, record in records:
        said, at = integer(record.get("epoch")), integer(record.get("step"))
        if said is not None:
            again = said <= epoch and at is not None and at <= step
            epoch, step = said, at or step
            means.add(where, epoch, standard_values(record), step=float(step), starts=again and epoch == 1)
        else:
            if at is None:
                what = "metrics without an epoch: the result of a test"
                log.notes.warn(f"{log.name}: {where}: {what}, shown at epoch {epoch}")
            means.add(where, epoch if at is None else at, _metrics_only(standard_values(record)))
    _say_voc(log, means.rows)
    return tidy(log, means.rows, framework="mmdetection", task="detect")


def recognise_console(log: LogFile) -> str | None:
    """Say whether the head is a console log of mmengine or mmdet."""
    found = re.search(rb" - mm(engine|det|rotate|yolo) - INFO - ", log.head)
    return f"a console log of mm{found[1].decode()}" if found else None


def read_console(log: LogFile) -> History:
    """Read a console log: lines ``Epoch(train) [1][5/6] ... loss: 2.78`` and the last ``Epoch(val)`` of each epoch."""
    means = Means(_METRICS)
    before = (0, 0)
    for line, text in log.lines():
        found = _CONSOLE.match(text)
        if not found:
            continue
        epoch, iteration, where = int(found[2]), int(found[3]), f"line {line}"
        values = standard_values({key: float(value) for key, value in _PAIR.findall(found[5])})
        if found[1] == "val":
            values = _metrics_only(values)
            if values:
                means.add(where, epoch, values)
            continue
        now = (epoch, iteration)
        step = (epoch - 1) * int(found[4]) + iteration
        means.add(where, epoch, values, step=step, starts=now <= before and epoch == 1)
        before = now
    _say_voc(log, means.rows)
    return tidy(log, means.rows, framework="mmdetection", task="detect")


def _metrics_only(values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if not name.startswith(("lr/", "train/"))}


def _say_voc(log: LogFile, rows: list[Row]) -> None:
    known = {name for row in rows for name in row.values}
    if "map50" in known and "map50_95" not in known:
        log.notes.warn(f"{log.name}: mAP without a range of IoU: taken as mAP at IoU 0.50, the evaluator's default")


READERS = (
    RunReader(
        name="mmdetection2",
        example='20240101_120000.log.json: {"mode": "train", "epoch": 1, "iter": 10, "loss": 2.2} (one object a line)',
        patterns=("*.log.json",),
        recognise=recognise_2,
        read=read_2,
    ),
    RunReader(
        name="mmdetection",
        example='vis_data/scalars.json: {"loss": 2.8, "epoch": 1, "step": 5}, {"coco/bbox_mAP": 0.38, "step": 5}',
        patterns=("scalars.json", "*scalars.json"),
        recognise=recognise_3,
        read=read_3,
    ),
    RunReader(
        name="mmdetection-console",
        example="20240101_120000.log: ... - mmengine - INFO - Epoch(train) [1][5/6] lr: 2.6e-05 ... loss: 2.78",
        patterns=("*.log",),
        recognise=recognise_console,
        read=read_console,
        order=3,
    ),
)
