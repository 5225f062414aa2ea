"""``train_log.txt`` of YOLOX: a console log with losses every few iterations and AP as a block of text."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from framelens.training.registry import RunReader
from framelens.training.tidy import Means, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_ITERATION = re.compile(r"epoch: (\d{1,7})/(\d{1,7}), iter: (\d{1,9})/(\d{1,9})")
_LOSS = re.compile(r"(\w+)_loss: ([-+.\w]+)")
_RATE = re.compile(r"\blr: ([-+.\w]+)")
_AVERAGE = re.compile(r"Average Precision\s+\(AP\) @\[ IoU=(0\.50:0\.95|0\.50)\s*\| area=\s*all .*\] = (-?[\d.]+)\s*\Z")
_METRICS: Final = {"0.50:0.95": "map50_95", "0.50": "map50"}


def recognise(log: LogFile) -> str | None:
    """Say whether the head is a console log of ``yolox``."""
    return "a console log of yolox.core.trainer" if b"yolox.core" in log.head else None


def read(log: LogFile) -> History:
    """Read a train_log.txt: losses are means over the logged iterations of an epoch."""
    means = Means(_METRICS.values())
    planned, start, seconds = None, None, math.nan
    epoch, iteration = 0, 0
    for line, raw in log.lines():
        text = _COLOUR.sub("", raw)
        if stamp := _STAMP.match(text):
            start, seconds = _elapsed(stamp[1], start)
        if found := _ITERATION.search(text):
            again = int(found[1]) <= epoch and int(found[3]) <= iteration
            epoch, planned, iteration = int(found[1]), int(found[2]), int(found[3])
            values = {f"train/{part}": _number(value) for part, value in _LOSS.findall(text)}
            if rate := _RATE.search(text):
                values["lr/0"] = _number(rate[1])
            step = (epoch - 1) * int(found[4]) + iteration
            means.add(f"line {line}", epoch, values, step=step, time=seconds, starts=again and epoch == 1)
        elif (found := _AVERAGE.search(text)) and epoch:
            average = _number(found[2])
            # -1 is how COCO's evaluator says "undefined"
            means.add(f"line {line}", epoch, {_METRICS[found[1]]: average if average >= 0 else math.nan}, time=seconds)
    return tidy(log, means.rows, framework="yolox", task="detect", planned_epochs=planned)


def _elapsed(stamp: str, start: datetime | None) -> tuple[datetime | None, float]:
    try:
        now = datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - only differences count
    except ValueError:
        return start, math.nan
    start = start or now
    return start, (now - start).total_seconds()


def _number(text: str) -> float:
    try:
        return float(text.rstrip(","))
    except ValueError:
        return math.nan


READERS = (
    RunReader(
        name="yolox",
        example="train_log.txt: ... yolox.core.trainer ... epoch: 1/20, iter: 10/112, ... total_loss: 11.8, ...",
        patterns=("train_log.txt", "*train_log.txt", "*.log"),
        recognise=recognise,
        read=read,
    ),
)
