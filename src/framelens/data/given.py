"""What the user pointed at, opened safely and only once."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from natsort import natsorted

from framelens.data.missing import no_such
from framelens.errors import DataError, ReadLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from framelens.data.sizes import FrameSizes
    from framelens.data.tables import GroundTruth

__all__ = ["Given", "decode", "open_file", "read_bytes", "walk"]

_MEGABYTE = 1 << 20
#: Text files with one frame's labels, YAML or XML are small; a larger one is no label file.
SMALL_FILE = 100 * _MEGABYTE
#: One JSON, CSV or Parquet file with all records.
LARGE_FILE = 8 << 30
#: More files than this in a folder is not a data set but a home directory.
MOST_FILES = 5_000_000
#: Text files that stand beside labels and hold none.
_NOT_LABELS = frozenset({"classes.txt", "readme.txt", "requirements.txt"})


@contextmanager
def open_file(path: Path, limit: int = SMALL_FILE) -> Iterator[BinaryIO]:
    """Open a regular file for reading.

    Raises
    ------
    DataError
        The file is missing, not regular (a pipe would wait for ever), larger than ``limit`` bytes,
        or the system refuses.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb", buffering=0) as file:
            _check_regular(os.fstat(file.fileno()), path.name, limit)
            yield file
    except FileNotFoundError:
        raise no_such(path, "file") from None
    except DataError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a usable path"
        raise DataError(f"cannot be read: {reason}", file=path.name) from None


def _check_regular(found: os.stat_result, name: str, limit: int) -> None:
    """Refuse what is no file or too large."""
    if not stat.S_ISREG(found.st_mode):
        raise DataError("not a regular file", file=name, remedy="give a file, no folder, pipe or device")
    if found.st_size > limit:
        size, most = found.st_size / _MEGABYTE, limit / _MEGABYTE
        raise DataError(
            f"{size:.0f} MB is too large (limit {most:.0f} MB)", file=name, remedy="check that it is the file you mean"
        )


def read_bytes(path: Path, limit: int = SMALL_FILE) -> bytes:
    """Return the content of a regular file; raises as :func:`open_file`."""
    with open_file(path, limit) as file:
        return file.read()


def decode(data: bytes, name: str) -> str:
    r"""Return the text of ``data``: UTF-8 (with or without a byte-order mark) or UTF-16 with one.

    Raises
    ------
    DataError
        Bytes that are not valid; the message names the line and the byte.

    Examples
    --------
    >>> decode(b"\xef\xbb\xbfcat", "a.txt")
    'cat'
    """
    utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        bad = f"byte 0x{data[error.start]:02x} at position {error.start}" if error.start < len(data) else "the end"
        problem = f"{bad} is not valid {'UTF-16' if utf16 else 'UTF-8'}"
        raise DataError(problem, file=name, where=f"line {line}", remedy="save the file as UTF-8") from None


def walk(folder: Path, suffixes: Iterable[str]) -> Iterator[Path]:
    """Yield the files below ``folder`` with one of ``suffixes`` (lower case), links to folders not followed."""
    wanted = tuple(suffixes)
    seen = 0
    for here, _, names in os.walk(folder):
        seen += len(names)
        if seen > MOST_FILES:
            remedy = "give the folder that holds these files alone"
            raise DataError(f"more than {MOST_FILES:,} files below this folder", file=folder.name, remedy=remedy)
        for name in names:
            if name.lower().endswith(wanted):
                yield Path(here, name)


@dataclass
class Given:
    """One source as a reader sees it.

    Attributes
    ----------
    source : object
        What the user gave: a path, a DataFrame, a list of records.
    path : Path or None
        Set where the source is a path.
    sizes : FrameSizes or None
        Frame names and sizes, where the caller gave frames.
    truth : GroundTruth or None
        For predictions: the truth they will be joined with.
    notes : ReadLog
        Skips and doubts of this read.
    progress : bool
        Whether long reads may show a progress bar.
    """

    source: Any
    path: Path | None = None
    sizes: FrameSizes | None = None
    truth: GroundTruth | None = None
    notes: ReadLog = field(default_factory=ReadLog)
    progress: bool = True
    _digests: dict[Path, Future[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Any, *, progress: bool = True) -> Given:
        """Wrap what the user gave; a text is a path."""
        return cls(source, Path(source) if isinstance(source, (str, os.PathLike)) else None, progress=progress)

    @property
    def name(self) -> str:
        """Base name of the path, or the type of the object."""
        if self.path is None:
            return type(self.source).__name__
        return self.path.name or self.path.resolve().name or "folder"

    @cached_property
    def is_file(self) -> bool:
        """Whether the source is a path to a file."""
        return self.path is not None and self.path.is_file()

    @cached_property
    def is_folder(self) -> bool:
        """Whether the source is a path to a folder."""
        return self.path is not None and self.path.is_dir()

    @property
    def suffix(self) -> str:
        """Ending of the file name in lower case, with its dot."""
        return self.path.suffix.lower() if self.path is not None else ""

    @cached_property
    def content(self) -> bytes:
        """All bytes of the file."""
        assert self.path is not None
        data = read_bytes(self.path, LARGE_FILE)
        self._note_digest(self.path, data)
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the file in pieces of ``size`` bytes, and note its digest at the end."""
        assert self.path is not None
        digest, work = hashlib.sha256(), Future[str]()
        with open_file(self.path, LARGE_FILE) as file:
            while piece := file.read(size):
                digest.update(piece)
                yield piece
        work.set_result(digest.hexdigest())
        self._digests[self.path] = work

    def load(self, path: Path) -> bytes:
        """Return the bytes of one of several files, and note their digest."""
        data = read_bytes(path)
        self._note_digest(path, data)
        return data

    def _note_digest(self, path: Path, data: bytes) -> None:
        """Work the digest out beside what follows where it takes long: hashing holds up nothing else."""
        work: Future[str] = Future()

        def digest() -> None:
            work.set_result(hashlib.sha256(data).hexdigest())

        self._digests[path] = work
        if len(data) < _MEGABYTE:
            digest()
        else:
            threading.Thread(target=digest, daemon=True).start()

    @property
    def digest(self) -> str:
        """SHA-256 of the file, or of the digests of all files read, in their order; ``""`` if none."""
        found = [work.result() for work in self._digests.values()]
        return "".join(found) if len(found) < 2 else hashlib.sha256("".join(found).encode()).hexdigest()

    @cached_property
    def head(self) -> bytes:
        """The first 64 kB of the file, for recognising."""
        if not self.is_file or self.path is None:
            return b""
        if self.path.stat().st_size > LARGE_FILE:
            raise DataError(f"over {LARGE_FILE / _MEGABYTE:,.0f} MB, which is too large", file=self.name)
        return _head(self.path)

    @cached_property
    def head_text(self) -> str:
        """The head as text, whatever its encoding."""
        encoding = "utf-16" if self.head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        return self.head.decode(encoding, errors="replace")

    def opens_with(self, mark: str) -> bool:
        """Whether the text of the file starts with ``mark``, blanks aside."""
        return self.head_text.lstrip().startswith(mark)

    def contains(self, text: str) -> bool:
        """Whether ``text`` stands in the head, or else anywhere in the file."""
        if text not in self._found:
            self._found[text] = text in self.head_text or text.encode() in self.content
        return self._found[text]

    @cached_property
    def _found(self) -> dict[str, bool]:
        return {}

    def files(self, *suffixes: str, below: Path | None = None) -> list[Path]:
        """Return the files with these endings below the folder, in natural order."""
        folder = below if below is not None else self.path
        assert folder is not None
        key = (folder, suffixes)
        if key not in self._listings:
            self._listings[key] = natsorted(
                walk(folder, suffixes), key=lambda path: path.relative_to(folder).as_posix()
            )
        return self._listings[key]

    def text_files(self) -> list[Path]:
        """Return the text files below the folder that may hold labels.

        Raises
        ------
        DataError
            The source is a file.
        """
        if not self.is_folder:
            raise DataError("a file, expected the folder of the text files", file=self.name)
        return [path for path in self.files(".txt") if path.name.lower() not in _NOT_LABELS]

    def label_files(self) -> list[tuple[str, Path]]:
        """Return the text files that may hold labels, each with the frame it is of.

        The frame is the picture that the file's name means, else that name. Of several files of one picture the one
        that is spelled as the picture is read; the others are skipped and counted.
        """
        assert self.path is not None
        found = {path.relative_to(self.path).as_posix()[:-4]: path for path in self.text_files()}
        if self.sizes is None:
            return list(found.items())
        nearest = sorted(found, key=lambda name: self.sizes.place(name)[1] if self.sizes else 0)
        frames: dict[str, str] = {}
        for name in nearest:
            frame = self.sizes.match(name) or name
            if frames.setdefault(frame, name) != name:
                self.notes.skip(found[name].name, name, "another label file is of this picture")
        kept = {name: frame for frame, name in frames.items()}
        return [(kept[name], path) for name, path in found.items() if name in kept]

    @cached_property
    def _listings(self) -> dict[tuple[Path, tuple[str, ...]], list[Path]]:
        return {}


def _head(path: Path, size: int = 65536) -> bytes:
    """Return the first bytes of a regular file; nothing for pipes and devices."""
    if not stat.S_ISREG(path.stat().st_mode):
        return b""
    with path.open("rb") as file:
        return file.read(size)
