"""Right, wrong and missed boxes of every frame."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._rates import share
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.status import Outcomes

__all__ = ["PROFILES", "FrameCounts", "count_frames"]

#: What kind of errors a frame has, with its meaning.
PROFILES: Mapping[str, str] = MappingProxyType(
    {
        "perfect": "neither a wrong detection nor a missed object (also frames with nothing in them)",
        "misses": "missed objects and no wrong detection",
        "false alarms": "wrong detections and no missed object",
        "mixed": "both",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class FrameCounts:
    """Counts per frame at the operating point; crowd, ignored and absorbed boxes are left out.

    Attributes
    ----------
    objects, detections, true_positives, false_positives, false_negatives, confused : int64 array, shape (F,)
        ``detections = true_positives + false_positives``, ``objects = true_positives + false_negatives``. A
        confused pair is one false positive and one false negative, and is counted in ``confused`` once.
    f1 : float64 array, shape (F,)
        ``2 TP / (objects + detections)``, ``nan`` for a frame with neither.
    profile : int64 array, shape (F,)
        Place in :data:`PROFILES`.
    """

    objects: NDArray[np.int64]
    detections: NDArray[np.int64]
    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]
    false_negatives: NDArray[np.int64]
    confused: NDArray[np.int64]
    f1: NDArray[np.float64]
    profile: NDArray[np.int64]

    def worst_first(self) -> NDArray[np.int64]:
        """Return the frames by errors (most first), then F1 (lowest first), then place."""
        errors = self.false_positives + self.false_negatives
        return np.lexsort((np.where(np.isnan(self.f1), 2.0, self.f1), -errors))


def count_frames(dataset: Dataset, result: Outcomes) -> FrameCounts:
    """Count what is right, wrong and missed in every frame.

    Parameters
    ----------
    dataset : Dataset
    result : Outcomes
        Of this dataset.

    Returns
    -------
    FrameCounts

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.confusion import confuse
    >>> from framelens.metrics.matching import match
    >>> from framelens.metrics.status import outcomes
    >>> dataset = two_frames()
    >>> matching = match(dataset)
    >>> counts = count_frames(dataset, outcomes(dataset, matching, confuse(dataset, matching, 0.2)))
    >>> counts.true_positives.tolist(), counts.false_positives.tolist(), counts.worst_first().tolist()
    ([2, 0], [1, 1], [1, 0])
    """
    frames = len(dataset.frames)

    def per_frame(frame: NDArray[np.int32], status: NDArray[np.int64], *names: str) -> NDArray[np.int64]:
        chosen = np.isin(status, [CODES[name] for name in names])
        return np.bincount(frame[chosen], minlength=frames)

    object_frame, detection_frame = dataset.objects.frame, dataset.detections.frame
    right = per_frame(object_frame, result.object_status, "true positive")
    confused = per_frame(object_frame, result.object_status, "confused")
    lost = per_frame(object_frame, result.object_status, "confused", "missed")
    wrong = per_frame(detection_frame, result.detection_status, "confused", "duplicate", "localisation", "background")
    boxes = 2 * right + wrong + lost
    f1 = share(2 * right, boxes)
    return FrameCounts(
        objects=freeze(right + lost, np.int64),
        detections=freeze(right + wrong, np.int64),
        true_positives=freeze(right, np.int64),
        false_positives=freeze(wrong, np.int64),
        false_negatives=freeze(lost, np.int64),
        confused=freeze(confused, np.int64),
        f1=freeze(f1),
        profile=freeze(2 * (wrong > 0) + (lost > 0), np.int64),
    )
