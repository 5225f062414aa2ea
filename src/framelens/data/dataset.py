"""The validated columns that every number is computed from.

A :class:`Dataset` is made once by the readers and never changes. Its invariants:

* frames are in canonical order: COCO by image id, file-per-frame formats by natural file order;
* objects and detections are sorted by frame; inside a frame they keep the order of the file
  (the order decides ties between equal scores, as in pycocotools);
* every ``frame`` and ``category`` is a valid index, every box and score is finite, widths and
  heights are not negative.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from framelens.data.sorting import order_by, order_by_score, starts_of_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.errors import Skip

__all__ = ["BoxUnit", "Dataset", "Detections", "Federated", "Frames", "Objects", "Orders", "Source", "freeze"]

BoxUnit = Literal["pixel", "relative"]


def freeze(array: NDArray[Any], dtype: np.typing.DTypeLike | None = None) -> NDArray[Any]:
    """Return ``array`` as a contiguous, read-only array of ``dtype``."""
    column = np.ascontiguousarray(array, dtype=dtype)
    if column.flags.writeable:
        column = column.view()
        column.flags.writeable = False
    return column


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a part of the dataset came from: format, base name and SHA-256 (``""`` if no file)."""

    format: str
    name: str
    digest: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The images or video frames, in canonical order.

    Attributes
    ----------
    names : tuple of str, length F
        File name relative to the frame folder, as the labels give it.
    ids : tuple of int or str, length F
        Identity in the source file (COCO image id; else the name).
    width, height : float64 array, shape (F,)
        Pixels; ``nan`` where unknown.
    """

    names: tuple[str, ...]
    ids: tuple[int | str, ...]
    width: NDArray[np.float64]
    height: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """Ground-truth objects, one row each, sorted by frame.

    Attributes
    ----------
    frame, category : int32 array, shape (N,)
        Index into ``Dataset.frames`` and ``Dataset.classes``.
    box : float64 array, shape (N, 4)
        x, y (top left corner), width, height in ``Dataset.box_unit``.
    area : float64 array, shape (N,)
        The area that decides the size range: COCO's ``area`` field (for masks, of the mask) or
        width x height; ``nan`` where boxes are relative and frame sizes unknown.
    crowd, ignore : bool array, shape (N,)
        COCO ``iscrowd`` (absorbs any number of detections) and ``ignore``/``difficult``.
    record : int64 array, shape (N,)
        Position in the source (COCO: index in ``annotations``), for messages and exports.
    """

    frame: NDArray[np.int32]
    category: NDArray[np.int32]
    box: NDArray[np.float64]
    area: NDArray[np.float64]
    crowd: NDArray[np.bool_]
    ignore: NDArray[np.bool_]
    record: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def set_aside(self) -> NDArray[np.bool_]:
        """Bool array, shape (N,): crowd regions and ignored objects, which are neither found nor missed."""
        return self.crowd | self.ignore


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Detections in the orders in which they are looked at; equal ones always as they stand in the dataset.

    Attributes
    ----------
    by_score : int64 array, shape (M,)
        Rows, highest score first.
    by_class : int64 array, shape (M,)
        The same, class after class.
    grouped : int64 array, shape (M,)
        The same, frame after frame and inside a frame class after class.
    start : int64 array
        Where each group of one frame and class begins in ``grouped``.
    """

    by_score: NDArray[np.int64]
    by_class: NDArray[np.int64]
    grouped: NDArray[np.int64]
    start: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Detections:
    """Predicted boxes, one row each, sorted by frame.

    Attributes
    ----------
    frame, category, box, record : arrays
        As in :class:`Objects`.
    score : float64 array, shape (M,)
        Confidence as the file gives it.
    """

    frame: NDArray[np.int32]
    category: NDArray[np.int32]
    box: NDArray[np.float64]
    score: NDArray[np.float64]
    record: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def orders(self) -> Orders:
        """The orders in which the detections are looked at, found once."""
        by_score = order_by_score(self.score)
        by_class = by_score[order_by(self.category[by_score])]
        grouped = by_class[order_by(self.frame[by_class])]
        start = starts_of_runs(self.frame[grouped], self.category[grouped])
        return Orders(*map(freeze, (by_score, by_class, grouped, start)))


@dataclass(frozen=True, slots=True, eq=False)
class Federated:
    """What is known about the classes of frames that were not searched for every class (LVIS).

    A class that has objects in a frame is verified there. Of the others only those in ``negative`` are; about
    the rest nothing is known, and a detection of them is neither right nor wrong.

    Attributes
    ----------
    negative : int32 array, shape (P, 2)
        Frame and class: verified that the frame shows none of it (``neg_category_ids``).
    not_exhaustive : int32 array, shape (Q, 2)
        Frame and class: there are objects that were not labelled (``not_exhaustive_category_ids``).
    frequency : tuple of str, length K
        How common each class is in the training images: ``"r"`` rare, ``"c"`` common, ``"f"`` frequent, ``""``
        where the file does not say.
    """

    negative: NDArray[np.int32]
    not_exhaustive: NDArray[np.int32]
    frequency: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Frames, classes, objects and detections, validated and frozen.

    Attributes
    ----------
    classes : tuple of str, length K
        Class names in the order of the class ids. Names may repeat only if ids differ.
    class_ids : tuple of int or str, length K
        Identity in the source (COCO category id, YOLO index).
    box_unit : {"pixel", "relative"}
        ``relative`` (0..1 of the frame) where frame sizes are unknown: IoU is the same, size
        ranges are undefined.
    sources, skipped, warnings : tuple
        What was read, what was left out of it and what is doubtful.
    supercategories : tuple of str or None, length K or 0
        The group that each class belongs to (COCO ``supercategory``), None where the source names none for it;
        empty where the source knows no groups.
    federated : Federated or None
        Which classes were verified in which frames, where the source says so (LVIS).

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [2], "width": [9], "height": [8]})
    >>> dataset = framelens.evaluate(truth, truth.assign(score=0.9), frames=(64, 48)).dataset
    >>> dataset, dataset.classes, dataset.frames.names, dataset.frames.width.tolist()
    (Dataset(1 frames, 1 classes, 1 objects, 1 detections), ('cat',), ('a',), [64.0])
    >>> dataset.objects.box.tolist(), dataset.detections.score.tolist(), dataset.box_unit
    ([[1.0, 2.0, 9.0, 8.0]], [0.9], 'pixel')
    """

    frames: Frames
    classes: tuple[str, ...]
    class_ids: tuple[int | str, ...]
    objects: Objects
    detections: Detections
    box_unit: BoxUnit = "pixel"
    sources: tuple[Source, ...] = ()
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    federated: Federated | None = None
    supercategories: tuple[str | None, ...] = ()

    def __repr__(self) -> str:
        return (
            f"Dataset({len(self.frames)} frames, {len(self.classes)} classes, "
            f"{len(self.objects)} objects, {len(self.detections)} detections)"
        )
