"""The memory that the operating system counts stays under the limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import framelens

LIMIT = 300_000_000  # the least that may be asked for
# 400,000 detections of 10,000 frames, every one near one of 50,000 objects, in no order.
MAKE = """
CREATE TABLE truth AS
SELECT 'f' || (i % 10000) || '.jpg' AS frame, 'class ' || (i % 7) AS class, (i * 37 % 600)::DOUBLE AS x,
  (i * 91 % 400)::DOUBLE AS y, 20.0 + i % 50 AS width, 20.0 + i % 40 AS height FROM range(50000) t(i);
CREATE TABLE found AS
SELECT 'f' || (j % 10000) || '.jpg' AS frame, 'class ' || (j % 7) AS class, (j * 37 % 600) + (i % 9) AS x,
  (j * 91 % 400)::DOUBLE AS y, 20.0 + j % 50 AS width, 20.0 + j % 40 AS height, (i * 7919 % 1000003) / 1000003 AS score
  FROM (SELECT i, (i * 48271) % 50000 AS j FROM range(400000) t(i));
"""
KINDS = {"parquet": "FORMAT parquet", "csv": "FORMAT csv, HEADER", "json": "FORMAT json, ARRAY true"}
RUN = """
import json, re, sys
import framelens
ev = framelens.evaluate(*sys.argv[1:3], **json.loads(sys.argv[3]))
numbers = ev.as_dict()
# VmHWM and not ru_maxrss: that one keeps what the process that started this one had in memory.
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
keys = ("coco", "confusion", "operating_point", "precision")
print(json.dumps([peak, {key: numbers[key] for key in keys}]))
"""


def _run(folder, kind, **options):
    path = os.pathsep.join([str(Path(framelens.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    files = [str(folder / f"{name}.{kind}") for name in ("truth", "found")]
    command = [sys.executable, "-c", RUN, *files, json.dumps(options)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems count peak memory in their own way"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same tables in every kind of file: 10 MB, 26 MB and 60 MB."""
    folder = tmp_path_factory.mktemp("tables")
    with duckdb.connect() as connection:
        connection.execute(MAKE)
        for kind, form in KINDS.items():
            for name in ("truth", "found"):
                connection.execute(f"COPY {name} TO '{folder / name}.{kind}' ({form})")
    return folder


def test_the_limit_is_kept_and_the_numbers_are_the_same(folder, tmp_path):
    first = None
    for kind in KINDS:
        peak, numbers = _run(folder, kind, memory=LIMIT, resume=str(tmp_path / kind))
        assert peak <= LIMIT, kind
        first = first or numbers
        assert numbers == first, kind


@pytest.mark.slow
def test_the_same_numbers_take_more_in_memory(folder, tmp_path):
    for kind in KINDS:
        _, numbers = _run(folder, kind, memory=LIMIT, resume=str(tmp_path / kind))
        peak, expected = _run(folder, kind)
        assert peak > LIMIT, kind
        assert numbers == expected, kind
