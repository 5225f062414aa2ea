"""Pascal VOC: one XML file per picture."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from framelens.data.frame_names import stem_of
from framelens.data.given import read_bytes
from framelens.data.progress import progress
from framelens.data.readers._rows import TruthRows, corners, number
from framelens.data.readers._xml import parse
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth

__all__ = ["READERS"]

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def recognise(given: Given) -> Evidence | None:
    """Recognise an XML file, or a folder of them, whose root is ``annotation``."""
    if given.is_file:
        fits = given.suffix == ".xml" and "<annotation>" in given.head_text
        return Evidence("an XML file with the root annotation", 3) if fits else None
    if not given.is_folder:
        return None
    for path in _files(given)[:3]:
        try:
            if b"<annotation>" in read_bytes(path)[:4096].replace(b"\0", b""):
                return Evidence("XML files with the root annotation", 3)
        except DataError:
            continue
    return None


def _files(given: Given) -> list[Path]:
    """Return the XML files, those of ``Annotations`` where there is such a folder."""
    assert given.path is not None
    below = given.path / "Annotations"
    return given.files(".xml", below=below if below.is_dir() else given.path)


def read(given: Given) -> GroundTruth:
    """Read VOC files; ``difficult`` objects are ignored, coordinates are kept as written.

    Raises
    ------
    DataError
        Broken XML or one with a DOCTYPE, swapped corners, or words for numbers; the message
        names the file and the object.
    """
    assert given.path is not None
    rows = TruthRows(given)
    files = [given.path] if given.is_file else _files(given)
    for path in progress(files, "annotations", shown=given.progress):
        _picture(parse(given.load(path), path.name, "annotation"), path, rows)
    return rows.build("voc")


def _picture(root: Any, path: Path, rows: TruthRows) -> None:
    """Add one picture and its objects."""
    texts = {key: root.findtext(f"size/{key}") for key in ("width", "height")}
    sides = [number(text, key, path.name, "size") if text else 0.0 for key, text in texts.items()]
    frame = rows.frame(_frame_name(root, path, rows), *(side if side > 0 else float("nan") for side in sides))
    for position, item in enumerate(root.findall("object")):
        where = f"object[{position}]"
        name = (item.findtext("name") or "").strip()
        box = item.find("bndbox")
        if box is None:
            rows.given.notes.skip(path.name, where, "object has no bndbox")
            continue
        if not name:
            rows.given.notes.skip(path.name, where, "object has no name")
            continue
        left, top, right, bottom = (number(box.findtext(key), key, path.name, where) for key in _SIDES)
        difficult = (item.findtext("difficult") or "0").strip() not in {"0", "", "false", "False"}
        rows.add(frame, name, corners(left, top, right, bottom, path.name, where), ignore=difficult)


def _frame_name(root: Any, path: Path, rows: TruthRows) -> str:
    """Return the base name of ``filename``, or of the XML file where it is empty, outside or taken."""
    stated = (root.findtext("filename") or "").strip()
    base = PurePosixPath(stated.replace("\\", "/")).name
    if ".." in PurePosixPath(stated.replace("\\", "/")).parts or stated.startswith(("/", "\\", "~")) or "://" in stated:
        reason = "filename points outside the folder of frames: no picture is shown"
        rows.given.notes.skip(path.name, f"filename {one_line(stated, 60)}", reason)
        name = f"{path.stem}{PurePosixPath(base).suffix}"
        rows.reported.add(name)
        return name
    if not base:
        return path.stem
    if stem_of(base) != path.stem and base in rows.frames:
        rows.given.notes.warn(
            f"{path.name}: filename {one_line(base, 60)!r} is used by another file; named by the XML file"
        )
        return f"{path.stem}{PurePosixPath(base).suffix}"
    return base


READERS = (
    Reader("voc", "truth", "Annotations/a.xml: <annotation><object><name>cat</name><bndbox><xmin>...", recognise, read),
)
