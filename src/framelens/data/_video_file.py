"""One video file: which frames it has, and single frames by seeking.

Videos come from strangers. The container is recognised by its first bytes and opened as that and
nothing else, from an open file: no playlist, no second file and no address can be followed.
"""

from __future__ import annotations

import stat
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.data._pictures_decode import Draftable, NoPictureError
from framelens.errors import MissingExtraError, one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["Timeline", "VideoFile", "require_av"]

_CACHE_BYTES: Final = 192 * 2**20
_MOST_FRAMES: Final = 20_000_000
#: No picture is worth more waiting: a broken file may hold one group of a million frames.
_LONGEST_DECODE: Final = 10.0
_LONGEST_SCAN: Final = 60.0
_HEAD: Final = 12
_SIDEWAYS: Final = (2, 4)
_TURNS: Final = {90: 2, 180: 3, 270: 4}  # degrees counter-clockwise to Pillow's Transpose


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


class VideoFile:
    """Frames of one video; safe to use from several threads.

    Parameters
    ----------
    path : Path
        A regular file, already known to lie where it may be read.
    max_pixels : int
        A larger video is not decoded.
    cache_bytes : int
        Memory for decoded frames of the groups last looked at.
    """

    def __init__(self, path: Path, *, max_pixels: int, cache_bytes: int = _CACHE_BYTES) -> None:
        self._path, self._max_pixels, self._limit = path, max_pixels, cache_bytes
        self._lock = threading.RLock()
        self._timeline: Timeline | NoPictureError | None = None
        self._file: Any = None
        self._container: Any = None
        self._packets: Iterator[Any] | None = None
        self._shown: int | None = None
        self._held: OrderedDict[int, Any] = OrderedDict()
        self._bytes = 0  # of what is held

    def __del__(self) -> None:
        with suppress(Exception):  # half made, or at the end of the interpreter
            self.close()

    def close(self) -> None:
        """Let the file go; the next frame opens it again."""
        with self._lock:
            container, file = self._container, self._file
            self._file = self._container = self._packets = self._shown = None
            if container is not None:
                container.close()
            if file is not None:
                file.close()

    def release(self) -> None:
        """Let go of the file and of every decoded frame."""
        with self._lock:
            self.close()
            self._held.clear()
            self._bytes = 0

    def times(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return when frames are shown, in seconds since the first one; ``nan`` where it cannot be told.

        Where the header promises an even rate it is believed, so that no long file is searched for this.
        """
        try:
            with self._lock:
                if self._timeline is None:
                    rate = self._guarded(self._even_rate)
                    if rate:
                        return np.asarray(indices / rate, dtype=np.float64)
                line = self.timeline()
        except NoPictureError:
            return np.full(len(indices), np.nan)
        inside = indices < len(line.stamps)
        stamps = line.stamps[np.where(inside, indices, 0)]
        return np.where(inside, (stamps - line.stamps[0]) * line.unit, np.nan)

    def _even_rate(self) -> float | None:
        stream = self._open()
        even = stream.average_rate and stream.average_rate == stream.base_rate and stream.frames
        return float(stream.average_rate) if even else None

    def timeline(self) -> Timeline:
        """Return when each frame is shown, from one pass over the packets.

        Raises
        ------
        NoPictureError
            The file cannot be read as a video.
        """
        with self._lock:
            if self._timeline is None:
                try:
                    self._timeline = self._guarded(self._scan)
                except NoPictureError as error:
                    self._timeline = error
            if isinstance(self._timeline, NoPictureError):
                raise self._timeline
            return self._timeline

    def frame(self, index: int, around: Collection[int] = ()) -> Draftable:
        """Return a frame as displayed, its colours still to be made; those ``around`` it are decoded with it and kept.

        Raises
        ------
        NoPictureError
            There is no such frame, or it cannot be decoded.
        """
        with self._lock:
            line = self.timeline()
            if not 0 <= index < len(line.stamps):
                message = f"frame {index} is beyond the end of the video: it has {len(line.stamps)} frames from 0"
                raise NoPictureError(message)
            if index not in self._held:
                wanted = {index, *(other for other in around if 0 <= other < len(line.stamps))} - self._held.keys()
                self._guarded(lambda: self._decode(line, wanted))
                if index not in self._held:  # pushed out by those around it, or lost with one of them
                    self._guarded(lambda: self._decode(line, {index}))
            if index not in self._held:
                message = "the frame cannot be decoded: the video is damaged here"
                raise NoPictureError(message)
            self._held.move_to_end(index)
            found = self._held[index]
            size = (found.height, found.width) if _turn(found) in _SIDEWAYS else (found.width, found.height)
            return Draftable(size, lambda level: self._draft(found, level))

    def _draft(self, frame: Any, level: int) -> Image.Image:
        with self._lock:  # a frame converts for one at a time
            image: Image.Image = self._guarded(lambda: _picture(frame, level))
            return image

    def _guarded(self, action: Any) -> Any:
        try:
            return action()
        except (NoPictureError, MissingExtraError):
            raise
        except Exception as error:  # decoders of hostile bytes raise nearly anything
            with suppress(Exception):
                self.close()
            detail = "the file is missing" if isinstance(error, FileNotFoundError) else type(error).__name__
            message = one_line(f"the video cannot be read: {detail}", 160)
            raise NoPictureError(message) from error

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

    def _scan(self) -> Timeline:
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

    def _decode(self, line: Timeline, wanted: set[int]) -> None:
        """Decode from the key frame before the first wanted frame, or go on where the last call stopped."""
        first, last = int(line.stamps[min(wanted)]), int(line.stamps[max(wanted)])
        before = int(np.searchsorted(line.keys, first, side="right")) - 1
        for key in range(before, max(-1, before - 3), -1):
            start = int(line.keys[max(key, 0)])
            stream = self._open()
            if self._packets is None or self._shown is None or not start <= self._shown < first:
                self._container.seek(int(line.seeks[max(key, 0)]), stream=stream, backward=True)
                self._packets, self._shown = self._container.demux(stream), None
            if self._run(line, stream, first, last):
                return
            self._packets = None  # not decodable from this key frame: the one before it may be the real start

    def _run(self, line: Timeline, stream: Any, first: int, last: int) -> bool:
        """Decode until ``last`` has come; frames before ``first`` that no other frame needs are skipped."""
        context, end = stream.codec_context, time.monotonic() + _LONGEST_DECODE
        damaged, found = require_av().error.FFmpegError, False
        assert self._packets is not None
        for packet in self._packets:
            skipped = packet.pts is not None and packet.pts < first
            context.skip_frame = "NONREF" if skipped else "DEFAULT"
            try:
                frames = packet.decode()
            except damaged:
                continue
            for frame in frames:
                if frame.pts is None:
                    continue
                self._shown = max(frame.pts, self._shown if self._shown is not None else frame.pts)
                if frame.pts >= first:
                    found |= frame.pts == first
                    at = int(np.searchsorted(line.stamps, frame.pts))
                    if at < len(line.stamps) and line.stamps[at] == frame.pts:
                        self._hold(at, frame)
            if self._shown is not None and self._shown >= last:
                return found
            if time.monotonic() > end:
                message = "decoding this frame takes too long"
                raise NoPictureError(message)
        self._packets = None  # the end: the decoder takes nothing more
        return found

    def _hold(self, index: int, frame: Any) -> None:
        self._bytes += _size(frame) - _size(self._held.get(index))
        self._held[index] = frame
        self._held.move_to_end(index)
        while len(self._held) > 1 and self._bytes > self._limit:
            self._bytes -= _size(self._held.popitem(last=False)[1])


def _size(frame: Any) -> int:
    """Return the bytes of a decoded frame; more than 12 bits a pixel where colours are whole or deep."""
    return 0 if frame is None else sum(plane.buffer_size for plane in frame.planes)


def _turn(frame: Any) -> int | None:
    """Return the turn that a frame's metadata asks for, as Pillow's Transpose; None for none."""
    return _TURNS.get(round(getattr(frame, "rotation", 0)) % 360)


def _picture(frame: Any, level: int) -> Image.Image:
    """Return a decoded frame at ``1/level`` of its size as Pillow image, turned as its metadata says.

    The colours of the pixels that are left are made while the frame is scaled: a sixth of the time of all of them.
    """
    from PIL import Image

    size = {"width": -(-frame.width // level), "height": -(-frame.height // level), "interpolation": "AREA"}
    image: Image.Image = frame.to_image(**(size if level > 1 else {}))
    turn = _turn(frame)
    return image if turn is None else image.transpose(Image.Transpose(turn))


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
