"""Evaluate two tables in one way in a process of its own, and print time, memory and numbers.

python -m benchmarks.scale.worker MODE TRUTH DETECTIONS WORK, with MODE whole, batches or dask
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import psutil

import framelens
from framelens.scale import run, shards
from framelens.scale.cluster import dask_runner
from framelens.scale.limits import parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = "2GB"
START, ALL = "start the workers", "all"


class Peak(threading.Thread):
    """Highest resident memory of this process and those it started, looked at 20 times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        mine = psutil.Process()
        while not self.done.wait(0.05):
            everyone = (mine, *mine.children(recursive=True))
            self.bytes = max(self.bytes, sum(_resident(process) for process in everyone))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _processor() -> float:
    """Return the processor seconds of this process and those it started."""
    mine, total = psutil.Process(), 0.0
    for process in (mine, *mine.children(recursive=True)):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


class Stages:
    """Wall and processor seconds of the steps of a large evaluation."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}

    def watch(self, owner: Any, function: str, name: str) -> None:
        """Measure a function wherever it is called."""
        honest = getattr(owner, function)

        @wraps(honest)
        def measured(*args: Any, **options: Any) -> Any:
            with self.step(name):
                return honest(*args, **options)

        setattr(owner, function, measured)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a block."""
        wall, processor = time.perf_counter(), _processor()
        yield
        self.seconds[name] = (time.perf_counter() - wall, _processor() - processor)


def main() -> None:
    mode, truth, found, work = sys.argv[1:]
    options: dict[str, Any] = {} if mode == "whole" else {"memory": MEMORY, "resume": work}
    stages = Stages()
    if mode == "dask":
        # As engine="dask" starts them without client=; said apart from the rest.
        with stages.step(START):
            runner = dask_runner(None, progress=False, memory=parse_size(MEMORY))
        options |= {"client": runner.client, "engine": "dask"}
    stages.watch(run, "_prepared", "order the tables")
    stages.watch(shards.Shards, "summarize", "match")
    stages.watch(shards.Shards, "best_point", "best confidence")
    stages.watch(shards.Shards, "average_precision", "curves")
    stages.watch(shards.Shards, "cells", "matrix")
    peak = Peak()
    peak.start()
    with stages.step(ALL):
        numbers = framelens.evaluate(truth, found, progress=False, **options).as_dict()
    peak.done.set()
    peak.join()
    kept = {key: numbers[key] for key in ("coco", "operating_point", "precision", "recall", "confusion")}
    wall, processor = stages.seconds.pop(ALL)
    digest = hashlib.sha256(json.dumps(kept).encode()).hexdigest()
    result = {"wall": wall, "processor": processor, "peak": peak.bytes, "numbers": digest, "stages": stages.seconds}
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    main()
