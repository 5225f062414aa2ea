"""CVAT for images and CVAT for video: one XML file with the root ``annotations``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.data.readers._rows import Box, TruthRows, around, corners, number
from framelens.data.readers._xml import parse
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError

if TYPE_CHECKING:
    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth

__all__ = ["READERS"]

_SHAPES = ("box", "polygon", "polyline", "ellipse")


def recognise(given: Given) -> Evidence | None:
    """Recognise the root and CVAT's marks."""
    fits = given.is_file and given.suffix == ".xml" and "<annotations>" in given.head_text
    if not fits or not any(mark in given.head_text for mark in ("<image ", "<track ", "<meta>", "<version>1.")):
        return None
    return Evidence("an XML file with the root annotations", 3)


def read(given: Given) -> GroundTruth:
    """Read a CVAT export; polygons and ellipses are reduced to boxes, points and masks are skipped.

    Raises
    ------
    DataError
        Broken XML, or a shape that is no box; the message names image and shape.
    """
    root = parse(given.content, given.name, "annotations")
    rows = TruthRows(given)
    reduced = 0
    for position, image in enumerate(root.findall("image")):
        where = f"image[{position}]"
        sides = [_side(image.get(key), key, given.name, where) for key in ("width", "height")]
        frame = rows.frame(image.get("name") or image.get("id") or str(position), *sides)
        for count, shape in enumerate(image):
            reduced += _add(shape, shape.get("label"), frame, f"{where} {shape.tag}[{count}]", rows)
    for position, track in enumerate(root.findall("track")):
        for count, shape in enumerate(track):
            where = f"track[{position}] {shape.tag}[{count}]"
            if shape.get("outside") != "1":
                name = f"frame_{int(number(shape.get('frame'), 'frame', given.name, where)):06d}"
                reduced += _add(
                    shape, track.get("label"), rows.frame(name, *_video_size(root, given.name)), where, rows
                )
    if reduced:
        given.notes.warn(f"{given.name}: {reduced} polygons are reduced to the boxes around them")
    names = [(item.text or "").strip() for item in root.findall(".//meta//labels/label/name")]
    return rows.build("cvat", classes=list(dict.fromkeys(names)) or None)


def _video_size(root: Any, file: str) -> tuple[float, float]:
    """Return the size of the frames of a video."""
    width, height = (root.findtext(f".//meta//original_size/{key}") for key in ("width", "height"))
    return _side(width, "width", file, "original_size"), _side(height, "height", file, "original_size")


def _side(text: str | None, key: str, file: str, where: str) -> float:
    """Return a side of a frame, ``nan`` where it is not stated."""
    value = number(text, key, file, where) if text else 0.0
    return value if value > 0 else float("nan")


def _add(shape: Any, label: str | None, frame: int, where: str, rows: TruthRows) -> int:
    """Add a shape; return 1 if it was reduced to a box."""
    file, notes = rows.given.name, rows.given.notes
    if shape.tag == "tag":
        return 0
    if shape.tag not in _SHAPES:
        notes.skip(file, where, f"{shape.tag[:20]} has no box")
        return 0
    if not label:
        raise DataError(f"{shape.tag[:20]} has no label, expected the name of its class", file=file, where=where)
    rows.add(frame, label, _box(shape, file, where))
    return int(shape.tag != "box")


def _box(shape: Any, file: str, where: str) -> Box:
    """Return the box of a shape."""
    if shape.tag == "box":
        left, top, right, bottom = (number(shape.get(key), key, file, where) for key in ("xtl", "ytl", "xbr", "ybr"))
        return corners(left, top, right, bottom, file, where)
    if shape.tag == "ellipse":
        x, y, across, down = (number(shape.get(key), key, file, where) for key in ("cx", "cy", "rx", "ry"))
        return corners(x - across, y - down, x + across, y + down, file, where)
    texts = [part.split(",") for part in (shape.get("points") or "").split(";") if part.strip()]
    if len(texts) < 2 or any(len(pair) != 2 for pair in texts):
        raise DataError("points are not x,y;x,y;...", file=file, where=where)
    return around([(number(x, "x", file, where), number(y, "y", file, where)) for x, y in texts])


READERS = (
    Reader(
        "cvat",
        "truth",
        'annotations.xml: <image name="a.jpg" width="640" height="480"><box label="cat" xtl="1" ...',
        recognise,
        read,
    ),
)
