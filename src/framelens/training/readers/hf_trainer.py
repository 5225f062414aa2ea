"""``trainer_state.json`` of the Hugging Face Trainer: one JSON file, fractional epochs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from framelens.errors import DataError
from framelens.training.jsonlog import parse, real
from framelens.training.readers.table import guess_name
from framelens.training.registry import RunReader
from framelens.training.tidy import Means, Row, by_evaluation, integer, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]

_HAIR = 1e-6
_NOT_MEASURED = ("_runtime", "_per_second", "_time")


def recognise(log: LogFile) -> str | None:
    """Say whether it is a JSON object with the keys of a trainer state."""
    if log.name == "trainer_state.json" or (b'"best_metric"' in log.head and log.head.lstrip().startswith(b"{")):
        return "a JSON object with log_history" if b"log_history" in log.data else None
    return None


def read(log: LogFile) -> History:
    """Read a trainer_state.json: one row per epoch, or per evaluation where an epoch has several."""
    state = parse(log, log.data, "the file")
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(history, list):
        raise DataError("no list log_history in it", file=log.name)
    entries = [(f"log_history[{at}]", entry) for at, entry in enumerate(history) if isinstance(entry, dict)]
    # the last entry sums up the run
    entries = [(where, entry) for where, entry in entries if "train_runtime" not in entry]
    evaluations = [_epoch(log, where, entry) for where, entry in entries if _is_evaluation(entry)]
    metrics = {name for _, entry in entries if _is_evaluation(entry) for name in _values(entry)}
    planned = state.get("num_train_epochs")
    options: dict[str, Any] = {
        "framework": "huggingface",
        "planned_epochs": integer(int(planned))
        if isinstance(planned, float) and planned.is_integer()
        else integer(planned),
    }
    if len(set(evaluations)) < len(evaluations):
        rows = [Row(where, integer(entry.get("step")) or 0, _values(entry)) for where, entry in entries]
        options["planned_epochs"] = None
        return tidy(log, (), runs=by_evaluation(log, rows, metrics), **options)
    means = Means(metrics)
    for where, entry in entries:
        means.add(where, _epoch(log, where, entry), _values(entry), step=real(entry.get("step")))
    return tidy(log, means.rows, from_zero=False, **options)


def _is_evaluation(entry: dict[str, Any]) -> bool:
    return any(key.startswith("eval_") for key in entry)


def _epoch(log: LogFile, where: str, entry: dict[str, Any]) -> int:
    value = real(entry.get("epoch"))
    if not 0 <= value < 1e7:  # noqa: PLR2004
        raise DataError(f"epoch {entry.get('epoch')!r} is not possible", file=log.name, where=where)
    return max(1, math.ceil(value - _HAIR))


def _values(entry: dict[str, Any]) -> dict[str, float]:
    values = {}
    for key, raw in entry.items():
        if key in ("epoch", "step") or key.endswith(_NOT_MEASURED) or isinstance(raw, (str, list, dict)):
            continue
        values[guess_name(key)] = real(raw)
    return values


READERS = (
    RunReader(
        name="huggingface",
        example='trainer_state.json: {"log_history": [{"epoch": 1.0, "eval_loss": 0.5, "step": 100}, ...]}',
        patterns=("trainer_state.json", "*trainer_state.json", "checkpoint-*/trainer_state.json"),
        recognise=recognise,
        read=read,
        last=True,
    ),
)
