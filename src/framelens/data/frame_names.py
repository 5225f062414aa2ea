"""Finds the frame that a label, a detection, a row of metadata or a picture means: its name is written in many ways."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NO_FRAME", "PICTURE_SUFFIXES", "SEVERAL_FRAMES", "FrameNames", "composed", "stem_of"]

#: Endings that are taken for pictures, in order of preference.
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".jpe", ".jfif")
#: In place of the position of a frame: none of that name, and more than one.
NO_FRAME, SEVERAL_FRAMES = -1, -2


def stem_of(name: str) -> str:
    """Return the base name without folders and without its picture ending.

    Only known endings are cut: ``frame.rf.1a2b`` keeps its dots.

    >>> stem_of("sub/frame.1.JPG"), stem_of("frame.rf.1a2b")
    ('frame.1', 'frame.rf.1a2b')
    """
    base = _base(name)
    lower = base.lower()
    for suffix in PICTURE_SUFFIXES:
        if lower.endswith(suffix) and len(base) > len(suffix):
            return base[: -len(suffix)]
    return base


def composed(name: str) -> str:
    r"""Return a name with composed letters: macOS writes decomposed ones, label files mostly composed ones.

    >>> len("u\u0308.jpg"), len(composed("u\u0308.jpg"))
    (6, 5)
    """
    return unicodedata.normalize("NFC", name)


def _written(name: str) -> str:
    return name


def _path(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _without_ending(name: str) -> str:
    head, slash, _ = _path(name).rpartition("/")
    return f"{head}{slash}{stem_of(name)}"


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


#: What two names may have in common, the nearest first; each but the first also with composed letters.
_FORMS: tuple[Callable[[str], str], ...] = (_written, _path, _without_ending, _base, stem_of)


class FrameNames:
    r"""Finds a frame among others by its name.

    As it is written comes first, then the path, the path without the picture's ending, the base name and the stem;
    each of these first with the letters as they are, then composed. What fits several frames in the nearest form
    that fits any means none of them.

    Parameters
    ----------
    names : sequence of str
        Names of the frames.

    Examples
    --------
    >>> names = FrameNames(["day/u\u0308.jpg", "night/1.jpg", "day/1.jpg"])
    >>> names.find("day/1"), names.find("\u00fc.png"), names.find("1.jpg"), names.find("2.jpg")
    (2, 0, -2, -1)
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._tables: dict[tuple[int, bool], dict[str, int]] = {}
        # without accents nothing can be composed
        self._plain = all(map(str.isascii, names))

    def find(self, name: str) -> int:
        """Return the position of the frame, ``NO_FRAME`` or ``SEVERAL_FRAMES``."""
        return self.place(name)[0]

    def place(self, name: str) -> tuple[int, int]:
        """Return the position as :meth:`find` does, and how far the spelling is off: 0 is as it is written."""
        for number, form in enumerate(_FORMS):
            text = form(name)
            for letters, compose in enumerate((False, True)):
                if compose and (number == 0 or (self._plain and text.isascii())):
                    continue
                found = self._table(number, compose=compose).get(composed(text) if compose else text)
                if found is not None:
                    return found, 2 * number + letters
        return NO_FRAME, 2 * len(_FORMS)

    def _table(self, number: int, *, compose: bool) -> dict[str, int]:
        """Return the frames by one form of their names; made when it is first asked for."""
        compose = compose and not self._plain
        key = (number, compose)
        if key not in self._tables:
            table: dict[str, int] = {}
            for position, name in enumerate(self._names):
                text = _FORMS[number](name)
                if table.setdefault(composed(text) if compose else text, position) != position:
                    table[composed(text) if compose else text] = SEVERAL_FRAMES
            self._tables[key] = table
        return self._tables[key]
