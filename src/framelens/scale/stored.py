"""Summaries as files, read in slices."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.metrics.summary import Crossings, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["StoredColumn", "load_summary", "save_summary"]

#: Columns as long as there are detections, matches or crossings stay on the disk.
_LONG = frozenset(
    [
        "score",
        "frame",
        "flags",
        "row",
        "hit",
        "lost",
        "rank",
        *(f"crossings-{field.name}" for field in fields(Crossings)),
    ]
)


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column on the disk that is read where it is sliced.

    Attributes
    ----------
    path : Path
    dtype : str
    shape : tuple of int
    """

    path: Path
    dtype: str
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, part: slice) -> NDArray[Any]:
        start, stop, step = part.indices(len(self))
        width = int(np.prod(self.shape[1:], dtype=np.int64))
        count = max(0, stop - start)
        offset = start * width * np.dtype(self.dtype).itemsize
        if not count:
            return np.empty((0, *self.shape[1:]), dtype=self.dtype)
        read = np.fromfile(self.path, dtype=self.dtype, count=count * width, offset=offset)
        return read.reshape(count, *self.shape[1:])[::step]

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return self[:].astype(dtype or self.dtype, copy=bool(copy))


def save_summary(summary: Summary, folder: Path) -> None:
    """Write a summary into a new folder."""
    folder.mkdir(parents=True)
    head: dict[str, Any] = {}
    for prefix, table in (("", summary), ("crossings-", summary.crossings)):
        for field in fields(table):
            value = getattr(table, field.name)
            if isinstance(value, np.ndarray):
                value.tofile(folder / f"{prefix}{field.name}.bin")
                head[prefix + field.name] = {"dtype": value.dtype.str, "shape": value.shape}
            elif not isinstance(value, Crossings):
                head[prefix + field.name] = value
    (folder / "head.json").write_text(json.dumps(head), encoding="utf-8")


def load_summary(folder: Path) -> Summary:
    """Open a summary; long columns are :class:`StoredColumn`."""
    head = json.loads((folder / "head.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = {}
    for name, value in head.items():
        if isinstance(value, dict):
            column = StoredColumn(folder / f"{name}.bin", value["dtype"], tuple(value["shape"]))
            values[name] = column if name in _LONG else column[:]
        else:
            values[name] = value
    crossings = {field.name: values.pop(f"crossings-{field.name}") for field in fields(Crossings)}
    return Summary(**values, crossings=Crossings(**crossings))
