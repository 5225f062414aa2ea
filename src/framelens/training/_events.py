"""Scalars of a TensorBoard event file, read without TensorBoard.

An event file is a sequence of records (length, checksum, bytes, checksum); each record is a protobuf message of a
handful of fields. Reading these directly is a tenth of the size of a dependency, opens no socket and runs nothing.
The layout is that of ``tensorflow/core/lib/io/record_writer.h`` and ``tensorflow/core/util/event.proto``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from framelens.training.logfile import LogFile

__all__ = ["Scalar", "is_event_file", "read_scalars"]

_HEADER: Final = struct.Struct("<QI")
_FOOTER: Final = 4
_LARGEST_CHECKED: Final = 1 << 16  # pictures and graphs are longer; no scalar is
_VARINT_BYTES: Final = 10
# protobuf field numbers
_EVENT_TIME, _EVENT_STEP, _EVENT_SUMMARY = 1, 2, 5
_SUMMARY_VALUE: Final = 1
_VALUE_TAG, _VALUE_SIMPLE, _VALUE_TENSOR = 1, 2, 8
_TENSOR_TYPE, _TENSOR_CONTENT, _TENSOR_FLOATS, _TENSOR_DOUBLES = 1, 4, 5, 6
#: TensorFlow's number of a type, and how one value of it is packed.
_NUMBERS: Final = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}


class Scalar(NamedTuple):
    """One number: its tag, step, time in seconds since 1970, and value."""

    tag: str
    step: int
    time: float
    value: float


class _MalformedError(Exception):
    pass


def is_event_file(head: bytes) -> bool:
    """Return whether bytes begin with a TensorBoard record whose length has the right checksum."""
    if len(head) < _HEADER.size:
        return False
    length, check = _HEADER.unpack_from(head)
    return bool(length < 1 << 31 and _masked_crc(head[:8]) == check)


def read_scalars(log: LogFile) -> list[Scalar]:
    """Return the scalars of an event file in the order of the file.

    A record that is cut off or damaged ends the reading: what follows is counted as skipped.

    Raises
    ------
    DataError
        If the first record is not one of TensorBoard.
    """
    if log.data and not is_event_file(log.data):
        raise DataError("not a TensorBoard event file", file=log.name, where="byte 0")
    scalars: list[Scalar] = []
    for at, record in _records(log):
        found = _scalars_of(record)
        if found is None:
            log.notes.skip(log.name, f"byte {at}", "the record is no TensorBoard event")
        scalars += found or []
    return scalars


def _records(log: LogFile) -> Iterator[tuple[int, bytes]]:
    data, at = log.data, 0
    while at < len(data):
        start, reason = at + _HEADER.size, ""
        if start > len(data):
            reason = "the last record is incomplete"
        else:
            length, check = _HEADER.unpack_from(data, at)
            if _masked_crc(data[at : at + 8]) != check:
                reason = "a record is damaged (checksum of its length); the rest of the file is left out"
            elif start + length + _FOOTER > len(data):
                reason = "the last record is incomplete"
        if reason:
            log.notes.skip(log.name, f"byte {at}", reason)
            return
        record = data[start : start + length]
        at = start + length + _FOOTER
        if length <= _LARGEST_CHECKED:
            if _masked_crc(record) != int.from_bytes(data[at - _FOOTER : at], "little"):
                log.notes.skip(log.name, f"byte {start}", "a record is damaged (checksum)")
                continue
            yield start, record


def _scalars_of(record: bytes) -> list[Scalar] | None:
    """Return the scalars of one record, None if it is malformed."""
    try:
        return _scalars(record)
    except (_MalformedError, UnicodeDecodeError, struct.error):
        return None


def _scalars(record: bytes) -> list[Scalar]:
    time, step, summaries = 0.0, 0, []
    for number, value in _fields(record):
        if number == _EVENT_TIME and isinstance(value, bytes):
            time = struct.unpack("<d", value)[0]
        elif number == _EVENT_STEP and isinstance(value, int):
            step = value if value < 1 << 63 else value - (1 << 64)
        elif number == _EVENT_SUMMARY and isinstance(value, bytes):
            summaries.append(value)
    found = []
    for summary in summaries:
        for number, value in _fields(summary):
            if number == _SUMMARY_VALUE and isinstance(value, bytes):
                tag, scalar = _value(value)
                if scalar is not None:
                    found.append(Scalar(tag, step, time, scalar))
    return found


def _value(message: bytes) -> tuple[str, float | None]:
    tag, scalar = "", None
    for number, value in _fields(message):
        if not isinstance(value, bytes):
            continue
        if number == _VALUE_TAG:
            tag = value.decode("utf-8")
        elif number == _VALUE_SIMPLE:
            scalar = struct.unpack("<f", value)[0]
        elif number == _VALUE_TENSOR:
            scalar = _tensor(value)
    return tag, scalar


def _tensor(message: bytes) -> float | None:
    """Return the number of a tensor that holds exactly one, else None."""
    kind, packed = 0, b""
    for number, value in _fields(message):
        if number == _TENSOR_TYPE and isinstance(value, int):
            kind = value
        elif number in (_TENSOR_CONTENT, _TENSOR_FLOATS, _TENSOR_DOUBLES) and isinstance(value, bytes):
            packed = value
    layout = _NUMBERS.get(kind)
    if layout is None or len(packed) != struct.calcsize(layout):
        return None
    return float(struct.unpack(layout, packed)[0])


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a protobuf message: an int for variable-length numbers, else bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:  # noqa: PLR2004 - length-delimited
            length, at = _varint(message, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise _MalformedError
        if at + length > len(message):
            raise _MalformedError
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES):
        if at >= len(message):
            raise _MalformedError
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, at
    raise _MalformedError


def _crc_table() -> list[int]:
    table = []
    for index in range(256):
        crc = index
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)  # CRC-32C, reversed
        table.append(crc)
    return table


_TABLE: Final = _crc_table()


def _masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
