"""A progress bar for long reads, and nothing for short ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["progress"]

T = TypeVar("T")


def progress(items: Sequence[T], what: str, *, shown: bool) -> Iterable[T]:
    """Return ``items``, with a bar on stderr once a second has passed, in a terminal or a notebook."""
    if not shown or len(items) < 100 or not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        return items
    from tqdm import tqdm

    return tqdm(items, desc=what, delay=1.0, leave=False, file=sys.stderr)
