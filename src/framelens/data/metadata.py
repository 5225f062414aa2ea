"""What is known about frames besides their boxes: weather, camera, site, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsorted

from framelens.data.dataset import freeze
from framelens.data.frame_names import FrameNames, composed
from framelens.errors import DataError, OptionError, ReadLog, nearest, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Frames

__all__ = ["MOST_VALUES", "Groups", "Metadata", "group_values", "read_metadata"]

#: Columns that may name the frame, the first one found is taken.
_FRAME_COLUMNS = ("frame", "frame_name", "image", "image_name", "file_name", "filename", "file", "path", "name")
_ID_COLUMNS = ("image_id", "frame_id")
#: Numbers with more values than this are cut into quarters.
_FEW_NUMBERS = 10
#: A column of words with more values than this says something about single frames, not about groups of them.
MOST_VALUES = 50
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """One value for each of some things, as numbers.

    Attributes
    ----------
    labels : tuple of str, length V
        The values as text, each once.
    code : int64 array
        Place of the value in ``labels``, -1 where it is not known.
    """

    labels: tuple[str, ...]
    code: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Metadata:
    """One value for each column and frame.

    Attributes
    ----------
    columns : dict of str to object array, shape (F,)
        Values as they were given, None where there is none.
    """

    columns: dict[str, NDArray[np.object_]]

    def take(self, frames: NDArray[np.int64]) -> Metadata:
        """Return the values of some frames, in this order."""
        return Metadata({name: values[frames] for name, values in self.columns.items()})

    def column(self, name: object) -> NDArray[np.object_]:
        """Return one column.

        Raises
        ------
        OptionError
            If there is none of that name; the text names the nearest.
        """
        if name not in self.columns:
            raise OptionError(f"metadata has no column {one_line(name)!r}; {nearest(str(name), self.columns)}")
        return self.columns[str(name)]


def group_values(values: NDArray[np.object_]) -> Groups:
    """Sort values into groups: words and few numbers as they are, many numbers by their quartiles.

    Parameters
    ----------
    values : object array, shape (F,)

    Returns
    -------
    Groups
        Numbers ascending, words in natural order.

    Examples
    --------
    >>> group_values(np.array(["rain", None, "fog"], dtype=object)).labels
    ('fog', 'rain')
    >>> group_values(np.arange(12).astype(object)).labels
    ('0 to 2.75', '2.75 to 5.5', '5.5 to 8.25', '8.25 to 11')
    """
    known = np.array([value is not None for value in values], dtype=np.bool_)
    code = np.full(len(values), -1, dtype=np.int64)
    numbers = _numbers(values[known])
    if numbers is not None and len(np.unique(numbers)) > _FEW_NUMBERS:
        edges = np.unique(np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1]))
        code[known] = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
        short = [f"{edge:.3g}" for edge in edges]
        ends = short if len(set(short)) == len(short) else [repr(edge) for edge in edges.tolist()]
        return Groups(tuple(f"{low} to {high}" for low, high in pairwise(ends)), freeze(code))
    texts = [one_line(value, _LONGEST_LABEL) or "(empty)" for value in values[known]]
    if numbers is not None:
        texts = [f"{number:.6g}" for number in numbers.tolist()]
        labels = list(dict.fromkeys(f"{number:.6g}" for number in np.unique(numbers).tolist()))
    else:
        labels = natsorted(set(texts))
    place = {label: number for number, label in enumerate(labels)}
    code[known] = [place[text] for text in texts]
    return Groups(tuple(labels), freeze(code))


def _numbers(values: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """Return the values as numbers where all of them are (True and False are words)."""
    if not len(values) or any(
        isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)) for value in values
    ):
        return None
    numbers = values.astype(np.float64)
    return numbers if np.isfinite(numbers).all() else None


def read_metadata(table: Any, frames: Frames, notes: ReadLog) -> Metadata:
    """Join a table with one row per frame to the frames, by name, base name or stem, or by image id.

    Parameters
    ----------
    table : DataFrame
        The frame stands in a column ``frame``, ``image``, ``file_name`` ... or ``image_id``, or in the index.
    frames : Frames
    notes : ReadLog
        Told which rows name no frame or one that has a row already, and how many frames have none.

    Returns
    -------
    Metadata

    Raises
    ------
    DataError
        If this is no table, or nothing in it names a frame.

    Examples
    --------
    >>> import pandas as pd
    >>> from framelens.data.dataset import Frames
    >>> frames = Frames(("a/1.jpg", "a/2.jpg"), (1, 2), *np.full((2, 2), 64.0))
    >>> table = pd.DataFrame({"frame": ["2", "1.png"], "weather": ["rain", "sun"]})
    >>> read_metadata(table, frames, ReadLog()).columns["weather"].tolist()
    ['sun', 'rain']
    """
    if not hasattr(table, "columns") or not hasattr(table, "iloc"):
        raise DataError(
            f"a {type(table).__name__} is no table",
            file="metadata",
            remedy="give a DataFrame with a column 'frame' and one row per frame",
        )
    named, own = _named(table)
    rows = _places(own, frames, notes)
    kept = rows >= 0
    columns: dict[str, NDArray[np.object_]] = {}
    for name in table.columns:
        if name == named:
            continue
        values = np.full(len(frames), None, dtype=object)
        values[rows[kept]] = _plain(table[name])[kept]
        columns[one_line(name, _LONGEST_LABEL) or "(no name)"] = values
    missing = len(frames) - len(np.unique(rows[kept]))
    if missing:
        notes.warn(f"metadata: {missing} of {len(frames)} frames have no row")
    return Metadata(columns)


def _named(table: Any) -> tuple[object, list[object]]:
    """Return the column that names the frames (None: the index) and what it holds."""
    lower = {str(name).strip().lower(): name for name in reversed(list(table.columns))}
    for candidate in (*_FRAME_COLUMNS, *_ID_COLUMNS):
        if candidate in lower:
            return lower[candidate], table[lower[candidate]].tolist()
    if len(table) and all(isinstance(value, str) for value in table.index):
        return None, table.index.tolist()
    shown = ", ".join(one_line(name, 40) for name in list(table.columns)[:8])
    raise DataError(
        f"no column names the frame (found: {shown or 'none'})",
        file="metadata",
        remedy="call the column with the file names 'frame', or make it the index",
    )


def _plain(column: Any) -> NDArray[np.object_]:
    """Return values as plain objects, None where missing."""
    values = np.empty(len(column), dtype=object)
    values[:] = column.astype(object).where(column.notna(), None).tolist()
    return values


def _places(names: Sequence[object], frames: Frames, notes: ReadLog) -> NDArray[np.int64]:
    """Return the frame of each row, -1 where there is none."""
    known = FrameNames(frames.names)
    identities = _unique((composed(str(identity)), place) for place, identity in enumerate(frames.ids))
    written = [str(int(name)) if isinstance(name, float) and name.is_integer() else str(name) for name in names]
    places = [known.place(name) for name in written]
    rows, seen = np.full(len(names), -1, dtype=np.int64), set[int]()
    for number in sorted(range(len(names)), key=lambda number: places[number][1]):  # the nearer spelled row first
        place = places[number][0]
        if place < 0:
            place = identities.get(composed(written[number]), -1)
        if place < 0:
            notes.skip("metadata", f"row {number} ({one_line(written[number], 60)})", "names no frame")
        elif place in seen:
            notes.skip(
                "metadata", f"row {number} ({one_line(written[number], 60)})", "names a frame that has a row already"
            )
        else:
            rows[number] = place
            seen.add(place)
    return rows


def _unique(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Map each form to its frame, without those that fit several."""
    found: dict[str, int] = {}
    several: set[str] = set()
    for form, place in pairs:
        if form in found:
            several.add(form)
        found[form] = place
    return {form: place for form, place in found.items() if form not in several}
