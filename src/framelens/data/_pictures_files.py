"""Which file of a folder is the picture of which frame."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from framelens.data._pictures_decode import OUTSIDE, NoPictureError
from framelens.data._pictures_source import FrameSource
from framelens.data.frame_names import PICTURE_SUFFIXES, composed
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from framelens.errors import ReadLog

__all__ = [
    "FolderMatch",
    "FolderSource",
    "Index",
    "list_frames",
    "match_files",
    "relative_parts",
    "resolved_folder",
    "safe_path",
]

_SHOWN: Final = 3
_LONGEST_NAME: Final = 4096
_NUMBERED = re.compile(r"(.*?)(\d+)\Z", re.DOTALL)
_MOST_GAPS: Final = 1_000_000

#: Path relative to the root, or None and the reason there is none.
FolderMatch = tuple["str | None", str]


def safe_path(root: Path, relative: str) -> Path | None:
    """Return the real file behind ``relative``, or None where it lies outside ``root`` (links too)."""
    try:
        real = Path(os.path.realpath(root / relative))
    except (OSError, ValueError):
        return None
    return real if real.is_relative_to(root) else None


def match_files(root: Path, names: Sequence[str], notes: ReadLog) -> list[FolderMatch]:
    """Find the file of every frame below ``root``.

    The exact relative path comes first, then the base name (the one with the longest common path
    where several folders hold it), then the stem. What stays ambiguous has no picture: a wrong one
    would be worse.
    """
    exact = [_exact(root, name) for name in names]
    if all(exact):
        return [(path, "") for path in exact]
    index = Index(_walk(root))
    return [(path, "") if path else index.find(name, notes) for name, path in zip(names, exact, strict=True)]


def list_frames(folder: str | os.PathLike[str], notes: ReadLog) -> list[str]:
    """Return the pictures below ``folder`` as relative paths in natural order; gaps in numbers become a warning."""
    from natsort import natsorted, ns

    root = resolved_folder(folder)
    names: list[str] = natsorted((path for path in _walk(root) if _is_picture(path)), alg=ns.PATH)
    missing = _missing_numbers(names)
    if missing:
        notes.warn(
            f"{root.name}: {missing} frame numbers are missing between the first and the last (a gap in the sequence)"
        )
    return names


def resolved_folder(folder: str | os.PathLike[str]) -> Path:
    """Return the real path of an existing folder; :class:`DataError` otherwise."""
    path = Path(folder)
    try:
        real = Path(os.path.realpath(path))
        exists = real.is_dir()
    except (OSError, ValueError):
        exists = False
    if not exists:
        problem = "the frame folder is a file" if path.is_file() else "there is no such frame folder"
        raise DataError(problem, file=path.name or str(path), remedy="give the folder that holds the pictures")
    return real


def _exact(root: Path, name: str) -> str | None:
    parts = relative_parts(name)
    if not parts or ".." in parts:
        return None
    relative = "/".join(parts)
    try:
        # a link that leads nowhere or outside stays a match, so that its reason can be told
        found = os.path.lexists(root / relative)
    except (OSError, ValueError):
        return None
    return relative if found else None


def relative_parts(name: str) -> list[str]:
    """Split a relative name into folders; ``[]`` for what can be no relative file."""
    if not name or len(name) > _LONGEST_NAME or "\0" in name or name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return []
    parts = [part for part in name.split("/") if part != "."]
    return [] if "" in parts else parts


class FolderSource(FrameSource):
    """Finds the file of a frame; refuses what a link leads outside the root."""

    def __init__(self, names: Sequence[str], root: Path, matches: Sequence[FolderMatch]) -> None:
        super().__init__(names)
        self._root, self._matches = root, matches

    def reason(self, frame: int) -> str:
        return self._matches[frame][1]

    def find(self, frame: int) -> Path:
        relative, reason = self._matches[frame]
        if relative is None:
            raise NoPictureError(reason)
        path = safe_path(self._root, relative)
        if path is None:
            raise NoPictureError(OUTSIDE)
        return path

    def at_hand(self, frame: int) -> Path | None:
        """Return the file: its header costs nothing."""
        return None if self.reason(frame) else self.find(frame)


class Index:
    """Files below a root by base name and by stem, from their relative paths."""

    def __init__(self, files: Iterable[str]) -> None:
        self.by_name: dict[str, list[str]] = {}
        self.by_stem: dict[str, list[str]] = {}
        for relative in files:
            base = composed(relative.rpartition("/")[2])
            self.by_name.setdefault(base, []).append(relative)
            if _is_picture(relative):
                self.by_stem.setdefault(_stem(base), []).append(relative)

    def find(self, name: str, notes: ReadLog) -> FolderMatch:
        parts = re.split(r"[/\\]", name)
        base = composed(parts[-1])
        if not base or base in (".", ".."):
            return None, "the name is no file name"
        parents = [composed(part) for part in parts[:-1]]
        for candidates in (self.by_name.get(base), self.by_stem.get(_stem(base))):
            if candidates:
                return self._choose(name, parents, candidates, notes)
        if name.startswith(("/", "~")) or ".." in parts or ":" in name or "\\" in name:
            return None, "the path leads outside the frame folder, and no file of that name is inside it"
        return None, "the file is missing in the frame folder"

    def _choose(self, name: str, parents: list[str], candidates: list[str], notes: ReadLog) -> FolderMatch:
        closest = max(_common_tail(parents, path) for path in candidates)
        best = sorted(path for path in candidates if _common_tail(parents, path) == closest)
        base = re.split(r"[/\\]", name)[-1]
        best = [path for path in best if path.rpartition("/")[2] == base] or best
        if len(best) == 1:
            return best[0], ""
        shown = ", ".join(one_line(path, 80) for path in best[:_SHOWN]) + (" ..." if len(best) > _SHOWN else "")
        if len({path.rpartition(".")[0] for path in best}) == 1:
            first = min(best, key=lambda path: (_rank(path), path))
            notes.warn(f"{one_line(name, 80)}: several pictures of that name ({shown}); {one_line(first, 80)} is shown")
            return first, ""
        notes.warn(f"{one_line(name, 80)}: ambiguous, {len(best)} files fit ({shown}); none is shown")
        return None, f"ambiguous: {len(best)} files fit ({shown})"


def _walk(root: Path) -> Iterable[str]:
    """Yield relative paths of what is not a folder, without following linked folders."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        for file in sorted(files):
            yield prefix + file


def _is_picture(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in PICTURE_SUFFIXES


def _stem(base: str) -> str:
    # "clip.0001" is a whole stem: only the ending of a picture is an ending
    return base.rpartition(".")[0] if _is_picture(base) else base


def _rank(path: str) -> int:
    return PICTURE_SUFFIXES.index(PurePosixPath(path).suffix.lower()) if _is_picture(path) else len(PICTURE_SUFFIXES)


def _common_tail(parents: list[str], path: str) -> int:
    """Count the folders, from the last one up, that a name shares with a path."""
    count = 0
    folders = composed(path).split("/")[:-1]
    for mine, theirs in zip(reversed(parents), reversed(folders), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _missing_numbers(names: list[str]) -> int:
    """Count numbers that are missing inside runs such as ``frame_1, frame_2, frame_9``."""
    runs: dict[str, set[int]] = {}
    for name in names:
        numbered = _NUMBERED.match(str(PurePosixPath(name).with_suffix("")))
        if numbered and len(numbered[2]) < len(str(_MOST_GAPS)) + 2:
            runs.setdefault(numbered[1], set()).add(int(numbered[2]))
    gaps = [max(run) - min(run) + 1 - len(run) for run in runs.values() if len(run) > 1]
    return sum(gap for gap in gaps if gap <= _MOST_GAPS)
