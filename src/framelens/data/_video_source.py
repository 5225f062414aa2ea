"""Frames of videos: from the name of a frame to its picture, its time and what is shown beside it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.data._pictures_decode import Draftable, NoPictureError
from framelens.data._pictures_files import safe_path
from framelens.data._pictures_source import Beside, FrameSource
from framelens.data._video_file import VideoFile
from framelens.data._video_reader import require_av
from framelens.data.missing import no_such
from framelens.data.places import VIDEO_SUFFIXES, Place, frame_name, is_video, place_of, places
from framelens.errors import ReadLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["VideoSource", "Videos", "open_videos"]

_MAX_PIXELS: Final = 50_000_000
_MOST_OPEN: Final = 4
_CACHE_BYTES: Final = 96 * 2**20
_AHEAD: Final = 32


class Videos:
    """Videos by name; at most four are open and keep decoded frames, and one has several decoders.

    Parameters
    ----------
    paths : mapping of str to Path
        Name of each video (with folders, for a folder of videos) and where it lies.
    max_pixels : int
        A larger video is not decoded.
    """

    def __init__(self, paths: Mapping[str, Path], max_pixels: int = _MAX_PIXELS) -> None:
        require_av()
        self.paths = dict(paths)
        self._max_pixels = max_pixels
        self._changing = threading.Lock()
        self._files: OrderedDict[str, VideoFile] = OrderedDict()
        self._sizes: dict[str, tuple[int, int] | None] = {}

    @classmethod
    def at(cls, path: str | os.PathLike[str], max_pixels: int = _MAX_PIXELS) -> Videos:
        """Take one video file.

        Raises
        ------
        DataError
            There is no such file.
        MissingExtraError
            PyAV is not installed.
        """
        file = Path(path)
        if not file.is_file():
            raise no_such(file, "video")
        return cls({file.name: file}, max_pixels)

    @classmethod
    def below(cls, root: Path, max_pixels: int = _MAX_PIXELS) -> Videos:
        """Take the videos below a folder; links that lead out of it are left out."""
        from framelens.data.given import walk

        real = Path(os.path.realpath(root))
        names = sorted(path.relative_to(root).as_posix() for path in walk(root, VIDEO_SUFFIXES))
        return cls({name: path for name in names if (path := safe_path(real, name)) is not None}, max_pixels)

    @classmethod
    def among(cls, mapping: Mapping[Any, Any], max_pixels: int = _MAX_PIXELS) -> Videos:
        """Take the values of a mapping that are paths of videos."""
        paths = {str(k): Path(v) for k, v in mapping.items() if isinstance(v, (str, os.PathLike)) and is_video(v)}
        return cls(paths, max_pixels)

    def file(self, name: str) -> VideoFile:
        """Return a video, and let go of the one not used for longest where too many are open."""
        with self._changing:
            if name not in self._files:
                self._files[name] = VideoFile(self.paths[name], max_pixels=self._max_pixels, cache_bytes=_CACHE_BYTES)
            self._files.move_to_end(name)
            *others, asked = self._files.values()
        # outside the lock: a video that is decoding lets nobody in until it is done
        for video in others[-_MOST_OPEN + 1 :]:
            video.rest()
        for video in others[: -_MOST_OPEN + 1]:
            video.release()
        return asked

    def size(self, name: str) -> tuple[int, int] | None:
        """Return width and height in pixels of the video that a frame's name means; None where unknown."""
        place = place_of(name)
        found = places([name], self.paths, ReadLog())[0] if place is not None else ""
        if isinstance(found, str):
            return None
        video = found[0]
        if video not in self._sizes:
            try:
                self._sizes[video] = self.file(video).frame(0).size
            except NoPictureError:
                self._sizes[video] = None
        return self._sizes[video]


class VideoSource(FrameSource):
    """Finds frames in videos, and the others where ``pictures`` has them.

    Parameters
    ----------
    names : sequence of str, length F
    videos : Videos
    found : list, length F
        For each frame its video and place, or the reason there is none.
    pictures : FrameSource or None
        Asked first.
    """

    def __init__(
        self, names: Sequence[str], videos: Videos, found: list[tuple[str, Place] | str], pictures: FrameSource | None
    ) -> None:
        super().__init__(names)
        self._videos, self._found, self._pictures = videos, found, pictures
        self._wanted: dict[str, set[int]] = {}
        self._members: dict[str, dict[int, int]] = {}

    def find(self, frame: int) -> object:
        """Return the decoded frame."""
        found = self._found[frame]
        if isinstance(found, str):
            if self._pictures is not None:
                return self._pictures.find(frame)
            raise NoPictureError(found)
        index = self._index(*found)
        near = {other for other in self._wanted.get(found[0], ()) if 0 < other - index <= _AHEAD}
        return self._videos.file(found[0]).frame(index, near)

    def reason(self, frame: int) -> str:
        """Say why neither a video nor a picture file fits."""
        found = self._found[frame]
        if not isinstance(found, str):
            return ""
        return found if self._pictures is None else self._pictures.reason(frame)

    def at_hand(self, frame: int) -> object:
        """Return the file of a frame that is no frame of a video."""
        alone = isinstance(self._found[frame], str) and self._pictures is not None
        return self._pictures.at_hand(frame) if alone and self._pictures is not None else None

    def prepare(self, frames: Iterable[int]) -> None:
        """Decode frames of one group in one pass."""
        self._wanted = {}
        for frame in frames:
            found = self._found[frame]
            if not isinstance(found, str) and found[1].number is not None:
                self._wanted.setdefault(found[0], set()).add(found[1].number)

    def times(self) -> NDArray[np.float64]:
        """Return what the names state, else the time of the frame number."""
        times = super().times()
        for video in self._videos.paths:
            rows = [row for row, found in enumerate(self._found) if not isinstance(found, str) and found[0] == video]
            rows = [row for row in rows if np.isnan(times[row])]
            if rows:
                numbers = np.array([found[1].number for row in rows if not isinstance(found := self._found[row], str)])
                times[rows] = self._videos.file(video).times(numbers)
        return times

    def beside(self, frame: int, before: int, after: int) -> list[tuple[int, Beside]]:
        """Return the video's frames beside this one, whether they have labels or not."""
        found = self._found[frame]
        if isinstance(found, str):
            return super().beside(frame, before, after)
        try:
            index = self._index(*found)
            line = self._videos.file(found[0]).timeline()
        except NoPictureError:
            return []
        near = range(max(0, index - before), min(len(line.stamps), index + after + 1))
        return [(at - index, self._at(found[0], at, line.time(at), near)) for at in near if at != index]

    def _at(self, video: str, index: int, time: float, near: range) -> Beside:
        def find() -> Draftable:
            return self._videos.file(video).frame(index, near)

        if video not in self._members:
            self._members[video] = {
                found[1].number: row
                for row, found in enumerate(self._found)
                if not isinstance(found, str) and found[0] == video and found[1].number is not None
            }
        frame = self._members[video].get(index)
        return Beside(frame_name(video, index=index) if frame is None else self.names[frame], frame, time, find)

    def _index(self, video: str, place: Place) -> int:
        if place.number is not None:
            return place.number
        assert place.time is not None
        index = self._videos.file(video).timeline().nearest(place.time)
        if index < 0:
            message = f"{place.time:g} seconds is beyond the end of the video"
            raise NoPictureError(message)
        return index


def open_videos(
    names: Sequence[str], videos: Videos, notes: ReadLog, pictures: FrameSource | None = None
) -> VideoSource:
    """Match frames to videos; those that ``pictures`` holds at hand stay there."""
    rows = [row for row in range(len(names)) if pictures is None or pictures.reason(row)]
    found: list[tuple[str, Place] | str] = [""] * len(names)
    for row, place in zip(rows, places([names[row] for row in rows], videos.paths, notes), strict=True):
        found[row] = place
    return VideoSource(names, videos, found, pictures)
