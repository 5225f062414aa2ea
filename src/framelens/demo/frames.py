"""Frames composed from real handwritten digits on cluttered backgrounds.

scikit-learn ships 1,797 handwritten digits of 8x8 pixels, sheet by sheet as they were collected.
The first part of them is used for training frames, the rest for validation frames, so no digit is in
both. Each frame has its own random stream, drawn from the seed, the split and the frame's number:
frame 7 is the same whether 10 or 1,000 frames are made.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from framelens.demo.scenery import HEIGHT, PALETTES, WIDTH, paint, paint_background, scatter_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.demo.scenery import Palette

__all__ = ["CLASSES", "DigitPool", "Frame", "Split", "compose_frame", "decode_gray", "load_pools"]

Split = Literal["train", "val"]

#: Class names; the position is the digit.
CLASSES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_TRAIN_SHARE = 2 / 3
_SMALLEST, _LARGEST = 20, 64
_EMPTY_SHARE = 0.07
_PAIR_SHARE = 0.25
_MOST_DIGITS = 7
_JPEG_QUALITY = 88
_TRIES = 30
_MARGIN = 2
_INKED = 0.5

Place = tuple[int, int, int, int]  # x, y, width, height in pixels


@dataclass(frozen=True, slots=True, eq=False)
class DigitPool:
    """Handwritten digits of one split.

    Attributes
    ----------
    images : uint8 array, shape (N, 8, 8)
        Ink, 0 (none) to 255 (full).
    labels : int64 array, shape (N,)
        The digit, 0 to 9.
    rows : int64 array, shape (N,)
        Row in scikit-learn's table.
    """

    split: Split
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One composed frame and what is in it.

    Attributes
    ----------
    name : str
        File name.
    jpeg : bytes
        The picture, 320x240 RGB.
    boxes : float64 array, shape (N, 4)
        x, y, width, height in pixels, whole numbers, tight around the ink.
    labels : int64 array, shape (N,)
        The digit, 0 to 9.
    samples : int64 array, shape (N,)
        Which handwritten digit it is: row in scikit-learn's table.
    """

    name: str
    jpeg: bytes
    boxes: NDArray[np.float64]
    labels: NDArray[np.int64]
    samples: NDArray[np.int64]


def load_pools() -> tuple[DigitPool, DigitPool]:
    """Return the digits for training and for validation; they share none.

    Examples
    --------
    >>> train, val = load_pools()
    >>> len(train), len(val), len(set(train.rows) & set(val.rows))
    (1198, 599, 0)
    """
    from sklearn.datasets import load_digits

    table = load_digits()
    images = np.clip(table.images * (255 / 16), 0, 255).astype(np.uint8)
    labels = table.target.astype(np.int64)
    rows = np.arange(len(labels), dtype=np.int64)
    cut = round(len(rows) * _TRAIN_SHARE)
    return (
        DigitPool("train", images[:cut], labels[:cut], rows[:cut]),
        DigitPool("val", images[cut:], labels[cut:], rows[cut:]),
    )


def decode_gray(jpeg: bytes) -> NDArray[np.float64]:
    """Return the picture as a detector sees it: luminance 0 to 255, shape (height, width)."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("L"), dtype=np.float64)


def compose_frame(pool: DigitPool, number: int, seed: int) -> Frame:
    """Compose frame ``number`` (from 1) of the pool's split.

    Examples
    --------
    >>> frame = compose_frame(load_pools()[1], 2, seed=0)
    >>> frame.name, frame.boxes.shape[1]
    ('val_0002.jpg', 4)
    """
    rng = np.random.default_rng([seed, 0 if pool.split == "train" else 1, number])
    palette = PALETTES[int(rng.integers(len(PALETTES)))]
    canvas = paint_background(palette, rng)
    scatter_shapes(canvas, palette, rng)
    boxes: list[Place] = []
    chosen: list[int] = []
    wanted = 0 if rng.random() < _EMPTY_SHARE else int(rng.integers(1, _MOST_DIGITS + 1))
    while len(chosen) < wanted:
        index = int(rng.integers(len(pool)))
        mask = _ink_mask(pool.images[index], rng)
        beside = bool(boxes) and rng.random() < _PAIR_SHARE
        place = _place_beside(mask, boxes, rng) if beside else _place_free(mask, boxes, rng)
        if place is None:
            wanted -= 1
            continue
        _stamp(canvas, mask, place, palette, rng)
        boxes.append((*place, mask.shape[1], mask.shape[0]))
        chosen.append(index)
    return Frame(
        name=f"{pool.split}_{number:04d}.jpg",
        jpeg=_encode(canvas, rng),
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
        labels=pool.labels[chosen].astype(np.int64),
        samples=pool.rows[chosen].astype(np.int64),
    )


def _ink_mask(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float64]:
    """Enlarge, turn and sharpen one digit; return its ink (0..1), cut to the ink."""
    # Squared, because small digits are more frequent than large ones in real scenes.
    size = _SMALLEST + (_LARGEST - _SMALLEST) * rng.random() ** 2
    padded = Image.fromarray(np.pad(image, 1))
    stretch = rng.uniform(0.85, 1.15)
    shape = (max(8, round(size * 10 / 8 * stretch)), round(size * 10 / 8))
    large = padded.resize(shape, Image.Resampling.BICUBIC)
    turned = large.rotate(rng.uniform(-11, 11), Image.Resampling.BICUBIC, expand=True)
    ink = np.asarray(turned, dtype=np.float64) / 255
    # A soft threshold turns the blurred 8x8 picture into a pen stroke.
    soft = np.clip((ink - 0.38) / 0.3, 0, 1)
    mask = soft * soft * (3 - 2 * soft)
    inked = mask > _INKED
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place_free(mask: NDArray[np.float64], boxes: list[Place], rng: np.random.Generator) -> tuple[int, int] | None:
    """Find a corner where the digit stands apart from the others."""
    height, width = mask.shape
    for _ in range(_TRIES):
        x, y = (
            int(rng.integers(_MARGIN, WIDTH - width - _MARGIN)),
            int(rng.integers(_MARGIN, HEIGHT - height - _MARGIN)),
        )
        if not any(_near((x, y, width, height), box, gap=5) for box in boxes):
            return x, y
    return None


def _place_beside(mask: NDArray[np.float64], boxes: list[Place], rng: np.random.Generator) -> tuple[int, int] | None:
    """Put the digit against the right side of the last one, from a small gap to an overlap."""
    height, width = mask.shape
    left, top, beside_width, beside_height = boxes[-1]
    x = left + beside_width + int(rng.integers(-max(3, width // 5), 3))
    y = top + (beside_height - height) // 2 + int(rng.integers(-4, 5))
    if x + width > WIDTH - _MARGIN or y < _MARGIN or y + height > HEIGHT - _MARGIN:
        return None
    return None if any(_near((x, y, width, height), box, gap=1) for box in boxes[:-1]) else (x, y)


def _near(first: Place, second: Place, gap: int) -> bool:
    return all(
        first[axis] < second[axis] + second[axis + 2] + gap and second[axis] < first[axis] + first[axis + 2] + gap
        for axis in (0, 1)
    )


def _stamp(
    canvas: NDArray[np.float64],
    mask: NDArray[np.float64],
    place: tuple[int, int],
    palette: Palette,
    rng: np.random.Generator,
) -> None:
    """Write the digit with one of the palette's inks, pressed more or less hard."""
    x, y = place
    height, width = mask.shape
    ink = palette.inks[int(rng.integers(len(palette.inks)))]
    paint(canvas[y : y + height, x : x + width], mask, ink, rng.uniform(0.6, 1.0))


def _encode(canvas: NDArray[np.float64], rng: np.random.Generator) -> bytes:
    """Add the noise of a camera and store as JPEG."""
    noisy = canvas + rng.normal(0, rng.uniform(2, 9), canvas.shape[:2])[..., None]
    pixels = np.clip(np.rint(noisy, out=noisy), 0, 255, out=noisy).astype(np.uint8)
    stored = io.BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=_JPEG_QUALITY)
    return stored.getvalue()
