"""DuckDB with a memory limit, and queries that show how far they are."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from framelens.data.database import CLOSED, database_words
from framelens.data.progress import bar
from framelens.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

__all__ = ["copy_to", "literal", "opened", "reading"]

_ROWS_PER_GROUP = 65_536
_BUFFER = 16_000_000


@contextmanager
def opened(memory: int, spill: Path | None = None, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that holds at most ``memory`` bytes and writes the rest to ``spill``.

    Nothing is fetched from the network, and the spill folder is removed afterwards.
    """
    import duckdb

    try:
        with duckdb.connect(config=_settings(memory, spill, threads)) as connection:
            # Progress is asked for; nothing is printed where numbers may go.
            connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
            yield connection
    finally:
        if spill is not None:
            shutil.rmtree(spill, ignore_errors=True)


def _settings(memory: int, spill: Path | None, threads: int) -> dict[str, Any]:
    return CLOSED | {
        "memory_limit": f"{memory // 1000}KB",
        "threads": str(threads),
        "temp_directory": "" if spill is None else str(spill),
    }


@contextmanager
def reading(memory: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a cursor that reads Parquet files within ``memory`` bytes, from a database that the process keeps.

    Opening one takes longer than reading a small batch does.
    """
    with _kept(memory).cursor() as cursor:
        yield cursor


@lru_cache(maxsize=2)
def _kept(memory: int) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(config=_settings(memory, None, 1))
    # Files are read once; what they hold is not kept.
    connection.execute("SET enable_external_file_cache = false")
    return connection


def literal(value: object) -> str:
    """Return a path or text as it stands in a query."""
    return "'" + str(value).replace("'", "''") + "'"


def copy_to(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, *, file: str, what: str, progress: bool
) -> None:
    """Write the rows of a query to a Parquet file.

    Raises
    ------
    DataError
        A record of ``file`` cannot be read, or the disk is full.
    """
    import duckdb

    options = f"FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {_ROWS_PER_GROUP}"
    with _bar(connection, what, shown=progress):
        try:
            connection.execute(f"COPY ({query}) TO {literal(path)} ({options})")
        except duckdb.OutOfMemoryException as error:
            problem = f"cannot be put in order: {database_words(error)}"
            raise DataError(problem, file=file, remedy="give more memory=, or resume= on a larger disk") from None
        except duckdb.Error as error:
            if "maximum_object_size" in str(error):
                remedy = "leave out masks, or read the file without memory="
                raise DataError("one record takes more than 16 MB", file=file, remedy=remedy) from None
            raise DataError(f"not a readable table: {database_words(error)}", file=file) from None


@contextmanager
def _bar(connection: duckdb.DuckDBPyConnection, what: str, *, shown: bool) -> Iterator[None]:
    """Show how far the running query is, once it takes over a second."""
    form = "{desc}: {percentage:3.0f}% {elapsed}<{remaining}"
    with bar(what, shown=shown, total=100, bar_format=form) as drawn:
        if drawn.disable:
            yield
            return
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.5):
                percent = connection.query_progress()
                drawn.update(max(0.0, min(100.0, percent) - drawn.n))

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join()
