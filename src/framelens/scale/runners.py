"""Where the work is done: in this process, or on the workers of a cluster (:mod:`framelens.scale.cluster`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from framelens.data.progress import bar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["LocalRunner", "Runner", "progress_bar"]


class Runner(Protocol):
    """Calls functions of plain arguments."""

    #: Whether the calls see another machine's files.
    remote: bool

    @property
    def workers(self) -> int:
        """How many calls run at the same time."""

    def close(self) -> Runner:
        """Let go of what was started for this runner, and return what answers from now on."""

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return what one call returns."""

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
        """Yield what the calls return, in order, and show how far they are and how long they will take.

        ``done`` of the ``unit`` were finished before, and say nothing about the time that the others will take.
        """


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

    def close(self) -> Runner:
        """See :class:`Runner`."""
        return self

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """See :class:`Runner`."""
        return function(*args)

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
        """See :class:`Runner`."""
        with progress_bar(sum(sizes), what, unit=unit, done=done, shown=self._progress) as drawn:
            for item, size in zip(items, sizes, strict=True):
                yield function(*item)
                drawn.update(size)


def progress_bar(total: int, what: str, *, shown: bool, unit: str = "boxes", done: int = 0) -> Any:
    """Return a bar that shows what is done, of ``total`` after the ``done``, and time left once a second has passed."""
    return bar(what, shown=shown, total=done + total, initial=done, unit=f" {unit}", unit_scale=True)
