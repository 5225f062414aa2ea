"""The pictures of the frames: found once, read when looked at, always encoded anew.

A bad picture never raises. :class:`Picture` says in ``note`` why there is none, and the front end
draws a placeholder with that text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from framelens.data._picture import Neighbour, Picture
from framelens.data._pictures_region import crop_region
from framelens.data._pictures_show import Showing
from framelens.data._pictures_source import FrameSource, NamedSource, PartSource
from framelens.data.places import VIDEO_SUFFIXES, is_video
from framelens.errors import DataError, OptionError, ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from framelens.errors import Skip

__all__ = ["Neighbour", "Picture", "Pictures", "crop_region", "frame_names"]

_MAX_PIXELS: Final = 50_000_000
_CACHE_BYTES: Final = 256 * 2**20


class Pictures(Showing):
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
    >>> Pictures.from_callable(lambda name: np.zeros((48, 64, 3), np.uint8), ["a", "b"]).whole(0).width
    64
    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (60, 40)).save(pathlib.Path(folder, "a.png"))
    ...     found = Pictures.from_folder(folder, ["a", "b"])
    ...     found, found.names, found.size(0), [skip.reason for skip in found.skipped]
    (Pictures(2 frames), ('a', 'b'), (60, 40), ['no picture: the file is missing in the frame folder'])
    """

    def __init__(
        self,
        names: Sequence[str],
        find: Callable[[int], object] | FrameSource,
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
        sizes: NDArray[np.float64] | None = None,
        notes: ReadLog | None = None,
    ) -> None:
        from framelens.data._pictures_cut import Cache
        from framelens.data._pictures_met import Met

        if max_pixels < 1 or cache_bytes < 0:
            message = f"max_pixels must be positive and cache_bytes not negative, got {max_pixels} and {cache_bytes}"
            raise OptionError(message)
        self._names = tuple(names)
        self._source = find if isinstance(find, FrameSource) else FrameSource(self._names, find)
        self._max_pixels = max_pixels
        self._notes = notes or ReadLog()
        for row, name in enumerate(self._names if sizes is None else ()):
            if why := self._source.reason(row):
                self._notes.skip("frames", one_line(name, 120) or "(no name)", f"no picture: {why}")
        self._sizes = sizes
        self._cache: Cache = Cache(cache_bytes)
        self._met, self._surveyed = Met(self._names), False

    def __repr__(self) -> str:
        return f"Pictures({len(self)} frames)"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames, in the order of their indices."""
        return self._names

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was doubtful when files were matched to frames, and pictures of another size than the labels say.

        Counted over the pictures that were looked at: the headers of at most 200 files, evenly spread, and
        whatever was shown since.
        """
        self._survey()
        return (*self._notes.warnings, *self._met.warnings())

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """Frames without a matching file, and broken pictures among those looked at, counted per reason."""
        return (*self._notes.skips, *self.broken())

    def broken(self, *, counted: bool = False) -> tuple[Skip, ...]:
        """Return what could not be shown among the pictures looked at (see :attr:`warnings`), counted per reason.

        Parameters
        ----------
        counted : bool
            Readers were given the folder and have counted what it lacks: leave that out.
        """
        self._survey()
        return self._met.skips(counted=counted)

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds since the first frame of each frame's video, shape (F,); ``nan`` where unknown or no video."""
        return self._source.times()

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
        source: FrameSource = FolderSource(names, root, match_files(root, names, notes))
        if any(source.reason(row) for row in range(len(names))):
            source = _with_videos(root, source, notes, max_pixels)
        return cls(names, source, max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes)

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
        notes, names = ReadLog(), tuple(names)
        source: FrameSource = NamedSource(names, mapping)
        if any(is_video(value) for value in mapping.values() if isinstance(value, (str, os.PathLike))):
            from framelens.data._video_source import Videos, open_videos

            source = open_videos(names, Videos.among(mapping, max_pixels), notes, source)
        return cls(names, source, max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes)

    @classmethod
    def from_url(
        cls,
        url: str,
        names: Sequence[str],
        *,
        patience: float = 3.0,
        listing: float = 10.0,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
    ) -> Pictures:
        """Match frames to the files below an fsspec address, such as ``s3://bucket/frames``.

        Pictures are fetched when they are looked at and kept in a temporary folder (1 GB at most, until the
        program ends). One that has not come in time is a note; it comes with a later look.

        Keys and the address of the store's own server belong where the driver of the store looks for them, and not into
        the address: for S3 (``pip install s3fs``) ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and
        ``AWS_ENDPOINT_URL`` or ``~/.aws``; for any driver a file in ``~/.config/fsspec`` with its options. Messages and
        reports hold the last part of the address alone, and no words of the store.

        Parameters
        ----------
        url : str
        names : sequence of str, length F
        patience, listing : float
            Seconds that the pictures of one page, and the list of all files, may take. Where the list does
            not come, pictures are looked for by their exact names.
        max_pixels, cache_bytes : int
            As in :meth:`from_folder`.

        Raises
        ------
        DataError
            The address is not understood.
        MissingExtraError
            fsspec is not installed: ``pip install "framelens[remote]"``.
        """
        from framelens.data._remote import RemoteSource, Store

        notes, names, store = ReadLog(), tuple(names), Store(url, patience=patience, listing=listing)
        if store.folder is not None:  # of this machine: its links are looked through
            return cls.from_folder(store.folder, names, max_pixels=max_pixels, cache_bytes=cache_bytes)
        source = RemoteSource(names, store, notes)
        return cls(names, source, max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes)

    @classmethod
    def from_video(
        cls,
        video: str | os.PathLike[str],
        names: Sequence[str],
        *,
        max_pixels: int = _MAX_PIXELS,
        cache_bytes: int = _CACHE_BYTES,
    ) -> Pictures:
        """Take frames of one video by seeking; :mod:`framelens.data.places` says how names mean them.

        Raises
        ------
        DataError
            There is no such file. A video that cannot be read is a note of each picture.
        MissingExtraError
            PyAV is not installed: ``pip install "framelens[video]"``.
        """
        from framelens.data._video_source import Videos, open_videos

        notes, names = ReadLog(), tuple(names)
        source = open_videos(names, Videos.at(video, max_pixels), notes)
        return cls(names, source, max_pixels=max_pixels, cache_bytes=cache_bytes, notes=notes)

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

    def part(self, rows: Sequence[int]) -> Pictures:
        """Return the pictures of some frames, given by their indices; the times and neighbours stay theirs."""
        sizes = None if self._sizes is None else self._sizes[list(rows)]
        source = PartSource(self._source, rows)
        return type(self)(source.names, source, max_pixels=self._max_pixels, cache_bytes=self._cache.limit, sizes=sizes)

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
            self._source,
            max_pixels=self._max_pixels,
            cache_bytes=self._cache.limit,
            sizes=sizes,
            notes=self._notes,
        )


def _with_videos(root: Path, pictures: FrameSource, notes: ReadLog, max_pixels: int) -> FrameSource:
    """Look for the frames that are no files in the videos of the folder, where it has some."""
    from framelens.data.given import walk

    if next(walk(root, VIDEO_SUFFIXES), None) is None:
        return pictures
    from framelens.data._video_source import Videos, open_videos

    return open_videos(pictures.names, Videos.below(root, max_pixels), notes, pictures)


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
