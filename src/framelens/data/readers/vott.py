"""VoTT: one JSON export with ``assets`` (its CSV export is read as a table)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from framelens.data.readers import coco
from framelens.data.readers._json import is_number, load, shown
from framelens.data.readers._rows import TruthRows
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError

if TYPE_CHECKING:
    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth

__all__ = ["READERS"]


def recognise(given: Given) -> Evidence | None:
    """Recognise a JSON object with assets and regions."""
    fits = given.is_file and given.suffix == ".json" and given.opens_with("{")
    if (
        not fits
        or coco.recognise(given) is not None
        or not (given.contains('"assets"') and given.contains('"regions"'))
    ):
        return None
    return Evidence("a JSON object with assets and regions", 3)


def read(given: Given) -> GroundTruth:
    """Read a VoTT export; a region with several tags is one object per tag.

    Raises
    ------
    DataError
        Broken JSON or a region without box; the message names asset and region.
    """
    document = load(given.content, given.name)
    assets = document.get("assets") if isinstance(document, dict) else None
    if not isinstance(assets, dict):
        raise DataError(f"assets are {shown(assets)}, expected an object", file=given.name)
    rows = TruthRows(given)
    for key, entry in assets.items():
        where = f"assets[{shown(key)}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("asset"), dict):
            raise DataError("an asset needs asset and regions", file=given.name, where=where)
        asset: dict[str, Any] = entry["asset"]
        stated = asset.get("size")
        size: dict[str, Any] = stated if isinstance(stated, dict) else {}
        sides = [float(size[side]) if is_number(size.get(side)) else math.nan for side in ("width", "height")]
        frame = rows.frame(str(asset.get("name") or key), *sides)
        regions = entry.get("regions") or []
        if not isinstance(regions, list):
            raise DataError(f"regions are {shown(regions)}, expected a list", file=given.name, where=where)
        for position, region in enumerate(regions):
            _add(region, frame, f"{where} regions[{position}]", rows)
    return rows.build("vott")


def _add(region: object, frame: int, where: str, rows: TruthRows) -> None:
    """Add a region."""
    box = region.get("boundingBox") if isinstance(region, dict) else None
    sides = ("left", "top", "width", "height")
    values: list[Any] = [box.get(side) for side in sides] if isinstance(box, dict) else []
    tags = region.get("tags") if isinstance(region, dict) else None
    if len(values) != 4 or not all(map(is_number, values)) or min(values[2:]) < 0:
        raise DataError(
            f"boundingBox is {shown(box)}, expected left, top, width, height", file=rows.given.name, where=where
        )
    if not isinstance(tags, list) or not tags or not all(isinstance(tag, str) for tag in tags):
        raise DataError(f"tags are {shown(tags)}, expected a list of names", file=rows.given.name, where=where)
    for tag in tags:
        rows.add(frame, tag, (float(values[0]), float(values[1]), float(values[2]), float(values[3])))


READERS = (
    Reader(
        "vott",
        "truth",
        'export.json: {"assets": {"id": {"asset": {"name": "a.jpg"}, "regions": [{"tags": ["cat"], ...',
        recognise,
        read,
    ),
)
