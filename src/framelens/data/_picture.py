"""One picture, ready to show, and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framelens.data._pictures_region import Region

__all__ = ["Neighbour", "Picture"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to show, or the reason there is none.

    Attributes
    ----------
    data : bytes or None
        JPEG without metadata; None where there is no picture.
    mime : str
        ``"image/jpeg"``, or ``""`` without data.
    width, height : int
        Pixels of ``data``; 0 without data.
    region : tuple of float
        x, y, width, height of the part of the frame that is shown, in the units of the labels.
    note : str or None
        Why there is no picture, or what is doubtful about it.
    """

    data: bytes | None
    mime: str
    width: int
    height: int
    region: Region
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What is shown shortly before or after a frame.

    Attributes
    ----------
    offset : int
        Frames after the asked one; negative before it, never 0.
    name : str
        Name of the neighbour as a frame.
    frame : int or None
        Index in the dataset, None where the dataset does not hold it.
    time : float or None
        Seconds since the first frame of its video, None where unknown.
    picture : Picture
    """

    offset: int
    name: str
    frame: int | None
    time: float | None
    picture: Picture
