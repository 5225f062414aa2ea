"""Random datasets as tables, JSON and Parquet files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


def as_tables(dataset, names=None):
    """Ground truth and predictions as DataFrames; every frame has a row."""
    frames = names or [f"cam_{number}.jpg" for number in range(len(dataset.frames))]
    columns = ["x", "y", "width", "height"]
    tables = []
    for rows in (dataset.objects, dataset.detections):
        table = pd.DataFrame(rows.box, columns=columns)
        table.insert(0, "frame", [frames[f] for f in rows.frame])
        table.insert(1, "class", [f"class {k}" for k in rows.category])
        tables.append(table)
    truth, found = tables
    truth["crowd"], truth["ignore"] = dataset.objects.crowd.astype(int), dataset.objects.ignore.astype(int)
    found["score"] = dataset.detections.score
    empty = pd.DataFrame({"frame": frames})
    return pd.concat([truth, empty], ignore_index=True), found


def write_parquet(table, path: Path) -> Path:
    with duckdb.connect() as connection:
        connection.register("rows", table)
        connection.execute(f"COPY rows TO '{path}' (FORMAT parquet)")
    return path


def write_csv(table, path: Path) -> Path:
    table.to_csv(path, index=False)
    return path


def write_coco(dataset, folder: Path) -> tuple[Path, Path]:
    """COCO ground truth and a list of results."""
    objects, detections = dataset.objects, dataset.detections
    truth = {
        "images": [{"id": i, "file_name": f"{i}.jpg"} for i in dataset.frames.ids],
        "categories": [{"id": i, "name": n} for i, n in zip(dataset.class_ids, dataset.classes, strict=True)],
        "annotations": [
            {
                "id": row + 1,
                "image_id": dataset.frames.ids[objects.frame[row]],
                "category_id": dataset.class_ids[objects.category[row]],
                "bbox": objects.box[row].tolist(),
                "area": float(objects.area[row]),
                "iscrowd": int(objects.crowd[row]),
                "ignore": int(objects.ignore[row]),
            }
            for row in range(len(objects))
        ],
    }
    found = [
        {
            "image_id": dataset.frames.ids[detections.frame[row]],
            "category_id": dataset.class_ids[detections.category[row]],
            "bbox": detections.box[row].tolist(),
            "score": float(detections.score[row]),
        }
        for row in range(len(detections))
    ]
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(found))
    return folder / "truth.json", folder / "found.json"
