"""A dataset small enough to check by hand, for the examples in docstrings."""

from __future__ import annotations

import numpy as np

from framelens.data.dataset import Dataset, Detections, Frames, Objects

__all__ = ["two_frames"]


def two_frames() -> Dataset:
    """Return 2 frames, the classes cat and dog, 3 objects and 4 detections.

    One cat and one dog are found, a cat is taken for a dog, and one box is where nothing is.

    >>> two_frames()
    Dataset(2 frames, 2 classes, 3 objects, 4 detections)
    """
    objects = Objects(
        frame=np.array([0, 0, 1], dtype=np.int32),
        category=np.array([0, 1, 0], dtype=np.int32),
        box=np.array([[10.0, 10, 40, 40], [60, 10, 30, 50], [5, 5, 20, 20]]),
        area=np.array([1600.0, 1500, 400]),
        crowd=np.zeros(3, dtype=np.bool_),
        ignore=np.zeros(3, dtype=np.bool_),
        record=np.arange(3),
    )
    detections = Detections(
        frame=np.array([0, 0, 0, 1], dtype=np.int32),
        category=np.array([0, 1, 0, 1], dtype=np.int32),
        box=np.array([[10.0, 12, 40, 40], [60, 10, 30, 45], [0, 70, 10, 10], [5, 5, 20, 18]]),
        score=np.array([0.9, 0.8, 0.3, 0.6]),
        record=np.arange(4),
    )
    size = np.array([100.0, 100.0])
    return Dataset(Frames(("a.jpg", "b.jpg"), (1, 2), size, size), ("cat", "dog"), (1, 2), objects, detections)
