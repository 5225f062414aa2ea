"""JSON from strangers, read exactly: duplicate keys, deep nesting, huge integers and bad bytes are named."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from framelens.data.given import decode
from framelens.errors import DataError, one_line

__all__ = ["as_id", "box_of", "is_number", "load", "shown"]

_SHOWN = 60
_EXACT = float(1 << 53)


def shown(value: object) -> str:
    """Return a short text of a value from a file, for messages.

    >>> shown("cat"), shown(None), shown([1, 2])
    ("'cat'", 'null', '[1, 2]')
    """
    if value is None:
        return "null"
    if isinstance(value, np.generic):
        value = value.item()
    return one_line(value if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value), _SHOWN)


def is_number(value: object) -> bool:
    """Whether ``value`` is a JSON number that is finite (true and false are not numbers)."""
    if isinstance(value, bool):
        return False
    try:
        return isinstance(value, (int, float)) and math.isfinite(value)
    except OverflowError:
        return False


def as_id(value: object) -> int | str | None:
    """Return an id: a 64-bit integer or a text; None for anything else.

    Programs that keep numbers in columns write the integer 7 as 7.0, too: as long as doubles are exact, it is 7.

    >>> as_id(7), as_id(7.0), as_id("a"), as_id(7.5), as_id(True), as_id(1e16)
    (7, 7, 'a', None, None, None)
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, int):
        return value if not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63 else None
    return value if isinstance(value, str) else None


def box_of(value: object) -> tuple[float, float, float, float] | None:
    """Return a box of four finite numbers, else None."""
    if isinstance(value, (list, tuple)) and len(value) == 4 and all(map(is_number, value)):
        return (float(value[0]), float(value[1]), float(value[2]), float(value[3]))
    return None


def load(data: bytes, name: str) -> Any:
    """Parse a whole JSON file, and say where it is wrong.

    Raises
    ------
    DataError
        Not JSON (with line and column), a key twice in one object, nested too deep, an integer
        with thousands of digits, or bytes that are no text. ``NaN`` and ``Infinity`` are let
        through as numbers: the reader names the record they stand in.

    Examples
    --------
    >>> load(b'{"id": 1, "id": 2}', "gt.json")
    Traceback (most recent call last):
    framelens.errors.DataError: gt.json: the key 'id' comes twice in the object that starts with {'id': 1}
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen:
                    start = shown(dict(list(seen.items())[:1]))
                    raise DataError(
                        f"the key {shown(key)} comes twice in the object that starts with {start}", file=name
                    )
                seen[key] = value
        return found

    text = decode(data, name)
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        rest = "the file ends too early" if error.pos >= len(text.rstrip()) else error.msg
        raise DataError(f"not valid JSON: {rest}", file=name, where=where, remedy="export the file again") from None
    except RecursionError:
        raise DataError("nested too deep (more lists inside lists than any label file has)", file=name) from None
    except DataError:
        raise
    except ValueError as error:
        raise DataError(f"an integer is too long: {error}", file=name) from None
