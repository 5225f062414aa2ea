"""TensorBoard event files, whoever wrote them: steps are epochs or iterations, tags tell the trainer."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Final

from framelens.errors import one_line
from framelens.training._events import Scalar, is_event_file, read_scalars
from framelens.training.logfile import LogFile
from framelens.training.readers.detectron2 import percent_series
from framelens.training.readers.mmdetection import standard_values
from framelens.training.readers.table import guess_name
from framelens.training.readers.ultralytics import standard_name
from framelens.training.registry import RunReader
from framelens.training.tidy import Means, Row, by_evaluation, tidy

if TYPE_CHECKING:
    from framelens.training.history import History

__all__ = ["READERS"]

_SHOWN: Final = 5
_RATES: Final = ("lr", "learning_rate")


def recognise(log: LogFile) -> str | None:
    """Say whether the file begins with a TensorBoard record."""
    return "a TensorBoard record with the right checksum" if is_event_file(log.head) else None


def read(log: LogFile) -> History:
    """Read the scalars of an event file, and of its neighbours where a folder was named."""
    rows: list[Row] = []
    tags: dict[str, None] = {}
    start = None
    for path in log.others or (log.path,):
        part = log if path == log.path else LogFile(path, log.root, log.notes)
        # threads of a trainer write out of order; only another file is another start
        scalars = sorted(read_scalars(part), key=lambda scalar: scalar.step)
        tags.update(dict.fromkeys(scalar.tag for scalar in scalars))
        start = scalars[0].time if start is None and scalars else start
        rows += _rows(part, scalars, start or 0.0)
    _say_unknown(log, tags)
    if any(tag.startswith(("metrics/", "x/lr", "lr/pg")) for tag in tags):
        old = any(tag.startswith("x/lr") for tag in tags)
        return tidy(
            log, rows, framework="ultralytics", task="detect", from_zero=True if old else None, name=_run_name(log)
        )
    if "epoch" in tags:
        return tidy(log, _lightning(rows), framework="lightning", from_zero=True, name=_run_name(log))
    metrics = {name for row in rows for name in row.values if not name.startswith(("train/", "lr/"))}
    framework = "detectron2" if "total_loss" in tags else "mmdetection" if "train/loss" in tags else "unknown"
    runs = by_evaluation(log, rows, metrics)
    task = "unknown" if framework == "unknown" else "detect"
    return tidy(log, (), runs=runs, framework=framework, task=task, name=_run_name(log))


def _rows(log: LogFile, scalars: list[Scalar], start: float) -> list[Row]:
    rows: list[Row] = []
    for scalar in scalars:
        name, unit = _series(scalar.tag)
        if not name:
            continue
        if not rows or rows[-1].epoch != scalar.step:
            rows.append(Row(f"{log.name}, step {scalar.step}", scalar.step, time=scalar.time - start))
        rows[-1].values[name] = scalar.value * unit
    return rows


def _series(tag: str) -> tuple[str, float]:
    """Return the series of a tag and the factor of its values; ``""`` for tags that are not shown."""
    percent = percent_series(tag)
    return (percent, 0.01) if percent else (_named(tag), 1.0)


def _named(tag: str) -> str:
    if tag in ("epoch", "total_loss"):
        return {"total_loss": "train/total"}.get(tag, tag)
    if tag.startswith(("metrics/", "x/lr", "lr/")) or (tag.endswith("_loss") and tag.startswith(("train/", "val/"))):
        return standard_name(tag)
    split, _, base = tag.rpartition("/")
    if base in _RATES or base.startswith("lr-"):
        return "lr/0"
    known = standard_values({base: 1.0, "mode": split}) if split in ("", "train", "val") else {}
    if known:
        return next(iter(known))
    guessed = guess_name(tag)
    return guessed if guessed != tag else ""


def _lightning(rows: list[Row]) -> list[Row]:
    """Turn iterations into epochs by the scalar ``epoch`` that Lightning writes beside the others."""
    known = [(row.epoch, int(row.values["epoch"])) for row in rows if row.values.get("epoch", -1) >= 0]
    steps = [step for step, _ in known]
    means = Means({name for row in rows for name in row.values if not name.startswith("train/")})
    for row in rows:
        at = min(bisect.bisect_left(steps, row.epoch), len(known) - 1)
        values = {name: value for name, value in row.values.items() if name != "epoch"}
        if at >= 0:
            means.add(row.where, known[at][1], values, step=float(row.epoch), time=row.time)
    return means.rows


def _say_unknown(log: LogFile, tags: dict[str, None]) -> None:
    unknown = [tag for tag in tags if not _series(tag)[0]]
    if unknown:
        shown = ", ".join(one_line(tag, 40) for tag in unknown[:_SHOWN]) + (" ..." if len(unknown) > _SHOWN else "")
        log.notes.warn(f"{log.name}: {len(unknown)} other scalars are not read: {shown}")


def _run_name(log: LogFile) -> str:
    return log.path.parent.name or log.path.stem


READERS = (
    RunReader(
        name="tensorboard",
        example="events.out.tfevents.1664019806.host.1.0 (binary; several in a folder are one run)",
        patterns=("events.out.tfevents.*",),
        recognise=recognise,
        read=read,
        order=5,
        last=True,
    ),
)
