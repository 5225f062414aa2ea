"""What is allowed and yet probably not meant, said beside the numbers."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.data.tables import GroundTruth, Predictions
    from framelens.errors import ReadLog

__all__ = ["doubts", "name_doubts"]

_MOST_DETECTIONS = 100
_WORTH_A_THREAD = 1 << 16
_SHOWN = 5
_PIXEL = 1.0


def doubts(dataset: Dataset, truth: GroundTruth, predictions: Predictions, notes: ReadLog) -> None:
    """Write every doubt about a joined dataset into ``notes``."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        if len(dataset.detections) >= _WORTH_A_THREAD:
            beside.submit(lambda: dataset.detections.orders)  # sorted for the last doubt and for all that follows
        name_doubts(truth, notes)
        _objects_outside(dataset, truth, notes)
        if len(dataset.detections):
            file, text = predictions.source.name, predictions.record_text
            _scores(dataset, file, text, notes)
            _without_truth(dataset, file, notes)
            _corners(dataset, file, notes)
    if len(dataset.detections):
        _ties_and_limit(dataset, file, notes)


def name_doubts(truth: GroundTruth, notes: ReadLog) -> None:
    """Name classes that are called the same, or look the same."""
    groups: dict[str, list[str]] = {}
    for name in truth.classes:
        groups.setdefault(_looks(name), []).append(name)
    for twins in groups.values():
        if len(twins) > 1:
            how = "called the same" if len(set(twins)) == 1 else "called names that look the same"
            listed = ", ".join(one_line(repr(name), 40) for name in twins[:_SHOWN])
            notes.warn(f"{truth.source.name}: {len(twins)} classes are {how}: {listed}")


def _looks(name: str) -> str:
    """Return what a name looks like: without case, accent spelling, blanks and invisible characters."""
    form = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in form if unicodedata.category(sign) not in {"Cf", "Zs", "Cc"}) or name


def _scores(dataset: Dataset, file: str, text: str, notes: ReadLog) -> None:
    """Name scores that are no confidences."""
    score = dataset.detections.score
    high = (score > 1) | (score < 0)
    if high.any():
        first = int(np.argmax(high))
        where = text.format(dataset.detections.record[first])
        told = _many(int(high.sum()), "score lies", "scores lie")
        notes.warn(f"{file}: {told} outside 0..1 (first: {where} is {score[first]:g})")


def _without_truth(dataset: Dataset, file: str, notes: ReadLog) -> None:
    """Name classes that are predicted and have no object."""
    count = len(dataset.classes)
    objects = np.bincount(dataset.objects.category, minlength=count)
    found: NDArray[np.int64] = np.bincount(dataset.detections.category, minlength=count)
    lost = np.flatnonzero((objects == 0) & (found > 0))
    if len(lost):
        names = ", ".join(one_line(dataset.classes[k], 40) for k in lost[:_SHOWN])
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        total = _many(int(found[lost].sum()), "detection", "detections")
        notes.warn(f"{file}: {total} of classes without ground truth: {names}{more}; AP leaves them out")


def _limits(dataset: Dataset, frame: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return width and height of the frame of each row, in box units."""
    if dataset.box_unit == "relative":
        return np.ones((len(frame), 2))
    return np.take(np.stack([dataset.frames.width, dataset.frames.height], axis=1), frame, axis=0)


def _objects_outside(dataset: Dataset, truth: GroundTruth, notes: ReadLog) -> None:
    """Count objects that reach more than a pixel out of their frame."""
    box, limit = dataset.objects.box, _limits(dataset, dataset.objects.frame)
    slack = _PIXEL if dataset.box_unit == "pixel" else 0.01
    out = (box[:, :2] < -slack).any(axis=1) | (box[:, :2] + box[:, 2:] > limit + slack).any(axis=1)
    if out.any():
        first = int(np.argmax(out))
        place = f"record {dataset.objects.record[first]}"
        if truth.source.format == "coco":
            place = f"annotations[{dataset.objects.record[first]}]"
        told = _many(int(out.sum()), "box reaches", "boxes reach")
        notes.warn(f"{truth.source.name}: {told} outside the frame (first: {place}); they are not cut")


def _corners(dataset: Dataset, file: str, notes: ReadLog) -> None:
    """Say so where all detections would be right if they were corners and some are wrong as they are."""
    box, limit = dataset.detections.box, _limits(dataset, dataset.detections.frame)
    if np.isnan(limit).any():
        return
    size = box[:, 2:]
    if (size < box[:, :2]).any() or (size > limit + _PIXEL).any():
        return
    outside = int((box[:, :2] + size > limit + _PIXEL).any(axis=1).sum())
    if outside:
        problem = "and all boxes would fit as corners: is bbox x1, y1, x2, y2 (xyxy) instead of x, y, width, height?"
        notes.warn(f"{file}: {_many(outside, 'detection reaches', 'detections reach')} outside the frame, {problem}")


def _ties_and_limit(dataset: Dataset, file: str, notes: ReadLog) -> None:
    """Note where the order of the file or COCO's limit of 100 decides about AP."""
    orders = dataset.detections.orders
    score = dataset.detections.score[orders.grouped]
    same = score[1:] == score[:-1]
    same[orders.start[1:] - 1] = False
    ties = int(same.sum())
    if ties:
        notes.warn(
            f"{file}: {_many(ties, 'detection has', 'detections have')} the same score as another of the same class "
            "and frame; "
            "between them the order of the file decides (a tie)"
        )
    sizes = np.diff(orders.start, append=len(score))
    over = int((sizes > _MOST_DETECTIONS).sum())
    if over:
        lost = int((sizes[sizes > _MOST_DETECTIONS] - _MOST_DETECTIONS).sum())
        often = _many(over, "time", "times")
        notes.warn(
            f"{file}: {often} a frame has more than {_MOST_DETECTIONS} detections of one class; COCO's AP looks "
            f"at the best {_MOST_DETECTIONS} (maxDets) and leaves out {lost}"
        )


def _many(number: int, one: str, more: str) -> str:
    """Return a number with the words that fit it."""
    return f"{number} {one if number == 1 else more}"
