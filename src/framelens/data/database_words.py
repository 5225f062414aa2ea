"""What DuckDB makes of a path, and what it says of a file, without the folders it stands in."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["PATTERN", "database_words"]

#: Signs that make a path a pattern, which may mean other files.
PATTERN: Final = frozenset("*?[]{}")

#: A path between quotes, or one that begins at the root and has no space in it.
_QUOTED: Final = re.compile(r"""(['"])(?:[A-Za-z]:)?[/\\][^'"]*[/\\]([^'"/\\]*)\1""")
_BARE: Final = re.compile(r"""(?<![\w./\\:])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'"]+[/\\])+""")


def database_words(error: Exception) -> str:
    """Return the first line of an error with base names in the place of absolute paths.

    >>> database_words(OSError("No magic bytes at end of file '/home/me/my data/boxes.parquet'"))
    "No magic bytes at end of file 'boxes.parquet'"
    >>> database_words(OSError("cannot open /home/me/boxes.csv: 3/4 done"))
    'cannot open boxes.csv: 3/4 done'
    """
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return _BARE.sub("", _QUOTED.sub(r"\1\2\1", line))
