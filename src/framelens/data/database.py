"""DuckDB on files of the user: nothing is fetched, no path is a pattern, and no error tells a folder."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["CLOSED", "PATTERN", "closed_database", "database_words"]

#: No extension is fetched, nothing spills to the disk.
CLOSED: Final[dict[str, Any]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}

#: Signs that make a path a pattern, which may mean other files.
PATTERN: Final = frozenset("*?[]{}")

#: A path between quotes, or one that begins at the root and has no space in it.
_QUOTED: Final = re.compile(r"""(['"])(?:[A-Za-z]:)?[/\\][^'"]*[/\\]([^'"/\\]*)\1""")
_BARE: Final = re.compile(r"""(?<![\w./\\:])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'"]+[/\\])+""")


@contextmanager
def closed_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that reads local files alone."""
    import duckdb

    with duckdb.connect(config=CLOSED) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would print where the numbers go
        yield connection


def database_words(error: Exception) -> str:
    """Return the first line of an error with base names in the place of absolute paths.

    >>> database_words(OSError("No magic bytes at end of file '/home/me/my data/boxes.parquet'"))
    "No magic bytes at end of file 'boxes.parquet'"
    >>> database_words(OSError("cannot open /home/me/boxes.csv: 3/4 done"))
    'cannot open boxes.csv: 3/4 done'
    """
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return _BARE.sub("", _QUOTED.sub(r"\1\2\1", line))
