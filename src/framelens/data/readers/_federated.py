"""LVIS: which classes were verified in which images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import Federated, freeze
from framelens.data.readers._json import as_id, shown
from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from framelens.errors import ReadLog

__all__ = ["NEGATIVE", "NOT_EXHAUSTIVE", "class_ids", "federated"]

NEGATIVE, NOT_EXHAUSTIVE = "neg_category_ids", "not_exhaustive_category_ids"
Ids = list[int | str] | None


def class_ids(row: Mapping[str, Any], key: str, where: str, name: str) -> Ids:
    """Return a list of class ids of an image, None where it has none.

    Raises
    ------
    DataError
        The value is no list of ids.
    """
    value = row.get(key)
    if value is None:
        return None
    ids = [known for number in value if (known := as_id(number)) is not None] if isinstance(value, list) else []
    if not isinstance(value, list) or len(ids) < len(value):
        raise DataError(f"{key} is {shown(value)}, expected a list of category ids", file=name, where=where)
    return ids


def federated(
    negative: Sequence[Ids],
    not_exhaustive: Sequence[Ids],
    frequency: Sequence[object],
    class_of: Mapping[int | str, int],
    *,
    name: str,
    notes: ReadLog,
) -> Federated | None:
    """Return what images say about classes, None where no image says anything.

    Parameters
    ----------
    negative, not_exhaustive : sequence of list or None, length F
        Category ids by frame, in canonical order.
    frequency : sequence, length K
        ``frequency`` of each category; anything but ``"r"``, ``"c"``, ``"f"`` counts as unknown.
    class_of : mapping
        Position of each category id.
    name, notes
        File and where to count ids that no category has.
    """
    if {*map(type, negative), *map(type, not_exhaustive)} <= {type(None)}:
        return None
    return Federated(
        _pairs(negative, NEGATIVE, class_of, name, notes),
        _pairs(not_exhaustive, NOT_EXHAUSTIVE, class_of, name, notes),
        tuple(word if isinstance(word, str) and word in {"r", "c", "f"} else "" for word in frequency),
    )


def _pairs(
    lists: Sequence[Ids], key: str, class_of: Mapping[int | str, int], name: str, notes: ReadLog
) -> NDArray[np.int32]:
    pairs: list[tuple[int, int]] = []
    for frame, ids in enumerate(lists):
        for number in ids or ():
            if number in class_of:
                pairs.append((frame, class_of[number]))
            else:
                notes.skip(name, f"{key} {shown(number)}", f"{key} names a category that is not listed")
    return freeze(np.array(pairs, dtype=np.int32).reshape(len(pairs), 2))
