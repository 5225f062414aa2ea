"""Charts of runs without an evaluation: finished ones, and one that is still being written."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import OptionError
from framelens.training.history import History
from framelens.training.registry import read_run
from framelens.training.watching import Pace, RunWatch

if TYPE_CHECKING:
    from framelens.widgets.epoch_charts import EpochCharts

__all__ = ["LiveRun", "epoch_charts", "watch"]

#: Part of a core that looking for signals may take beside reading and drawing.
_SIGNALS_SHARE: Final = 0.004


class LiveRun(RunWatch):
    """A run that is followed while it is written, with charts that grow; see :func:`watch`."""

    def __init__(self, source: str | os.PathLike[str], **options: Any) -> None:
        self._charts: EpochCharts | None = None
        self._signals = Pace(_SIGNALS_SHARE, 1.0)
        self._signals_due, self._marks_wait = 0.0, False
        super().__init__(source, **options)

    @property
    def charts(self) -> EpochCharts:
        """The charts; made when they are first asked for, empty before the first epoch."""
        from framelens.widgets.epoch_charts import EpochCharts

        if self._charts is None:
            self._charts = EpochCharts(self.history or _nothing_yet())
            self._say()
        return self._charts

    def stop(self) -> None:
        """Look a last time, bring the signals up to date and end the thread; a second call does nothing."""
        ended = self._stopping.is_set()
        super().stop()
        if not ended:
            self._redraw(marks=True)
            if self._charts is not None and self._charts.comm is not None:
                with contextlib.suppress(
                    OptionError
                ):  # not displayed, so that there is no twin to be brought up to date
                    self._charts.freeze()

    def close(self) -> None:
        """Stop, and take the charts off the page."""
        self.stop()
        if self._charts is not None:
            self._charts.close()

    def _look(self) -> float:
        shown, pause = self.history, super()._look()
        began = time.thread_time()
        if self.history is not shown:
            self._redraw(marks=False)
            self._marks_wait = True
        self._say()
        pause = max(pause, self._pace.pause(time.thread_time() - began))
        if self._marks_wait and time.monotonic() >= self._signals_due:
            began = time.thread_time()
            self._redraw(marks=True)
            self._marks_wait = False
            self._signals_due = time.monotonic() + self._signals.pause(time.thread_time() - began)
        return pause

    def _redraw(self, *, marks: bool) -> None:
        if self._charts is not None and self._charts.comm is not None and self.history is not None:
            self._charts.update(self.history, marks=marks)
            self._say()

    def _say(self) -> None:
        """Say under the charts how it stands."""
        if self._charts is None or self._charts.comm is None:
            return
        state = "following the log" if self.running else "no longer followed"
        words = f"{state}: {self.problem}" if self.problem else state
        if self._charts.readout.status != words:
            self._charts.readout.status = words

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from framelens.presentation import in_notebook

        if in_notebook():
            display(self.charts)  # type: ignore[no-untyped-call]
        else:
            print(repr(self))  # noqa: T201 - what a terminal shows


def watch(source: str | os.PathLike[str], *, format: str | None = None, interval: float = 0.25) -> LiveRun:  # noqa: A002
    r"""Follow a training log while it is written; in a notebook its charts grow in place.

    Only complete lines are shown. The log may be cut, moved away or begun anew, and need not exist yet.

    Parameters
    ----------
    source : path
        A log file or the folder of a run.
    format : str, optional
        Name of a reader; by default the content tells.
    interval : float
        Seconds between two looks at least.

    Returns
    -------
    LiveRun
        ``charts``, ``history``, ``problem``, ``wait(until, timeout)``, ``on_update(callback)``. It ends with
        ``stop()``, with its ``with`` block, when nothing refers to it, and when its cell runs again.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp(), "results.csv")
    >>> with watch(log) as run:
    ...     _ = log.write_text("epoch,train/box_loss,metrics/mAP50(B)\n1,1.5,0.4\n")
    ...     run.wait(lambda history: len(history) == 1, timeout=10)
    True
    """
    return LiveRun(source, format=format, interval=interval)


def epoch_charts(runs: Any, *, format: str | None = None) -> EpochCharts:  # noqa: A002
    r"""Draw one run, or several over each other.

    Parameters
    ----------
    runs : path, History or iterable of them
    format : str, optional
        Name of a reader for all of them.

    Returns
    -------
    EpochCharts

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training import History
    >>> one, two = (History("yolo", "detect", np.array([1, 2]), {"map50": np.array([0.1, top])}, name=name)
    ...             for name, top in (("small", 0.4), ("large", 0.5)))
    >>> charts = epoch_charts([one, two])
    >>> [row["label"] for row in charts.readout.rows]
    ['small · mAP50', 'large · mAP50']
    >>> charts.close()
    """
    from framelens.widgets.epoch_charts import EpochCharts

    alone = isinstance(runs, (str, os.PathLike, History)) or not isinstance(runs, Iterable)
    return EpochCharts([read_run(one, format=format) for one in ([runs] if alone else runs)])


def _nothing_yet() -> History:
    import numpy as np

    return History("unknown", "unknown", np.empty(0, dtype=np.int64), {})
