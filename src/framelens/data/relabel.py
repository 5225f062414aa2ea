"""The same data with its classes in another list: more of them, or in another order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from framelens.data.dataset import Dataset, Federated, freeze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["with_classes"]

_T = TypeVar("_T")


def with_classes(dataset: Dataset, place: NDArray[np.int32], names: Sequence[str]) -> Dataset:
    """Return the data with the classes ``names``.

    Parameters
    ----------
    dataset : Dataset
    place : int32 array, shape (K,)
        Where each of its classes stands in ``names``.
    names : sequence of str
        All classes, also those that the data does not know.

    Returns
    -------
    Dataset

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> more = with_classes(two_frames(), np.array([2, 0], dtype=np.int32), ["a", "b", "c"])
    >>> more.classes, more.objects.category.tolist(), two_frames().objects.category.tolist()
    (('a', 'b', 'c'), [2, 0, 2], [0, 1, 0])
    """

    def moved(part: Any) -> Any:
        return replace(part, category=freeze(place[part.category], np.int32)) if len(part) else part

    return replace(
        dataset,
        classes=tuple(names),
        class_ids=tuple(names),
        objects=moved(dataset.objects),
        detections=moved(dataset.detections),
        federated=None if dataset.federated is None else _federated(dataset.federated, place, len(names)),
        supercategories=_placed(dataset.supercategories, place, len(names), None),
    )


def _federated(known: Federated, place: NDArray[np.int32], classes: int) -> Federated:
    def moved(pairs: NDArray[np.int32]) -> NDArray[np.int32]:
        return freeze(np.column_stack([pairs[:, 0], place[pairs[:, 1]]]), np.int32)

    frequency = _placed(known.frequency, place, classes, "")
    return Federated(moved(known.negative), moved(known.not_exhaustive), frequency)


def _placed(values: tuple[_T, ...], place: NDArray[np.int32], classes: int, missing: _T) -> tuple[_T, ...]:
    """Return what is said of each class in the new order of the classes; nothing where nothing was said."""
    if not values:
        return ()
    result = [missing] * classes
    for value, at in zip(values, place.tolist(), strict=True):
        result[at] = value
    return tuple(result)
