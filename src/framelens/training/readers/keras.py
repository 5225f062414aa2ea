"""CSVLogger of Keras: ``epoch``, then each metric and its ``val_`` twin; ``append=True`` adds run after run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.training.readers.table import read_table
from framelens.training.registry import RunReader

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]


def recognise(log: LogFile) -> str | None:
    """Say whether the header is ``epoch, ..., loss, ..., val_loss`` with nothing but twins."""
    header = log.head.split(b"\n", 1)[0].decode("utf-8", "replace")
    columns = [column.strip() for column in header.split(",")]
    measured = set(columns[1:]) - {"learning_rate", "lr"}
    plain = {column for column in measured if not column.startswith("val_")}
    twins = {column.removeprefix("val_") for column in measured - plain}
    if columns[0] == "epoch" and "loss" in plain and twins == plain:
        return "columns epoch, loss, val_loss ..."
    return None


def read(log: LogFile) -> History:
    """Read a CSVLogger file."""
    return read_table(log, framework="keras", show_guesses=False, from_zero=True)


READERS = (
    RunReader(
        name="keras",
        example="training_log.csv: epoch,accuracy,loss,val_accuracy,val_loss",
        patterns=("training_log.csv", "*.csv"),
        recognise=recognise,
        read=read,
        order=2,
    ),
)
