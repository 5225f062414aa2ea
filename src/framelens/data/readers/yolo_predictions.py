"""YOLO prediction files: one ``.txt`` per picture, ``class cx cy w h confidence``."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import Source
from framelens.data.given import read_bytes
from framelens.data.progress import progress
from framelens.data.readers._yolo import label_lines, note_shapes, parse_label
from framelens.data.readers.text import confidence_stands_first
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import Predictions, make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given

__all__ = ["READERS"]

_SAMPLE, _BOX_COLUMNS = 50, 6


def recognise(given: Given) -> Evidence | None:
    """Recognise a folder whose text files hold an index, fractions and a confidence last."""
    sample: list[list[str]] = []
    for path in given.text_files()[:200] if given.is_folder else []:
        lines = _scored_lines(path)
        if lines is None:
            return None
        sample += lines
        if len(sample) >= _SAMPLE:
            break
    boxes = any(len(fields) == _BOX_COLUMNS for fields in sample)
    if not sample or (boxes and confidence_stands_first(sample)):
        return None
    return Evidence(f"label files whose lines have {len(sample[0])} numbers", 2)


def _scored_lines(path: Path) -> list[list[str]] | None:
    """Return the first lines of a file; None if one is no scored label.

    Boxes and polygons have an odd number of columns without a confidence and an even one with it.
    """
    try:
        lines = [fields for _, fields in label_lines(read_bytes(path), path.name)][:20]
        for fields in lines:
            if len(fields) % 2 or not parse_label(fields, "", path.name, scored=True).inside or _is_pose(fields, path):
                return None
    except DataError:
        return None
    return lines


def _is_pose(fields: list[str], path: Path) -> bool:
    """Whether a line is ground truth with key points, whose last number says if a point is visible."""
    if len(fields) == _BOX_COLUMNS:
        return False
    try:
        return parse_label(fields, "", path.name, scored=False).shape == "pose"
    except DataError:
        return False


def read(given: Given) -> Predictions:
    """Read prediction files; a picture without a file has no detection.

    Raises
    ------
    DataError
        Naming file and line.
    """
    assert given.path is not None
    # Ultralytics lays them in ``labels``.
    root = given.path / "labels" if (given.path / "labels").is_dir() else given.path
    frame: list[str] = []
    category: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    scores: list[float] = []
    shapes: Counter[str] = Counter()
    files = [path for path in given.text_files() if root in path.parents]
    names = [path.relative_to(root).as_posix()[:-4] for path in files]
    for name, path in progress(list(zip(names, files, strict=True)), "predictions", shown=given.progress):
        for where, fields in label_lines(given.load(path), path.name):
            row = parse_label(fields, where, path.name, scored=True)
            if not row.inside:
                given.notes.skip(path.name, where, "box lies outside the picture (fractions must be 0..1)")
                continue
            shapes[row.shape] += 1
            frame.append(name)
            category.append(row.category)
            boxes.append(row.box)
            scores.append(row.score)
    note_shapes(shapes, given.name, given.notes)
    return make_predictions(
        frame,
        np.array(category, dtype=np.int64), np.array(boxes, dtype=np.float64), np.array(scores, dtype=np.float64),
        Source("yolo-txt", given.name, given.digest),
        category_key="id", box_unit="relative", record_text="row {}", frames_read=tuple(names),
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


READERS = (
    Reader(
        "yolo-txt",
        "predictions",
        "labels/*.txt: 0 0.5 0.5 0.2 0.4 0.93   (class cx cy w h confidence)",
        recognise,
        read,
    ),
)
