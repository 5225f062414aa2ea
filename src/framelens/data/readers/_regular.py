"""Lists of JSON records that a program wrote: one text over and over, with other numbers in it.

    [{"image_id": 1, "bbox": [2.5, 4.0, 9.1, 7.7], "score": 0.9}, {"image_id": 1, "bbox": ...

The first record is parsed as JSON. All others must equal it byte for byte, but for its numbers and for the
texts that are values; then nothing is left to parse but these, and whole-array arithmetic does that for the same
number of thousands of records at once (:mod:`framelens.data.readers._digits`), in less time than the fastest JSON
reader takes. Where a record differs in anything else (a key, a blank, null for a number) nothing is returned, and the
caller takes another way. Nothing is accepted that is not JSON, and every number is the nearest double.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.readers._digits import Block, NotRegularError
from framelens.data.readers._json import load
from framelens.data.threads import in_order
from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["PIECE", "NotRegularError", "Records", "read_records"]

#: Bytes that are worth reading at once: more leave the caches, fewer make threads wait for the interpreter's lock.
PIECE = 3 << 20

_LONGEST_RECORD = 1 << 16
_VALUE = re.compile(rb'("[^"\\\x00-\x1f]*"[ \t\r\n]*:)|("[^"\\\x00-\x1f]*")|(-?[0-9][0-9.eE+-]*)')
_OPEN = ord("{")

Columns = dict[int, "NDArray[Any]"]


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What all records share.

    Attributes
    ----------
    separator : bytes
        Text between two records.
    marks : int
        How many ``{`` a record has.
    gaps : tuple of bytes, length V + 1
        Text before each value; behind the last one with the separator. Quotation marks belong to it.
    texts : tuple of bool, length V
        Which values are texts.
    document : dict
        The first record with 0, 1, 2, ... for its values.
    """

    separator: bytes
    marks: int
    gaps: tuple[bytes, ...]
    texts: tuple[bool, ...]
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """What a list of records holds.

    Attributes
    ----------
    columns : dict of str to array
        Per key that holds a number an int64 or float64 array of shape (N,), per key that holds a list of
        numbers a float64 array of shape (N, length), per wanted key that holds a text an object array of shape (N,).
    others : frozenset of str
        The other keys: null, an empty list or the like, the same in all records, texts, or something nested.
    """

    columns: dict[str, NDArray[Any]]
    others: frozenset[str]


def read_records(pieces: Iterable[bytes], wanted: tuple[str, ...] = ()) -> Records | None:
    """Read records that differ in their numbers and texts only; None where they do not.

    Parameters
    ----------
    pieces : iterable of bytes
        What stands between the brackets of a JSON list, in pieces of any size. It may raise
        :class:`NotRegularError`.
    wanted : tuple of str
        Keys whose texts are wanted; those of others are passed over.

    Returns
    -------
    Records or None

    Examples
    --------
    >>> text = b'{"id": 1, "bbox": [0.5, -2.0]}, {"id": 20, "bbox": [7.25, 1e-05]}'
    >>> columns = read_records([text[:40], text[40:]]).columns
    >>> columns["id"].tolist(), columns["bbox"].tolist()
    ([1, 20], [[0.5, -2.0], [7.25, 1e-05]])
    >>> read_records([text.replace(b"20", b"true")]) is None
    True
    """
    try:
        pieces = iter(pieces)
        head = b""
        while len(head) < _LONGEST_RECORD and (piece := next(pieces, b"")):
            head += piece
        pattern = _pattern(head[:_LONGEST_RECORD])
        known = {number for number, text in enumerate(pattern.texts) if not text}
        known |= {number for key, number in pattern.document.items() if key in wanted and type(number) is int}
        blocks = list(in_order(lambda block: _values(block, pattern, known), _blocks(chain([head], pieces), pattern)))
    except NotRegularError:
        return None
    columns = {key: _column(blocks, value) for key, value in pattern.document.items() if _is_flat(value, known)}
    return Records(columns, frozenset(pattern.document) - columns.keys())


def _is_flat(value: Any, known: set[int]) -> bool:
    """Whether a value is a number, a wanted text or a list of these."""
    values = value if isinstance(value, list) and value else [value]
    return all(type(one) is int and one in known for one in values)


def _column(blocks: list[Columns], value: int | list[int]) -> NDArray[Any]:
    """Return one key's values of all records."""
    if isinstance(value, int):
        return np.concatenate([block[value] for block in blocks])
    column = np.empty((sum(len(block[value[0]]) for block in blocks), len(value)))
    start = 0
    for block in blocks:
        end = start + len(block[value[0]])
        for side, number in enumerate(value):
            column[start:end, side] = block[number]
        start = end
    return column


def _pattern(head: bytes) -> _Pattern:
    """Take the first record apart."""
    try:
        _, end = json.JSONDecoder().raw_decode(head.decode("ascii"))
    except (ValueError, RecursionError):
        raise NotRegularError from None
    record, between = head[:end], re.match(rb"[ \t\r\n]*,[ \t\r\n]*(?=\{)", head[end:])
    separator = between[0] if between else b","
    values = [match for match in _VALUE.finditer(record) if match[1] is None]
    if not values or b"\\" in record:
        raise NotRegularError
    texts = tuple(match[2] is not None for match in values)
    # The quotation marks of a text stay.
    spans = [(match.start() + text, match.end() - text) for match, text in zip(values, texts, strict=True)]
    edges = [0, *chain.from_iterable(spans), end]
    gaps = [record[first:last] for first, last in zip(edges[::2], edges[1::2], strict=True)]
    gaps[-1] += separator
    return _Pattern(separator, record.count(b"{"), tuple(gaps), texts, _numbered(record, values))


def _numbered(record: bytes, values: list[re.Match[bytes]]) -> dict[str, Any]:
    """Return a record with 0, 1, 2, ... for its values, all of which stand where JSON has a value."""
    parts, done = [], 0
    for number, match in enumerate(values):
        parts += [record[done : match.start()], str(number).encode()]
        done = match.end()
    try:
        document = load(b"".join([*parts, record[done:]]), "")
    except DataError:
        raise NotRegularError from None
    if not isinstance(document, dict) or list(_leaves(document)) != list(range(len(values))):
        raise NotRegularError
    return document


def _leaves(value: Any) -> Iterator[Any]:
    """Yield all numbers of a JSON value in order."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif isinstance(value, float | int) and not isinstance(value, bool):
        yield value


def _blocks(pieces: Iterable[bytes], pattern: _Pattern) -> Iterator[Block]:
    """Yield blocks of whole records, each record with a separator behind it."""
    mark, rest = pattern.separator + pattern.gaps[0], b""
    for piece in pieces:
        end = piece.rfind(mark)
        if end >= 0:
            end += len(pattern.separator)
            yield Block(rest, memoryview(piece)[:end])
            rest = piece[end:]
        else:
            rest += piece
            if len(rest) > 2 * _LONGEST_RECORD:
                raise NotRegularError
    yield Block(rest, pattern.separator)


def _values(block: Block, pattern: _Pattern, known: set[int]) -> Columns:
    """Return the values of a block's records that are known by their number."""
    columns: Columns = {}
    start = at = block.find(_OPEN)[:: pattern.marks]
    if not len(start):
        raise NotRegularError
    for number, (gap, text) in enumerate(zip(pattern.gaps, pattern.texts, strict=False)):
        begin = at = block.skip(at, gap)
        if not text:
            columns[number], at = block.number(at)
            continue
        at = block.text(begin)
        if number in known:
            columns[number] = block.texts(begin, at)
    end = block.skip(at, pattern.gaps[-1])
    if not np.array_equal(end[:-1], start[1:]) or end[-1] != len(block):
        raise NotRegularError
    return columns
