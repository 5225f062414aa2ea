"""The columns of a payload: boxes, the matrix, and the pairs from which the page counts anew.

Detections stand in the order in which they choose (highest score first, equal scores as in the dataset), so
those over a confidence are always the first so many rows. A pair is a detection and an object of one frame that
overlap enough to matter at the lowest step of the IoU slider. Whether it passes a step is decided here, with the
very comparison that the metrics make, and sent as a whole number: no decimal can fall on the other side in the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from framelens.data.sorting import order_by
from framelens.metrics._acceptance import effective_threshold
from framelens.metrics._pairs import find_pairs
from framelens.metrics.coco import AREA_RANGES, IOU_THRESHOLDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.evaluation import Evaluation
    from framelens.metrics.confusion import Confusion

__all__ = [
    "DTYPES",
    "MOST_DETECTIONS",
    "Column",
    "Columns",
    "Recount",
    "Shelf",
    "box_columns",
    "choose_shelf",
    "detection_columns",
    "iou_steps",
    "matrix_columns",
    "pack",
    "pair_columns",
]

_ALIGNMENT = 8
DTYPES = {"u1": "<u1", "i4": "<i4", "f4": "<f4", "f8": "<f8"}
#: Columns before they are packed: type and values.
Columns = dict[str, tuple[str, "NDArray[Any]"]]

#: Detections that travel with a payload even where more were read; what comes with a report of COCO val's size then
#: stays under 4 MB. Those at the operating point always travel.
MOST_DETECTIONS = 80_000
#: From so many detections at the operating point on, only the matrix travels and the page cannot count anew.
_TOO_MANY = 400_000
_LOWEST, _HIGHEST = 30, 95  # hundredths


class Column(TypedDict):
    """Where a column lies in the buffer."""

    dtype: str
    shape: list[int]
    offset: int


class Recount(TypedDict):
    """What the page needs to know to count anew.

    ``steps``: IoU thresholds, ascending, that ``pair_level`` numbers. ``floor``: all detections from this score on
    are here; null: all there are. ``below``: how many are not here. ``least``: the lowest score of all.
    ``average_precision``: where all detections are here, that of any part of the data follows from the pairs.
    """

    steps: list[float]
    floor: float | None
    below: int
    least: float | None
    average_precision: bool


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Which detections a payload holds.

    Attributes
    ----------
    order : int64 array, shape (M,)
        Rows of the dataset in payload order; all detections, also those that are not sent.
    count : int
        So many of them are sent.
    recount : Recount or None
        None where there are too many to count anew in the page.
    """

    order: NDArray[np.int64]
    count: int
    recount: Recount | None


def choose_shelf(evaluation: Evaluation, most: int = MOST_DETECTIONS) -> Shelf:
    """Choose the detections that are sent: at least those in the matrix, at most about ``most``.

    Equal scores are either all sent or none of them.

    Parameters
    ----------
    evaluation : Evaluation
    most : int
    """
    order = evaluation.overlaps.by_score
    score = evaluation.dataset.detections.score[order]
    total = len(order)
    shown = _shown(evaluation, order)
    # LVIS leaves out detections of classes that nobody looked for in their frame; the page does not know which.
    if shown > _TOO_MANY or evaluation.rules == "lvis":
        return Shelf(order, shown, None)
    count = total
    if total > most:
        # every detection down to a score, and none of the next one
        first = int(np.searchsorted(-score, -score[most], side="left"))
        count = max(first, shown)
        count = int(np.searchsorted(-score, -score[count - 1], side="right")) if count else 0
    recount: Recount = {
        "steps": iou_steps(evaluation.iou),
        "floor": float(score[count - 1]) if 0 < count < total else None,
        "below": total - count,
        "least": float(score[-1]) if total else None,
        "average_precision": _follows(evaluation),
    }
    return Shelf(order, count, recount)


def _follows(evaluation: Evaluation) -> bool:
    """Tell whether COCO's average precision of any part follows from what :func:`pair_columns` says.

    The page knows the hundredths that an IoU passes, and which of two is higher unless they are equal and one object
    counts in the matrix and the other not. It does not know areas as exactly as COCO's range of all sizes asks.
    """
    if evaluation.rules != "coco":
        return False
    objects, box, pairs = evaluation.dataset.objects, evaluation.dataset.detections.box, evaluation.overlaps.pairs
    low, high = AREA_RANGES["all"]
    with np.errstate(all="ignore"):
        area = box[:, 2] * box[:, 3]
    # 0.9 itself is no threshold of COCO's: 0.8999999999999999 is.
    passed = [np.searchsorted(steps, pairs.iou, side="right") for steps in (IOU_THRESHOLDS, IOU_THRESHOLDS.round(2))]
    plain = np.flatnonzero(~objects.crowd[pairs.object])
    plain = plain[np.lexsort((pairs.iou[plain], pairs.detection[plain]))]
    ignored = objects.ignore[pairs.object[plain]]
    equal = (np.diff(pairs.detection[plain]) == 0) & (np.diff(pairs.iou[plain]) == 0)
    return bool(
        ((area >= low) & (area <= high)).all()
        and not ((objects.area < low) | (objects.area > high)).any()
        and (passed[0] == passed[1]).all()
        and not (equal & (ignored[1:] != ignored[:-1])).any()
    )


def iou_steps(iou: float) -> list[float]:
    """Return the steps of the IoU slider: 0.30, 0.31 ... 0.95, and the IoU of the evaluation.

    >>> iou_steps(0.5)[:3], len(iou_steps(0.5)), iou_steps(0.123)[0]
    ([0.3, 0.31, 0.32], 66, 0.123)
    """
    return sorted({step / 100 for step in range(_LOWEST, _HIGHEST + 1)} | {float(iou)})


def pack(columns: Mapping[str, tuple[str, NDArray[Any]]], before: bytes = b"") -> tuple[dict[str, Column], bytes]:
    """Return where each column lies, and all of them as little-endian bytes aligned to 8, behind ``before``."""
    specs: dict[str, Column] = {}
    buffer = bytearray(before)
    for name, (dtype, values) in columns.items():
        buffer.extend(b"\0" * (-len(buffer) % _ALIGNMENT))
        specs[name] = {"dtype": dtype, "shape": list(values.shape), "offset": len(buffer)}
        with np.errstate(over="ignore"):  # sides that no picture has become infinite
            buffer.extend(np.ascontiguousarray(values, dtype=DTYPES[dtype]).tobytes())
    return specs, bytes(buffer)


def box_columns(dataset: Dataset, shelf: Shelf) -> Columns:
    """Return objects (all, as in the dataset) and the detections of the shelf."""
    objects = dataset.objects
    flags = objects.ignore.astype(np.uint8) + 2 * objects.crowd.astype(np.uint8)
    return {
        "object_frame": ("i4", objects.frame),
        "object_class": ("i4", objects.category),
        "object_box": ("f4", objects.box.reshape(-1, 4)),
        "object_flags": ("u1", flags),
        **detection_columns(dataset, shelf),
    }


def detection_columns(dataset: Dataset, shelf: Shelf) -> Columns:
    """Return the detections of the shelf."""
    detections, rows = dataset.detections, shelf.order[: shelf.count]
    return {
        "detection_frame": ("i4", detections.frame[rows]),
        "detection_class": ("i4", detections.category[rows]),
        "detection_box": ("f4", detections.box[rows].reshape(-1, 4)),
        "detection_score": ("f8", detections.score[rows]),
    }


def pair_columns(dataset: Dataset, shelf: Shelf) -> Columns:
    """Return the pairs of the detections of the shelf, each detection's best first.

    ``detection_pairs``: how many pairs each detection has. ``pair_object``, ``pair_level``: the object and the
    highest step of the slider that the pair passes. ``pair_order``: the pairs by falling IoU, equal ones as they
    stand. Crowd regions and ignored objects are paired with detections of their own class alone: they absorb, and
    stand in no cell.
    """
    if shelf.recount is None:
        return {}
    objects, detections = dataset.objects, dataset.detections
    steps = np.array([effective_threshold(step) for step in shelf.recount["steps"]])
    rows = shelf.order[: shelf.count]
    place = order_by(detections.frame[rows])
    pairs = find_pairs(
        detections.frame[rows[place]].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=rows[place],
        minimum=float(steps[0]),
    )
    rank, ignored = place[pairs.detection], objects.set_aside[pairs.object]
    same = objects.category[pairs.object] == detections.category[rows[rank]]
    kept = np.flatnonzero(same | ~ignored)
    kept = kept[np.lexsort((-pairs.object[kept], -pairs.iou[kept], ignored[kept], rank[kept]))]
    iou = pairs.iou[kept]
    return {
        "detection_pairs": ("i4", np.bincount(rank[kept], minlength=shelf.count)),
        "pair_object": ("i4", pairs.object[kept]),
        "pair_level": ("u1", np.searchsorted(steps, iou, side="right") - 1),
        "pair_order": ("i4", np.argsort(-iou, kind="stable")),
    }


def matrix_columns(dataset: Dataset, shelf: Shelf, confusion: Confusion) -> Columns:
    """Return the examples of the matrix at the operating point and where its cells begin."""
    examples = confusion.examples
    rank = np.full(len(shelf.order) + 1, -1, dtype=np.int64)  # the last is for "none", -1
    rank[shelf.order] = np.arange(len(shelf.order))
    side = len(dataset.classes) + 1
    key = examples.actual.astype(np.int64) * side + examples.predicted
    cells, start = np.unique(key, return_index=True)
    actual, predicted = np.divmod(cells, side)
    return {
        "example_object": ("i4", examples.object),
        "example_detection": ("i4", rank[examples.detection]),
        "example_iou": ("f4", np.where(np.isfinite(examples.iou), examples.iou, -1.0)),
        "cell_actual": ("i4", actual),
        "cell_predicted": ("i4", predicted),
        "cell_start": ("i4", np.append(start, len(key))),
    }


def _shown(evaluation: Evaluation, order: NDArray[np.int64]) -> int:
    """Return how many detections, highest score first, hold all that stand in the matrix."""
    inside = np.zeros(len(order), dtype=bool)
    rows = evaluation.confusion_result.examples.detection
    inside[rows[rows >= 0]] = True
    last = np.flatnonzero(inside[order])
    point = evaluation.operating_point.confidence
    over = len(order) if point is None else int(np.count_nonzero(evaluation.dataset.detections.score >= point))
    return max(over, int(last[-1]) + 1 if len(last) else 0)
