"""Evaluate two tables in one way in a process of its own, and print time, memory and numbers.

python -m benchmarks.scale.worker MODE TRUTH DETECTIONS WORK, with MODE whole, batches or dask
"""

from __future__ import annotations

import json
import sys
import threading
import time

import psutil

import framelens
from framelens.scale.limits import parse_size

MEMORY = "2GB"


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


def main() -> None:
    mode, truth, found, work = sys.argv[1:]
    options = {"whole": {}, "batches": {"memory": MEMORY}, "dask": {"memory": MEMORY, "engine": "dask"}}[mode]
    if options:
        options["resume"] = work
    if mode == "dask":
        from framelens.scale.cluster import dask_runner

        # As engine="dask" starts them without client=; starting takes 2 s or more and is not counted.
        runner = dask_runner(None, progress=False, memory=parse_size(MEMORY))
        options["client"] = runner.client
    peak = Peak()
    peak.start()
    start = time.perf_counter()
    evaluation = framelens.evaluate(truth, found, progress=False, **options)
    matched = time.perf_counter()
    numbers = evaluation.as_dict()
    wall = time.perf_counter() - start
    peak.done.set()
    peak.join()
    kept = {key: numbers[key] for key in ("coco", "operating_point", "precision", "recall", "confusion")}
    result = {"wall": wall, "matched": matched - start, "peak": peak.bytes, "numbers": kept}
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    main()
