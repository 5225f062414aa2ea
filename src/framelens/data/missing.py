"""What to say where a path leads nowhere: the nearest name beside it."""

from __future__ import annotations

import difflib
import os
from itertools import islice
from typing import TYPE_CHECKING, Final

from framelens.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["no_such"]

#: So many names of a folder are compared with the one that is missing.
_MOST_NAMES: Final = 2_000


def no_such(path: Path, what: str = "file or folder") -> DataError:
    """Return the error for a path where nothing is.

    Parameters
    ----------
    path : Path
    what : str
        What was expected there.

    Returns
    -------
    DataError
        With the nearest name in the same folder; else with what to check. A link that leads nowhere, or a folder
        in place of a file, has the name itself: nothing is nearer.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "predictions.json").touch()
    >>> print(no_such(folder / "predictons.json"))
    predictons.json: no such file or folder; did you mean 'predictions.json'?
    >>> print(no_such(pathlib.Path("nowhere", "labels.json")))
    labels.json: no such file or folder; check the path: a relative one begins where the notebook or command runs
    """
    try:
        with os.scandir(path.parent) as entries:
            beside = sorted(entry.name for entry in islice(entries, _MOST_NAMES))
    except (OSError, ValueError):
        beside = []
    if path.name in beside:
        return DataError(
            f"no such {what}",
            file=path.name,
            remedy="what has this name is of another kind, or a link that leads nowhere",
        )
    close = difflib.get_close_matches(path.name, beside, n=1, cutoff=0.8)
    check = "check the path" + (
        "" if path.is_absolute() else ": a relative one begins where the notebook or command runs"
    )
    return DataError(f"no such {what}", file=path.name, remedy=f"did you mean {close[0]!r}?" if close else check)
