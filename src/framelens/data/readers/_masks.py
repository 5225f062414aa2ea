"""Boxes around COCO masks: polygons and run-length codes."""

from __future__ import annotations

from itertools import chain
from typing import TypeGuard

import numpy as np

from framelens.data.readers._json import is_number

__all__ = ["box_of_mask"]

Box = tuple[float, float, float, float]
_LARGEST_SIDE = 1 << 24
_FEWEST = 6


def box_of_mask(mask: object) -> Box | None:
    """Return the box around a COCO ``segmentation``; None for an empty mask or anything else.

    Parameters
    ----------
    mask : list or dict
        Polygons ``[[x1, y1, x2, y2, ...], ...]``, or ``{"size": [height, width], "counts": ...}`` with
        run lengths down the columns, as a list or in COCO's text code.

    Returns
    -------
    (x, y, width, height) or None
        Of run lengths: the pixels that are set, as pycocotools' ``toBbox``.

    Examples
    --------
    >>> box_of_mask([[1, 2, 5, 2, 5, 4]])
    (1.0, 2.0, 4.0, 2.0)
    >>> box_of_mask({"size": [4, 5], "counts": [5, 2, 2, 2, 9]})
    (1.0, 1.0, 2.0, 2.0)
    """
    if isinstance(mask, dict):
        return _box_of_runs(mask.get("size"), mask.get("counts"))
    if not isinstance(mask, list) or not all(isinstance(ring, list) for ring in mask):
        return None
    points = list(chain.from_iterable(mask))
    if len(points) < _FEWEST or len(points) % 2 or not all(map(is_number, points)):
        return None
    x, y = np.array(points[0::2], dtype=np.float64), np.array(points[1::2], dtype=np.float64)
    return (float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y)))


def _box_of_runs(size: object, counts: object) -> Box | None:
    """Return the box around the set pixels."""
    if not (isinstance(size, list) and len(size) == 2 and all(map(_is_side, size))):
        return None
    runs = _decode(counts) if isinstance(counts, str) else counts
    if not _are_runs(runs):
        return None
    ends = np.cumsum(np.array(runs, dtype=np.float64)).astype(np.int64)
    if len(ends) < 2 or ends[-1] > size[0] * size[1]:
        return None
    height = size[0]
    first, last = ends[0 : len(ends) // 2 * 2 : 2], ends[1::2] - 1
    first, last = first[last >= first], last[last >= first]
    if not len(first):
        return None
    left, right = int((first // height).min()), int((last // height).max())
    tall = bool((first // height < last // height).any())
    top, bottom = (0, height - 1) if tall else (int((first % height).min()), int((last % height).max()))
    return (float(left), float(top), float(right - left + 1), float(bottom - top + 1))


def _is_side(value: object) -> bool:
    """Whether a value can be a side of a picture."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST_SIDE


def _are_runs(runs: object) -> TypeGuard[list[int]]:
    """Whether a value is a list of run lengths."""
    return isinstance(runs, list) and all(isinstance(run, int) and 0 <= run < _LARGEST_SIDE**2 for run in runs)


def _decode(text: str) -> list[int] | None:
    """Return the run lengths in COCO's text code: 5 bits a sign, from the third run on as differences."""
    runs: list[int] = []
    value, shift = 0, 0
    for sign in text:
        code = ord(sign) - 48
        if not 0 <= code < 64 or shift > 60:
            return None
        value |= (code & 0x1F) << shift
        shift += 5
        if not code & 0x20:
            if code & 0x10:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value, shift = 0, 0
    return runs
