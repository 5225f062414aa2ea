"""The natural order of names as an order of plain texts, for sorting outside Python."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["natural_key"]

_DIGITS = re.compile(r"(\d+)")
_END = "\0"


def natural_key(name: str) -> str:
    r"""Return a text that sorts, by code points, where ``natsort`` puts ``name``.

    Digits become their count and value, so that ``frame_2`` stands before ``frame_10``; a part of letters ends
    with the lowest sign.

    >>> sorted(["b", "a10", "a2", "a2b", "10", "9"], key=natural_key)
    ['9', '10', 'a2', 'a2b', 'a10', 'b']
    """
    parts = _DIGITS.split(unicodedata.normalize("NFD", name))
    key = []
    for place, part in enumerate(parts):
        if place % 2 == 0:
            key.append(part + _END if part or place < len(parts) - 1 else "")
        else:
            number = str(int(part)) if len(part) < 1000 else part.lstrip("0")  # noqa: PLR2004
            key.append(f"{len(number):06d}{number}")
    return "".join(key)
