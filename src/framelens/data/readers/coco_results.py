"""COCO results: a JSON list of ``{image_id, category_id, bbox, score}``, or a full COCO file with scores.

Ultralytics' ``predictions.json`` is the same list with file stems as image ids and class positions
that count from 0 or from 1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from framelens.data.database import PATTERN, closed_database
from framelens.data.dataset import Source
from framelens.data.readers._annotations import id_column
from framelens.data.readers._json import as_id, box_of, is_number, load, shown
from framelens.data.readers._masks import box_of_mask
from framelens.data.readers._regular import PIECE, NotRegularError, read_records
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import Predictions, make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from framelens.data.given import Given

__all__ = ["READERS"]

_QUERY = """
SELECT image_id, category_id, bbox[1] AS x, bbox[2] AS y, bbox[3] AS w, bbox[4] AS h, score
FROM read_json($path, format='array', compression='none',
  columns={image_id: 'DOUBLE', category_id: 'DOUBLE', bbox: 'DOUBLE[4]', score: 'DOUBLE'})
"""
_EXACT = float(1 << 53)
_QUOTES = 8
_PIECE = 1 << 18
_OPEN = re.compile(rb"[ \t\r\n]*\[[ \t\r\n]*(?=\{)")
_CLOSE = re.compile(rb"(?<=\})[ \t\r\n]*\][ \t\r\n]*\Z")
_TAIL = 4096


class Row(msgspec.Struct, gc=False):
    """A record of a results list."""

    image_id: int | str
    category_id: int | str
    bbox: tuple[float, float, float, float]
    score: float


_decoder = msgspec.json.Decoder(list[Row])


def recognise(given: Given) -> Evidence | None:
    """Recognise a list of scored boxes, or a COCO file whose annotations carry scores."""
    if not given.is_file or given.suffix != ".json":
        return None
    if given.opens_with("["):
        keys = [key for key in ("image_id", "category_id", "bbox", "score") if f'"{key}"' in given.head_text]
        if len(keys) >= 3 or given.head_text.replace(" ", "").strip() == "[]":
            return Evidence(f"a JSON list of records with {', '.join(keys) or 'nothing in it'}", 3)
        return None
    if given.opens_with("{") and given.contains('"detections"') and given.contains('"score"'):
        return Evidence("a JSON object with a list of detections", 2)
    if given.opens_with("{") and all(given.contains(f'"{key}"') for key in ("annotations", "images", "score")):
        return Evidence("a COCO file whose annotations carry a score", 3)
    return None


def read(given: Given) -> Predictions:
    """Read a results file.

    Records that cannot be used (not four finite numbers, no finite score) are skipped and counted.

    Raises
    ------
    DataError
        The file is not JSON, not a list, or has no scores.
    """
    assert given.path is not None
    columns = None
    if given.opens_with("["):
        columns = _regular(given) or _fast(given.path, given) or _typed(given.content)
    if columns is None:
        document = load(given.content, given.name)
        if isinstance(document, dict) and isinstance(document.get("detections"), list):
            columns = _slow(document["detections"], given, "detections[{}]")
            return _predictions(columns, given, record_text="detections[{}]")
        if isinstance(document, dict):
            return _full(document, given)
        columns = _slow(document, given, "[{}]")
    return _predictions(columns, given)


class Columns(msgspec.Struct):
    """Columns in file order."""

    frame: Any
    category: Any
    box: Any
    score: Any
    record: Any = None


def _predictions(columns: Columns, given: Given, **rest: Any) -> Predictions:
    """Leave out negative sides and wrap up."""
    flat = (columns.box[:, 2:] < 0).any(axis=1)
    record = np.arange(len(flat)) if columns.record is None else columns.record
    if flat.any():
        first = rest.get("record_text", "[{}]").format(record[int(np.argmax(flat))])
        given.notes.skip(given.name, first, "bbox has a negative width or height", int(flat.sum()))
        keep = ~flat
        columns = Columns(columns.frame[keep], columns.category[keep], columns.box[keep], columns.score[keep])
        record = record[keep]
    source = Source("coco-results", given.name, given.digest)
    rest.setdefault("category_key", "id")
    skipped, warnings = given.notes.skips, given.notes.warnings
    return make_predictions(
        columns.frame, columns.category, columns.box, columns.score, source,
        record=record, skipped=skipped, warnings=warnings, **rest,
    )  # fmt: skip


def _inside(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what stands between the brackets of a list."""
    held = b""
    while len(held) < _TAIL and (piece := next(pieces, b"")):
        held += piece
    opened = _OPEN.match(held)
    held = held[opened.end() :] if opened else b""
    for piece in pieces:
        if len(piece) > _TAIL:
            yield held
            held = b""
        held += piece
    closed = _CLOSE.search(held, max(0, len(held) - _TAIL))
    if not opened or not closed:
        raise NotRegularError
    yield held[: closed.start()]


def _regular(given: Given) -> Columns | None:
    """Read records that differ in their numbers and names only; None where they do not."""
    records = read_records(_inside(given.pieces(PIECE)), wanted=("image_id", "category_id"))
    if records is None:
        return None
    found = records.columns
    keys, box, score = [found.get(key) for key in ("image_id", "category_id")], found.get("bbox"), found.get("score")
    if box is None or box.shape[1:] != (4,) or score is None or score.dtype == object or score.ndim > 1:
        return None
    if not all(key is not None and key.ndim == 1 and key.dtype.kind in "iO" for key in keys):
        return None
    return Columns(keys[0], keys[1], box, score)


def _fast(path: Path, given: Given) -> Columns | None:
    """Read plain records with DuckDB; None where anything is not plain."""
    import duckdb

    where = str(path.absolute())
    if PATTERN & set(where) or not where.startswith("/"):
        return None
    try:
        with closed_database() as connection:
            found = connection.execute(_QUERY, {"path": where}).fetchnumpy()
    except duckdb.Error:
        return None
    columns: dict[str, Any] = {key: value for key, value in found.items() if type(value) is np.ndarray}
    if len(columns) < len(found) or not _plain(given.content, len(columns["score"])):
        return None
    box = np.stack([columns[side] for side in "xywh"], axis=1)
    keys = [_integers(columns[key]) for key in ("image_id", "category_id")]
    if keys[0] is None or keys[1] is None or not np.isfinite(box).all() or not np.isfinite(columns["score"]).all():
        return None
    return Columns(keys[0], keys[1], box, columns["score"])


def _plain(data: bytes, rows: int) -> bool:
    """Whether every record has the four keys once, and no text, true or false anywhere.

    DuckDB would quietly turn ``"1"`` and ``true`` into 1 and choose one of two equal keys. No column has a
    null, so each record has its four keys; with 8 quotes a record there is nothing else in quotes. The
    letters u and l stand in none of the keys.
    """
    if b"u" in data or b"l" in data:
        return False
    text = np.frombuffer(data, dtype=np.uint8)
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return sum(int(np.count_nonzero(piece == ord('"'))) for piece in pieces) == _QUOTES * rows


def _integers(column: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Return whole numbers that doubles hold exactly, else None."""
    if not (np.abs(column) < _EXACT).all():
        return None
    whole = column.astype(np.int64)
    return whole if bool((whole == column).all()) else None


def _typed(data: bytes) -> Columns | None:
    """Read a list with other keys or text ids through typed JSON; None where a record is odd."""
    try:
        rows = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError, OverflowError):
        return None
    count = len(rows)
    if any(data.count(key) > count for key in (b'"image_id"', b'"category_id"', b'"bbox"', b'"score"')):
        return None
    box = np.array([row.bbox for row in rows], dtype=np.float64).reshape(count, 4)
    score = np.array([row.score for row in rows], dtype=np.float64)
    if not (np.isfinite(box).all() and np.isfinite(score).all()):
        return None
    keys = [id_column([row.image_id for row in rows]), id_column([row.category_id for row in rows])]
    if any(key.dtype == object and any(as_id(one) is None for one in key) for key in keys):
        return None
    return Columns(keys[0], keys[1], box, score)


def _slow(rows: object, given: Given, record_text: str) -> Columns:
    """Check every record; what cannot be used is skipped and counted."""
    if not isinstance(rows, list):
        raise DataError(f"{shown(rows)}, expected a list of records", file=given.name)
    if rows and not any(isinstance(row, dict) and "score" in row for row in rows):
        problem = "no record has a score: this looks like ground truth, not predictions"
        raise DataError(problem, file=given.name, where=record_text.format(0))
    kept: list[tuple[Any, Any, tuple[float, ...], float, int]] = []
    masks = 0
    for number, row in enumerate(rows):
        if isinstance(row, dict) and row.get("bbox") is None and "segmentation" in row:
            masks += 1
            row = {**row, "bbox": box_of_mask(row["segmentation"])}
        reason = _fault(row)
        if reason:
            given.notes.skip(given.name, record_text.format(number), reason)
        else:
            box = box_of(row["bbox"])
            assert box is not None
            kept.append((as_id(row["image_id"]), as_id(row["category_id"]), box, float(row["score"]), number))
    if masks:
        given.notes.warn(f"{given.name}: {masks} records have a mask and no bbox; the boxes around the masks are taken")
    frame, category, box_rows, score, record = zip(*kept, strict=True) if kept else ((), (), (), (), ())
    return Columns(
        id_column(list(frame)),
        id_column(list(category)),
        np.array(box_rows, dtype=np.float64).reshape(len(kept), 4),
        np.array(score, dtype=np.float64),
        np.array(record, dtype=np.int64),
    )


def _fault(row: object) -> str | None:
    """Say why a record cannot be used; None if it can."""
    if not isinstance(row, dict):
        return "not an object"
    for key in ("image_id", "category_id"):
        if as_id(row.get(key)) is None:
            return f"{key} is missing" if key not in row else f"{key} is neither a 64-bit integer nor a text"
    box = row.get("bbox")
    if box_of(box) is None:
        numbers = isinstance(box, list) and len(box) == 4 and all(isinstance(side, float | int) for side in box)
        return "bbox has a number that is not finite" if numbers else "bbox is not 4 numbers [x, y, width, height]"
    if not is_number(row.get("score")):
        return "score is missing" if "score" not in row else "score is not a finite number"
    return None


def _full(document: dict[str, Any], given: Given) -> Predictions:
    """Read a COCO file whose annotations carry scores: frames and classes are joined by their names."""
    parts = [document.get(key) for key in ("images", "categories")]
    columns = _slow(document.get("annotations"), given, "annotations[{}]")
    names: list[dict[Any, Any]] = []
    for key, rows, field in zip(("images", "categories"), parts, ("file_name", "name"), strict=True):
        if not isinstance(rows, list):
            raise DataError(f"{key} is missing", file=given.name)
        usable = [
            row
            for row in rows
            if isinstance(row, dict) and as_id(row.get("id")) is not None and isinstance(row.get(field), str)
        ]
        names.append({row["id"]: row[field] for row in usable})
        if len(usable) < len(rows) or len(names[-1]) < len(rows):
            raise DataError(f"{key} has a row without {field}, or an id twice", file=given.name)
    known = np.array(
        [a in names[0] and b in names[1] for a, b in zip(columns.frame, columns.category, strict=True)], dtype=bool
    )
    for number in columns.record[~known]:
        reason = "image_id or category_id is not listed in this file"
        given.notes.skip(given.name, f"annotations[{number}]", reason)
    columns = Columns(
        id_column([names[0][key] for key in columns.frame[known]]),
        id_column([names[1][key] for key in columns.category[known]]),
        columns.box[known], columns.score[known], columns.record[known],
    )  # fmt: skip
    read_frames = tuple(str(name) for name in names[0].values())
    return _predictions(columns, given, category_key="name", record_text="annotations[{}]", frames_read=read_frames)


READERS = (
    Reader(
        "coco-results",
        "predictions",
        'predictions.json: [{"image_id": 1, "category_id": 3, "bbox": [x, y, w, h], "score": 0.9}, ...]',
        recognise,
        read,
    ),
)
