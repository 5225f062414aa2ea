"""Datasets of different frames become one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsort_keygen

from framelens.data.dataset import Dataset, Detections, Federated, Frames, Objects, freeze
from framelens.errors import OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["ClassUnion", "FrameUnion", "concatenate", "identity_order", "merge_federated", "merge_frequency"]

_natural = natsort_keygen()


def identity_order(key: int | str) -> tuple[int, Any, str]:
    """Sort ids: numbers by value, then texts naturally.

    >>> sorted(["b10", 7, "b9"], key=identity_order)
    [7, 'b9', 'b10']
    """
    return (0, key, "") if isinstance(key, int) else (1, _natural(key), key)


class ClassUnion:
    """The classes of several datasets, the same whatever their order.

    Where all lists agree they stay as they are; else the union is sorted by id.

    Attributes
    ----------
    names, ids : tuple, length K
    places : list of int64 array
        Per dataset: where each of its classes stands.
    """

    def __init__(self, lists: Sequence[Sequence[tuple[int | str, str]]]) -> None:
        first = list(lists[0])
        if all(list(classes) == first for classes in lists):
            union = first
        else:
            union = sorted(
                {pair for classes in lists for pair in classes}, key=lambda pair: (identity_order(pair[0]), pair[1])
            )
            ids = [key for key, _ in union]
            if len(set(ids)) < len(ids):
                twice = next(key for number, key in enumerate(ids) if key in ids[:number])
                names = " and ".join(repr(one_line(name, 40)) for key, name in union if key == twice)
                raise OptionError(f"class {one_line(repr(twice), 40)} has different names: {names}; give it one name")
        place = {pair: number for number, pair in enumerate(union)}
        self.ids, self.names = tuple(key for key, _ in union), tuple(name for _, name in union)
        self.places = [np.array([place[pair] for pair in classes], dtype=np.int32) for classes in lists]


class FrameUnion:
    """The frames of several datasets, by id, the same whatever the order of the datasets.

    Attributes
    ----------
    frames : Frames
    places : list of int32 array
        Per dataset: where each of its frames stands.
    """

    def __init__(self, parts: Sequence[Frames], *, keep_order: bool = False) -> None:
        ids = [key for part in parts for key in part.ids]
        names = [name for part in parts for name in part.names]
        order = list(range(len(ids)))
        if not keep_order:
            order.sort(key=lambda row: (identity_order(ids[row]), names[row]))
        for one, two in pairwise(order):
            if ids[one] == ids[two] and names[one] == names[two]:
                said = f"frame {one_line(names[one], 60)!r} is in more than one of the evaluations"
                raise OptionError(f"{said}; each frame belongs to one")
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order))
        self.places = np.split(place, np.cumsum([len(part) for part in parts])[:-1])
        self.frames = Frames(
            tuple(names[row] for row in order),
            tuple(ids[row] for row in order),
            *(freeze(np.concatenate([getattr(part, side) for part in parts])[order]) for side in ("width", "height")),
        )


def concatenate(parts: Sequence[Dataset], *, keep_order: bool = False) -> Dataset:
    """Put datasets of different frames together.

    Parameters
    ----------
    parts : sequence of Dataset
        At least one.
    keep_order : bool
        Leave the frames in the order of the parts instead of sorting them by id.

    Returns
    -------
    Dataset
        Frames by id and classes as :class:`ClassUnion` says: the order of the parts changes nothing.

    Raises
    ------
    OptionError
        A frame occurs twice, a class has two names, or some boxes are pixels and others fractions.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> concatenate([two_frames()])
    Dataset(2 frames, 2 classes, 3 objects, 4 detections)
    """
    if len({part.box_unit for part in parts}) > 1:
        raise OptionError("some evaluations have boxes in pixels and others in fractions of frames of unknown size")
    if len({part.federated is None for part in parts}) > 1:
        raise OptionError("some evaluations say which classes were verified in which frames and others do not")
    classes = ClassUnion([list(zip(part.class_ids, part.classes, strict=True)) for part in parts])
    frames = FrameUnion([part.frames for part in parts], keep_order=keep_order)
    moved = list(zip(frames.places, classes.places, strict=True))
    sources = {(s.format, s.name, s.digest): s for part in parts for s in part.sources}
    skips = {(s.file, s.reason, s.where, s.count): s for part in parts for s in part.skipped}
    return Dataset(
        frames.frames,
        classes.names,
        classes.ids,
        Objects(**_joined([part.objects for part in parts], moved)),
        Detections(**_joined([part.detections for part in parts], moved)),
        parts[0].box_unit,
        sources=tuple(sources[key] for key in sorted(sources)),
        skipped=tuple(skips[key] for key in sorted(skips)),
        warnings=tuple(sorted({text for part in parts for text in part.warnings})),
        federated=merge_federated([part.federated for part in parts], moved, len(classes.ids)),
    )


def _joined(tables: Sequence[Any], moved: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]]) -> dict[str, Any]:
    """Join columns, sorted by frame."""
    frame = np.concatenate([place[table.frame] for table, (place, _) in zip(tables, moved, strict=True)])
    category = np.concatenate([place[table.category] for table, (_, place) in zip(tables, moved, strict=True)])
    order = np.argsort(frame, kind="stable")
    columns = {"frame": frame, "category": category}
    for name in tables[0].__dataclass_fields__:
        column = columns[name] if name in columns else np.concatenate([getattr(table, name) for table in tables])
        columns[name] = freeze(column[order])
    return columns


def merge_federated(
    parts: Sequence[Federated | None], moved: Sequence[tuple[NDArray[np.int32], NDArray[np.int32]]], classes: int
) -> Federated | None:
    """Join what is known about classes in frames; ``moved`` says where frames and classes stand now."""
    known = [(part, *places) for part, places in zip(parts, moved, strict=True) if part is not None]
    if len(known) < len(parts):
        return None
    pairs = []
    for name in ("negative", "not_exhaustive"):
        joined = [
            np.stack([frames[getattr(part, name)[:, 0]], places[getattr(part, name)[:, 1]]], axis=1)
            for part, frames, places in known
        ]
        together = np.concatenate(joined)
        pairs.append(freeze(together[np.lexsort(together.T[::-1])], np.int32))
    frequency = merge_frequency([part.frequency for part, _, _ in known], [of for _, _, of in known], classes)
    return Federated(pairs[0], pairs[1], frequency)


def merge_frequency(
    parts: Sequence[Sequence[str]], places: Sequence[NDArray[np.int32]], classes: int
) -> tuple[str, ...]:
    """Return how common each class is, from lists that may not know all; ``()`` where none knows any."""
    if not any(parts):
        return ()
    frequency = [""] * classes
    for part, place in zip(parts, places, strict=True):
        for number, word in zip(place.tolist(), part, strict=False):
            frequency[number] = max(frequency[number], word)
    return tuple(frequency)
