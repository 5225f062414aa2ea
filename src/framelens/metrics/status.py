"""What became of every object and every detection at one operating point."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._acceptance import effective_threshold
from framelens.metrics._pairs import find_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.confusion import Confusion
    from framelens.metrics.matching import Matching

__all__ = ["BACKGROUND_IOU", "CODES", "STATUSES", "Nearest", "Outcomes", "nearest_objects", "outcomes"]

#: A detection with less overlap than this stands on background (TIDE's background threshold).
BACKGROUND_IOU = 0.1

#: What can become of an object or a detection, with its meaning.
STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "true positive": "object and detection of one class, matched at the IoU",
        "confused": "matched at the IoU, but the class is another",
        "duplicate": "detection that reaches the IoU with an object that another detection has taken",
        "localisation": "detection near an object (IoU 0.1 or more) that does not reach the IoU",
        "background": "detection where nothing is (IoU under 0.1 with every object)",
        "missed": "object without a detection",
        "ignored": "crowd or ignored object, or a detection absorbed by one; counted beside the matrix",
        "below confidence": "detection under the confidence of the operating point",
    }
)
#: Number of each status, as the status columns of :class:`Outcomes` hold it.
CODES: Mapping[str, int] = MappingProxyType({name: code for code, name in enumerate(STATUSES)})


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Status, partner and IoU of every object and every detection.

    Attributes
    ----------
    object_status, detection_status : int64 array, shape (N,) and (M,)
        Numbers of :data:`CODES`.
    object_partner : int64 array, shape (N,)
        Row of the detection in the same cell of the matrix, -1 for none.
    detection_partner : int64 array, shape (M,)
        Row of the object in the same cell; of the object concerned for duplicate, localisation and
        ignored; -1 for none.
    object_iou, detection_iou : float64 array, shape (N,) and (M,)
        IoU with the partner, ``nan`` for none.
    """

    object_status: NDArray[np.int64]
    object_partner: NDArray[np.int64]
    object_iou: NDArray[np.float64]
    detection_status: NDArray[np.int64]
    detection_partner: NDArray[np.int64]
    detection_iou: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The objects of one frame that overlap each of D detections most.

    Attributes
    ----------
    same, other : int64 array, shape (D,)
        Row of the object of the same class, and of another class, with the highest IoU; of equals
        the first; -1 where no IoU reaches the minimum.
    same_iou, other_iou : float64 array, shape (D,)
        Their IoU, 0 for none.
    """

    same: NDArray[np.int64]
    same_iou: NDArray[np.float64]
    other: NDArray[np.int64]
    other_iou: NDArray[np.float64]


def outcomes(dataset: Dataset, matching: Matching, confusion: Confusion) -> Outcomes:
    """Name what became of every object and detection; the sums are the cells of the matrix.

    Pairs on the diagonal are true positives, other pairs confused, the last column is missed. The
    last row is split by TIDE's rule (Bolya et al. 2020, foreground = the IoU of the matrix,
    background 0.1): an object of the same class with IoU 0.1 or more is the one concerned; without
    one it is the object of any class with the highest IoU. If the IoU of the matrix is reached, the
    object is taken already and the detection is a *duplicate*, else a *localisation* error; with no
    IoU of 0.1 it is *background*. TIDE's "both wrong" is a localisation whose partner has another
    class; its "classification" error on an object that is taken is a duplicate whose partner has.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.
    confusion : Confusion
        Of this matching.

    Returns
    -------
    Outcomes

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> result = outcomes(dataset, matching, confuse(dataset, matching, 0.2))
    >>> [list(STATUSES)[code] for code in result.detection_status]
    ['true positive', 'true positive', 'background', 'confused']
    """
    objects, score = dataset.objects, dataset.detections.score
    over = np.ones(len(score), dtype=np.bool_) if confusion.confidence is None else score >= confusion.confidence
    object_status = np.where(objects.set_aside, CODES["ignored"], CODES["missed"])
    detection_status = np.full(len(score), CODES["below confidence"])
    object_partner, object_iou = np.full(len(objects), -1), np.full(len(objects), np.nan)
    detection_partner, detection_iou = np.full(len(score), -1), np.full(len(score), np.nan)

    examples = confusion.examples
    pair = (examples.object >= 0) & (examples.detection >= 0)
    row, column = examples.object[pair], examples.detection[pair]
    right = examples.actual[pair] == examples.predicted[pair]
    code = np.where(right, CODES["true positive"], CODES["confused"])
    object_status[row] = detection_status[column] = code
    object_partner[row], detection_partner[column] = column, row
    object_iou[row] = detection_iou[column] = examples.iou[pair]

    absorbed = over & matching.absorbed
    detection_status[absorbed] = CODES["ignored"]
    detection_partner[absorbed], detection_iou[absorbed] = matching.partner[absorbed], matching.iou[absorbed]

    alarms = examples.detection[examples.object < 0]
    concerned = _concerned(dataset, alarms, matching.threshold, object_partner >= 0)
    detection_status[alarms], detection_partner[alarms], detection_iou[alarms] = concerned
    return Outcomes(
        freeze(object_status, np.int64),
        freeze(object_partner, np.int64),
        freeze(object_iou),
        freeze(detection_status, np.int64),
        freeze(detection_partner, np.int64),
        freeze(detection_iou),
    )


def _concerned(
    dataset: Dataset, alarms: NDArray[np.int64], threshold: float, taken: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return status, object and IoU of false alarms."""
    near = nearest_objects(dataset, alarms, minimum=min(BACKGROUND_IOU, threshold))
    least = effective_threshold(threshold)
    own = near.same >= 0
    # A rule set without second choices may leave the object of the same class free: then the other one is meant.
    own &= (near.same_iou < least) | np.append(taken, False)[near.same] | (near.other_iou < least)
    partner = np.where(own, near.same, near.other)
    iou = np.where(own, near.same_iou, near.other_iou)
    status = np.where(iou >= least, CODES["duplicate"], CODES["localisation"])
    status[partner < 0] = CODES["background"]
    return status, partner, np.where(partner < 0, np.nan, iou)


def nearest_objects(dataset: Dataset, rows: NDArray[np.int64], *, minimum: float) -> Nearest:
    """Find for some detections the objects they overlap most, crowd and ignored ones left out.

    Parameters
    ----------
    dataset : Dataset
    rows : int64 array, shape (D,)
        Rows of ``Dataset.detections``.
    minimum : float
        Least IoU, above 0.

    Returns
    -------
    Nearest

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> near = nearest_objects(two_frames(), np.array([3]), minimum=0.1)
    >>> near.same.tolist(), near.other.tolist(), near.other_iou.round(2).tolist()
    ([-1], [2], [0.9])
    """
    objects, detections = dataset.objects, dataset.detections
    by_frame = np.argsort(detections.frame[rows], kind="stable")
    searched = rows[by_frame]
    pairs = find_pairs(
        detections.frame[searched].astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=searched,
        object_rows=np.flatnonzero(~objects.set_aside),
        minimum=minimum,
    )
    same = objects.category[pairs.object] == detections.category[searched][pairs.detection]
    asked = by_frame[pairs.detection]
    best = (_best(asked[kind], pairs.object[kind], pairs.iou[kind], len(rows)) for kind in (same, ~same))
    (same_object, same_iou), (other_object, other_iou) = best
    return Nearest(same_object, same_iou, other_object, other_iou)


def _best(
    detection: NDArray[np.int64], candidate: NDArray[np.int64], iou: NDArray[np.float64], length: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each detection the candidate with the highest IoU, of equals the lowest row."""
    order = np.lexsort((candidate, -iou, detection))
    detection, candidate, iou = detection[order], candidate[order], iou[order]
    found, first = np.unique(detection, return_index=True)
    best, best_iou = np.full(length, -1), np.zeros(length)
    best[found], best_iou[found] = candidate[first], iou[first]
    return best, best_iou
