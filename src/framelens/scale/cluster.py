"""Calls on the workers of a Dask cluster: whose it is, and what happens when it goes away."""

from __future__ import annotations

import os
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from framelens.errors import DataError, MissingExtraError, OptionError, one_line
from framelens.scale.runners import LocalRunner, progress_bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from framelens.scale.runners import Runner

__all__ = ["DaskRunner", "dask_runner", "local_workers"]

_RETRIES = 5
_OPEN = ("running", "connecting")
# Seconds between two looks at the cluster while an answer is waited for, and how long it may be without any worker.
_LOOK, _PATIENCE = 2.0, 60.0
_CONNECT = 10
_AGAIN = "start it again; the same call with resume= goes on from its finished batches"
# Dask starts its workers with MALLOC_TRIM_THRESHOLD_=65536: every large array is given back to the system and fetched
# again, which makes matching 2.5 times as slow. Without it the allocator keeps what it will need in a moment. What Dask
# sets for its workers stays in the environment of this process, so that an earlier cluster may have left it there.
_TRIM = "MALLOC_TRIM_THRESHOLD_"
_PRE_SPAWN, _TRIM_OF_DASK = "distributed.nanny.pre-spawn-environ", "65536"
_BEFORE_START = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
_SHARE = 0.7
_GUARD = 'in a script, begin with: if __name__ == "__main__": - each process imports the script first'


class DaskRunner:
    """Calls on the workers of a Dask cluster; what a lost worker was doing is done again by another.

    Parameters
    ----------
    client : distributed.Client
    progress : bool
    owned : tuple
        What :meth:`close` closes, in this order: the client where it was made here, and the cluster. It is closed
        too when nobody holds the runner any more, and at the end of the program.
    """

    def __init__(self, client: Any, *, progress: bool, owned: tuple[Any, ...] = ()) -> None:
        self.client, self._progress = client, progress
        #: Whether workers may see other files than this process.
        self.remote = len(owned) < 2  # noqa: PLR2004 - client and cluster: processes of this machine
        self._closing = weakref.finalize(self, _close, owned)

    @property
    def workers(self) -> int:
        """How many workers there are now, at least 1."""
        return max(1, self._alive())

    def _alive(self) -> int:
        return len(self.client.scheduler_info(n_workers=-1).get("workers", ()))

    def close(self) -> Runner:
        """Close what was started for this runner, and return what answers from now on."""
        ours = not self.remote
        self._closing()
        return LocalRunner(progress=self._progress) if ours else self

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """See :class:`~framelens.scale.runners.Runner`."""
        return self._result(self._submit(function, args))

    def map(
        self,
        function: Callable[..., Any],
        items: Sequence[tuple[Any, ...]],
        sizes: Sequence[int],
        what: str,
        *,
        unit: str = "boxes",
        done: int = 0,
    ) -> Iterator[Any]:
        """See :class:`~framelens.scale.runners.Runner`."""
        futures = [self._submit(function, item) for item in items]
        try:
            with progress_bar(sum(sizes), what, unit=unit, done=done, shown=self._progress) as bar:
                for future, size in zip(futures, sizes, strict=True):
                    yield self._result(future)
                    bar.update(size)
        finally:
            with suppress(Exception):  # nothing to cancel on a cluster that is gone
                self.client.cancel(futures)

    def _submit(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if self.client.status not in _OPEN:
            raise _gone("the connection to the Dask cluster is closed")
        return self.client.submit(function, *args, pure=False, retries=_RETRIES)

    def _result(self, future: Any) -> Any:
        """Wait for an answer as long as somebody may give one.

        Raises
        ------
        DataError
            The cluster is gone, has no workers, or its workers die of this call.
        """
        waited = 0.0
        while not self._answered(future):
            if self.client.status not in _OPEN:
                raise _gone("the Dask cluster is gone: its scheduler no longer answers")
            waited = 0.0 if self._alive() else waited + _LOOK
            if waited >= _PATIENCE:
                raise _gone(f"the Dask cluster has had no workers for {_PATIENCE:g} seconds")
        return future.result()

    @staticmethod
    def _answered(future: Any) -> bool:
        """Wait a moment; an error of the call is raised."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker, TimeoutError  # noqa: A004 - not the same before Python 3.11

        try:
            future.result(timeout=_LOOK)
        except KilledWorker:
            problem = "several workers of the Dask cluster died over the same batch, most often for want of memory"
            raise DataError(problem, remedy="give less memory=, so that batches are smaller") from None
        except CancelledError:
            raise _gone("the Dask cluster is gone: its scheduler no longer answers") from None
        except TimeoutError:
            # of the waiting, or of the call itself; an answer that came this moment is taken at the next look
            if future.status == "error" and isinstance(future.exception(), TimeoutError):
                raise
            return False
        return True


def _gone(problem: str) -> DataError:
    return DataError(problem, remedy=_AGAIN)


def _close(owned: tuple[Any, ...]) -> None:
    for part in owned:
        with suppress(Exception):  # it may be gone already
            part.close()


def dask_runner(client: Any, *, progress: bool, memory: int) -> DaskRunner:
    """Connect to a cluster.

    Parameters
    ----------
    client : distributed.Client, str or None
        A client, the address of a scheduler, or None for processes on this machine, which are closed with the runner.
    progress : bool
    memory : int
        Bytes of each worker.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    OptionError
        The scheduler does not answer, or ``client`` is something else.
    DataError
        The processes do not start, as in a script without ``if __name__ == "__main__":``.
    """
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError("dask", "dask") from None
    if isinstance(client, Client):
        return DaskRunner(client, progress=progress)
    if client is None:
        return _local(progress=progress, memory=memory)
    if not isinstance(client, str):
        raise OptionError(f"client must be a Dask client or an address, not {type(client).__name__}")
    try:
        connected = Client(client, timeout=_CONNECT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise OptionError(f"no Dask scheduler answers at {one_line(client, 80)!r}: {one_line(error, 120)}") from None
    return DaskRunner(connected, progress=progress, owned=(connected,))


def _local(*, progress: bool, memory: int) -> DaskRunner:
    """Start processes on this machine.

    Batches are cut for the memory of a worker, so that Dask's own limit, which stops workers, is not needed.
    """
    import multiprocessing

    import dask
    from dask.system import CPU_COUNT
    from distributed import Client, LocalCluster
    from distributed.system import MEMORY_LIMIT

    if getattr(multiprocessing.current_process(), "_inheriting", False):  # a worker that is still importing the script
        raise DataError(
            "a process of the Dask cluster came here itself and starts no cluster of its own", remedy=_GUARD
        )
    try:
        with _environment(), dask.config.set({_PRE_SPAWN: _before_start(dask.config.get(_PRE_SPAWN, {}))}):
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=local_workers(CPU_COUNT, MEMORY_LIMIT, memory),
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",
                memory_limit=0,
            )
    except RuntimeError:
        raise DataError("the processes of the Dask cluster did not start", remedy=_GUARD) from None
    try:
        client = Client(cluster, set_as_default=False)  # type: ignore[no-untyped-call]
    except BaseException:
        _close((cluster,))
        raise
    return DaskRunner(client, progress=progress, owned=(client, cluster))


def _before_start(configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is set for workers: what the user's configuration says, without Dask's own word to the allocator."""
    every = {**_BEFORE_START, **configured}
    return {name: value for name, value in every.items() if (name, str(value)) != (_TRIM, _TRIM_OF_DASK)}


@contextmanager
def _environment() -> Iterator[None]:
    """Start without the allocator's setting of an earlier cluster, and leave the variables of this process as found."""
    kept = dict(os.environ)
    os.environ.pop(_TRIM, None)
    try:
        yield
    finally:
        for name in os.environ.keys() - kept.keys():
            del os.environ[name]
        os.environ.update(kept)


def local_workers(processors: int, total: int, memory: int) -> int:
    """Return how many processes are started: one for each processor, as far as the memory of the machine allows.

    >>> local_workers(16, 32_000_000_000, 2_000_000_000)
    11
    """
    return max(1, min(processors, int(_SHARE * total // memory)))
