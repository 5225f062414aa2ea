"""Logs of one JSON object a line."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from framelens.errors import DataError

if TYPE_CHECKING:
    from framelens.training.logfile import LogFile

__all__ = ["first_record", "parse", "read_records", "real"]


def parse(log: LogFile, text: str | bytes, where: str) -> Any:
    """Return the value of a JSON text; ``NaN`` and ``Infinity`` are taken as the trainers write them.

    Raises
    ------
    DataError
        If it is no JSON.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError("nested too deeply", file=log.name, where=where) from None
    except ValueError as error:
        reason = getattr(error, "msg", None) or type(error).__name__
        raise DataError(f"not valid JSON: {reason}", file=log.name, where=where) from None


def read_records(log: LogFile) -> list[tuple[str, dict[str, Any]]]:
    """Return the objects of a JSON-lines log with their places; a half-written last line is skipped and counted."""
    records = []
    for line, text in log.lines(closing=b"}"):
        where = f"line {line}"
        value = parse(log, text, where)
        if not isinstance(value, dict):
            raise DataError(
                f"expected one JSON object a line, found {type(value).__name__}", file=log.name, where=where
            )
        records.append((where, value))
    return records


def first_record(log: LogFile) -> dict[str, Any]:
    """Return the first non-empty object of a JSON-lines log (within its first megabyte), else ``{}``."""
    if not log.head.lstrip().startswith(b"{"):
        return {}
    for line in log.data[: 2**20].split(b"\n"):
        try:
            value = json.loads(line) if line.strip() else {}
        except (ValueError, RecursionError):
            return {}
        if not isinstance(value, dict):
            return {}
        if value:
            return value
    return {}


def real(value: object) -> float:
    """Return a JSON number as float; ``nan`` for what is no number.

    >>> real(3), real("3"), real(True), real(10**400)
    (3.0, nan, nan, nan)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
