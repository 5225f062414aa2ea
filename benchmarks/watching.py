"""What following a log costs, and how late it is: ``python benchmarks/watching.py [SECONDS] [EPOCHS]``.

Budget: under 2 % of a core, and under a second from a finished line to the listener, for a log of 500 epochs and
11 columns that gets another line five times a second.
"""

from __future__ import annotations

import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from framelens.training.watching import RunWatch

PERIOD, BUDGET, LATEST = 0.2, 0.02, 1.0
NAMES = ("train/box_loss", "train/cls_loss", "train/dfl_loss", "val/box_loss", "val/cls_loss", "val/dfl_loss",
         "metrics/precision(B)", "metrics/recall(B)", "metrics/mAP50(B)", "metrics/mAP50-95(B)", "lr/pg0")  # fmt: skip


def line(epoch: int) -> str:
    return f"{epoch},{','.join(f'{random.random():.5f}' for _ in NAMES)}\n"


def main(seconds: float = 30, epochs: int = 500) -> int:
    written: dict[int, float] = {}
    late: list[float] = []
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "results.csv")
        log.write_text(f"epoch,{','.join(NAMES)}\n" + "".join(map(line, range(1, epochs + 1))))
        watch = RunWatch(folder)
        look = watch._look  # noqa: SLF001 - the one place that knows what a look costs

        def measured() -> float:
            began = time.thread_time()
            pause = look()
            spent.append(time.thread_time() - began)
            return pause

        def heard(history: object) -> None:
            now = time.monotonic()
            known = [epoch for epoch in written if epoch <= history.epochs[-1]]  # type: ignore[attr-defined]
            late.extend(now - written.pop(epoch) for epoch in known)

        watch._look = measured  # type: ignore[method-assign]  # noqa: SLF001
        watch.on_update(heard)
        began, ended = time.monotonic(), threading.Event()
        epoch = epochs
        while time.monotonic() - began < seconds:
            epoch += 1
            with log.open("a") as file:
                file.write(line(epoch))
            written[epoch] = time.monotonic()
            ended.wait(PERIOD)
        share = sum(spent) / (time.monotonic() - began)
        watch.stop()
    late.sort()
    print(f"{epoch - epochs} lines after {epochs}; {len(spent)} looks, {share:.2%} of a core")
    print(f"from line to listener: median {late[len(late) // 2]:.2f} s, slowest {late[-1]:.2f} s")
    return 0 if share < BUDGET and late[-1] < LATEST else 1


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3])))
