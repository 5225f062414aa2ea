"""From a file, bytes, array or Pillow image to a clean RGB picture; what fails says why.

Pictures come from strangers: the format is read from the bytes and only six are allowed, sizes are
bounded before a pixel is decoded, and nothing of the metadata goes on.
"""

from __future__ import annotations

import io
import math
import os
import stat
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from framelens.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = [
    "FOLDER",
    "FORMATS",
    "MISSING",
    "OUTSIDE",
    "Draftable",
    "Header",
    "NoPictureError",
    "NoRegionError",
    "decode",
    "encode",
    "opened",
    "read_header",
]

#: What Pillow may recognise. EPS, PDF, SVG and the rest are refused whatever the file is called.
FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
FOLDER: Final = "a folder, not a picture"
MISSING: Final = "the file is missing"
OUTSIDE: Final = "the file lies outside the frame folder (a link leads out of it)"
_QUALITY: Final = 80
_LARGEST_DRAFT: Final = 8
_PAPER: Final = (255, 255, 255)
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: Warning filters belong to the process: one thread at a time.
_WARNINGS: Final = threading.Lock()
_SIDEWAYS: Final = (5, 6, 7, 8)
_ORIENTATION_TAG: Final = 0x0112
_WHITE: Final = 255
_GREY, _COLOUR = 2, 3  # dimensions of an array
_CHANNELS: Final = (1, 3, 4)


class NoPictureError(Exception):
    """There is no picture to show; the text says why. It never leaves :mod:`framelens.data`."""


class NoRegionError(NoPictureError):
    """Nothing of the picture lies in the asked region; the picture itself may be good."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of a picture say.

    Attributes
    ----------
    width, height : int
        Pixels as stored, before any turn.
    orientation : int
        EXIF orientation 1..8; 1 where there is none.
    """

    width: int
    height: int
    orientation: int = 1

    def size(self, *, turned: bool) -> tuple[int, int]:
        """Return width and height as displayed (``turned``) or as stored."""
        sideways = turned and self.orientation in _SIDEWAYS
        return (self.height, self.width) if sideways else (self.width, self.height)

    def turns(self, declared: tuple[float, float] | None) -> bool:
        """Decide whether the labels mean the turned picture.

        Most tools label what is displayed, some label what is stored. The size that the labels
        declare tells which; without one, or where it fits both, what is displayed counts.
        """
        if self.orientation not in _SIDEWAYS or declared is None:
            return True
        shown, stored = self.size(turned=True), self.size(turned=False)
        ratio = declared[0] / declared[1]
        return abs(math.log(ratio * shown[1] / shown[0])) <= abs(math.log(ratio * stored[1] / stored[0]))


@dataclass(frozen=True, slots=True)
class Draftable:
    """A decoded picture that is cheaper to have smaller: a frame of a video, whose colours are still to be made.

    Attributes
    ----------
    size : (int, int)
        Width and height in pixels as displayed.
    draft : callable
        1, 2, 4 or 8 to an RGB picture of its own of about that part of the size.
    """

    size: tuple[int, int]
    draft: Callable[[int], Image.Image]


@contextmanager
def opened(thing: object, max_pixels: int) -> Iterator[Image.Image]:
    """Open a path, bytes, array or Pillow image; raise :class:`NoPictureError` for whatever goes wrong."""
    try:
        if isinstance(thing, Image.Image):
            yield _bounded(thing, max_pixels)
        elif isinstance(thing, (str, os.PathLike, bytes, bytearray)):
            with _open_file(thing) as image:
                yield _bounded(image, max_pixels)
        elif isinstance(thing, Draftable):
            _check_size(*thing.size, max_pixels)
            yield thing.draft(1)
        elif thing is None:
            _refuse("there is no picture for this frame")
        else:
            yield _from_array(thing, max_pixels)
    except NoPictureError:
        raise
    except Exception as error:  # decoders of hostile bytes raise nearly anything
        raise NoPictureError(_reason(error)) from error


def read_header(image: Image.Image) -> Header:
    """Return stored size and orientation of an opened picture without decoding it."""
    return Header(image.width, image.height, _orientation(image))


def decode(image: Image.Image, *, level: int = 1, turned: bool = True, ours: bool = False) -> Image.Image:
    """Return the picture as RGB, turned if asked, at about ``1/level`` of its size where that is cheaper.

    Only JPEG decodes faster when smaller; for the rest ``level`` is ignored. The result carries no metadata.
    A picture that is ``ours`` is nobody else's and may be given back itself.
    """
    orientation = _orientation(image) if turned else 1
    if level > 1 and image.format in ("JPEG", "MPO"):
        level = min(level, _LARGEST_DRAFT)
        image.draft(image.mode, (max(1, image.width // level), max(1, image.height // level)))
    clean = _rgb(image, ours=ours)
    if orientation in _TURNS:
        clean = clean.transpose(_TURNS[orientation])
    clean.info = {}
    return clean


def encode(image: Image.Image) -> bytes:
    """Return an RGB picture as JPEG without metadata."""
    image.info = {}
    target = io.BytesIO()
    image.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()


def _refuse(reason: str) -> NoReturn:
    raise NoPictureError(reason)


def _open_file(source: str | bytes | bytearray | os.PathLike[str]) -> Image.Image:
    with _WARNINGS, warnings.catch_warnings():
        # the pixel limit is ours and comes next
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        if isinstance(source, (bytes, bytearray)):
            return Image.open(io.BytesIO(source), formats=FORMATS)
        path = Path(source)
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            # a named pipe would wait for ever
            _refuse(FOLDER if stat.S_ISDIR(state.st_mode) else "not a regular file")
        if not state.st_size:
            _refuse("the file is empty")
        return Image.open(path, formats=FORMATS)


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        _refuse(f"the picture has no pixels ({width} x {height})")
    if width * height > max_pixels:
        _refuse(f"the picture is too large ({width} x {height}; the limit is {max_pixels / 1e6:g} million pixels)")


def _bounded(image: Image.Image, max_pixels: int) -> Image.Image:
    _check_size(image.width, image.height, max_pixels)
    return image


_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (FileNotFoundError, MISSING),
    (PermissionError, "the file may not be read"),
    (UnidentifiedImageError, f"not a picture of a known format ({', '.join(FORMATS)})"),
    (Image.DecompressionBombError, "the picture is too large"),
)


def _reason(error: Exception) -> str:
    for kind, text in _REASONS:
        if isinstance(error, kind):
            return text
    if "truncated" in str(error).lower():
        return "the picture is cut off"
    # the text of an OSError with a file name holds an absolute path
    detail = error.strerror if isinstance(error, OSError) and error.filename else str(error)
    return one_line(f"the picture cannot be decoded: {detail or type(error).__name__}", 160)


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns TIFF itself, sizes included
    if image.format == "PNG" and not {"exif", "Raw profile type exif"} & image.info.keys():
        return 1  # getexif() would decode the whole picture to look behind it
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - broken metadata is no reason to lose the picture
        return 1
    return value if value in _TURNS else 1


def _rgb(image: Image.Image, *, ours: bool) -> Image.Image:
    if isinstance(image, ImageFile.ImageFile):
        image.load()
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_stretch(np.asarray(image))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layers = image.convert("RGBA")
        paper = Image.new("RGB", layers.size, _PAPER)
        paper.paste(layers, mask=layers.getchannel("A"))
        return paper
    # a copy of the pixels of a frame takes most of the time that decoding them took
    return image if ours and image.mode == "RGB" else image.convert("RGB")


def _from_array(thing: object, max_pixels: int) -> Image.Image:
    array = np.asarray(thing)
    if array.ndim == _COLOUR and array.shape[2] not in _CHANNELS and array.shape[0] in _CHANNELS:
        array = np.moveaxis(array, 0, 2)  # torch keeps the channels first
    if array.ndim == _COLOUR and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (_GREY, _COLOUR) or (array.ndim == _COLOUR and array.shape[2] not in _CHANNELS):
        _refuse(f"an array of shape {array.shape} is no picture; expected (H, W), (H, W, 3) or (H, W, 4)")
    _check_size(array.shape[1], array.shape[0], max_pixels)
    return Image.fromarray(np.ascontiguousarray(_bytes_of(array)))


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an array of any number type as 0..255: fractions times 255, bytes as they are, the rest stretched."""
    if array.dtype == np.uint8:
        return np.asarray(array, dtype=np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(array.dtype, np.number) or np.issubdtype(array.dtype, np.complexfloating):
        _refuse(f"an array of {array.dtype} is no picture; expected numbers")
    finite = array[np.isfinite(array)]
    if not finite.size:
        _refuse("no pixel of the array is a finite number")
    lowest, highest = finite.min(), finite.max()
    if lowest < 0 or highest > _WHITE:
        return _stretch(array)
    scale = _WHITE if np.issubdtype(array.dtype, np.floating) and highest <= 1 else 1
    return np.asarray((np.nan_to_num(array) * scale).astype(np.uint8))


def _stretch(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values of any range as 0..255: darkest to lightest.

    Sixteen-bit cameras fill a small part of their range, so a division by 257 would show nothing.
    """
    values = np.asarray(array, dtype=np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        _refuse("no pixel is a finite number")
    lowest, highest = float(values[finite].min()), float(values[finite].max())
    if highest <= lowest:
        return np.full(values.shape, int(np.clip(lowest, 0, _WHITE)), np.uint8)
    stretched = (np.where(finite, values, lowest) - lowest) * (_WHITE / (highest - lowest))
    return np.asarray(np.clip(stretched, 0, _WHITE), dtype=np.uint8)
