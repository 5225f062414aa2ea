"""Two threads for work that numpy does without the interpreter's lock."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["in_order"]

_THREADS = 2
_PREFIX = "framelens-worker"
Item = TypeVar("Item")
Result = TypeVar("Result")


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the same two threads for everybody: two pools beside each other would only fight for lock and caches."""
    return ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix=_PREFIX)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of its parent's threads


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``work(item)`` for each item in order, two at a time; few items and results exist at once.

    What raises, raises here. A single item needs no thread, and work that calls this again goes on in its own:
    there would be nobody left to wait for.

    Parameters
    ----------
    work : callable
        Worth a thread where it works on arrays of some 10,000 entries and more. It must wait for nothing that a
        caller may hold while it waits here, such as a lock: both threads are shared by everybody.
    items : iterable
        May be a generator; it runs in the caller's thread.

    Yields
    ------
    object

    Examples
    --------
    >>> list(in_order(len, ["a", "bb", "ccc"]))
    [1, 2, 3]
    """
    rest = iter(items)
    first = list(islice(rest, 2))
    if len(first) < 2 or _is_worker():
        yield from map(work, chain(first, rest))
        return
    waiting: deque[Future[Result]] = deque()
    threads = _pool()
    try:
        for item in chain(first, rest):
            waiting.append(threads.submit(work, item))
            if len(waiting) > 2 * _THREADS:
                yield _take(waiting)
        while waiting:
            yield _take(waiting)
    finally:
        # Nothing goes on behind the back of a caller who has stopped or met an error. A worker comes here where it
        # collects garbage: what it would wait for may be its own work.
        for future in waiting:
            future.cancel()
        for future in () if _is_worker() else waiting:
            if not future.cancelled():
                future.exception()


def _is_worker() -> bool:
    return threading.current_thread().name.startswith(_PREFIX)


def _take(waiting: deque[Future[Result]]) -> Result:
    """Wait for the first; an interrupted wait leaves it in its place."""
    result = waiting[0].result()
    waiting.popleft()
    return result
