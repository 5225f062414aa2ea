"""Lines of YOLO label files: boxes, polygons, oriented boxes and poses, all reduced to boxes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from framelens.data.given import decode
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from framelens.errors import ReadLog

__all__ = ["LabelLine", "label_lines", "note_shapes", "parse_label"]

#: Rounding in exporters writes 1.00001; a whole picture further out is pixels.
_SLACK, _PIXELS = 1e-3, 2.0
_BOX_COLUMNS = 5


class LabelLine(NamedTuple):
    """One object: class index, box (x, y, width, height, relative), shape and confidence."""

    category: int
    box: tuple[float, float, float, float]
    shape: str
    score: float
    inside: bool


def label_lines(data: bytes, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield ``("line 3", fields)`` for each line that is not blank."""
    text = decode(data, name)
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if fields:
            yield f"line {number}", fields


def parse_label(fields: list[str], where: str, file: str, *, scored: bool, keypoints: bool = False) -> LabelLine:
    """Parse one line.

    Parameters
    ----------
    fields : list of str
        ``class cx cy w h``, ``class x1 y1 x2 y2 x3 y3 ...`` or ``class cx cy w h`` and key points;
        with ``scored`` the confidence is the last field.
    where, file : str
        For messages.
    scored : bool
        Whether this is a file of predictions.
    keypoints : bool
        Whether the data set says that its lines carry key points.

    Raises
    ------
    DataError
        A field that is no finite number, a class that is no whole number, a number of columns that
        fits no shape, negative sides, or pixels instead of fractions.

    Examples
    --------
    >>> parse_label("1 0.5 0.5 0.2 0.4".split(), "line 1", "a.txt", scored=False).box
    (0.4, 0.3, 0.2, 0.4)
    """
    numbers = [_number(field, where, file) for field in fields]
    category = int(numbers[0])
    if numbers[0] != category:
        raise DataError(f"class {one_line(fields[0], 20)} is not a whole number", file=file, where=where)
    score = math.nan
    values = numbers[1:]
    if scored:
        _check_scored(len(fields), where, file)
        score, values = values[-1], values[:-1]
    shape = _shape(values, keypoints=keypoints)
    if shape is None:
        problem = f"{len(fields)} columns, expected 5 (class cx cy w h), or a class and the points of a polygon"
        remedy = None
        if not scored and len(fields) == 6:
            problem = "6 columns: the last looks like a confidence, so this is a file of predictions, not ground truth"
            remedy = "give label files with 5 columns"
        raise DataError(problem, file=file, where=where, remedy=remedy)
    coordinates = values if shape in {"polygon", "oriented box"} else values[:4]
    if max(coordinates) > _PIXELS:
        problem = f"{max(coordinates):g} is not a fraction of the picture: these look like pixels"
        raise DataError(problem, file=file, where=where, remedy="divide by width and height of the picture")
    box, inside = (_around if shape in {"polygon", "oriented box"} else _centred)(coordinates)
    if box[2] < 0 or box[3] < 0:
        raise DataError(f"negative width or height ({' '.join(fields[1:5])})", file=file, where=where)
    return LabelLine(category, box, shape, score, inside)


def _check_scored(columns: int, where: str, file: str) -> None:
    """Raise where there is no room for a confidence."""
    if columns <= _BOX_COLUMNS:
        problem = f"{columns} columns and no confidence; expected class cx cy w h confidence"
        raise DataError(problem, file=file, where=where, remedy="predict again with save_conf=True")


def _number(field: str, where: str, file: str) -> float:
    """Return a finite number."""
    try:
        value = float(field)
    except ValueError:
        raise DataError(f"{one_line(field, 40)!r} is not a number", file=file, where=where) from None
    if not math.isfinite(value):
        raise DataError(f"{one_line(field, 40)!r} is not a finite number", file=file, where=where)
    return value


def _shape(values: list[float], *, keypoints: bool) -> str | None:
    """Say what the numbers after the class are."""
    count = len(values)
    if count == 4:
        return "box"
    if count < 6:
        return None
    rest = values[4:]
    visible = len(rest) % 3 == 0 and all(value in {0.0, 1.0, 2.0} for value in rest[2::3])
    if keypoints or visible:
        return "pose" if len(rest) % 3 == 0 or len(rest) % 2 == 0 else None
    if count % 2:
        return "pose" if len(rest) % 3 == 0 else None
    return "oriented box" if count == 8 else "polygon"


def _centred(values: list[float]) -> tuple[tuple[float, float, float, float], bool]:
    """Turn centre and size into corner and size."""
    x, y, width, height = values
    inside = -_SLACK <= x <= 1 + _SLACK and -_SLACK <= y <= 1 + _SLACK and width <= 1 + _SLACK and height <= 1 + _SLACK
    return (x - width / 2, y - height / 2, width, height), inside


def _around(values: list[float]) -> tuple[tuple[float, float, float, float], bool]:
    """Return the box around points; corners of a turned box may stand outside, its middle may not."""
    x, y = values[0::2], values[1::2]
    left, top = min(x), min(y)
    box = (left, top, max(x) - left, max(y) - top)
    inside = 0 <= left + box[2] / 2 <= 1 and 0 <= top + box[3] / 2 <= 1
    return box, inside


def note_shapes(counts: dict[str, int], name: str, notes: ReadLog) -> None:
    """Say which shapes were reduced to boxes."""
    for shape, count in counts.items():
        if shape != "box" and count:
            verb = "carry key points, which are left out" if shape == "pose" else "are reduced to the boxes around them"
            plural = {"pose": "poses", "polygon": "polygons", "oriented box": "oriented boxes"}[shape]
            notes.warn(f"{name}: {count} {plural} {verb}")
