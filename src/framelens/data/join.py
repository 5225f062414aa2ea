"""Ground truth and predictions become one dataset: names are resolved, units agreed, doubts said."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsorted

from framelens.data.dataset import Dataset, Detections, freeze
from framelens.data.doubts import doubts
from framelens.data.frame_names import SEVERAL_FRAMES, FrameNames, stem_of
from framelens.data.tables import objects_in_pixels, positions, stable_order
from framelens.errors import DataError, ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from framelens.data.dataset import BoxUnit, Objects
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["join", "resolve_classes", "resolve_frames"]

_AMBIGUOUS = SEVERAL_FRAMES
_LONGEST_NUMBER = 19  # digits of a 64-bit number


def join(truth: GroundTruth, predictions: Predictions) -> Dataset:
    """Join ground truth and predictions.

    Detections that name a frame or a class that the ground truth does not have are left out and
    counted in ``skipped``.

    Parameters
    ----------
    truth : GroundTruth
    predictions : Predictions

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        No detection names a known frame, or pixels meet fractions and frame sizes are unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from framelens.data import read_predictions, read_truth
    >>> boxes = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "cat"], "x": [0, 5], "y": [0, 5],
    ...                       "width": [9, 9], "height": [9, 9]})
    >>> join(read_truth(boxes), read_predictions(boxes.assign(score=0.9)))
    Dataset(2 frames, 1 classes, 2 objects, 2 detections)
    """
    notes = ReadLog()
    frame = _resolve(predictions.frame, _FrameNames(truth, notes, predictions.source.name))
    category = _categories(truth, predictions, frame, notes)
    truth, category = _predicted_only(truth, predictions, frame, category, notes)
    keep = _known(truth, frame, category, predictions, notes)
    frame, category = frame[keep], category[keep]
    order = stable_order(frame)
    objects, box, unit = _units(truth, predictions, frame, predictions.box[keep])
    detections = Detections(
        freeze(frame[order], np.int32),
        freeze(category[order], np.int32),
        freeze(box[order]),
        freeze(predictions.score[keep][order]),
        freeze(predictions.record[keep][order]),
    )
    dataset = Dataset(truth.frames, truth.classes, truth.class_ids, objects, detections, unit)
    doubts(dataset, truth, predictions, notes)
    return Dataset(
        truth.frames, truth.classes, truth.class_ids, objects, detections, unit,
        sources=(truth.source, predictions.source),
        skipped=(*truth.skipped, *predictions.skipped, *notes.skips),
        warnings=tuple(dict.fromkeys((*truth.warnings, *predictions.warnings, *notes.warnings))),
        federated=truth.federated, supercategories=truth.supercategories,
    )  # fmt: skip


def resolve_frames(truth: GroundTruth, keys: NDArray[Any], file: str, notes: ReadLog) -> NDArray[np.int64]:
    """Return the position of the frame that each key of a file names: -1 for none, -2 for more than one."""
    return _resolve(keys, _FrameNames(truth, notes, file))


def resolve_classes(
    truth: GroundTruth, predictions: Predictions, notes: ReadLog
) -> tuple[GroundTruth, NDArray[np.int64]]:
    """Return the position of the class of each prediction, as :func:`resolve_frames` does.

    The truth comes back with the classes that are only predicted, where it lists none.
    """
    frame = np.zeros(len(predictions), dtype=np.int64)
    return _predicted_only(truth, predictions, frame, _categories(truth, predictions, frame, notes), notes)


class _FrameNames:
    """Finds a frame by id, else by name; a number also by the number that its file is called."""

    def __init__(self, truth: GroundTruth, notes: ReadLog, file: str) -> None:
        self.notes, self.file = notes, file
        self.frames = truth.frames
        self.ids: dict[Hashable, int] = {key: number for number, key in enumerate(self.frames.ids)}
        self.numbered = set(map(type, self.frames.ids)) <= {int}

    def table(self) -> NDArray[np.int64] | None:
        """Return the frame ids where all are integers in rising order."""
        return np.array(self.frames.ids, dtype=np.int64) if self.numbered else None

    def __call__(self, key: Hashable) -> int:
        found = self.ids.get(key)
        if found is not None:
            return found
        if isinstance(key, int):
            return self._numbers.get(key, -1)
        text = str(key)
        if text not in self._texts:
            return self._names.find(text)
        if self.numbered:
            self.notes.warn(f"{self.file}: image_id is text ({one_line(repr(key), 30)}) where the truth has a number")
        return self._texts[text]

    # made when a key is no id: most are
    @cached_property
    def _texts(self) -> dict[str, int]:
        return {str(key): number for number, key in enumerate(self.frames.ids)}

    @cached_property
    def _names(self) -> FrameNames:
        return FrameNames(self.frames.names)

    @cached_property
    def _numbers(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for position, name in enumerate(self.frames.names):
            stem = stem_of(name)
            if not stem.isdecimal() or len(stem) >= _LONGEST_NUMBER:
                continue
            if found.setdefault(int(stem), position) != position:
                found[int(stem)] = _AMBIGUOUS
        return found


def _resolve(keys: NDArray[Any], find: Any) -> NDArray[np.int64]:
    """Return the position of every key: -1 unknown, -2 ambiguous."""
    table = find.table()
    if keys.dtype.kind == "i" and table is not None and len(table):
        found = positions(keys, table)
        if (found >= 0).all():
            return found
    distinct = dict.fromkeys(keys.tolist())
    for key in distinct:
        distinct[key] = find(key)
    return np.fromiter((distinct[key] for key in keys.tolist()), dtype=np.int64, count=len(keys))


class _ClassNames:
    """Finds a class by id, or by name."""

    def __init__(self, truth: GroundTruth, notes: ReadLog, file: str, *, by_name: bool) -> None:
        self.notes, self.file, self.by_name = notes, file, by_name
        self.class_ids = truth.class_ids
        self.ids: dict[Hashable, int] = {key: number for number, key in enumerate(truth.class_ids)}
        self.texts = {str(key): number for number, key in enumerate(truth.class_ids)}
        self.names: dict[str, int] = {}
        for number, name in enumerate(truth.classes):
            self.names[name] = _AMBIGUOUS if name in self.names else number
        self.loose: dict[str, int] = {}
        for number, name in enumerate(truth.classes):
            form = _loose(name)
            self.loose[form] = _AMBIGUOUS if form in self.loose else number

    def table(self) -> NDArray[np.int64] | None:
        """Return the class ids where all are integers in rising order."""
        numbered = all(isinstance(key, int) for key in self.class_ids)
        return np.array(self.class_ids, dtype=np.int64) if numbered and not self.by_name else None

    def __call__(self, key: Hashable) -> int:
        orders = (self.names, self.ids, self.texts) if self.by_name else (self.ids, self.texts, self.names)
        for table in orders:
            if key in table:
                return table[key]  # type: ignore[index]
        text = str(key)
        if text in self.texts and isinstance(key, int):
            return self.texts[text]
        found = self.loose.get(_loose(text), -1) if isinstance(key, str) else -1
        if found >= 0:
            self.notes.warn(
                f"{self.file}: class {one_line(repr(key), 40)} is taken as the one that differs in case or blanks only"
            )
        return found


def _loose(name: str) -> str:
    """Return a name without case, accents' form and outer blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _categories(
    truth: GroundTruth, predictions: Predictions, frame: NDArray[np.int64], notes: ReadLog
) -> NDArray[np.int64]:
    """Return the class of every detection; positions from 0 or from 1 are decided from evidence."""
    keys = predictions.category
    if predictions.category_key == "position":
        return np.where(keys < len(truth.classes), keys, -1)
    if keys.dtype.kind == "i" and _counts_classes(truth, predictions):
        keys = keys - _first_class(truth, predictions, frame, notes)
    finder = _ClassNames(truth, notes, predictions.source.name, by_name=predictions.category_key == "name")
    return _resolve(keys, finder)


def _counts_classes(truth: GroundTruth, predictions: Predictions) -> bool:
    """Whether category ids of a results list are positions: the truth is no COCO file and counts 0..K-1."""
    counted = truth.class_ids == tuple(range(len(truth.class_ids)))
    return predictions.source.format == "coco-results" and truth.source.format != "coco" and counted


def _first_class(truth: GroundTruth, predictions: Predictions, frame: NDArray[np.int64], notes: ReadLog) -> int:
    """Decide whether positions count from 0 or from 1, and say why."""
    keys, count, file = predictions.category, len(truth.class_ids), predictions.source.name
    if not len(keys):
        return 0
    low, high = int(keys.min()), int(keys.max())
    if low == 0 or high >= count:
        start = 0 if low == 0 else 1
        reason = "0 occurs" if start == 0 else f"{high} occurs and there are {count} classes"
    else:
        pairs = set(zip(truth.objects.frame.tolist(), truth.objects.category.tolist(), strict=True))
        agree = [sum((f, k - s) in pairs for f, k in zip(frame.tolist(), keys.tolist(), strict=True)) for s in (0, 1)]
        start = 1 if agree[1] > agree[0] else 0
        reason = (
            f"{agree[start]} of {len(keys)} detections then meet an object of their class in their frame, "
            f"else {agree[1 - start]}"
        )
    notes.warn(f"{file}: category_id counts from {start} ({reason})")
    return start


def _predicted_only(
    truth: GroundTruth, predictions: Predictions, frame: NDArray[np.int64], category: NDArray[np.int64], notes: ReadLog
) -> tuple[GroundTruth, NDArray[np.int64]]:
    """Add classes that are only predicted, where the ground truth lists no classes."""
    lost = (category == -1) & (frame >= 0)
    if truth.classes_listed or not lost.any() or (truth.classes and not (category >= 0).any()):
        return truth, category
    kind = type(truth.class_ids[0]) if truth.class_ids else (int, str)
    new = natsorted({key for key in predictions.category[lost].tolist() if isinstance(key, kind)}, key=str)
    if not new:
        return truth, category
    place = {key: len(truth.classes) + number for number, key in enumerate(new)}
    added = [place.get(key, -1) for key in predictions.category[lost].tolist()]
    category = category.copy()
    category[lost] = added
    names = ", ".join(one_line(key, 40) for key in new[:5])
    notes.warn(
        f"{predictions.source.name}: {len(new)} classes are predicted and never occur in the ground truth: {names}"
    )
    classes = (*truth.classes, *(str(key) for key in new))
    groups = (*truth.supercategories, *(None,) * len(new)) if truth.supercategories else ()
    return replace(truth, classes=classes, class_ids=(*truth.class_ids, *new), supercategories=groups), category


def _known(
    truth: GroundTruth, frame: NDArray[np.int64], category: NDArray[np.int64], predictions: Predictions, notes: ReadLog
) -> NDArray[np.bool_] | slice:
    """Leave out detections of unknown frames and classes, and count them."""
    keep = (frame >= 0) & (category >= 0)
    if keep.all():
        return slice(None)
    if not (frame >= 0).any():
        example = one_line(predictions.frame[0], 60)
        problem = f"none of {len(frame)} detections names a frame of the ground truth (the first names {example!r})"
        raise DataError(problem, file=predictions.source.name, remedy="check that both files are of the same pictures")
    if not (category >= 0).any():
        example = one_line(predictions.category[0], 60)
        classes = ", ".join(one_line(name, 20) for name in truth.classes[:5])
        problem = f"none of {len(frame)} detections names a class of the ground truth (the first names {example!r})"
        raise DataError(problem, file=predictions.source.name, remedy=f"the classes of the ground truth are {classes}")
    lost = (
        (frame == -1, "frame is not in the ground truth", predictions.frame),
        (frame == _AMBIGUOUS, "frame name fits more than one frame of the ground truth", predictions.frame),
        ((frame >= 0) & (category == -1), "class is not in the ground truth", predictions.category),
        ((frame >= 0) & (category == _AMBIGUOUS), "class name fits more than one class", predictions.category),
    )
    for rows, reason, keys in lost:
        if rows.any():
            first = int(np.argmax(rows))
            where = f"{predictions.record_text.format(predictions.record[first])} ({one_line(keys[first], 60)})"
            notes.skip(predictions.source.name, where, reason, int(rows.sum()))
    return keep


def _units(
    truth: GroundTruth, predictions: Predictions, frame: NDArray[np.int64], box: NDArray[np.float64]
) -> tuple[Objects, NDArray[np.float64], BoxUnit]:
    """Bring the boxes of both to one unit: pixels where frame sizes are known."""
    if truth.box_unit == predictions.box_unit:
        return truth.objects, box, truth.box_unit
    sides = np.stack([truth.frames.width, truth.frames.height] * 2, axis=1)
    needed = frame if truth.box_unit == "pixel" else np.concatenate([frame, truth.objects.frame])
    if np.isnan(sides[needed]).any():
        name = truth.frames.names[int(needed[np.isnan(sides[needed]).any(axis=1)][0])]
        problem = f"one file has pixels, the other fractions, and the size of frame {one_line(name, 60)!r} is unknown"
        raise DataError(
            problem, file=predictions.source.name, remedy="give the pictures: frames=folder, or frames=(width, height)"
        )
    if truth.box_unit == "pixel":
        return truth.objects, box * sides[frame], "pixel"
    return objects_in_pixels(truth.objects, truth.frames.width, truth.frames.height), box, "pixel"
