"""A training log that is still being written: what its complete lines say at this moment.

Nothing here waits, starts a thread or keeps a file open: :meth:`Follower.poll` looks once.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from framelens.errors import DataError
from framelens.training.logfile import LogFile
from framelens.training.registry import find_log
from framelens.training.tidy import best_epoch, stopped_early

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.training.history import History
    from framelens.training.registry import RunReader

__all__ = ["Follower", "continued"]

_HEAD: Final = 4096


class _Seen(NamedTuple):
    """What tells a file that changed from one that did not."""

    device: int
    inode: int
    size: int
    modified: int


class Follower:
    r"""Reads a log again whenever it changed.

    A log that was cut, moved away or begun anew is read from its new beginning; epochs before the first one that it
    holds now stay as they were seen.

    Parameters
    ----------
    source : path
        A log file or the folder of a run; it need not exist yet.
    format : str, optional
        Name of a reader; by default the content tells.

    Attributes
    ----------
    history : History or None
        What complete lines say; None before the first epoch.
    problem : str or None
        Why nothing newer is shown, in words.

    Raises
    ------
    OptionError
        At the first :meth:`poll`, if ``format`` is unknown.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> log = pathlib.Path(tempfile.mkdtemp(), "results.csv")
    >>> follower = Follower(log)
    >>> follower.poll(), follower.problem
    (False, 'results.csv: there is no such file or folder')
    >>> _ = log.write_text("epoch,train/box_loss,metrics/mAP50(B)\n1,1.5,0.4\n2,1.")
    >>> follower.poll(), follower.history.epochs.tolist()
    (True, [1])
    """

    def __init__(self, source: str | os.PathLike[str], *, format: str | None = None) -> None:  # noqa: A002
        self.history: History | None = None
        self.problem: str | None = None
        self._source, self._format = source, format
        self._found: tuple[LogFile, RunReader] | None = None
        self._seen: tuple[_Seen | None, _Seen | None] | None = None
        self._earlier: History | None = None
        self._data = b""

    def poll(self) -> bool:
        """Look once; return whether the history changed."""
        try:
            return self._poll()
        except DataError as error:
            self.problem = str(error)
        except OSError as error:  # the file went away between two looks
            self.problem = f"the log cannot be read: {error.strerror or type(error).__name__}"
        return False

    def _poll(self) -> bool:
        if self._found is not None and self._seen == self._look(self._found[0].path):
            return False
        log, reader = self._find()
        before = self._seen
        self._found, self._seen = (log, reader), self._look(log.path)
        data = _steady_bytes(log)
        if data is None:  # it was written anew while it was read: next time
            self._seen = None
            return False
        log.__dict__["data"], log.__dict__["head"] = data, data[:_HEAD]
        found = reader.read(log)
        if not data.startswith(self._data):
            self._earlier = self._moved_away(log, reader, before) or self.history
        self._data, self.problem = data, None
        if len(found) and self._earlier is not None:
            found = continued(self._earlier, found)
        if not len(found) or _same(self.history, found):
            return False
        self.history = found
        return True

    def _find(self) -> tuple[LogFile, RunReader]:
        """Return the log where it was before, or look for it again."""
        if self._found is not None:
            known, reader = self._found
            log = LogFile(known.path, known.root)
            if not reader.last and os.path.lexists(known.path) and (self._format or reader.recognise(log)):
                return log, reader
        return find_log(self._source, self._format)

    def _moved_away(
        self, log: LogFile, reader: RunReader, before: tuple[_Seen | None, _Seen | None] | None
    ) -> History | None:
        """Return the history with the lines that were written before the log got another name, None if it did not."""
        seen = None if before is None else before[0]
        if seen is None or not self._data:
            return None
        with os.scandir(log.path.parent) as entries:
            names = list(entries)
        for entry in names:
            if entry.inode() == seen.inode and entry.is_file(follow_symlinks=False) and entry.name != log.name:
                moved = LogFile(log.path.with_name(entry.name), log.root)
                if moved.data.startswith(self._data):
                    ended = reader.read(moved)
                    return ended if self._earlier is None else continued(self._earlier, ended)
        return None

    @staticmethod
    def _look(path: Path) -> tuple[_Seen | None, _Seen | None]:
        """Return what is seen of a file and of its folder, where another file may have taken over."""
        return _look(path), _look(path.parent)


def continued(earlier: History, later: History) -> History:
    """Return a history with the epochs of an earlier one before its own first.

    Parameters
    ----------
    earlier, later : History
        What a log held before it was cut or moved away, and what it holds now.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> old = History("yolo", "detect", np.array([1, 2, 3]), {"map50": np.array([0.1, 0.2, 0.3])}, best_epoch=3)
    >>> new = History("yolo", "detect", np.array([3, 4]), {"map50": np.array([0.25, 0.4])}, best_epoch=4)
    >>> continued(old, new).series["map50"].tolist()
    [0.1, 0.2, 0.25, 0.4]
    """
    if not len(later):
        return earlier
    shift = int(earlier.from_zero and not later.from_zero)
    kept = earlier.epochs < later.epochs[0] + shift
    if not kept.any():
        return later
    epochs = np.concatenate((earlier.epochs[kept], later.epochs + shift))
    series = {
        name: np.concatenate(
            (
                earlier.series.get(name, np.full(len(earlier), np.nan))[kept],
                later.series.get(name, np.full(len(later), np.nan)),
            )
        )
        for name in dict.fromkeys((*earlier.series, *later.series))
    }
    starts = (
        *(epoch for epoch in earlier.run_starts if epoch < epochs[kept.sum()]),
        *(epoch + shift for epoch in later.run_starts),
    )
    planned, patience = later.planned_epochs or earlier.planned_epochs, later.patience or earlier.patience
    return replace(
        later,
        epochs=epochs,
        series=series,
        step=None,
        wall_time=None,
        planned_epochs=planned,
        patience=patience,
        best_epoch=best_epoch(epochs, series),
        stopped_early=None if starts else stopped_early(epochs, series, planned, patience),
        run_starts=starts,
        from_zero=earlier.from_zero or later.from_zero,
    )


def _look(path: Path) -> _Seen | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time of Path.stat
    except OSError:
        return None
    return _Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _steady_bytes(log: LogFile) -> bytes | None:
    """Return the bytes of a log, None if they were being replaced: half of the old and half of the new is no line.

    Two reads in a row must begin alike; what was appended in between does not matter.
    """
    first = LogFile(log.path, log.root).data
    second = LogFile(log.path, log.root).data
    return first if second.startswith(first) else None


def _same(one: History | None, other: History) -> bool:
    return (
        one is not None
        and np.array_equal(one.epochs, other.epochs)
        and list(one.series) == list(other.series)
        and all(np.array_equal(one.series[name], other.series[name], equal_nan=True) for name in other.series)
        and (one.best_epoch, one.stopped_early) == (other.best_epoch, other.stopped_early)
    )
