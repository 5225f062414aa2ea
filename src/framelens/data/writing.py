"""Writes files whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path
from typing import Any, Final

from framelens.errors import OptionError, one_line

__all__ = ["cannot_write", "neutral", "plain", "target_path", "utf8", "write_file"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: What to do about the usual reasons.
_REMEDIES: Final = {
    errno.ENOENT: "make its folder first",
    errno.ENOTDIR: "a part of its path is a file; name another folder",
    errno.EEXIST: "a file has that name; name another folder",
    errno.EISDIR: "name a file",
    errno.ENOSPC: "free some space, or write to another disk",
    errno.EDQUOT: "free some space, or write to another disk",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "choose a folder that you may write into"),
}


def target_path(value: object, example: str) -> Path:
    """Return the path of a file or folder to write.

    Raises
    ------
    OptionError
        If that is no path, or an empty one.

    >>> target_path("out/report.html", "report.html").name
    'report.html'
    >>> target_path(None, "report.html")
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: give a path, such as 'report.html', not None
    """
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise OptionError(f"give a path, such as {example!r}, not {one_line(repr(value), 60)}")
    return Path(text)


def cannot_write(name: str, error: OSError) -> OptionError:
    """Return the error that says in one line why something cannot be written, and what to do."""
    remedy = _REMEDIES.get(error.errno or 0, "")
    reason = error.strerror or type(error).__name__
    return OptionError(f"cannot write {one_line(name)}: {reason}" + (f"; {remedy}" if remedy else ""))


def write_file(path: Path, content: bytes) -> Path:
    """Write beside the target first, so that a file that is open or wanted is never half a file.

    Raises
    ------
    OptionError
        The file cannot be written; the text names its base name alone.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        if path.exists() and not path.is_file():  # a folder, or a device that would be replaced by a file
            raise IsADirectoryError(errno.EISDIR, "it is no file")
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path.name, error) from error
    finally:
        with contextlib.suppress(OSError):  # where nothing could be written there is nothing to remove
            temporary.unlink()
    return path


def utf8(text: str) -> bytes:
    r"""Return the bytes of a text; halves of characters, which a class name out of JSON may hold, as JSON writes them.

    >>> utf8("caf\u00e9 \ud800")
    b'caf\xc3\xa9 \\ud800'
    """
    return text.encode("utf-8", "backslashreplace")


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
