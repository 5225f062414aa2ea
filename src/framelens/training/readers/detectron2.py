"""``metrics.json`` of Detectron2: one JSON object per logged iteration; metrics in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from framelens.errors import DataError
from framelens.training.jsonlog import first_record, read_records, real
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, by_evaluation, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS", "percent_series"]

#: Series in percent.
_METRICS: Final = {
    "bbox/AP": "map50_95",
    "bbox/AP50": "map50",
    "segm/AP": "mask/map50_95",
    "segm/AP50": "mask/map50",
    "keypoints/AP": "pose/map50_95",
    "keypoints/AP50": "pose/map50",
}


def percent_series(key: str) -> str | None:
    """Return the series of a metric that Detectron2 writes in percent, None for other keys."""
    return _METRICS.get(key)


def recognise(log: LogFile) -> str | None:
    """Say whether the first record has an iteration and Detectron2's losses or metrics."""
    record = first_record(log)
    if "iteration" in record and ("total_loss" in record or any(key in record for key in _METRICS)):
        return "JSON lines with iteration and total_loss"
    return None


def read(log: LogFile) -> History:
    """Read a metrics.json: one row per evaluation, or per record where nothing was evaluated."""
    rows = [
        Row(where, _iteration(log, where, record), _values(record)) for where, record in read_records(log) if record
    ]
    runs = by_evaluation(log, rows, set(_METRICS.values()))
    names = {name for row in rows for name in row.values}
    task = "segment" if {"train/mask", "mask/map50_95"} & names else "detect"
    return tidy(log, (), runs=runs, framework="detectron2", task=task, series=_order(names))


def _iteration(log: LogFile, where: str, record: dict[str, Any]) -> int:
    value = record.get("iteration")
    if isinstance(value, bool) or not isinstance(value, int):
        raise DataError("no iteration in this record", file=log.name, where=where)
    return value


def _values(record: dict[str, Any]) -> dict[str, float]:
    values = {}
    for key, value in record.items():
        if key in _METRICS:
            values[_METRICS[key]] = real(value) / 100
        elif key == "total_loss":
            values["train/total"] = real(value)
        elif key.startswith("loss_"):
            values[f"train/{key[5:]}"] = real(value)
        elif key == "validation_loss":
            values["val/total"] = real(value)
        elif key == "lr":
            values["lr/0"] = real(value)
    return values


def _order(names: set[str]) -> list[str]:
    return sorted(names, key=lambda name: ("/" in name, name.startswith("lr/"), name))


READERS = (
    RunReader(
        name="detectron2",
        example='metrics.json: {"bbox/AP": 23.9, "iteration": 99, "total_loss": 1.5, ...} (one object a line)',
        patterns=("metrics.json", "*metrics.json"),
        recognise=recognise,
        read=read,
    ),
)
