"""CSV logs, complete lines only: what is half written is never a number."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from framelens.training.logfile import LogFile

__all__ = ["CsvTable", "number", "read_csv"]

_LONGEST_FIELD: Final = 1000
_MOST_COLUMNS: Final = 10_000


@dataclass(frozen=True, slots=True)
class CsvTable:
    """Header and records of a CSV log.

    Attributes
    ----------
    columns : list of str
        Names without padding; of twins the later ones carry a number: ``loss, loss (2)``.
    records : list of (int, list of str)
        Line number and fields without padding, as many as there are columns.
    """

    columns: list[str]
    records: list[tuple[int, list[str]]]


def read_csv(log: LogFile) -> CsvTable:
    """Read a comma-separated log with a header.

    Repeated headers (of appended runs) are left out.

    Raises
    ------
    DataError
        If a complete line has another number of fields than the header, a field is longer than 1,000
        characters, or the columns are not separated by commas.
    """
    lines = log.lines()
    if not lines:
        return CsvTable([], [])
    first, text = lines[0]
    header = _fields(log, first, text)
    if len(header) == 1 and (";" in text or "\t" in text):
        raise DataError(
            f"the header is one column {one_line(header[0], 60)!r}: "
            "semicolons or tabs stand between columns, expected commas",
            file=log.name,
            where=f"line {first}",
            remedy="save the table as comma-separated values",
        )
    records = []
    for line, row_text in lines[1:]:
        fields = _fields(log, line, row_text)
        if fields == header:
            continue
        if len(fields) != len(header):
            raise DataError(
                f"{len(fields)} fields under a header of {len(header)} columns",
                file=log.name,
                where=f"line {line}",
                remedy="the columns changed in the middle of the file: split it where they change",
            )
        records.append((line, fields))
    return CsvTable(_unique(log, header), records)


def number(log: LogFile, text: str, line: int, column: str) -> float:
    """Return a field as float; blank, nan and infinite become ``nan`` and are counted.

    Raises
    ------
    DataError
        If the field is a word.
    """
    try:
        value = float(text) if text else math.nan
    except ValueError:
        raise DataError(
            f"{one_line(text, 40)!r} is not a number",
            file=log.name,
            where=f"line {line}, column {one_line(column, 60)!r}",
        ) from None
    if not math.isfinite(value):
        log.notes.skip(
            log.name,
            f"line {line}, column {one_line(column, 60)!r}",
            "the value is blank, nan or infinite: shown as a gap",
        )
        return math.nan
    return value


def _fields(log: LogFile, line: int, text: str) -> list[str]:
    try:
        fields = next(csv.reader([text]), [])
    except csv.Error as error:
        raise DataError(f"not a line of comma-separated values: {error}", file=log.name, where=f"line {line}") from None
    longest = max(map(len, fields), default=0)
    if longest > _LONGEST_FIELD or len(fields) > _MOST_COLUMNS:
        problem = f"a field of {longest} characters" if longest > _LONGEST_FIELD else f"{len(fields)} fields"
        raise DataError(f"{problem} in a training log", file=log.name, where=f"line {line}")
    return [field.strip() for field in fields]


def _unique(log: LogFile, header: list[str]) -> list[str]:
    seen: dict[str, None] = {}
    for column in header:
        name, count = column, 1
        while name in seen:
            count += 1
            name = f"{column} ({count})"
        if count > 1:
            twins = f"two columns are called {one_line(column, 60)!r}; the later is shown as {one_line(name, 60)!r}"
            log.notes.warn(f"{log.name}: line 1: {twins}")
        seen[name] = None
    return list(seen)
