"""What every matching of a dataset starts from: detections in order and who overlaps whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import OptionError
from framelens.metrics._acceptance import effective_threshold
from framelens.metrics._pairs import Pairs, find_pairs, group_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["Overlaps", "find_overlaps"]


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """Detections by score, by class and by frame and class, and the pairs that overlap enough.

    Found once, it serves :func:`~framelens.metrics.coco.coco_metrics` and
    :func:`~framelens.metrics.matching.match` at every IoU from ``minimum`` on.

    Attributes
    ----------
    minimum : float
        Least IoU of a pair.
    by_score : int64 array, shape (M,)
        Rows of the detections, highest score first, equal scores as in the dataset.
    by_class : int64 array, shape (M,)
        The same, class after class.
    grouped : int64 array, shape (M,)
        The same, frame after frame and inside a frame class after class.
    rank : int64 array, shape (M,)
        Per entry of ``grouped``: its place inside its frame and class, from 0.
    pairs : Pairs
        Of the same frame and class. ``detection`` is a place in ``grouped``.
    """

    minimum: float
    by_score: NDArray[np.int64]
    by_class: NDArray[np.int64]
    grouped: NDArray[np.int64]
    rank: NDArray[np.int64]
    pairs: Pairs


def find_overlaps(dataset: Dataset, minimum: float = 0.5) -> Overlaps:
    """Sort the detections of a dataset and find the objects that each overlaps.

    Parameters
    ----------
    dataset : Dataset
    minimum : float
        Least IoU of a pair, above 0, at most 1.

    Returns
    -------
    Overlaps

    Raises
    ------
    OptionError
        If ``minimum`` is not in (0, 1].

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> overlaps = find_overlaps(two_frames())
    >>> overlaps.by_score.tolist(), overlaps.pairs.object.tolist()
    ([0, 1, 3, 2], [0, 1])
    """
    if not 0 < minimum <= 1:
        msg = f"iou={minimum!r} must be above 0 and at most 1"
        raise OptionError(msg)
    objects, detections = dataset.objects, dataset.detections
    orders = detections.orders
    grouped, start = orders.grouped, orders.start
    group = group_of(detections.frame[grouped], detections.category[grouped], len(dataset.classes))
    rank = np.arange(len(group)) - np.repeat(start, np.diff(start, append=len(group)))
    pairs = find_pairs(
        group,
        detections.box,
        objects,
        group_of(objects.frame, objects.category, len(dataset.classes)),
        detection_rows=grouped,
        minimum=effective_threshold(minimum),
    )
    return Overlaps(minimum, orders.by_score, orders.by_class, grouped, rank, pairs)
