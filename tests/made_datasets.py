"""Datasets drawn from a seed, and cut into the frames of several shards."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np

import handmade
from framelens.data.dataset import Dataset, Detections, Federated, Frames, Objects

_CROWDED_EVERY = 25


def random_dataset(
    seed: int,
    *,
    frames: int = 4,
    classes: int = 3,
    objects: int = 12,
    detections: int = 30,
    scores: int = 5,
    grid: int = 8,
) -> Dataset:
    """Small whole-number boxes on a small canvas: many overlaps, equal IoUs and equal scores."""
    random = np.random.default_rng(seed)
    count, many = (int(random.integers(0, top + 1)) for top in (objects, detections))
    scale = float(random.choice([1.0, 7.0, 13.5]))

    def boxes(number: int) -> np.ndarray:
        corner, size = random.integers(0, grid, (number, 2)), random.integers(0, grid, (number, 2))
        return np.hstack((corner, size)) * scale

    frame, found_in = (np.sort(random.integers(0, frames, number)).astype(np.int32) for number in (count, many))
    category = random.integers(0, classes, count).astype(np.int32)
    box = boxes(count)
    found_box, found_category = boxes(many), random.integers(0, classes, many).astype(np.int32)
    if count:
        for row in range(many):
            if random.random() < 0.7:
                copy = int(random.integers(0, count))
                found_box[row] = np.maximum(box[copy] + random.integers(-1, 2, 4) * scale, 0)
                found_category[row] = category[copy] if random.random() < 0.8 else found_category[row]
    area = box[:, 2] * box[:, 3] * random.choice([1.0, 0.6, 1.5], count)
    score = random.integers(0, scores, many) / scores if random.random() < 0.7 else random.random(many)
    return Dataset(
        Frames(tuple(f"{i}.jpg" for i in range(frames)), tuple(range(1, frames + 1)), *np.full((2, frames), 200.0)),
        tuple(f"class {k}" for k in range(classes)),
        tuple(range(1, classes + 1)),
        Objects(frame, category, box, area, random.random(count) < 0.15, random.random(count) < 0.1, np.arange(count)),
        Detections(found_in, found_category, found_box, score, np.arange(many)),
    )


def as_coco(dataset: Dataset) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Ground truth and results as files of COCO hold them."""
    objects, detections, ids = dataset.objects, dataset.detections, dataset.frames.ids
    annotations = [
        {
            "id": row + 1,
            "image_id": ids[objects.frame[row]],
            "category_id": dataset.class_ids[objects.category[row]],
            "bbox": objects.box[row].tolist(),
            "area": float(objects.area[row]),
            "iscrowd": int(objects.crowd[row]),
            "ignore": int(objects.ignore[row]),
        }
        for row in range(len(objects))
    ]
    found = [
        {
            "image_id": ids[detections.frame[row]],
            "category_id": dataset.class_ids[detections.category[row]],
            "bbox": detections.box[row].tolist(),
            "score": float(detections.score[row]),
        }
        for row in range(len(detections))
    ]
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in ids]
    categories = [{"id": number, "name": name} for number, name in zip(dataset.class_ids, dataset.classes, strict=True)]
    return {"images": images, "categories": categories, "annotations": annotations}, found


def tied_dataset(seed):
    """Up to 5 frames and classes; boxes often overlap alike, scores often are equal, some frames are crowded."""
    dice = random.Random(seed)
    classes, frames = dice.randint(1, 5), dice.randint(1, 5)
    most = dice.choice([0, 3, 12, 30])
    if seed % _CROWDED_EVERY == 0:
        classes, frames, most = 1, 2, 150  # more than the 100 of a frame and class that COCO looks at
    objects = [
        (dice.randrange(frames), dice.randrange(classes), *_box(dice), dice.random() < 0.12, dice.random() < 0.12)
        for _ in range(dice.randint(0, 25))
    ]
    detections = []
    for _ in range(dice.randint(0, most) * 2):
        near = dice.choice(objects) if objects and dice.random() < 0.8 else None
        frame, box = (near[0], _moved(dice, near[2:6])) if near else (dice.randrange(frames), _box(dice))
        category = near[1] if near and dice.random() < 0.7 else dice.randrange(classes)
        detections.append((frame, category, *box, _score(dice, seed)))
    base = handmade.dataset(
        tuple(f"c{index}" for index in range(classes)),
        [row[:6] for row in sorted(objects)],
        sorted(detections),
        names=[f"{index}.jpg" for index in range(frames)],
    )
    flags = np.array([row[6:] for row in sorted(objects)], dtype=bool).reshape(-1, 2)
    return replace(base, objects=replace(base.objects, crowd=flags[:, 0], ignore=flags[:, 1]))


def _box(dice):
    return (dice.randint(0, 6) * 5, dice.randint(0, 4) * 5, dice.randint(1, 5) * 10, dice.randint(1, 4) * 10)


def _moved(dice, box):
    x, y, width, height = box
    step = dice.choice([0, 1, 2, 5])
    return (x + dice.randint(-step, step), y + dice.randint(-step, step), width, max(5, height + dice.randint(-4, 4)))


def _score(dice, seed):
    if seed % 7 == 0:
        return dice.choice([0.3, 0.1 + 0.2, 0.30000000000000004, 0.5])
    if seed % 11 == 0:
        return dice.uniform(-3, 9)
    return dice.choice([round(dice.random(), 1), dice.random()])


def rows_of(columns, rows, **changes):
    """The same objects or detections, chosen, ordered and changed."""
    taken = {name: getattr(columns, name)[rows] for name in columns.__dataclass_fields__}
    return replace(columns, **taken | changes)


def take_frames(dataset: Dataset, frames: np.ndarray) -> Dataset:
    """The dataset of some frames, numbered anew in their present order."""
    frames = np.sort(np.asarray(frames))
    number = np.full(len(dataset.frames), -1)
    number[frames] = np.arange(len(frames))

    def table(columns):
        chosen = number[columns.frame] >= 0
        return rows_of(columns, chosen, frame=number[columns.frame[chosen]].astype(np.int32))

    def pairs(rows):
        kept = rows[number[rows[:, 0]] >= 0]
        return np.stack([number[kept[:, 0]], kept[:, 1]], axis=1).astype(np.int32)

    names = dataset.frames
    federated = dataset.federated
    return replace(
        dataset,
        frames=type(names)(
            tuple(names.names[f] for f in frames),
            tuple(names.ids[f] for f in frames),
            names.width[frames],
            names.height[frames],
        ),
        objects=table(dataset.objects),
        detections=table(dataset.detections),
        federated=federated
        and Federated(pairs(federated.negative), pairs(federated.not_exhaustive), federated.frequency),
    )


def in_order(dataset: Dataset, seed: int, most: int = 4) -> list[Dataset]:
    """Cut at random places; some shards may be empty."""
    count = len(dataset.frames)
    cuts = np.sort(np.random.default_rng(seed).integers(0, count + 1, most - 1))
    return [take_frames(dataset, part) for part in np.split(np.arange(count), cuts)]


def verified(dataset: Dataset, seed: int) -> Dataset:
    """The dataset with random lists of verified classes."""
    random = np.random.default_rng(seed)
    frames, classes = len(dataset.frames), len(dataset.classes)
    every = np.stack(np.divmod(np.arange(frames * classes), classes), axis=1).astype(np.int32)
    present = {(f, k) for f, k in zip(dataset.objects.frame.tolist(), dataset.objects.category.tolist(), strict=True)}
    positive = np.array([tuple(pair) in present for pair in every.tolist()], dtype=bool)
    negative = every[~positive & (random.random(len(every)) < 0.4)]
    open_ = every[positive & (random.random(len(every)) < 0.4)]
    frequency = tuple(random.choice(["r", "c", "f"], classes).tolist())
    return replace(dataset, federated=Federated(negative, open_, frequency))
