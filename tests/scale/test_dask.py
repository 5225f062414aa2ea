"""A Dask cluster gives the numbers of one process, also when workers die."""

from __future__ import annotations

import builtins
import os
import signal
import threading
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import framelens
from framelens import Evaluation, MissingExtraError
from framelens.scale import shards
from framelens.scale.cluster import DaskRunner
from framelens.scale.database import opened
from framelens.scale.run import evaluate_large
from made_datasets import random_dataset, verified
from same_numbers import assert_same
from tables_on_disk import as_tables, write_coco, write_parquet_pair

SHAPE = {"frames": 12, "classes": 3, "objects": 30, "detections": 120}
SEEDS = range(200)
# Every twentieth dataset goes the whole way from files, which DuckDB puts in order; the others begin with what is read.
FROM_FILES = 20


@pytest.fixture(scope="module")
def one_database():
    """Give one database whenever one is opened, and empty it afterwards: to open one takes longer than to use it."""
    with opened(10**9) as database:

        @contextmanager
        def emptied(*_):
            try:
                yield database
            finally:
                for (name,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                    database.execute(f"DROP TABLE {name}")

        yield emptied


@pytest.mark.parametrize("seed", SEEDS)
def test_memory_batches_and_cluster_agree(seed, threads, one_database, tmp_path, monkeypatch):
    dataset, iou = random_dataset(seed, **SHAPE), (0.5, 0.4)[seed % 2]
    files, whole = (None, None), Evaluation(dataset, iou=iou)
    if seed % FROM_FILES == 0 and len(dataset.objects) and len(dataset.detections):
        files = _written(dataset, tmp_path, as_json=seed % (2 * FROM_FILES) == 0)
        whole = framelens.evaluate(*files, iou=iou)
    else:
        monkeypatch.setattr("framelens.scale.prepare._read_whole", lambda _: dataset)
        monkeypatch.setattr("framelens.scale.prepare.opened", one_database)
    if seed % 4 == 0:  # as where there are enough for all workers
        monkeypatch.setattr(shards, "_WORTH_A_CALL", 20)
    options = {"iou": iou, "memory": "400MB", "resume": tmp_path / "work"}
    in_batches = evaluate_large(*files, batch_rows=60, **options)
    in_batches.shards.at_once = 1 + seed % 40  # as where one class alone has more detections than fit
    assert_same(whole, in_batches, evaluate_large(*files, engine="dask", client=threads, batch_rows=61, **options))


@pytest.mark.parametrize("seed", [2, 3])
def test_worker_processes_agree(seed, cluster, tmp_path):
    files = _written(random_dataset(seed, **SHAPE), tmp_path, as_json=seed == 3)
    large = framelens.evaluate(*files, engine="dask", client=cluster, resume=tmp_path / "work")
    assert_same(framelens.evaluate(*files), large)


def _written(dataset, folder, *, as_json):
    return (write_coco if as_json else write_parquet_pair)(dataset, folder)


def test_tables_in_memory_are_sent(threads, tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    large = framelens.evaluate(truth, found, engine="dask", client=threads, resume=tmp_path)
    assert_same(framelens.evaluate(truth, found), large)


def test_lvis_on_a_cluster(threads, tmp_path, monkeypatch):
    dataset = verified(random_dataset(4, **SHAPE), 4)
    monkeypatch.setattr("framelens.scale.prepare._read_whole", lambda _: dataset)
    large = evaluate_large(None, None, rules="lvis", engine="dask", client=threads, resume=tmp_path, batch_rows=50)
    assert large.shards.plan.batches > 1
    assert_same(Evaluation(dataset, rules="lvis"), large)


def test_pictures_come_from_the_workers(cluster, tmp_path):
    dataset, frames = random_dataset(4, **SHAPE), tmp_path / "frames"
    frames.mkdir()
    for number in range(len(dataset.frames)):
        Image.fromarray(np.full((200, 200, 3), 90, dtype=np.uint8)).save(frames / f"cam_{number}.jpg")
    files = write_parquet_pair(dataset, tmp_path)
    large = framelens.evaluate(*files, frames=frames, engine="dask", client=cluster, resume=tmp_path / "work")
    near = large.zoom("class 0")
    asked, runner = [], large.shards.runner
    runner.call = lambda *args: asked.append(args[-1]) or DaskRunner.call(runner, *args)
    picture = near.pictures.whole(0)
    assert Image.open(BytesIO(picture.data)).size == (200, 200)
    assert asked == [near.dataset.frames.names[0]]


def test_a_killed_worker_costs_time_alone(cluster, tmp_path):
    """A worker process is killed as soon as the first batches are there."""
    files = write_parquet_pair(random_dataset(13, frames=60, classes=3, objects=300, detections=1500), tmp_path)
    work = tmp_path / "work"
    victim, over, struck = min(cluster.run(os.getpid).values()), threading.Event(), threading.Event()

    def kill():
        while not list(work.glob("*/batch-000002")):
            if over.wait(0.01):
                return
        os.kill(victim, signal.SIGKILL)
        struck.set()

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        large = evaluate_large(*files, engine="dask", client=cluster, resume=work, batch_rows=25)
    finally:
        over.set()
        killing.join()
    assert struck.is_set(), "it was over before anybody could be killed"
    assert_same(framelens.evaluate(*files), large)
    assert victim not in set(cluster.run(os.getpid).values())


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    honest = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split(".")[0] in {"distributed", "dask"}:
            raise ImportError(name)
        return honest(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    truth, found = as_tables(random_dataset(4, **SHAPE))
    with pytest.raises(MissingExtraError, match=r'pip install "framelens\[dask\]"'):
        framelens.evaluate(truth, found, engine="dask", resume=tmp_path)
