"""Follows a training log in a thread of its own, at a bounded cost, until it is told to stop."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import OptionError, one_line
from framelens.training.follow import Follower

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from typing_extensions import Self

    from framelens.training.history import History

__all__ = ["Pace", "RunWatch"]

_LOG = logging.getLogger("framelens.training")
#: Part of a core that following may take; the pauses between two looks are as long as that needs.
_SHARE: Final = 0.014
_BURST: Final = 0.1
_JOIN: Final = 5.0


class Pace:
    """Says how long to wait so that work takes no more than its share of a core.

    What was not used in quiet times may be used at once, up to ``burst``: an epoch that ends after a while is shown
    without a pause, and a log that never rests keeps to the share.

    Parameters
    ----------
    share : float
        In (0, 1].
    shortest : float
        Seconds between two pieces of work at least.
    burst : float
        Seconds of a core that may be saved up.

    Examples
    --------
    >>> pace = Pace(0.01, 0.25, burst=0.01)
    >>> [round(pace.pause(cost, now=0.0), 3) for cost in (0.004, 0.006, 0.02)]
    [0.25, 0.25, 2.0]
    """

    def __init__(self, share: float, shortest: float, burst: float = 0.0) -> None:
        self.share, self.shortest, self.burst = share, shortest, burst
        self._credit, self._last = burst, 0.0

    def pause(self, cost: float, *, now: float | None = None) -> float:
        """Return the seconds to wait after work that took ``cost`` seconds of a core."""
        now = time.monotonic() if now is None else now
        self._credit = min(self.burst, self._credit + (now - self._last) * self.share) - cost
        self._last = now
        return max(self.shortest, -self._credit / self.share)


class RunWatch:
    """A training run that is followed while it is written.

    Parameters
    ----------
    source : path
        A log file or the folder of a run; it need not exist yet.
    format : str, optional
        Name of a reader; by default the content tells.
    interval : float
        Seconds between two looks at least.

    Notes
    -----
    The watch ends with :meth:`stop`, at the end of its ``with`` block, when nothing refers to it any more, and in a
    notebook when its cell runs again. It takes at most 1.4 % of a core in the long run: where a log is so long and
    grows so often that reading it would cost more, the pauses grow.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp(), "results.csv")
    >>> with RunWatch(log) as watch:
    ...     watch.on_update(lambda history: None)
    ...     _ = log.write_bytes(b"epoch,train/box_loss,metrics/mAP50(B)" + bytes([10]) + b"1,1.5,0.4" + bytes([10]))
    ...     watch.wait(lambda history: len(history) == 1, timeout=10)
    True
    >>> watch.stop()
    >>> watch.running, watch.problem, watch.history
    (False, None, History(ultralytics, 1 epochs, train/box, map50))
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        format: str | None = None,  # noqa: A002
        interval: float = 0.25,
    ) -> None:
        if not 0.01 <= interval <= 60:  # noqa: PLR2004 - also refuses nan
            raise OptionError(f"interval must be from 0.01 to 60 seconds, not {one_line(repr(interval), 40)}")
        self._follower = Follower(source, format=format)
        self._pace = Pace(_SHARE, interval, _BURST)
        self._changed = threading.Condition()
        self._listeners: list[Callable[[History], object]] = []
        self._stopping = threading.Event()
        self._look()  # what is there already, and options that are wrong, in the thread of the caller
        self._thread = threading.Thread(
            target=_follow, args=(weakref.ref(self), self._stopping), name="framelens-watch", daemon=True
        )
        self._release = _stop_with_cell(self)
        self._thread.start()

    @property
    def history(self) -> History | None:
        """What the complete lines of the log say; None before the first epoch."""
        return self._follower.history

    @property
    def problem(self) -> str | None:
        """Why nothing newer is shown, in words; None while all is well."""
        return self._follower.problem

    @property
    def running(self) -> bool:
        """Whether the log is still looked at."""
        return self._thread.is_alive() and not self._stopping.is_set()

    def on_update(self, callback: Callable[[History], object]) -> None:
        """Call ``callback(history)`` from the watching thread whenever an epoch was added or changed.

        What it raises is logged and ends nothing.
        """
        self._listeners.append(callback)

    def wait(self, until: Callable[[History], object], timeout: float | None = None) -> bool:
        """Wait until ``until(history)`` is true; return whether it is.

        Parameters
        ----------
        until : callable
        timeout : float or None
            Seconds; None waits as long as the watch runs.
        """

        def done() -> bool:
            return self._stopping.is_set() or self._holds(until)

        with self._changed:
            self._changed.wait_for(done, timeout)
        return self._holds(until)

    def stop(self) -> None:
        """Look a last time and end the thread; a second call does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._release()
        if threading.current_thread() is not self._thread:
            self._thread.join(_JOIN)
            self._look()
        with self._changed:
            self._changed.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        if self.history is None:
            return f"{type(self).__name__}({state}: {self.problem or 'no epoch yet'})"
        return f"{type(self).__name__}({state}: {self.history!r})"

    def _holds(self, until: Callable[[History], object]) -> bool:
        return self.history is not None and bool(until(self.history))

    def _look(self) -> float:
        """Look once, tell who wants to know, and return the seconds to wait."""
        began = time.thread_time()
        if self._follower.poll() and self.history is not None:
            for callback in list(self._listeners):
                _tell(callback, self.history)
            with self._changed:
                self._changed.notify_all()
        return self._pace.pause(time.thread_time() - began)


def _follow(ref: weakref.ref[RunWatch], stopping: threading.Event) -> None:
    """Look until told to stop, or until nobody holds the watch."""
    pause = 0.0
    while not stopping.wait(pause):
        watch = ref()
        if watch is None:
            return
        try:
            pause = watch._look()  # noqa: SLF001 - the other half of the class
        except Exception:  # noqa: BLE001 - whatever a reader does, the watch goes on
            _LOG.exception("the log could not be read; trying again")
            pause = 1.0
        del watch  # or the pause would keep it


def _tell(callback: Callable[[History], object], history: History) -> None:
    try:
        callback(history)
    except Exception:  # noqa: BLE001 - what a listener does is no matter of the watch
        _LOG.exception("a listener of a watched run failed")


def _stop_with_cell(watch: RunWatch) -> Callable[[], None]:
    """End a watch when the notebook cell that made it runs again; return what undoes that."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return _nothing
    shell = get_ipython()
    cell = _cell_of(shell)
    if shell is None or cell is None:
        return _nothing
    ref = weakref.ref(watch)

    def before(info: Any = None) -> None:
        known = ref()
        if known is None:
            release()
        elif getattr(info, "cell_id", None) == cell:
            known.stop()

    def release() -> None:
        if before in shell.events.callbacks["pre_run_cell"]:
            shell.events.unregister("pre_run_cell", before)

    shell.events.register("pre_run_cell", before)
    return release


def _cell_of(shell: Any) -> str | None:
    """Return the id of the notebook cell that runs now."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else None
    metadata = parent.get("metadata") if isinstance(parent, dict) else None
    cell = metadata.get("cellId") if isinstance(metadata, dict) else None
    return cell if isinstance(cell, str) else None


def _nothing() -> None:
    return None
