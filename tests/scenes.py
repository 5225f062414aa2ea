"""Pictures with one red box, and what is seen of them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

RED, GREY = (220, 20, 20), (100, 100, 100)


def scene(width=100, height=80, box=(10, 10, 20, 20)):
    """Grey with one red box."""
    array = np.full((height, width, 3), GREY, np.uint8)
    x, y, w, h = box
    array[y : y + h, x : x + w] = RED
    return array


def pixels(picture):
    assert picture.data is not None, picture.note
    image = Image.open(io.BytesIO(picture.data))
    assert image.size == (picture.width, picture.height)
    return np.asarray(image.convert("RGB")).astype(int)


def is_red(picture):
    return np.abs(pixels(picture).reshape(-1, 3).mean(axis=0) - RED).max() < 25


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def half_of_a_jpeg():
    """The first half of the bytes of a picture of 100 x 80."""
    target = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 100, 3), np.uint8)).save(target, "JPEG")
    return target.getvalue()[: len(target.getvalue()) // 2]
