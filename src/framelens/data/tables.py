"""What readers hand over: ground truth and predictions, validated but not yet joined."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from framelens.data.dataset import BoxUnit, Federated, Frames, Objects, Source, freeze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from framelens.errors import Skip

__all__ = [
    "GroundTruth",
    "KeyKind",
    "Predictions",
    "make_frames",
    "make_objects",
    "make_predictions",
    "objects_in_pixels",
    "positions",
    "stable_order",
]

_DENSE = 1 << 24
#: How a prediction names its class: by id, by name, or by a position that may count from 0 or from 1.
KeyKind = Literal["id", "name", "position"]


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """Frames, classes and objects of one source.

    Attributes
    ----------
    frames : Frames
        In canonical order.
    classes, class_ids : tuple, length K
        As in :class:`~framelens.data.dataset.Dataset`.
    objects : Objects
        Sorted by frame; inside a frame in the order of the source.
    box_unit : {"pixel", "relative"}
    source : Source
    classes_listed : bool
        Whether the source lists its classes. Where it does not, the classes are those that have an
        object, and :func:`~framelens.data.join.join` adds the ones that are only predicted.
    skipped, warnings : tuple
    supercategories : tuple
    federated : Federated or None
        As in :class:`~framelens.data.dataset.Dataset`.
    """

    frames: Frames
    classes: tuple[str, ...]
    class_ids: tuple[int | str, ...]
    objects: Objects
    source: Source
    box_unit: BoxUnit = "pixel"
    classes_listed: bool = True
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    federated: Federated | None = None
    supercategories: tuple[str | None, ...] = ()

    def __repr__(self) -> str:
        return (
            f"GroundTruth({self.source.format}: {len(self.frames)} frames, {len(self.classes)} classes, "
            f"{len(self.objects)} objects)"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Scored boxes as one source names them; :func:`~framelens.data.join.join` resolves the names.

    Attributes
    ----------
    frame : int64 or object array, shape (M,)
        Key of the frame: an image id, or a text (id, file name, or file stem).
    category : int64 or object array, shape (M,)
        Key of the class; ``category_key`` says what it is.
    box : float64 array, shape (M, 4)
        x, y (top left corner), width, height in ``box_unit``.
    score : float64 array, shape (M,)
    record : int64 array, shape (M,)
        Position in the source.
    category_key : {"id", "name", "position"}
        ``position``: index into the truth's classes that may count from 0 or from 1.
    record_text : str
        How a record is named in messages: ``"[{}]"``, ``"annotations[{}]"``, ``"row {}"``.
    frames_read : tuple of str or None
        Frames the source speaks of, also those without a detection; None where it cannot tell.
    """

    frame: NDArray[Any]
    category: NDArray[Any]
    box: NDArray[np.float64]
    score: NDArray[np.float64]
    record: NDArray[np.int64]
    source: Source
    category_key: KeyKind = "id"
    box_unit: BoxUnit = "pixel"
    record_text: str = "[{}]"
    frames_read: tuple[str, ...] | None = None
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.score)

    def __repr__(self) -> str:
        return f"Predictions({self.source.format}: {len(self)} boxes)"


def make_frames(
    names: Sequence[str],
    ids: Sequence[int | str] | None = None,
    width: ArrayLike | None = None,
    height: ArrayLike | None = None,
) -> Frames:
    """Build :class:`Frames`; sizes that are not positive are unknown (``nan``).

    >>> make_frames(["a.jpg"], width=[0], height=[10]).width
    array([nan])
    """

    def size(values: ArrayLike | None) -> NDArray[np.float64]:
        column = np.full(len(names), np.nan) if values is None else np.array(values, dtype=np.float64)
        column[~(column > 0)] = np.nan
        return freeze(column)

    names = tuple(names)
    return Frames(names, names if ids is None else tuple(ids), size(width), size(height))


def make_objects(
    frame: ArrayLike,
    category: ArrayLike,
    box: ArrayLike,
    *,
    area: ArrayLike | None = None,
    crowd: ArrayLike | None = None,
    ignore: ArrayLike | None = None,
    record: ArrayLike | None = None,
    unit: BoxUnit = "pixel",
) -> Objects:
    """Build :class:`Objects` from columns in source order: sorted by frame, frozen.

    Parameters
    ----------
    frame, category : array-like of int, shape (N,)
    box : array-like, shape (N, 4)
    area : array-like, shape (N,), optional
        ``nan`` (or no column) becomes width x height where boxes are pixels.
    crowd, ignore : array-like of bool, optional
    record : array-like of int, optional
        ``0..N-1`` where it is missing.
    unit : {"pixel", "relative"}

    Examples
    --------
    >>> make_objects([1, 0], [0, 0], [[0, 0, 2, 2], [1, 1, 3, 3]]).record
    array([1, 0])
    """
    frames = np.asarray(frame, dtype=np.int32).reshape(-1)
    count = len(frames)
    boxes = np.asarray(box, dtype=np.float64).reshape(count, 4)
    order = stable_order(frames)
    areas = np.full(count, np.nan) if area is None else np.array(area, dtype=np.float64)
    if unit == "pixel":
        with np.errstate(over="ignore"):  # of sides that no picture has
            whole = boxes[:, 2] * boxes[:, 3]
        areas = np.where(np.isnan(areas), whole, areas)
    none = np.zeros(count, dtype=bool)
    return Objects(
        freeze(frames[order]),
        freeze(np.asarray(category, dtype=np.int32).reshape(-1)[order]),
        freeze(boxes[order]),
        freeze(areas[order]),
        freeze((none if crowd is None else np.asarray(crowd, dtype=bool))[order]),
        freeze((none if ignore is None else np.asarray(ignore, dtype=bool))[order]),
        freeze(np.arange(count)[order] if record is None else np.asarray(record, dtype=np.int64)[order]),
    )


def objects_in_pixels(objects: Objects, width: ArrayLike, height: ArrayLike) -> Objects:
    """Return objects whose boxes are fractions of frames of these sizes in pixels, with their areas.

    >>> objects = make_objects([0], [0], [[0.5, 0.5, 0.25, 0.5]], unit="relative")
    >>> objects_in_pixels(objects, [100], [10]).box.tolist()
    [[50.0, 5.0, 25.0, 5.0]]
    """
    sides = np.stack([np.asarray(width, dtype=np.float64), np.asarray(height, dtype=np.float64)] * 2, axis=1)
    box = objects.box * sides[objects.frame]
    return replace(objects, box=freeze(box), area=freeze(box[:, 2] * box[:, 3]))


def make_predictions(
    frame: ArrayLike,
    category: ArrayLike,
    box: ArrayLike,
    score: ArrayLike,
    source: Source,
    *,
    record: ArrayLike | None = None,
    **rest: Any,
) -> Predictions:
    """Build :class:`Predictions` from columns in source order."""
    count = len(np.asarray(score))
    return Predictions(
        freeze(_keys(frame, count)),
        freeze(_keys(category, count)),
        freeze(np.asarray(box, dtype=np.float64).reshape(count, 4)),
        freeze(score, np.float64),  # type: ignore[arg-type]
        freeze(np.arange(count) if record is None else np.asarray(record), np.int64),
        source,
        **rest,
    )


def stable_order(frames: NDArray[np.integer[Any]]) -> NDArray[np.int64] | slice:
    """Return what sorts ``frames`` and keeps the order of equals (a slice where nothing moves)."""
    if len(frames) == 0 or bool((frames[1:] >= frames[:-1]).all()):
        return slice(None)
    return np.argsort(frames, kind="stable")


def positions(keys: NDArray[np.int64], table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each key stands in a rising table, -1 where it does not.

    >>> positions(np.array([7, 2, 8]), np.array([2, 7])).tolist()
    [1, 0, -1]
    """
    if not len(table):
        return np.full(len(keys), -1, dtype=np.int64)
    low, high = int(table[0]), int(table[-1])
    if high - low < _DENSE and len(keys):
        dense = np.full(high - low + 2, -1, dtype=np.int64)
        dense[table - low] = np.arange(len(table))
        inside = (keys >= low) & (keys <= high)
        return dense[np.where(inside, keys - low, high - low + 1)]
    place = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return np.where(table[place] == keys, place, -1)


def _keys(values: ArrayLike, count: int) -> NDArray[Any]:
    """Return integer keys as int64 and everything else as an array of objects."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu" and values.dtype != np.uint64:
        return values.astype(np.int64, copy=False)
    column = np.empty(count, dtype=object)
    column[:] = list(values)  # type: ignore[arg-type]
    return column
