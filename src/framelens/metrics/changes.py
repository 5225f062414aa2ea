"""What one detector finds and another does not, object by object and frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._ranking import rank_in_group
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.frame_counts import FrameCounts
    from framelens.metrics.status import Outcomes

__all__ = [
    "FRAME_CHANGES",
    "OBJECT_CHANGES",
    "errors",
    "frame_changes",
    "match_frames",
    "match_objects",
    "object_changes",
]

#: What changed for an object from the baseline to the other model, with its meaning.
OBJECT_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "fixed": "found with the right class by the other model and not by the baseline",
        "broken": "found with the right class by the baseline and not by the other model",
        "right in both": "found with the right class by both",
        "wrong in both": "missed, or given another class, by both",
        "not compared": "ignored by one of them, or not part of the other ground truth",
    }
)
#: What changed for a frame, with its meaning; errors are wrong detections and missed objects.
FRAME_CHANGES: Mapping[str, str] = MappingProxyType(
    {
        "fixed": "errors in the baseline, none in the other model",
        "broken": "no error in the baseline, some in the other model",
        "better": "fewer errors in the other model, but some",
        "worse": "more errors in the other model, and some in the baseline",
        "wrong in both": "as many errors in both",
        "right in both": "no error in either",
        "not compared": "the frame is not part of the other data",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class _Keys:
    """Number of equal boxes for each row, and which of its equals a row is."""

    identity: NDArray[np.int64]
    rank: NDArray[np.int64]


def match_frames(baseline: Dataset, other: Dataset) -> NDArray[np.int64]:
    """Return for each frame of ``other`` the frame of the same name in ``baseline``, -1 for none."""
    if baseline.frames.names == other.frames.names:
        return np.arange(len(other.frames))
    place = {name: row for row, name in reversed(tuple(enumerate(baseline.frames.names)))}
    return np.array([place.get(name, -1) for name in other.frames.names], dtype=np.int64)


def match_objects(baseline: Dataset, other: Dataset) -> NDArray[np.int64]:
    """Find the same ground-truth object in two datasets with the same classes.

    An object is the same where the name of the frame, the class and the box are equal. Of several equal ones the
    first belongs to the first.

    Parameters
    ----------
    baseline, other : Dataset
        With equal ``classes``.

    Returns
    -------
    int64 array, shape (objects of ``other``,)
        Row of ``baseline.objects``, -1 where there is none.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> match_objects(two_frames(), two_frames()).tolist()
    [0, 1, 2]
    """
    if baseline.frames.names == other.frames.names and _same_columns(baseline, other):
        return np.arange(len(other.objects))
    frame = match_frames(baseline, other)
    rows = np.concatenate([_key_columns(baseline, None), _key_columns(other, frame)])
    count = len(baseline.objects)
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    _, identity = np.unique(rows, axis=0, return_inverse=True)
    identity = identity.reshape(-1)
    ours, theirs = _ranked(identity[:count]), _ranked(identity[count:])
    place = {key: row for row, key in enumerate(zip(ours.identity.tolist(), ours.rank.tolist(), strict=True))}
    found = [place.get(key, -1) for key in zip(theirs.identity.tolist(), theirs.rank.tolist(), strict=True)]
    result = np.array(found, dtype=np.int64)
    result[frame[other.objects.frame] < 0] = -1
    return result


def object_changes(baseline: Outcomes, other: Outcomes, partner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say what changed for each object of ``other``.

    Parameters
    ----------
    baseline, other : Outcomes
    partner : int64 array, shape (N,)
        From :func:`match_objects`.

    Returns
    -------
    int64 array, shape (N,)
        Place in :data:`OBJECT_CHANGES`.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> from framelens.metrics.status import outcomes
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> strict, mild = (outcomes(dataset, matching, confuse(dataset, matching, c)) for c in (0.99, 0.2))
    >>> [list(OBJECT_CHANGES)[change] for change in object_changes(strict, mild, match_objects(dataset, dataset))]
    ['fixed', 'fixed', 'wrong in both']
    """
    known = partner >= 0
    before = np.full(len(partner), CODES["ignored"], dtype=np.int64)
    before[known] = baseline.object_status[partner[known]]
    right = CODES["true positive"]
    result = np.select(
        [
            (before == CODES["ignored"]) | (other.object_status == CODES["ignored"]),
            (before != right) & (other.object_status == right),
            (before == right) & (other.object_status != right),
            before == right,
        ],
        [4, 0, 1, 2],
        3,
    )
    return freeze(result, np.int64)


def frame_changes(baseline: FrameCounts, other: FrameCounts, partner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say what changed for each frame of ``other``.

    Parameters
    ----------
    baseline, other : FrameCounts
    partner : int64 array, shape (F,)
        From :func:`match_frames`.

    Returns
    -------
    int64 array, shape (F,)
        Place in :data:`FRAME_CHANGES`.
    """
    known = partner >= 0
    before = np.zeros(len(partner), dtype=np.int64)
    before[known] = errors(baseline)[partner[known]]
    after = errors(other)
    result = np.select(
        [~known, (before == 0) & (after == 0), after == 0, before == 0, after < before, after > before],
        [6, 5, 0, 1, 2, 3],
        4,
    )
    return freeze(result, np.int64)


def errors(counts: FrameCounts) -> NDArray[np.int64]:
    """Return the errors of each frame: wrong detections and missed objects, a confused pair once."""
    return counts.false_positives + counts.false_negatives - counts.confused


def _same_columns(baseline: Dataset, other: Dataset) -> bool:
    return all(
        np.array_equal(getattr(baseline.objects, name), getattr(other.objects, name))
        for name in ("frame", "category", "box")
    )


def _key_columns(dataset: Dataset, frame: NDArray[np.int64] | None) -> NDArray[np.float64]:
    objects = dataset.objects
    place = objects.frame if frame is None else frame[objects.frame]
    return np.column_stack([place, objects.category, objects.box.reshape(-1, 4)]).astype(np.float64)


def _ranked(identity: NDArray[np.int64]) -> _Keys:
    return _Keys(identity, rank_in_group(identity))
