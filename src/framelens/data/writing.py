"""Writes files whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import OptionError, one_line

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["neutral", "plain", "write_file"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_file(path: Path, content: bytes) -> Path:
    """Write beside the target first, so that a file that is open or wanted is never half a file.

    Raises
    ------
    OptionError
        The file cannot be written; the text names its base name alone.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        msg = f"cannot write {one_line(path.name)}: {error.strerror or type(error).__name__}"
        raise OptionError(msg) from error
    finally:
        with contextlib.suppress(OSError):  # where nothing could be written there is nothing to remove
            temporary.unlink()
    return path


def neutral(value: Any) -> Any:
    """Put a quote before a text that a spreadsheet would take for a formula; anything else stays.

    >>> neutral("@SUM(A1)"), neutral("cat"), neutral(-1)
    ("'@SUM(A1)", 'cat', -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def plain(value: Any) -> Any:
    """Take the quote away again that :func:`neutral` puts in front.

    >>> plain(neutral("=1+1")), plain("'tis"), plain(None)
    ('=1+1', "'tis", None)
    """
    return value[1:] if isinstance(value, str) and value[:1] == "'" and value[1:].startswith(_FORMULA) else value
