"""What the name of a frame says: its place in a video, or in a numbered sequence of pictures.

A frame of a video is written ``clip.mp4#123`` (frame 123, counted from 0) or ``clip.mp4#t=4.1`` (what is
shown 4.1 seconds after the first frame; compared to the millisecond). Without a video before the ``#``
the only video is meant. Tools that cut videos into pictures write ``clip_000123.jpg``, ``clip/000123.png``
or ``frame_000123.jpg``; such numbers count from 0 where a 0 occurs, else from 1 as FFmpeg, Ultralytics and
MOT count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from framelens.data.frame_names import stem_of
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from framelens.errors import ReadLog

__all__ = [
    "VIDEO_SUFFIXES",
    "Place",
    "frame_name",
    "is_url",
    "is_video",
    "no_address",
    "place_of",
    "places",
    "sequences",
    "stated_times",
]

#: Endings that are taken for videos.
VIDEO_SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts")

_EXACT = re.compile(r"(?P<video>[^#]*)#(?:(?P<index>\d{1,12})|t=(?P<time>\d{1,9}(?:\.\d{1,9})?))\Z", re.DOTALL)
_COUNTED = re.compile(r"(?P<head>.*?)(?P<number>\d{1,12})\Z", re.DOTALL)
_WORDS = re.compile(r"(?:\A|(?<=[_\-. /]))(?:frame|frames|image|img|f)\Z", re.IGNORECASE)
_SEPARATORS: Final = "_-. /"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame stands.

    Attributes
    ----------
    sequence : str
        Video or sequence as the name gives it; ``""`` where the name holds nothing but a number.
    number : int or None
        Frame number as written.
    time : float or None
        Seconds since the first frame.
    exact : bool
        Whether the name was written for a video: the number then counts from 0.
    """

    sequence: str
    number: int | None = None
    time: float | None = None
    exact: bool = False


def is_url(source: object) -> bool:
    """Whether a source is an address that fsspec understands.

    >>> is_url("s3://bucket/frames"), is_url("zip://::frames.zip"), is_url("C:/frames")
    (True, True, False)
    """
    return isinstance(source, str) and "://" in source


def no_address(source: object) -> None:
    """Raise where labels or tables are given as an address: only frames are fetched.

    Raises
    ------
    DataError
    """
    if is_url(source):
        name = PurePosixPath(str(source).split("?", maxsplit=1)[0]).name
        remedy = "download it, or give the DataFrame that pandas.read_csv makes of it"
        raise DataError("an address, and only frames are fetched from one", file=one_line(name, 80), remedy=remedy)


def is_video(path: object) -> bool:
    """Whether a path ends like a video file.

    >>> is_video("a/Clip.MP4"), is_video("a.jpg")
    (True, False)
    """
    return PurePosixPath(str(path)).suffix.lower() in VIDEO_SUFFIXES


def frame_name(video: object, *, index: int | None = None, time: float | None = None) -> str:
    """Write the name of a video's frame.

    >>> frame_name("clip.mp4", index=7), frame_name("clip.mp4", time=4.1000000001)
    ('clip.mp4#7', 'clip.mp4#t=4.100')
    """
    if index is not None:
        return f"{video}#{index}"
    assert time is not None
    return f"{video}#t={time:.3f}"


def place_of(name: str) -> Place | None:
    """Read the place out of a name; None where it holds no number at its end.

    >>> place_of("clip.mp4#12").number, place_of("#t=1.5").time, place_of("cam_01/frame_0009.jpg").sequence
    (12, 1.5, 'cam_01')
    """
    exact = _EXACT.match(name)
    if exact is not None:
        index, time = exact["index"], exact["time"]
        return Place(exact["video"], int(index) if index else None, float(time) if time else None, exact=True)
    folder, base = name.replace("\\", "/").rpartition("/")[::2]
    counted = _COUNTED.match(f"{folder}/{stem_of(base)}" if folder else stem_of(base))
    if counted is None:
        return None
    head = counted["head"]
    plain = _WORDS.sub("", head.rstrip(_SEPARATORS)).rstrip(_SEPARATORS)
    glued = bool(head) and head[-1] not in _SEPARATORS and _WORDS.search(head) is None
    return Place(f"{head}#" if glued else plain, int(counted["number"]))


def places(names: Sequence[str], videos: Iterable[str], notes: ReadLog) -> list[tuple[str, Place] | str]:
    """Find the video of every frame.

    Parameters
    ----------
    names : sequence of str
        Frames as the labels name them.
    videos : iterable of str
        Names of the videos, with folders.
    notes : ReadLog
        Told where numbers count from 1.

    Returns
    -------
    list
        Video and place (its number counted from 0), or the reason there is none.

    Examples
    --------
    >>> from framelens.errors import ReadLog
    >>> found = places(["clip_1.jpg", "clip_2.jpg"], ["clip.mp4"], ReadLog())
    >>> [(video, place.number) for video, place in found]
    [('clip.mp4', 0), ('clip.mp4', 1)]
    """
    forms = _forms(list(videos))
    found: list[tuple[str, Place] | str] = []
    lowest: dict[str, int] = {}
    for name in names:
        place = place_of(name)
        video = forms.get(_form(place.sequence)) if place is not None else None
        if place is None:
            found.append("the name does not say which frame of a video it is")
        elif video is None:
            fits = "no video" if _form(place.sequence) not in forms else "more than one video"
            found.append(f"{fits} fits the name")
        else:
            found.append((video, place))
            if not place.exact and place.number is not None:
                lowest[video] = min(place.number, lowest.get(video, place.number))
    for video in (video for video, low in lowest.items() if low > 0):
        notes.warn(f"{one_line(video, 80)}: frame numbers count from 1 (no frame has the number 0)")
    return [item if isinstance(item, str) else _from_zero(*item, lowest) for item in found]


def _from_zero(video: str, place: Place, lowest: dict[str, int]) -> tuple[str, Place]:
    if place.exact or place.number is None or lowest[video] == 0:
        return video, place
    return video, Place(place.sequence, place.number - 1)


def _form(sequence: str) -> str:
    return sequence.replace("\\", "/").removeprefix("./")


def _forms(videos: list[str]) -> dict[str, str | None]:
    """Map path, base name, stem and (for an only video) nothing to each video; None where several fit."""
    forms: dict[str, str | None] = {}
    for video in videos:
        path = PurePosixPath(video.replace("\\", "/"))
        own = {str(path), path.name, path.stem, str(path.with_suffix("")) if path.name else ""}
        for form in own | ({""} if len(videos) == 1 else set()):
            forms[form] = video if forms.get(form, video) == video else None
    return forms


def stated_times(names: Sequence[str]) -> NDArray[np.float64]:
    """Return the seconds that the names state (``#t=``), ``nan`` elsewhere.

    >>> stated_times(["clip.mp4#t=2.5", "a.jpg"])
    array([2.5, nan])
    """
    found = (match["time"] if "#t=" in name and (match := _EXACT.match(name)) else None for name in names)
    return np.array([np.nan if time is None else float(time) for time in found], dtype=np.float64)


def sequences(names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each frame the number of its sequence (-1 for none) and its position there.

    Positions are frame numbers, or seconds where the names state those. Names that end in a number and
    are otherwise equal are one sequence.

    >>> sequence, position = sequences(["a_1.jpg", "a_3.jpg", "dog.jpg", "b.mp4#t=0.5"])
    >>> sequence.tolist(), position.tolist()
    ([0, 0, -1, 1], [1.0, 3.0, nan, 0.5])
    """
    known: dict[tuple[str, bool], int] = {}
    sequence = np.full(len(names), -1, dtype=np.int64)
    position = np.full(len(names), np.nan)
    for row, name in enumerate(names):
        place = place_of(name)
        if place is not None:
            key = (place.sequence, place.time is None)
            sequence[row] = known.setdefault(key, len(known))
            position[row] = place.number if place.number is not None else place.time
    return sequence, position
