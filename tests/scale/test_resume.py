"""Work that was interrupted goes on from its finished batches."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

import framelens
from framelens.errors import DataError
from framelens.scale import batches, runners
from framelens.scale.run import evaluate_large
from made_datasets import random_dataset
from same_numbers import assert_same
from tables_on_disk import as_tables, write_parquet, write_parquet_pair

SHAPE = {"frames": 40, "classes": 3, "objects": 100, "detections": 400}

# The process that is killed: it stops for good in its fifth batch.
CHILD = """
import sys, time
from framelens.scale import batches, run
from framelens.metrics import summary
seen = []
def slow(*a, **k):
    seen.append(1)
    while len(seen) > 4:
        time.sleep(1)
    return summary.summarize(*a, **k)
batches.summarize = slow
run.evaluate_large(sys.argv[1], sys.argv[2], memory="400MB", resume=sys.argv[3], batch_rows=40)
"""


def _files(tmp_path):
    return write_parquet_pair(random_dataset(13, **SHAPE), tmp_path)


def _finished(work: Path):
    return sorted(path.name for path in work.glob("*/batch-*") if path.suffix != ".unfinished")


def test_killed_work_goes_on(tmp_path, monkeypatch):
    files, work = _files(tmp_path), tmp_path / "work"
    path = os.pathsep.join([str(Path(framelens.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, files), str(work)], env=os.environ | {"PYTHONPATH": path}
    )
    try:
        for _ in range(1800):
            if len(_finished(work)) >= 4 or child.poll() is not None:
                break
            time.sleep(0.1)
        assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    before = _finished(work)
    assert len(before) == 4
    done = []
    honest = batches.summarize
    monkeypatch.setattr(batches, "summarize", lambda *a, **k: done.append(1) or honest(*a, **k))
    large = evaluate_large(*files, memory="400MB", resume=work, batch_rows=40)
    assert len(done) == large.shards.plan.batches - 4
    assert_same(framelens.evaluate(*files), large)


def test_other_inputs_and_settings_start_anew(tmp_path):
    files, work = _files(tmp_path), tmp_path / "work"
    evaluate_large(*files, memory="400MB", resume=work, batch_rows=100)
    assert len(list(work.iterdir())) == 1
    evaluate_large(*files, memory="400MB", resume=work, batch_rows=100)
    assert len(list(work.iterdir())) == 1
    evaluate_large(*files, memory="400MB", resume=work, batch_rows=100, iou=0.6)
    write_parquet(as_tables(random_dataset(15, **SHAPE))[1], files[1])
    assert_same(framelens.evaluate(*files), evaluate_large(*files, memory="400MB", resume=work, batch_rows=100))
    assert len(list(work.iterdir())) == 3


def test_labels_that_a_data_yaml_points_to_belong_to_the_inputs(tmp_path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for name in "ab":
        Image.new("RGB", (100, 100)).save(tmp_path / f"images/{name}.png")
        (tmp_path / f"labels/{name}.txt").write_text("0 .5 .5 .2 .2\n")
    (tmp_path / "data.yaml").write_text("path: .\ntrain: images\nval: images\nnames: [cat]\n")
    box = {"class": "cat", "x": 40, "y": 40, "width": 20, "height": 20, "score": [0.9, 0.8]}
    pd.DataFrame({"frame": ["a.png", "b.png"], **box}).to_csv(tmp_path / "found.csv", index=False)
    files = tmp_path / "data.yaml", tmp_path / "found.csv"
    evaluate_large(*files, memory="400MB", resume=tmp_path / "work")
    (tmp_path / "labels/b.txt").write_text("0 .1 .1 .2 .2\n0 .9 .9 .2 .2\n")
    again = evaluate_large(*files, memory="400MB", resume=tmp_path / "work")
    assert_same(framelens.evaluate(*files), again)


def test_a_wrong_run_is_said_before_the_work_begins(tmp_path):
    files, work = _files(tmp_path), tmp_path / "work"
    with pytest.raises(DataError, match="no_such_run"):
        evaluate_large(*files, memory="400MB", resume=work, run=tmp_path / "no_such_run")
    assert not work.exists()


def test_half_written_batches_do_not_count(tmp_path):
    files, work = _files(tmp_path), tmp_path / "work"
    large = evaluate_large(*files, memory="400MB", resume=work, batch_rows=100)
    folder = large.shards.plan.work
    with pytest.raises(RuntimeError, match="power cut"):
        _fail_while_writing(folder)
    assert not folder.has("batch-000000-copy")
    assert not list(folder.path.glob("*.unfinished"))


def _fail_while_writing(folder):
    with folder.write("batch-000000-copy") as path:
        path.mkdir()
        (path / "head.json").write_text("{")
        raise RuntimeError("power cut")


def test_what_was_finished_before_says_nothing_about_the_time_left(tmp_path, monkeypatch):
    files, work = _files(tmp_path), tmp_path / "work"
    large = evaluate_large(*files, memory="400MB", resume=work, batch_rows=100)
    starts = large.shards.plan.detection_start
    for number in range(1, large.shards.plan.batches):
        shutil.rmtree(large.shards.plan.work / f"batch-{number:06d}")
    bars, honest = [], runners.progress_bar

    def watched(total, what, **options):
        bars.append((what, total, options))
        return honest(total, what, **options)

    monkeypatch.setattr(runners, "progress_bar", watched)
    again = evaluate_large(*files, memory="400MB", resume=work, batch_rows=100)
    assert [(what, total, o["done"]) for what, total, o in bars] == [("matching", starts[-1] - starts[1], starts[1])]
    assert again.per_class is not None
    assert {what: o["unit"] for what, _, o in bars}["merging curves"] == "classes"
