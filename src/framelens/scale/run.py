"""Evaluate out of core or on a cluster: the door of this room."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framelens.arguments import read_histories
from framelens.data.dataset import Source
from framelens.data.places import is_url, no_address
from framelens.errors import MissingExtraError, OptionError, nearest, one_line
from framelens.scale.cluster import DaskRunner, dask_runner
from framelens.scale.limits import Budget, parse_size
from framelens.scale.outline import Counted, Outline
from framelens.scale.prepare import Job, Prepared, prepare
from framelens.scale.result import LargeEvaluation
from framelens.scale.runners import LocalRunner
from framelens.scale.shards import Shards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.scale.runners import Runner

__all__ = ["ENGINES", "RULES", "evaluate_large"]

ENGINES = ("dask",)
#: Rule sets whose numbers follow from summaries.
RULES = ("coco", "lvis")
#: What a process takes when nobody says how much it may.
_DEFAULT_MEMORY = 2_000_000_000


def evaluate_large(
    truth: Any,
    predictions: Any,
    *,
    memory: object = None,
    engine: str | None = None,
    client: Any = None,
    resume: str | os.PathLike[str] | None = None,
    frames: Any = None,
    run: Any = None,
    rules: str = "coco",
    confidence: float | None = None,
    iou: float = 0.5,
    formats: tuple[str | None, str | None] = (None, None),
    title: str | None = None,
    unused: Mapping[str, object] | None = None,
    progress: bool = True,
    batch_rows: int | None = None,
) -> LargeEvaluation:
    """Evaluate in batches of frames; see :func:`framelens.evaluate` for what the arguments mean.

    Parameters
    ----------
    truth, predictions, frames, run, rules, confidence, iou, title, progress
        As there, checked.
    formats : (str or None, str or None)
        ``truth_format`` and ``predictions_format``.
    memory : int, str or None
        Bytes of this process, or with ``engine="dask"`` of each worker. None: 2 GB.
    engine, client, resume
        As there.
    unused : mapping
        Arguments by name that are not understood here; they must be None.
    batch_rows : int or None
        Boxes of a batch; None: as many as the memory allows.

    Returns
    -------
    LargeEvaluation

    Raises
    ------
    DataError, OptionError, MissingExtraError
        As :func:`framelens.evaluate` says.
    """
    _check(rules, engine, client, unused or {})
    size = _DEFAULT_MEMORY if memory is None else parse_size(memory)
    for source in (truth, predictions):
        no_address(source)
    history = read_histories(run)[0]  # before the long work, which a wrong path must not cost
    job = Job(
        _absolute(truth), _absolute(predictions), size, _absolute(frames), rules, iou, *formats,
        None if resume is None else str(Path(resume).absolute()), streamed=engine is None, rows=batch_rows,
        progress=progress,
    )  # fmt: skip
    runner: Runner = LocalRunner(progress=progress)
    if engine == "dask":
        runner = dask_runner(client, progress=progress, memory=size)
    try:
        prepared = _prepared(job, runner)
        shards = Shards(prepared.plan, runner, Budget(size).merging, prepared.frequency, frames)
        shards.summarize()
    except BaseException:
        runner.close()
        raise
    return LargeEvaluation(
        dataset=_outline(prepared),  # type: ignore[arg-type]
        history=history,
        rules=rules,
        confidence=confidence,
        iou=iou,
        title=one_line(title)
        if title is not None
        else next((name for _, name in prepared.sources if name), "evaluation"),
        shards=shards,
    )


def _check(rules: str, engine: str | None, client: Any, unused: Mapping[str, object]) -> None:
    """Say in one line what does not go together."""
    if rules not in RULES:
        raise OptionError(
            f"rules={rules!r} needs every box in memory; with memory= or engine= use {' or '.join(RULES)}"
        )
    if engine is not None and engine not in ENGINES:
        raise OptionError(
            f"engine must be None or 'dask', not {one_line(repr(engine), 40)}; {nearest(str(engine), ENGINES)}"
        )
    for name, value in unused.items():
        if value is not None:
            raise OptionError(f"{name}= needs every box in memory and does not go with memory= and engine=")
    if client is not None and engine != "dask":
        raise OptionError("client= belongs to engine='dask'")


def _prepared(job: Job, runner: Runner) -> Prepared:
    """Put the tables in order where they lie: on a worker, if they are files that workers see."""
    paths = all(isinstance(source, str) for source in (job.truth, job.predictions))
    if not (isinstance(runner, DaskRunner) and paths):
        return prepare(job)
    try:
        done: Prepared = runner.call(prepare, replace(job, progress=False))
    except ModuleNotFoundError as error:
        if error.name == "framelens":
            raise MissingExtraError("framelens on the workers", "dask") from None
        raise
    return done


def _absolute(source: Any) -> Any:
    return str(Path(source).absolute()) if isinstance(source, (str, os.PathLike)) and not is_url(source) else source


def _outline(prepared: Prepared) -> Outline:
    plan = prepared.plan
    return Outline(
        Counted(prepared.frames, "frames"),
        plan.classes,
        plan.class_ids,
        Counted(prepared.objects, "objects"),
        Counted(prepared.detections, "detections"),
        plan.box_unit,
        tuple(Source(*source) for source in prepared.sources),
        prepared.skipped,
        prepared.warnings,
    )
