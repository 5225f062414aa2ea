"""What was found wrong with pictures that were looked at: broken ones, and ones of another size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from framelens.data._pictures_decode import FOLDER, MISSING, OUTSIDE
from framelens.errors import ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from framelens.errors import Skip

__all__ = ["SURVEYED", "Met", "other_size", "spread"]

#: Headers that are looked at before anybody asks for a picture.
SURVEYED: Final = 200
_SAME_SIZE: Final = 0.5  # pixels
#: What readers that know the folder of frames have counted before.
_COUNTED_BEFORE: Final = (FOLDER, MISSING, OUTSIDE)


class Met:
    """Counts frames, not looks: each frame as it was found last.

    >>> met = Met(["a.png", "b.png"])
    >>> met.fail(1, "the picture is cut off")
    >>> met.skips()[0].reason
    'no picture: the picture is cut off'
    >>> met.good(1, (640.0, 480.0), (320, 240))
    >>> met.skips(), met.warnings()[0][:70]
    ((), 'frames: 1 of 1 pictures looked at differ in size from the labels; b.pn')
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._broken: dict[int, str] = {}
        self._good: dict[int, str | None] = {}

    def __contains__(self, frame: int) -> bool:
        return frame in self._broken or frame in self._good

    def fail(self, frame: int, reason: str) -> None:
        """Note why there is no picture of a frame."""
        self._broken[frame] = reason
        self._good.pop(frame, None)

    def good(self, frame: int, declared: tuple[float, float] | None, size: tuple[int, int]) -> None:
        """Note the real size of a frame that can be shown."""
        self._broken.pop(frame, None)
        self._good[frame] = other_size(self._names[frame], declared, size)

    def skips(self, *, counted: bool = False) -> tuple[Skip, ...]:
        """Return the broken pictures per reason; ``counted``: readers have counted what the folder lacks."""
        notes = ReadLog()
        for frame, reason in sorted(self._broken.copy().items()):
            if not (counted and reason in _COUNTED_BEFORE):
                notes.skip("frames", one_line(self._names[frame], 120) or "(no name)", f"no picture: {reason}")
        return notes.skips

    def warnings(self) -> tuple[str, ...]:
        """Return one line about pictures whose size the labels state otherwise."""
        good = self._good.copy()
        differ = sorted(frame for frame, note in good.items() if note)
        if not differ:
            return ()
        counts = f"{len(differ)} of {len(good)} pictures looked at differ in size from the labels"
        return (f"frames: {counts}; {good[differ[0]]}",)


def other_size(name: str, declared: tuple[float, float] | None, size: tuple[int, int]) -> str | None:
    """Say that a picture has another size than the labels declare; None where it has that size or none is declared."""
    if declared is None or max(abs(declared[0] - size[0]), abs(declared[1] - size[1])) <= _SAME_SIZE:
        return None
    base = one_line(name.replace("\\", "/").rpartition("/")[2], 120)
    return (
        f"{base}: the labels declare {declared[0]:g} x {declared[1]:g} pixels, the picture has "
        f"{size[0]} x {size[1]}; it is scaled to the labels"
    )


def spread(count: int, most: int = SURVEYED) -> list[int]:
    """Return at most ``most`` indices of ``count``, evenly spread.

    >>> spread(5, 10), spread(10, 4)
    ([0, 1, 2, 3, 4], [0, 2, 5, 7])
    """
    return list(range(count)) if count <= most else [at * count // most for at in range(most)]
