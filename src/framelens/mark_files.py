"""Marks as files that labelling tools read, and the way back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from framelens.data.writing import neutral, plain, target_path, utf8, write_file
from framelens.errors import DataError, OptionError, nearest, one_line
from framelens.marks import KINDS, Mark, marks_table
from framelens.tables import class_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    import pandas as pd

    from framelens.data.dataset import Dataset
    from framelens.evaluation import Evaluation

__all__ = ["FORMATS", "read_marks", "write_marks"]

_BOX = ("x", "y", "width", "height")
#: A box is the same where all its sides are, to a hundredth of a pixel; of a relative box to this share of the frame.
_NEAR = {"pixel": 0.01, "relative": 1e-5}
#: Columns that stay text where all their values look like numbers.
_TEXTS = dict.fromkeys(("frame", "class", "predicted", "note"), "str")
_NEAR_SCORE = 1e-9


def write_marks(evaluation: Evaluation, path: str | PathLike[str], name: str | None) -> Path:
    """See :meth:`framelens.marks.Marked.save_marks`."""
    target = target_path(path, "marks.csv")
    known = {".csv": "csv", ".xml": "cvat"}
    chosen = known.get(target.suffix.lower(), "coco") if name is None else name
    if chosen not in FORMATS:
        msg = f"format must be one of the known ones, not {one_line(repr(name), 40)}; {nearest(str(name), FORMATS)}"
        raise OptionError(msg)
    return write_file(target, utf8(FORMATS[chosen](evaluation)))


def _csv(evaluation: Evaluation) -> str:
    table = marks_table(evaluation)
    for name in ("frame", "class", "predicted", "note"):
        table[name] = table[name].map(neutral)
    return str(table.to_csv(index=False))


def _coco(evaluation: Evaluation) -> str:
    table, dataset = marks_table(evaluation), evaluation.dataset
    names = sorted(set(table["frame"]))
    numbers = {name: number for number, name in enumerate(names, 1)}
    place = {name: row for row, name in enumerate(dataset.frames.names)}
    images = []
    for name in names:
        size = [float(column[place[name]]) for column in (dataset.frames.width, dataset.frames.height)]
        known = {} if np.isnan(size).any() else {"width": int(size[0]), "height": int(size[1])}
        images.append({"id": numbers[name], "file_name": name, **known})
    categories = sorted(set(table["class"]))
    annotations = []
    for number, row in enumerate(table.to_dict("records"), 1):
        box = [float(row[side]) for side in _BOX]
        score = {} if np.isnan(row["score"]) else {"score": float(row["score"])}
        annotations.append(
            {
                "id": number,
                "image_id": numbers[row["frame"]],
                "category_id": categories.index(row["class"]) + 1,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": 0,
                "source": "detection" if _missing(row["object"]) else "object",
                "predicted": row["predicted"],
                "mark": row["mark"],
                "note": row["note"],
                **score,
            }
        )
    kinds = [{"id": number, "name": name} for number, name in enumerate(categories, 1)]
    return json.dumps({"images": images, "categories": kinds, "annotations": annotations}, indent=1)


def _label_studio(evaluation: Evaluation) -> str:
    tasks = []
    for name, size, rows in _by_frame(evaluation):
        result = [
            {
                "id": f"mark{number}",
                "type": "rectanglelabels",
                "from_name": "label",
                "to_name": "image",
                "original_width": int(size[0]),
                "original_height": int(size[1]),
                "value": {
                    "rectanglelabels": [row["class"]],
                    "rotation": 0,
                    **{side: 100 * float(row[side]) / size[at % 2] for at, side in enumerate(_BOX)},
                },
                "meta": {"text": [f"{row['mark']}: {row['note']}".rstrip(": ")]},
            }
            for number, row in rows
        ]
        tasks.append({"data": {"image": name}, "predictions": [{"model_version": "framelens marks", "result": result}]})
    return json.dumps(tasks, indent=1)


def _cvat(evaluation: Evaluation) -> str:
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations>", "  <version>1.1</version>"]
    for frame, (name, size, rows) in enumerate(_by_frame(evaluation)):
        head = f"name={quoteattr(name)} width={quoteattr(str(int(size[0])))} height={quoteattr(str(int(size[1])))}"
        lines.append(f'  <image id="{frame}" {head}>')
        for _, row in rows:
            x, y, width, height = (float(row[side]) for side in _BOX)
            place = f'xtl="{x:.2f}" ytl="{y:.2f}" xbr="{x + width:.2f}" ybr="{y + height:.2f}"'
            lines += [
                f'    <box label={quoteattr(str(row["class"]))} occluded="0" source="manual" {place}>',
                f'      <attribute name="mark">{escape(row["mark"])}</attribute>',
                f'      <attribute name="note">{escape(row["note"])}</attribute>',
                "    </box>",
            ]
        lines.append("  </image>")
    return "\n".join([*lines, "</annotations>", ""])


FORMATS: dict[str, Callable[[Evaluation], str]] = {
    "csv": _csv,
    "coco": _coco,
    "label-studio": _label_studio,
    "cvat": _cvat,
}


def _by_frame(evaluation: Evaluation) -> list[tuple[str, tuple[float, float], list[tuple[int, dict[str, Any]]]]]:
    """Return frames with their size and marks, boxes in pixels."""
    table, dataset = marks_table(evaluation), evaluation.dataset
    place = {name: row for row, name in enumerate(dataset.frames.names)}
    frames: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for number, row in enumerate(table.to_dict("records"), 1):
        frames.setdefault(str(row["frame"]), []).append((number, {str(key): value for key, value in row.items()}))
    result = []
    for name, rows in frames.items():
        size = (float(dataset.frames.width[place[name]]), float(dataset.frames.height[place[name]]))
        if np.isnan(size).any() or dataset.box_unit != "pixel":
            msg = "this format needs the sizes of the frames, and they are not known; use format='csv' or 'coco'"
            raise OptionError(msg)
        result.append((name, size, rows))
    return result


def read_marks(source: Any, evaluation: Evaluation) -> tuple[list[Mark], int]:
    """Return the marks that belong to boxes of this evaluation, and how many there were."""
    dataset, labels = evaluation.dataset, [_written(label) for label in class_labels(evaluation)]
    rows = [row | {name: _written(row[name]) for name in _TEXTS if name in row} for row in _rows(source)]
    names = {_written(name): row for row, name in enumerate(dataset.frames.names)}
    found = []
    for row in rows:
        frame = names.get(str(row.get("frame")))
        if frame is None or str(row.get("mark")) not in KINDS:
            continue
        detected = _missing(row.get("object"))
        thing = _find(labels, dataset, "detections" if detected else "objects", frame, row)
        if thing < 0:
            continue
        other = -1 if detected else _find_score(labels, dataset, frame, row)
        note = row.get("note")
        text = "" if _missing(note) else one_line(note, 500)
        found.append(Mark(-1 if detected else thing, thing if detected else other, str(row["mark"]), text))
    return found, len(rows)


def _written(value: Any) -> Any:
    """Return a text as it stands in a file of marks (a half of a character is spelt out there)."""
    return utf8(value).decode() if isinstance(value, str) else value


def _find(labels: list[str], dataset: Dataset, kind: str, frame: int, row: dict[str, Any]) -> int:
    """Return the box of the frame and class that is nearest to that of the mark, a detection by its score too."""
    boxes = getattr(dataset, kind)
    rows = np.flatnonzero(boxes.frame == frame)
    rows = rows[np.array([labels[index] == row.get("class") for index in boxes.category[rows].tolist()], dtype=bool)]
    try:
        box = np.array([float(row[side]) for side in _BOX])
    except (KeyError, TypeError, ValueError):
        return -1
    away = np.abs(boxes.box[rows] - box).max(axis=1, initial=0)
    near = away < _NEAR[dataset.box_unit]
    score = _number(row.get("score"))
    if kind == "detections" and not np.isnan(score):
        near &= np.abs(boxes.score[rows] - score) < _NEAR_SCORE
    return int(rows[near][np.argmin(away[near])]) if near.any() else -1


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _find_score(labels: list[str], dataset: Dataset, frame: int, row: dict[str, Any]) -> int:
    """Return the detection beside a marked object: that of its frame, class and score."""
    detections, score = dataset.detections, _number(row.get("score"))
    if np.isnan(score) or _missing(row.get("predicted")):
        return -1
    rows = np.flatnonzero((detections.frame == frame) & (np.abs(detections.score - score) < _NEAR_SCORE))
    kinds = detections.category[rows].tolist()
    rows = rows[np.array([labels[index] == row["predicted"] for index in kinds], dtype=bool)]
    return int(rows[0]) if len(rows) else -1


def _rows(source: Any) -> list[dict[str, Any]]:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return _records(source)
    try:
        path = Path(source)
    except TypeError:
        msg = f"marks must be a file or a DataFrame, not {one_line(repr(source), 60)}"
        raise OptionError(msg) from None
    try:
        if path.suffix.lower() == ".csv":
            rows = _records(pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=_TEXTS))
            return [{name: plain(value) for name, value in row.items()} for row in rows]
        content = json.loads(path.read_text(encoding="utf-8"))
        frames = {image["id"]: image["file_name"] for image in content["images"]}
        names = {kind["id"]: kind["name"] for kind in content["categories"]}
        return [
            {
                "frame": frames[one["image_id"]],
                "class": names[one["category_id"]],
                "object": None if one.get("source") == "detection" else 0,
                "predicted": one.get("predicted"),
                "score": one.get("score"),
                "mark": one.get("mark"),
                "note": one.get("note", ""),
                **dict(zip(_BOX, one["bbox"], strict=True)),
            }
            for one in content["annotations"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        problem = f"these marks cannot be read: {one_line(reason or error, 120)}"
        raise DataError(problem, file=path.name, remedy="give what ev.save_marks wrote as csv or coco") from error


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(np.all(pd.isna(value)))
