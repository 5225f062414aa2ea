"""Which reader fits a source: one registered interface, looked up by evidence."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Literal

from framelens.errors import DataError, OptionError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["Evidence", "Kind", "Reader", "choose", "readers"]

Kind = Literal["truth", "predictions"]
ENTRY_POINTS = "framelens.readers"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a reader thinks that a source is its own.

    Attributes
    ----------
    reason : str
        What was seen, for people: ``"a list of records with image_id, bbox and score"``.
    strength : int
        4: the content proves a special case of another format. 3: the content proves it. 2: the
        layout fits. 1: nothing speaks against it.
    """

    reason: str
    strength: int = 2


@dataclass(frozen=True, slots=True)
class Reader:
    """One format.

    A module in ``data/readers`` lists its readers as ``READERS``; other packages add theirs under the
    entry point group ``framelens.readers``.

    Attributes
    ----------
    name : str
        What ``format=`` takes.
    kind : {"truth", "predictions"}
    example : str
        One line that shows what the format looks like.
    recognise : callable
        ``recognise(given)`` returns :class:`Evidence` or None. It looks at names and at the head of
        files only, and does not raise for foreign content.
    read : callable
        ``read(given)`` returns :class:`GroundTruth` or :class:`Predictions`, or raises DataError.
    """

    name: str
    kind: Kind
    example: str
    recognise: Callable[[Given], Evidence | None]
    read: Callable[[Given], GroundTruth | Predictions]


@cache
def readers() -> tuple[Reader, ...]:
    """Return every reader: the built-in ones, then those of other packages."""
    package = importlib.import_module("framelens.data.readers")
    found: list[Reader] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item.name):
        if not module.name.startswith("_"):
            found += importlib.import_module(f"{package.__name__}.{module.name}").READERS
    for point in entry_points(group=ENTRY_POINTS):
        loaded = point.load()
        found += [loaded] if isinstance(loaded, Reader) else list(loaded)
    return tuple(found)


def choose(given: Given, kind: Kind, name: str | None = None) -> tuple[Reader, str]:
    """Return the reader for a source and why it was chosen.

    Parameters
    ----------
    given : Given
    kind : {"truth", "predictions"}
    name : str, optional
        ``format=`` of the caller; no evidence is asked for then.

    Raises
    ------
    OptionError
        No reader of this kind has that name.
    DataError
        No reader, or more than one, recognises the source.
    """
    known = [reader for reader in readers() if reader.kind == kind]
    if name is not None:
        for reader in known:
            if reader.name == name:
                return reader, "as the caller says"
        raise OptionError(f"format={name!r} does not read {kind}; {nearest(name, [r.name for r in known])}")
    found = [(evidence, reader) for reader in known if (evidence := reader.recognise(given)) is not None]
    if not found:
        there = given.path is None or (given.path.exists() and not (given.is_file and not given.head))
        raise DataError(
            _nothing_fits(given, kind), file=given.name, remedy="name the format: format=..." if there else None
        )
    best = max(evidence.strength for evidence, _ in found)
    first = [(evidence, reader) for evidence, reader in found if evidence.strength == best]
    if len(first) > 1:
        names = ", ".join(f"{reader.name} ({evidence.reason})" for evidence, reader in first)
        raise DataError(f"could be any of {names}", file=given.name, remedy="name the format: format=...")
    evidence, reader = first[0]
    return reader, evidence.reason


def _nothing_fits(given: Given, kind: Kind) -> str:
    """Say what the source is, and where it fits the other kind instead."""
    if given.path is not None and not given.path.exists():
        return "no such file or folder"
    if given.is_file and not given.head:
        return "the file is empty"
    other: Kind = "predictions" if kind == "truth" else "truth"
    for reader in readers():
        if reader.kind == other and (evidence := reader.recognise(given)) is not None and evidence.strength > 1:
            return f"looks like {_NAMES[other]} ({reader.name}: {evidence.reason}) where {_NAMES[kind]} belongs"
    return f"not recognised as {_NAMES[kind]}: {_glimpse(given)}"


_NAMES = {"truth": "ground truth", "predictions": "a file of predictions"}


_REFUSED = {
    b"PK\x03\x04": "a ZIP archive, and archives are not unpacked: members can lead outside or grow without limit",
    b"\x1f\x8b": "a compressed file, and archives are not unpacked: they can grow without limit",
    b"\x93NUMPY": "a NumPy file, which is not read: it can hold pickled objects; give the array itself",
}


def _glimpse(given: Given) -> str:
    """Describe in a few words what was seen."""
    if given.is_folder:
        assert given.path is not None
        names = sorted(entry.name for entry in given.path.iterdir())
        return f"a folder with {', '.join(names[:5]) or 'nothing in it'}"
    if given.is_file:
        for magic, reason in _REFUSED.items():
            if given.head.startswith(magic):
                return reason
        return f"a file that starts with {given.head[:40]!r}"
    return f"an object of type {type(given.source).__name__}"
