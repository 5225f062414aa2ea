"""pandas tables with one row per box.

Columns, in any order (other names that are understood stand in brackets):

* ``frame`` (image, image_id, file_name, filename, image_path, path, ImageID)
* ``class`` (label, category, category_id, class_id, name, class_name, LabelName)
* the box, as ``x, y, width, height`` (w, h; bbox_x ...) or as corners ``xmin, ymin, xmax, ymax``
  (x1, y1, x2, y2; XMin ...), in pixels
* ``score`` (confidence, conf, prob), for predictions
* for videos, in place of ``frame``: ``frame_index`` (frame_number; counted from 0) or ``time`` (timestamp;
  seconds since the first frame), with ``video`` (clip) where there is more than one; a whole number in
  ``frame`` beside ``video`` is a frame index
* optional for ground truth: ``crowd`` (iscrowd), ``ignore`` (difficult), ``frame_width``, ``frame_height``
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsorted

from framelens.data.dataset import Source
from framelens.data.places import frame_name
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import (
    GroundTruth,
    Predictions,
    make_frames,
    make_objects,
    make_predictions,
    objects_in_pixels,
)
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import BoxUnit
    from framelens.data.given import Given

__all__ = ["COLUMNS", "READERS", "columns_of", "has_boxes", "predictions_of", "truth_of"]

#: What each column may be called, lower case without blanks and underscores.
COLUMNS = {
    "frame": ("frame", "image", "imageid", "filename", "file", "imagepath", "path", "imagename", "img", "framename"),
    "class": ("class", "label", "category", "categoryid", "classid", "classname", "labelname", "categoryname", "name"),
    "x": ("x", "left", "bboxx"),
    "y": ("y", "top", "bboxy"),
    "width": ("width", "w", "bboxwidth", "bboxw"),
    "height": ("height", "h", "bboxheight", "bboxh"),
    "x1": ("xmin", "x1", "x0"),
    "y1": ("ymin", "y1", "y0"),
    "x2": ("xmax", "x2"),
    "y2": ("ymax", "y2"),
    "score": ("score", "confidence", "conf", "prob", "probability"),
    "crowd": ("crowd", "iscrowd", "isgroupof"),
    "ignore": ("ignore", "difficult"),
    "video": ("video", "clip", "videoname", "videofile", "videopath", "clipname"),
    "frame_index": ("frameindex", "framenumber", "frameno", "frameidx"),
    "time": ("time", "timestamp", "seconds", "times", "timesec"),
    "frame_width": ("framewidth", "imagewidth", "imgwidth"),
    "frame_height": ("frameheight", "imageheight", "imgheight"),
}


_LINE = "line"
#: No coordinate of a whole table in pixels is that small.
_FRACTIONS = 1.1


def _is_table(given: Given) -> bool:
    """Whether the source is a DataFrame (of pandas, or one that turns into it)."""
    return given.path is None and hasattr(given.source, "columns") and hasattr(given.source, "iloc")


def columns_of(table: Any) -> dict[str, Any]:
    """Map what we call a column to what the table calls it."""
    plain = {str(name).strip().lower().replace(" ", "").replace("_", ""): name for name in table.columns}
    return {ours: next((plain[word] for word in words if word in plain), None) for ours, words in COLUMNS.items()}


def has_boxes(found: dict[str, Any]) -> bool:
    """Whether frame (or a place in a video), class and four sides are there."""
    sides = (("x", "y", "width", "height"), ("x1", "y1", "x2", "y2"))
    named = any(found[key] is not None for key in ("frame", "frame_index", "time"))
    return named and found["class"] is not None and any(all(found[key] is not None for key in form) for form in sides)


def recognise_truth(given: Given) -> Evidence | None:
    """Recognise a table with boxes and no score."""
    if not _is_table(given):
        return None
    found = columns_of(given.source)
    return Evidence("a table of boxes", 3) if has_boxes(found) else None


def recognise_predictions(given: Given) -> Evidence | None:
    """Recognise a table with boxes and a score."""
    if not _is_table(given):
        return None
    found = columns_of(given.source)
    return Evidence("a table of scored boxes", 3) if has_boxes(found) and found["score"] is not None else None


def place(table: Any, row: int) -> str:
    """Return how messages name a row: by its line where the table was read from a text file."""
    return f"{_LINE} {table.index[row]}" if table.index.name == _LINE else f"row {row}"


def records(table: Any) -> NDArray[np.int64]:
    """Return the position of each row in its source."""
    return table.index.to_numpy(dtype=np.int64) if table.index.name == _LINE else np.arange(len(table))


def _unit(box: NDArray[np.float64], given: Given) -> BoxUnit:
    """Decide whether boxes are pixels or fractions, and say so."""
    known = box[np.isfinite(box).all(axis=1)]
    far = np.abs(np.concatenate([known[:, :2], known[:, :2] + known[:, 2:]])) if len(known) else np.ones(1)
    if far.max() > _FRACTIONS or (far == np.floor(far)).all():
        return "pixel"
    given.notes.warn(f"{given.name}: boxes are read as fractions of the frame (no number is above {far.max():.3g})")
    return "relative"


def _numbers(table: Any, column: Any, name: str) -> NDArray[np.float64]:
    """Return a column as finite or nan numbers; a text is an error that names the row."""
    import pandas as pd

    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = np.isnan(values) & table[column].notna().to_numpy()
    for row in map(int, np.flatnonzero(wrong)):
        text = table[column].iloc[row]
        if not isinstance(text, float) and str(text).strip().lower().lstrip("+-") != "nan":
            raise DataError(
                f"{one_line(repr(text), 40)} is not a number", file=name, where=f"{place(table, row)}, column {column}"
            )
    return np.asarray(values, dtype=np.float64)


def boxes_of(table: Any, found: dict[str, Any], name: str) -> NDArray[np.float64]:
    """Return boxes as x, y, width, height."""
    corners = found["x1"] is not None and found["x2"] is not None
    keys = ("x1", "y1", "x2", "y2") if corners else ("x", "y", "width", "height")
    place_known = found["frame_index"] is not None or found["time"] is not None
    named = ("class",) if place_known else ("frame", "class")
    missing = [key for key in (*named, *keys) if found[key] is None]
    if missing:
        there = ", ".join(one_line(column, 30) for column in list(table.columns)[:15])
        allowed = f"a column called {' or '.join(COLUMNS[missing[0]][:4])}"
        raise DataError(f"no column for {', '.join(missing)} among {there}", file=name, remedy=f"add {allowed}")
    box = np.stack([_numbers(table, found[key], name) for key in keys], axis=1)
    if corners:
        box[:, 2:] -= box[:, :2]
    return box


def _text_keys(column: Any, name: str, what: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return integer or text keys, and which are missing."""
    missing = column.isna().to_numpy()
    values = column.to_numpy()
    if values.dtype.kind in "iu":
        return values.astype(np.int64), missing
    if values.dtype.kind == "f" and not missing.any() and (values == np.floor(values)).all():
        return values.astype(np.int64), missing
    keys = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        if not missing[row] and not isinstance(value, (str, int, np.integer)):
            raise DataError(f"{one_line(repr(value), 40)} is not a {what}", file=name, where=place(column, row))
        keys[row] = "" if missing[row] else value if isinstance(value, str) else int(value)
    return keys, missing


def _frame_keys(table: Any, found: dict[str, Any], name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return how each row names its frame: as ``frame`` says, else by its place in a video."""
    video, index = found["video"], found["frame_index"]
    if found["frame"] is not None:
        keys, missing = _text_keys(table[found["frame"]], name, "frame name")
        if video is None or keys.dtype.kind != "i":
            return keys, missing
        index = found["frame"]
    column = index if index is not None else found["time"]
    numbers = _numbers(table, column, name)
    bad = np.flatnonzero(
        (numbers < 0) | (False if index is None else numbers != np.floor(numbers)) & ~np.isnan(numbers)
    )
    if len(bad):
        allowed = "0 or more seconds" if index is None else "a frame number from 0"
        problem = f"{column} is {numbers[bad[0]]:g}, expected {allowed}"
        raise DataError(problem, file=name, where=place(table, int(bad[0])))
    missing = np.isnan(numbers) | (table[video].isna().to_numpy() if video is not None else False)
    if video is None and index is not None and not missing.any():
        return numbers.astype(np.int64), missing
    clips = table[video].astype(str).to_numpy() if video is not None else np.full(len(numbers), "", dtype=object)
    keys = np.full(len(numbers), "", dtype=object)
    for row in map(int, np.flatnonzero(~missing)):
        where = {"time": float(numbers[row])} if index is None else {"index": int(numbers[row])}
        keys[row] = frame_name(clips[row], **where)
    return keys, missing


def truth_of(table: Any, given: Given, source: Source) -> GroundTruth:
    """Build ground truth from a table.

    A row with a frame and neither box nor class says that the frame is there and holds no object.

    Raises
    ------
    DataError
        Naming the row.
    """
    name, found = given.name, columns_of(table)
    box = boxes_of(table, found, name)
    unit = _unit(box, given)
    keys, unnamed = _frame_keys(table, found, name)
    labels, unlabelled = _text_keys(table[found["class"]], name, "class")
    if unnamed.any():
        raise DataError("the frame is missing", file=name, where=place(table, int(np.argmax(unnamed))))
    empty = np.isnan(box).all(axis=1) & unlabelled
    bad = ~empty & (~np.isfinite(box).all(axis=1) | (box[:, 2:] < 0).any(axis=1) | unlabelled)
    if bad.any():
        row = int(np.argmax(bad))
        text = f"box {box[row].tolist()} of class {one_line(labels[row], 30)!r}"
        problem = f"{text}: expected a class, finite numbers and sides of 0 or more"
        raise DataError(problem, file=name, where=place(table, row))
    ids: list[Any] = natsorted({*keys.tolist(), *_pictures_without_row(keys, given)}, key=str)
    position = {key: number for number, key in enumerate(ids)}
    kept = ~empty
    classes = sorted(set(labels[kept].tolist()), key=lambda key: (isinstance(key, str), key))
    class_position = {key: number for number, key in enumerate(classes)}
    flags = {}
    for key in ("crowd", "ignore"):
        column = found[key]
        flags[key] = None if column is None else (_numbers(table, column, name)[kept] > 0)
    objects = make_objects(
        [position[key] for key in keys[kept].tolist()],
        [class_position[key] for key in labels[kept].tolist()],
        box[kept], record=records(table)[kept], unit=unit, **flags,
    )  # fmt: skip
    sizes = np.full((len(ids), 2), np.nan)
    for side, key in enumerate(("frame_width", "frame_height")):
        if found[key] is not None:
            sizes[[position[key] for key in keys.tolist()], side] = _numbers(table, found[key], name)
    if given.sizes is not None:
        for number, key in enumerate(ids):
            if np.isnan(sizes[number]).any():
                sizes[number] = given.sizes.size_meant(str(key))
    if unit == "relative" and len(ids) and not np.isnan(sizes).any():
        objects, unit = objects_in_pixels(objects, sizes[:, 0], sizes[:, 1]), "pixel"
    frames = make_frames([str(key) for key in ids], ids, sizes[:, 0], sizes[:, 1])
    return GroundTruth(
        frames, tuple(str(key) for key in classes), tuple(classes), objects, source,
        box_unit=unit, classes_listed=False, skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


def _pictures_without_row(keys: NDArray[Any], given: Given) -> list[str]:
    """Return the pictures of the caller's folder that no row names: they hold no object."""
    if given.sizes is None or not given.sizes.names or keys.dtype.kind == "i":
        return []
    named = {given.sizes.match(str(key)) for key in dict.fromkeys(keys.tolist())}
    empty = [name for name in given.sizes.names if name not in named]
    if empty:
        given.notes.warn(f"{given.name}: {len(empty)} pictures have no row and count as holding no object")
    return empty


def predictions_of(table: Any, given: Given, source: Source) -> Predictions:
    """Build predictions from a table; rows that cannot be used are skipped and counted."""
    name, found = given.name, columns_of(table)
    box = boxes_of(table, found, name)
    if found["score"] is None:
        raise DataError("no column for score", file=name, remedy="add a column called score")
    unit = _unit(box, given)
    score = _numbers(table, found["score"], name)
    keys, unnamed = _frame_keys(table, found, name)
    labels, unlabelled = _text_keys(table[found["class"]], name, "class")
    empty = np.isnan(box).all(axis=1) & np.isnan(score) & unlabelled
    reasons = (
        (~np.isfinite(box).all(axis=1) & ~empty, "box has a number that is missing or not finite"),
        (~np.isfinite(score) & ~empty, "score is missing or not finite"),
        ((box[:, 2:] < 0).any(axis=1), "box has a negative width or height"),
        (unlabelled & ~empty, "class is missing"),
        (unnamed, "frame is missing"),
    )
    keep = ~empty
    for wrong, reason in reasons:
        wrong = wrong & keep
        if wrong.any():
            given.notes.skip(name, place(table, int(np.argmax(wrong))), reason, int(wrong.sum()))
            keep &= ~wrong
    return make_predictions(
        keys[keep], labels[keep], box[keep], score[keep], source,
        record=records(table)[keep], category_key="name" if labels.dtype == object else "id",
        record_text=f"{table.index.name if table.index.name == _LINE else 'row'} {{}}", box_unit=unit,
        frames_read=tuple(str(key) for key in dict.fromkeys(keys.tolist())),
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


def read_truth(given: Given) -> GroundTruth:
    """Read a DataFrame of objects."""
    return truth_of(given.source, given, Source("table", "DataFrame"))


def read_predictions(given: Given) -> Predictions:
    """Read a DataFrame of detections."""
    return predictions_of(given.source, given, Source("table", "DataFrame"))


READERS = (
    Reader("table", "truth", "DataFrame: frame, class, x, y, width, height", recognise_truth, read_truth),
    Reader(
        "table", "predictions", "DataFrame: frame, class, xmin, ymin, xmax, ymax, score",
        recognise_predictions, read_predictions,
    ),
)  # fmt: skip
