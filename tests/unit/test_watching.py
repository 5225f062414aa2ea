"""A log that is followed while it is written: only complete lines, whatever becomes of the file, and no thread left."""

from __future__ import annotations

import gc
import itertools
import subprocess
import sys
import threading
import time
import weakref
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import log_writer
from framelens.errors import OptionError
from framelens.training import read_run
from framelens.training.follow import Follower, continued
from framelens.training.history import History
from framelens.training.logfile import LogFile
from framelens.training.watching import RunWatch, _cell_of, _stop_with_cell

HEAD = "epoch,train/box_loss,metrics/mAP50(B)\n"
SERIES = ("train/box", "val/box", "map50", "map50_95")
SEEDS = range(50)


def watching():
    return [thread for thread in threading.enumerate() if thread.name == "framelens-watch"]


@pytest.fixture
def threads():
    """Lists the threads that the test began; what an earlier one left may still be ending."""
    earlier = set(watching())
    return lambda: [thread for thread in watching() if thread not in earlier]


@pytest.fixture
def log(tmp_path):
    return tmp_path / "results.csv"


# -- one look ------------------------------------------------------------------------------------------


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


# -- the thread ------------------------------------------------------------------------------------------


def test_listeners_hear_of_new_epochs_until_the_watch_is_stopped(log, threads):
    heard = []
    with RunWatch(log, interval=0.01) as watch:
        watch.on_update(lambda history: heard.append(len(history)))
        watch.on_update(lambda _history: 1 / 0)
        log.write_text(HEAD + "1,1.5,0.4\n")
        assert watch.wait(lambda history: len(history) == 1, timeout=30)
        with log.open("a") as file:
            file.write("2,1.2,0.5\n")
        assert watch.wait(lambda history: len(history) == 2, timeout=30)
        assert watch.running
        assert len(threads()) == 1
    assert heard == [1, 2]
    assert not watch.running
    assert threads() == []
    watch.stop()


def test_the_last_line_is_seen_at_the_end(log):
    log.write_text(HEAD + "1,1.5,0.4\n")
    watch = RunWatch(log, interval=60)
    with log.open("a") as file:
        file.write("2,1.2,0.5\n")
    watch.stop()
    assert len(watch.history) == 2


def test_a_watch_that_nobody_holds_ends_by_itself(log, threads):
    log.write_text(HEAD + "1,1.5,0.4\n")
    watch = RunWatch(log, interval=0.01)
    gone, [thread] = weakref.ref(watch), threads()
    del watch
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()
    assert gone() is None


def test_waiting_ends_with_the_watch(log):
    watch = RunWatch(log, interval=0.01)
    stopping = threading.Timer(0.05, watch.stop)
    stopping.start()
    assert not watch.wait(lambda history: len(history) > 5)
    stopping.join()


def test_an_error_in_a_reader_does_not_end_it(log, monkeypatch):
    log.write_text(HEAD + "1,1.5,0.4\n")
    failed = threading.Event()

    def fail(_self):
        failed.set()
        raise RuntimeError("reader")

    with RunWatch(log, interval=0.01) as watch:
        monkeypatch.setattr(Follower, "poll", fail)
        assert failed.wait(30)
        monkeypatch.undo()
        with log.open("a") as file:
            file.write("2,1.2,0.5\n")
        assert watch.wait(lambda history: len(history) == 2, timeout=30)


@pytest.mark.parametrize("interval", [0, -1, float("nan"), 1e9])
def test_intervals_are_checked(log, interval):
    with pytest.raises(OptionError, match="interval"):
        RunWatch(log, interval=interval)


def test_an_unknown_format_is_said_at_once(log, threads):
    with pytest.raises(OptionError, match="ultralitics"):
        RunWatch(log, format="ultralitics")
    assert threads() == []


class Shell:
    """The part of IPython's shell that tells which cell runs."""

    def __init__(self, cell):
        self.cell, self.events = cell, self
        self.callbacks = {"pre_run_cell": []}

    def get_parent(self):
        return {"metadata": {"cellId": self.cell}}

    def register(self, name, callback):
        self.callbacks[name].append(callback)

    def unregister(self, name, callback):
        self.callbacks[name].remove(callback)

    def run(self, cell):
        for callback in list(self.callbacks["pre_run_cell"]):
            callback(SimpleNamespace(cell_id=cell))


def test_a_watch_stops_when_its_cell_runs_again(log, monkeypatch, threads):
    shell = Shell("a")
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    watch = RunWatch(log, interval=0.01)
    shell.run("b")
    assert watch.running
    shell.run("a")
    assert not watch.running
    assert shell.callbacks["pre_run_cell"] == []
    assert threads() == []
    lost = RunWatch(log, interval=0.01)
    [thread] = threads()
    del lost
    gc.collect()
    thread.join(30)  # it may hold the watch for the moment of a look
    shell.run("b")
    assert shell.callbacks["pre_run_cell"] == []


def test_without_a_notebook_there_is_no_cell(log):
    assert _cell_of(None) is None
    assert _cell_of(SimpleNamespace(get_parent=lambda: {"metadata": {}})) is None
    with RunWatch(log) as watch:
        assert _stop_with_cell(watch)() is None
