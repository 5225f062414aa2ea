"""Collects frames and boxes of formats that name their classes, file by file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from natsort import natsorted

from framelens.data.dataset import Source
from framelens.data.frame_names import composed
from framelens.data.tables import GroundTruth, make_frames, make_objects
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from framelens.data.dataset import BoxUnit
    from framelens.data.given import Given

__all__ = ["Box", "TruthRows", "around", "corners", "number"]

Box = tuple[float, float, float, float]


def number(text: object, what: str, file: str, where: str) -> float:
    """Return a finite number, or raise and name the place.

    >>> number(" 12.5", "xmin", "a.xml", "object[0]")
    12.5
    """
    try:
        value = float(str(text).strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{what} is {one_line(repr(text), 40)}, expected a finite number", file=file, where=where)
    return value


def corners(left: float, top: float, right: float, bottom: float, file: str, where: str) -> Box:
    """Return a box from two corners, or raise where they are swapped.

    >>> corners(1, 2, 4, 6, "a.xml", "object[0]")
    (1, 2, 3, 4)
    """
    if right < left or bottom < top:
        found = f"{left:g}, {top:g}, {right:g}, {bottom:g}"
        raise DataError(f"corners {found}: the first must not lie right of or below the second", file=file, where=where)
    return (left, top, right - left, bottom - top)


def around(points: list[tuple[float, float]]) -> Box:
    """Return the box around points.

    >>> around([(1, 5), (4, 2), (3, 9)])
    (1, 2, 3, 7)
    """
    x, y = zip(*points, strict=True)
    return (min(x), min(y), max(x) - min(x), max(y) - min(y))


@dataclass(slots=True)
class TruthRows:
    """Rows of ground truth in the order they are read.

    Class names that differ only in how accents are written (NFC, NFD) are one class.
    """

    given: Given
    frames: dict[str, tuple[float, float]] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    _frame: list[int] = field(default_factory=list)
    _category: list[str] = field(default_factory=list)
    _box: list[Box] = field(default_factory=list)
    _crowd: list[bool] = field(default_factory=list)
    _ignore: list[bool] = field(default_factory=list)
    _spellings: dict[str, str] = field(default_factory=dict)
    _positions: dict[str, int] = field(default_factory=dict)
    _flat: int = 0

    def frame(self, name: str, width: float = math.nan, height: float = math.nan) -> int:
        """Return the number of a frame, new or known."""
        position = self._positions.setdefault(name, len(self._positions))
        known = self.frames.get(name)
        if known is None or math.isnan(known[0]):
            self.frames[name] = (width, height)
        return position

    def add(self, frame: int, category: str, box: Box, *, crowd: bool = False, ignore: bool = False) -> None:
        """Add an object."""
        normal = composed(category)
        spelling = self._spellings.setdefault(normal, category)
        if spelling != category:
            name = one_line(repr(normal), 60)
            self.given.notes.warn(
                f"{self.given.name}: class {name} is written in two ways (NFC, NFD) that look the same; taken as one"
            )
        self._flat += box[2] == 0 or box[3] == 0
        self._frame.append(frame)
        self._category.append(normal)
        self._box.append(box)
        self._crowd.append(crowd)
        self._ignore.append(ignore)

    def _without_picture(self, names: list[str]) -> None:
        """Count frames that have no picture in the caller's folder."""
        sizes = self.given.sizes
        for name in names:
            fault = sizes.fault(name) if sizes is not None and name not in self.reported else None
            if fault:
                self.given.notes.skip(self.given.name, one_line(name, 60), fault)

    def build(
        self,
        format_name: str,
        *,
        classes: Sequence[str] | None = None,
        unit: BoxUnit = "pixel",
        keep_order: bool = False,
    ) -> GroundTruth:
        """Return the ground truth: frames in natural order, classes as listed or by name."""
        given = self.given
        names = list(self.frames) if keep_order else natsorted(self.frames)
        place = {name: position for position, name in enumerate(names)}
        moved = np.array([place[name] for name in self.frames], dtype=np.int64)
        labels = list(classes) if classes is not None else natsorted(set(self._category))
        labels += natsorted(set(self._category) - set(labels))
        index = {name: position for position, name in reversed(list(enumerate(labels)))}
        if self._flat:
            given.notes.warn(f"{given.name}: {self._flat} boxes have no area and cannot be found")
        sizes = np.array([self.frames[name] for name in names], dtype=np.float64).reshape(len(names), 2)
        self._without_picture(names)
        _fill_sizes(names, sizes, given)
        boxes = np.array(self._box, dtype=np.float64).reshape(len(self._box), 4)
        frame = moved[self._frame] if self._frame else np.zeros(0, dtype=np.int64)
        if unit == "relative" and len(names) and not np.isnan(sizes).any():
            boxes, unit = boxes * sizes[frame][:, [0, 1, 0, 1]], "pixel"
        objects = make_objects(
            frame, [index[name] for name in self._category], boxes, crowd=self._crowd, ignore=self._ignore, unit=unit
        )
        return GroundTruth(
            make_frames(names, None, sizes[:, 0], sizes[:, 1]), tuple(labels), tuple(labels), objects,
            Source(format_name, given.name, given.digest), box_unit=unit, classes_listed=classes is not None,
            skipped=given.notes.skips, warnings=given.notes.warnings,
        )  # fmt: skip


def _fill_sizes(names: list[str], sizes: np.typing.NDArray[np.float64], given: Given) -> None:
    """Complete unknown sizes from the caller's frames."""
    if given.sizes is not None:
        for position, name in enumerate(names):
            if np.isnan(sizes[position]).any():
                sizes[position] = given.sizes.size_meant(name)
