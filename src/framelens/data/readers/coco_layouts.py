"""What stands around COCO files: LVIS, and folders laid out by COCO, Datumaro or Roboflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.data.readers import coco
from framelens.data.registry import Evidence, Reader
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth

__all__ = ["READERS"]

#: The split that is meant where a folder holds several.
_SPLITS = ("val", "valid", "test", "train")
_ROBOFLOW = "_annotations.coco.json"


def recognise_lvis(given: Given) -> Evidence | None:
    """Recognise a COCO file whose images list the classes that are surely absent."""
    if coco.recognise(given) is None or not given.contains('"neg_category_ids"'):
        return None
    return Evidence("a COCO file whose images have neg_category_ids", 4)


def read_lvis(given: Given) -> GroundTruth:
    """Read an LVIS file; raises as the COCO reader does."""
    return coco.read_bytes_of(given.content, given.name, given, "lvis")


def _candidates(given: Given) -> list[Path]:
    """Return the files of objects in a COCO folder."""
    if not given.is_folder or given.path is None:
        return []
    found: list[Path] = []
    for kind in ("instances", "person_keypoints", "stuff"):
        found = found or sorted((given.path / "annotations").glob(f"{kind}_*.json"))
    found += [path for path in (given.path / _ROBOFLOW, *sorted(given.path.glob(f"*/{_ROBOFLOW}"))) if path.is_file()]
    return found


def _rank(path: Path) -> int:
    """Return how soon a split is taken."""
    text = path.parent.name if path.name == _ROBOFLOW else path.stem
    return next((rank for rank, split in enumerate(_SPLITS) if split in text), len(_SPLITS))


def recognise_folder(given: Given) -> Evidence | None:
    """Recognise ``annotations/instances_*.json`` and ``_annotations.coco.json``."""
    found = _candidates(given)
    return Evidence(f"a folder with {found[0].name}", 3) if found else None


def read_folder(given: Given) -> GroundTruth:
    """Read the validation set of a COCO folder (else test, else train), and say which file it was.

    Raises
    ------
    DataError
        As the COCO reader; the folder has no file of objects.
    """
    found = sorted(_candidates(given), key=_rank)
    if not found:
        raise DataError("no annotations/instances_*.json in this folder", file=given.name)
    if len(found) > 1:
        others = ", ".join(path.name if path.name != _ROBOFLOW else path.parent.name for path in found[1:4])
        given.notes.warn(f"{given.name}: {found[0].name} is read; point at the file for another ({others})")
    return coco.read_bytes_of(given.load(found[0]), found[0].name, given, "coco")


READERS = (
    Reader("lvis", "truth", 'lvis_v1_val.json: COCO with "neg_category_ids" in its images', recognise_lvis, read_lvis),
    Reader("coco-folder", "truth", "annotations/instances_val.json + images/", recognise_folder, read_folder),
)
