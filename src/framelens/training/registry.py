"""Which reader fits a training log, and the one door to all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from framelens.data.discovery import discover, named
from framelens.errors import DataError, one_line
from framelens.training.history import History
from framelens.training.logfile import LogFile, candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["RunReader", "find_log", "read_run", "run_readers"]

ENTRY_POINTS = "framelens.run_readers"


@dataclass(frozen=True, slots=True)
class RunReader:
    """One kind of training log.

    A module in ``training/readers`` lists its readers as ``READERS``; other packages add theirs under the
    entry point group ``framelens.run_readers`` (see :func:`framelens.data.discovery.discover`).

    Attributes
    ----------
    name : str
        What ``format=`` takes.
    example : str
        One line that shows what the format looks like.
    patterns : tuple of str
        File names (with ``*``) to look for in a run folder, most telling first.
    recognise : callable
        ``recognise(log)`` returns in a few words what was seen, or None. It looks at the head of the
        file only and does not raise for foreign content.
    read : callable
        ``read(log)`` returns a :class:`History` or raises :class:`DataError`.
    order : int
        Readers with a lower number are asked first: a content that proves the format 0, a summary for
        other tools (TensorBoard) 5, a guess 9.
    last : bool
        Of several such files the last (in natural order) holds or finds the whole run.

    Examples
    --------
    Lines such as ``1 0.5 0.31`` (epoch, loss, mAP50); a package names it under ``framelens.run_readers``:

    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> def recognise(log):
    ...     return "its name ends with .epochs" if log.name.endswith(".epochs") else None
    >>> def read(log):
    ...     epoch, loss, map50 = np.loadtxt([line for _, line in log.lines()], ndmin=2, unpack=True)
    ...     return History("mine", "detect", epoch.astype(np.int64), {"train/loss": loss, "map50": map50})
    >>> MINE = RunReader("mine", "run.epochs: 1 0.5 0.31", ("*.epochs",), recognise, read)
    """

    name: str
    example: str
    patterns: tuple[str, ...]
    recognise: Callable[[LogFile], str | None]
    read: Callable[[LogFile], History]
    order: int = 0
    last: bool = False


@cache
def run_readers() -> tuple[RunReader, ...]:
    """Return every reader in the order they are asked: the built-in ones, then those of other packages."""
    found = discover("framelens.training.readers", ENTRY_POINTS, RunReader)
    return tuple(sorted(found, key=lambda reader: reader.order))


def read_run(source: str | os.PathLike[str] | History, *, format: str | None = None) -> History:  # noqa: A002
    r"""Read the log of one training run.

    Parameters
    ----------
    source : path or History
        A log file, or the folder of a run. A History is returned as it is.
    format : str, optional
        Name of a reader (see :func:`run_readers`); by default the content tells.

    Returns
    -------
    History
        Epochs counted from 1. What was left out or is doubtful stands in ``skipped`` and ``warnings``.

    Raises
    ------
    DataError
        If the log is missing, is not recognised, or holds something that cannot be trusted.
    OptionError
        If ``format`` is unknown.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "results.csv").write_text(
    ...     "epoch,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)\n1,1.5,0.4,0.2\n2,1.2,0.5,0.3\n")
    >>> history = read_run(folder)
    >>> history.framework, len(history), history.best_epoch, list(history.series)
    ('ultralytics', 2, 2, ['train/box', 'map50', 'map50_95'])
    """
    if isinstance(source, History):
        return source
    log, reader = find_log(source, format)
    return reader.read(log)


def find_log(source: str | os.PathLike[str], format: str | None = None) -> tuple[LogFile, RunReader]:  # noqa: A002
    """Return the log of a run and the reader that fits it.

    Raises
    ------
    DataError, OptionError
        As :func:`read_run`.
    """
    readers = _chosen(format)
    path = Path(source)
    try:
        is_folder, exists = path.is_dir(), os.path.lexists(path)
    except ValueError:
        is_folder = exists = False
    if not exists:
        raise DataError("there is no such file or folder", file=path.name or one_line(path))
    if is_folder:
        return _from_folder(path, readers)
    log = LogFile(path, path.parent)
    return log, readers[0] if format else _recognised(log, readers)


def _chosen(name: str | None) -> tuple[RunReader, ...]:
    readers = run_readers()
    return readers if name is None else (named(readers, name, "training logs"),)


def _recognised(log: LogFile, readers: Sequence[RunReader]) -> RunReader:
    for reader in readers:
        if reader.recognise(log):
            return reader
    glimpse = f"it starts with {one_line(log.head[:60].decode('utf-8', 'replace'))!r}" if log.head else "it is empty"
    raise DataError(
        f"not recognised as a training log: {glimpse}",
        file=log.name,
        remedy=f"name the format: format=... ({', '.join(reader.name for reader in readers)})",
    )


def _from_folder(folder: Path, readers: Sequence[RunReader]) -> tuple[LogFile, RunReader]:
    """Find the log of a run folder: nearest to the top, and there the reader that comes first."""
    files = candidates(folder)
    by_depth: dict[int, list[Path]] = {}
    for file in files:
        by_depth.setdefault(len(file.relative_to(folder).parts), []).append(file)
    for depth in sorted(by_depth):
        for reader in readers:
            found = [LogFile(file, folder) for file in by_depth[depth] if _fits(file, folder, reader)]
            found = [log for log in found if _readable(log) and reader.recognise(log)]
            if found:
                return _only(found, folder, reader), reader
    patterns = {pattern for reader in readers for pattern in reader.patterns}
    wanted = sorted(one for one in patterns if not any(fnmatch(one, other) for other in patterns - {one}))
    raise DataError(
        f"no training log was found in the folder ({len(files)} files looked at)",
        file=folder.name or "folder",
        remedy=f"give the folder that holds one of: {', '.join(wanted)}",
    )


def _fits(file: Path, folder: Path, reader: RunReader) -> bool:
    relative = file.relative_to(folder).as_posix()
    return any(fnmatch(file.name, pattern) or fnmatch(relative, pattern) for pattern in reader.patterns)


def _readable(log: LogFile) -> bool:
    try:
        return log.head is not None
    except DataError:
        return False


def _only(found: list[LogFile], folder: Path, reader: RunReader) -> LogFile:
    if len(found) == 1:
        return found[0]
    if reader.last:
        from natsort import natsorted

        ordered: list[LogFile] = natsorted(found, key=lambda log: log.path.as_posix())
        ordered[-1].others = tuple(log.path for log in ordered if log.path.parent == ordered[-1].path.parent)
        return ordered[-1]
    for pattern in reader.patterns:
        exact = [log for log in found if log.path.parent == folder and fnmatch(log.name, pattern)]
        if len(exact) == 1:
            return exact[0]
    shown = ", ".join(one_line(log.path.relative_to(folder).as_posix(), 80) for log in found[:5])
    raise DataError(
        f"the folder holds {len(found)} training logs ({shown}{' ...' if len(found) > 5 else ''})",  # noqa: PLR2004
        file=folder.name or "folder",
        remedy="give one of them",
    )
