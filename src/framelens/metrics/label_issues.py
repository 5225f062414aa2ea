"""Places where the labels, not the detector, may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._acceptance import effective_threshold
from framelens.metrics._pairs import find_pairs
from framelens.metrics.status import BACKGROUND_IOU, CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.status import Outcomes

__all__ = ["ISSUES", "LabelIssues", "find_label_issues"]

#: Kinds of suspected label errors, with the reason.
ISSUES: Mapping[str, str] = MappingProxyType(
    {
        "missing object": "a confident detection where no object is labelled",
        "wrong class": "a confident detection fits the object closely and names another class",
        "loose box": "a confident detection of the same class lies nearby; the labelled box may be off",
        "doubtful object": "no detection of any class or score fits this object",
    }
)
_MISSING, _CLASS, _BOX, _OBJECT = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class LabelIssues:
    """Suspected label errors, most suspicious first.

    Attributes
    ----------
    kind : int64 array, shape (L,)
        Place in :data:`ISSUES`.
    object, detection : int64 array, shape (L,)
        Rows of ``Dataset.objects`` and ``Dataset.detections``, -1 for none.
    iou : float64 array, shape (L,)
        Of the pair; for a doubtful object, the highest IoU of any detection (0: none overlaps).
        ``nan`` where there is no pair.
    suspicion : float64 array, shape (L,)
        In [0, 1]. With a detection: the share of true positives that are no surer than it. For a doubtful
        object: 1 - ``iou``.
    confident : float
        The score from which a detection was taken as confident, ``nan`` if there is none.
    """

    kind: NDArray[np.int64]
    object: NDArray[np.int64]
    detection: NDArray[np.int64]
    iou: NDArray[np.float64]
    suspicion: NDArray[np.float64]
    confident: float


def find_label_issues(
    dataset: Dataset, result: Outcomes, threshold: float, *, confident: float | None = None, close: float = 0.75
) -> LabelIssues:
    """List what a person should look at before blaming the detector.

    Parameters
    ----------
    dataset : Dataset
    result : Outcomes
        Of this dataset.
    threshold : float
        IoU of the matching; a missed object that some detection reaches is not doubtful.
    confident : float or None
        Score from which a detection is confident. None: the median score of the true positives, so
        that it means the same for every detector.
    close : float
        IoU from which a detection of another class speaks about this very object.

    Returns
    -------
    LabelIssues
        Empty where there is no detection, which would make every object doubtful.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> from framelens.metrics.status import outcomes
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> result = outcomes(dataset, matching, confuse(dataset, matching, 0.2))
    >>> issues = find_label_issues(dataset, result, 0.5, confident=0.5)
    >>> [list(ISSUES)[kind] for kind in issues.kind], issues.object.tolist()
    (['wrong class'], [2])
    """
    detections = dataset.detections
    right = np.sort(detections.score[result.detection_status == CODES["true positive"]])
    if confident is None:
        confident = float(np.quantile(right, 0.5, method="lower")) if len(right) else float("nan")
    with_detection = _confident(dataset, result, confident, close)
    kind, rows = with_detection
    rank = np.searchsorted(right, detections.score[rows], side="right")
    sure = rank / max(len(right), 1)
    doubtful, best = _unfound(dataset, result, threshold)
    columns = (
        np.concatenate((kind, np.full(len(doubtful), _OBJECT))),
        np.concatenate((result.detection_partner[rows], doubtful)),
        np.concatenate((rows, np.full(len(doubtful), -1))),
        np.concatenate((result.detection_iou[rows], best)),
        np.concatenate((sure, 1 - best)),
    )
    order = np.lexsort((columns[2], columns[1], columns[0], -columns[4]))
    kinds, objects, found, iou, suspicion = (freeze(column[order]) for column in columns)
    return LabelIssues(kinds, objects, found, iou, suspicion, confident)


def _confident(
    dataset: Dataset, result: Outcomes, confident: float, close: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return kind and row of the confident detections that contradict the labels."""
    status, partner, iou = result.detection_status, result.detection_partner, result.detection_iou
    sure = dataset.detections.score >= confident
    # Where there is no object the partner is -1 and the value looked up means nothing.
    same, missed = np.zeros((2, len(status)), dtype=np.bool_)
    paired = partner >= 0
    same[paired] = dataset.objects.category[partner[paired]] == dataset.detections.category[paired]
    missed[paired] = result.object_status[partner[paired]] == CODES["missed"]
    kind = np.select(
        [
            sure & (status == CODES["background"]),
            sure & (status == CODES["confused"]) & (np.nan_to_num(iou) >= close),
            sure & (status == CODES["localisation"]) & same & missed,
        ],
        [_MISSING, _CLASS, _BOX],
        -1,
    )
    rows = np.flatnonzero(kind >= 0)
    return kind[rows], rows


def _unfound(dataset: Dataset, result: Outcomes, threshold: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the missed objects that no detection of any score reaches, and the best IoU with one."""
    objects, detections = dataset.objects, dataset.detections
    missed = np.flatnonzero(result.object_status == CODES["missed"])
    if not len(detections):
        return np.empty(0, dtype=np.int64), np.empty(0)
    pairs = find_pairs(
        detections.frame.astype(np.int64),
        detections.box,
        objects,
        objects.frame.astype(np.int64),
        detection_rows=np.arange(len(detections)),
        object_rows=missed,
        minimum=min(BACKGROUND_IOU, threshold),
    )
    best = np.zeros(len(objects))
    np.maximum.at(best, pairs.object, pairs.iou)
    missed = missed[best[missed] < effective_threshold(threshold)]
    return missed, best[missed]
