"""Takes dead widget state out of a saved notebook."""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from framelens.data.writing import target_path, write_file
from framelens.errors import DataError, OptionError, one_line

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_notebook", "strip_widget_state"]


def strip_widget_state(notebook: str | os.PathLike[str] | MutableMapping[str, Any]) -> int:
    """Remove saved widget state; cells and outputs stay as they are.

    Front ends save the state of every widget that was ever made, keep it when it is stale, and give a
    new widget the style of an old one. The static twins and pictures of framelens do not need it.

    Parameters
    ----------
    notebook : path, or mapping as nbformat gives it
        A file is written again only where something was removed; a mapping is changed in place.

    Returns
    -------
    int
        How many widget models were removed.

    Raises
    ------
    DataError
        The file is no notebook or cannot be read.
    OptionError
        ``notebook`` is neither, or the file cannot be written.

    Examples
    --------
    >>> state = {"state": {"0a": {}, "0b": {}}, "version_major": 2, "version_minor": 0}
    >>> notebook = {"cells": [], "metadata": {"widgets": {"application/vnd.jupyter.widget-state+json": state}}}
    >>> strip_widget_state(notebook)
    2
    >>> notebook["metadata"]
    {}
    """
    if isinstance(notebook, (str, os.PathLike)):
        path = target_path(notebook, "analysis.ipynb")
        content = read_notebook(path)
        removed = strip_widget_state(content)
        if removed:
            text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
            write_file(path, text.encode("utf-8", "surrogatepass"))
        return removed
    if not isinstance(notebook, MutableMapping):
        raise OptionError(f"notebook must be a path, or what nbformat.read gives, not {one_line(repr(notebook), 60)}")
    metadata = notebook.get("metadata")
    widgets = metadata.pop("widgets", None) if isinstance(metadata, dict) else None
    if not isinstance(widgets, dict):
        return 0
    return sum(len(part["state"]) for part in widgets.values() if isinstance(part, dict) and _has_state(part))


def _has_state(part: dict[str, Any]) -> bool:
    return isinstance(part.get("state"), dict)


def read_notebook(path: Path) -> dict[str, Any]:
    """Return the JSON of a notebook of format 4.

    Raises
    ------
    DataError
        The file cannot be read, is no JSON or no such notebook.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or type(error).__name__}", file=path.name) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not a notebook: {one_line(error, 120)}", file=path.name) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise DataError(
            "is not a notebook: it has no cells", file=path.name, remedy="save it as a Jupyter notebook, format 4"
        )
    return content
