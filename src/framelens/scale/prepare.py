"""From what the caller gives to a work folder with a plan."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import framelens
from framelens.data import join, read_predictions, read_truth
from framelens.data.missing import no_such
from framelens.data.sizes import FrameSizes
from framelens.errors import DataError, OptionError, Skip, one_line
from framelens.scale.batches import Plan, cut_batches
from framelens.scale.database import opened
from framelens.scale.ingest import Ingest
from framelens.scale.limits import Budget
from framelens.scale.tables import SUFFIXES, Table, is_list, only_tables, open_table
from framelens.scale.work import fingerprint, work_folder

if TYPE_CHECKING:
    import duckdb

    from framelens.data.dataset import Dataset, Federated
    from framelens.data.tables import GroundTruth
    from framelens.scale.work import WorkFolder

__all__ = ["Job", "Prepared", "prepare"]

#: Rises when the files of a work folder change their meaning.
_SCHEMA = 2
# Bytes in memory for each byte of a ground-truth file that only an ordinary reader can read; measured on JSON.
_GROWTH = 6
#: Files of ground truth that hold all of it themselves.
_ALONE = (*SUFFIXES, ".xml")


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be evaluated, and how; see :func:`framelens.evaluate`.

    Attributes
    ----------
    streamed : bool
        Whether predictions must come as tables that are read in pieces.
    rows : int or None
        Boxes of a batch; None: as many as the memory allows.
    """

    truth: Any
    predictions: Any
    memory: int
    frames: Any = None
    rules: str = "coco"
    iou: float = 0.5
    truth_format: str | None = None
    predictions_format: str | None = None
    resume: str | None = None
    streamed: bool = True
    rows: int | None = None
    progress: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what is known about the whole.

    Attributes
    ----------
    plan : Plan
    frames, objects, detections : int
        How many there are.
    skipped : tuple of Skip
    warnings : tuple of str
    sources : tuple of (str, str)
        Format and base name.
    frequency : tuple of str
        How common each class is, as LVIS says it.
    """

    plan: Plan
    frames: int
    objects: int
    detections: int
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = field(default=())
    frequency: tuple[str, ...] = ()


def prepare(job: Job) -> Prepared:
    """Put frames, objects and detections in order in a work folder, unless that has been done.

    Raises
    ------
    DataError, OptionError
        As the readers do; also where a source can only be read whole and does not fit.
    """
    paths = _is_path(job.truth) and _is_path(job.predictions)
    truth = _pointing(job) if paths else None
    given = None if paths else _read_whole(job)
    work = work_folder(job.resume, _key(job, given or truth))
    if not work.has("plan.json"):
        budget = Budget(job.memory)
        with opened(budget.database, work / f"spill-{os.getpid()}") as connection:
            prepared = _order(job, given, truth, connection, work)
        work.write_json("plan.json", _plain(prepared))
    return _loaded(work.read_json("plan.json"), str(work.path))


def _is_path(source: Any) -> bool:
    return isinstance(source, (str, os.PathLike))


def _pointing(job: Job) -> GroundTruth | None:
    """Read ground truth that lies in more files than the one that is named, such as those beside a data.yaml."""
    path = Path(job.truth)
    alone = path.is_file() and path.suffix.lower() in _ALONE
    return None if alone else _read_truth(job)


def _read_truth(job: Job) -> GroundTruth:
    """Read ground truth whole, if it can be expected to fit."""
    path = Path(job.truth)
    if path.is_file() and path.stat().st_size * _GROWTH > Budget(job.memory).database:
        problem = f"ground truth of {path.stat().st_size / 1e6:,.0f} MB in this format has to be read whole"
        raise DataError(problem, file=path.name, remedy="give more memory=, or Parquet or CSV with one object a row")
    return read_truth(path, format=job.truth_format, frames=job.frames, progress=job.progress)


def _read_whole(job: Job, truth: GroundTruth | None = None) -> Dataset:
    """Read what is no table with the ordinary readers."""
    if job.streamed:
        for what, source in (("predictions", job.predictions), ("ground truth", job.truth)):
            if not _is_path(source):
                kind = type(source).__name__
                raise OptionError(f"memory= reads {what} from files in pieces; a {kind} is in memory already")
    read = truth or read_truth(job.truth, format=job.truth_format, frames=job.frames, progress=job.progress)
    found = read_predictions(job.predictions, format=job.predictions_format, truth=read, progress=job.progress)
    return join(read, found)


def _key(job: Job, read: Dataset | GroundTruth | None) -> str:
    """Return the digest of inputs and settings: of what was read already, or else of the files."""
    digest = hashlib.sha256()
    settings = (framelens.__version__, _SCHEMA, job.rules, job.iou, job.memory, job.rows, job.truth_format)
    digest.update(repr((*settings, job.predictions_format)).encode())
    for source in (job.truth, job.predictions):
        if _is_path(source):
            path = Path(source)
            digest.update((fingerprint(path) if path.is_file() else _folder_print(path)).encode())
    detections = getattr(read, "detections", None)
    if detections is None:  # else the sizes of the frames have done their work
        digest.update(repr(job.frames if isinstance(job.frames, tuple) else str(job.frames)).encode())
    if read is not None:
        for part in (read.frames.names, read.frames.ids, read.classes, read.class_ids, read.box_unit):
            digest.update(repr(part).encode())
        digest.update(repr((read.skipped, read.warnings)).encode())
        for table in (read.objects, detections, read.federated):
            for name in () if table is None else table.__dataclass_fields__:
                digest.update(np.ascontiguousarray(getattr(table, name)).tobytes())
    return digest.hexdigest()


def _folder_print(path: Path) -> str:
    """Return what tells one version of a folder from another."""
    if not path.is_dir():
        raise no_such(path)
    entries = sorted(
        (str(entry.relative_to(path)), entry.stat().st_size, entry.stat().st_mtime_ns)
        for entry in path.rglob("*")
        if entry.is_file()
    )
    return repr(entries)


def _order(
    job: Job,
    given: Dataset | None,
    read: GroundTruth | None,
    connection: duckdb.DuckDBPyConnection,
    work: WorkFolder,
) -> Prepared:
    ingest = Ingest(connection, work, progress=job.progress)
    table = None if given is not None else _table(Path(job.predictions), job, connection)
    if given is None and table is None:
        given = _read_whole(job, read)
    if given is not None:
        truth = _truth_of(given)
        ingest.truth_in_memory(truth)
        ingest.detections_in_memory(given.detections)
    else:
        assert table is not None
        truth = ingest.predictions(table, _ground_truth(job, read, ingest, connection))
    frames = ingest.write_frames()
    named = [(source.format, source.name) for source in given.sources] if given is not None else []
    if table is not None:
        named = [(truth.source.format, truth.source.name), (table.kind, table.name)]
    work.write_json("sources.json", named)
    bounds, objects, detections = cut_batches(connection, work, frames, Budget(job.memory).batch, job.rows)
    _write_federated(truth.federated, work)
    plan = Plan(
        str(work.path), truth.classes, truth.class_ids, truth.box_unit, tuple(bounds), tuple(objects),
        tuple(detections), job.rules, job.iou, Budget(job.memory).reading, truth.federated is not None,
    )  # fmt: skip
    notes = ingest.notes
    skipped = (*truth.skipped, *notes.skips)
    warnings = tuple(dict.fromkeys((*truth.warnings, *notes.warnings)))
    frequency = truth.federated.frequency if truth.federated is not None else ()
    return Prepared(plan, frames, objects[-1], detections[-1], skipped, warnings, tuple(named), frequency)


def _table(path: Path, job: Job, connection: duckdb.DuckDBPyConnection) -> Table | None:
    """Open the predictions as a table; None where they have to be read whole, and may be."""
    if job.streamed:
        only_tables(path, "predictions")
    if job.predictions_format not in {None, "csv", "coco-results"} or path.suffix.lower() not in SUFFIXES:
        return None
    if path.suffix.lower() == ".json" and not is_list(path):
        if job.streamed:
            problem = "one JSON object cannot be read in pieces"
            raise DataError(problem, file=path.name, remedy="give a list of detections, or Parquet or CSV")
        return None
    return open_table(path, connection)


def _ground_truth(
    job: Job, read: GroundTruth | None, ingest: Ingest, connection: duckdb.DuckDBPyConnection
) -> GroundTruth:
    """Put the ground truth in order: in pieces if it is a table, else whole."""
    path = Path(job.truth)
    sizes = FrameSizes.of(job.frames)
    table_like = path.is_file() and path.suffix.lower() in SUFFIXES and job.truth_format in {None, "csv"}
    if table_like and (path.suffix.lower() != ".json" or is_list(path)):
        return ingest.truth_of_table(open_table(path, connection), sizes)
    truth = read or _read_truth(job)
    ingest.truth_in_memory(truth)
    return truth


def _truth_of(dataset: Dataset) -> GroundTruth:
    from framelens.data.dataset import Source
    from framelens.data.tables import GroundTruth

    source = dataset.sources[0] if dataset.sources else Source("dataset", "")
    return GroundTruth(
        dataset.frames, dataset.classes, dataset.class_ids, dataset.objects, source, box_unit=dataset.box_unit,
        skipped=dataset.skipped, warnings=dataset.warnings, federated=dataset.federated,
    )  # fmt: skip


def _write_federated(federated: Federated | None, work: WorkFolder) -> None:
    if federated is not None:
        with work.write("federated.npz") as path, path.open("wb") as file:
            np.savez(
                file,
                negative=federated.negative,
                not_exhaustive=federated.not_exhaustive,
                frequency=np.array(federated.frequency, dtype=np.str_),
            )


def _plain(prepared: Prepared) -> dict[str, Any]:
    return asdict(prepared)


def _loaded(stored: dict[str, Any], folder: str) -> Prepared:
    """Return what :func:`_plain` has written; the folder may have been moved."""
    plan: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored["plan"].items()
    }
    return Prepared(
        Plan(**plan | {"folder": folder}),
        stored["frames"],
        stored["objects"],
        stored["detections"],
        tuple(Skip(**skip) for skip in stored["skipped"]),
        tuple(one_line(text, 1000) for text in stored["warnings"]),
        tuple((source[0], source[1]) for source in stored["sources"]),
        tuple(stored["frequency"]),
    )
