"""A thread that follows a log: who hears of it, when it ends, and that none is left."""

from __future__ import annotations

import gc
import threading
import weakref
from types import SimpleNamespace

import pytest

from framelens.errors import OptionError
from framelens.training.follow import Follower
from framelens.training.watching import RunWatch, _cell_of, _stop_with_cell

HEAD = "epoch,train/box_loss,metrics/mAP50(B)\n"


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
