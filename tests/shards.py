"""Datasets cut into the frames of several shards."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from framelens.data.dataset import Dataset, Federated


def take_frames(dataset: Dataset, frames: np.ndarray) -> Dataset:
    """The dataset of some frames, numbered anew in their present order."""
    frames = np.sort(np.asarray(frames))
    number = np.full(len(dataset.frames), -1)
    number[frames] = np.arange(len(frames))

    def table(rows):
        chosen = number[rows.frame] >= 0
        columns = {field.name: getattr(rows, field.name)[chosen] for field in fields(rows)}
        return type(rows)(**columns | {"frame": number[columns["frame"]].astype(np.int32)})

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
