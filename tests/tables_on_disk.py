"""Random datasets as tables, JSON and Parquet files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from made_datasets import as_coco

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
    paths = folder / "truth.json", folder / "found.json"
    for path, content in zip(paths, as_coco(dataset), strict=True):
        path.write_text(json.dumps(content))
    return paths


def write_parquet_pair(dataset, folder: Path) -> tuple[Path, Path]:
    """Ground truth and predictions as two Parquet files."""
    truth, found = as_tables(dataset)
    return write_parquet(truth, folder / "t.parquet"), write_parquet(found, folder / "f.parquet")
