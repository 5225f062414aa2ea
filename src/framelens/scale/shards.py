"""Where the summaries and boxes of a large evaluation are, and how they are asked."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.concatenate import concatenate
from framelens.metrics.operating_point import OperatingPoint, rate_classes
from framelens.scale import tasks
from framelens.scale.batches import is_finished, summarize_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset, Frames
    from framelens.data.pictures import Pictures
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.merged import CurveCounts
    from framelens.metrics.merged_point import F1Search
    from framelens.metrics.operating_point import ClassScores
    from framelens.metrics.summary import Summary
    from framelens.scale.batches import Plan
    from framelens.scale.runners import Runner
    from framelens.scale.tasks import BatchCells

__all__ = ["Shards"]

Cells = tuple["int | None", "int | None"]
# Detections that are worth a call to another process, and in this one a step of what shows how far it is.
_WORTH_A_CALL, _WORTH_A_LOOK = 50_000, 4_000_000


@dataclass(eq=False)
class Shards:
    """Batches in a work folder, and the processes that read them.

    Attributes
    ----------
    plan : Plan
    runner : Runner
    at_once : int
        Detections merged in one go.
    frequency : tuple of str
        How common each class is, as LVIS says it.
    pictures_of : object
        ``frames=`` of the caller.
    """

    plan: Plan
    runner: Runner
    at_once: int
    frequency: tuple[str, ...] = ()
    pictures_of: Any = None
    _cells: dict[float | None, list[BatchCells]] = field(default_factory=dict)

    def close(self) -> None:
        """Let go of the processes that were started for this; what is asked from now on is read in this one."""
        self.runner = self.runner.close()

    def summarize(self) -> None:
        """Match what has not been matched yet."""
        sizes = self._sizes()
        left = [number for number in range(self.plan.batches) if not is_finished(self.plan, number)]
        some = [sizes[number] for number in left]
        items = [(self.plan, number) for number in left]
        for _ in self.runner.map(summarize_batch, items, some, "matching", done=sum(sizes) - sum(some)):
            pass

    def average_precision(self) -> CocoMetrics:
        """Count the curves, some classes on each worker."""
        classes = len(self.plan.classes)
        bounds = np.unique(np.linspace(0, classes, max(1, min(classes, self._groups)) + 1).astype(np.int64)).tolist()
        groups = list(pairwise(bounds)) or [(0, 0)]
        items = [(self.plan, first, last, self.at_once) for first, last in groups]
        total: CurveCounts = self.runner.call(tasks.no_curves, self.plan)
        for part in self.runner.map(
            tasks.curves_of, items, [b - a for a, b in groups], "merging curves", unit="classes"
        ):
            total.take(part)
        return total.metrics()

    @property
    def _groups(self) -> int:
        """How many calls share what is merged."""
        workers = self.runner.workers
        worth = _WORTH_A_LOOK if workers == 1 else _WORTH_A_CALL
        return min(max(8, 4 * workers), 1 + self.plan.detection_start[-1] // worth)

    def best_point(self) -> OperatingPoint:
        """Find the confidence with the best mean F1, among some scores on each worker."""
        groups = self._groups
        at_once = min(self.at_once, 1 + self.plan.detection_start[-1] // groups)
        search: F1Search
        search, cuts = self.runner.call(tasks.begin_search, self.plan, at_once)
        ends = np.unique(np.linspace(0, len(cuts) - 1, groups + 1).astype(np.int64))
        items = [(self.plan, cuts[first : last + 1]) for first, last in pairwise(ends)]
        for part in self.runner.map(tasks.search_of, items, [1] * len(items), "finding the confidence", unit="steps"):
            search.take(part)
        return OperatingPoint(search.confidence, self.plan.iou, "best mean F1")

    def rates(self, confidence: float | None) -> ClassScores:
        """Rate each class at a confidence."""
        items = [(self.plan, number, confidence) for number in range(self.plan.batches)]
        counts = np.zeros((4, len(self.plan.classes)), dtype=np.int64)
        for part in self.runner.map(tasks.count_rates, items, self._sizes(), "counting"):
            counts += part
        return rate_classes(counts[0], counts[1], counts[2])

    def cells(self, confidence: float | None) -> tuple[NDArray[np.int64], int, int]:
        """Return the confusion matrix, (K + 1, K + 1), and the objects and detections beside it."""
        return tasks.sum_cells(self._batch_cells(confidence), len(self.plan.classes))

    def _batch_cells(self, confidence: float | None) -> list[BatchCells]:
        if confidence not in self._cells:
            items = [(self.plan, number, confidence) for number in range(self.plan.batches)]
            found = self.runner.map(tasks.count_batch, items, self._sizes(), "filling the matrix")
            self._cells[confidence] = list(found)
        return self._cells[confidence]

    def _sizes(self) -> list[int]:
        starts = self.plan.detection_start
        return [b - a for a, b in pairwise(starts)]

    def _with(self, confidence: float | None, cells: Cells) -> list[int]:
        """Return the batches that have examples in a cell, row or column."""
        side = len(self.plan.classes) + 1
        found = []
        for number, batch in enumerate(self._batch_cells(confidence)):
            inside = np.ones(len(batch.cell), dtype=np.bool_)
            for wanted, index in zip(cells, np.divmod(batch.cell, side), strict=True):
                if wanted is not None:
                    inside &= index == wanted
            if inside.any():
                found.append(number)
        return found

    def examples(self, confidence: float | None, cells: Cells, limit: int) -> pd.DataFrame:
        """Read the batches with examples of a cell again; the ``limit`` highest scores."""
        import pandas as pd

        numbers = self._with(confidence, cells)
        items = [(self.plan, number, confidence, cells, limit) for number in numbers]
        best: pd.DataFrame | None = None
        for table in self.runner.map(tasks.examples_of, items, [1] * len(items), "reading boxes", unit="batches"):
            best = table if best is None else pd.concat([best, table], ignore_index=True)
            best = best.sort_values("score", ascending=False, kind="stable", na_position="last", ignore_index=True)
            best = best.head(limit)
        if best is None:
            best = tasks.examples_of(self.plan, 0, confidence, cells, limit)
        return best

    def frames_behind(self, confidence: float | None, cells: Cells, most: int) -> Dataset:
        """Read the frames with the most examples of a cell."""
        numbers = self._with(confidence, cells)
        items = [(self.plan, number, confidence, cells) for number in numbers]
        found = list(self.runner.map(tasks.frames_of, items, [1] * len(items), "looking for frames", unit="batches"))
        place = np.concatenate([np.empty(0, dtype=np.int64), *(places for places, _ in found)])
        count = np.concatenate([np.empty(0, dtype=np.int64), *(counts for _, counts in found)])
        chosen = np.sort(place[np.argsort(-count, kind="stable")[:most]])
        batch = np.searchsorted(self.plan.bounds, chosen, side="right") - 1
        groups: list[Sequence[int]] = [chosen[batch == number].tolist() for number in np.unique(batch)]
        if not groups:
            return tasks.take(self.plan, [0])
        calls = [(self.plan, group) for group in groups]
        parts = list(self.runner.map(tasks.take, calls, [1] * len(calls), "reading", unit="batches"))
        return concatenate(parts, keep_order=True)

    def kept(self) -> tuple[Summary, Frames]:
        """Return the summary of everything, and the names of all frames, in memory."""
        return self.runner.call(tasks.everything, self.plan)  # type: ignore[no-any-return]

    def pictures(self, frames: Frames) -> Pictures | None:
        """Open the pictures of frames where the workers have them."""
        from framelens.data.given_pictures import open_pictures
        from framelens.data.pictures import Pictures

        source = self.pictures_of
        if self.runner.remote and isinstance(source, (str, os.PathLike)):
            root, runner = str(source), self.runner
            found = Pictures.from_callable(lambda name: runner.call(tasks.fetch_picture, root, name), frames.names)
            return found.with_sizes(frames.width, frames.height)
        return open_pictures(source, frames)
