"""MMDetection: one JSON file per picture with ``labels``, ``scores`` and ``bboxes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import Source
from framelens.data.given import read_bytes
from framelens.data.progress import progress
from framelens.data.readers._json import box_of, is_number, load, shown
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given
    from framelens.data.tables import Predictions

__all__ = ["READERS"]

_KEYS = ("labels", "scores", "bboxes")


def _fits(data: bytes) -> bool:
    """Whether a file has the three lists."""
    return data.lstrip().startswith(b"{") and all(f'"{key}"'.encode() in data for key in _KEYS)


def recognise(given: Given) -> Evidence | None:
    """Recognise a folder of such files, or one of them."""
    if given.is_file:
        fits = given.suffix == ".json" and given.opens_with("{") and _fits(given.content)
        return Evidence("a JSON object with labels, scores and bboxes", 3) if fits else None
    for path in given.files(".json")[:3] if given.is_folder else []:
        try:
            if _fits(read_bytes(path)):
                return Evidence("JSON files with labels, scores and bboxes", 3)
        except DataError:
            continue
    return None


def read(given: Given) -> Predictions:
    """Read per-picture results; labels are positions in the ground truth's list of classes.

    Raises
    ------
    DataError
        Broken JSON or lists of different lengths; boxes that cannot be used are skipped and counted.
    """
    assert given.path is not None
    files = [given.path] if given.is_file else given.files(".json")
    root = given.path.parent if given.is_file else given.path
    frames, labels, boxes, scores = [], [], [], []
    names = []
    for path in progress(files, "predictions", shown=given.progress):
        name = path.relative_to(root).as_posix()[: -len(".json")]
        names.append(name)
        for position, (label, score, corners) in enumerate(_rows(load(given.load(path), path.name), path)):
            box = box_of(corners)
            where = f"bboxes[{position}]"
            if box is None or not is_number(score) or box[2] < box[0] or box[3] < box[1]:
                given.notes.skip(path.name, where, "box or score is not finite, or the corners are swapped")
                continue
            if not isinstance(label, int) or isinstance(label, bool) or not 0 <= label < 1 << 31:
                raise DataError(
                    f"label is {shown(label)}, expected 0, 1, 2 ...", file=path.name, where=f"labels[{position}]"
                )
            frames.append(name)
            labels.append(label)
            boxes.append((box[0], box[1], box[2] - box[0], box[3] - box[1]))
            scores.append(float(score))  # type: ignore[arg-type]
    given.notes.warn(f"{given.name}: labels are taken as positions, from 0, in the ground truth's list of classes")
    return make_predictions(
        frames, np.array(labels, dtype=np.int64), np.array(boxes, dtype=np.float64).reshape(len(boxes), 4),
        np.array(scores, dtype=np.float64), Source("mmdet", given.name, given.digest), category_key="position",
        record_text="row {}", frames_read=tuple(names), skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


def _rows(document: object, path: Path) -> list[tuple[object, object, object]]:
    """Return label, score and corners of every box."""
    parts: list[Any] = [document.get(key) for key in _KEYS] if isinstance(document, dict) else []
    if len(parts) != len(_KEYS) or not all(isinstance(part, list) for part in parts):
        raise DataError("expected an object with the lists labels, scores and bboxes", file=path.name)
    lengths = {key: len(part) for key, part in zip(_KEYS, parts, strict=True)}
    if len(set(lengths.values())) > 1:
        raise DataError(f"lists of different lengths: {lengths}", file=path.name)
    return list(zip(*parts, strict=True))


READERS = (
    Reader(
        "mmdet",
        "predictions",
        'preds/a.json: {"labels": [0], "scores": [0.9], "bboxes": [[x1, y1, x2, y2]]}',
        recognise,
        read,
    ),
)
