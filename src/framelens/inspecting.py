"""What anything is that framelens reads: labels, predictions, frames, a picture, a video, a training run."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framelens.data.given import Given
from framelens.data.inspection import Inspection, evidence_of, inspect_source, label_formats
from framelens.errors import DataError, OptionError, nearest

if TYPE_CHECKING:
    from framelens.training.logfile import LogFile
    from framelens.training.registry import RunReader

__all__ = ["formats", "inspect"]

#: Readers of logs from this order on guess; labels recognised by their content come before them.
_GUESSES: Final = 5
#: Evidence that the content of a file or folder proves labels or predictions.
_PROVEN: Final = 3


def inspect(source: Any, frames: Any = None, *, format: str | None = None, progress: bool = True) -> Inspection:  # noqa: A002
    """Say what a source is and holds, before anything is evaluated.

    Parameters
    ----------
    source : path or object
        Ground truth, predictions, a folder of frames, a picture, a video, or the log or folder of a training run.
    frames : path, mapping or (int, int), optional
        The pictures' folder, a mapping of frame name to size or file, or one ``(width, height)`` for all frames.
    format : str, optional
        Name of the reader (see :func:`formats`); recognised from the content where it is missing.
    progress : bool
        Whether reads over a second show a progress bar.

    Returns
    -------
    Inspection
        ``print`` it, or take ``as_dict()`` for JSON.

    Raises
    ------
    DataError
        The source is none of these, or a record is wrong: the message names it.
    OptionError
        ``format`` is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> boxes = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [2], "width": [30], "height": [40]})
    >>> inspect(boxes).classes
    (('cat', 1),)
    """
    names = dict.fromkeys(name for name, _, _ in formats()) if format is not None else {}
    if format is not None and format not in names:
        raise OptionError(f"format={format!r} is not known; {nearest(format, names)}")
    if isinstance(source, (str, os.PathLike)):
        found = _log_of(Path(source), format)
        if found is not None:
            return _of_run(Path(source), *found)
    return inspect_source(Given.of(source, progress=progress), frames, format=format)


def formats() -> tuple[tuple[str, str, str], ...]:
    """List every format: name, kind (``truth``, ``predictions`` or ``run``) and one example.

    Returns
    -------
    tuple of (str, str, str)
        Sorted by kind and name; ``run`` is a training log.

    Examples
    --------
    >>> [name for name, kind, example in formats() if kind == "run" and name.startswith("yolo")]
    ['yolov7', 'yolox']
    """
    from framelens.training.registry import run_readers

    logs = ((reader.name, "run", reader.example) for reader in run_readers())
    return tuple(sorted((*label_formats(), *logs), key=lambda row: (row[1], row[0])))


def _log_of(path: Path, format: str | None) -> tuple[LogFile, RunReader] | None:  # noqa: A002
    """Return the training log that a path means, or None where it means something else.

    A run folder often holds pictures and predictions beside its log, and a table of boxes is a CSV file as a log is:
    what the content proves comes before a layout, a layout before a guess.
    """
    from framelens.training.registry import find_log, run_readers

    if format is not None and format not in {reader.name for reader in run_readers()}:
        return None
    if format in {name for name, _, _ in label_formats()}:  # a name of both: the content decides
        format = None  # noqa: A001
    try:
        log, reader = find_log(path, format)
    except DataError:
        if format is not None:
            raise
        return None
    if format is not None:
        return log, reader
    strength = evidence_of(path)
    sure = reader.order < _GUESSES and log.path.parent in {path, path.parent}
    if strength >= _PROVEN or (strength > 0 and not sure):
        return None
    return (log, reader) if reader.order < _GUESSES or not _is_frames(path) else None


def _is_frames(path: Path) -> bool:
    from framelens.data.frame_names import PICTURE_SUFFIXES
    from framelens.data.given import walk

    return path.is_dir() and next(walk(path, PICTURE_SUFFIXES), None) is not None


def _of_run(path: Path, log: LogFile, reader: RunReader) -> Inspection:
    """Describe a training run."""
    history = reader.read(log)
    reason = reader.recognise(log) or "as the caller says"
    if path.is_dir():
        reason = f"{log.path.relative_to(path).as_posix()}: {reason}"
    run = {
        "framework": history.framework,
        "task": history.task,
        "epochs": len(history),
        "best_epoch": history.best_epoch,
        "planned_epochs": history.planned_epochs,
        "series": list(history.series),
    }
    found = Inspection("run", path.name or log.run_name, reader.name, reason, None, 0, run=run)
    return replace(found, skipped=history.skipped, warnings=history.warnings)
