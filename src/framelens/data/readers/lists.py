"""Arrays per frame: dictionaries of torchvision and torchmetrics, and ``supervision.Detections``.

A list holds one entry per frame (its place is the frame's key, unless the entry says ``image_id``), a
mapping holds them by frame name. An entry has ``boxes`` (n, 4; x1, y1, x2, y2), ``labels`` (n,), and
``scores`` (n,) for predictions; or the attributes ``xyxy``, ``class_id`` and ``confidence``. Tensors are
taken to the CPU; nothing of torch or supervision is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from framelens.data.dataset import Source
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import GroundTruth, make_frames, make_objects, make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.given import Given
    from framelens.data.sizes import FrameSizes
    from framelens.data.tables import Predictions

__all__ = ["READERS"]


class Entry(NamedTuple):
    """One frame's columns."""

    key: int | str
    box: NDArray[np.float64]
    label: NDArray[Any]
    score: NDArray[np.float64] | None
    crowd: NDArray[np.bool_]
    area: NDArray[np.float64]
    named: bool


def _array(value: Any, where: str) -> NDArray[Any]:
    """Return a numpy array of what may be a tensor."""
    for method in ("detach", "cpu", "numpy"):
        if not isinstance(value, np.ndarray) and hasattr(value, method):
            value = getattr(value, method)()
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise DataError(f"is no array: {error}", file="frames", where=where) from None


def _get(entry: Any, *names: str) -> Any:
    """Return the first field of these names."""
    for name in names:
        found = entry.get(name) if isinstance(entry, Mapping) else getattr(entry, name, None)
        if found is not None:
            return found
    return None


def _entries(source: Any) -> list[tuple[int | str, Any]] | None:
    """Return keys and entries where the source looks like arrays per frame."""
    if isinstance(source, Mapping):
        rows = list(source.items())
    elif isinstance(source, Sequence) and not isinstance(source, (str, bytes)):
        rows = list(enumerate(source))
    else:
        return None
    if rows and all(_get(entry, "boxes", "xyxy") is not None for _, entry in rows):
        return rows
    return None


def _recognise(given: Given, *, scored: bool) -> Evidence | None:
    """Recognise a list or a mapping of entries with boxes."""
    rows = _entries(given.source) if given.path is None else None
    if rows is None:
        return None
    has_scores = all(_get(entry, "scores", "confidence") is not None for _, entry in rows)
    if scored and not has_scores:
        return None
    return Evidence(
        f"arrays of {len(rows)} frames{' with scores' if scored else ''}", 3 if scored or not has_scores else 2
    )


def _read(given: Given) -> list[Entry]:
    """Check every entry."""
    found: list[Entry] = []
    for key, entry in _entries(given.source) or []:
        where = f"frame {key}"
        box = _array(_get(entry, "boxes", "xyxy"), where)
        box = box.reshape(0, 4) if box.size == 0 else box
        count = len(box)
        if box.ndim != 2 or box.shape[1] != 4 or box.dtype.kind not in "iuf":
            raise DataError(f"boxes have shape {box.shape}, expected (n, 4) numbers", file=given.name, where=where)
        names = _get(_get(entry, "data") or {}, "class_name")
        label = _array(names if names is not None else _get(entry, "labels", "class_id"), where)
        scores = _get(entry, "scores", "confidence")
        score = None if scores is None else _array(scores, where).astype(np.float64).reshape(-1)
        crowd = _column(entry, "iscrowd", count, 0, where).astype(bool)
        area = _column(entry, "area", count, np.nan, where)
        for what, column in (("labels", label), ("scores", score)):
            if column is not None and (column.ndim != 1 or len(column) != count):
                raise DataError(f"{what} have shape {column.shape}, expected ({count},)", file=given.name, where=where)
        corners = box.astype(np.float64)
        corners[:, 2:] -= corners[:, :2]
        stated = _image_id(entry, key)
        named = stated is not None or isinstance(given.source, Mapping)
        identity = key if stated is None else stated
        found.append(Entry(identity, corners, label.astype(object), score, crowd, area, named))
    return found


def _column(entry: Any, name: str, count: int, default: float, where: str) -> NDArray[np.float64]:
    """Return an optional column of numbers."""
    value = entry.get(name) if isinstance(entry, Mapping) else None
    if value is None:
        return np.full(count, default)
    column = _array(value, where).astype(np.float64).reshape(-1)
    if len(column) != count:
        raise DataError(f"{name} has {len(column)} values, expected {count}", file="frames", where=where)
    return column


def _image_id(entry: Any, key: int | str) -> int | str | None:
    """Return ``image_id`` of a torchvision target, None where it states none."""
    stated = entry.get("image_id") if isinstance(entry, Mapping) and isinstance(key, int) else None
    if stated is None:
        return None
    values = _array(stated, f"frame {key}").reshape(-1).tolist()
    return values[0] if len(values) == 1 and isinstance(values[0], (int, str)) else None


def _size(entry: Entry, sizes: FrameSizes) -> tuple[float, float]:
    """Return the size of an entry's frame; a place in a list names no picture: ``1`` is not ``1.png``."""
    return sizes.size_meant(str(entry.key)) if entry.named else sizes.size(str(entry.key))


def _stack(entries: list[Entry], given: Given) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Return frame number, label and box of every row."""
    counts = [len(entry.box) for entry in entries]
    frame = np.repeat(np.arange(len(entries)), counts)
    box = np.concatenate([entry.box for entry in entries]) if entries else np.zeros((0, 4))
    labels = [value.item() if isinstance(value, np.generic) else value for entry in entries for value in entry.label]
    column = np.empty(len(labels), dtype=object)
    column[:] = labels
    for position, value in enumerate(labels):
        if not isinstance(value, (int, str)) or isinstance(value, bool):
            where = f"frame {entries[frame[position]].key}"
            raise DataError(f"label {value!r} is neither a whole number nor a text", file=given.name, where=where)
    return frame, column, box


def read_truth(given: Given) -> GroundTruth:
    """Read arrays of objects."""
    entries = _read(given)
    frame, label, box = _stack(entries, given)
    bad = ~np.isfinite(box).all(axis=1) | (box[:, 2:] < 0).any(axis=1)
    if bad.any():
        row = int(np.argmax(bad))
        problem = f"box {box[row].tolist()} (x, y, width, height): expected finite corners, the first above and left"
        raise DataError(problem, file=given.name, where=f"frame {entries[frame[row]].key}")
    keys = [entry.key for entry in entries]
    if len(set(keys)) < len(keys):
        raise DataError("two entries have the same image_id", file=given.name)
    numbered = all(isinstance(key, int) for key in keys)
    order = sorted(range(len(keys)), key=lambda number: keys[number] if numbered else number)
    place = np.argsort(order)
    classes = sorted(set(label.tolist()), key=lambda value: (isinstance(value, str), value))
    position = {value: number for number, value in enumerate(classes)}
    objects = make_objects(
        place[frame], [position[value] for value in label.tolist()], box,
        area=np.concatenate([entry.area for entry in entries]) if entries else None,
        crowd=np.concatenate([entry.crowd for entry in entries]) if entries else None,
    )  # fmt: skip
    ids = [keys[number] for number in order]
    sizes = np.array(
        [_size(entries[number], given.sizes) if given.sizes else (np.nan, np.nan) for number in order]
    ).reshape(len(ids), 2)
    return GroundTruth(
        make_frames([str(key) for key in ids], ids, sizes[:, 0], sizes[:, 1]), tuple(str(value) for value in classes),
        tuple(classes), objects, Source("arrays", given.name), classes_listed=False,
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


def read_predictions(given: Given) -> Predictions:
    """Read arrays of detections; rows that are not finite are skipped and counted."""
    entries = _read(given)
    frame, label, box = _stack(entries, given)
    if any(entry.score is None for entry in entries):
        raise DataError("an entry has no scores", file=given.name, remedy="give scores (confidence) for every frame")
    score = np.concatenate([entry.score for entry in entries if entry.score is not None]) if entries else np.zeros(0)
    keep = np.isfinite(box).all(axis=1) & np.isfinite(score) & (box[:, 2:] >= 0).all(axis=1)
    if not keep.all():
        first = int(np.argmin(keep))
        reason = "box or score is not finite, or the corners are swapped"
        given.notes.skip(given.name, f"frame {entries[frame[first]].key}", reason, int((~keep).sum()))
    keys = np.empty(len(entries), dtype=object)
    keys[:] = [entry.key for entry in entries]
    numbers = all(isinstance(value, int) for value in label.tolist())
    return make_predictions(
        keys[frame][keep], label[keep].astype(np.int64) if numbers else label[keep], box[keep], score[keep],
        Source("arrays", given.name), record=np.flatnonzero(keep), category_key="id" if numbers else "name",
        record_text="row {}", frames_read=tuple(str(key) for key in keys.tolist()),
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


READERS = (
    Reader(
        "arrays", "truth", '[{"boxes": (n, 4) array of x1 y1 x2 y2, "labels": (n,) array}, ...] or Detections',
        lambda given: _recognise(given, scored=False), read_truth,
    ),
    Reader(
        "arrays", "predictions", '{"a.jpg": {"boxes": ..., "labels": ..., "scores": ...}} or supervision.Detections',
        lambda given: _recognise(given, scored=True), read_predictions,
    ),
)  # fmt: skip
