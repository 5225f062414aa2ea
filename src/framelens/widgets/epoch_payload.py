"""What changed since the best epoch, as a page shows it: in cells, objects and frames of its own payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict

from framelens.epoch_changes import compare_epochs
from framelens.errors import FramelensError
from framelens.tables import class_labels
from framelens.widgets.history_payload import clean_text

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["ChangesHead", "encode_changes"]

#: So many cells, frames and objects are listed; the counts count all.
MOST_CELLS: Final = 24
MOST_FRAMES: Final = 24
MOST_OBJECTS: Final = 400


class CellChange(TypedDict):
    """One cell of the matrix, as indices into the classes of the payload, and its count at both epochs."""

    actual: int
    predicted: int
    before: int
    after: int


class FrameChange(TypedDict):
    """One frame and its errors at both epochs."""

    frame: int
    before: int
    after: int


class ChangesHead(TypedDict):
    """The ``changes`` part of a history: ``fixed`` and ``broken`` are rows of the payload's objects."""

    epoch: int
    base: int
    problem: str
    fixed_count: int
    broken_count: int
    fixed: list[int]
    broken: list[int]
    cells: list[CellChange]
    frames: list[FrameChange]


def encode_changes(evaluation: Evaluation) -> ChangesHead | None:
    """Return what changed since the best epoch, None where there is nothing to compare with.

    Parameters
    ----------
    evaluation : Evaluation
        Of one of several epochs.
    """
    if evaluation.saved is None or evaluation.epoch is None:
        return None
    changes: ChangesHead = {
        "epoch": evaluation.epoch,
        "base": evaluation.best_saved_epoch,
        "problem": "",
        "fixed_count": 0,
        "broken_count": 0,
        "fixed": [],
        "broken": [],
        "cells": [],
        "frames": [],
    }
    if changes["base"] == changes["epoch"]:
        return None
    try:
        found = compare_epochs(evaluation.at_epoch(changes["base"]), evaluation)
    except FramelensError as error:
        return changes | {"problem": clean_text(error)}
    rows = found.objects["object"].to_numpy()
    kinds = found.objects["change"].to_numpy()
    for kind in ("fixed", "broken"):
        chosen = rows[kinds == kind]
        changes[f"{kind}_count"] = len(chosen)  # type: ignore[literal-required]
        changes[kind] = chosen[:MOST_OBJECTS].tolist()
    place = {name: at for at, name in enumerate(class_labels(evaluation))}
    changes["cells"] = [
        CellChange(actual=place[actual], predicted=place[predicted], before=int(before), after=int(after))
        for actual, predicted, before, after in _rows(found.cells, "actual", "predicted", "before", "after")
        if actual in place and predicted in place
    ][:MOST_CELLS]
    frames = {name: at for at, name in enumerate(evaluation.dataset.frames.names)}
    moved = found.frames[found.frames["change"] != 0]
    changes["frames"] = [
        FrameChange(frame=frames[frame], before=int(before), after=int(after))
        for frame, before, after in _rows(moved, "frame", "before", "after")
    ][:MOST_FRAMES]
    return changes


def _rows(table: pd.DataFrame, *columns: str) -> list[list[Any]]:
    rows: list[list[Any]] = table[list(columns)].to_numpy().tolist()
    return rows
