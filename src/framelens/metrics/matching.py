"""One matching of detections and objects, from which every number at an operating point follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import Pairs
from framelens.metrics.overlaps import Overlaps, find_overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["Matching", "match"]


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Who belongs to whom at one IoU threshold, for every confidence at once.

    Detections choose in order of score, so leaving out all below a confidence changes nothing for
    the others: at confidence c the matches are those whose detection has ``score >= c``.

    Attributes
    ----------
    threshold : float
        A pair may match when its IoU is at least this.
    partner : int64 array, shape (M,)
        Per detection: row of its object, -1 for none.
    iou : float64 array, shape (M,)
        Per detection: IoU with its partner, ``nan`` for none.
    absorbed : bool array, shape (M,)
        The partner is a crowd region or ignored: the detection counts neither as right nor wrong.
    object_partner : int64 array, shape (N,)
        Per object: row of its detection, -1 for none and for crowd regions, which may take many.
    by_score : int64 array, shape (M,)
        Rows of the detections in the order in which they chose.
    """

    threshold: float
    partner: NDArray[np.int64]
    iou: NDArray[np.float64]
    absorbed: NDArray[np.bool_]
    object_partner: NDArray[np.int64]
    by_score: NDArray[np.int64]

    @property
    def true_positive(self) -> NDArray[np.bool_]:
        """Per detection: it has found an object that counts."""
        return (self.partner >= 0) & ~self.absorbed


def match(dataset: Dataset, iou: float = 0.5, *, overlaps: Overlaps | None = None) -> Matching:
    """Match detections with objects of the same frame and class.

    The rule is pycocotools': detections in order of score (equal scores: as in the file) each take
    the free object with the highest IoU, if it is at least ``iou`` (equal IoU: the later object).
    An ignored object or crowd region is taken only if no other is free; a crowd region takes any
    number. Unlike COCO's AP there is no limit of 100 detections per frame.

    Parameters
    ----------
    dataset : Dataset
    iou : float
        Above 0, at most 1.
    overlaps : Overlaps, optional
        Of this dataset, found before; used if it reaches down to ``iou``.

    Returns
    -------
    Matching

    Raises
    ------
    OptionError
        If ``iou`` is not in (0, 1].

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> matching = match(two_frames(), iou=0.5)
    >>> matching.partner.tolist(), matching.object_partner.tolist()
    ([0, 1, -1, -1], [0, 1, -1])
    """
    if overlaps is None or not overlaps.minimum <= iou <= 1:
        overlaps = find_overlaps(dataset, iou)
    objects = dataset.objects
    ignored = objects.set_aside
    pairs = overlaps.pairs.take(preference_order(overlaps.pairs, ignored))
    _, chosen = accept(pairs, objects.crowd, np.array([effective_threshold(iou)]))
    matches = pairs.take(chosen)
    found = Pairs(overlaps.grouped[matches.detection], matches.object, matches.iou)
    return _matching(dataset, iou, found, ignored, overlaps.by_score)


def _matching(
    dataset: Dataset, threshold: float, matches: Pairs, ignored: NDArray[np.bool_], by_score: NDArray[np.int64]
) -> Matching:
    partner = np.full(len(dataset.detections), -1, dtype=np.int64)
    iou = np.full(len(partner), np.nan)
    partner[matches.detection] = matches.object
    iou[matches.detection] = matches.iou
    absorbed = np.zeros(len(partner), dtype=np.bool_)
    absorbed[matches.detection] = ignored[matches.object]
    object_partner = np.full(len(dataset.objects), -1, dtype=np.int64)
    single = ~dataset.objects.crowd[matches.object]
    object_partner[matches.object[single]] = matches.detection[single]
    columns = (freeze(column) for column in (partner, iou, absorbed, object_partner, by_score))
    return Matching(threshold, *columns)
