"""Frames in object stores and on servers, through fsspec: never waited for longer than a few seconds.

A store can be slow, dead or hostile. Everything is asked for in threads of its own, so that an answer
that never comes stops nothing; names outside the root are refused, and sizes are bounded.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
import tempfile
import threading
import time
import weakref
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from framelens.data._pictures_decode import NoPictureError
from framelens.data._pictures_files import Index, relative_parts
from framelens.data._pictures_source import FrameSource
from framelens.errors import DataError, MissingExtraError, ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["RemoteSource", "Store"]

_PATIENCE: Final = 3.0  # seconds for the pictures that are asked for together
_LISTING: Final = 10.0
_MOST_NAMES: Final = 500_000
_LARGEST: Final = 128 * 2**20
_DISK: Final = 2**30
_MOST_THREADS: Final = 16
_GONE: Final = (404, 410)
_REFUSED: Final = (401, 403)


class _Ask:
    """One question, answered in a thread of its own that never holds up the end of the program."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self.started = time.monotonic()
        self.done = threading.Event()
        self.answer: Any = None
        self.error: BaseException | None = None
        threading.Thread(target=self._run, args=(action,), name="framelens-remote", daemon=True).start()

    def _run(self, action: Callable[[], Any]) -> None:
        try:
            self.answer = action()
        except BaseException as error:  # noqa: BLE001 - whoever waits is told
            self.error = error
        self.done.set()

    def wait(self, patience: float) -> bool:
        """Wait until ``patience`` seconds after the question; whether the answer is there."""
        return self.done.wait(max(0.0, self.started + patience - time.monotonic()))


class Store:
    """A root in a store: what it holds, and bytes of its files through a cache on disk.

    Parameters
    ----------
    url : str
        The folder of the frames.
    patience, listing : float
        Seconds that pictures asked for together, and the list of all files, may take.

    Raises
    ------
    DataError
        The address is not understood.
    MissingExtraError
        fsspec, or the package for this kind of store, is not installed.
    """

    def __init__(self, url: str, *, patience: float = _PATIENCE, listing: float = _LISTING) -> None:
        self.name = _plain_name(url)
        self._fs, self._root = _filesystem(url, self.name)
        self.folder = self._root if _is_local(self._fs) else None
        self._patience, self._listing = patience, listing
        self._disk = Path(tempfile.mkdtemp(prefix="framelens-frames-"))
        weakref.finalize(self, shutil.rmtree, self._disk, ignore_errors=True)
        self._held: OrderedDict[str, int] = OrderedDict()
        self._asked: dict[str, _Ask] = {}
        self._lock = threading.Lock()

    def names(self) -> tuple[list[str] | None, str]:
        """List the files below the root as relative paths; None and the reason where that is not possible."""
        ask = _Ask(self._walk)
        if not ask.wait(self._listing):
            return None, f"it was not listed within {self._listing:g} seconds"
        if ask.error is not None:
            return None, f"it cannot be listed ({type(ask.error).__name__})"
        found: list[str] = ask.answer
        if not found:  # web servers seldom list what they hold, and fsspec then says that there is nothing
            return None, "it lists no files"
        if len(found) > _MOST_NAMES:
            return None, f"it holds more than {_MOST_NAMES:,} files"
        return found, ""

    def _walk(self) -> list[str]:
        root = self._root.rstrip("/")
        found: list[str] = []
        for folder, _, files in self._fs.walk(self._root):
            inside = str(folder).rstrip("/")
            if inside != root and not inside.startswith(f"{root}/" if root else ""):
                continue
            prefix = inside[len(root) :].strip("/")
            found += [f"{prefix}/{file}" if prefix else str(file) for file in files if file]
            if len(found) > _MOST_NAMES:
                break
        return sorted(found)

    def ask(self, relative: str) -> None:
        """Begin to fetch a file, unless it is at hand or too many questions are open."""
        with self._lock:
            for other in [name for name, ask in self._asked.items() if ask.done.is_set() and name in self._held]:
                del self._asked[other]  # fetched, and nobody came for it
            if relative in self._held or relative in self._asked:
                return
            if sum(not ask.done.is_set() for ask in self._asked.values()) < _MOST_THREADS:
                self._asked[relative] = _Ask(lambda: self._fetch(relative))

    def read(self, relative: str) -> bytes:
        """Return the bytes of a file.

        Raises
        ------
        NoPictureError
            It is missing or too large, or the store does not answer in time.
        """
        began = time.monotonic()
        while True:
            self.ask(relative)
            with self._lock:
                ask = self._asked.get(relative)
                if ask is None and relative in self._held:
                    self._held.move_to_end(relative)
                    return self._place(relative).read_bytes()
                open_ones = [other for other in self._asked.values() if not other.done.is_set()]
            if ask is not None:
                return self._answer(relative, ask)
            # all threads are taken: wait for one of them while that makes sense
            if not any(other.wait(self._patience) for other in open_ones) or time.monotonic() > began + self._patience:
                message = f"the store does not answer ({len(open_ones)} pictures are being waited for)"
                raise NoPictureError(message)

    def _answer(self, relative: str, ask: _Ask) -> bytes:
        if not ask.wait(self._patience):
            message = f"the store has not answered within {self._patience:g} seconds; the picture may come: ask again"
            raise NoPictureError(message)
        with self._lock:
            self._asked.pop(relative, None)
        if ask.error is not None:
            raise NoPictureError(_reason(ask.error)) from None
        data: bytes = ask.answer
        return data

    def _fetch(self, relative: str) -> bytes:
        path = f"{self._root.rstrip('/')}/{relative}" if self._root else relative
        with self._fs.open(path, "rb") as file:
            data: bytes = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            message = f"the file is larger than {_LARGEST >> 20} MB"
            raise NoPictureError(message)
        self._keep(relative, data)
        return data

    def _place(self, relative: str) -> Path:
        return self._disk / hashlib.sha256(relative.encode("utf-8", "surrogatepass")).hexdigest()

    def _keep(self, relative: str, data: bytes) -> None:
        with self._lock:
            if relative in self._held:
                return
            try:
                self._place(relative).write_bytes(data)
            except OSError:  # a full disk only costs the cache
                return
            self._held[relative] = len(data)
            while sum(self._held.values()) > _DISK and len(self._held) > 1:
                self._place(self._held.popitem(last=False)[0]).unlink(missing_ok=True)


class RemoteSource(FrameSource):
    """Finds pictures below an address: exact path, then base name, then stem.

    Where the store cannot be listed, only the exact path counts.
    """

    def __init__(self, names: Sequence[str], store: Store, notes: ReadLog) -> None:
        super().__init__(names)
        self._store = store
        listed, why = store.names()
        if listed is None:
            notes.warn(f"{store.name}: {why}; pictures are looked for by their exact names")
            self._matches = [_exact(name) for name in names]
        else:
            known, index = set(listed), Index(listed)
            exact = ["/".join(relative_parts(name)) for name in names]
            self._matches = [
                (path, "") if path in known else index.find(name, notes)
                for path, name in zip(exact, names, strict=True)
            ]

    def reason(self, frame: int) -> str:
        """Say why no file fits."""
        return self._matches[frame][1]

    def prepare(self, frames: Iterable[int]) -> None:
        """Begin to fetch these pictures, all at the same time."""
        for frame in itertools.islice(frames, _MOST_THREADS):
            path = self._matches[frame][0]
            if path is not None:
                self._store.ask(path)

    def find(self, frame: int) -> bytes:
        """Return the bytes of the picture, or say why there are none."""
        path, reason = self._matches[frame]
        if path is None:
            raise NoPictureError(reason)
        return self._store.read(path)


def _exact(name: str) -> tuple[str | None, str]:
    parts = relative_parts(name)
    if not parts or ".." in parts or "://" in name or "::" in name:
        return None, "the name leads outside the address of the frames"
    return "/".join(parts), ""


def _filesystem(url: str, name: str) -> tuple[Any, str]:
    try:
        import fsspec  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError("fsspec", "remote") from None
    protocol = url.split("://", 1)[0].split("::", maxsplit=1)[0]
    try:
        filesystem, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        needed = one_line(getattr(error, "name", None) or str(error), 120)
        problem = f"addresses that begin with {one_line(protocol, 20)}:// need a further package ({needed})"
        raise DataError(problem, file=name, remedy="install it") from None
    except Exception as error:  # noqa: BLE001 - every kind of store raises its own
        problem = f"the address is not understood ({type(error).__name__})"
        raise DataError(problem, file=name, remedy="an address looks like s3://bucket/folder") from None
    return filesystem, str(root)


def _is_local(filesystem: Any) -> bool:
    """Whether an address means a folder of this machine."""
    from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

    return isinstance(filesystem, LocalFileSystem)


def _plain_name(url: str) -> str:
    """Return the last part of an address; keys, users and hosts stay out of messages.

    >>> _plain_name("https://user:secret@host/set/frames/?token=1")
    'frames'
    """
    last = (
        url.split("::", maxsplit=1)[0] if "://" in url.split("::", maxsplit=1)[0] else url.rsplit("::", maxsplit=1)[-1]
    )
    parts = [part for part in urlsplit(last).path.split("/") if part]
    return one_line(parts[-1], 80) if parts else "frames"


def _reason(error: BaseException) -> str:
    """Say what went wrong without the words of the store, which may hold addresses and keys."""
    if isinstance(error, NoPictureError):
        return str(error)
    error, status = _of_web_server(error)
    if isinstance(error, FileNotFoundError) or status in _GONE:
        return "the file is missing in the store"
    if isinstance(error, PermissionError) or status in _REFUSED:
        return "the store refuses to give the file"
    return f"the store failed ({type(error).__name__ if status is None else f'HTTP {status}'})"


def _of_web_server(error: BaseException) -> tuple[BaseException, int | None]:
    """Return what a web server, or the way to it, said: fsspec calls all of it a missing file."""
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and type(cause).__module__.split(".")[0] == "aiohttp":
        error = cause  # type: ignore[assignment]
    status = getattr(error, "status", None)
    return error, status if isinstance(status, int) and status else None
