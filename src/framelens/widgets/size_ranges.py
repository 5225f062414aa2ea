"""Ranges of sizes that a page counts by: what they may be, and areas in a form that both sides compare alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.errors import OptionError, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.widgets.wire_columns import Columns

__all__ = ["area_columns", "area_steps", "check_sizes", "read_sizes", "send_sizes"]

_LARGEST: Final = 10**10
_MOST: Final = 50
_HIGHEST: Final = 2**31 - 1


def check_sizes(given: Mapping[Any, Any]) -> dict[str, tuple[int, int]]:
    """Return ranges of areas by name; no ranges stand for COCO's small, medium and large.

    Parameters
    ----------
    given : mapping of str to (int, int)
        Least and greatest area in whole square pixels, both included. An area on an edge belongs to the first range
        that holds it, as in :meth:`framelens.Evaluation.slices`.

    Raises
    ------
    OptionError
        A name is none, or ends are no whole numbers in order.

    Examples
    --------
    >>> check_sizes({"tiny": (0, 256), "other": (256, 1e10)})
    {'tiny': (0, 256), 'other': (256, 10000000000)}
    >>> check_sizes({"tiny": (0, 256.5)})
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: size_ranges: 'tiny' must be two whole square pixels, such as (0, 256), not (0, 256.5)
    """
    if len(given) > _MOST:
        raise OptionError(f"size_ranges must hold at most {_MOST} ranges, not {len(given)}")
    return {_name(name): _ends(name, ends) for name, ends in given.items()}


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise OptionError(f"size_ranges: a range needs a name, not {one_line(repr(name), 40)}")
    return name


def _ends(name: object, ends: Any) -> tuple[int, int]:
    match ends:
        case [low, high] if all(_is_whole(end) for end in (low, high)) and 0 <= low <= high:
            return min(int(low), _LARGEST), min(int(high), _LARGEST)
    raise OptionError(
        f"size_ranges: {one_line(repr(name), 40)} must be two whole square pixels, such as (0, 256), "
        f"not {one_line(_shown(ends), 40)}"
    )


def _is_whole(value: object) -> bool:
    if isinstance(value, int | np.integer):
        return not isinstance(value, bool)
    return isinstance(value, float | np.floating) and float(value).is_integer()


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "numbers of thousands of digits"


def send_sizes(value: Mapping[str, tuple[int, int]], _widget: object) -> list[list[Any]]:
    """Return ranges as a page has them: in their order."""
    return [[name, low, high] for name, (low, high) in value.items()]


def read_sizes(value: Any, _widget: object) -> Any:
    """Return ranges that came from a page; what is none of them stays as it is, to be refused."""
    match value:
        case [*rows] if all(isinstance(row, list) and len(row) == 3 for row in rows):  # noqa: PLR2004 - name and ends
            return {row[0]: (row[1], row[2]) for row in rows}
    return value


def area_steps(area: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the whole part of each area, one more where there is a rest; -1 where it is unknown.

    So that whole ends are compared exactly: an area is at least ``low`` where its steps are at least ``2 * low``, and
    at most ``high`` where they are at most ``2 * high``.

    >>> area_steps(np.array([4.0, 4.5, 1e12, np.nan])).tolist()
    [8, 9, 2147483647, -1]
    """
    whole = np.floor(area)
    steps = np.minimum(2 * whole + (area > whole), _HIGHEST)
    return np.where(np.isnan(area), -1, steps).astype(np.int64)


def area_columns(dataset: Dataset, rows: NDArray[np.int64]) -> Columns:
    """Return the areas of those boxes that have another one than the page finds in its boxes.

    Parameters
    ----------
    dataset : Dataset
    rows : int64 array, shape (D,)
        Row of the dataset for each detection of the payload.
    """
    columns: Columns = {}
    detections = dataset.detections.box[rows].reshape(-1, 4)
    objects = dataset.objects.box.reshape(-1, 4)
    with np.errstate(all="ignore"):
        areas = {
            "object": (objects, dataset.objects.area),
            "detection": (detections, detections[:, 2] * detections[:, 3]),
        }
        for side, (box, area) in areas.items():
            size = box[:, 2:].astype(np.float32).astype(np.float64)
            steps = area_steps(area)
            other = np.flatnonzero(area_steps(size[:, 0] * size[:, 1]) != steps)
            columns |= {f"area_{side}": ("i4", other), f"area_{side}_steps": ("i4", steps[other])}
    return columns
