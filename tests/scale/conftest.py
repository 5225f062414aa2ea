"""Two small Dask clusters for all tests of this folder: threads, which cost little, and processes."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

import framelens


@contextmanager
def _two_workers(*, processes):
    """A client of two workers; the test is skipped, by name, without the extra."""
    distributed = pytest.importorskip("distributed", reason="the extra framelens[dask] is not installed")
    import dask

    with (
        dask.config.set({"distributed.worker.profile.enabled": False}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=processes, dashboard_address=":0", memory_limit=0
        ) as running,
        distributed.Client(running, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def threads():
    """A client of two workers in this process."""
    with _two_workers(processes=False) as client:
        yield client


@pytest.fixture(scope="session")
def cluster():
    """A client of two worker processes."""
    before = os.environ.get("PYTHONPATH")
    paths = [str(Path(framelens.__file__).parents[1]), str(Path(__file__).parents[1])]
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, *([before] if before else [])])
    try:
        with _two_workers(processes=True) as client:
            yield client
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
