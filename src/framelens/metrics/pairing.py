"""Other ways to decide which detection stands for which object, and the matrix that each gives.

The matrix of :func:`framelens.metrics.confusion.confuse` matches boxes of one class first, so that its diagonal is
what the scores count. Other tools match without looking at the class. The difference is a handful of boxes in crowded
frames; here it can be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

import numpy as np

from framelens.data.sorting import order_by, order_by_score
from framelens.errors import OptionError, nearest, one_line
from framelens.metrics._acceptance import accept, effective_threshold, preference_order
from framelens.metrics._pairs import Pairs, find_pairs
from framelens.metrics.confusion import Confusion, confuse, fill_cells
from framelens.metrics.matching import Matching, match
from framelens.metrics.operating_point import ClassScores, rate_classes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["PAIRINGS", "Pairing", "check_pairing", "confuse_by", "moved_boxes", "score_matrix"]

Pairing = Literal["class", "iou", "score"]
#: Name and what it means.
PAIRINGS: Final[dict[str, str]] = {
    "class": "same class first",
    "iou": "highest IoU first, any class",
    "score": "highest score first, any class",
}


def confuse_by(
    pairing: Pairing, dataset: Dataset, confidence: float | None, iou: float = 0.5, *, matching: Matching | None = None
) -> Confusion:
    """Put every object and every detection over the confidence into exactly one cell, by a rule of choice.

    * ``"class"``: as :func:`framelens.metrics.confusion.confuse`.
    * ``"iou"``: of all pairs with enough overlap the one with the highest IoU is matched, then the next whose two
      boxes are free, and so on, whatever the classes (equal IoU: the higher score).
    * ``"score"``: detections choose, highest score first, the free object with the highest IoU, whatever its class
      (equal scores: as in the file; equal IoU: the later object).

    With the last two, detections that found nothing are then taken by crowd regions and ignored objects of their
    class, and stand in no cell.

    Parameters
    ----------
    pairing : {"class", "iou", "score"}
    dataset : Dataset
    confidence : float or None
        Least score that counts; None: every detection.
    iou : float
        Above 0, at most 1.
    matching : Matching, optional
        Of this dataset at this IoU, for ``"class"``.

    Returns
    -------
    Confusion

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> [confuse_by(rule, two_frames(), 0.2).counts.tolist() for rule in PAIRINGS]
    [[[1, 1, 0], [0, 1, 0], [1, 0, 0]], [[1, 1, 0], [0, 1, 0], [1, 0, 0]], [[1, 1, 0], [0, 1, 0], [1, 0, 0]]]
    """
    if pairing == "class":
        return confuse(dataset, match(dataset, iou) if matching is None else matching, confidence)
    objects, score = dataset.objects, dataset.detections.score
    ignored = objects.set_aside
    rows = order_by_score(score)
    rows = rows if confidence is None else rows[score[rows] >= confidence]
    # Places in this list are ranks: a lower one chooses first, across frames too.
    least = effective_threshold(iou)
    pairs = _pairs(dataset, rows, least)
    real = pairs.take(~ignored[pairs.object])
    taken = real.take(_by_overlap(real) if pairing == "iou" else _by_score(real, objects.crowd, least))
    free = np.ones(len(rows), dtype=np.bool_)
    free[taken.detection] = False
    same = objects.category[pairs.object] == dataset.detections.category[rows[pairs.detection]]
    left = pairs.take(ignored[pairs.object] & same & free[pairs.detection])
    absorbed = left.take(_by_score(left, objects.crowd, least)).detection
    free[absorbed] = False
    missed = ~ignored
    missed[taken.object] = False
    matched = Pairs(rows[taken.detection], taken.object, taken.iou)
    return fill_cells(
        dataset,
        matched,
        np.flatnonzero(missed),
        rows[free],
        confidence=confidence,
        iou=iou,
        ignored_detections=len(absorbed),
    )


def check_pairing(name: object) -> Pairing:
    """Return the name of a pairing.

    Raises
    ------
    OptionError
        There is none of that name.

    Examples
    --------
    >>> check_pairing("iou")
    'iou'
    """
    if name not in PAIRINGS:
        msg = f"pairing must be one of the known ones, not {one_line(repr(name), 40)}; {nearest(str(name), PAIRINGS)}"
        raise OptionError(msg)
    return cast("Pairing", name)


def score_matrix(confusion: Confusion) -> ClassScores:
    """Rate each class by a matrix: the diagonal over the columns and over the rows.

    For the pairing ``"class"`` this is :func:`framelens.metrics.operating_point.score_classes`.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> score_matrix(confuse_by("iou", two_frames(), 0.5)).recall.tolist()
    [0.5, 1.0]
    """
    counts = confusion.counts
    objects, detections = counts[:-1].sum(axis=1), counts[:, :-1].sum(axis=0)
    return rate_classes(objects, detections, np.diagonal(counts)[:-1])


def moved_boxes(one: Confusion, other: Confusion, dataset: Dataset) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which objects, bool (N,), and which detections, bool (M,), stand in other cells of the second matrix.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> first, second = (confuse_by(rule, two_frames(), 0.2) for rule in ("class", "iou"))
    >>> [int(boxes.sum()) for boxes in moved_boxes(first, second, two_frames())]
    [0, 0]
    """
    counts = (len(dataset.objects), len(dataset.detections))
    cells = []
    for confusion in (one, other):
        examples = confusion.examples
        cell = examples.actual * len(confusion.counts) + examples.predicted
        for rows, number in zip((examples.object, examples.detection), counts, strict=True):
            of_row = np.full(number, -1, dtype=np.int64)
            of_row[rows[rows >= 0]] = cell[rows >= 0]
            cells.append(of_row)
    return cells[0] != cells[2], cells[1] != cells[3]


def _pairs(dataset: Dataset, rows: NDArray[np.int64], least: float) -> Pairs:
    """Return all pairs of a frame; ``detection`` is a place in ``rows``, ascending."""
    detections, objects = dataset.detections, dataset.objects
    place = order_by(detections.frame[rows])
    found = find_pairs(
        detections.frame[rows[place]].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=rows[place],
        minimum=least,
    )
    rank = place[found.detection]
    order = np.lexsort((found.object, rank))
    return Pairs(rank[order], found.object[order], found.iou[order])


def _by_score(pairs: Pairs, crowd: NDArray[np.bool_], least: float) -> NDArray[np.int64]:
    order = preference_order(pairs, np.zeros(len(crowd), dtype=np.bool_))
    return order[accept(pairs.take(order), crowd, np.array([least]))[1]]


def _by_overlap(pairs: Pairs) -> NDArray[np.int64]:
    """Match by falling IoU: pairs that are the first of both their boxes are certain, then those after them."""
    left = np.lexsort((-pairs.object, pairs.detection, -pairs.iou))
    chosen = []
    while len(left):
        first_of_detection = np.unique(pairs.detection[left], return_index=True)[1]
        first_of_object = np.unique(pairs.object[left], return_index=True)[1]
        certain = left[np.intersect1d(first_of_detection, first_of_object)]
        chosen.append(certain)
        gone = np.isin(pairs.detection[left], pairs.detection[certain])
        gone |= np.isin(pairs.object[left], pairs.object[certain])
        left = left[~gone]
    return np.concatenate(chosen) if chosen else left
