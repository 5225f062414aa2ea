"""The folder that a large evaluation works in, so that it can go on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["WorkFolder", "cache_folder", "fingerprint", "work_folder"]

_KEPT_DAYS = 7
_SAMPLE = 1 << 20
_STAMP = "used"


class WorkFolder:
    """Files that are complete or not there at all.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def has(self, name: str) -> bool:
        """Whether a step has been finished."""
        return (self.path / name).exists()

    @contextmanager
    def write(self, name: str) -> Iterator[Path]:
        """Give a path to write to; it gets its name only when the block ends well."""
        unfinished = self.path / f"{name}.{os.getpid()}.{time.monotonic_ns()}.unfinished"
        try:
            yield unfinished
            if unfinished.is_dir() and (self.path / name).is_dir():
                shutil.rmtree(unfinished)  # another process was faster, with the same content
            else:
                unfinished.replace(self.path / name)
        finally:
            if unfinished.is_dir():
                shutil.rmtree(unfinished, ignore_errors=True)
            else:
                unfinished.unlink(missing_ok=True)

    def write_json(self, name: str, value: Any) -> None:
        """Write a small file."""
        with self.write(name) as path:
            path.write_text(json.dumps(value), encoding="utf-8")

    def read_json(self, name: str) -> Any:
        """Read a small file."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))


def cache_folder() -> Path:
    """Return where work is kept unless the caller names a place: ``$FRAMELENS_CACHE`` or the user's cache folder."""
    named = os.environ.get("FRAMELENS_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "framelens"


def work_folder(resume: str | os.PathLike[str] | None, key: str) -> WorkFolder:
    """Open the folder of one piece of work.

    Parameters
    ----------
    resume : path or None
        Folder of the caller; None: one below :func:`cache_folder`, where what was not used for a week is removed.
    key : str
        Digest of inputs and settings; other inputs get another folder.
    """
    root = Path(resume) if resume is not None else cache_folder() / "work"
    folder = root / key[:24]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if resume is None:
            _sweep(root, folder)
        (folder / _STAMP).touch()
    except OSError as error:
        raise DataError(
            f"the work folder cannot be written: {error.strerror}",
            file=folder.parent.name,
            remedy="name another: resume=",
        ) from None
    return WorkFolder(folder)


def _sweep(root: Path, present: Path) -> None:
    """Remove old work and what interrupted work left half done."""
    oldest = time.time() - _KEPT_DAYS * 86400
    for folder in root.iterdir():
        stamp = folder / _STAMP
        if folder != present and stamp.is_file() and stamp.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def fingerprint(path: Path) -> str:
    """Return what tells one version of a file from another: size, time and the ends of its content.

    Raises
    ------
    DataError
        The file is not there.
    """
    try:
        found = path.stat()
        with path.open("rb") as file:
            ends = file.read(_SAMPLE)
            file.seek(max(0, found.st_size - _SAMPLE))
            ends += file.read(_SAMPLE)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise DataError(reason, file=path.name) from None
    return hashlib.sha256(f"{path.name} {found.st_size} {found.st_mtime_ns} ".encode() + ends).hexdigest()
