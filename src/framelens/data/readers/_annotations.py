"""The annotations of a COCO file as columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from framelens.data.readers._json import shown
from framelens.data.readers._regular import PIECE, read_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Annotation", "Annotations", "cut_out", "from_rows", "id_column"]

_LIST = re.compile(rb'"annotations"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*(?=\{)')
_END = re.compile(rb"\}[ \t\r\n]*\]")


class Annotation(msgspec.Struct, gc=False):
    """A row of ``annotations``."""

    image_id: int | str
    category_id: int | str
    bbox: tuple[float, float, float, float]
    id: int | str | None = None
    area: float | None = None
    iscrowd: int | None = None
    ignore: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Annotations:
    """Columns in file order.

    Attributes
    ----------
    frame, category, id : int64 or object array, shape (N,)
        ``image_id``, ``category_id`` and ``id`` as the file gives them; None for a missing id.
    box : float64 array, shape (N, 4)
    area : float64 array, shape (N,)
        ``nan`` where the file has none.
    crowd, ignore : bool array, shape (N,)
    """

    frame: NDArray[Any]
    category: NDArray[Any]
    box: NDArray[np.float64]
    id: NDArray[Any]
    area: NDArray[np.float64]
    crowd: NDArray[np.bool_]
    ignore: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.box)

    def named(self, number: int) -> str:
        """Return how messages name an annotation."""
        return f"annotations[{number}] (id {shown(self.id[number])})"


def id_column(keys: Sequence[Any]) -> NDArray[Any]:
    """Return integer keys that fit as int64, others as objects.

    >>> id_column([3, 5]).dtype, id_column(["a", 5]).dtype
    (dtype('int64'), dtype('O'))
    """
    if all(isinstance(key, int) for key in keys):
        try:
            return np.array(keys, dtype=np.int64)
        except OverflowError:
            pass
    column = np.empty(len(keys), dtype=object)
    column[:] = keys
    return column


def from_rows(rows: Sequence[Annotation]) -> Annotations:
    """Turn checked records into columns."""
    count = len(rows)
    return Annotations(
        id_column([row.image_id for row in rows]),
        id_column([row.category_id for row in rows]),
        np.fromiter(chain.from_iterable(row.bbox for row in rows), np.float64, 4 * count).reshape(count, 4),
        id_column([row.id for row in rows]),
        np.array([np.nan if row.area is None else row.area for row in rows], dtype=np.float64),
        np.array([bool(row.iscrowd) for row in rows], dtype=bool),
        np.array([bool(row.ignore) for row in rows], dtype=bool),
    )


def cut_out(data: bytes) -> tuple[Annotations, bytes] | None:
    """Read annotations that differ in their numbers only; None where they do not.

    Returns
    -------
    Annotations, bytes
        The columns, and the file with an empty list of annotations in place of them. The list is that
        of the document if the rest is a valid one whose only ``annotations`` is that empty list.
    """
    begin = _LIST.search(data)
    end = _END.search(data, begin.end()) if begin else None
    found = read_records(_pieces(data, begin.end(), end.start() + 1)) if begin and end else None
    if begin is None or end is None or found is None:
        return None
    count, columns = len(next(iter(found.columns.values()))), found.columns
    keys = [columns.get(key) for key in ("image_id", "category_id", "id")]
    box, area = columns.get("bbox"), columns.get("area", np.full(count, np.nan))
    flags = [columns.get(key, np.zeros(count, dtype=np.int64)) for key in ("iscrowd", "ignore")]
    if box is None or box.shape[1:] != (4,) or area.ndim > 1 or any(key is None or key.dtype != int for key in keys):
        return None
    if any(flag.dtype != int or not np.isin(flag, (0, 1)).all() for flag in flags):
        return None
    if not found.others.isdisjoint(Annotation.__struct_fields__):
        return None
    crowd, ignore = (flag.astype(bool) for flag in flags)
    columns_read = Annotations(keys[0], keys[1], box, keys[2], area.astype(np.float64), crowd, ignore)  # type: ignore[arg-type]
    return columns_read, data[: begin.end()] + data[end.start() + 1 :]


def _pieces(data: bytes, start: int, stop: int) -> Iterator[bytes]:
    """Yield a part of a text piece by piece."""
    return (data[at : min(at + PIECE, stop)] for at in range(start, stop, PIECE))
