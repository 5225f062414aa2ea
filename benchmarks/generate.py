# ruff: noqa: PLR2004  (the shape of the data is made of such numbers)
"""Write ground truth and detections of a chosen size, the same for the same seed.

The shape is that of COCO val2017 with a detector's full output: few classes are common, most frames hold a
handful of objects, most detections are unsure and find nothing, about one in eight overlaps an object of its
class by half.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True)
class Size:
    """How much to write, and whether as COCO and its tools write it: polygons, and all digits that a number has."""

    frames: int
    classes: int
    objects: int
    detections: int
    long: bool = False


SIZES = {
    "coco-val": Size(5_000, 80, 36_781, 364_000),
    "coco-val-long": Size(5_000, 80, 36_781, 364_000, long=True),
    "coco-val-x4": Size(20_000, 80, 147_124, 1_456_000),
    "lvis-val": Size(19_809, 1_203, 244_707, 1_500_000),
    "objects365": Size(80_000, 365, 1_200_000, 2_700_000),
}


def write(size: Size, folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Write ``truth.json`` and ``detections.json`` unless they are there, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    truth_file, found_file = folder / "truth.json", folder / "detections.json"
    if not (truth_file.exists() and found_file.exists()):
        random = np.random.default_rng(seed)
        frame, category, box = _objects(size, random)
        crowd = random.random(size.objects) < 0.01
        _write_truth(size, truth_file, frame=frame, category=category, box=box, crowd=crowd)
        _write_detections(found_file, *_detections(size, random, frame, category, box), long=size.long)
    return truth_file, found_file


def _objects(
    size: Size, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    crowded = random.gamma(1.2, size=size.frames)
    frame = np.sort(random.choice(size.frames, size.objects, p=crowded / crowded.sum()))
    common = 1 / np.arange(1, size.classes + 1) ** 0.8
    category = random.choice(size.classes, size.objects, p=common / common.sum())
    # Frames show few classes: half of the objects take the class of their neighbour in the file.
    for _ in range(2):
        same = np.flatnonzero((random.random(size.objects - 1) < 0.5) & (frame[1:] == frame[:-1])) + 1
        category[same] = category[same - 1]
    box = _boxes(size.objects, random)
    _crowd_together(random, frame, category, box)
    return frame, category, box


def _crowd_together(
    random: np.random.Generator, frame: NDArray[np.int64], category: NDArray[np.int64], box: NDArray[np.float64]
) -> None:
    """Lay a third of the objects beside their neighbour of the same class, so that boxes overlap two objects."""
    beside = (frame[1:] == frame[:-1]) & (category[1:] == category[:-1]) & (random.random(len(frame) - 1) < 0.35)
    rows = np.flatnonzero(beside) + 1
    side = box[rows - 1, 2:]
    box[rows, :2] = np.maximum(box[rows - 1, :2] + random.normal(0, 0.35, (len(rows), 2)) * side, 0)
    box[rows, 2:] = side * np.exp(random.normal(0, 0.2, (len(rows), 2)))


def _boxes(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    side = np.exp(random.normal(4.0, 1.0, (count, 1)) + random.normal(0, 0.35, (count, 2)))
    side = np.clip(side, 4, (WIDTH - 1, HEIGHT - 1))
    return np.hstack((random.random((count, 2)) * ((WIDTH, HEIGHT) - side), side))


def _detections(
    size: Size,
    random: np.random.Generator,
    frame: NDArray[np.int64],
    category: NDArray[np.int64],
    box: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    near = size.detections // 3
    of = np.concatenate((np.flatnonzero(random.random(size.objects) < 0.9), random.integers(0, size.objects, near)))
    of = of[: size.detections]
    spread = np.where(np.arange(len(of)) < size.objects * 0.9, 0.06, 0.3)[:, None]
    side = box[of, 2:]
    close = np.hstack(
        (
            box[of, :2] + random.normal(0, spread, (len(of), 2)) * side,
            side * np.exp(random.normal(0, spread, (len(of), 2))),
        )
    )
    right = random.random(len(of)) < 0.85
    close_category = np.where(right, category[of], random.integers(0, size.classes, len(of)))
    far = size.detections - len(of)
    away = random.integers(0, size.objects, far)
    away_category = np.where(random.random(far) < 0.6, category[away], random.integers(0, size.classes, far))
    score = np.concatenate((random.beta(2, 2 + 8 * spread[:, 0] / 0.3), random.beta(1, 12, far)))
    columns = (
        np.concatenate((frame[of], frame[away])),
        np.concatenate((close_category, away_category)),
        np.vstack((close, _boxes(far, random))),
        score,
    )
    order = np.lexsort((-score, columns[0]))
    return tuple(column[order] for column in columns)  # type: ignore[return-value]


def _write_truth(
    size: Size,
    file: Path,
    *,
    frame: NDArray[np.int64],
    category: NDArray[np.int64],
    box: NDArray[np.float64],
    crowd: NDArray[np.bool_],
) -> None:
    box = np.round(box, 2)
    area = box[:, 2] * box[:, 3] * 0.7 if size.long else np.round(box[:, 2] * box[:, 3] * 0.7, 4)
    annotations = [
        {"id": row + 1, "image_id": f + 1, "category_id": k + 1, "bbox": b, "area": a, "iscrowd": int(c)}
        for row, (f, k, b, a, c) in enumerate(
            zip(frame.tolist(), category.tolist(), box.tolist(), area.tolist(), crowd.tolist(), strict=True)
        )
    ]
    if size.long:
        annotations = [{"segmentation": _outline(annotation)} | annotation for annotation in annotations]
    images = [
        {"id": i + 1, "file_name": f"{i + 1:012d}.jpg", "width": WIDTH, "height": HEIGHT} for i in range(size.frames)
    ]
    categories = [{"id": k + 1, "name": f"class {k + 1}"} for k in range(size.classes)]
    file.write_text(json.dumps({"images": images, "categories": categories, "annotations": annotations}))


def _outline(annotation: dict[str, Any]) -> Any:
    """Return a polygon of 6 to 45 points on an ellipse, or the run lengths of a crowd region."""
    if annotation["iscrowd"]:
        return {"size": [HEIGHT, WIDTH], "counts": [100, HEIGHT * WIDTH - 100]}
    x, y, width, height = annotation["bbox"]
    turn = np.linspace(0, 2 * np.pi, 6 + annotation["id"] % 40)
    points = np.stack((x + width * (1 + np.cos(turn)) / 2, y + height * (1 + np.sin(turn)) / 2), axis=1)
    return [points.round(2).ravel().tolist()]


def _write_detections(
    file: Path,
    frame: NDArray[np.int64],
    category: NDArray[np.int64],
    box: NDArray[np.float64],
    score: NDArray[np.float64],
    *,
    long: bool,
) -> None:
    if long:  # as a program writes single-precision numbers without rounding them
        box, score = box.astype(np.float32), score.astype(np.float32)
    else:
        box, score = np.round(box, 2), np.round(score, 5)
    columns = (frame.tolist(), category.tolist(), box.tolist(), score.tolist())
    with file.open("w") as stream:
        stream.write("[")
        for row, (f, k, b, s) in enumerate(zip(*columns, strict=True)):
            stream.write(",\n" if row else "")
            stream.write(json.dumps({"image_id": f + 1, "category_id": k + 1, "bbox": b, "score": s}))
        stream.write("]")
