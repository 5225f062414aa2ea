"""What makes a number doubtful once it is computed; what is doubtful in the files, their readers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset
    from framelens.metrics.confusion import Confusion
    from framelens.metrics.operating_point import OperatingPoint
    from framelens.metrics.ties import TieRange

__all__ = ["UNVERIFIED", "number_doubts", "two_points"]

#: What labels as those of LVIS mean for all other rules.
UNVERIFIED = (
    "not every class was looked for in every frame: detections of the others count as false alarms unless rules='lvis'"
)

# Ranges narrower than this do not show at three decimals.
_SHOWN = 0.0005


def number_doubts(dataset: Dataset, ties: TieRange, rules: str = "coco") -> tuple[str, ...]:
    """Say in one line each what a reader of the numbers has to know.

    Parameters
    ----------
    dataset : Dataset
    ties : TieRange
        Of this dataset; COCO's where the rules are not those of LVIS.
    rules : str
        Rule set of the numbers.

    Returns
    -------
    tuple of str
        Empty where nothing is doubtful.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.ties import TieRange
    >>> number_doubts(two_frames(), TieRange((0.5, 0.6), (0.25, 0.25)))
    ('equal scores leave the order of detections open: mAP50 may lie anywhere from 0.5000 to 0.6000',)
    """
    found = []
    objects, box = dataset.objects, dataset.detections.box
    open_ranges = [
        f"{name} may lie anywhere from {low:.4f} to {high:.4f}"
        for name, (low, high) in (("mAP50", ties.map50), ("mAP50-95", ties.map50_95))
        if high - low >= _SHOWN
    ]
    if open_ranges:
        whose = "" if rules in {"coco", "lvis"} else "by COCO's rules "
        found.append(f"equal scores leave the order of detections open: {whose}{', '.join(open_ranges)}")
    if dataset.federated is not None and rules != "lvis":
        found.append(UNVERIFIED)
    if len(objects) and bool(objects.set_aside.all()):
        found.append("all objects are crowd regions or ignored: precision and recall are undefined")
    flat = int(np.count_nonzero((box[:, 2] <= 0) | (box[:, 3] <= 0)))
    if flat:
        have = "1 detection has no area: it fits" if flat == 1 else f"{flat} detections have no area: they fit"
        found.append(f"{have} no object and count{'s' if flat == 1 else ''} as wrong")
    return tuple(found)


def two_points(point: OperatingPoint, confusion: Confusion) -> tuple[str, ...]:
    """Say that precision and recall are read in one place and the matrix is counted in another.

    Ultralytics does so: the matrix cannot be added up to its precision and recall.

    Parameters
    ----------
    point : OperatingPoint
        Of precision, recall and F1.
    confusion : Confusion

    Returns
    -------
    tuple of str
        Empty where both are in one place.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.operating_point import OperatingPoint
    >>> from framelens.metrics.ultralytics import ultralytics_confuse
    >>> print(*two_points(OperatingPoint(0.6, 0.5, "given"), ultralytics_confuse(two_frames(), 0.25, 0.45)))
    Ultralytics reads precision and recall at confidence 0.600, IoU 0.50, and counts the matrix at 0.250, IoU 0.45
    """
    if (point.confidence, point.iou) == (confusion.confidence, confusion.iou):
        return ()
    read, counted = ("n/a" if at is None else f"{at:.3f}" for at in (point.confidence, confusion.confidence))
    first = f"Ultralytics reads precision and recall at confidence {read}, IoU {point.iou:.2f}"
    return (f"{first}, and counts the matrix at {counted}, IoU {confusion.iou:.2f}",)
