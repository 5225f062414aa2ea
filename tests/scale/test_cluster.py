"""Whose a cluster is, when it is closed, and what is said when it is gone."""

from __future__ import annotations

import os
import threading
import time

import psutil
import pytest

import framelens
from framelens import DataError, OptionError
from framelens.scale import cluster as clusters
from framelens.scale.cluster import DaskRunner, dask_runner
from made_datasets import random_dataset
from same_numbers import assert_same
from tables_on_disk import as_tables, write_parquet_pair

distributed = pytest.importorskip("distributed", reason="the extra framelens[dask] is not installed")
dask = pytest.importorskip("dask")
SHAPE = {"frames": 12, "classes": 3, "objects": 30, "detections": 120}


def _workers():
    """Processes that Dask has started below this one."""
    return {
        child.pid for child in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(child.cmdline())
    }


def test_without_a_client_processes_are_started_and_ended(tmp_path, monkeypatch):
    # Left in this process by a cluster of Dask's own, started before.
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    files = write_parquet_pair(random_dataset(4, **SHAPE), tmp_path)
    before, whole = _workers(), framelens.evaluate(*files)
    configured = dask.config.set({"distributed.nanny.pre-spawn-environ": {"OF_THE_USER": "7"}})
    with configured, framelens.evaluate(*files, engine="dask", memory="400MB", resume=tmp_path / "work") as ev:
        runner = ev.shards.runner
        for name, value in {"OF_THE_USER": "7", "OMP_NUM_THREADS": "1"}.items():
            assert set(runner.client.run(os.getenv, name).values()) == {value}
        assert os.getpid() not in runner.client.run(os.getpid).values()
        assert len(_workers() - before) >= 1
        # The allocator of the workers keeps what it will need in a moment.
        assert not any(runner.client.run(os.getenv, "MALLOC_TRIM_THRESHOLD_").values())
        assert os.environ["MALLOC_TRIM_THRESHOLD_"] == "65536"
        assert "OMP_NUM_THREADS" not in os.environ
        assert_same(whole, ev)
    end = time.monotonic() + 20
    while _workers() - before and time.monotonic() < end:
        time.sleep(0.1)
    assert not _workers() - before
    # What was not asked before is read in this process.
    assert_same(whole.at(confidence=0.3), ev.at(confidence=0.3))
    assert len(ev.examples(limit=3)) == 3
    ev.close()


class Part:
    def __init__(self, name, closed):
        self.name, self.closed, self.status = name, closed, "running"

    def close(self):
        self.closed.append(self.name)
        if self.name == "broken":
            raise OSError("already gone")


def test_what_nobody_holds_is_closed():
    closed = []
    runner = DaskRunner(None, progress=False, owned=(Part("broken", closed), Part("cluster", closed)))
    del runner
    assert closed == ["broken", "cluster"]


def test_a_cluster_that_nobody_can_talk_to_is_closed(monkeypatch):
    closed = []
    monkeypatch.setattr(distributed, "LocalCluster", lambda **_: Part("cluster", closed))
    monkeypatch.setattr(distributed, "Client", Deaf)
    with pytest.raises(OSError, match="no connection"):
        dask_runner(None, progress=False, memory=10**9)
    assert closed == ["cluster"]


class Deaf:
    def __init__(self, *_, **__):
        raise OSError("no connection")


def test_a_failed_evaluation_leaves_no_cluster(tmp_path, monkeypatch):
    closed = []
    owned = (Part("client", closed), Part("cluster", closed))
    monkeypatch.setattr(
        "framelens.scale.run.dask_runner", lambda *_, **__: DaskRunner(owned[0], progress=False, owned=owned)
    )
    with pytest.raises(DataError):
        framelens.evaluate([{"nothing": 1}], [], engine="dask", resume=tmp_path)
    assert closed == ["client", "cluster"]


def test_the_clients_of_others_stay_open(threads, tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    framelens.evaluate(truth, found, engine="dask", client=threads, resume=tmp_path).close()
    assert threads.status == "running"


def test_an_address_is_enough(threads, tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    address = threads.scheduler.address
    with framelens.evaluate(truth, found, engine="dask", client=address, resume=tmp_path) as large:
        client = large.shards.runner.client
        assert_same(framelens.evaluate(truth, found), large)
    assert client.status == "closed"
    assert threads.status == "running"
    with pytest.raises(DataError, match="connection to the Dask cluster is closed; start it again"):
        large.at(confidence=0.3).confusion()


def test_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "_CONNECT", 1)
    truth, found = as_tables(random_dataset(4, **SHAPE))
    with pytest.raises(OptionError, match="no Dask scheduler answers at 'tcp:"):
        framelens.evaluate(truth, found, engine="dask", client="tcp://127.0.0.1:9", resume=tmp_path)


@pytest.fixture
def empty():
    """A client of a cluster without workers, and the cluster."""
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as running,
        distributed.Client(running, set_as_default=False) as client,
    ):
        yield client, running


def test_a_cluster_that_goes_away_is_one_line(empty):
    client, running = empty
    runner = dask_runner(client, progress=False, memory=10**9)
    leaving = threading.Timer(0.5, running.close)
    leaving.start()
    with pytest.raises(DataError, match=r"the Dask cluster is gone: .*; start it again; the same call with resume="):
        list(runner.map(len, [((),), ((),)], [1, 1], "waiting"))
    leaving.join()


def test_a_cluster_without_workers_is_waited_for_and_then_named(empty, monkeypatch):
    monkeypatch.setattr(clusters, "_LOOK", 0.1)
    monkeypatch.setattr(clusters, "_PATIENCE", 0.3)
    with pytest.raises(DataError, match=r"has had no workers for 0\.3 seconds"):
        dask_runner(empty[0], progress=False, memory=10**9).call(len, ())


def test_an_error_of_the_call_comes_through(threads):
    runner = dask_runner(threads, progress=False, memory=10**9)
    with pytest.raises(DataError, match=r"a\.csv: broken"):
        runner.call(_fail, DataError("broken", file="a.csv"))
    with pytest.raises(TimeoutError, match="its own"):
        runner.call(_fail, TimeoutError("its own"))


def _fail(error):
    raise error
