"""A small two-step detector: find spots that stand out, then say what each is.

1. *Proposals* (:func:`propose`): what differs from its surroundings is cut out at several contrast
   levels; spots are also joined with near neighbours and split where they are thin, because strokes
   break and digits touch.
2. *Patches* (:func:`describe`): each proposal becomes 16x16 numbers and its shape.
3. *Networks* (:class:`Detector`): one says which digit it is or background, one moves the box. They
   learn epoch by epoch.
4. *Suppression*: of proposals that overlap, the surest stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BACKGROUND",
    "Detector",
    "Found",
    "apply_deltas",
    "box_deltas",
    "contrast",
    "describe",
    "overlaps",
    "propose",
    "suppress",
]

#: The class index that means "no digit".
BACKGROUND = 10

_PATCH = 16
_LEVELS = (1.0, 1.8, 3.0)
_NARROWEST, _LOWEST, _LARGEST = 4, 10, 92
_SLIMMEST, _WIDEST = 0.12, 2.2  # width / height
_TOUCHING = 4  # pixels between two parts of one digit
_MOST_JOINED = 80
_SAME_BOX = 0.88
_DELTA_SCALE = np.array([0.1, 0.1, 0.2, 0.2])
_FLOOR = 0.01
_SAME_OBJECT = 0.45

Box = tuple[float, float, float, float]


def contrast(gray: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much each pixel differs from its surroundings, in grey levels, shape as ``gray``."""
    smooth = ndimage.gaussian_filter(gray, 0.8)
    surroundings = ndimage.median_filter(smooth[::8, ::8], 9, mode="nearest")
    difference: NDArray[np.float64] = np.abs(smooth - ndimage.zoom(surroundings, 8, order=1, mode="nearest"))
    return difference


def propose(stand_out: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return boxes that may hold a digit: float64, shape (N, 4), x, y, width, height in pixels."""
    base = max(9.0, 2.6 * float(np.median(stand_out)))
    found: list[Box] = []
    for level in _LEVELS:
        labels, _ = ndimage.label(stand_out > base * level, structure=np.ones((3, 3)))
        spots = [_box_of(spot) for spot in ndimage.find_objects(labels)]
        spots = [box for box in spots if _NARROWEST <= max(box[2:]) <= _LARGEST * 1.6]
        for box in spots:
            found.append(box)
            found.extend(_halves(stand_out, box, base * level))
        found.extend(_joined(spots))
    return _distinct([box for box in found if _plausible(box)])


def _box_of(spot: tuple[slice, slice]) -> Box:
    rows, columns = spot
    return (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)


def _plausible(box: Box) -> bool:
    _, _, width, height = box
    return width >= _NARROWEST and _LOWEST <= height <= _LARGEST and _SLIMMEST <= width / height <= _WIDEST


def _halves(stand_out: NDArray[np.float64], box: Box, level: float) -> list[Box]:
    """Split a spot that is wide for a digit at its thinnest column."""
    x, y, width, height = (int(value) for value in box)
    if width < 0.75 * height or width < 4 * _NARROWEST:
        return []
    ink = stand_out[y : y + height, x : x + width] > level
    profile = ink.sum(0).astype(np.float64)
    first, last = int(width * 0.22), int(width * 0.78)
    cuts = {first + int(profile[first:last].argmin())}
    middle = slice(int(width * 0.38), int(width * 0.62))
    cuts.add(middle.start + int(profile[middle].argmin()))
    halves: list[Box] = []
    for cut in sorted(cuts):
        for left, right in ((0, cut), (cut, width)):
            rows = np.flatnonzero(ink[:, left:right].any(1))
            if len(rows):
                halves.append((x + left, y + int(rows[0]), right - left, int(rows[-1] - rows[0]) + 1))
    return halves


def _joined(spots: list[Box]) -> list[Box]:
    """Join each two spots that nearly touch: parts of one broken digit."""
    boxes = np.array(spots, dtype=np.float64).reshape(-1, 4)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    gap = np.maximum(low[:, None], low[None]) - np.minimum(high[:, None], high[None])
    near = np.triu((gap < _TOUCHING).all(2), 1)
    pairs = np.argwhere(near)[:_MOST_JOINED]
    corner = np.minimum(low[pairs[:, 0]], low[pairs[:, 1]])
    far = np.maximum(high[pairs[:, 0]], high[pairs[:, 1]])
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in np.hstack([corner, far - corner])]


def _distinct(boxes: list[Box]) -> NDArray[np.float64]:
    """Drop boxes that are nearly the same as an earlier one."""
    array = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    same = np.triu(overlaps(array, array) > _SAME_BOX, 1)
    kept = np.ones(len(array), dtype=bool)
    for index in range(len(array)):
        if kept[index]:
            kept &= ~same[index]
    return array[kept]


def overlaps(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the IoU of every box of ``first`` (N, 4) with every box of ``second`` (M, 4).

    >>> overlaps(np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 0, 2, 1], [5, 5, 1, 1]])).tolist()
    [[0.5, 0.0]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, :2] + first[:, None, 2:], second[None, :, :2] + second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    union = first[:, 2:].prod(1)[:, None] + second[:, 2:].prod(1)[None] - shared
    iou: NDArray[np.float64] = shared / np.maximum(union, 1e-9)
    return iou


def describe(stand_out: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return what the networks see of each box: float32, shape (N, 260).

    A square patch around the box (a quarter larger, so that neighbours show) is averaged to 16x16
    cells through a summed-area table, and divided by its strongest cell; four numbers of shape follow.
    """
    if not len(boxes):
        return np.zeros((0, _PATCH * _PATCH + 4), dtype=np.float32)
    table = np.pad(stand_out.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    side = 1.25 * boxes[:, 2:].max(1)
    steps = np.linspace(-0.5, 0.5, _PATCH + 1)
    x = (boxes[:, 0] + boxes[:, 2] / 2)[:, None] + side[:, None] * steps
    y = (boxes[:, 1] + boxes[:, 3] / 2)[:, None] + side[:, None] * steps
    at = np.stack(np.broadcast_arrays(y[:, :, None], x[:, None, :]))
    sums = ndimage.map_coordinates(table, at.reshape(2, -1), order=1, mode="nearest").reshape(at.shape[1:])
    cells = np.diff(np.diff(sums, axis=1), axis=2) / (side / _PATCH)[:, None, None] ** 2
    strongest = np.maximum(cells.max((1, 2)), 1e-6)
    patches = (cells / strongest[:, None, None]).reshape(len(boxes), -1)
    width, height = boxes[:, 2], boxes[:, 3]
    shape = [np.log(height / 32), np.log(width / height), strongest / 100, patches.mean(1)]
    return np.column_stack([patches, *shape]).astype(np.float32)


def suppress(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the rows that stay, best score first: none overlaps a better one by more than 0.45."""
    order = np.argsort(-scores, kind="stable")
    covers = overlaps(boxes[order], boxes[order]) > _SAME_OBJECT
    kept: list[int] = []
    for row in range(len(order)):
        if not covers[row, kept].any():
            kept.append(row)
    return order[kept]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Detections of one frame, best first."""

    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float64]


class Detector:
    """The two networks, trained an epoch at a time.

    Parameters
    ----------
    seed : int
        Seed of the starting weights and of the order of the samples.
    learning_rate : float
        Step size of Adam, the same in all epochs.
    """

    def __init__(self, seed: int, learning_rate: float) -> None:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        self._classifier = MLPClassifier(
            hidden_layer_sizes=(96, 48), alpha=1e-3, batch_size=128, learning_rate_init=learning_rate, random_state=seed
        )
        self._refiner = MLPRegressor(
            hidden_layer_sizes=(32,), alpha=1e-3, batch_size=64, learning_rate_init=learning_rate, random_state=seed
        )

    def learn(
        self,
        patches: NDArray[np.float32],
        labels: NDArray[np.int64],
        placed: NDArray[np.float32],
        deltas: NDArray[np.float64],
    ) -> None:
        """Run one epoch: ``patches`` with ``labels``, and ``placed`` patches with box ``deltas``."""
        self._classifier.partial_fit(patches, labels, classes=np.arange(BACKGROUND + 1))
        self._refiner.partial_fit(placed, deltas.astype(np.float32))

    def class_loss(self, patches: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
        """Return the mean cross-entropy (natural logarithm), nan without samples."""
        if not len(labels):
            return float("nan")
        sure = self._classifier.predict_proba(patches)[np.arange(len(labels)), labels]
        return float(-np.log(np.clip(sure, 1e-12, 1)).mean())

    def box_loss(self, placed: NDArray[np.float32], deltas: NDArray[np.float64]) -> float:
        """Return half the mean squared error of the scaled box deltas, nan without samples."""
        if not len(deltas):
            return float("nan")
        return float(((self._refiner.predict(placed) - deltas) ** 2).mean() / 2)

    def detect(
        self,
        boxes: NDArray[np.float64],
        patches: NDArray[np.float32],
        frames: NDArray[np.int64],
        count: int,
        size: tuple[int, int],
    ) -> list[Found]:
        """Return the detections of ``count`` frames of ``size`` (width, height).

        ``frames`` (N,) is the frame of each proposal, from 0, in rising order.
        """
        if not len(boxes):
            return [_found(boxes, np.zeros((0, BACKGROUND)))] * count
        moved = clip(apply_deltas(boxes, self._refiner.predict(patches)), size)
        chances = self._classifier.predict_proba(patches)[:, :BACKGROUND].astype(np.float64)
        starts = np.searchsorted(frames, np.arange(count + 1))
        return [_found(moved[start:stop], chances[start:stop]) for start, stop in pairwise(starts)]


def _found(moved: NDArray[np.float64], chances: NDArray[np.float64]) -> Found:
    """Return the detections among the proposals of one frame: boxes (N, 4), chances of each class (N, 10)."""
    able = np.flatnonzero((moved[:, 2:] >= 1).all(1) & (chances.max(1) >= _FLOOR))
    kept = able[suppress(moved[able], chances[able].max(1))]
    # What looks half like a 3 and half like an 8 is reported as both, each with its own chance.
    row, label = np.nonzero(chances[kept] >= _FLOOR)
    scores = chances[kept][row, label]
    order = np.argsort(-scores, kind="stable")
    return Found(moved[kept][row][order], label[order], scores[order])


def box_deltas(boxes: NDArray[np.float64], objects: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what moves each box (N, 4) onto its object (N, 4): shifts and log sizes, scaled."""
    middle, target = boxes[:, :2] + boxes[:, 2:] / 2, objects[:, :2] + objects[:, 2:] / 2
    shift = (target - middle) / boxes[:, 2:]
    deltas: NDArray[np.float64] = np.hstack([shift, np.log(objects[:, 2:] / boxes[:, 2:])]) / _DELTA_SCALE
    return deltas


def apply_deltas(boxes: NDArray[np.float64], deltas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move each box by its deltas: the inverse of :func:`box_deltas`.

    >>> boxes, objects = np.array([[10.0, 10, 20, 30]]), np.array([[12.0, 8, 18, 36]])
    >>> apply_deltas(boxes, box_deltas(boxes, objects)).round(6).tolist()
    [[12.0, 8.0, 18.0, 36.0]]
    """
    unscaled = deltas * _DELTA_SCALE
    middle = boxes[:, :2] + boxes[:, 2:] / 2 + unscaled[:, :2] * boxes[:, 2:]
    size = boxes[:, 2:] * np.exp(np.clip(unscaled[:, 2:], -1, 1))
    return np.hstack([middle - size / 2, size])


def clip(boxes: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Cut boxes (N, 4) at the borders of a frame of ``size`` (width, height)."""
    low = np.clip(boxes[:, :2], 0, size)
    return np.hstack([low, np.clip(boxes[:, :2] + boxes[:, 2:], 0, size) - low])
