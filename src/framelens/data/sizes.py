"""Names and sizes of frames, from picture headers or as the caller states them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from natsort import natsorted

from framelens.data.frame_names import PICTURE_SUFFIXES, FrameNames
from framelens.data.given import walk
from framelens.data.missing import no_such
from framelens.errors import DataError, OptionError

if TYPE_CHECKING:
    from framelens.data._video_source import Videos

__all__ = ["FrameSizes", "header_size"]

#: Labels of pictures that are too large to be shown count all the same.
_MAX_PIXELS = 2**62


def header_size(path: Path) -> tuple[int, int] | None:
    """Return width and height as shown (EXIF turns applied), from the header only; None if unreadable."""
    from framelens.data._pictures_decode import NoPictureError, opened, read_header

    try:
        with opened(path, _MAX_PIXELS) as picture:
            return read_header(picture).size(turned=True)
    except NoPictureError:
        return None


@dataclass(slots=True)
class FrameSizes:
    """Which frames there are and how large they are.

    Attributes
    ----------
    root : Path or None
        Folder the pictures stand in.
    names : tuple of str
        Frame names relative to the folder, natural order; empty where only one size is known.
    every : (int, int) or None
        One size for all frames.
    videos : Videos or None
        Videos whose frames the labels may name.
    """

    root: Path | None = None
    names: tuple[str, ...] = ()
    every: tuple[int, int] | None = None
    _stated: dict[str, tuple[int, int]] = field(default_factory=dict)
    _paths: dict[str, Path] = field(default_factory=dict)
    _index: FrameNames | None = None
    videos: Videos | None = None

    @classmethod
    def of(cls, frames: Any) -> FrameSizes | None:
        """Accept a folder, a video, ``(width, height)`` for all frames, or a mapping of name to size or path."""
        from framelens.data.places import is_url

        if frames is None or callable(frames):
            return None
        if is_url(frames):
            return None  # a picture far away is fetched when it is looked at
        if isinstance(frames, (str, os.PathLike)):
            return cls._at(Path(frames))
        if isinstance(frames, (tuple, list)) and len(frames) == 2 and all(isinstance(side, int) for side in frames):
            if min(frames) <= 0:
                raise OptionError(f"frames={frames!r}: width and height must be positive")
            return cls(every=(frames[0], frames[1]))
        if isinstance(frames, Mapping):
            return cls._mapping(frames)
        return None

    @classmethod
    def _at(cls, path: Path) -> FrameSizes:
        """Take a folder of pictures, videos or both, or one video."""
        from framelens.data.places import VIDEO_SUFFIXES, is_video

        if is_video(path) and not path.is_dir():
            from framelens.data._video_source import Videos

            return cls(videos=Videos.at(path))
        found = cls.folder(path)
        if next(walk(path, VIDEO_SUFFIXES), None) is not None:
            from framelens.data._video_source import Videos

            found.videos = Videos.below(path)
        return found

    @classmethod
    def folder(cls, root: Path) -> FrameSizes:
        """List the pictures below a folder."""
        if not root.is_dir():
            if root.exists():
                raise DataError("a file where a folder of frames belongs", file=root.name, remedy="give its folder")
            raise no_such(root, "folder of frames")
        inside = (path for path in walk(root, PICTURE_SUFFIXES) if not path.is_symlink() or _leads_inside(path, root))
        names = natsorted(path.relative_to(root).as_posix() for path in inside)
        return cls(root=root, names=tuple(names), _paths={name: root / name for name in names})

    @classmethod
    def files(cls, paths: Mapping[str, Path]) -> FrameSizes:
        """Take named picture files, which may be missing."""
        return cls(names=tuple(paths), _paths=dict(paths))

    @classmethod
    def _mapping(cls, frames: Mapping[Any, Any]) -> FrameSizes:
        from framelens.data.places import is_video

        stated: dict[str, tuple[int, int]] = {}
        paths: dict[str, Path] = {}
        videos: dict[Any, Any] = {}
        for key, value in frames.items():
            if isinstance(value, (str, os.PathLike)) and is_video(value):
                videos[key] = value
                continue
            shape = getattr(value, "shape", None)
            if isinstance(value, (str, os.PathLike)):
                paths[str(key)] = Path(value)
            elif isinstance(value, (tuple, list)) and len(value) == 2:
                stated[str(key)] = (int(value[0]), int(value[1]))
            elif shape is not None and len(shape) >= 2:
                stated[str(key)] = (int(shape[1]), int(shape[0]))
        names = tuple(str(key) for key in frames if key not in videos)
        found = cls(names=names, _stated=stated, _paths=paths)
        if videos:
            from framelens.data._video_source import Videos

            found.videos = Videos.among(videos)
        return found

    def place(self, name: str) -> tuple[int, int]:
        """Return the position in ``names`` of the frame that a label means, as :meth:`FrameNames.place` does."""
        if self._index is None:
            self._index = FrameNames(self.names)
        return self._index.place(name)

    def match(self, name: str) -> str | None:
        """Return the frame that a label means; None if none or several."""
        position, _ = self.place(name)
        return self.names[position] if position >= 0 else None

    def size_meant(self, name: str) -> tuple[float, float]:
        """Return the size of the frame that a label means, ``nan`` where unknown."""
        return self.size(self.match(name) or name)

    def fault(self, name: str) -> str | None:
        """Say why a label's picture cannot be shown; None if it is in the folder, or no folder is known."""
        if self.root is None or self.match(name) is not None or (self.videos and self.videos.size(name)):
            return None
        plain = name.replace("\\", "/")
        leaves = ".." in plain.split("/") or plain.startswith(("/", "~")) or "://" in plain or plain[1:2] == ":"
        if leaves or _is_link(self.root, plain):
            return "the name leads outside the folder of frames: no picture is shown"
        if plain[-1:] != "/" and _leads_inside(self.root / plain, self.root):
            return None  # a file that is no picture: counted when it is looked at
        return "no such picture in the folder of frames"

    def size(self, name: str) -> tuple[float, float]:
        """Return width and height in pixels of a frame, ``nan`` where unknown."""
        found = self.every or self._stated.get(name)
        if found is None and name in self._paths:
            found = header_size(self._paths[name])
        if found is None and self.videos is not None:
            found = self.videos.size(name)
        return found if found is not None else (float("nan"), float("nan"))


def _is_link(root: Path, name: str) -> bool:
    """Whether a name in the folder is a link (one that leads out: others are listed)."""
    try:
        return (root / name).is_symlink()
    except (OSError, ValueError):
        return False


def _leads_inside(link: Path, root: Path) -> bool:
    """Whether a link leads to a regular file inside the folder."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return False
    return target.is_file() and target.is_relative_to(root.resolve())
