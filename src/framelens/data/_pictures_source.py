"""Where the pictures of frames come from: one small interface for folders, videos, stores and objects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.places import sequences, stated_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Beside", "FrameSource", "NamedSource", "PartSource"]


class Beside(NamedTuple):
    """A neighbour of a frame: its name, and its index in the dataset or (for other frames) its picture."""

    name: str
    frame: int | None
    time: float | None
    find: Callable[[], object]


class FrameSource:
    """Finds the picture of a frame by its index.

    Parameters
    ----------
    names : sequence of str, length F
    find : callable
        Frame index to path, bytes, array, Pillow image or None.
    """

    def __init__(self, names: Sequence[str], find: Callable[[int], object] = lambda _: None) -> None:
        self.names = names
        self._find = find
        self._order: dict[int, list[int]] | None = None

    def find(self, frame: int) -> object:
        """Return what is the picture of a frame, or None; what it raises becomes a note."""
        return self._find(frame)

    def prepare(self, frames: Iterable[int]) -> None:
        """Be told which frames are asked for next."""

    def reason(self, frame: int) -> str:  # noqa: ARG002 - other sources look at it
        """Say why a frame has no picture, where that is known before anybody asks for it; else ``""``."""
        return ""

    def at_hand(self, frame: int) -> object:  # noqa: ARG002 - other sources look at it
        """Return the picture's file where it stands on this machine, so that its header can be read for nothing."""
        return None

    def times(self) -> NDArray[np.float64]:
        """Return seconds since the first frame of each frame's video, shape (F,); ``nan`` where unknown."""
        return stated_times(self.names)

    def beside(self, frame: int, before: int, after: int) -> list[tuple[int, Beside]]:
        """Return the frames of the dataset that stand beside this one in its numbered sequence."""
        if self._order is None:
            self._order = _neighbourhoods(self.names)
        row = self._order.get(frame, [frame])
        place = row.index(frame)
        near = range(max(0, place - before), min(len(row), place + after + 1))
        return [(at - place, self._member(row[at])) for at in near if at != place]

    def _member(self, frame: int) -> Beside:
        time = float(stated_times([self.names[frame]])[0])
        return Beside(self.names[frame], frame, time if np.isfinite(time) else None, lambda: self.find(frame))


class NamedSource(FrameSource):
    """Takes pictures from a mapping of frame name to path, bytes, array or Pillow image."""

    def __init__(self, names: Sequence[str], pictures: Mapping[str, object]) -> None:
        known = {name: pictures[name] for name in names if name in pictures}
        super().__init__(names, lambda frame: known.get(names[frame]))
        self._known = known

    def reason(self, frame: int) -> str:
        """Say that the mapping does not name the frame."""
        return "" if self.names[frame] in self._known else "the mapping does not name this frame"

    def at_hand(self, frame: int) -> object:
        """Return the path that the mapping gives."""
        found = self.find(frame)
        return found if isinstance(found, (str, os.PathLike)) else None


class PartSource(FrameSource):
    """Some frames of another source; the others still stand beside them."""

    def __init__(self, source: FrameSource, rows: Sequence[int]) -> None:
        super().__init__([source.names[row] for row in rows], lambda frame: source.find(rows[frame]))
        self._whole, self._rows = source, list(rows)
        self._here = {row: frame for frame, row in enumerate(rows)}

    def prepare(self, frames: Iterable[int]) -> None:
        """Pass on which frames are asked for next."""
        self._whole.prepare([self._rows[frame] for frame in frames])

    def reason(self, frame: int) -> str:
        """Pass on why a frame has no picture."""
        return self._whole.reason(self._rows[frame])

    def at_hand(self, frame: int) -> object:
        """Pass on where the file stands."""
        return self._whole.at_hand(self._rows[frame])

    def times(self) -> NDArray[np.float64]:
        """Return the times of these frames."""
        return self._whole.times()[self._rows]

    def beside(self, frame: int, before: int, after: int) -> list[tuple[int, Beside]]:
        """Return the neighbours in the whole, by their index here."""
        near = self._whole.beside(self._rows[frame], before, after)
        return [
            (offset, at._replace(frame=None if at.frame is None else self._here.get(at.frame))) for offset, at in near
        ]


def _neighbourhoods(names: Sequence[str]) -> dict[int, list[int]]:
    """Map each frame to all frames of its sequence, in their order."""
    sequence, position = sequences(names)
    found: dict[int, list[int]] = {}
    order = np.lexsort((position, sequence))
    for group in np.split(order, np.flatnonzero(np.diff(sequence[order])) + 1):
        if len(group) and sequence[group[0]] >= 0:
            row = group.tolist()
            found.update(dict.fromkeys(row, row))
    return found
