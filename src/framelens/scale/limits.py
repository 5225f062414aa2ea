"""How much memory and which settings a large evaluation works with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from framelens.errors import OptionError, one_line

__all__ = ["LEAST", "Budget", "parse_size"]

#: Python, numpy and DuckDB alone take about 150 MB.
LEAST = 300_000_000
_BASE = 150_000_000
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)
# Peak bytes a detection while its batch is read and matched, and while summaries are merged; measured.
_MATCHING, _MERGING = 700, 220


@dataclass(frozen=True, slots=True)
class Budget:
    """What each step may take.

    Attributes
    ----------
    total : int
        Bytes of the whole process.
    """

    total: int

    @property
    def database(self) -> int:
        """Bytes DuckDB may hold while it puts tables in order."""
        return int((self.total - _BASE) * 0.6)

    @property
    def reading(self) -> int:
        """Bytes DuckDB may hold while a batch is read."""
        return max(64_000_000, int((self.total - _BASE) * 0.2))

    @property
    def batch(self) -> int:
        """Detections and objects of a batch."""
        return max(10_000, int((self.total - _BASE) * 0.5 / _MATCHING))

    @property
    def merging(self) -> int:
        """Detections that are merged in one go."""
        return max(10_000, int((self.total - _BASE) * 0.5 / _MERGING))


def parse_size(value: object) -> int:
    """Return a number of bytes from ``2_000_000_000``, ``"2GB"``, ``"1.5 GiB"`` or ``"800MB"``.

    Raises
    ------
    OptionError
        It is no size, or less than 300 MB.

    Examples
    --------
    >>> parse_size("2GB"), parse_size("1GiB")
    (2000000000, 1073741824)
    """
    found = _SIZE.fullmatch(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    if found is None:
        raise OptionError(f"memory must be a size such as '2GB' or a number of bytes, not {one_line(repr(value), 40)}")
    size = int(float(found[1]) * _UNITS[(found[2] or "").lower()])
    if size < LEAST:
        raise OptionError(
            f"memory={one_line(value, 40)!r} is less than the {LEAST // 10**6} MB that the libraries need"
        )
    return size
