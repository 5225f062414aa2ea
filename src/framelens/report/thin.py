"""The bytes of a payload, thinned for a file: only what the page cannot work out for itself is written down.

:func:`thin` gives a text from which ``js/src/ledger/thin.ts`` makes the very bytes that were put in; nothing is
rounded. Numbers with few decimals travel as whole numbers, sorted ones as steps, objects as their place among those
of their frame, and what follows from the boxes (overlaps, their order, the cells) as the difference from what the page
computes by the same operations in the same order. Where a column does not follow the rule it travels as it is.

The text is the base64 of the gzip of: the number of bytes of a list (uint32), the list (JSON), and the streams of all
columns one behind the other. The list has one entry for each column, in the order in which they are made:

=========================================  ==========================================================================
``[name, "plain"]``                        the bytes of the column: all first bytes, then all second ones ...
``[name, "whole", n, low, steps, scale]``  whole numbers; ``steps`` 1: each the difference from the one before;
                                           ``scale``: to be divided by it; 0: bit patterns of float32
``[name, "class", n, low]``                place of a detection's class in the list of its frame: first the classes of
                                           the objects there, to which new ones (the list's length + class) are added
``[name, "near", n, low, scale]``          boxes: those of detections that have pairs, as the difference from the
                                           object of the first pair, then the others
``[name, "pair", n, low]``                 object of each pair: its place among the objects of the frame
``[name, "found", n, low]``                object of each detection: 0 none, 1 that of its first pair, 2 + place
``[name, "level", n, low]``                difference from the step that the overlap of the boxes passes
``[name, "order", n, low]``                difference from the order of the overlaps
``["example", "cells", n, low, count]``    objects and detections of the examples: for each of ``count`` detections
                                           0 in no cell, 1 alone, 2 + place of its object
``["example_iou", "iou", n, low]``         difference of the bit patterns from those of the overlaps
=========================================  ==========================================================================

The counts of the matrix are columns by themselves, though they follow from the examples: with them a page shows the
matrix before it makes anything else.

``n, low``: whole numbers are written as what they are over the lowest of them, ``n`` bytes each: all first bytes, then
all second ones ... Boxes stand component by component.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.metrics.iou import paired_iou
from framelens.widgets.wire import Payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from framelens.widgets.wire import Head

__all__ = ["thin"]

_SCALES: Final = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
_LARGEST: Final = 2**31
_NONE: Final = np.empty(0, dtype=np.int64)  # which rows of a dataset these are matters to nobody here
_CROWD: Final = 2
#: Rows and keys that the page can sort as one double.
_MOST_ROWS: Final = 2**21
#: Overlaps are put in order by so many parts of 1.
_PARTS: Final = 2**30
#: The columns that the entry ``cells`` makes.
_MATRIX: Final = ("example_object", "example_detection")
#: Columns that are made of others, in this order and after all others.
_LATE: Final = (
    "detection_pairs", "pair_object", "detection_box", "example_iou", "pair_level", "pair_order", "error_object",
)  # fmt: skip

#: What stands in the list for a column, and its stream; None where the column does not follow the rule.
_Entry = tuple[list[Any], bytes]


def thin(head: Head, buffer: bytes) -> str:
    """Return the bytes of a payload as a short text.

    Parameters
    ----------
    head, buffer
        Of the payload.

    Returns
    -------
    str
        ASCII. Equal payloads give equal texts.
    """
    entries = _entries(_Columns(Payload(head, buffer, _NONE, _NONE)))
    listed = json.dumps([entry for entry, _ in entries], separators=(",", ":")).encode()
    streams = b"".join(stream for _, stream in entries)
    packed = gzip.compress(np.array([len(listed)], "<u4").tobytes() + listed + streams, 6, mtime=0)
    return b64encode(packed).decode("ascii")


class _Columns:
    """The columns of a payload, what the page knows of the overlaps, and the places of objects in their frames."""

    def __init__(self, payload: Payload) -> None:
        self.specs = payload.head["columns"]
        self.recount = payload.head.get("recount")  # a view of some frames has none
        self.side = len(payload.head["classes"]) + 1
        self.get = payload.column
        things, found = self.get("object_box"), self.get("detection_box")
        self.scale, self.near = _scale_of(things), 0
        both = max(self.scale, _scale_of(found))
        if "detection_pairs" in self.specs and self.scale and _fits(found, both):
            self.near = both
        # as the page knows them while it makes the columns: before they were rounded to float32
        self.boxes = {"object": _exact(things, self.scale), "detection": _exact(found, self.near or _scale_of(found))}
        frame = self.get("object_frame")
        # objects stand by frame: see Dataset
        self.place = np.arange(len(frame)) - np.searchsorted(frame, frame)

    def whole(self, name: str) -> NDArray[np.int64]:
        return self.get(name).astype(np.int64)

    def overlaps(self, thing: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.float64]:
        crowd = (self.get("object_flags")[thing] & _CROWD) > 0
        return paired_iou(self.boxes["detection"][found], self.boxes["object"][thing], crowd)

    def same_frame(self, thing: NDArray[np.int64], found: NDArray[np.int64]) -> bool:
        return bool(np.array_equal(self.get("object_frame")[thing], self.get("detection_frame")[found]))

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return detection and object of each pair."""
        number = self.whole("detection_pairs")
        return np.repeat(np.arange(len(number)), number), self.whole("pair_object")


def _entries(columns: _Columns) -> list[_Entry]:
    made: list[_Entry] = []
    done: set[str] = set()
    matrix = _cells(columns)
    for name in sorted(columns.specs, key=lambda name: _LATE.index(name) if name in _LATE else -1):
        if name in done:
            continue
        if name in _MATRIX and matrix is not None:
            made.append(matrix)
            done.update(_MATRIX)
            continue
        rule = _RULES.get(name)
        made.append((rule and rule(columns)) or _by_itself(columns, name))
    return made


def _by_itself(columns: _Columns, name: str) -> _Entry:
    """Return the shorter one of a few ways to write a column that needs no other."""
    values = columns.get(name)
    plain = np.frombuffer(values.tobytes(), np.uint8).reshape(-1, values.itemsize).T.tobytes()
    ways: list[_Entry] = [([name, "plain"], plain)]
    for scale, whole in _as_whole(values):
        ways.append(_entry(name, "whole", whole, 0, scale))
        ways.append(_entry(name, "whole", np.diff(whole, prepend=0), 1, scale))
    if name in ("object_box", "detection_box") and len(ways) > 1:
        del ways[0]  # the overlaps were computed from the whole numbers
    return min(ways, key=lambda way: _bits(way[1], values.size))


def _bits(stream: bytes, rows: int) -> float:
    """Return about how many bits remain of planes of so many bytes: by how often each byte stands in its plane."""
    bits = 0.0
    for first in range(0, len(stream), max(rows, 1)):
        often = np.bincount(np.frombuffer(stream, np.uint8)[first : first + rows])
        often = often[often > 0]
        bits -= float((often * np.log2(often / rows)).sum())
    return bits


def _as_whole(values: NDArray[Any]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return the values as whole numbers, by their scale, where that loses nothing."""
    flat = values.T.ravel()
    if values.dtype.kind in "iu":
        return [(1, flat.astype(np.int64))]
    scale = _scale_of(flat)
    if scale:
        return [(scale, np.rint(flat.astype(np.float64) * scale).astype(np.int64))]
    short = flat.astype(np.float32)
    if flat.dtype == np.float64 and np.array_equal(short.astype(np.float64), flat):
        return [(0, short.view(np.int32).astype(np.int64))]
    return []


def _scale_of(values: NDArray[Any]) -> int:
    """Return the power of ten by which the values are whole numbers; 0 where none is."""
    return next((scale for scale in _SCALES if _fits(values, scale)), 0)


def _fits(values: NDArray[Any], scale: int) -> bool:
    """Tell whether the values come out the same, to the last bit, from whole numbers divided by ``scale``."""
    with np.errstate(all="ignore"):
        whole = np.rint(values.astype(np.float64) * scale)
        small = bool((np.abs(whole) < _LARGEST).all())
        return small and (whole / scale + 0.0).astype(values.dtype).tobytes() == values.tobytes()


def _exact(box: NDArray[np.float32], scale: int) -> NDArray[np.float64]:
    exact = box.astype(np.float64)
    return np.rint(exact * scale) / scale if scale else exact


def _entry(name: str, how: str, values: NDArray[np.int64], *more: int) -> _Entry:
    """Write the lowest number and how many bytes it takes to tell the others from it; then these, plane by plane."""
    low = int(values.min()) if len(values) else 0
    over = (values - low).astype("<u4")  # modulo 2**32, as the page counts
    number = (int(over.max(initial=0)).bit_length() + 7) // 8
    return [name, how, number, low, *more], over.view(np.uint8).reshape(-1, 4).T[:number].tobytes()


def _class(columns: _Columns) -> _Entry | None:
    lists: dict[int, dict[int, int]] = {}
    for frame, category in zip(columns.get("object_frame").tolist(), columns.get("object_class").tolist(), strict=True):
        known = lists.setdefault(frame, {})
        known.setdefault(category, len(known))
    codes = []
    for frame, category in zip(
        columns.get("detection_frame").tolist(), columns.get("detection_class").tolist(), strict=True
    ):
        known = lists.setdefault(frame, {})
        codes.append(known.get(category, len(known) + category))
        known.setdefault(category, len(known))
    return _entry("detection_class", "class", np.array(codes, dtype=np.int64))


def _near(columns: _Columns) -> _Entry | None:
    scale = columns.near
    if not scale:
        return None
    whole = np.rint(columns.boxes["detection"] * scale).astype(np.int64)
    found, first = np.unique(columns.pairs()[0], return_index=True)
    things = columns.get("object_box")[columns.pairs()[1][first]].astype(np.float64)
    near = whole[found] - np.floor(things * scale + 0.5).astype(np.int64)
    rows = np.concatenate((near, np.delete(whole, found, axis=0)))
    return _entry("detection_box", "near", rows.T.ravel(), scale)


def _pair(columns: _Columns) -> _Entry | None:
    found, thing = columns.pairs()
    return _entry("pair_object", "pair", columns.place[thing]) if columns.same_frame(thing, found) else None


def _found(columns: _Columns) -> _Entry | None:
    thing = columns.whole("error_object")
    if "detection_pairs" not in columns.specs or len(thing) != len(columns.get("detection_frame")):
        return None
    some = np.flatnonzero(thing >= 0)
    if not columns.same_frame(thing[some], some):
        return None
    code = np.zeros(len(thing), dtype=np.int64)
    code[some] = columns.place[thing[some]] + 2
    found, first = np.unique(columns.pairs()[0], return_index=True)
    code[found[thing[found] == columns.pairs()[1][first]]] = 1
    return _entry("error_object", "found", code)


def _level(columns: _Columns) -> _Entry | None:
    found, thing = columns.pairs()
    steps = np.array(columns.recount["steps"] if columns.recount else [])
    passed = np.searchsorted(steps, columns.overlaps(thing, found), side="right") - 1
    return _entry("pair_level", "level", columns.whole("pair_level") - passed)


def _order(columns: _Columns) -> _Entry | None:
    found, thing = columns.pairs()
    if len(found) > _MOST_ROWS:
        return None
    key = np.maximum(_PARTS - np.floor(columns.overlaps(thing, found) * _PARTS), 0)
    return _entry("pair_order", "order", columns.whole("pair_order") - np.argsort(key, kind="stable"))


def _cells(columns: _Columns) -> _Entry | None:
    """Return the examples as one number for each detection in them, where they follow from those."""
    thing, found = columns.whole("example_object"), columns.whole("example_detection")
    both = np.flatnonzero((thing >= 0) & (found >= 0))
    count = int(found.max(initial=-1)) + 1
    if not columns.same_frame(thing[both], found[both]):
        return None
    code = np.zeros(count, dtype=np.int64)
    code[found[found >= 0]] = 1
    code[found[both]] = columns.place[thing[both]] + 2
    match = np.full(count, -1)
    match[found[both]] = thing[both]
    expected = _cells_of(columns, code, match)
    same = all(
        np.array_equal(columns.get(name), values) for name, values in zip(_MATRIX, expected, strict=True)
    ) and columns.side**2 < _LARGEST > len(thing)
    return _entry("example", "cells", code, count) if same and len(thing) < _MOST_ROWS else None


def _cells_of(
    columns: _Columns, code: NDArray[np.int64], match: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the columns of the examples: detections as they stand, then objects nobody found, sorted by cell."""
    missed = columns.get("object_flags") == 0
    missed[match[match >= 0]] = False
    inside = np.flatnonzero(code)
    found = np.concatenate((inside, np.full(np.count_nonzero(missed), -1)))
    thing = np.concatenate((match[inside], np.flatnonzero(missed)))
    actual = np.where(thing < 0, columns.side - 1, _at(columns.whole("object_class"), thing))
    predicted = np.where(found < 0, columns.side - 1, _at(columns.whole("detection_class"), found))
    order = np.argsort(actual * columns.side + predicted, kind="stable")
    return thing[order], found[order]


def _at(values: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.append(values, 0)[rows]  # the last is for -1


def _iou(columns: _Columns) -> _Entry | None:
    thing, found = columns.whole("example_object"), columns.whole("example_detection")
    both = (thing >= 0) & (found >= 0)
    expected = np.full(len(thing), -1, dtype=np.float32)
    expected[both] = columns.overlaps(thing[both], found[both])
    given = columns.get("example_iou").view(np.int32).astype(np.int64)
    return _entry("example_iou", "iou", given - expected.view(np.int32))


_RULES: Final[dict[str, Callable[[_Columns], _Entry | None]]] = {
    "detection_class": _class,
    "detection_box": _near,
    "pair_object": _pair,
    "pair_level": _level,
    "pair_order": _order,
    "error_object": _found,
    "example_iou": _iou,
}
