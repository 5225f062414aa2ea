"""A small evaluation whose every cell is known by hand, and the means to make hostile ones."""

from __future__ import annotations

import numpy as np

from framelens.data.dataset import Dataset, Detections, Frames, Objects, Source
from framelens.errors import Skip
from framelens.evaluation import Evaluation
from framelens.training.history import History

#: (frame, class, x, y, width, height); two cats and a dog in the first frame, a cat in the second, none in the third
OBJECTS = [(0, 0, 10, 10, 20, 20), (0, 0, 60, 10, 20, 20), (0, 1, 10, 60, 30, 20), (1, 0, 5, 5, 40, 40)]
#: (frame, class, x, y, width, height, score); found, called a dog, below 0.5, found, false alarm where nothing is
DETECTIONS = [
    (0, 0, 10, 10, 20, 20, 0.9),
    (0, 1, 60, 10, 20, 20, 0.8),
    (0, 1, 10, 60, 30, 20, 0.3),
    (1, 0, 5, 5, 40, 38, 0.7),
    (2, 0, 50, 50, 9, 9, 0.6),
]
#: What the matrix holds at confidence 0.5: rows cat, dog, background
COUNTS = [[2, 1, 0], [0, 0, 1], [1, 0, 0]]


def dataset(classes=("cat", "dog"), objects=OBJECTS, detections=DETECTIONS, *, names=None, size=(100.0, 80.0), **other):
    truth = np.array(objects, dtype=np.float64).reshape(-1, 6)
    found = np.array(detections, dtype=np.float64).reshape(-1, 7)
    names = tuple(names) if names is not None else ("a.jpg", "b.jpg", "c.jpg")
    flags = np.zeros(len(truth), dtype=bool)
    return Dataset(
        frames=Frames(names, tuple(range(len(names))), np.full(len(names), size[0]), np.full(len(names), size[1])),
        classes=tuple(classes),
        class_ids=tuple(range(len(classes))),
        objects=Objects(
            truth[:, 0].astype(np.int32),
            truth[:, 1].astype(np.int32),
            truth[:, 2:6],
            truth[:, 4] * truth[:, 5],
            flags,
            flags.copy(),
            np.arange(len(truth)),
        ),
        detections=Detections(
            found[:, 0].astype(np.int32),
            found[:, 1].astype(np.int32),
            found[:, 2:6],
            found[:, 6],
            np.arange(len(found)),
        ),
        sources=(Source("coco", "val.json", "ab" * 32),),
        **other,
    )


def history(epochs=6, **other):
    numbers = np.arange(1, epochs + 1)
    series = {
        "precision": 0.5 + 0.05 * numbers,
        "map50": np.where(numbers == 3, np.nan, 0.1 * numbers),
        "map50_95": 0.08 * numbers,
        "train/box": 2.0 / numbers,
        "val/box": 2.4 / numbers,
        "train/cls": 1.0 / numbers,
        "lr/pg0": 0.01 / numbers,
    }
    given = {"framework": "ultralytics", "task": "detect", "epochs": numbers, "series": series, "best_epoch": epochs}
    return History(**given | other)


def pictures(names=("a.jpg", "b.jpg", "c.jpg"), size=(100, 80)):
    from framelens.data.pictures import Pictures

    random = np.random.default_rng(5)
    stack = random.integers(0, 255, (len(names), size[1], size[0], 3), dtype=np.uint8)
    return Pictures.from_stack(stack, names)


def evaluation(confidence=0.5, *, with_history=True, with_pictures=True, title="val · 3 frames", **data):
    data.setdefault("skipped", (Skip("a.txt", "line 3", "box has no area", 2),))
    data.setdefault("warnings", ("frame sizes differ",))
    columns = dataset(**data)
    return Evaluation(
        dataset=columns,
        history=history() if with_history else None,
        pictures=pictures(columns.frames.names) if with_pictures else None,
        confidence=confidence,
        title=title,
    )
