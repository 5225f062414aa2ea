"""What one worker does with the batches of a plan; plain functions, so that any process can call them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.given import read_bytes
from framelens.metrics.combine import combine
from framelens.metrics.confusion import confuse
from framelens.metrics.federated import lvis_matching
from framelens.metrics.matching import match
from framelens.metrics.merged import begin_curves, count_curves, sum_of
from framelens.metrics.merged_point import F1Search, class_counts, count_cells, search_best_f1
from framelens.metrics.shards import score_cuts
from framelens.scale.batches import open_summaries, open_summary, read_frames, read_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset, Frames
    from framelens.metrics.merged import CurveCounts, CurvePart
    from framelens.metrics.summary import Summary
    from framelens.scale.batches import Plan

__all__ = [
    "BatchCells",
    "begin_search",
    "cells_of",
    "count_batch",
    "count_rates",
    "curves_of",
    "everything",
    "examples_of",
    "fetch_picture",
    "frames_of",
    "no_curves",
    "search_of",
    "sum_cells",
    "take",
]

_PICTURE = 200_000_000


@dataclass(frozen=True, slots=True)
class BatchCells:
    """The cells of one batch that are not empty.

    Attributes
    ----------
    cell, count : int64 array
        Row times (K + 1) plus column, and how many examples.
    ignored_objects, ignored_detections : int
        What is beside the matrix.
    """

    cell: NDArray[np.int64]
    count: NDArray[np.int64]
    ignored_objects: int
    ignored_detections: int


def no_curves(plan: Plan) -> CurveCounts:
    """Return the counts of all batches before any detection."""
    return begin_curves(open_summaries(plan))


def curves_of(plan: Plan, first: int, last: int, at_once: int) -> CurvePart:
    """Count the curves of some classes over all batches."""
    return count_curves(open_summaries(plan), at_once, (first, last))


def begin_search(plan: Plan, at_once: int) -> tuple[F1Search, NDArray[np.float64]]:
    """Return a search before any detection, and scores between which about ``at_once`` of all batches lie."""
    parts = open_summaries(plan)
    return F1Search(sum_of(parts, "objects_counted")), score_cuts(parts, at_once)


def search_of(plan: Plan, cuts: NDArray[np.float64]) -> F1Search:
    """Look for the best mean F1 over all batches between the first and the last of some scores."""
    return search_best_f1(open_summaries(plan), cuts)


def count_rates(plan: Plan, number: int, confidence: float | None) -> NDArray[np.int64]:
    """Return objects, detections that count, right ones and absorbed ones of a batch, (4, K)."""
    summary = open_summary(plan, number)
    return np.vstack([summary.objects_counted, class_counts(summary, confidence)])


def count_batch(plan: Plan, number: int, confidence: float | None) -> BatchCells:
    """Count the cells of a batch."""
    return cells_of(open_summary(plan, number), confidence)


def cells_of(summary: Summary, confidence: float | None) -> BatchCells:
    """Count the cells of a summary."""
    counts, ignored = count_cells(summary, confidence)
    flat = counts.ravel()
    cell = np.flatnonzero(flat)
    return BatchCells(cell, flat[cell], summary.ignored_objects, ignored)


def examples_of(
    plan: Plan, number: int, confidence: float | None, cells: tuple[int | None, int | None], limit: int
) -> pd.DataFrame:
    """Read a batch again and return the examples of a cell, row or column, at most ``limit``, highest score first.

    ``object`` and ``detection`` are rows of the whole data.
    """
    from framelens import tables
    from framelens.evaluation import Evaluation

    dataset = read_frames(plan, plan.bounds[number], plan.bounds[number + 1])
    lowest = -np.inf if confidence is None else confidence
    evaluation = Evaluation(dataset, rules=plan.rules, confidence=lowest, iou=plan.iou)
    table = tables.examples_table(evaluation, *cells).head(limit)
    before = plan.object_start[number]
    table["object"] += before
    table["detection"] += plan.object_start[-1] - len(dataset.objects) + plan.detection_start[number]
    return table


def frames_of(
    plan: Plan, number: int, confidence: float | None, cells: tuple[int | None, int | None]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the frames of a batch that have examples in a cell, row or column, and how many."""
    first = plan.bounds[number]
    dataset = read_frames(plan, first, plan.bounds[number + 1])
    matching = match(dataset, plan.iou)
    if plan.rules == "lvis":
        matching = lvis_matching(dataset, matching)
    examples = confuse(dataset, matching, confidence).examples
    chosen = np.ones(len(examples), dtype=np.bool_)
    for wanted, column in zip(cells, (examples.actual, examples.predicted), strict=True):
        if wanted is not None:
            chosen &= column == wanted
    row, found = examples.object[chosen], examples.detection[chosen]
    frame = np.empty(len(row), dtype=np.int64)
    frame[row >= 0] = dataset.objects.frame[row[row >= 0]]
    frame[row < 0] = dataset.detections.frame[found[row < 0]]
    places, count = np.unique(frame, return_counts=True)
    return places + first, count


def take(plan: Plan, frames: Sequence[int]) -> Dataset:
    """Read some frames of one batch again."""
    return read_frames(plan, int(frames[0]), int(frames[-1]) + 1, frames)


def everything(plan: Plan) -> tuple[Summary, Frames]:
    """Return the summaries of all batches as one, and all frames."""
    every = np.arange(len(plan.classes), dtype=np.int32)
    places = [(np.arange(first, last, dtype=np.int32), every) for first, last in pairwise(plan.bounds)]
    return combine(open_summaries(plan), places, plan.bounds[-1], len(every)), read_names(plan)


def fetch_picture(root: str, name: str) -> bytes | None:
    """Return the bytes of a frame from this worker's storage, None where it is not below ``root``."""
    folder = Path(root).resolve()
    path = (folder / name).resolve()
    return read_bytes(path, _PICTURE) if path.is_relative_to(folder) and path.is_file() else None


def sum_cells(batches: Sequence[BatchCells], classes: int) -> tuple[NDArray[np.int64], int, int]:
    """Return the whole confusion matrix, (K + 1, K + 1), and how many objects and detections are beside it."""
    side = classes + 1
    total = np.zeros(side * side, dtype=np.int64)
    for batch in batches:
        total[batch.cell] += batch.count
    objects, detections = (
        sum(getattr(batch, f"ignored_{kind}") for batch in batches) for kind in ("objects", "detections")
    )
    return total.reshape(side, side), objects, detections
