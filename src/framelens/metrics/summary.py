"""What a set of frames contributes to the numbers, in few bytes and mergeable.

Frames are matched on their own, so all that other frames have to know is, per detection, its class, its score
and at which thresholds it found an object. From the summaries of any partition of the frames follow average
precision, the operating point, precision, recall, F1 and the confusion matrix, to the last digit what the
frames give together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import find_pairs
from framelens.metrics.coco import AREA_RANGES, IOU_THRESHOLDS
from framelens.metrics.federated import excluded, lvis_matching, unsure
from framelens.metrics.matching import match
from framelens.metrics.overlaps import find_overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching
    from framelens.metrics.overlaps import Overlaps

__all__ = [
    "ABSORBED",
    "ABSORBED_AT_HALF",
    "LIMITS",
    "RIGHT",
    "RIGHT_AT_HALF",
    "WITHIN",
    "Crossings",
    "Summary",
    "summarize",
]

#: Bits of :attr:`Summary.flags`; bits 0 to 3 say whether the area lies in each of COCO's ranges.
WITHIN, RIGHT, ABSORBED, RIGHT_AT_HALF, ABSORBED_AT_HALF = (1 << bit for bit in range(4, 9))
#: Limits of detections per frame and class (``lvis``: per frame) by rule set.
LIMITS: dict[str, tuple[int, ...]] = {"coco": (1, 10, 100), "lvis": (300,)}
_LEVELS = np.array([effective_threshold(iou) for iou in IOU_THRESHOLDS])
_MOST_RANK = 255
# IoU at which the confidence with the best F1 is looked for, whatever the IoU of the operating point.
_HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Detections that found nothing of their class, with the objects of other classes they overlap.

    Attributes
    ----------
    frame : int32 array, shape (X,)
    detection, object : int64 array, shape (X,)
        Numbers from 0 among those that occur here; a lower detection of a frame chooses first. Ascending by
        detection, then object.
    predicted, actual : int32 array, shape (X,)
        Their classes.
    iou, score : float64 array, shape (X,)
    taken : float64 array, shape (X,)
        Score of the detection of its own class that has found the object, ``nan`` for none: the object is free
        at confidences above it.
    """

    frame: NDArray[np.int32]
    detection: NDArray[np.int64]
    object: NDArray[np.int64]
    predicted: NDArray[np.int32]
    actual: NDArray[np.int32]
    iou: NDArray[np.float64]
    score: NDArray[np.float64]
    taken: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """M detections and N objects of F frames and K classes as :mod:`framelens.metrics.merged` needs them.

    Attributes
    ----------
    rules : {"coco", "lvis"}
    iou : float
        Of the operating point's matches.
    frames, objects, detections : int
        How many there are.
    areas_known : bool
        Whether size ranges have a meaning.
    ignored_objects : int
        Crowd regions and ignored objects.
    objects_in_range : int64 array, shape (4, K)
        Objects behind the AP of each of COCO's size ranges.
    objects_counted : int64 array, shape (K,)
        Objects behind precision, recall and matrix.
    start : int64 array, shape (K + 1,)
        Where each class begins among the detections.
    score : float64 array, shape (M,)
        By class, inside a class highest first; equal scores by frame, then as in the source.
    frame : int32 array, shape (M,)
    flags : uint16 array, shape (M,)
        Size ranges, :data:`WITHIN` the limit of detections, :data:`RIGHT` or :data:`ABSORBED` at ``iou``, and both at
        IoU 0.50, where the best F1 is looked for.
    row : int64 array, shape (S,)
        Detections that match at some threshold in some size range; ascending.
    hit, lost : uint16 array, shape (S, 4)
        Bit t: matches at threshold t with an object that counts in the size range; with one that does not.
    rank : uint8 array, shape (S,)
        Place inside frame and class, at most 255.
    crossings : Crossings
    """

    rules: str
    iou: float
    frames: int
    objects: int
    detections: int
    areas_known: bool
    ignored_objects: int
    objects_in_range: NDArray[np.int64]
    objects_counted: NDArray[np.int64]
    start: NDArray[np.int64]
    score: NDArray[np.float64]
    frame: NDArray[np.int32]
    flags: NDArray[np.uint16]
    row: NDArray[np.int64]
    hit: NDArray[np.uint16]
    lost: NDArray[np.uint16]
    rank: NDArray[np.uint8]
    crossings: Crossings

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.objects_counted)


def summarize(dataset: Dataset, iou: float = 0.5, *, rules: str = "coco", overlaps: Overlaps | None = None) -> Summary:
    """Match the frames of a dataset and keep what counts.

    Parameters
    ----------
    dataset : Dataset
    iou : float
        IoU of the operating point, above 0, at most 1.
    rules : {"coco", "lvis"}
        Of average precision. By the rules of ``lvis`` detections are left out as
        :mod:`framelens.metrics.federated` says.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    Summary

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> summary = summarize(two_frames())
    >>> summary.score.tolist(), summary.row.tolist(), len(summary.crossings)
    ([0.9, 0.3, 0.8, 0.6], [0, 2], 1)
    """
    if overlaps is None or overlaps.minimum > min(iou, IOU_THRESHOLDS[0]):
        overlaps = find_overlaps(dataset, min(iou, float(IOU_THRESHOLDS[0])))
    matching = _matched(dataset, iou, overlaps, rules)
    at_half = matching if iou == _HALF else _matched(dataset, _HALF, overlaps, rules)
    left_out = excluded(dataset) if rules == "lvis" else None
    objects, detections = dataset.objects, dataset.detections
    classes, order = len(dataset.classes), overlaps.by_class
    ignored = objects.set_aside
    never = ignored | (objects.area <= 0) if rules == "lvis" else objects.crowd
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rank = np.empty(len(order), dtype=np.int64)
    rank[overlaps.grouped] = overlaps.rank
    within = rank < LIMITS[rules][-1] if left_out is None else ~left_out
    row, hit, lost = _matches(dataset, overlaps, never, within, place)
    return Summary(
        rules,
        iou,
        len(dataset.frames),
        len(objects),
        len(detections),
        dataset.box_unit == "pixel" and not bool(np.isnan(objects.area).any()),
        int(ignored.sum()),
        freeze(np.array([_count(dataset, ~_out(dataset, never, *ends)) for ends in AREA_RANGES.values()]), np.int64),
        freeze(_count(dataset, ~ignored), np.int64),
        freeze(np.concatenate(([0], np.cumsum(np.bincount(detections.category, minlength=classes)))), np.int64),
        freeze(detections.score[order]),
        freeze(detections.frame[order]),
        freeze(_flags(dataset, (matching, at_half), within, lvis=rules == "lvis")[order]),
        freeze(row),
        freeze(hit),
        freeze(lost),
        freeze(np.minimum(rank[order[row]], _MOST_RANK), np.uint8),
        _crossings(dataset, matching, np.flatnonzero(~ignored)),
    )


def _count(dataset: Dataset, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.bincount(dataset.objects.category[chosen], minlength=len(dataset.classes))


def _out(dataset: Dataset, never: NDArray[np.bool_], low: float, high: float) -> NDArray[np.bool_]:
    """Return which objects do not count in a size range."""
    return never | (dataset.objects.area < low) | (dataset.objects.area > high)


def _matched(dataset: Dataset, iou: float, overlaps: Overlaps, rules: str) -> Matching:
    matching = match(dataset, iou, overlaps=overlaps)
    return lvis_matching(dataset, matching) if rules == "lvis" else matching


def _flags(
    dataset: Dataset, matchings: tuple[Matching, Matching], within: NDArray[np.bool_], *, lvis: bool
) -> NDArray[np.uint16]:
    box = dataset.detections.box
    with np.errstate(all="ignore"):
        area = box[:, 2] * box[:, 3]
    may_be_wrong = ~unsure(dataset) if lvis else np.ones(len(area), dtype=np.bool_)
    columns = [(area >= low) & (area <= high) & may_be_wrong for low, high in AREA_RANGES.values()]
    columns += [within, *(part for matching in matchings for part in (matching.true_positive, matching.absorbed))]
    flags = np.zeros(len(area), dtype=np.uint16)
    for bit, column in enumerate(columns):
        flags |= column.astype(np.uint16) << np.uint16(bit)
    return flags


def _matches(
    dataset: Dataset,
    overlaps: Overlaps,
    never: NDArray[np.bool_],
    within: NDArray[np.bool_],
    place: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.uint16], NDArray[np.uint16]]:
    """Return the detections that match, by class and score, and at which thresholds they do."""
    found = overlaps.pairs
    found = found.take(within[overlaps.grouped[found.detection]] & (found.iou >= _LEVELS[0]))
    at = place[overlaps.grouped[found.detection]]
    matched = np.zeros(len(place), dtype=np.bool_)
    matched[at] = True
    row, number = np.flatnonzero(matched), (np.cumsum(matched) - 1)[at]
    hit, lost = (np.zeros((len(row), len(AREA_RANGES)), dtype=np.uint16) for _ in range(2))
    for a, (low, high) in enumerate(AREA_RANGES.values()):
        out = _out(dataset, never, low, high)
        order = preference_order(found, out)
        level, chosen = accept(found.take(order), dataset.objects.crowd, _LEVELS)
        pair = order[chosen]
        for bits, kind in ((hit, ~out), (lost, out)):
            of_kind = kind[found.object[pair]]
            rows, levels = number[pair[of_kind]], level[of_kind]
            bounds = np.searchsorted(levels, np.arange(len(_LEVELS) + 1))
            for t in range(len(_LEVELS)):
                bits[rows[bounds[t] : bounds[t + 1]], a] |= np.uint16(1 << t)
    some = (hit | lost).any(axis=1)
    return row[some], hit[some], lost[some]


def _crossings(dataset: Dataset, matching: Matching, object_rows: NDArray[np.int64]) -> Crossings:
    """Find what the second step of the confusion matrix may match at some confidence."""
    objects, detections = dataset.objects, dataset.detections
    alone = (matching.partner < 0) & ~matching.absorbed
    rows = matching.by_score[alone[matching.by_score]]
    rows = rows[order_by(detections.frame[rows])]
    pairs = find_pairs(
        detections.frame[rows].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=rows,
        object_rows=object_rows,
        minimum=effective_threshold(matching.threshold),
    )
    # Objects of its own class have gone to detections with higher scores.
    other = detections.category[rows[pairs.detection]] != objects.category[pairs.object]
    pairs = pairs.take(other)
    row = rows[pairs.detection]
    partner = matching.object_partner[pairs.object]
    taken = np.full(len(row), np.nan)
    taken[partner >= 0] = detections.score[partner[partner >= 0]]
    return Crossings(
        freeze(detections.frame[row]),
        freeze(_numbered(pairs.detection)),
        freeze(_numbered(pairs.object)),
        freeze(detections.category[row]),
        freeze(objects.category[pairs.object]),
        freeze(pairs.iou),
        freeze(detections.score[row]),
        freeze(taken),
    )


def _numbered(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the different rows numbers from 0, in their order."""
    return np.unique(rows, return_inverse=True)[1].reshape(-1).astype(np.int64)
