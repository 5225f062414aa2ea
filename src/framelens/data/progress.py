"""A progress bar for long reads, and nothing for short ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["bar", "progress"]

T = TypeVar("T")


def progress(items: Sequence[T], what: str, *, shown: bool) -> Iterable[T]:
    """Return ``items``, with a :func:`bar` where they are many."""
    few = not shown or len(items) < 100
    return items if few else bar(what, shown=shown, iterable=items)


def bar(what: str, *, shown: bool, **options: Any) -> Any:
    """Return tqdm's bar, seen once a second has passed in a terminal or a notebook, and gone when it is full.

    A notebook prints it where the answer follows: what is written to stderr would stand in red and leave an empty line.
    """
    from tqdm import tqdm

    notebook = "ipykernel" in sys.modules
    visible = shown and (notebook or sys.stderr.isatty())
    stream = sys.stdout if notebook else sys.stderr
    return tqdm(desc=what, delay=1.0, leave=False, file=stream, disable=not visible, **options)
