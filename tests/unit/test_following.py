"""A log that is looked at while it is written: only complete lines, whatever becomes of the file."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest

import log_writer
from framelens.training import read_run
from framelens.training.follow import Follower, continued
from framelens.training.history import History
from framelens.training.logfile import LogFile

HEAD = "epoch,train/box_loss,metrics/mAP50(B)\n"
SERIES = ("train/box", "val/box", "map50", "map50_95")
SEEDS = range(50)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "results.csv"


def test_a_line_counts_once_it_has_ended(log):
    follower = Follower(log)
    seen = []
    for byte in (HEAD + "1,1.5,0.4\n2,1.25,0.5\n").encode():
        with log.open("ab") as file:
            file.write(bytes([byte]))
        follower.poll()
        seen.append(None if follower.history is None else follower.history.series["map50"].tolist())
    values = [value for value in seen if value]
    assert {tuple(value) for value in values} == {(0.4,), (0.4, 0.5)}
    assert follower.problem is None


def test_a_log_that_did_not_change_is_not_read_again(log, monkeypatch):
    log.write_text(HEAD + "1,1.5,0.4\n")
    follower = Follower(log)
    assert follower.poll()
    monkeypatch.setattr("framelens.training.follow._steady_bytes", lambda _log: pytest.fail("read again"))
    assert not follower.poll()


def test_a_rotated_log_goes_on_where_it_was(log):
    follower = Follower(log)
    log.write_text(HEAD + "1,1.5,0.4\n2,1.2,0.5\n3,1.1,0.6\n")
    follower.poll()
    log.rename(log.with_name("results.csv.1"))
    assert not follower.poll()
    assert "no such file" in follower.problem
    assert len(follower.history) == 3, "what was seen stays"
    log.write_text(HEAD + "3,1.0,0.65\n4,0.9,0.7\n")
    assert follower.poll()
    assert follower.history.epochs.tolist() == [1, 2, 3, 4]
    assert follower.history.series["map50"].tolist() == [0.4, 0.5, 0.65, 0.7]
    assert follower.history.best_epoch == 4
    assert follower.problem is None


def test_lines_written_just_before_the_rotation_are_not_lost(log):
    follower = Follower(log)
    log.write_text(HEAD + "1,1.5,0.4\n")
    follower.poll()
    with log.open("a") as file:
        file.write("2,1.2,0.5\n")
    log.rename(log.with_name("results.csv.1"))
    log.write_text(HEAD + "3,1.0,0.65\n")
    assert follower.poll()
    assert follower.history.epochs.tolist() == [1, 2, 3]


def test_a_run_that_begins_anew_replaces_the_old_one(log):
    follower = Follower(log)
    log.write_text(HEAD + "1,1.5,0.4\n2,1.2,0.5\n")
    follower.poll()
    log.write_text("")
    assert not follower.poll()
    log.write_text(HEAD + "1,9.5,0.1\n")
    assert follower.poll()
    assert follower.history.series["train/box"].tolist() == [9.5]


def test_a_log_that_counts_from_zero_keeps_counting_so_after_a_rotation():
    old = History("u", "detect", np.array([1, 2]), {"map50": np.array([0.1, 0.2])}, from_zero=True)
    new = History("u", "detect", np.array([2, 3]), {"map50": np.array([0.3, 0.4])})
    assert continued(old, new).epochs.tolist() == [1, 2, 3, 4]


def test_half_of_the_old_and_half_of_the_new_file_is_not_read(log, monkeypatch):
    log.write_text(HEAD + "1,1.5,0.4\n")
    follower = Follower(log)
    contents = itertools.count()
    monkeypatch.setattr(LogFile, "data", property(lambda _self: b"%d" % next(contents)))
    assert not follower.poll()
    monkeypatch.undo()
    assert follower.poll()


def test_a_folder_is_searched_until_a_log_is_there(tmp_path):
    follower = Follower(tmp_path)
    assert not follower.poll()
    (tmp_path / "train" / "exp").mkdir(parents=True)
    (tmp_path / "train" / "exp" / "results.csv").write_text(HEAD + "1,1.5,0.4\n")
    assert follower.poll()


@pytest.mark.parametrize(
    "path", ["detr/detr-r50_log.txt", "detectron2/blood_cells__metrics.json", "yolov7/Bone-Fracture__results.txt"]
)
def test_a_real_log_grows_to_what_it_is(real, tmp_path, path):
    """Cut anywhere, it is read as far as it goes, and in the end it is the whole."""
    source = real / "logs" / path
    data, copy, lengths = source.read_bytes(), tmp_path / source.name, []
    follower = Follower(copy)
    for place in (*np.sort(np.random.default_rng(0).integers(0, len(data), 8)), len(data)):
        copy.write_bytes(data[:place])
        follower.poll()
        lengths.append(0 if follower.history is None else len(follower.history))
    whole = read_run(source)
    assert lengths == sorted(set(lengths))
    assert lengths[-1] == len(whole)
    for name, column in whole.series.items():
        np.testing.assert_array_equal(follower.history.series[name], column)


def test_every_shown_value_belongs_to_a_complete_line(tmp_path):
    writer = subprocess.Popen([sys.executable, log_writer.__file__, str(tmp_path), *map(str, SEEDS)])
    try:
        looks = [_follow_one(tmp_path, seed, writer) for seed in SEEDS]
    finally:
        writer.kill()
        writer.wait()
    assert sum(looks) > 3 * len(looks), "too little was seen while it was written"


def _follow_one(root, seed, writer):
    log, done, looks = root / str(seed) / log_writer.LOG, root / f"{seed}.done", 0
    follower, waits = Follower(log), log.with_name(log_writer.WAITS)
    _said(seed)
    while not done.exists():
        assert writer.poll() is None, "the writer died"
        waited_for = waits.exists()
        if follower.poll():
            looks += 1
            _check(follower.history, seed)
        if waited_for:
            waits.unlink()
        time.sleep(0.002)
    follower.poll()
    _check(follower.history, seed)
    last = log.read_text().splitlines()[-1].split(",")
    assert _row(follower.history, -1) == [float(value) for value in last[1:]]
    (root / f"{seed}.next").touch()
    return looks


def _row(history, place):
    return [float(history.series[name][place]) for name in SERIES]


@cache
def _said(seed):
    """Every complete line that the log of a seed can ever hold: values to epoch."""
    epochs = range(1, log_writer.EPOCHS + 1)
    return {tuple(map(float, log_writer.values(seed, g, epoch))): epoch for g in range(5) for epoch in epochs}


def _check(history, seed):
    assert (np.diff(history.epochs) > 0).all()
    for place, epoch in enumerate(history.epochs):
        said = _said(seed).get(tuple(_row(history, place)))
        assert said is not None, f"seed {seed}: epoch {epoch} shows what no line says"
        # where a run began anew in the same file its epochs are counted on
        assert said == epoch or (history.run_starts and epoch >= history.run_starts[0])
