"""Samples from frames, and the epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.demo.detector import (
    BACKGROUND,
    Detector,
    Found,
    apply_deltas,
    box_deltas,
    contrast,
    describe,
    overlaps,
    propose,
)
from framelens.demo.frames import decode_gray
from framelens.demo.scenery import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from framelens.demo.frames import Frame

__all__ = ["LEARNING_RATE", "Epoch", "Losses", "Samples", "prepare", "train"]

LEARNING_RATE = 0.0004

_OBJECT_FROM = 0.6
_BACKGROUND_TO = 0.4
_BACKGROUND_PER_OBJECT = 2
_SHAKEN_PER_OBJECT = 3


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The proposals of many frames and what each should become.

    Attributes
    ----------
    boxes : float64 array, shape (N, 4)
        Proposals, frame by frame.
    patches : float32 array, shape (N, 260)
        What the networks see.
    frame : int64 array, shape (N,)
        Index of the frame.
    labels : int64 array, shape (N,)
        The digit, 10 for background, -1 where it is neither (IoU between 0.4 and 0.6).
    deltas : float64 array, shape (N, 4)
        What moves the proposal onto its object; 0 for background.
    """

    boxes: NDArray[np.float64]
    patches: NDArray[np.float32]
    frame: NDArray[np.int64]
    labels: NDArray[np.int64]
    deltas: NDArray[np.float64]

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Which proposals lie on an object."""
        return (self.labels >= 0) & (self.labels < BACKGROUND)


@dataclass(frozen=True, slots=True)
class Losses:
    """Mean cross-entropy of the classes, half mean squared error of the scaled box deltas."""

    box: float
    cls: float


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """What one epoch gave: losses, and the detections on each validation frame."""

    number: int
    train: Losses
    val: Losses
    found: list[Found]


def prepare(frames: Iterable[Frame], *, shaken: bool = False, seed: int = 0) -> Samples:
    """Propose boxes on every frame and compare them with the objects.

    With ``shaken``, for training, boxes about each object are added; ``seed`` decides how far off they are.
    """
    parts: list[tuple[NDArray[Any], ...]] = []
    for index, frame in enumerate(frames):
        stand_out = contrast(decode_gray(frame.jpeg))
        boxes = propose(stand_out)
        if shaken:
            boxes = np.vstack([boxes, _shaken(frame, np.random.default_rng([seed, 3, index]))])
        labels, deltas = _targets(boxes, frame)
        parts.append((boxes, describe(stand_out, boxes), np.full(len(boxes), index), labels, deltas))
    boxes, patches, owner, labels, deltas = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Samples(boxes, patches, owner.astype(np.int64), labels.astype(np.int64), deltas)


def _shaken(frame: Frame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return three boxes about each object, a little off: more to learn from than proposals alone."""
    boxes = np.repeat(frame.boxes, _SHAKEN_PER_OBJECT, axis=0)
    return apply_deltas(boxes, rng.normal(0, 0.6, boxes.shape))


def _targets(boxes: NDArray[np.float64], frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return label and deltas of each proposal, from the object it overlaps most."""
    labels = np.full(len(boxes), BACKGROUND, dtype=np.int64)
    deltas = np.zeros((len(boxes), 4))
    if len(frame.boxes) and len(boxes):
        shared = overlaps(boxes, frame.boxes)
        best, nearest = shared.max(1), shared.argmax(1)
        labels[best >= _BACKGROUND_TO] = -1
        on = best >= _OBJECT_FROM
        labels[on] = frame.labels[nearest[on]]
        deltas[on] = box_deltas(boxes[on], frame.boxes[nearest[on]])
    return labels, deltas


def train(training: Samples, validation: Samples, *, frames: int, epochs: int, seed: int) -> Iterator[Epoch]:
    """Train for ``epochs`` and yield after each; ``frames`` is the number of validation frames.

    All losses are measured after the epoch, on all decided proposals of the split, in the same way.
    """
    detector = Detector(seed, LEARNING_RATE)
    for number in range(1, epochs + 1):
        chosen = _draw(training, np.random.default_rng([seed, 2, number]))
        on = training.placed
        detector.learn(training.patches[chosen], training.labels[chosen], training.patches[on], training.deltas[on])
        yield Epoch(
            number,
            train=_measure(detector, training),
            val=_measure(detector, validation),
            found=detector.detect(validation.boxes, validation.patches, validation.frame, frames, (WIDTH, HEIGHT)),
        )


def _draw(samples: Samples, rng: np.random.Generator) -> NDArray[np.intp]:
    """Take all proposals on objects and, anew each epoch, some of the background."""
    on, off = np.flatnonzero(samples.placed), np.flatnonzero(samples.labels == BACKGROUND)
    count = min(len(off), _BACKGROUND_PER_OBJECT * max(len(on), 1))
    return np.sort(np.concatenate([on, rng.choice(off, count, replace=False)]))


def _measure(detector: Detector, samples: Samples) -> Losses:
    decided, on = samples.labels >= 0, samples.placed
    return Losses(
        box=detector.box_loss(samples.patches[on], samples.deltas[on]),
        cls=detector.class_loss(samples.patches[decided], samples.labels[decided]),
    )
