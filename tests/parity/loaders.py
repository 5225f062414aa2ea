"""Small readers for the real pairs, independent of the package's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import Dataset, Detections, Frames, Objects

if TYPE_CHECKING:
    from pathlib import Path


def build(objects: list[dict], detections: list[dict], classes: list) -> Dataset:
    """Rows with frame, class, box (x, y, width, height), and score, area, crowd, ignore where they apply."""
    names = sorted({row["frame"] for row in objects} | {row["frame"] for row in detections})
    number, index = {name: i for i, name in enumerate(names)}, {name: k for k, name in enumerate(classes)}

    def columns(rows: list[dict]) -> tuple:
        rows.sort(key=lambda row: number[row["frame"]])
        return (
            np.array([number[row["frame"]] for row in rows], dtype=np.int32),
            np.array([index[row["class"]] for row in rows], dtype=np.int32),
            np.array([row["box"] for row in rows], dtype=float).reshape(-1, 4),
        )

    frame, category, box = columns(objects)
    area = np.array([row.get("area", row["box"][2] * row["box"][3]) for row in objects], dtype=float)
    flags = [np.array([row.get(name, False) for row in objects], dtype=bool) for name in ("crowd", "ignore")]
    found = columns(detections)
    score = np.array([row["score"] for row in detections], dtype=float)
    size = np.full(len(names), np.nan)
    return Dataset(
        Frames(tuple(map(str, names)), tuple(names), size, size),
        tuple(map(str, classes)),
        tuple(classes),
        Objects(frame, category, box, area, *flags, np.arange(len(objects))),
        Detections(*found, score, np.arange(len(detections))),
    )


def coco(truth_file: Path, results_file: Path) -> Dataset:
    truth, results = (json.loads(file.read_text()) for file in (truth_file, results_file))
    objects = [
        {
            "frame": row["image_id"],
            "class": row["category_id"],
            "box": row["bbox"],
            "area": row["area"],
            "crowd": bool(row.get("iscrowd")),
            "ignore": bool(row.get("ignore")),
        }
        for row in truth["annotations"]
    ]
    detections = [
        {"frame": row["image_id"], "class": row["category_id"], "box": row["bbox"], "score": row["score"]}
        for row in results
    ]
    return build(objects, detections, sorted(row["id"] for row in truth["categories"]))


def yolo_rows(folder: Path, width: float, height: float, *, scored: bool = False) -> list[dict]:
    rows = []
    for file in sorted(folder.rglob("*.txt")):
        for line in file.read_text().splitlines():
            category, *values = (float(value) for value in line.split())
            score = values.pop() if scored else None
            if len(values) > 4:
                x, y = np.array(values[0::2]), np.array(values[1::2])
                left, top, wide, high = x.min(), y.min(), np.ptp(x), np.ptp(y)
            else:
                wide, high = values[2:]
                left, top = values[0] - wide / 2, values[1] - high / 2
            box = [left * width, top * height, wide * width, high * height]
            rows.append({"frame": file.stem, "class": int(category), "box": box, "score": score})
    return rows


def text_rows(folder: Path, *, scored: bool, corners: bool) -> list[dict]:
    rows = []
    for file in sorted(folder.glob("*.txt")):
        for line in file.read_text().splitlines():
            name, *values = line.split()
            score = float(values.pop(0)) if scored else None
            x, y, third, fourth = map(float, values)
            box = [x, y, third - x, fourth - y] if corners else [x, y, third, fourth]
            rows.append({"frame": file.stem, "class": name, "box": box, "score": score})
    return rows
