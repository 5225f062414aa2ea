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

LIMIT = 400_000_000
# 800,000 detections of 20,000 frames, every one near one of 100,000 objects, in no order.
MAKE = """
COPY (SELECT 'f' || (i % 20000) || '.jpg' AS frame, 'class ' || (i % 7) AS class, (i * 37 % 600)::DOUBLE AS x,
  (i * 91 % 400)::DOUBLE AS y, 20.0 + i % 50 AS width, 20.0 + i % 40 AS height FROM range(100000) t(i))
  TO '{folder}/truth.parquet' (FORMAT parquet);
COPY (SELECT 'f' || (j % 20000) || '.jpg' AS frame, 'class ' || (j % 7) AS class, (j * 37 % 600) + (i % 9) AS x,
  (j * 91 % 400)::DOUBLE AS y, 20.0 + j % 50 AS width, 20.0 + j % 40 AS height, (i * 7919 % 1000003) / 1000003 AS score
  FROM (SELECT i, (i * 48271) % 100000 AS j FROM range(800000) t(i))) TO '{folder}/found.parquet' (FORMAT parquet);
"""
RUN = """
import json, re, sys
import framelens
ev = framelens.evaluate(sys.argv[1] + "/truth.parquet", sys.argv[1] + "/found.parquet", **json.loads(sys.argv[2]))
numbers = ev.as_dict()
# VmHWM and not ru_maxrss: that one keeps what the process that started this one had in memory.
peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
keys = ("coco", "confusion", "operating_point", "precision")
print(json.dumps([peak, {key: numbers[key] for key in keys}]))
"""


def _run(folder, **options):
    path = os.pathsep.join([str(Path(framelens.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", RUN, str(folder), json.dumps(options)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems count peak memory in their own way"
)


@pytest.fixture
def folder(tmp_path):
    with duckdb.connect() as connection:
        connection.execute(MAKE.format(folder=tmp_path))
    return tmp_path


def test_the_limit_is_kept(folder):
    peak, _ = _run(folder, memory=LIMIT, resume=str(folder / "work"))
    assert peak <= LIMIT


@pytest.mark.slow
def test_the_same_numbers_take_more_in_memory(folder):
    _, numbers = _run(folder, memory=LIMIT, resume=str(folder / "work"))
    peak, expected = _run(folder)
    assert peak > LIMIT
    assert numbers == expected
