"""Tables on disk: CSV (also of VoTT, Open Images and DeepForest) and Parquet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from framelens.data.database import PATTERN, closed_database, database_words
from framelens.data.dataset import Source
from framelens.data.given import decode
from framelens.data.readers.frames_table import columns_of, has_boxes, predictions_of, truth_of
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["READERS"]

_SEPARATORS = (",", ";", "\t")
_LONGEST_FIELD = 1 << 20


class _Header:
    """The names of the columns, where only they are needed."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns


def _header(given: Given) -> list[str]:
    """Return the column names of a CSV file, or none."""
    if given.suffix not in {".csv", ".tsv"} or not given.is_file:
        return []
    first = given.head_text.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r")
    separator = _separator(first)
    try:
        return [name.strip() for name in next(csv.reader([first], delimiter=separator), [])]
    except csv.Error:
        return []


def _separator(line: str) -> str:
    """Return the sign that parts most columns of a header."""
    return max(_SEPARATORS, key=line.count)


def _found(given: Given) -> dict[str, Any]:
    """Map our columns to those of the file."""
    if given.suffix == ".parquet" and given.is_file:
        return columns_of(_Header(list(_parquet(given, "LIMIT 0").columns))) if given.head.startswith(b"PAR1") else {}
    names = _header(given)
    return columns_of(_Header(names)) if names else {}


def recognise_truth(given: Given) -> Evidence | None:
    """Recognise columns for frame, class and a box."""
    found = _found(given)
    if not found or not has_boxes(found):
        return None
    return Evidence("a table with columns for frame, class and box", 2 if found["score"] is not None else 3)


def recognise_predictions(given: Given) -> Evidence | None:
    """Recognise the same columns and a score."""
    found = _found(given)
    if not found or not has_boxes(found) or found["score"] is None:
        return None
    return Evidence("a table with columns for frame, class, box and score", 3)


def _table(given: Given) -> Any:
    """Read the whole table; texts of a CSV file stay texts."""
    return _parquet(given, "") if given.suffix == ".parquet" else _csv(given)


def _parquet(given: Given, limit: str) -> Any:
    """Read a Parquet file with DuckDB."""
    import duckdb

    assert given.path is not None
    path = str(given.path.absolute())
    if signs := "".join(sorted(PATTERN & set(path))):
        problem = f"{signs} in the path of a Parquet file, expected none of * ? [ ] {{ }}"
        raise DataError(problem, file=given.name, remedy="give the file or its folder another name")
    try:
        with closed_database() as connection:
            return connection.execute(f"SELECT * FROM read_parquet($path) {limit}", {"path": path}).fetchdf()  # noqa: S608 - limit is ours
    except (duckdb.Error, ValueError, OverflowError) as error:
        raise DataError(f"not a readable Parquet file: {database_words(error)}", file=given.name) from None


def _csv(given: Given) -> Any:
    """Read a CSV file; every line must have as many fields as the header."""
    import pandas as pd

    text = decode(given.content, given.name)
    separator = _separator(text.split("\n", 1)[0])
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        header = [name.strip() for name in next(reader, [])]
        rows, places = [], []
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(header):
                problem = f"{len(fields)} fields under a header of {len(header)}"
                raise DataError(problem, file=given.name, where=f"line {reader.line_num}")
            rows.append(fields)
            places.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"not valid CSV: {error}", file=given.name, where=f"line {reader.line_num}") from None
    finally:
        csv.field_size_limit(limit)
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise DataError(f"column {one_line(min(twice), 40)!r} comes twice", file=given.name, where="line 1")
    table = pd.DataFrame(rows, columns=header, index=pd.Index(places, name="line"), dtype=object)
    return table.map(lambda value: None if value.strip() == "" else value.strip())


def read_truth(given: Given) -> GroundTruth:
    """Read a table of objects."""
    table = _table(given)
    return truth_of(table, given, _source(given))


def read_predictions(given: Given) -> Predictions:
    """Read a table of detections."""
    table = _table(given)
    return predictions_of(table, given, _source(given))


def _source(given: Given) -> Source:
    """Return where the table came from."""
    assert given.content is not None
    return Source("parquet" if given.suffix == ".parquet" else "csv", given.name, given.digest)


READERS = (
    Reader("csv", "truth", "boxes.csv: image,xmin,ymin,xmax,ymax,label", recognise_truth, read_truth),
    Reader(
        "csv",
        "predictions",
        "predictions.csv: image_path,xmin,ymin,xmax,ymax,label,score",
        recognise_predictions,
        read_predictions,
    ),
)
