"""The log that framelens itself writes from the callbacks of a trainer: a head and one JSON object an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.errors import DataError, one_line
from framelens.training.jsonlog import first_record, read_records, real
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, integer, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]


def recognise(log: LogFile) -> str | None:
    """Say whether the first object is the head of such a log."""
    return "a log written by framelens" if first_record(log).get("framelens") == 1 else None


def read(log: LogFile) -> History:
    """Read the log; a further head begins another run."""
    rows: list[Row] = []
    head: dict[str, Any] = {}
    starts = False
    for where, record in read_records(log):
        if "framelens" in record:
            head, starts = record, bool(rows)
            continue
        epoch, values = integer(record.get("epoch")), record.get("values")
        if epoch is None or not isinstance(values, dict):
            raise DataError("no epoch and values in it", file=log.name, where=where)
        numbers = {one_line(name, 60): real(value) for name, value in values.items()}
        step, seconds = real(record.get("step")), real(record.get("time"))
        # a trainer that goes on where it was continues the run
        begins = starts and epoch <= rows[-1].epoch
        rows.append(Row(where, epoch, numbers, step, seconds, starts=begins))
        starts = False
    return tidy(
        log,
        rows,
        framework=one_line(head.get("framework", "unknown"), 40),
        from_zero=False,
        planned_epochs=integer(head.get("planned_epochs")),
        patience=integer(head.get("patience")),
        name=log.path.parent.name or log.run_name,
    )


READERS = (
    RunReader(
        name="framelens",
        example='framelens.jsonl: {"framelens": 1, ...} and {"epoch": 1, "values": {"map50": 0.4}} for each epoch',
        patterns=("framelens.jsonl",),
        recognise=recognise,
        read=read,
    ),
)
