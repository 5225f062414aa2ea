"""One open video at one place: which frames it has, and decoding from there on.

Videos come from strangers. The container is recognised by its first bytes and opened as that and
nothing else, from an open file: no playlist, no second file and no address can be followed.
"""

from __future__ import annotations

import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.data._pictures_decode import NoPictureError
from framelens.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Timeline", "VideoReader", "require_av"]

_MOST_FRAMES: Final = 20_000_000
#: No picture is worth more waiting: a broken file may hold one group of a million frames.
_LONGEST_DECODE: Final = 10.0
_LONGEST_SCAN: Final = 60.0
_HEAD: Final = 12
#: Decoders that may be told frame by frame what to skip; others, as that of AV1, take it once for all.
_SKIPPING: Final = frozenset(["h264", "hevc", "mpeg2video", "mpeg4", "vp8", "vp9"])


def require_av() -> Any:
    """Return PyAV.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import av
    except ImportError:
        raise MissingExtraError("PyAV", "video") from None
    return av


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """When each frame is shown.

    Attributes
    ----------
    stamps : int64 array, shape (F,)
        Presentation times in units of ``unit`` seconds, rising.
    keys : int64 array
        Those of the frames that need no other.
    seeks : int64 array
        Where the container is asked to go for each of ``keys``.
    unit : float
    """

    stamps: NDArray[np.int64]
    keys: NDArray[np.int64]
    seeks: NDArray[np.int64]
    unit: float

    def time(self, index: int) -> float:
        """Return seconds since the first frame."""
        return float(self.stamps[index] - self.stamps[0]) * self.unit

    def nearest(self, seconds: float) -> int:
        """Return the frame shown nearest to a time; -1 where the time is after the end."""
        times = (self.stamps - self.stamps[0]) * self.unit
        step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
        if seconds > times[-1] + step:
            return -1
        after = int(np.searchsorted(times, seconds))
        around = [index for index in (after - 1, after) if 0 <= index < len(times)]
        return min(around, key=lambda index: abs(times[index] - seconds))


class VideoReader:
    """An open video and the place that its decoder has reached; for one thread at a time.

    Parameters
    ----------
    path : Path
        A regular file, already known to lie where it may be read.
    max_pixels : int
        A larger video is not decoded.

    Attributes
    ----------
    shown : int or None
        Time of the last frame that came; None where decoding cannot go on from here.
    """

    def __init__(self, path: Path, max_pixels: int) -> None:
        self._path, self._max_pixels = path, max_pixels
        self._file: Any = None
        self._container: Any = None
        self._packets: Iterator[Any] | None = None
        self.shown: int | None = None

    def close(self) -> None:
        """Let the file go; the next call opens it again."""
        container, file = self._container, self._file
        self._file = self._container = self._packets = self.shown = None
        if container is not None:
            container.close()
        if file is not None:
            file.close()

    def even_rate(self) -> float | None:
        """Return the frames a second that the header promises for all of the video; None where it does not."""
        stream = self._open()
        even = stream.average_rate and stream.average_rate == stream.base_rate and stream.frames
        return float(stream.average_rate) if even else None

    def _open(self) -> Any:
        """Open the container as what its first bytes say and return its video stream."""
        av = require_av()
        if self._container is None:
            if not stat.S_ISREG(self._path.stat().st_mode):
                message = "not a regular file"
                raise NoPictureError(message)
            self._file = self._path.open("rb")
            kind = _container(self._file.read(_HEAD), self._path.suffix.lower())
            self._file.seek(0)
            self._container = av.open(self._file, format=kind, metadata_errors="replace")
        if not self._container.streams.video:
            message = "the file holds no video"
            raise NoPictureError(message)
        stream = self._container.streams.video[0]
        context = stream.codec_context
        if context.width * context.height > self._max_pixels:
            limit = f"{self._max_pixels / 1e6:g} million pixels"
            message = f"the video is too large ({context.width} x {context.height}; the limit is {limit})"
            raise NoPictureError(message)
        if not context.is_open:
            stream.thread_type = "AUTO"
        return stream

    def timeline(self) -> Timeline:
        """Return when each frame is shown, from one pass over the packets."""
        stream, end = self._open(), time.monotonic() + _LONGEST_SCAN
        by_decoding = self._container.format.name in {"avi", "mpegts"}
        stamps: list[int] = []
        keys: dict[int, int] = {}
        with suppress(EOFError, require_av().error.FFmpegError):  # a cut file has the frames before the cut
            for packet in self._container.demux(stream):
                stamp = packet.pts if packet.pts is not None else packet.dts
                if stamp is None or packet.is_discard:
                    continue
                stamps.append(stamp)
                if packet.is_keyframe:
                    # AVI and TS are searched by the time of decoding
                    keys[stamp] = packet.dts if by_decoding and packet.dts is not None else stamp
                if len(stamps) > _MOST_FRAMES or time.monotonic() > end:
                    message = "the video is too long to be searched for single frames"
                    raise NoPictureError(message)
        unit = float(stream.time_base or 0)
        self.close()
        if not keys or not unit:
            message = "the video holds no frame that can be decoded"
            raise NoPictureError(message)
        order = sorted(keys)
        return Timeline(np.unique(stamps), np.array(order), np.array([keys[key] for key in order]), unit)

    def seek(self, line: Timeline, key: int) -> None:
        """Go to a key frame, counted from 0."""
        stream = self._open()
        self._container.seek(int(line.seeks[key]), stream=stream, backward=True)
        self._packets, self.shown = self._container.demux(stream), None

    def decode(self, earliest: int, last: int) -> Iterator[Any]:
        """Yield frames shown from ``earliest`` on, until ``last`` has come; the time may be unknown.

        Frames before ``earliest`` that no other frame needs are skipped.
        """
        context, end = self._open().codec_context, time.monotonic() + _LONGEST_DECODE
        damaged = require_av().error.FFmpegError
        for packet in self._packets or ():
            if context.name in _SKIPPING:
                skipped = packet.pts is not None and packet.pts < earliest
                context.skip_frame = "NONREF" if skipped else "DEFAULT"
            try:
                frames = packet.decode()
            except damaged:
                continue
            for frame in frames:
                if frame.pts is None:
                    continue
                self.shown = frame.pts if self.shown is None else max(frame.pts, self.shown)
                if frame.pts >= earliest:
                    yield frame
            if self.shown is not None and self.shown >= last:
                return
            if time.monotonic() > end:
                message = "decoding this frame takes too long"
                raise NoPictureError(message)
        self._packets = self.shown = None  # the end: the decoder takes nothing more


def _container(head: bytes, suffix: str) -> str:
    """Return FFmpeg's name of the container, by its first bytes."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head[:1] == b"G" and suffix == ".ts":
        return "mpegts"
    if head[4:5] == b"G" and suffix in {".mts", ".m2ts"}:
        return "mpegts"
    message = "the file is empty" if not head else "not a video of a known container (MP4, MOV, MKV, WebM, AVI, TS)"
    raise NoPictureError(message)
