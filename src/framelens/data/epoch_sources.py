"""Where the predictions of each epoch are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.errors import DataError, OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_sources"]

_PLACEHOLDER: Final = re.compile(r"\{epoch(?::0?\d*d?)?\}")


def find_sources(predictions: Any) -> dict[int, Any] | None:
    """Return predictions by epoch, or None where they are those of a single one.

    Parameters
    ----------
    predictions : object
        A mapping of epoch numbers to sources, or a path with ``{epoch}`` where the number stands, such as
        ``"runs/exp/epoch_{epoch}.json"`` or ``"runs/exp/epoch_{epoch:03d}/labels"``.

    Raises
    ------
    DataError
        If nothing fits the pattern, or two places are those of one epoch.
    OptionError
        If a number is below 0, or the pattern has several placeholders.

    Notes
    -----
    The charts count epochs from 1. Where the numbers begin with 0, one is added to each.

    Examples
    --------
    >>> find_sources({0: "first.json", 1: "second.json"})
    {1: 'first.json', 2: 'second.json'}
    >>> find_sources("predictions.json") is None
    True
    """
    if isinstance(predictions, Mapping):
        if not predictions or not all(map(_is_number, predictions)) or any(map(_is_frame, predictions.values())):
            return None
        found = {int(key): source for key, source in predictions.items()}
    elif isinstance(predictions, (str, os.PathLike)):
        text = os.fspath(predictions)
        if not isinstance(text, str) or not _PLACEHOLDER.search(text) or Path(text).exists():
            return None
        found = dict(_matches(Path(text)))
    else:
        return None
    if min(found) < 0:
        raise OptionError(f"an epoch cannot be {min(found)}: give numbers from 1 (or from 0)")
    return {epoch + int(min(found) == 0): source for epoch, source in sorted(found.items())}


def _matches(pattern: Path) -> Iterator[tuple[int, Path]]:
    parts = pattern.parts
    places = [place for place, part in enumerate(parts) if _PLACEHOLDER.search(part)]
    first, *more = _PLACEHOLDER.split(parts[places[0]])
    if len(places) > 1 or len(more) > 1:
        raise OptionError("the pattern of the predictions holds {epoch} more than once")
    folder, rest = Path(*parts[: places[0]]), parts[places[0] + 1 :]
    shape = re.compile(re.escape(first) + r"(\d{1,9})" + re.escape(more[0]))
    seen: dict[int, str] = {}
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
    except OSError:
        names = []
    for name in names:
        fits = shape.fullmatch(name)
        place = folder.joinpath(name, *rest)
        if fits is None or not place.exists():
            continue
        epoch = int(fits[1])
        if epoch in seen:
            files = f"{seen[epoch]}, {name}"
            raise DataError(f"both are predictions of epoch {epoch}", file=files, remedy="leave one of them out")
        seen[epoch] = name
        yield epoch, place
    if not seen:
        raise DataError(
            f"nothing fits the pattern {one_line(Path(*parts[places[0] :]).as_posix())!r} ({len(names)} entries)",
            file=folder.name or "folder",
            remedy="{epoch} stands for the number of the epoch",
        )


def _is_number(key: object) -> bool:
    return isinstance(key, (int, np.integer)) and not isinstance(key, bool)


def _is_frame(value: object) -> bool:
    """Tell whether a mapping is one of frame ids: its values are the boxes of a frame, not those of all frames."""
    if isinstance(value, Mapping):
        return "boxes" in value or "xyxy" in value
    return hasattr(value, "xyxy") or (hasattr(value, "boxes") and not hasattr(value, "columns"))
