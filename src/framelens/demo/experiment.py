"""The experiment: make frames, train, evaluate each epoch and write everything down."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

from framelens.demo.frames import compose_frame, load_pools
from framelens.demo.records import COLUMNS, coco_annotations, coco_results, settings_yaml, table_row
from framelens.demo.training import LEARNING_RATE, prepare, train

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from framelens.demo.files import DemoFolder
    from framelens.demo.frames import DigitPool, Frame
    from framelens.demo.training import Samples

__all__ = ["PREDICTIONS", "TRUTH", "Plan", "bar", "carry_out"]

TRUTH = "annotations_val.json"
PREDICTIONS = "predictions_val.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to make, from which seed, and whether progress bars are shown."""

    seed: int
    epochs: int
    train_frames: int
    validation_frames: int
    progress: bool


def carry_out(files: DemoFolder, plan: Plan) -> None:
    """Write frames, annotations, the run, and the detections of its best epoch into ``files``."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from framelens.training import read_run

    train_digits, validation_digits = load_pools()
    # One thread: sums in another order would change the last digits, and with them the numbers.
    with threadpool_limits(limits=1):
        training, _ = _frames(train_digits, plan.train_frames, plan)
        validation, frames = _frames(validation_digits, plan.validation_frames, plan)
        for frame in frames:
            files.write(f"frames/val/{frame.name}", frame.jpeg)
        files.write_json(TRUTH, coco_annotations(frames, plan.seed))
        files.write("run/args.yaml", settings_yaml(plan, LEARNING_RATE))
        _train(files, training, validation, plan)
    best = read_run(files.path / "run").best_epoch or plan.epochs
    files.write(PREDICTIONS, (files.path / _epoch_file(best)).read_bytes())


def bar(items: Iterable[T], what: str, total: int, *, shown: bool) -> tqdm[T]:
    """Return ``items`` with a progress bar; in a log file it prints a line now and then."""
    interval = 0.1 if sys.stderr.isatty() else 15
    return tqdm(items, desc=f"{what:<17}", total=total, disable=not shown, mininterval=interval, file=sys.stderr)


def _frames(pool: DigitPool, count: int, plan: Plan) -> tuple[Samples, list[Frame]]:
    """Compose the frames of one split and propose boxes on them."""
    frames: list[Frame] = []
    what = {"train": "training frames", "val": "validation frames"}[pool.split]

    def composed() -> Iterable[Frame]:
        for number in bar(range(1, count + 1), what, count, shown=plan.progress):
            frames.append(compose_frame(pool, number, plan.seed))
            yield frames[-1]

    return prepare(composed(), shaken=pool.split == "train", seed=plan.seed), frames


def _train(files: DemoFolder, training: Samples, validation: Samples, plan: Plan) -> None:
    """Train, evaluate each epoch with framelens itself and write ``results.csv``."""
    lines = [",".join(COLUMNS)]
    steps = train(training, validation, frames=plan.validation_frames, epochs=plan.epochs, seed=plan.seed)
    for epoch in bar(steps, "epochs", plan.epochs, shown=plan.progress):
        name = _epoch_file(epoch.number)
        files.write_json(name, coco_results(epoch.found))
        lines.append(table_row(epoch, _metrics(files.path, name), LEARNING_RATE))
    files.write("run/results.csv", ("\n".join(lines) + "\n").encode())


def _epoch_file(epoch: int) -> str:
    return f"run/predictions/epoch_{epoch:02d}.json"


def _metrics(folder: Path, predictions: str) -> dict[str, float]:
    """Return precision, recall, map50 and map50_95 as the dashboard shows them."""
    from framelens.evaluation import evaluate

    table = evaluate(folder / TRUTH, folder / predictions, progress=False).metrics
    return dict(zip(table["metric"], table["value"], strict=True))
