"""Training runs without an evaluation: the page of their charts, and their numbers as files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import pandas as pd

import framelens
from framelens.data.dataset import Dataset, Detections, Frames, Objects
from framelens.data.writing import utf8, write_file
from framelens.evaluation import Evaluation
from framelens.report.export import as_csv, made_folder
from framelens.report.html import Subject
from framelens.widgets.history_payload import clean_text, encode_history
from framelens.widgets.wire import encode

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from framelens.training.history import History
    from framelens.widgets.wire import Head

__all__ = ["FILES", "export_runs", "file_of_runs", "stamp_of_runs", "subject_of_runs"]

#: What the numbers of runs are written as.
FILES: Final = ("csv", "json", "png")


def subject_of_runs(histories: Sequence[History]) -> Subject:
    """Return what a page shows of runs: the charts of an evaluation that holds nothing else.

    Parameters
    ----------
    histories : sequence of History
        At least one; the others are drawn over it.
    """
    first, *others = histories
    title = first.name or f"{first.framework} run"
    evaluation = Evaluation(dataset=_nothing(), history=first, other_runs=tuple(others), title=title)
    payload = encode(evaluation)
    head = {**payload.head, "stamp": stamp_of_runs(histories), "checklist": [], "warnings": [], "recount": None}
    return Subject(evaluation, replace(payload, head=cast("Head", head)))


def export_runs(histories: Sequence[History], folder: str | os.PathLike[str]) -> list[Path]:
    """Write the values of every epoch as CSV and JSON, and the charts as PNG.

    Parameters
    ----------
    histories : sequence of History
        At least one.
    folder : path
        Made if it is not there.

    Raises
    ------
    OptionError
        If the folder cannot be written.
    """
    target = made_folder(folder)
    return [write_file(target / f"epochs.{ending}", file_of_runs(histories, ending)) for ending in FILES]


def file_of_runs(histories: Sequence[History], ending: str) -> bytes:
    """Return the values of every epoch, with what they were made from, as one file.

    Parameters
    ----------
    histories : sequence of History
        At least one.
    ending : {"csv", "json", "png"}
    """
    from framelens.widgets.snapshot import draw_curves, to_png

    if ending == "csv":
        tables = [one.to_frame().assign(run=one.name or one.framework) for one in histories]
        table = pd.concat(tables, ignore_index=True)
        return utf8(as_csv(table[["run", *table.columns.drop("run")]], stamp_of_runs(histories)))
    heads = [head for one in histories if (head := encode_history(one)) is not None]
    if ending == "png":
        return to_png(*map(draw_curves, heads))
    numbers = {"stamp": stamp_of_runs(histories), "runs": heads}
    return utf8(json.dumps(numbers, ensure_ascii=False, allow_nan=False, indent=1))


def stamp_of_runs(histories: Sequence[History]) -> list[list[str]]:
    """Return which runs and epochs, and which version of framelens."""
    rows = []
    for one in histories:
        epochs = f"{one.epochs[0]} to {one.epochs[-1]}" if len(one) else "none"
        rows.append(["run", clean_text(f"{one.name or one.framework} ({one.framework}), epochs {epochs}")])
    return [*rows, ["framelens", framelens.__version__]]


def _nothing() -> Dataset:
    boxes, rows, flags = np.empty((0, 4)), np.empty(0, dtype=np.int64), np.empty(0, dtype=bool)
    small, numbers = rows.astype(np.int32), np.empty(0)
    none: tuple[Any, ...] = ()
    return Dataset(
        Frames(none, none, numbers, numbers),
        classes=(),
        class_ids=(),
        objects=Objects(small, small, boxes, numbers, flags, flags, rows),
        detections=Detections(small, small, boxes, numbers, rows),
    )
