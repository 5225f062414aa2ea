"""COCO ground truth: one JSON file with ``images``, ``annotations`` and ``categories``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np
from natsort import natsort_keygen

from framelens.data.dataset import Source
from framelens.data.readers._annotations import Annotation, Annotations, cut_out, from_rows
from framelens.data.readers._federated import NEGATIVE, NOT_EXHAUSTIVE, class_ids, federated
from framelens.data.readers._json import as_id, box_of, is_number, load, shown
from framelens.data.readers._masks import box_of_mask
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import GroundTruth, make_frames, make_objects, positions
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.given import Given
    from framelens.errors import ReadLog

__all__ = ["READERS"]

Row = TypeVar("Row", "Image", "Category")
_natural = natsort_keygen()


class Image(msgspec.Struct, gc=False):
    """A row of ``images``."""

    id: int | str
    file_name: Any = None
    width: float | None = None
    height: float | None = None
    coco_url: Any = None
    neg_category_ids: list[int | str] | None = None
    not_exhaustive_category_ids: list[int | str] | None = None


class Category(msgspec.Struct, gc=False):
    """A row of ``categories``."""

    id: int | str
    name: str
    frequency: Any = None
    supercategory: Any = None


class Document(msgspec.Struct):
    """The parts of a COCO file that count."""

    images: list[Image]
    annotations: list[Annotation]
    categories: list[Category]


_decoder = msgspec.json.Decoder(Document)


def recognise(given: Given) -> Evidence | None:
    """Recognise an object with the three lists."""
    if not given.is_file or given.suffix != ".json" or not given.opens_with("{"):
        return None
    keys = [key for key in ("images", "annotations", "categories") if given.contains(f'"{key}"')]
    if len(keys) < 2:
        return None
    return Evidence(f"a JSON object with {', '.join(keys)}", 3 if len(keys) == 3 else 2)


def read(given: Given) -> GroundTruth:
    """Read a COCO file.

    Raises
    ------
    DataError
        Naming the record: broken JSON, a box that is not four finite numbers or has a negative
        side, an image id twice, a category that is not listed.
    """
    return read_bytes_of(given.content, given.name, given, "coco")


def read_bytes_of(data: bytes, name: str, given: Given, format_name: str) -> GroundTruth:
    """Read the content of a COCO file called ``name``."""
    document, annotations = parse(data, name)
    if b'"score"' in data and b'"detections"' not in data:
        given.notes.warn(f"{name}: annotations carry a score: is this a file of predictions?")
    return build(document, annotations, given, Source(format_name, name, given.digest))


def parse(data: bytes, name: str) -> tuple[Document, Annotations]:
    """Decode quickly where nothing is odd, and slowly, record by record, where something is."""
    parts = cut_out(data)
    rest = data if parts is None else parts[1]
    try:
        document = _decoder.decode(rest)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError, OverflowError):
        document = None
    if document is None or not _keys_once(rest, document) or not _ids_fit(document):
        document = _slow(load(data, name), name)
    elif parts is not None:
        return document, parts[0]
    return document, from_rows(document.annotations)


def _keys_once(data: bytes, document: Document) -> bool:
    """Whether no key can come twice in one object (JSON would keep the last one without a word)."""
    rows = len(document.annotations)
    at_most = {b'"images"': 1, b'"annotations"': 1, b'"categories"': 1, b'"bbox"': rows, b'"image_id"': rows}
    at_most[b'"category_id"'] = at_most[b'"iscrowd"'] = rows
    at_most[b'"file_name"'] = len(document.images)
    return all(data.count(key) <= count for key, count in at_most.items())


def _ids_fit(document: Document) -> bool:
    """Whether every integer id fits into 64 bits."""
    ids = [row.id for row in document.images] + [row.id for row in document.categories]
    numbers = [key for key in ids if isinstance(key, int)]
    return not numbers or (min(numbers) >= -(1 << 63) and max(numbers) < 1 << 63)


def _slow(document: object, name: str) -> Document:
    """Check every record and name the first that is wrong."""
    if isinstance(document, list):
        remedy = (
            "a list of records is a file of predictions; give the ground truth with images, annotations, categories"
        )
        raise DataError("a JSON list, expected an object", file=name, remedy=remedy)
    if not isinstance(document, dict):
        raise DataError(f"{shown(document)}, expected a JSON object", file=name)
    parts: dict[str, list[Any]] = {}
    for key in ("images", "annotations", "categories"):
        rows = document.get(key)
        if not isinstance(rows, list):
            found = "is missing" if key not in document else f"is {shown(rows)}, expected a list"
            raise DataError(f"{key} {found}", file=name)
        parts[key] = rows
    for key, rows in parts.items():
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                raise DataError(f"{shown(row)}, expected an object", file=name, where=f"{key}[{number}]")
    return Document(
        [_image(row, f"images[{number}]", name) for number, row in enumerate(parts["images"])],
        [_annotation(row, _place(number, row), name) for number, row in enumerate(parts["annotations"])],
        [_category(row, f"categories[{number}]", name) for number, row in enumerate(parts["categories"])],
    )


def _place(number: int, row: dict[str, Any]) -> str:
    """Return how messages name an annotation."""
    return f"annotations[{number}] (id {shown(row['id'])})" if "id" in row else f"annotations[{number}]"


def _identity(row: dict[str, Any], key: str, where: str, name: str) -> int | str:
    """Return an id of a record."""
    value = as_id(row.get(key))
    if value is None:
        found = f"{key} is {shown(row[key])}" if key in row else f"{key} is missing"
        raise DataError(f"{found}, expected a 64-bit integer or a text", file=name, where=where)
    return value


def _image(row: dict[str, Any], where: str, name: str) -> Image:
    """Check a row of ``images``."""
    width, height = (float(row[key]) if is_number(row.get(key)) else None for key in ("width", "height"))
    verified = [class_ids(row, key, where, name) for key in (NEGATIVE, NOT_EXHAUSTIVE)]
    return Image(_identity(row, "id", where, name), row.get("file_name"), width, height, row.get("coco_url"), *verified)


def _category(row: dict[str, Any], where: str, name: str) -> Category:
    """Check a row of ``categories``."""
    text = row.get("name")
    if not isinstance(text, (str, int, float)):
        raise DataError(f"name is {shown(text)}, expected a text", file=name, where=where)
    return Category(_identity(row, "id", where, name), str(text), row.get("frequency"), row.get("supercategory"))


def _annotation(row: dict[str, Any], where: str, name: str) -> Annotation:
    """Check a row of ``annotations``."""
    if "segments_info" in row and "category_id" not in row:
        remedy = "give the file of instances"
        raise DataError(
            "segments of a panoptic file, which are no objects with boxes", file=name, where=where, remedy=remedy
        )
    image, category = _identity(row, "image_id", where, name), _identity(row, "category_id", where, name)
    box = box_of(row.get("bbox"))
    if box is None and row.get("bbox") is None:
        box = box_of_mask(row.get("segmentation"))
    if box is None:
        found = f"bbox is {shown(row.get('bbox'))}" if "bbox" in row else "bbox is missing"
        raise DataError(f"{found}, expected 4 finite numbers [x, y, width, height]", file=name, where=where)
    area: Any = row.get("area")
    flags = []
    for key in ("iscrowd", "ignore"):
        flag = row.get(key)
        if flag not in {0, 1, None} if isinstance(flag, (int, float, type(None))) else True:
            raise DataError(f"{key} is {shown(flag)}, expected 0 or 1", file=name, where=where)
        flags.append(None if flag is None else int(flag))
    return Annotation(image, category, box, as_id(row.get("id")), float(area) if is_number(area) else None, *flags)


def build(document: Document, annotations: Annotations, given: Given, source: Source) -> GroundTruth:
    """Turn checked records into columns."""
    name, notes = source.name, given.notes
    images, frame_of = _by_id(document.images, "images", name)
    categories, class_of = _by_id(document.categories, "categories", name)
    frame, category = _lookup(annotations.frame, frame_of), _lookup(annotations.category, class_of)
    _check(annotations, category, name)
    for number in map(int, np.flatnonzero(frame < 0)):
        where = f"{annotations.named(number)[:-1]}, image_id {shown(annotations.frame[number])})"
        notes.skip(name, where, "image_id is not in images")
    _doubts(annotations, name, notes)
    kept = frame >= 0
    objects = make_objects(
        frame[kept],
        category[kept],
        annotations.box[kept],
        area=annotations.area[kept],
        crowd=annotations.crowd[kept],
        ignore=annotations.ignore[kept],
        record=np.flatnonzero(kept),
    )
    frames = make_frames(
        [
            row.file_name if isinstance(row.file_name, str) else _file_name(row, number, name, notes)
            for number, row in images
        ],
        [row.id for _, row in images],
        [np.nan if row.width is None else row.width for _, row in images],
        [np.nan if row.height is None else row.height for _, row in images],
    )
    names, ids = tuple(row.name for _, row in categories), tuple(row.id for _, row in categories)
    if given.sizes is not None:
        for (place, _), file_name in zip(images, frames.names, strict=True):
            fault = given.sizes.fault(file_name)
            if fault:
                notes.skip(name, f"images[{place}] ({one_line(file_name, 60)})", fault)
    verified = federated(
        [row.neg_category_ids for _, row in images],
        [row.not_exhaustive_category_ids for _, row in images],
        [row.frequency for _, row in categories],
        class_of,
        name=name,
        notes=notes,
    )
    return GroundTruth(
        frames, names, ids, objects, source, skipped=notes.skips, warnings=notes.warnings, federated=verified,
        supercategories=_supercategories([row.supercategory for _, row in categories]),
    )  # fmt: skip


def _supercategories(given: list[Any]) -> tuple[str | None, ...]:
    """Return the group of each class, or nothing where no class has one; what is no text is no group."""
    groups = tuple(group if isinstance(group, str) and group.strip() else None for group in given)
    return groups if any(groups) else ()


def _order(key: int | str) -> tuple[int, Any]:
    """Sort integers by value, then texts naturally."""
    return (0, key) if isinstance(key, int) else (1, _natural(key))


def _by_id(rows: list[Row], part: str, name: str) -> tuple[list[tuple[int, Row]], dict[int | str, int]]:
    """Return numbered rows in canonical order and the place of each id; an id twice is an error."""
    ids = [row.id for row in rows]
    order = list(range(len(ids)))
    if set(map(type, ids)) != {int} or sorted(ids) != ids:
        order.sort(key=lambda number: _order(ids[number]))
    place = {ids[number]: position for position, number in enumerate(order)}
    if len(place) < len(ids):
        seen: dict[int | str, int] = {}
        for number in order:
            first = seen.setdefault(ids[number], number)
            if first != number:
                one, two = sorted((first, number))
                problem = f"id {shown(ids[number])} is already the id of {part}[{one}]"
                raise DataError(problem, file=name, where=f"{part}[{two}]")
    return [(number, rows[number]) for number in order], place


def _lookup(keys: NDArray[Any], index: dict[int | str, int]) -> NDArray[np.int64]:
    """Return the position of each key, -1 for unknown ones; ``"7"`` finds 7 where there is no ``"7"``."""
    if keys.dtype == np.int64:
        # Integers stand before texts, in rising order.
        found = positions(keys, np.array([key for key in index if isinstance(key, int)], dtype=np.int64))
    else:
        found = np.fromiter((index.get(key, -1) for key in keys.tolist()), dtype=np.int64, count=len(keys))
    if (found < 0).any():
        texts: dict[str, int] = {str(key): position for key, position in index.items()}
        for number in np.flatnonzero(found < 0):
            found[number] = texts.get(str(keys[number]), -1)
    return found


def _check(rows: Annotations, category: NDArray[np.int64], name: str) -> None:
    """Raise for the first annotation that cannot be used."""
    bad = (category < 0) | ~np.isfinite(rows.box).all(axis=1) | (rows.box[:, 2:] < 0).any(axis=1)
    if not bad.any():
        return
    number = int(np.argmax(bad))
    where = rows.named(number)
    if category[number] < 0:
        raise DataError(f"category_id {shown(rows.category[number])} is not in categories", file=name, where=where)
    found = shown(rows.box[number].tolist())
    problem = f"bbox is {found}, expected finite numbers [x, y, width, height] with sides of 0 or more"
    raise DataError(problem, file=name, where=where, remedy="is it x1, y1, x2, y2 with the corners swapped?")


def _doubts(rows: Annotations, name: str, notes: ReadLog) -> None:
    """Note ids that come twice and boxes without area."""
    ordered = np.sort(rows.id) if rows.id.dtype == np.int64 else None
    if ordered is None or (ordered[1:] == ordered[:-1]).any():
        ids = [key for key in rows.id.tolist() if key is not None]
        if len(set(ids)) < len(ids):
            seen: set[int | str] = set()
            twice = next(key for key in ids if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            extra = len(ids) - len(set(ids))
            notes.warn(f"{name}: {extra} annotation ids come twice (first: id {shown(twice)}); all are kept")
    flat = np.flatnonzero((rows.box[:, 2:] == 0).any(axis=1))
    if len(flat):
        first = rows.named(int(flat[0]))
        notes.warn(f"{name}: {len(flat)} boxes have no area and cannot be found (first: {first})")


def _file_name(row: Image, number: int, name: str, notes: ReadLog) -> str:
    """Return a name for an image without file name: the end of its address, or its id."""
    if row.file_name is None and isinstance(row.coco_url, str):
        return row.coco_url.rpartition("/")[2]
    notes.warn(f"{name}: images[{number}]: file_name is {shown(row.file_name)}, expected a text")
    return str(row.id)


READERS = (
    Reader(
        "coco",
        "truth",
        'instances_val.json: {"images": [...], "annotations": [{"image_id": 1, "category_id": 3, "bbox": [x, y, w, h]}]'
        ', "categories": [...]}',
        recognise,
        read,
    ),
)
