"""Pictures of frames by index: decoded once, cut and scaled, encoded anew."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Final

from framelens.data._picture import Neighbour, Picture
from framelens.errors import MissingExtraError, OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from framelens.data._pictures_cut import Cache, Decoded
    from framelens.data._pictures_met import Met
    from framelens.data._pictures_region import Region
    from framelens.data._pictures_source import Beside, FrameSource
    from framelens.errors import ReadLog

__all__ = ["Showing"]

_MIME: Final = "image/jpeg"
_WORKERS: Final = 4
_SIDE_RANGE: Final = (8, 8192)
_MOST_BESIDE: Final = 25


class Showing:
    """Base of :class:`~framelens.data.pictures.Pictures`: everything that brings a picture to the eye."""

    _names: tuple[str, ...]
    _source: FrameSource
    _max_pixels: int
    _sizes: NDArray[np.float64] | None
    _cache: Cache
    _met: Met
    _surveyed: bool

    def __len__(self) -> int:
        return len(self._names)

    def size(self, frame: int) -> tuple[int, int] | None:
        """Return width and height of a frame in pixels as displayed, from the header; None where unreadable."""
        from framelens.data._pictures_decode import NoPictureError, opened, read_header

        known = self._cache.size(frame)
        if known is not None:
            return known
        try:
            with opened(self._locate(frame), self._max_pixels) as image:
                header = read_header(image)
                return header.size(turned=header.turns(self._declared(frame)))
        except NoPictureError:
            return None

    def whole(self, frame: int, side: int = 640) -> Picture:
        """Return a whole frame whose longer side has at most ``side`` pixels."""
        return self._picture(frame, None, side)

    def crop(self, frame: int, region: Sequence[float], side: int = 160) -> Picture:
        """Return a part of a frame whose longer side has at most ``side`` pixels; it is never enlarged.

        Parameters
        ----------
        frame : int
            Index of the frame.
        region : 4 numbers
            x, y, width, height in the units of the labels; cut to the frame and rounded to whole pixels.
        side : int
            8..8192.
        """
        return self._picture(frame, _region(region), side)

    def crops(self, items: Sequence[tuple[int, Sequence[float]]], side: int = 160) -> list[Picture]:
        """Return :meth:`crop` of many (frame, region) pairs, in their order.

        Each frame is decoded once and several frames at a time: a page of thumbnails takes about half as long.
        """
        from concurrent.futures import ThreadPoolExecutor

        self._source.prepare(dict.fromkeys(frame for frame, _ in items))
        waiting: dict[int, list[int]] = {}
        # the smallest region needs the finest decoding, which then serves the others
        for index in sorted(range(len(items)), key=lambda index: max(items[index][1][2:])):
            waiting.setdefault(items[index][0], []).append(index)
        with ThreadPoolExecutor(max_workers=min(_WORKERS, os.cpu_count() or 1)) as pool:
            done = pool.map(
                lambda some: [(i, self.crop(items[i][0], items[i][1], side)) for i in some], waiting.values()
            )
            pictures = dict(pair for some in done for pair in some)
        return [pictures[index] for index in range(len(items))]

    def neighbours(
        self, frame: int, before: int = 2, after: int = 2, *, region: Sequence[float] | None = None, side: int = 160
    ) -> list[Neighbour]:
        """Return what is shown before and after a frame: of its video, else of its numbered sequence in the dataset.

        Parameters
        ----------
        frame : int
            Index of the frame.
        before, after : int
            How many, 0..25; fewer come at the ends.
        region : 4 numbers or None
            Part of the frames that is shown, as in :meth:`crop`; None for whole frames.
        side : int
            Pixels of the longer side, 8..8192.

        Returns
        -------
        list of Neighbour
            In the order they are shown, the frame itself left out.
        """
        if not (0 <= before <= _MOST_BESIDE and 0 <= after <= _MOST_BESIDE):
            message = f"before and after must be 0..{_MOST_BESIDE}, got {before} and {after}"
            raise OptionError(message)
        part = None if region is None else _region(region)
        beside = self._source.beside(self._checked(frame), before, after)
        self._source.prepare(at.frame for _, at in beside if at.frame is not None)
        return [
            Neighbour(offset, at.name, at.frame, at.time, self._beside(at, frame, part, side)) for offset, at in beside
        ]

    def _beside(self, beside: Beside, frame: int, region: Region | None, side: int) -> Picture:
        if beside.frame is not None:
            return self._picture(beside.frame, region, side)
        # a frame of the video that has no labels: it has the size of its neighbour
        return self._shown(lambda: self._decode(_found(beside.find), frame, region, side), frame, region, side)

    def check(self, notes: ReadLog, frames: Iterable[int] | None = None, *, decode: bool = False) -> int:
        """Look at the headers of all (or the given) frames, or at every pixel, and count what cannot be shown.

        Returns the number of frames that can be shown.
        """
        shown = 0
        for frame in range(len(self)) if frames is None else frames:
            reason = self._header_problem(frame)
            if decode and reason is None:
                picture = self.whole(frame, _SIDE_RANGE[0])
                reason = picture.note if picture.data is None else None
            if reason is None:
                shown += 1
            else:
                notes.skip(one_line(self._names[frame], 120) or "(no name)", "", f"no picture: {reason}")
        return shown

    def _header_problem(self, frame: int) -> str | None:
        from framelens.data._pictures_decode import NoPictureError, opened

        try:
            with opened(self._locate(frame), self._max_pixels):
                return None
        except NoPictureError as error:
            return str(error)

    def _checked(self, frame: int) -> int:
        if not 0 <= frame < len(self):
            message = f"frame {frame} does not exist; there are {len(self)} frames, counted from 0"
            raise OptionError(message)
        return frame

    def _locate(self, frame: int) -> object:
        self._checked(frame)
        return _found(lambda: self._source.find(frame))

    def _declared(self, frame: int) -> tuple[float, float] | None:
        if self._sizes is None:
            return None
        width, height = self._sizes[frame].tolist()
        known = math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0
        return (width, height) if known else None

    def _picture(self, frame: int, region: Region | None, side: int) -> Picture:
        return self._shown(lambda: self._decoded(frame, region, side), frame, region, side)

    def _shown(self, decoded: Callable[[], Decoded], frame: int, region: Region | None, side: int) -> Picture:
        from framelens.data._pictures_decode import NoPictureError, encode

        lowest, highest = _SIDE_RANGE
        if not lowest <= side <= highest:
            message = f"side must be {lowest}..{highest} pixels, got {side}"
            raise OptionError(message)
        try:
            image, shown, note = self._cut(decoded(), frame, region, side)
            data = encode(image)
        except NoPictureError as error:
            return Picture(None, "", 0, 0, region or (0.0, 0.0, 0.0, 0.0), str(error))
        return Picture(data, _MIME, image.width, image.height, shown, note)

    def _cut(
        self, decoded: Decoded, frame: int, region: Region | None, side: int
    ) -> tuple[Image.Image, Region, str | None]:
        from PIL.Image import Resampling

        from framelens.data._pictures_cut import real_region
        from framelens.data._pictures_met import other_size

        declared = self._declared(frame)
        x, y, width, height = real_region(region, declared, decoded.size)
        across, down = decoded.image.width / decoded.size[0], decoded.image.height / decoded.size[1]
        box = (x * across, y * down, (x + width) * across, (y + height) * down)
        shrink = min(1.0, side / max(width, height))
        target = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        image = decoded.image.resize(target, Resampling.BILINEAR, box=box, reducing_gap=2.0)
        unit = (1.0, 1.0) if declared is None else (declared[0] / decoded.size[0], declared[1] / decoded.size[1])
        shown = (x * unit[0], y * unit[1], width * unit[0], height * unit[1])
        return image, shown, other_size(self._names[frame], declared, decoded.size)

    def _decoded(self, frame: int, region: Region | None, side: int) -> Decoded:
        from framelens.data._pictures_cut import level_for, real_region

        declared = self._declared(frame)
        known = self._cache.size(frame)
        if known is not None:
            found = self._cache.get(frame, level_for(real_region(region, declared, known), side))
            if found is not None:
                return found
        made = self._decode_known(frame, region, side)
        self._cache.put(frame, made)
        return made

    def _decode_known(self, frame: int, region: Region | None, side: int) -> Decoded:
        """Decode a frame of the dataset and remember whether that went well."""
        from framelens.data._pictures_decode import NoPictureError, NoRegionError

        try:
            made = self._decode(self._locate(frame), frame, region, side)
        except NoRegionError:  # the picture may be as good as any
            raise
        except NoPictureError as error:
            self._remember(frame, str(error))
            raise
        self._met.good(frame, self._declared(frame), made.size)
        return made

    def _remember(self, frame: int, reason: str) -> None:
        """Count a broken picture; one without a file was counted when files were matched."""
        if not self._source.reason(frame):
            self._met.fail(frame, reason)

    def _survey(self) -> None:
        """Look once at the headers of some files, so that broken pictures and other sizes are told at once."""
        from framelens.data._pictures_decode import NoPictureError, opened, read_header
        from framelens.data._pictures_met import spread

        # without the labels' sizes the pictures are nobody's yet
        frames = [] if self._surveyed or self._sizes is None else spread(len(self))
        self._surveyed = True
        for frame in frames:
            if frame in self._met:  # its pixels tell more than its header
                continue
            try:
                file = _found(lambda frame=frame: self._source.at_hand(frame))  # type: ignore[misc]
                if file is None:
                    continue
                with opened(file, self._max_pixels) as image:
                    header = read_header(image)
            except NoPictureError as error:
                self._remember(frame, str(error))
                continue
            declared = self._declared(frame)
            self._met.good(frame, declared, header.size(turned=header.turns(declared)))

    def _decode(self, thing: object, frame: int, region: Region | None, side: int) -> Decoded:
        from PIL import Image

        from framelens.data._pictures_cut import Decoded, level_for, real_region
        from framelens.data._pictures_decode import Draftable, decode, opened, read_header

        declared = self._declared(frame)
        if isinstance(thing, Draftable):
            level = level_for(real_region(region, declared, thing.size), side)
            return Decoded(thing.draft(level), thing.size, level)
        with opened(thing, self._max_pixels) as source:
            header = read_header(source)
            turned = header.turns(declared)
            size = header.size(turned=turned)
            # a Pillow image of the user's is not ours to shrink, and an array may still change
            level = 1 if isinstance(thing, Image.Image) else level_for(real_region(region, declared, size), side)
            ours = isinstance(thing, (str, os.PathLike, bytes, bytearray))
            return Decoded(decode(source, level=level, turned=turned, ours=ours), size, level)


def _region(region: Sequence[float]) -> Region:
    x, y, width, height = (float(value) for value in region)
    return (x, y, width, height)


def _found(find: Callable[[], object]) -> object:
    """Return what a source finds; whatever it raises becomes the reason why there is no picture."""
    from framelens.data._pictures_decode import NoPictureError

    try:
        return find()
    except (NoPictureError, MissingExtraError):
        raise
    except Exception as error:
        message = one_line(f"the frame source failed: {type(error).__name__}: {error}", 160)
        raise NoPictureError(message) from error
