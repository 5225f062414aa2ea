"""The pictures of the frames: found once, read when looked at, always encoded anew.

A bad picture never raises. :class:`Picture` says in ``note`` why there is none, and the front end
draws a placeholder with that text.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Final

from framelens.data._picture import Picture
from framelens.data._pictures_region import crop_region
from framelens.errors import DataError, OptionError, ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from PIL import Image

    from framelens.data._pictures_cut import Cache, Decoded
    from framelens.data._pictures_region import Region
    from framelens.errors import Skip

__all__ = ["Picture", "Pictures", "crop_region", "frame_names"]

_MIME: Final = "image/jpeg"
_MAX_PIXELS: Final = 50_000_000
_CACHE_BYTES: Final = 256 * 2**20
_WORKERS: Final = 4
_SIDE_RANGE: Final = (8, 8192)
_SAME_SIZE: Final = 0.5  # pixels


class Pictures:
    """Pictures of the frames of a dataset, by frame index.

    Make one with :meth:`from_folder`, :meth:`from_mapping`, :meth:`from_callable` or :meth:`from_stack`.

    Coordinates are in the space of the labels. Where the labels declare a frame size
    (:meth:`with_sizes`) that differs from the real one, regions are scaled and the note says so; it also
    decides whether a picture with EXIF orientation was labelled as displayed or as stored.

    Notes
    -----
    Decoded frames stay in memory, the least recently used go first, until ``cache_bytes`` is reached.
    Methods may be called from several threads.

    Examples
    --------
    >>> import numpy as np
    >>> pictures = Pictures.from_stack(np.zeros((2, 48, 64, 3), np.uint8), ["a", "b"])
    >>> pictures.size(1)
    (64, 48)
    >>> picture = pictures.crop(0, (10, 10, 20, 20), side=16)
    >>> picture.width, picture.height, picture.region, picture.note
    (16, 16, (10.0, 10.0, 20.0, 20.0), None)
    """

    def __init__(
        self,
        names: Sequence[str],
        find: Callable[[int], object],
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
        sizes: NDArray[np.float64] | None = None,
        notes: ReadLog | None = None,
    ) -> None:
        from framelens.data._pictures_cut import Cache

        if max_pixels < 1 or cache_bytes < 0:
            message = f"max_pixels must be positive and cache_bytes not negative, got {max_pixels} and {cache_bytes}"
            raise OptionError(message)
        self._names = tuple(names)
        self._find = find
        self._max_pixels = max_pixels
        self._notes = notes or ReadLog()
        self._sizes = sizes
        self._cache: Cache = Cache(cache_bytes)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"Pictures({len(self)} frames)"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames, in the order of their indices."""
        return self._names

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was doubtful when files were matched to frames."""
        return self._notes.warnings

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """Frames without a matching file, counted per reason."""
        return self._notes.skips

    @classmethod
    def from_folder(
        cls,
        folder: str | os.PathLike[str],
        names: Sequence[str],
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
    ) -> Pictures:
        """Match frames to the files below ``folder``: exact relative path, then base name, then stem.

        Parameters
        ----------
        folder : path
            Root; nothing outside it is ever opened, not through links either.
        names : sequence of str, length F
            Names of the frames as the labels give them.
        max_pixels : int
            Larger pictures are not decoded.
        cache_bytes : int
            Memory for decoded frames, in bytes.

        Raises
        ------
        DataError
            If there is no such folder. Missing and ambiguous files are notes and :attr:`skipped`.
        """
        from framelens.data._pictures_files import FolderSource, match_files, resolved_folder

        root, notes = resolved_folder(folder), ReadLog()
        matches = match_files(root, names, notes)
        for name, (path, reason) in zip(names, matches, strict=True):
            if path is None:
                notes.skip("frames", one_line(name, 120) or "(no name)", f"no picture: {reason}")
        return cls(names, FolderSource(root, matches), max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes)

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, object],
        names: Sequence[str],
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
    ) -> Pictures:
        """Take pictures from ``{frame name: path, bytes, array or Pillow image}``.

        Frames that the mapping does not name have no picture. ``max_pixels`` and
        ``cache_bytes`` are those of :meth:`from_folder`.
        """
        names = tuple(names)
        known = {name: mapping[name] for name in names if name in mapping}
        notes = ReadLog()
        for name in names:
            if name not in known:
                notes.skip(
                    "frames", one_line(name, 120) or "(no name)", "no picture: the mapping does not name this frame"
                )
        return cls(
            names, lambda frame: known.get(names[frame]), max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes
        )

    @classmethod
    def from_callable(
        cls,
        function: Callable[[str], object],
        names: Sequence[str],
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
    ) -> Pictures:
        """Take pictures from ``function(name)``: a path, bytes, array, Pillow image or None.

        It is called when a picture is looked at. What it raises becomes the note of that picture.
        """
        return cls(names, lambda frame: function(names[frame]), max_pixels=max_pixels, cache_bytes=cache_bytes)

    @classmethod
    def from_stack(
        cls, stack: ArrayLike, names: Sequence[str], *, max_pixels: int = _MAX_PIXELS, cache_bytes: int = _CACHE_BYTES
    ) -> Pictures:
        """Take pictures from an array of shape (F, H, W), (F, H, W, 3 or 4) or (F, 3, H, W).

        Raises
        ------
        DataError
            If there are not as many pictures as names.
        """
        import numpy as np

        array = np.asarray(stack)
        if array.ndim not in (3, 4) or len(array) != len(names):
            raise DataError(
                f"the stack has shape {array.shape}; expected ({len(names)}, height, width[, channels])", file="frames"
            )
        return cls(names, lambda frame: array[frame], max_pixels=max_pixels, cache_bytes=cache_bytes)

    def with_sizes(self, width: ArrayLike, height: ArrayLike) -> Pictures:
        """Return the same pictures with the frame sizes that the labels declare.

        Parameters
        ----------
        width, height : arrays, shape (F,)
            Pixels in the space of the labels; ``nan`` where unknown.
        """
        import numpy as np

        sizes = np.column_stack([np.asarray(width, np.float64), np.asarray(height, np.float64)])
        if sizes.shape != (len(self), 2):
            message = f"expected one width and height for each of {len(self)} frames, got {len(sizes)}"
            raise OptionError(message)
        return type(self)(
            self._names,
            self._find,
            max_pixels=self._max_pixels,
            cache_bytes=self._cache.limit,
            sizes=sizes,
            notes=self._notes,
        )

    def size(self, frame: int) -> tuple[int, int] | None:
        """Return width and height of a frame in pixels as displayed, from the header; None where unreadable."""
        from framelens.data._pictures_decode import NoPictureError, opened, read_header

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
        x, y, width, height = (float(value) for value in region)
        return self._picture(frame, (x, y, width, height), side)

    def crops(self, items: Sequence[tuple[int, Sequence[float]]], side: int = 160) -> list[Picture]:
        """Return :meth:`crop` of many (frame, region) pairs, in their order.

        Each frame is decoded once and several frames at a time: a page of thumbnails takes about half as long.
        """
        from concurrent.futures import ThreadPoolExecutor

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

    def _locate(self, frame: int) -> object:
        from framelens.data._pictures_decode import NoPictureError

        if not 0 <= frame < len(self):
            message = f"frame {frame} does not exist; there are {len(self)} frames, counted from 0"
            raise OptionError(message)
        try:
            return self._find(frame)
        except NoPictureError:
            raise
        except Exception as error:
            message = one_line(f"the frame source failed: {type(error).__name__}: {error}", 160)
            raise NoPictureError(message) from error

    def _declared(self, frame: int) -> tuple[float, float] | None:
        if self._sizes is None:
            return None
        width, height = self._sizes[frame].tolist()
        known = math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0
        return (width, height) if known else None

    def _picture(self, frame: int, region: Region | None, side: int) -> Picture:
        from framelens.data._pictures_decode import NoPictureError, encode

        lowest, highest = _SIDE_RANGE
        if not lowest <= side <= highest:
            message = f"side must be {lowest}..{highest} pixels, got {side}"
            raise OptionError(message)
        try:
            image, shown, note = self._cut(frame, region, side)
            data = encode(image)
        except NoPictureError as error:
            return Picture(None, "", 0, 0, region or (0.0, 0.0, 0.0, 0.0), str(error))
        return Picture(data, _MIME, image.width, image.height, shown, note)

    def _cut(self, frame: int, region: Region | None, side: int) -> tuple[Image.Image, Region, str | None]:
        from PIL.Image import Resampling

        from framelens.data._pictures_cut import real_region

        declared = self._declared(frame)
        decoded = self._decoded(frame, region, side)
        x, y, width, height = real_region(region, declared, decoded.size)
        across, down = decoded.image.width / decoded.size[0], decoded.image.height / decoded.size[1]
        box = (x * across, y * down, (x + width) * across, (y + height) * down)
        shrink = min(1.0, side / max(width, height))
        target = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        image = decoded.image.resize(target, Resampling.BILINEAR, box=box, reducing_gap=2.0)
        unit = (1.0, 1.0) if declared is None else (declared[0] / decoded.size[0], declared[1] / decoded.size[1])
        shown = (x * unit[0], y * unit[1], width * unit[0], height * unit[1])
        return image, shown, self._size_note(frame, declared, decoded.size)

    def _decoded(self, frame: int, region: Region | None, side: int) -> Decoded:
        from PIL import Image

        from framelens.data._pictures_cut import Decoded, level_for, real_region
        from framelens.data._pictures_decode import decode, opened, read_header

        declared = self._declared(frame)
        known = self._cache.size(frame)
        if known is not None:
            found = self._cache.get(frame, level_for(real_region(region, declared, known), side))
            if found is not None:
                return found
        thing = self._locate(frame)
        with opened(thing, self._max_pixels) as source:
            header = read_header(source)
            turned = header.turns(declared)
            size = header.size(turned=turned)
            # a Pillow image of the user's is not ours to shrink
            level = 1 if isinstance(thing, Image.Image) else level_for(real_region(region, declared, size), side)
            made = Decoded(decode(source, level=level, turned=turned), size, level)
        self._cache.put(frame, made)
        return made

    def _size_note(self, frame: int, declared: tuple[float, float] | None, size: tuple[int, int]) -> str | None:
        if declared is None or max(abs(declared[0] - size[0]), abs(declared[1] - size[1])) <= _SAME_SIZE:
            return None
        name = one_line(self._names[frame].replace("\\", "/").rpartition("/")[2], 120)
        return (
            f"{name}: the labels declare {declared[0]:g} x {declared[1]:g} pixels, the picture has "
            f"{size[0]} x {size[1]}; it is scaled to the labels"
        )


def frame_names(folder: str | os.PathLike[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """List the pictures below ``folder``: relative paths in natural order, and warnings about missing numbers.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    from framelens.data._pictures_files import list_frames

    notes = ReadLog()
    names = list_frames(folder, notes)
    return tuple(names), notes.warnings
