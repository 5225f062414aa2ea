"""MOT challenge: ``gt/gt.txt`` and ``det/det.txt``, one line per box of a numbered frame."""

from __future__ import annotations

import configparser
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from framelens.data.dataset import Source
from framelens.data.given import decode
from framelens.data.readers._rows import TruthRows, number
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["READERS"]

#: MOT16 to MOT20; only the first is evaluated by the challenge.
CLASSES = (
    "pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle", "static person",
    "distractor", "occluder", "occluder on the ground", "occluder full", "reflection", "crowd",
)  # fmt: skip
_FEWEST, _MOST = 6, 10
_COLUMNS = ("frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility", "z")
_MOST_FRAMES = 10_000_000


class Sequence(NamedTuple):
    """What ``seqinfo.ini`` says."""

    width: float = math.nan
    height: float = math.nan
    length: int = 0
    suffix: str = ".jpg"


def _path(given: Given, name: str) -> Path | None:
    """Return the file of a sequence folder, or the file itself."""
    if given.path is None:
        return None
    for place in (given.path, given.path / name / f"{name}.txt", given.path / f"{name}.txt"):
        if place.is_file() and place.suffix == ".txt":
            return place
    return None


def _recognise(given: Given, name: str) -> Evidence | None:
    """Recognise lines of comma separated numbers."""
    path = _path(given, name)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            first = file.readline(1000).decode("utf-8", errors="replace").split(",")
    except OSError:
        return None
    try:
        [float(text) for text in first]
    except ValueError:
        return None
    if not _FEWEST <= len(first) <= _MOST:
        return None
    return Evidence(
        f"lines of {len(first)} numbers parted by commas in {path.name}", 3 if path.name == f"{name}.txt" else 2
    )


def _rows(path: Path, given: Given) -> list[tuple[str, list[float]]]:
    """Return place and numbers of each line."""
    found = []
    for position, line in enumerate(decode(given.load(path), path.name).split("\n"), 1):
        if line.strip():
            where = f"line {position}"
            fields = line.split(",")
            if not _FEWEST <= len(fields) <= _MOST:
                raise DataError(f"{len(fields)} columns, expected {_FEWEST} to {_MOST}", file=path.name, where=where)
            values = [number(text, key, path.name, where) for text, key in zip(fields, _COLUMNS, strict=False)]
            if not 1 <= values[0] <= _MOST_FRAMES or values[0] != int(values[0]):
                raise DataError(f"frame is {values[0]:g}, expected 1, 2, 3 ...", file=path.name, where=where)
            if min(values[4:6]) < 0:
                raise DataError("negative width or height", file=path.name, where=where)
            found.append((where, values))
    return found


def _sequence(path: Path, given: Given) -> Sequence:
    """Read ``seqinfo.ini`` beside the folder of the file."""
    for folder in (path.parent, path.parent.parent):
        place = folder / "seqinfo.ini"
        if place.is_file():
            parser = configparser.ConfigParser(interpolation=None)
            try:
                parser.read_string(decode(given.load(place), place.name))
                section = parser["Sequence"]
                length = min(int(section.get("seqLength", "0")), _MOST_FRAMES)
                width, height = float(section.get("imWidth", "nan")), float(section.get("imHeight", "nan"))
            except (configparser.Error, KeyError, ValueError):
                raise DataError("is no seqinfo.ini of MOT", file=place.name) from None
            return Sequence(width, height, length, section.get("imExt", ".jpg"))
    return Sequence()


def _name(frame: float, sequence: Sequence) -> str:
    """Return the file name of a frame."""
    return f"{int(frame):06d}{sequence.suffix}"


def _required(given: Given, name: str) -> Path:
    """Return the file, or raise."""
    path = _path(given, name)
    if path is None:
        raise DataError(f"no {name}/{name}.txt in this folder", file=given.name)
    return path


def read_truth(given: Given) -> GroundTruth:
    """Read ``gt.txt``: boxes whose flag is 0 are ignored; frames come from ``seqinfo.ini`` where it is there.

    Raises
    ------
    DataError
        Naming the line.
    """
    path = _required(given, "gt")
    lines, sequence = _rows(path, given), _sequence(path, given)
    rows = TruthRows(given)
    for frame in range(1, sequence.length + 1):
        rows.frame(_name(frame, sequence), sequence.width, sequence.height)
    for where, values in lines:
        label = _label(values[7] if len(values) > 7 else 1, path.name, where)
        frame = rows.frame(_name(values[0], sequence), sequence.width, sequence.height)
        box = (values[2], values[3], values[4], values[5])
        rows.add(frame, label, box, ignore=len(values) > 6 and values[6] == 0)
    return rows.build("mot")


def _label(value: float, file: str, where: str) -> str:
    """Return the name of a class number; -1 (unknown) is a pedestrian, as in the challenge."""
    if value == -1:
        return CLASSES[0]
    if value != int(value) or not 1 <= value < 1000:
        raise DataError(f"class is {value:g}, expected 1 to {len(CLASSES)}", file=file, where=where)
    return CLASSES[int(value) - 1] if value <= len(CLASSES) else str(int(value))


def read_predictions(given: Given) -> Predictions:
    """Read ``det.txt``; without a class column every box is a pedestrian."""
    path = _required(given, "det")
    lines, sequence = _rows(path, given), _sequence(path, given)
    for where, values in lines:
        if len(values) <= 6:
            problem = f"{len(values)} values, expected 7: frame, id, x, y, width, height, confidence"
            raise DataError(problem, file=path.name, where=where)
    wide = [len(values) > 7 and len(values) < _MOST for _, values in lines]
    labels = [
        _label(values[7] if named else -1, path.name, where) for (where, values), named in zip(lines, wide, strict=True)
    ]
    score = np.array([values[6] for _, values in lines], dtype=np.float64)
    if len(score) and (score.min() < 0 or score.max() > 1):
        given.notes.warn(f"{path.name}: scores go from {score.min():g} to {score.max():g}; they are kept as they are")
    return make_predictions(
        [_name(values[0], sequence) for _, values in lines], labels,
        np.array([values[2:6] for _, values in lines], dtype=np.float64).reshape(len(lines), 4), score,
        Source("mot", given.name, given.digest), category_key="name", record_text="row {}",
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


READERS = (
    Reader("mot", "truth", "gt/gt.txt: 1,1,912,484,97,109,1,1,0.86", lambda given: _recognise(given, "gt"), read_truth),
    Reader(
        "mot",
        "predictions",
        "det/det.txt: 1,-1,912,484,97,109,0.9,-1,-1,-1",
        lambda given: _recognise(given, "det"),
        read_predictions,
    ),
)
