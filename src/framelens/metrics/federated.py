"""LVIS: detections of classes that nobody looked for are neither right nor wrong.

The rules are those of the program ``lvis`` 0.5.3 (Gupta, Dollár, Girshick 2019): the 300 best-scored
detections of a frame take part. A detection of a class that has no object in the frame and was not verified
to be absent is left out. One that found nothing is ignored where the objects of its class were not labelled
exhaustively. Objects and detections without area do not count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by_score
from framelens.metrics._pairs import group_of
from framelens.metrics._ranking import Ranking, Spared, rank, rank_in_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset, Detections
    from framelens.metrics.matching import Matching
    from framelens.metrics.overlaps import Overlaps

__all__ = ["DETECTIONS_PER_FRAME", "beyond_limit", "excluded", "lvis_matching", "rank_by", "unsure"]

#: Detections that LVIS looks at in a frame, all classes together.
DETECTIONS_PER_FRAME = 300


def beyond_limit(detections: Detections) -> NDArray[np.bool_]:
    """Return which detections are not among the 300 best of their frame, all classes together; equal ones in order.

    Parameters
    ----------
    detections : Detections

    Returns
    -------
    bool array, shape (M,)

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> beyond_limit(two_frames().detections).any()
    np.False_
    """
    order = order_by_score(detections.score)
    beyond = np.empty(len(order), dtype=np.bool_)
    beyond[order] = rank_in_group(detections.frame[order].astype(np.int64)) >= DETECTIONS_PER_FRAME
    return beyond


def excluded(dataset: Dataset) -> NDArray[np.bool_]:
    """Return which detections LVIS leaves out.

    They are beyond the 300 best of their frame, or of a class that is not verified there, or have no area.

    Parameters
    ----------
    dataset : Dataset
        Without :attr:`~framelens.data.dataset.Dataset.federated` every class counts as verified.

    Returns
    -------
    bool array, shape (M,)

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.data.dataset import Federated
    >>> pairs = np.empty((0, 2), dtype=np.int32)
    >>> excluded(replace(two_frames(), federated=Federated(pairs, pairs, ("f", "f")))).tolist()
    [False, False, False, True]
    """
    detections = dataset.detections
    beyond = beyond_limit(detections)
    with np.errstate(all="ignore"):
        beyond |= detections.box[:, 2] * detections.box[:, 3] <= 0
    if dataset.federated is None:
        return beyond
    classes, objects = len(dataset.classes), dataset.objects
    positive = group_of(objects.frame, objects.category, classes)[~(objects.area <= 0)]
    absent = dataset.federated.negative
    verified = np.concatenate((positive, group_of(absent[:, 0], absent[:, 1], classes)))
    return beyond | ~np.isin(group_of(detections.frame, detections.category, classes), verified)


def unsure(dataset: Dataset) -> NDArray[np.bool_]:
    """Return which detections would be right if all objects were labelled, for all one knows.

    They are those of a class and frame that were not labelled exhaustively.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> unsure(two_frames()).any()
    np.False_
    """
    if dataset.federated is None:
        return np.zeros(len(dataset.detections), dtype=np.bool_)
    classes, detections = len(dataset.classes), dataset.detections
    pairs = dataset.federated.not_exhaustive
    open_groups = group_of(pairs[:, 0], pairs[:, 1], classes)
    return np.isin(group_of(detections.frame, detections.category, classes), open_groups)


def lvis_matching(dataset: Dataset, matching: Matching) -> Matching:
    """Let a matching absorb the detections that LVIS leaves out or ignores.

    Those beyond the limit have the lowest scores of their frame, so no other detection matches differently
    without them.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.

    Returns
    -------
    Matching
        ``absorbed`` detections without a partner among them.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> lvis_matching(two_frames(), match(two_frames())).absorbed.any()
    np.False_
    """
    out = excluded(dataset)
    partner, iou, object_partner = matching.partner.copy(), matching.iou.copy(), matching.object_partner.copy()
    lost = np.flatnonzero(out & (partner >= 0))
    single = partner[lost][object_partner[partner[lost]] == lost]
    object_partner[single] = -1
    partner[out], iou[out] = -1, np.nan
    absorbed = matching.absorbed | out | ((partner < 0) & unsure(dataset))
    return replace(
        matching,
        partner=freeze(partner),
        iou=freeze(iou),
        object_partner=freeze(object_partner),
        absorbed=freeze(absorbed),
    )


def rank_by(
    rules: str,
    dataset: Dataset,
    thresholds: Sequence[float] | NDArray[np.float64],
    *,
    overlaps: Overlaps | None = None,
) -> Ranking:
    """Rank and match all detections by the rules of LVIS, or for any other rule set by those of COCO.

    Parameters
    ----------
    rules : str
    dataset : Dataset
    thresholds : sequence of float
        IoU thresholds, each above 0 and at most 1.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    Ranking

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> [len(rank_by(rules, two_frames(), [0.5]).place) for rules in ("coco", "lvis")]
    [2, 2]
    """
    if rules != "lvis":
        return rank(dataset, thresholds, overlaps=overlaps)
    objects = dataset.objects
    never = objects.set_aside | (objects.area <= 0)
    spared = Spared(excluded(dataset), unsure(dataset), never)
    return rank(dataset, thresholds, overlaps=overlaps, spared=spared)
