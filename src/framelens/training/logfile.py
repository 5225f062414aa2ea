"""A training log as bytes on disk: found in a run folder, read once, never written."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import DataError, ReadLog

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LogFile", "candidates"]

_LARGEST_LOG: Final = 512 * 2**20
_LARGEST_SETTINGS: Final = 2**20
_HEAD: Final = 4096
_DEEPEST: Final = 4
_MOST_FILES: Final = 20_000


@dataclass(eq=False)
class LogFile:
    """One log file, with what was noted while it was read.

    Attributes
    ----------
    path : Path
    root : Path
        The folder that the caller named, or that of the file: settings are looked for up to here.
    notes : ReadLog
    others : tuple of Path
        All files of the same kind that the folder holds, this one among them, in natural order.
    """

    path: Path
    root: Path
    notes: ReadLog = field(default_factory=ReadLog)
    others: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Base name of the file."""
        return self.path.name

    @property
    def run_name(self) -> str:
        """Name of the run: its folder, or the stem of a file that is not called like every other log."""
        plain = {"results", "metrics", "log", "scalars", "trainer_state", "training_log", "train_log"}
        folder = self.path.parent
        if folder.name == "vis_data":
            folder = folder.parent
        stem = self.path.stem
        return folder.name if stem in plain and folder.name else stem

    @cached_property
    def head(self) -> bytes:
        """The first 4,096 bytes."""
        with self._open() as file:
            head: bytes = file.read(_HEAD)
        return head

    @cached_property
    def data(self) -> bytes:
        """All bytes, as they are at this moment.

        Raises
        ------
        DataError
            If the file cannot be read or is over 512 MB.
        """
        with self._open() as file:
            data: bytes = file.read(_LARGEST_LOG + 1)
        if len(data) > _LARGEST_LOG:
            raise DataError("the log is larger than 512 MB", file=self.name)
        return data

    def lines(self, closing: bytes | None = None) -> list[tuple[int, str]]:
        """Return complete lines with their numbers from 1, without line ends; blank ones are left out.

        A line counts once its line end is there: a trainer may be in the middle of writing the last
        one. Only a last line that ends with ``closing`` (the brace of a JSON object) needs none. Lines with
        NUL bytes (what a power cut leaves) are counted as skipped.
        """
        data = self.data
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            data = data.decode("utf-16", "replace").encode()
        data = data.removeprefix(b"\xef\xbb\xbf")
        pieces = data.split(b"\n")
        rest = pieces.pop() if closing is None or not pieces[-1].rstrip().endswith(closing) else b""
        found = []
        for number, piece in enumerate(pieces, start=1):
            if b"\0" in piece:
                self.notes.skip(self.name, f"line {number}", "the line holds NUL bytes")
            elif piece.strip():
                found.append((number, self._text(piece.rstrip(b"\r"), number)))
        if rest.strip():
            reason = (
                "the line holds NUL bytes" if b"\0" in rest else "the last line is incomplete: it has no line end yet"
            )
            self.notes.skip(self.name, f"line {len(pieces) + 1}", reason)
        return found

    def _text(self, piece: bytes, number: int) -> str:
        try:
            return piece.decode("utf-8")
        except UnicodeDecodeError:
            self.notes.warn(f"{self.name}: line {number}: bytes that are not UTF-8 were replaced")
            return piece.decode("utf-8", "replace")

    def settings(self, *names: str) -> dict[str, Any]:
        """Return the first YAML mapping of that name beside the log (or beside its folder); ``{}`` without one."""
        for folder in (self.path.parent, self.path.parent.parent):
            for name in names:
                path = folder / name
                if path.is_file():
                    return self._read_settings(path)
            if folder == self.root:
                break
        return {}

    def _read_settings(self, path: Path) -> dict[str, Any]:
        import yaml

        try:
            if path.stat().st_size > _LARGEST_SETTINGS:
                raise ValueError("too large")  # noqa: TRY301
            value = yaml.safe_load(path.read_bytes())
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            self.notes.warn(f"{path.name} beside the log cannot be read ({type(error).__name__}); it is not used")
            return {}
        return value if isinstance(value, dict) else {}

    def _open(self) -> Any:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):
                raise DataError("not a regular file", file=self.name)  # a named pipe would wait for ever
            return self.path.open("rb")
        except (OSError, ValueError) as error:
            if isinstance(error, DataError):
                raise
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise DataError(f"cannot be read: {reason}", file=self.name) from error


def candidates(folder: Path) -> list[Path]:
    """Return the regular files below a run folder, nearest first; links to folders are not followed."""
    found: list[Path] = []
    for depth, files in enumerate(_levels(folder)):
        found += files
        if depth >= _DEEPEST or len(found) > _MOST_FILES:
            break
    return found


def _levels(folder: Path) -> Iterable[list[Path]]:
    level = [folder]
    while level:
        files, below = [], []
        for place in level:
            try:
                entries = sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue
            files += [Path(entry.path) for entry in entries if entry.is_file()]
            below += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        yield files
        level = below
