"""Plain text files, one per frame: ``class x1 y1 x2 y2`` and ``class confidence x1 y1 x2 y2``.

Cartucho's mAP writes corners, Padilla's tools write corner and size, or fractions with the centre.
The files do not say which: it is decided from all lines together (and from the ground truth where
it is at hand), written into the warnings, and overruled by ``format=``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.dataset import Source
from framelens.data.frame_names import FrameNames
from framelens.data.given import decode, read_bytes
from framelens.data.progress import progress
from framelens.data.readers._names import find_names
from framelens.data.readers._rows import TruthRows
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import make_predictions
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from framelens.data.dataset import BoxUnit
    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["READERS", "confidence_stands_first"]

_SAMPLE = 50
#: Fractions of a box that reaches outside; pixels of a whole data set are never all this small.
_SMALL = 2.0
#: What ``format=`` takes, and how messages say it.
CONVENTIONS = {
    "xyxy": "corners x1 y1 x2 y2",
    "xywh": "corner and size x y width height",
    "centre": "fractions centre x, centre y, width, height",
}


class Line(NamedTuple):
    """One line: place, class as written, confidence (nan for ground truth), four numbers."""

    file: str
    where: str
    category: str
    score: float
    values: tuple[float, ...]


def _numbers_at_end(fields: list[str]) -> int:
    """Return how many fields at the end are numbers."""
    count = 0
    for text in reversed(fields):
        try:
            float(text)
        except ValueError:
            break
        count += 1
    return count


def _sample(given: Given) -> list[list[str]]:
    """Return the fields of the first line of some files."""
    found: list[list[str]] = []
    if not given.is_folder:
        return found
    for path in given.text_files()[: 4 * _SAMPLE]:
        try:
            lines = decode(read_bytes(path), path.name).split("\n")
        except DataError:
            return []
        found += [line.split() for line in lines[:20] if line.split()]
        if len(found) >= _SAMPLE:
            break
    return found


def recognise_truth(given: Given) -> Evidence | None:
    """Recognise lines of a class name and four numbers."""
    sample = _sample(given)
    named = [fields for fields in sample if len(fields) > 4 and _is_truth_line(fields)]
    if not sample or len(named) < len(sample):
        return None
    if all(_is_number(fields[0]) for fields in sample) and all(_fractions(fields[1:5]) for fields in sample):
        return None  # YOLO
    return Evidence("text files with lines of a class and four numbers", 2)


def _is_truth_line(fields: list[str]) -> bool:
    """Whether a line ends in exactly four numbers (a fifth may be the class), or is marked difficult."""
    if fields[-1] == "difficult":
        fields = fields[:-1]
    count = _numbers_at_end(fields)
    return count == 4 or (count == 5 and len(fields) == 5)


def recognise_predictions(given: Given) -> Evidence | None:
    """Recognise lines of a class, a confidence and four numbers."""
    sample = _sample(given)
    if not sample or not all(_numbers_at_end(fields) in {5, 6} and len(fields) >= 6 for fields in sample):
        return None
    if any(_numbers_at_end(fields) == 6 and len(fields) > 6 for fields in sample):
        return None
    confident = all(0 <= float(fields[-5]) <= 1 for fields in sample)
    if not confident or not confidence_stands_first(sample):
        return None
    return Evidence("text files with lines of a class, a confidence and four numbers", 2)


def confidence_stands_first(sample: list[list[str]]) -> bool:
    """Whether, of ``class a b c d e``, the confidence is ``a`` and not ``e`` (as YOLO writes it).

    A class that is a word, or numbers that are pixels, say so at once. Else the boxes of the true
    reading lie inside the picture, and those of the wrong one seldom all do.

    >>> confidence_stands_first(["7 0.94 0.475 0.525 0.885 0.874".split()])
    True
    >>> confidence_stands_first(["7 0.475 0.525 0.885 0.874 0.94".split()])
    False
    """
    if any(not _is_number(fields[0]) or not _fractions(fields[1:]) for fields in sample):
        return True
    values = np.array([[float(text) for text in fields[1:6]] for fields in sample])
    return _inside(values[:, 1:]) > _inside(values[:, :4])


def _inside(box: NDArray[np.float64]) -> float:
    """Return the share of centred boxes that lie inside the picture."""
    half = box[:, 2:] / 2
    fits = (box[:, :2] - half >= -0.01) & (box[:, :2] + half <= 1.01)
    return float(fits.all(axis=1).mean())


def _is_number(text: str) -> bool:
    """Whether a field is a number."""
    return _numbers_at_end([text]) == 1


def _fractions(fields: list[str]) -> bool:
    """Whether all fields are numbers that can be fractions of a picture."""
    return all(_is_number(text) and -_SMALL <= float(text) <= _SMALL for text in fields)


def _lines(path: Path, given: Given, *, scored: bool) -> list[Line]:
    """Read one file."""
    found: list[Line] = []
    needed = 5 if scored else 4
    for position, text in enumerate(decode(given.load(path), path.name).split("\n"), 1):
        fields = text.split()
        if not fields:
            continue
        where = f"line {position}"
        if not scored and fields[-1] == "difficult":
            fields = fields[:-1]
        if len(fields) <= needed:
            form = "class confidence and 4 numbers" if scored else "class and 4 numbers"
            raise DataError(f"{len(fields)} columns, expected {form}", file=path.name, where=where)
        numbers = [_finite(field, path.name, where) for field in fields[-needed:]]
        score = numbers.pop(0) if scored else math.nan
        found.append(Line(path.name, where, " ".join(fields[:-needed]), score, tuple(numbers)))
    return found


def _finite(text: str, file: str, where: str) -> float:
    """Return a finite number."""
    value = float(text) if _is_number(text) else math.nan
    if not math.isfinite(value):
        raise DataError(f"{one_line(text, 40)!r} is not a finite number", file=file, where=where)
    return value


def _boxes(values: NDArray[np.float64], convention: str) -> NDArray[np.float64]:
    """Turn four numbers into x, y, width, height."""
    box = values.copy()
    if convention == "xyxy":
        box[:, 2:] -= box[:, :2]
    elif convention == "centre":
        box[:, :2] -= box[:, 2:] / 2
    return box


def _convention(values: NDArray[np.float64], given: Given, frames: list[str]) -> tuple[str, str]:
    """Decide what the four numbers are, and say why."""
    if len(values) == 0:
        return "xyxy", "there is no line"
    if (values >= -_SMALL).all() and (values <= _SMALL).all():
        return "centre", f"no number is above {values.max():.3g}"
    ordered = (values[:, 2] >= values[:, 0]) & (values[:, 3] >= values[:, 1])
    if not ordered.all():
        return "xywh", f"{int((~ordered).sum())} of {len(values)} lines cannot be corners"
    agreement = {name: _agreement(_boxes(values, name), given, frames) for name in ("xyxy", "xywh")}
    if agreement["xyxy"] != agreement["xywh"]:
        best = max(agreement, key=lambda name: agreement[name])
        other = min(agreement, key=lambda name: agreement[name])
        means = f"mean best IoU with the ground truth {agreement[best]:.2f}, else {agreement[other]:.2f}"
        return best, means
    return "xyxy", f"the third number is never below the first in {len(values)} lines"


def _agreement(box: NDArray[np.float64], given: Given, frames: list[str]) -> float:
    """Return the mean over boxes of the best IoU with an object of the same frame; 0 without ground truth."""
    truth = given.truth
    if truth is None or truth.box_unit != "pixel":
        return 0.0
    known = FrameNames(truth.frames.names)
    place = {name: known.find(name) for name in dict.fromkeys(frames)}
    total = 0.0
    for row, name in zip(box, frames, strict=True):
        position = place[name]
        low, high = np.searchsorted(truth.objects.frame, [position, position + 1])
        if high > low:
            total += float(_ious(row, truth.objects.box[low:high]).max())
    return total / max(len(box), 1)


def _ious(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the IoU of one box with others (x, y, width, height)."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(box[2:]) + np.prod(others[:, 2:], axis=1) - both
    return np.asarray(np.divide(both, union, out=np.zeros_like(both), where=union > 0))


def _all_lines(given: Given, *, scored: bool) -> tuple[list[str], list[tuple[str, Line]]]:
    """Read every file: names of frames, and lines with their frame."""
    names: list[str] = []
    lines: list[tuple[str, Line]] = []
    for name, path in progress(_files(given, scored=scored), "text files", shown=given.progress):
        names.append(name)
        lines += [(name, line) for line in _lines(path, given, scored=scored)]
    return names, lines


def _files(given: Given, *, scored: bool) -> list[tuple[str, Path]]:
    """Return each file with its frame: of labels the picture they are of, of detections the name, joined later."""
    if not scored:
        return given.label_files()
    assert given.path is not None
    return [(path.relative_to(given.path).as_posix()[:-4], path) for path in given.text_files()]


def _converted(
    lines: list[tuple[str, Line]], given: Given, convention: str | None
) -> tuple[NDArray[np.float64], BoxUnit]:
    """Return the boxes of all lines, decide the convention and check each box."""
    values = np.array([line.values for _, line in lines], dtype=np.float64).reshape(len(lines), 4)
    reason = None
    if convention is None:
        convention, reason = _convention(values, given, [name for name, _ in lines])
        given.notes.warn(f"{given.name}: numbers are read as {CONVENTIONS[convention]} ({reason})")
    return _boxes(values, convention), "relative" if convention == "centre" else "pixel"


def _reader_truth(convention: str | None) -> Callable[[Given], GroundTruth]:
    """Return a reader of ground truth in one convention, or in the one the lines show."""

    def read(given: Given) -> GroundTruth:
        names, lines = _all_lines(given, scored=False)
        box, unit = _converted(lines, given, convention)
        rows = TruthRows(given)
        names_by_number = find_names(given.path, given) if given.path else None
        position = {name: rows.frame(name) for name in names}
        for (name, line), sides in zip(lines, box.tolist(), strict=True):
            if sides[2] < 0 or sides[3] < 0:
                raise DataError("negative width or height", file=line.file, where=line.where)
            rows.add(position[name], _class_name(line.category, names_by_number), tuple(sides))
        return rows.build("text", unit=unit)

    return read


def _class_name(text: str, names: dict[int, str] | None) -> str:
    """Return a class as written, or the name a list beside the files gives to a number."""
    if names is not None and text.isdecimal() and int(text) in names:
        return names[int(text)]
    return text


def _reader_predictions(convention: str | None) -> Callable[[Given], Predictions]:
    """Return a reader of predictions in one convention, or in the one the lines show."""

    def read(given: Given) -> Predictions:
        names, lines = _all_lines(given, scored=True)
        box, unit = _converted(lines, given, convention)
        keep = (box[:, 2:] >= 0).all(axis=1) if len(box) else np.zeros(0, dtype=bool)
        for position in np.flatnonzero(~keep):
            line = lines[position][1]
            given.notes.skip(line.file, line.where, "negative width or height")
        names_by_number = find_names(given.path, given) if given.path else None
        labels = [_class_name(line.category, names_by_number) for _, line in lines]
        numbered = names_by_number is None and all(label.isdecimal() and len(label) < 10 for label in labels)
        category = np.array(
            [int(label) if numbered else label for label in labels], dtype=np.int64 if numbered else object
        )
        frame = np.array([name for name, _ in lines], dtype=object)
        score = np.array([line.score for _, line in lines], dtype=np.float64)
        return make_predictions(
            frame[keep], category[keep], box[keep], score[keep], Source("text", given.name, given.digest),
            record=np.flatnonzero(keep), category_key="id" if numbered else "name", box_unit=unit, record_text="row {}",
            frames_read=tuple(names), skipped=given.notes.skips, warnings=given.notes.warnings,
        )  # fmt: skip

    return read


def _never(given: Given) -> None:
    """Recognise nothing: this reader is chosen by ``format=``."""


READERS = (
    Reader("text", "truth", "ground-truth/a.txt: cat 10 20 110 220", recognise_truth, _reader_truth(None)),
    Reader(
        "text",
        "predictions",
        "detections/a.txt: cat 0.9 10 20 110 220",
        recognise_predictions,
        _reader_predictions(None),
    ),
    Reader("text-xyxy", "truth", "a.txt: cat 10 20 110 220   (x1 y1 x2 y2)", _never, _reader_truth("xyxy")),
    Reader("text-xywh", "truth", "a.txt: cat 10 20 100 200   (x y width height)", _never, _reader_truth("xywh")),
    Reader("text-centre", "truth", "a.txt: cat 0.1 0.2 0.1 0.2   (fractions, centre)", _never, _reader_truth("centre")),
    Reader("text-xyxy", "predictions", "a.txt: cat 0.9 10 20 110 220", _never, _reader_predictions("xyxy")),
    Reader("text-xywh", "predictions", "a.txt: cat 0.9 10 20 100 200", _never, _reader_predictions("xywh")),
    Reader("text-centre", "predictions", "a.txt: cat 0.9 0.1 0.2 0.1 0.2", _never, _reader_predictions("centre")),
)
