"""Which reader fits a source: one registered interface, looked up by evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from framelens.data.discovery import discover, named
from framelens.data.missing import no_such
from framelens.data.places import no_address
from framelens.errors import DataError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.data.given import Given
    from framelens.data.tables import GroundTruth, Predictions

__all__ = ["Evidence", "Kind", "Reader", "choose", "nothing_fits", "readers"]

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
    entry point group ``framelens.readers`` (see :func:`framelens.data.discovery.discover`).

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

    Examples
    --------
    Files of lines such as ``a boat 10 20 50 30``, read as a table:

    >>> import io, pathlib, tempfile
    >>> import pandas as pd
    >>> from framelens.data import read_truth
    >>> from framelens.data.given import Given
    >>> def recognise(given):
    ...     return Evidence("its name ends with .sea", 3) if given.suffix == ".sea" else None
    >>> def read(given):
    ...     columns = ["frame", "class", "x", "y", "width", "height"]
    ...     return read_truth(pd.read_csv(io.BytesIO(given.content), sep=" ", names=columns))
    >>> SEA = Reader("sea", "truth", "boxes.sea: a boat 10 20 50 30", recognise, read)

    A package makes it known with ``sea = "my_package:SEA"`` under ``[project.entry-points."framelens.readers"]`` in
    its ``pyproject.toml``. This is what happens then:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "boxes.sea")
    ...     _ = path.write_text("a boat 10 20 50 30")
    ...     given = Given.of(path)
    ...     SEA.recognise(given).reason, SEA.read(given).classes
    ('its name ends with .sea', ('boat',))
    """

    name: str
    kind: Kind
    example: str
    recognise: Callable[[Given], Evidence | None]
    read: Callable[[Given], GroundTruth | Predictions]


@cache
def readers() -> tuple[Reader, ...]:
    """Return every reader: the built-in ones, then those of other packages."""
    return tuple(discover("framelens.data.readers", ENTRY_POINTS, Reader))


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
        return named(known, name, _PLURAL[kind]), "as the caller says"
    found = [(evidence, reader) for reader in known if (evidence := reader.recognise(given)) is not None]
    if not found:
        raise nothing_fits(given, kind)
    best = max(evidence.strength for evidence, _ in found)
    first = [(evidence, reader) for evidence, reader in found if evidence.strength == best]
    if len(first) > 1:
        names = ", ".join(f"{reader.name} ({evidence.reason})" for evidence, reader in first)
        raise DataError(f"could be any of {names}", file=given.name, remedy=_naming(kind))
    evidence, reader = first[0]
    return reader, evidence.reason


def nothing_fits(given: Given, kind: Kind | None = None) -> DataError:
    """Return the error for a source that no reader (of this kind) recognises: what it is instead."""
    if given.path is not None and not given.path.exists():
        no_address(given.source)
        return no_such(given.path)
    if given.is_file and not given.head:
        return DataError("the file is empty", file=given.name, remedy="check that it was written to the end")
    problem = _other_kind(given, kind) if kind else None
    if problem is not None:
        return DataError(
            problem, file=given.name, remedy=f"give ground truth and predictions in this order; else {_naming(kind)}"
        )
    wanted = _NAMES[kind] if kind else "labels, predictions, frames or a training log"
    problem = f"not recognised as {wanted}: {_glimpse(given)}"
    return DataError(problem, file=given.name, remedy=None if given.path is None else _naming(kind))


def _naming(kind: Kind | None) -> str:
    """Return how a caller names the format of a source."""
    return "name the format: format=..." + (f" (in framelens.evaluate {kind}_format=...)" if kind else "")


def _other_kind(given: Given, kind: Kind) -> str | None:
    """Say where a source fits the other kind."""
    other: Kind = "predictions" if kind == "truth" else "truth"
    for reader in readers():
        if reader.kind == other and (evidence := reader.recognise(given)) is not None and evidence.strength > 1:
            return f"looks like {_NAMES[other]} ({reader.name}: {evidence.reason}) where {_NAMES[kind]} belongs"
    return None


_NAMES = {"truth": "ground truth", "predictions": "a file of predictions"}
_PLURAL = {"truth": "ground truth", "predictions": "predictions"}


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
    columns = getattr(given.source, "columns", None)
    if columns is not None:
        listed = one_line(", ".join(map(str, columns)), 200)
        return f"a table with the columns {listed} (a table of boxes has frame, class, x, y, width, height)"
    return f"an object of type {type(given.source).__name__}"
