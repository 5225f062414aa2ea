"""Two threads for work that numpy does without the interpreter's lock."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["in_order"]

_THREADS = 2
Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield ``work(item)`` for each item in order, two at a time; few items and results exist at once.

    What raises, raises here. A single item needs no thread.

    Parameters
    ----------
    work : callable
        Worth a thread where it works on arrays of some 10,000 entries and more.
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
    if len(first) < 2:
        yield from map(work, first)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        for item in chain(first, rest):
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
