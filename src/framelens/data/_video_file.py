"""Single frames of one video, by seeking; what was decoded last is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.data._pictures_decode import Draftable, NoPictureError
from framelens.data._video_reader import Timeline, VideoReader
from framelens.errors import MissingExtraError, one_line

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["VideoFile"]

_CACHE_BYTES: Final = 192 * 2**20
#: Places of a video at which a decoder waits: more of them save less and less.
_READERS: Final = 4
#: Who looks at a frame looks back next: so many frames before it are kept, because they have just been decoded.
_BEHIND: Final = 8
#: Earlier key frames that are tried where a frame does not come from the one before it.
_TRIES: Final = 3
_SIDEWAYS: Final = (2, 4)
_TURNS: Final = {90: 2, 180: 3, 270: 4}  # degrees counter-clockwise to Pillow's Transpose


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

    Notes
    -----
    A frame is decoded from the key frame before it, which takes the longer the farther apart key frames are: about
    1 to 2 ms of processor time a frame of 1080p H.264, on all processors. Up to four decoders wait where they were
    left, so that a later frame of the same group goes on from the nearest. Each holds the frames that later ones may
    need, 5 to 20 of them (20 to 60 MB at 1080p), beside ``cache_bytes``.
    """

    def __init__(self, path: Path, *, max_pixels: int, cache_bytes: int = _CACHE_BYTES) -> None:
        self._path, self._max_pixels, self._limit = path, max_pixels, cache_bytes
        self._lock = threading.RLock()
        self._timeline: Timeline | NoPictureError | None = None
        self._readers: list[VideoReader] = []  # the one used last stands last
        self._held: OrderedDict[int, Any] = OrderedDict()
        self._bytes = 0  # of what is held
        self._asked = 0

    def __del__(self) -> None:
        with suppress(Exception):  # half made, or at the end of the interpreter
            self.close()

    def close(self) -> None:
        """Let the file and the decoders go; the next frame opens it again."""
        with self._lock:
            readers, self._readers = self._readers, []
            for reader in readers:
                reader.close()

    def rest(self) -> None:
        """Keep only the decoder used last, while another video is looked at; a video at work goes on with all."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            while len(self._readers) > 1:
                self._readers.pop(0).close()
        finally:
            self._lock.release()

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
                    rate = self._guarded(lambda: self._reader().even_rate())
                    if rate:
                        return np.asarray(indices / rate, dtype=np.float64)
                line = self.timeline()
        except NoPictureError:
            return np.full(len(indices), np.nan)
        inside = indices < len(line.stamps)
        stamps = line.stamps[np.where(inside, indices, 0)]
        return np.where(inside, (stamps - line.stamps[0]) * line.unit, np.nan)

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
                self._asked = index
                self._guarded(lambda: self._decode(line, wanted))
                if index not in self._held:  # lost with one of those around it
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

    def _scan(self) -> Timeline:
        reader = self._reader()
        try:
            return reader.timeline()
        finally:
            reader.close()

    def _reader(self) -> VideoReader:
        if not self._readers:
            self._readers.append(VideoReader(self._path, self._max_pixels))
        return self._readers[-1]

    def _decode(self, line: Timeline, wanted: set[int]) -> None:
        """Decode from the key frame before the first wanted frame, or from where a decoder waits behind it."""
        first, last = int(line.stamps[min(wanted)]), int(line.stamps[max(wanted)])
        before = int(np.searchsorted(line.keys, first, side="right")) - 1
        for key in range(before, max(-1, before - _TRIES), -1):
            earliest = int(line.stamps[max(0, min(wanted) - _BEHIND)])
            reader = self._nearest(int(line.keys[max(key, 0)]), first)
            if reader is None:
                reader = self._spare()
                reader.seek(line, max(key, 0))
            if self._run(line, reader, earliest, first, last):
                return
            reader.shown = None  # not decodable from this key frame: the one before it may be the real start

    def _nearest(self, start: int, first: int) -> VideoReader | None:
        """Return the decoder that waits nearest behind a frame of the group from ``start`` on; None for none."""
        behind = [reader for reader in self._readers if reader.shown is not None and start <= reader.shown < first]
        found = max(behind, key=lambda reader: reader.shown or 0, default=None)
        if found is not None:
            self._readers.remove(found)
            self._readers.append(found)
        return found

    def _spare(self) -> VideoReader:
        """Return a new decoder, or the one that was not used for longest."""
        waiting = next((reader for reader in self._readers if reader.shown is None), None)
        if waiting is None and len(self._readers) < _READERS:
            waiting = VideoReader(self._path, self._max_pixels)
        else:
            waiting = waiting or self._readers[0]
            self._readers.remove(waiting)
        self._readers.append(waiting)
        return waiting

    def _run(self, line: Timeline, reader: VideoReader, earliest: int, first: int, last: int) -> bool:
        """Decode until ``last`` has come, keep what comes, and say whether ``first`` was among it."""
        found = False
        for frame in reader.decode(earliest, last):
            found |= frame.pts == first
            at = int(np.searchsorted(line.stamps, frame.pts))
            if at < len(line.stamps) and line.stamps[at] == frame.pts:
                self._hold(at, frame)
        return found

    def _hold(self, index: int, frame: Any) -> None:
        self._bytes += _size(frame) - _size(self._held.get(index))
        self._held[index] = frame
        self._held.move_to_end(index)
        while len(self._held) > 1 and self._bytes > self._limit:
            oldest = next(other for other in self._held if other != self._asked)  # those around it do not push it out
            self._bytes -= _size(self._held.pop(oldest))


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
