"""Parquet, CSV and JSON tables as DuckDB queries with columns of one name and type."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from framelens.data.database import PATTERN, database_words
from framelens.data.given import Given, decode
from framelens.data.missing import no_such
from framelens.data.readers.frames_table import COLUMNS, columns_of, has_boxes
from framelens.errors import DataError, OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb

__all__ = ["SUFFIXES", "Table", "is_list", "only_tables", "open_table"]

Kind = Literal["parquet", "csv", "json"]

#: Files that are read in pieces.
SUFFIXES = (".parquet", ".csv", ".tsv", ".json", ".jsonl", ".ndjson")
_SEPARATORS = (",", ";", "\t")
_HEAD = 1 << 16
_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
_FLOATS = {"FLOAT", "DOUBLE"}
_RECORD = re.compile(r"[^\s,\[\]]")
# Bytes; each buffer of DuckDB holds two such records.
_LONGEST_RECORD = 1 << 21
_LOOK = 2 * _LONGEST_RECORD
# What a results file of no detections would have.
_RESULTS = {"image_id": "BIGINT", "category_id": "BIGINT", "bbox": "DOUBLE[]", "score": "DOUBLE"}
_CORNERS = ("x1", "y1", "x2", "y2")
_SIDES = ("x", "y", "width", "height")
_MEASURED = {*_CORNERS, *_SIDES, "score", "frame_width", "frame_height"}
# JSON values: a number, and a list of numbers.
_NUMERIC, _NUMBERS = "[-+.0-9eE]+", r"\[[-+.0-9eE,\s]*\]"


@dataclass(frozen=True, slots=True)
class Table:
    """One file as DuckDB sees it.

    Attributes
    ----------
    path : Path
    kind : {"parquet", "csv", "json"}
    query : str
        Gives ``record, frame, class, fault, x, y, width, height`` and what else was found of ``score, crowd,
        ignore, frame_width, frame_height``. Numbers are DOUBLE, NULL where they are missing or NaN; ``fault``
        names a column whose text is no number.
    frame_type, class_type : {"BIGINT", "VARCHAR"}
    columns : tuple of str
        The numbers among the columns of the query.
    """

    path: Path
    kind: Kind
    query: str
    frame_type: str
    class_type: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """Base name."""
        return self.path.name


def open_table(path: Path, connection: duckdb.DuckDBPyConnection) -> Table:
    """Find the columns of a table.

    Raises
    ------
    DataError
        The file is no table of boxes.
    """
    given = Given(path, path)
    if not given.is_file:
        raise no_such(path, "file")
    if PATTERN & set(str(path.absolute())):
        problem = "signs such as * ? [ ] in the path are not supported for tables read in pieces"
        raise DataError(problem, file=path.name, remedy="give one file under a path without them")
    kind: Kind
    if path.suffix.lower() == ".parquet":
        kind, source, types = "parquet", f"read_parquet({_text(str(path.absolute()))}, file_row_number = true)", {}
    elif path.suffix.lower() in {".csv", ".tsv"}:
        kind, types = "csv", _header(path)
        source = _csv_source(path, types)
    else:
        kind, source, types = "json", "", _json_types(path)
    if kind == "parquet":
        types = _described(connection, source, path)
    found = columns_of(_Names(types))
    if kind == "json":
        source = _json_source(path, types, found)
    boxed = _boxed(types)
    if not has_boxes(found) and (boxed is None or found["frame"] is None or found["class"] is None):
        there = ", ".join(one_line(name, 30) for name in list(types)[:15])
        wanted = f"frame ({', '.join(COLUMNS['frame'][:3])} ...), class and a box"
        raise DataError(
            f"no table of boxes: columns {there}", file=path.name, remedy=f"columns are needed for {wanted}"
        )
    return _table(path, kind, source, types, found)


class _Names:
    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = list(columns)


def _table(path: Path, kind: Kind, source: str, types: dict[str, str], found: dict[str, Any]) -> Table:
    boxed = _boxed(types)
    key_types = {key: _key_type(types[found[key]], found[key], path.name) for key in ("frame", "class")}
    parts = ["file_row_number AS record" if kind == "parquet" else "row_number() OVER () - 1 AS record"]
    parts += [f"{_key(found[key], kind, key_types[key])} AS {_quoted(key)}" for key in ("frame", "class")]
    more = [key for key in ("score", "crowd", "ignore", "frame_width", "frame_height") if found[key] is not None]
    numbers = {key: _number(found[key], kind, key) for key in more}
    corners = found["x1"] is not None and found["x2"] is not None
    used = [found[key] for key in (*(_CORNERS if corners else _SIDES), *more) if found[key] is not None]
    if boxed is not None and not has_boxes(found):
        box = _numeric(_quoted(boxed), _NUMBERS, "DOUBLE[]") if kind == "json" else _quoted(boxed)
        for i, side in enumerate(_SIDES):
            numbers[side] = f"CASE WHEN len({box}) = 4 THEN {_known(f'({box})[{i + 1}]::DOUBLE')} END"
    elif corners:
        x1, y1, x2, y2 = (_number(found[key], kind, key) for key in _CORNERS)
        numbers |= {"x": x1, "y": y1, "width": f"{x2} - {x1}", "height": f"{y2} - {y1}"}
    else:
        numbers |= {side: _number(found[side], kind, side) for side in _SIDES}
    parts += [f"{expression} AS {key}" for key, expression in numbers.items()]
    parts.append(f"{_fault(used) if kind == 'csv' else 'NULL::VARCHAR'} AS fault")
    query = f"SELECT {', '.join(parts)} FROM {source}"  # noqa: S608 - names are quoted, the path is a parameter
    return Table(path, kind, query, key_types["frame"], key_types["class"], tuple(numbers))


def _header(path: Path) -> dict[str, str]:
    """Return the columns of a CSV file, all texts."""
    with path.open("rb") as file:
        line = decode(file.read(_HEAD).split(b"\n", 1)[0].rstrip(b"\r"), path.name)
    names = [name.strip() for name in next(csv.reader([line], delimiter=_separator(line)), [])]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not all(names):
        problem = f"column {one_line(min(twice), 40)!r} comes twice" if twice else "a column has no name"
        raise DataError(problem, file=path.name, where="line 1")
    return dict.fromkeys(names, "VARCHAR")


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _csv_source(path: Path, types: dict[str, str]) -> str:
    with path.open("rb") as file:
        separator = _separator(decode(file.read(_HEAD).split(b"\n", 1)[0], path.name))
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in types)
    source = _text(str(path.absolute()))
    return (
        f"read_csv({source}, auto_detect = false, header = true, columns = {{{columns}}}, delim = {_text(separator)}, "
        "quote = '\"', escape = '\"', strict_mode = true, null_padding = false, ignore_errors = false)"
    )


def _json_source(path: Path, types: dict[str, str], found: dict[str, Any]) -> str:
    """Name the columns with types, so that no record can change them."""
    kept = {}
    for key, name in found.items():
        if name is not None:
            integer = key in {"frame", "class"} and types[name] in _INTEGERS
            text = key in {"frame", "class"} and not integer
            # As they are written: as a number "1" and true would become 1.
            kept[name] = "JSON" if integer or key in _MEASURED else "VARCHAR" if text else "DOUBLE"
    boxed = _boxed(types)
    if boxed is not None:
        kept[boxed] = "JSON"
    columns = ", ".join(f"{_text(name)}: '{kind}'" for name, kind in kept.items())
    # How the records are divided is said as well: finding it out takes buffers that grow with the file.
    form = "array" if is_list(path) else "unstructured"
    settings = f"format = {_text(form)}, maximum_object_size = {_LONGEST_RECORD}"
    return f"read_json({_text(str(path.absolute()))}, columns = {{{columns}}}, {settings})"


def _json_types(path: Path) -> dict[str, str]:
    """Return the columns of the records at the beginning, typed as DuckDB does, which looks at more than fits."""
    with path.open("rb") as file:
        text = file.read(_LOOK).decode("utf-8-sig", errors="replace")
    found: dict[str, set[str]] = {}
    at, decoder = 0, json.JSONDecoder()
    while begin := _RECORD.search(text, at):
        at = begin.start()
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):  # cut, or broken: reading the file says where
            break
        if not isinstance(record, dict):
            problem = "no table of boxes: a record is no object"
            raise DataError(problem, file=path.name, remedy="a list of objects is needed, one for each box")
        for name, value in record.items():
            found.setdefault(name, set()).update([] if value is None else [_json_type(value)])
    if not found and re.fullmatch(r"\s*\[\s*\]\s*", text):
        return _RESULTS
    if not found:
        problem = "no table of boxes: no record at its beginning"
        raise DataError(problem, file=path.name, remedy="a list of objects is needed, one for each box")
    lists = {name for name in found if _is_box(name) and "DOUBLE[]" in found[name]}  # whatever an odd record has there
    return {name: "DOUBLE[]" if name in lists else _joined(kinds) for name, kinds in found.items()}


def _json_type(value: object) -> str:
    if isinstance(value, list):
        return "DOUBLE[]"
    plain = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}
    return plain.get(type(value), "STRUCT")


def _joined(kinds: set[str]) -> str:
    """Return the type that holds all that were seen."""
    if kinds <= {"BIGINT", "DOUBLE"} and kinds:
        return "DOUBLE" if "DOUBLE" in kinds else "BIGINT"
    return next(iter(kinds)) if len(kinds) == 1 else "VARCHAR"


def is_list(path: Path) -> bool:
    """Whether a JSON file is one list."""
    with path.open("rb") as file:
        return file.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _described(connection: duckdb.DuckDBPyConnection, source: str, path: Path) -> dict[str, str]:
    import duckdb

    try:
        rows = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    except duckdb.Error as error:
        raise DataError(f"not a readable table: {database_words(error)}", file=path.name) from None
    return {row[0]: row[1] for row in rows if row[0] != "file_row_number"}


def _boxed(types: dict[str, str]) -> str | None:
    """Return the column that holds x, y, width, height as a list."""
    return next((name for name in types if _is_box(name) and types[name].endswith("]")), None)


def _is_box(name: str) -> bool:
    return name.strip().lower() in {"bbox", "box"}


def _key_type(kind: str, column: str, file: str) -> str:
    if kind in _INTEGERS:
        return "BIGINT"
    if kind == "VARCHAR":
        return "VARCHAR"
    raise DataError(f"column {one_line(column, 40)} holds {kind}, expected whole numbers or texts", file=file)


def _key(column: str, kind: str, wanted: str) -> str:
    name = _quoted(column)
    if wanted == "BIGINT" and kind == "json":
        return f"CASE WHEN regexp_full_match({name}::VARCHAR, '-?[0-9]+') THEN TRY_CAST({name}::VARCHAR AS BIGINT) END"
    if wanted == "BIGINT":
        return f"{name}::BIGINT"
    return f"nullif(trim({name}), '')" if kind == "csv" else name


def _number(column: str, kind: str, key: str) -> str:
    """Return a column as DOUBLE, NULL for NaN and for texts that are no number."""
    name = _quoted(column)
    if kind == "json" and key in _MEASURED:
        return _known(_numeric(name, _NUMERIC, "DOUBLE"))
    return _known(f"TRY_CAST(nullif(trim({name}), '') AS DOUBLE)" if kind == "csv" else f"{name}::DOUBLE")


def _numeric(name: str, pattern: str, kind: str) -> str:
    """Return a JSON value as numbers, NULL where it is something else, such as a text or true."""
    return f"TRY_CAST(CASE WHEN regexp_full_match({name}::VARCHAR, '{pattern}') THEN {name} END AS {kind})"


def _known(number: str) -> str:
    return f"(CASE WHEN NOT isnan({number}) THEN {number} END)"


def _fault(columns: list[str]) -> str:
    """Return the first column whose text is no number."""
    cases = [
        f"WHEN trim({_quoted(name)}) <> '' AND TRY_CAST(trim({_quoted(name)}) AS DOUBLE) IS NULL THEN {_text(name)}"
        for name in columns
    ]
    return f"CASE {' '.join(cases)} END"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def only_tables(path: Path, what: str) -> None:
    """Raise unless a path is a file that can be read in pieces."""
    if path.suffix.lower() not in SUFFIXES:
        allowed = "Parquet, CSV and JSON files"
        raise OptionError(f"memory= reads {what} from {allowed}, and {one_line(path.name, 60)!r} is none of them")
