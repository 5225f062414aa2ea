"""Class names that stand in files beside the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.data.given import decode
from framelens.data.readers._yaml import load_text
from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from framelens.data.given import Given

__all__ = ["YAML_NAMES", "find_names", "names_of"]

YAML_NAMES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
_NAME_LISTS = ("classes.txt", "obj.names", "voc.names", "labels.names")


def names_of(names: Any, file: str) -> dict[int, str]:
    """Return class names by number from a list or a mapping.

    >>> names_of({"1": "dog", "0": "cat"}, "data.yaml")
    {0: 'cat', 1: 'dog'}
    """
    if isinstance(names, list):
        rows = list(enumerate(names))
    elif isinstance(names, dict):
        if not all(key.isdecimal() and len(key) < 10 for key in names):
            raise DataError("keys of names must be class numbers", file=file, where="names")
        rows = [(int(key), value) for key, value in names.items()]
    else:
        raise DataError("names is missing, expected a list or a mapping of number to name", file=file)
    if not rows:
        raise DataError("names is empty, expected a name for each class", file=file)
    for key, value in rows:
        if not isinstance(value, str):
            raise DataError(f"name of class {key} is not a text", file=file, where=f"names[{key}]")
    return {key: str(value) for key, value in sorted(rows)}


def find_names(folder: Path, given: Given) -> dict[int, str] | None:
    """Look for class names in this folder and the two above it; None where there are none."""
    for place in (folder, *folder.absolute().parents[:2]):
        for name in YAML_NAMES:
            if (place / name).is_file():
                document, _ = load_text(given.load(place / name), name)
                if "names" in document:
                    return names_of(document["names"], name)
        for name in _NAME_LISTS:
            if (place / name).is_file():
                lines = [line.strip() for line in decode(given.load(place / name), name).split("\n")]
                found = dict(enumerate(line for line in lines if line))
                if found:
                    return found
    return None
