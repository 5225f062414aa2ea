"""The ways to cut the data of an evaluation into slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.metadata import Groups, group_values
from framelens.metrics.coco import AREA_RANGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["CROWDING", "SIZE", "Facet", "facets"]

SIZE, CROWDING = "size", "objects in frame"
#: Least number of objects in a frame of each group, with its name.
_CROWDS = ((0, "none"), (1, "1"), (2, "2 to 4"), (5, "5 to 9"), (10, "10 to 19"), (20, "20 or more"))


@dataclass(frozen=True, slots=True, eq=False)
class Facet:
    """One way to cut the data into slices.

    Attributes
    ----------
    name : str
    labels : tuple of str, length V
    object, detection : int64 array, shape (N,) and (M,)
        Slice of each object and of each detection by itself, -1 for none.
    frame : int64 array, shape (F,), or None
        Slice of each frame; None where a frame may stand in several.
    """

    name: str
    labels: tuple[str, ...]
    object: NDArray[np.int64]
    detection: NDArray[np.int64]
    frame: NDArray[np.int64] | None


def facets(evaluation: Evaluation, sizes: Mapping[str, tuple[float, float]] | None = None) -> tuple[Facet, ...]:
    """Return the ways to cut an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
    sizes : mapping of str to (float, float) or None
        See :meth:`framelens.Evaluation.slices`.
    """
    dataset = evaluation.dataset
    found = [] if dataset.box_unit == "relative" else [_size_facet(evaluation, sizes)]
    real = ~dataset.objects.set_aside
    objects = np.bincount(dataset.objects.frame[real], minlength=len(dataset.frames))
    starts, names = zip(*_CROWDS, strict=True)
    found.append(_frame_facet(evaluation, CROWDING, Groups(names, np.searchsorted(starts, objects, "right") - 1)))
    for name, values in (evaluation.metadata.columns if evaluation.metadata else {}).items():
        groups = group_values(values)
        if groups.labels:
            found.append(_frame_facet(evaluation, name, groups))
    return tuple(found)


def _frame_facet(evaluation: Evaluation, name: str, groups: Groups) -> Facet:
    dataset, code = evaluation.dataset, groups.code
    return Facet(name, groups.labels, code[dataset.objects.frame], code[dataset.detections.frame], code)


def _size_facet(evaluation: Evaluation, sizes: Mapping[str, tuple[float, float]] | None) -> Facet:
    dataset = evaluation.dataset
    ranges = {name: ends for name, ends in AREA_RANGES.items() if name != "all"} if sizes is None else sizes

    def code(area: NDArray[np.float64]) -> NDArray[np.int64]:
        place = np.full(len(area), -1, dtype=np.int64)
        for number, (low, high) in reversed(list(enumerate(ranges.values()))):
            place[(area >= low) & (area <= high)] = number
        return place

    with np.errstate(all="ignore"):
        detections = code(dataset.detections.box[:, 2] * dataset.detections.box[:, 3])
    return Facet(SIZE, tuple(map(str, ranges)), code(dataset.objects.area), detections, None)
