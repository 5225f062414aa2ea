"""Where the work is done: in this process, or on the workers of a Dask cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from framelens.errors import MissingExtraError, OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["DaskRunner", "LocalRunner", "Runner", "dask_runner"]

_RETRIES = 5


class Runner(Protocol):
    """Calls functions of plain arguments."""

    #: Whether the calls see another machine's files.
    remote: bool

    @property
    def workers(self) -> int:
        """How many calls run at the same time."""

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return what one call returns."""

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], sizes: Sequence[int], what: str
    ) -> Iterator[Any]:
        """Yield what the calls return, in order, and show how far they are and how long they will take."""


class LocalRunner:
    """One call after the other, in this process.

    Parameters
    ----------
    progress : bool
    """

    remote = False
    workers = 1

    def __init__(self, *, progress: bool) -> None:
        self._progress = progress

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """See :class:`Runner`."""
        return function(*args)

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], sizes: Sequence[int], what: str
    ) -> Iterator[Any]:
        """See :class:`Runner`."""
        with _bar(sum(sizes), what, shown=self._progress) as bar:
            for item, size in zip(items, sizes, strict=True):
                yield function(*item)
                bar.update(size)


class DaskRunner:
    """Calls on the workers of a Dask cluster; what a lost worker was doing is done again by another.

    Parameters
    ----------
    client : distributed.Client
    progress : bool
    """

    remote = True

    def __init__(self, client: Any, *, progress: bool) -> None:
        self.client, self._progress = client, progress

    @property
    def workers(self) -> int:
        """How many workers there are now."""
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """See :class:`Runner`."""
        return self.client.submit(function, *args, pure=False, retries=_RETRIES).result()

    def map(
        self, function: Callable[..., Any], items: Sequence[tuple[Any, ...]], sizes: Sequence[int], what: str
    ) -> Iterator[Any]:
        """See :class:`Runner`."""
        futures = [self.client.submit(function, *item, pure=False, retries=_RETRIES) for item in items]
        try:
            with _bar(sum(sizes), what, shown=self._progress) as bar:
                for future, size in zip(futures, sizes, strict=True):
                    yield future.result()
                    bar.update(size)
        finally:
            self.client.cancel(futures)


def dask_runner(client: Any, *, progress: bool, memory: int | None = None) -> DaskRunner:
    """Connect to a cluster.

    Parameters
    ----------
    client : distributed.Client, str or None
        A client, the address of a scheduler, or None for a ``LocalCluster`` of processes on this machine.
    progress : bool
    memory : int or None
        Bytes that all workers of a ``LocalCluster`` may take together.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    OptionError
        The scheduler does not answer, or ``client`` is something else.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise MissingExtraError("dask", "dask") from None
    if isinstance(client, Client):
        return DaskRunner(client, progress=progress)
    if isinstance(client, str):
        try:
            connected = Client(client, timeout=10)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise OptionError(
                f"no Dask scheduler answers at {one_line(client, 80)!r}: {one_line(error, 120)}"
            ) from None
        return DaskRunner(connected, progress=progress)
    if client is not None:
        raise OptionError(f"client must be a Dask client or an address, not {type(client).__name__}")
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=memory or "auto"
    )
    return DaskRunner(Client(cluster), progress=progress)  # type: ignore[no-untyped-call]


def _bar(total: int, what: str, *, shown: bool) -> Any:
    """Return a bar that shows boxes done and time left once a second has passed."""
    from tqdm import tqdm

    visible = shown and (sys.stderr.isatty() or "ipykernel" in sys.modules)
    return tqdm(
        total=total,
        desc=what,
        unit=" boxes",
        unit_scale=True,
        delay=1.0,
        leave=False,
        file=sys.stderr,
        disable=not visible,
    )
