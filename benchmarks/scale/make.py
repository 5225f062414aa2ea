"""Write tables of a chosen size with DuckDB: 70 detections and 7 objects a frame, 80 classes, no randomness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

PER_FRAME, OBJECTS, CLASSES = 70, 7, 80

# A number in [0, 1) from a row and a salt.
_FUNCTIONS = f"""
CREATE MACRO chance(row, salt) AS (hash(row, salt) >> 11)::DOUBLE / 9007199254740992.0;
CREATE MACRO class_of(j) AS floor({CLASSES} * chance(j, 1) * chance(j, 1))::INTEGER + 1;
CREATE MACRO side(j, salt) AS round(8 + 300 * pow(chance(j, salt), 3), 2);
CREATE MACRO left_of(j) AS round(chance(j, 4) * 900, 2);
CREATE MACRO top_of(j) AS round(chance(j, 5) * 700, 2);
"""
_TRUTH = f"""
SELECT j // {OBJECTS} AS image_id, class_of(j) AS category_id, left_of(j) AS x, top_of(j) AS y,
  side(j, 2) AS width, side(j, 3) AS height FROM range({{objects}}) t(j)
"""
# Three in ten lie near an object, most of them with its class; the rest anywhere.
_FOUND = f"""
SELECT image_id,
  CASE WHEN near AND chance(i, 10) < 0.85 THEN class_of(j) ELSE class_of(i + 1000000007) END AS category_id,
  CASE WHEN near THEN round(left_of(j) + (chance(i, 11) - 0.5) * spread * side(j, 2), 2) ELSE left_of(i) END AS x,
  CASE WHEN near THEN round(top_of(j) + (chance(i, 12) - 0.5) * spread * side(j, 3), 2) ELSE top_of(i) END AS y,
  CASE WHEN near THEN side(j, 2) ELSE side(i, 2) END AS width,
  CASE WHEN near THEN side(j, 3) ELSE side(i, 3) END AS height,
  round(CASE WHEN near THEN pow(chance(i, 13), 0.5 + 2 * spread) ELSE pow(chance(i, 13), 8) END, 5) AS score
FROM (SELECT i, i // {PER_FRAME} AS image_id, i % {PER_FRAME} < 21 AS near, chance(i, 14) AS spread,
  (i // {PER_FRAME}) * {OBJECTS} + (i % {PER_FRAME}) % {OBJECTS} AS j FROM range({{detections}}) t(i))
"""


def write(detections: int, folder: Path) -> tuple[Path, Path]:
    """Write ``truth.parquet`` and ``detections.parquet`` unless they are there, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = -(-detections // PER_FRAME)
    paths = folder / "truth.parquet", folder / "detections.parquet"
    queries = _TRUTH.format(objects=frames * OBJECTS), _FOUND.format(detections=detections)
    for path, query in zip(paths, queries, strict=True):
        if not path.exists():
            unfinished = path.with_suffix(".unfinished")
            with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
                connection.execute(_FUNCTIONS)
                connection.execute(f"COPY ({query}) TO '{unfinished}' (FORMAT parquet)")
            unfinished.replace(path)
    return paths
