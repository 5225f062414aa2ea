"""Batches of frames: how they are cut, read and summarised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import Dataset, Detections, Federated, Frames, Source, freeze
from framelens.data.tables import make_objects
from framelens.metrics.summary import summarize
from framelens.scale.database import literal, reading
from framelens.scale.stored import load_summary, save_summary
from framelens.scale.work import WorkFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    from numpy.typing import NDArray

    from framelens.metrics.summary import Summary

__all__ = [
    "Plan",
    "cut_batches",
    "is_finished",
    "open_summaries",
    "open_summary",
    "read_frames",
    "read_names",
    "summarize_batch",
]

_SIDES = ("x", "y", "width", "height")
# Smaller batches than this cost more than they are worth.
_LEAST, _SHARES = 100_000, 16
#: The files of a work folder, and the column that says the frame.
_TABLES = (("frames", "place"), ("truth", "frame"), ("detections", "frame"))


@dataclass(frozen=True, slots=True)
class Plan:
    """What every batch has to know; plain types, so that it can be written and sent.

    Attributes
    ----------
    folder : str
        Work folder.
    classes : tuple of str
    class_ids : tuple of int or str
    box_unit : {"pixel", "relative"}
    bounds : tuple of int, length B + 1
        Batch b holds the frames from ``bounds[b]`` up to, not including, ``bounds[b + 1]``.
    object_start, detection_start : tuple of int, length B + 1
        How many objects and detections stand before each batch.
    rules : str
    iou : float
    reading : int
        Bytes that reading may take.
    federated : bool
        Whether ``federated.npz`` says which classes were verified.
    """

    folder: str
    classes: tuple[str, ...]
    class_ids: tuple[int | str, ...]
    box_unit: str
    bounds: tuple[int, ...]
    object_start: tuple[int, ...]
    detection_start: tuple[int, ...]
    rules: str
    iou: float
    reading: int
    federated: bool

    @property
    def work(self) -> WorkFolder:
        """The folder, opened."""
        return WorkFolder(Path(self.folder))

    @property
    def batches(self) -> int:
        """Number of batches."""
        return len(self.bounds) - 1

    def as_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)


def cut_batches(
    connection: duckdb.DuckDBPyConnection, work: WorkFolder, frames: int, most: int, rows: int | None = None
) -> tuple[list[int], list[int], list[int]]:
    """Return where batches begin, in frames, objects and detections.

    Parameters
    ----------
    connection : DuckDBPyConnection
    work : WorkFolder
    frames : int
    most : int
        About how many objects and detections fit into one.
    rows : int or None
        About how many there shall be instead; None: as many as give a few workers equal shares, and so that little is
        lost where work is interrupted.
    """
    counts = []
    for name in ("truth", "detections"):
        source = f"read_parquet({literal(work / f'{name}.parquet')})"
        found = connection.execute(f"SELECT frame, count(*) AS n FROM {source} GROUP BY frame").fetchnumpy()  # noqa: S608
        per_frame = np.zeros(frames + 1, dtype=np.int64)
        per_frame[np.asarray(found["frame"]) + 1] = found["n"]
        counts.append(np.cumsum(per_frame))
    both = counts[0] + counts[1]
    # Frames without a box weigh something too.
    weight = both + np.arange(frames + 1) // 16
    total = int(weight[-1])
    pieces = max(1, -(-total // (rows or min(most, max(_LEAST, total // _SHARES)))))
    bounds = np.unique(np.searchsorted(weight, np.linspace(0, int(weight[-1]), pieces + 1)[1:-1], side="left"))
    bounds = np.unique(np.concatenate(([0], bounds, [frames])))
    if frames == 0:
        bounds = np.array([0, 0])
    return bounds.tolist(), counts[0][bounds].tolist(), counts[1][bounds].tolist()


def is_finished(plan: Plan, number: int) -> bool:
    """Whether the summary of a batch lies where this process sees it."""
    return plan.work.has(_name(number))


def summarize_batch(plan: Plan, number: int) -> int:
    """Match the frames of one batch and write the summary, unless that has been done.

    Returns
    -------
    int
        Detections of the batch.
    """
    name = _name(number)
    if not is_finished(plan, number):
        summary = summarize(read_frames(plan, plan.bounds[number], plan.bounds[number + 1]), plan.iou, rules=plan.rules)
        with plan.work.write(name) as folder:
            save_summary(summary, folder)
    return plan.detection_start[number + 1] - plan.detection_start[number]


def open_summaries(plan: Plan) -> list[Summary]:
    """Open the summaries of all batches, in the order of their frames."""
    return [open_summary(plan, number) for number in range(plan.batches)]


def open_summary(plan: Plan, number: int) -> Summary:
    """Open the summary of one batch."""
    return load_summary(plan.work / _name(number))


def _name(number: int) -> str:
    return f"batch-{number:06d}"


def read_frames(plan: Plan, first: int, last: int, frames: Sequence[int] | None = None) -> Dataset:
    """Read the boxes of frames ``first`` to ``last`` again, or of some of them.

    Parameters
    ----------
    plan : Plan
    first, last : int
        Places of frames; the last is not included.
    frames : sequence of int, optional
        Only these, ascending.
    """
    with reading(plan.reading) as connection:
        tables = {
            name: connection.execute(
                f"SELECT * FROM read_parquet({literal(plan.work / f'{name}.parquet')}) "  # noqa: S608
                f"WHERE {column} >= ? AND {column} < ?",
                [first, last],
            ).fetchnumpy()
            for name, column in _TABLES
        }
    chosen = np.arange(first, last) if frames is None else np.asarray(frames, dtype=np.int64)
    names, truth, found = (_only(tables[name], column, chosen) for name, column in _TABLES)
    unit: Any = plan.box_unit
    objects = make_objects(
        np.searchsorted(chosen, truth["frame"]), truth["category"], _boxes(truth), area=_plain(truth["area"]),
        crowd=truth["crowd"], ignore=truth["ignore"], record=truth["record"], unit=unit,
    )  # fmt: skip
    detections = Detections(
        freeze(np.searchsorted(chosen, found["frame"]), np.int32),
        freeze(found["category"], np.int32),
        freeze(_boxes(found)),
        freeze(found["score"], np.float64),
        freeze(found["record"], np.int64),
    )
    return Dataset(
        _frames(names), plan.classes, plan.class_ids, objects, detections, unit,
        sources=tuple(Source(*pair) for pair in plan.work.read_json("sources.json")),
        federated=_federated(plan, chosen),
    )  # fmt: skip


def read_names(plan: Plan) -> Frames:
    """Read the names and sizes of all frames."""
    with reading(plan.reading) as connection:
        source = f"read_parquet({literal(plan.work / 'frames.parquet')})"
        return _frames(connection.execute(f"SELECT * FROM {source} ORDER BY place").fetchnumpy())  # noqa: S608


def _frames(table: Any) -> Frames:
    width, height = (freeze(_plain(table[side]), np.float64) for side in ("width", "height"))
    return Frames(tuple(table["name"].tolist()), tuple(table["key"].tolist()), width, height)


def _only(table: dict[str, Any], column: str, chosen: NDArray[np.int64]) -> dict[str, Any]:
    """Keep the rows of some frames, by frame."""
    place = _plain(table[column]).astype(np.int64)
    kept = np.flatnonzero(np.isin(place, chosen))
    kept = kept[np.argsort(place[kept], kind="stable")]
    return {name: values[kept] for name, values in table.items()}


def _boxes(table: dict[str, Any]) -> NDArray[np.float64]:
    return np.stack([_plain(table[side]) for side in _SIDES], axis=1)


def _plain(column: Any) -> NDArray[Any]:
    """Return a column with nan where it has no value."""
    if isinstance(column, np.ma.MaskedArray):
        return np.asarray(column.filled(np.nan) if column.dtype.kind == "f" else column.filled(0))
    return np.asarray(column)


def _federated(plan: Plan, chosen: NDArray[np.int64]) -> Federated | None:
    if not plan.federated:
        return None
    with np.load(plan.work / "federated.npz") as stored:
        parts = []
        for name in ("negative", "not_exhaustive"):
            pairs = stored[name]
            pairs = pairs[np.isin(pairs[:, 0], chosen)]
            parts.append(freeze(np.stack([np.searchsorted(chosen, pairs[:, 0]), pairs[:, 1]], axis=1), np.int32))
        return Federated(parts[0], parts[1], tuple(stored["frequency"].tolist()))
