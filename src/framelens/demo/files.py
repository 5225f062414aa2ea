"""Where the demo writes: only into a new folder, or over its own files.

A marker, ``.framelens-demo.json``, lists each written file with its SHA-256. A second run removes what
the first one wrote and nothing else: a file that is not in the list, or was changed since, stops it
before anything is touched. The notebook alone may have been changed, since opening it is what it is
for: it is kept under another name.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framelens.errors import OptionError, one_line

if TYPE_CHECKING:
    import os
    from types import TracebackType

__all__ = ["MARKER", "NOTEBOOK", "REPORT", "DemoFolder"]

MARKER = ".framelens-demo.json"
NOTEBOOK = "framelens-demo.ipynb"
REPORT = "report.html"

#: Every file the demo may write. A marker from elsewhere cannot name others.
_OURS = re.compile(
    r"(annotations_val|predictions_val)\.json|frames/val/val_\d{4,6}\.jpg|run/(results\.csv|args\.yaml)"
    rf"|run/predictions/epoch_\d{{2,4}}\.json|{re.escape(NOTEBOOK)}|{re.escape(REPORT)}"
)
_FOLDERS = ("frames", "frames/val", "run", "run/predictions")
_HARMLESS = {".DS_Store", ".ipynb_checkpoints", "Thumbs.db"}


class DemoFolder:
    """A folder that holds the demo's files; a context manager that leaves the marker behind.

    Parameters
    ----------
    folder : path
        A new or empty folder, or one of an earlier demo.

    Raises
    ------
    OptionError
        If the folder holds files that the demo did not write. Nothing has been touched then.

    Examples
    --------
    >>> import tempfile
    >>> with DemoFolder(Path(tempfile.mkdtemp()) / "demo") as folder:
    ...     folder.write("run/results.csv", b"epoch").name
    'results.csv'
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.path = Path(folder)
        self.kept: str | None = None
        self._name = one_line(self.path.name or str(folder))
        self._digests: dict[str, str] = {}
        old = self._check()
        self.path.mkdir(parents=True, exist_ok=True)
        self._save_marker()
        self._clear(old)

    def __enter__(self) -> DemoFolder:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._save_marker()

    def write(self, name: str, data: bytes) -> Path:
        """Write one new file, ``name`` relative to the folder with forward slashes."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            self._digests[name] = hashlib.sha256(data).hexdigest()
            file.write(data)
        return path

    def write_json(self, name: str, value: Any) -> Path:
        """Write one new JSON file."""
        return self.write(name, json.dumps(value, ensure_ascii=False, allow_nan=False).encode())

    def adopt(self, name: str) -> Path:
        """Take a file that another part of framelens wrote into the list."""
        path = self.path / name
        self._digests[name] = _digest(path)
        return path

    def _check(self) -> dict[str, str]:
        """Return what an earlier demo wrote, once sure that nothing else stands in the way."""
        if not self.path.exists():
            return {}
        if not self.path.is_dir():
            raise OptionError(f"{self._name} is a file; name a folder for the demo")
        present = {entry.name for entry in self.path.iterdir()} - _HARMLESS
        if not present:
            return {}
        elsewhere = "name another folder: framelens demo DIR"
        if MARKER not in present:
            raise OptionError(f"the folder {self._name} holds files that the demo did not write; {elsewhere}")
        for name in (MARKER, *_FOLDERS):
            if (self.path / name).is_symlink():
                raise OptionError(f"{name} in {self._name} is a link, which the demo does not follow; {elsewhere}")
        old = self._read_marker()
        for name in self._present():
            if name != NOTEBOOK and _digest(self.path / name) != old.get(name):
                raise OptionError(f"{name} in {self._name} was changed or not written by the demo; {elsewhere}")
        return old

    def _present(self) -> list[str]:
        """Return the files in the folder that have a name the demo uses."""
        found = (path.relative_to(self.path).as_posix() for path in sorted(self.path.rglob("*")))
        return [name for name in found if _OURS.fullmatch(name)]

    def _clear(self, old: dict[str, str]) -> None:
        """Remove the files of the earlier demo; keep a changed notebook under another name."""
        for name in self._present():
            path = self.path / name
            if _digest(path) == old.get(name):
                path.unlink()
            else:
                path.rename(self._free_name(path))

    def _free_name(self, path: Path) -> Path:
        number = 1
        while (other := path.with_name(f"{path.stem}-kept-{number}{path.suffix}")).exists():
            number += 1
        self.kept = other.name
        return other

    def _read_marker(self) -> dict[str, str]:
        try:
            files = json.loads((self.path / MARKER).read_text("utf-8"))["files"]
            return {str(name): str(digest) for name, digest in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problem = f"{MARKER} in {self._name} cannot be read; name another folder: framelens demo DIR"
            raise OptionError(problem) from error

    def _save_marker(self) -> None:
        text = json.dumps({"written_by": "framelens demo", "files": self._digests}, indent=1)
        (self.path / MARKER).write_text(text + "\n", "utf-8")


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, ``""`` for what is no ordinary file."""
    if path.is_symlink() or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()
