"""One picture, ready to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framelens.data._pictures_region import Region

__all__ = ["Picture"]


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
