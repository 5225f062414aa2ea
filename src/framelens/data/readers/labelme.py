"""LabelMe: one JSON file per picture, with ``shapes``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from framelens.data.given import read_bytes
from framelens.data.progress import progress
from framelens.data.readers import coco
from framelens.data.readers._json import is_number, load, shown
from framelens.data.readers._rows import Box, TruthRows, around
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth

__all__ = ["READERS"]

_FEWEST = {"rectangle": 2, "polygon": 2, "circle": 2, "linestrip": 2, "line": 2}


def recognise(given: Given) -> Evidence | None:
    """Recognise a JSON object with shapes and a picture's path."""
    if given.is_file:
        fits = (
            given.suffix == ".json"
            and given.opens_with("{")
            and coco.recognise(given) is None  # whose keys are found sooner than these are missed
            and given.contains('"shapes"')
            and given.contains('"imagePath"')
        )
        return Evidence("a JSON object with shapes and imagePath", 3) if fits else None
    for path in given.files(".json")[:3] if given.is_folder else []:
        try:
            data = read_bytes(path)
        except DataError:
            continue
        if b'"shapes"' in data and b'"imagePath"' in data:
            return Evidence("JSON files with shapes and imagePath", 3)
    return None


def read(given: Given) -> GroundTruth:
    """Read LabelMe files; polygons and circles are reduced to boxes, points are skipped.

    Raises
    ------
    DataError
        Broken JSON or points; the message names file and shape.
    """
    assert given.path is not None
    rows = TruthRows(given)
    files = [given.path] if given.is_file else given.files(".json")
    reduced = 0
    for path in progress(files, "annotations", shown=given.progress):
        document = load(given.load(path), path.name)
        if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
            given.notes.skip(path.name, path.name, "a JSON file without shapes")
            continue
        reduced += _picture(document, path, rows)
    if reduced:
        given.notes.warn(f"{given.name}: {reduced} polygons and circles are reduced to the boxes around them")
    return rows.build("labelme")


def _picture(document: dict[str, Any], path: Path, rows: TruthRows) -> int:
    """Add one picture; return how many shapes were reduced to boxes."""
    stated = document.get("imagePath")
    base = stated.replace("\\", "/").rpartition("/")[2] if isinstance(stated, str) else ""
    sides: list[Any] = [document.get(key) for key in ("imageWidth", "imageHeight")]
    size = [float(side) if is_number(side) and side > 0 else math.nan for side in sides]
    frame = rows.frame(base or path.stem, *size)
    reduced = 0
    for position, shape in enumerate(document["shapes"]):
        where = f"shapes[{position}]"
        if not isinstance(shape, dict) or not isinstance(shape.get("label"), str):
            raise DataError("a shape needs a label", file=path.name, where=where)
        kind = shape.get("shape_type") or "polygon"
        if kind not in _FEWEST:
            rows.given.notes.skip(path.name, where, f"{shown(kind)} has no box")
            continue
        rows.add(frame, shape["label"], _box(kind, shape.get("points"), path.name, where))
        reduced += kind != "rectangle"
    return reduced


def _box(kind: str, points: object, file: str, where: str) -> Box:
    """Return the box around the points of a shape."""
    good = isinstance(points, list) and len(points) >= _FEWEST[kind]
    if not good or not all(isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair)) for pair in points):  # type: ignore[attr-defined]
        raise DataError(f"points are {shown(points)}, expected [[x, y], ...]", file=file, where=where)
    pairs = [(float(x), float(y)) for x, y in points]  # type: ignore[attr-defined]
    if kind == "circle":
        (x, y), edge = pairs[0], math.dist(pairs[0], pairs[1])
        return (x - edge, y - edge, 2 * edge, 2 * edge)
    return around(pairs)


READERS = (
    Reader(
        "labelme",
        "truth",
        'a.json: {"imagePath": "a.jpg", "shapes": [{"label": "cat", "points": [[1, 2], [30, 40]]}]}',
        recognise,
        read,
    ),
)
