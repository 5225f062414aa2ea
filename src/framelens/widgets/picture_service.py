"""Answers the front end's request for pictures, from the frames the user gave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from framelens.errors import OptionError, nearest, one_line
from framelens.widgets.history_payload import clean_text, or_null
from framelens.widgets.messages import Reply, check_int

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.data.pictures import Picture, Pictures
    from framelens.widgets.wire import Payload

__all__ = ["LARGEST_REPLY", "LARGEST_SIDE", "MOST_ITEMS", "WHOLE", "PictureService", "Wanted"]

#: Limits of one request: items, pixels of the longer side, bytes of all pictures of the reply.
MOST_ITEMS: Final = 60
LARGEST_SIDE: Final = 2048
LARGEST_REPLY: Final = 1_500_000
#: In place of the rows of an example: the whole frame.
WHOLE: Final = (-1, -1)
#: Frame, and payload rows of object and detection (-1 for none).
Wanted: TypeAlias = "tuple[int, tuple[int, int]]"
_SMALLEST_SIDE: Final = 16
_MOST_BESIDE: Final = 10
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
        wanted = [self._check(item) for item in items]
        return _reply(self.pictures(wanted, side))

    def neighbours(self, args: Mapping[str, Any]) -> Reply:
        """Answer ``{frame, before: 2, after: 2, side: 160}``: what is shown before and after a frame.

        The items are those of :meth:`answer` with ``offset`` (frames after the asked one, never 0), ``name``,
        ``frame`` (null where the dataset does not hold it) and ``time`` (seconds, null where unknown).

        Raises
        ------
        OptionError
            An argument is missing, of another kind or out of range.
        """
        frame = check_int(args.get("frame"), "frame", 0, len(self._dataset.frames) - 1)
        before, after = (check_int(args.get(name, 2), name, 0, _MOST_BESIDE) for name in ("before", "after"))
        side = check_int(args.get("side", 160), "side", _SMALLEST_SIDE, LARGEST_SIDE)
        if self._pictures is None:
            return Reply({"items": []})
        found = self._pictures.neighbours(frame, before, after, side=side)
        reply = _reply([neighbour.picture for neighbour in found])
        for item, neighbour in zip(reply.result["items"], found, strict=True):
            item.update(
                offset=neighbour.offset,
                name=clean_text(neighbour.name),
                frame=neighbour.frame,
                time=or_null(neighbour.time),
            )
        return reply

    def pictures(self, wanted: Sequence[Wanted], side: int) -> list[Picture | None]:
        """Return one picture for each wanted one, or None for all of them where there are no frames.

        Parameters
        ----------
        wanted : sequence of (frame, (object, detection))
            Frame of the dataset, and payload rows of the example to cut out of it (-1 for none);
            both -1 asks for the whole frame.
        side : int
            Pixels of the longer side.
        """
        if self._pictures is None:
            return [None] * len(wanted)
        whole = [place for place, (_, rows) in enumerate(wanted) if rows == WHOLE]
        parts = [place for place, (_, rows) in enumerate(wanted) if rows != WHOLE]
        found: dict[int, Picture | None] = {place: self._pictures.whole(wanted[place][0], side) for place in whole}
        regions = [(wanted[place][0], self._region(*wanted[place])) for place in parts]
        found.update(zip(parts, self._pictures.crops(regions, side), strict=True))
        return [self._in_label_units(wanted[place][0], found[place]) for place in range(len(wanted))]

    def locate(self, object_row: int, detection_row: int) -> int:
        """Return the frame of an example, given as payload rows (-1 for none, not both)."""
        if object_row >= 0:
            return int(self._dataset.objects.frame[self._object_rows[object_row]])
        return int(self._dataset.detections.frame[self._detection_rows[detection_row]])

    def _check(self, item: object) -> Wanted:
        if not isinstance(item, dict):
            msg = "every item must be an object with a kind"
            raise OptionError(msg)
        kind = item.get("kind")
        if kind == "frame":
            return check_int(item.get("frame"), "frame", 0, len(self._dataset.frames) - 1), WHOLE
        if kind != "crop":
            msg = f"kind must be 'crop' or 'frame', not {one_line(repr(kind), 40)}; {nearest(str(kind), _KINDS)}"
            raise OptionError(msg)
        rows = (
            check_int(item.get("object", -1), "object", -1, len(self._object_rows) - 1),
            check_int(item.get("detection", -1), "detection", -1, len(self._detection_rows) - 1),
        )
        if rows == WHOLE:
            msg = "a crop needs an object or a detection"
            raise OptionError(msg)
        frame = self.locate(*rows)
        if min(rows) >= 0 and self.locate(-1, rows[1]) != frame:
            msg = "object and detection must stand in one frame"
            raise OptionError(msg)
        return frame, rows

    def _region(self, frame: int, rows: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return the part of a frame that shows an example, in pixels where the picture can be read."""
        from framelens.data.pictures import crop_region

        return crop_region(self._boxes(rows) * self._scale(frame), self._frame_size(frame))

    def _in_label_units(self, frame: int, picture: Picture | None) -> Picture | None:
        if picture is None or self._dataset.box_unit == "pixel":
            return picture
        x, y, width, height = (np.asarray(picture.region) / self._scale(frame)).tolist()
        return replace(picture, region=(x, y, width, height))

    def _scale(self, frame: int) -> NDArray[np.float64]:
        """Return what label units are multiplied with to give pixels."""
        size = self._frame_size(frame) if self._dataset.box_unit == "relative" else None
        return np.ones(4) if size is None else np.array([*size, *size], dtype=np.float64)

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


def _reply(pictures: Sequence[Picture | None]) -> Reply:
    """Put pictures into one answer, as many as it holds."""
    reply = Reply({"items": []})
    room = LARGEST_REPLY
    for picture in pictures:
        data = picture.data if picture is not None else None
        note = picture.note if picture is not None else "no frames were given"
        if data is not None and len(data) > room:
            data, note = None, _FULL
        if data is not None:
            room -= len(data)
            reply.buffers.append(data)
        reply.result["items"].append(_describe(picture, data is not None, note, len(reply.buffers) - 1))
    return reply


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
