"""What is allowed and yet probably not meant, said beside the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.data.tables import GroundTruth, Predictions
    from framelens.errors import ReadLog

__all__ = ["doubts"]


def doubts(dataset: Dataset, truth: GroundTruth, predictions: Predictions, notes: ReadLog) -> None:
    """Write every doubt about a joined dataset into ``notes``."""
    file = predictions.source.name
    text = predictions.record_text
    score = dataset.detections.score
    if len(score):
        high = (score > 1) | (score < 0)
        if high.any():
            first = int(np.argmax(high))
            where = text.format(dataset.detections.record[first])
            notes.warn(f"{file}: {int(high.sum())} scores lie outside 0..1 (first: {where} is {score[first]:g})")
    _without_truth(dataset, file, notes)


def _without_truth(dataset: Dataset, file: str, notes: ReadLog) -> None:
    """Name classes that are predicted and have no object."""
    count = len(dataset.classes)
    objects = np.bincount(dataset.objects.category, minlength=count)
    found: NDArray[np.int64] = np.bincount(dataset.detections.category, minlength=count)
    lost = np.flatnonzero((objects == 0) & (found > 0))
    if len(lost):
        names = ", ".join(one_line(dataset.classes[k], 40) for k in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        notes.warn(
            f"{file}: {int(found[lost].sum())} detections of classes without ground truth: {names}{more}; AP leaves them out"
        )
