"""Answers the front end's request for pictures, from the frames the user gave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.errors import OptionError, nearest, one_line
from framelens.widgets.messages import Reply, check_int

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.data.pictures import Picture, Pictures
    from framelens.widgets.wire import Payload

__all__ = ["LARGEST_REPLY", "LARGEST_SIDE", "MOST_ITEMS", "PictureService"]

#: Limits of one request: items, pixels of the longer side, bytes of all pictures of the reply.
MOST_ITEMS: Final = 60
LARGEST_SIDE: Final = 2048
LARGEST_REPLY: Final = 1_500_000
_SMALLEST_SIDE: Final = 16
_KINDS: Final = ("crop", "frame")
_FULL: Final = "left out: the reply is full; ask for fewer pictures at a time"


class PictureService:
    """Cuts crops and whole frames for the rows of one payload.

    Parameters
    ----------
    dataset : Dataset
    pictures : Pictures or None
        None where no frames were given: every item is answered with a note.
    payload : Payload
        Its rows are what the front end asks for.
    """

    def __init__(self, dataset: Dataset, pictures: Pictures | None, payload: Payload) -> None:
        self._dataset, self._pictures = dataset, pictures
        self._object_rows, self._detection_rows = payload.object_rows, payload.detection_rows

    def answer(self, args: Mapping[str, Any]) -> Reply:
        """Answer ``{items: [...], side: 160}``; see *Messages* in ``docs/decisions/0001``.

        Raises
        ------
        OptionError
            An argument is missing, of another kind or out of range.
        """
        side = check_int(args.get("side", 160), "side", _SMALLEST_SIDE, LARGEST_SIDE)
        items = args.get("items")
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            msg = f"items must be a list of at most {MOST_ITEMS}"
            raise OptionError(msg)
        checked = [self._check(item) for item in items]
        reply = Reply({"items": []})
        room = LARGEST_REPLY
        for item in checked:
            picture = self.picture(*item, side=side)
            data = picture.data if picture is not None else None
            note = picture.note if picture is not None else "no frames were given"
            if data is not None and len(data) > room:
                data, note = None, _FULL
            if data is not None:
                room -= len(data)
                reply.buffers.append(data)
            reply.result["items"].append(_describe(picture, data is not None, note, len(reply.buffers) - 1))
        return reply

    def picture(self, frame: int, objects: tuple[int, int], *, side: int) -> Picture | None:
        """Return the picture of a whole frame, or of an example in it, or None without frames.

        Parameters
        ----------
        frame : int
            Frame of the dataset.
        objects : (int, int)
            Payload rows of the object and the detection of a crop, -1 for none; both -1 asks for
            the whole frame.
        side : int
            Pixels of the longer side.
        """
        if self._pictures is None:
            return None
        if objects == (-1, -1):
            return self._whole(self._pictures, frame, side)
        return self._crop(self._pictures, frame, objects, side)

    def locate(self, object_row: int, detection_row: int) -> int:
        """Return the frame of an example, given as payload rows (-1 for none, not both)."""
        if object_row >= 0:
            return int(self._dataset.objects.frame[self._object_rows[object_row]])
        return int(self._dataset.detections.frame[self._detection_rows[detection_row]])

    def _check(self, item: object) -> tuple[int, tuple[int, int]]:
        if not isinstance(item, dict):
            msg = "every item must be an object with a kind"
            raise OptionError(msg)
        kind = item.get("kind")
        if kind == "frame":
            return check_int(item.get("frame"), "frame", 0, len(self._dataset.frames) - 1), (-1, -1)
        if kind != "crop":
            msg = f"kind must be 'crop' or 'frame', not {one_line(repr(kind), 40)}; {nearest(str(kind), _KINDS)}"
            raise OptionError(msg)
        rows = (
            check_int(item.get("object", -1), "object", -1, len(self._object_rows) - 1),
            check_int(item.get("detection", -1), "detection", -1, len(self._detection_rows) - 1),
        )
        if rows == (-1, -1):
            msg = "a crop needs an object or a detection"
            raise OptionError(msg)
        frame = self.locate(*rows)
        if min(rows) >= 0 and self.locate(-1, rows[1]) != frame:
            msg = "object and detection must stand in one frame"
            raise OptionError(msg)
        return frame, rows

    def _whole(self, pictures: Pictures, frame: int, side: int) -> Picture:
        picture = pictures.whole(frame, side)
        return replace(picture, region=(0.0, 0.0, 1.0, 1.0)) if self._dataset.box_unit == "relative" else picture

    def _crop(self, pictures: Pictures, frame: int, rows: tuple[int, int], side: int) -> Picture:
        """Cut the boxes of an example out of its frame; relative boxes go to pixels and back."""
        from framelens.data.pictures import crop_region

        size = self._frame_size(frame)
        scale = np.array([*size, *size]) if self._dataset.box_unit == "relative" and size else np.ones(4)
        region = crop_region(self._boxes(rows) * scale, size)
        picture = pictures.crop(frame, region, side)
        x, y, width, height = (np.asarray(picture.region) / scale).tolist()
        return replace(picture, region=(x, y, width, height))

    def _boxes(self, rows: tuple[int, int]) -> NDArray[np.float64]:
        chosen = []
        if rows[0] >= 0:
            chosen.append(self._dataset.objects.box[self._object_rows[rows[0]]])
        if rows[1] >= 0:
            chosen.append(self._dataset.detections.box[self._detection_rows[rows[1]]])
        return np.array(chosen, dtype=np.float64)

    def _frame_size(self, frame: int) -> tuple[float, float] | None:
        """Return the size of a frame in pixels, as the labels say, else as the picture has it."""
        width, height = float(self._dataset.frames.width[frame]), float(self._dataset.frames.height[frame])
        if width > 0 and height > 0:  # False for nan
            return width, height
        return self._pictures.size(frame) if self._pictures is not None else None


def _describe(picture: Picture | None, has_data: bool, note: str | None, number: int) -> dict[str, Any]:  # noqa: FBT001
    if picture is None or not has_data:
        return {"mime": None, "width": 0, "height": 0, "region": None, "note": note or "no picture", "buffer": None}
    return {
        "mime": picture.mime,
        "width": picture.width,
        "height": picture.height,
        "region": [float(value) for value in picture.region],
        "note": note,
        "buffer": number,
    }
