"""A part of a dataset: some frames, some boxes, the same classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import Dataset, Detections, Federated, Frames, Objects, freeze

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.pictures import Pictures

__all__ = ["pictures_of", "subset"]


def subset(
    dataset: Dataset, frames: NDArray[np.bool_], objects: NDArray[np.bool_], detections: NDArray[np.bool_]
) -> Dataset:
    """Return the chosen frames with the chosen boxes in them.

    Frames, objects and detections keep their order, so ties are decided as in the whole. All classes stay, so
    that cells of a matrix mean the same.

    Parameters
    ----------
    dataset : Dataset
    frames, objects, detections : bool array, shape (F,), (N,) and (M,)
        What stays; boxes of frames that go, go too.

    Returns
    -------
    Dataset

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> whole = two_frames()
    >>> everything = np.ones(4, dtype=bool)
    >>> subset(whole, np.array([False, True]), everything[:3], everything)
    Dataset(1 frames, 2 classes, 1 objects, 1 detections)
    """
    place = np.cumsum(frames) - 1
    rows = np.flatnonzero(frames)
    own = dataset.objects
    kept = np.flatnonzero(objects & frames[own.frame])
    found = dataset.detections
    left = np.flatnonzero(detections & frames[found.frame])
    return replace(
        dataset,
        frames=Frames(
            tuple(dataset.frames.names[row] for row in rows),
            tuple(dataset.frames.ids[row] for row in rows),
            freeze(dataset.frames.width[rows]),
            freeze(dataset.frames.height[rows]),
        ),
        objects=Objects(
            freeze(place[own.frame[kept]], np.int32),
            *(freeze(column[kept]) for column in (own.category, own.box, own.area, own.crowd, own.ignore, own.record)),
        ),
        detections=Detections(
            freeze(place[found.frame[left]], np.int32),
            *(freeze(column[left]) for column in (found.category, found.box, found.score, found.record)),
        ),
        federated=None if dataset.federated is None else _federated(dataset.federated, frames, place),
    )


def _federated(known: Federated, frames: NDArray[np.bool_], place: NDArray[np.int64]) -> Federated:
    def kept(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
        inside = pairs[frames[pairs[:, 0]]]
        return freeze(np.column_stack([place[inside[:, 0]], inside[:, 1]]), np.int32)

    return Federated(kept(known.negative), kept(known.not_exhaustive), known.frequency)


def pictures_of(pictures: Pictures, frames: NDArray[np.bool_]) -> Pictures:
    """Return the pictures of the chosen frames.

    Parameters
    ----------
    pictures : Pictures
    frames : bool array, shape (F,)

    Returns
    -------
    Pictures

    Examples
    --------
    >>> from framelens.data.pictures import Pictures
    >>> stack = Pictures.from_stack(np.zeros((2, 8, 8, 3), np.uint8), ["a", "b"])
    >>> pictures_of(stack, np.array([False, True])).names
    ('b',)
    """
    return pictures.part(np.flatnonzero(frames).tolist())
