"""KITTI and DOTA: one text file per picture, with the class in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import Source
from framelens.data.given import decode, read_bytes
from framelens.data.progress import progress
from framelens.data.readers._rows import TruthRows, around, corners, number
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import make_predictions
from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["READERS"]

_KITTI, _KITTI_SCORED, _DOTA = 15, 16, (9, 10)
_NO_CARE = "DontCare"


def _lines(data: bytes, name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield place and fields of each line that is not blank; DOTA's ``key:value`` head is left out."""
    for position, line in enumerate(decode(data, name).split("\n"), 1):
        fields = line.split()
        if fields and not fields[0].startswith(("imagesource:", "gsd:")):
            yield f"line {position}", fields


def _recogniser(fits: Callable[[list[str]], bool], reason: str) -> Callable[[Given], Evidence | None]:
    """Return what recognises a folder by the first lines of its text files."""

    def recognise(given: Given) -> Evidence | None:
        seen = 0
        for path in given.text_files()[:200] if given.is_folder else []:
            try:
                for _, fields in list(_lines(read_bytes(path), path.name))[:5]:
                    if not fits(fields):
                        return None
                    seen += 1
            except DataError:
                return None
            if seen:
                return Evidence(reason, 3)
        return None

    return recognise


def _is_word(text: str) -> bool:
    """Whether a field is no number."""
    try:
        float(text)
    except ValueError:
        return True
    return False


def _numeric(fields: list[str]) -> bool:
    """Whether all fields are numbers."""
    return not any(map(_is_word, fields))


def _is_kitti(fields: list[str], columns: int) -> bool:
    """Whether a line is a class and the numbers of KITTI."""
    return len(fields) == columns and _is_word(fields[0]) and _numeric(fields[1:])


def _is_dota(fields: list[str]) -> bool:
    """Whether a line is four points and a class (and whether it is difficult)."""
    return len(fields) in _DOTA and _numeric(fields[:8]) and _is_word(fields[8])


def _files(given: Given) -> list[tuple[str, Path]]:
    """Return frame names and files."""
    assert given.path is not None
    return [(path.relative_to(given.path).as_posix()[:-4], path) for path in given.text_files()]


def read_kitti(given: Given) -> GroundTruth:
    """Read KITTI labels; ``DontCare`` regions are ignored.

    Raises
    ------
    DataError
        Naming file and line.
    """
    rows = TruthRows(given)
    for name, path in progress(given.label_files(), "labels", shown=given.progress):
        frame = rows.frame(name)
        for where, fields in _lines(given.load(path), path.name):
            if len(fields) != _KITTI:
                raise DataError(f"{len(fields)} columns, expected {_KITTI}", file=path.name, where=where)
            left, top, right, bottom = (
                number(text, side, path.name, where) for text, side in zip(fields[4:8], _SIDES, strict=True)
            )
            box = corners(left, top, right, bottom, path.name, where)
            rows.add(frame, fields[0], box, ignore=fields[0] == _NO_CARE)
    return rows.build("kitti")


_SIDES = ("left", "top", "right", "bottom")


def read_kitti_results(given: Given) -> Predictions:
    """Read KITTI results: the same lines with a score last. Swapped corners are skipped and counted."""
    frames, labels, boxes, scores = [], [], [], []
    files = _files(given)
    for name, path in progress(files, "predictions", shown=given.progress):
        for where, fields in _lines(given.load(path), path.name):
            if len(fields) != _KITTI_SCORED:
                raise DataError(f"{len(fields)} columns, expected {_KITTI_SCORED}", file=path.name, where=where)
            left, top, right, bottom, score = (
                number(text, side, path.name, where)
                for text, side in zip([*fields[4:8], fields[15]], (*_SIDES, "score"), strict=True)
            )
            if right < left or bottom < top:
                given.notes.skip(path.name, where, "the corners are swapped")
                continue
            frames.append(name)
            labels.append(fields[0])
            boxes.append((left, top, right - left, bottom - top))
            scores.append(score)
    return make_predictions(
        frames, labels, np.array(boxes, dtype=np.float64).reshape(len(boxes), 4), np.array(scores, dtype=np.float64),
        Source("kitti", given.name, given.digest), category_key="name", record_text="row {}",
        frames_read=tuple(name for name, _ in files), skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


def read_dota(given: Given) -> GroundTruth:
    """Read DOTA labels: oriented boxes become the boxes around them, difficult ones are ignored.

    Raises
    ------
    DataError
        Naming file and line.
    """
    rows = TruthRows(given)
    count = 0
    for name, path in progress(given.label_files(), "labels", shown=given.progress):
        frame = rows.frame(name)
        for where, fields in _lines(given.load(path), path.name):
            if len(fields) not in _DOTA:
                problem = f"{len(fields)} columns, expected 4 points, a class and difficult"
                raise DataError(problem, file=path.name, where=where)
            values = [number(text, "a coordinate", path.name, where) for text in fields[:8]]
            difficult = len(fields) == _DOTA[1] and fields[9] not in {"0", "0.0"}
            rows.add(frame, fields[8], around(list(zip(values[0::2], values[1::2], strict=True))), ignore=difficult)
            count += 1
    if count:
        given.notes.warn(f"{given.name}: {count} oriented boxes are reduced to the boxes around them")
    return rows.build("dota")


READERS = (
    Reader(
        "kitti", "truth", "label_2/000001.txt: Car 0.00 0 -1.58 587.0 173 614 200 1.65 1.67 3.64 -0.65 1.71 46.7 -1",
        _recogniser(lambda fields: _is_kitti(fields, _KITTI), "text files with KITTI's 15 columns"), read_kitti,
    ),
    Reader(
        "kitti", "predictions", "000001.txt: the 15 columns of KITTI and a score",
        _recogniser(lambda fields: _is_kitti(fields, _KITTI_SCORED), "text files with KITTI's 16 columns"),
        read_kitti_results,
    ),
    Reader(
        "dota", "truth", "labelTxt/P0001.txt: 10 10 50 10 50 30 10 30 plane 0",
        _recogniser(_is_dota, "text files with four points and a class"), read_dota,
    ),
)  # fmt: skip
