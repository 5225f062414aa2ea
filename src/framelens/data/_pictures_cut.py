"""Which part of a frame is shown, at which scale, and the decoded frames that stay in memory."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from framelens.data._pictures_decode import NoRegionError

if TYPE_CHECKING:
    from PIL import Image

    from framelens.data._pictures_region import Region

__all__ = ["Cache", "Decoded", "level_for", "real_region"]

_HAIR: Final = 1e-6  # pixels


@dataclass(frozen=True, slots=True)
class Decoded:
    """An RGB frame at about ``1/level`` of its real ``size``."""

    image: Image.Image
    size: tuple[int, int]
    level: int

    @property
    def bytes(self) -> int:
        return self.image.width * self.image.height * 3


class Cache:
    """Decoded frames, the least recently used dropped first; the newest always stays."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: OrderedDict[int, Decoded] = OrderedDict()
        self._sizes: dict[int, tuple[int, int]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def size(self, frame: int) -> tuple[int, int] | None:
        return self._sizes.get(frame)

    def get(self, frame: int, level: int) -> Decoded | None:
        """Return the frame if it is held at ``level`` or finer."""
        with self._lock:
            found = self._held.get(frame)
            if found is None or found.level > level:
                return None
            self._held.move_to_end(frame)
            return found

    def put(self, frame: int, made: Decoded) -> None:
        with self._lock:
            old = self._held.pop(frame, None)
            self._bytes += made.bytes - (old.bytes if old else 0)
            self._held[frame], self._sizes[frame] = made, made.size
            while self._bytes > self.limit and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1].bytes


def level_for(region: tuple[int, int, int, int], side: int) -> int:
    """Return 1, 2, 4 or 8: how much smaller a JPEG may be decoded and still fill ``side`` pixels."""
    spare = max(region[2], region[3]) / side
    return 1 if spare < 2 else min(8, 2 ** int(math.log2(spare)))


def real_region(
    region: Region | None, declared: tuple[float, float] | None, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return a region in whole pixels of the picture, cut to it; raise if nothing of it is inside."""
    if region is None:
        return (0, 0, *size)
    if not all(math.isfinite(value) for value in region) or min(region[2:]) < 0:
        message = "the region is not finite"
        raise NoRegionError(message)
    unit = (1.0, 1.0) if declared is None else (size[0] / declared[0], size[1] / declared[1])
    spans = []
    for axis in (0, 1):
        start, stop = region[axis] * unit[axis], (region[axis] + region[axis + 2]) * unit[axis]
        if stop < 0 or start > size[axis]:
            message = "the region lies outside the frame"
            raise NoRegionError(message)
        # a hair of rounding must not bring in a whole row of pixels
        low = min(max(0, math.floor(start + _HAIR)), size[axis] - 1)
        spans.append((low, max(low + 1, min(size[axis], math.ceil(stop - _HAIR)))))
    return (spans[0][0], spans[1][0], spans[0][1] - spans[0][0], spans[1][1] - spans[1][0])
