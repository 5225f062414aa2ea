"""The part of a frame that is shown for an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Region", "crop_region"]

#: x, y (top left corner), width, height in the units of the labels.
Region = tuple[float, float, float, float]

_WIDEST: Final = 2.0  # longer side of a crop divided by its shorter side


def crop_region(
    boxes: Sequence[Sequence[float]] | NDArray[np.float64],
    frame_size: tuple[float, float] | None = None,
    *,
    padding: float = 0.4,
    smallest: float = 48.0,
) -> Region:
    """Return the part of a frame that shows some boxes with their surroundings.

    The union of the boxes grows by ``padding`` times its longer side on every side, to at least ``smallest``
    and to an aspect of at most 2:1, and is moved and cut to lie inside the frame.

    Parameters
    ----------
    boxes : array, shape (N, 4)
        x, y, width, height; what is not finite is left out.
    frame_size : (width, height) or None
        In the same units; without it the region may reach outside the frame.
    padding : float
        Fraction of the longer side of the union.
    smallest : float
        Shortest side of the region, in the units of the boxes.

    Examples
    --------
    >>> crop_region([[100, 100, 50, 50]], (640, 480))
    (80.0, 80.0, 90.0, 90.0)
    >>> crop_region([[0, 0, 10, 10]], (640, 480))
    (0.0, 0.0, 48.0, 48.0)
    """
    table = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    table = table[np.isfinite(table).all(axis=1)]
    if not len(table):
        return (0.0, 0.0, *(frame_size or (smallest, smallest)))
    low = table[:, :2].min(axis=0)
    high = (table[:, :2] + np.maximum(table[:, 2:], 0)).max(axis=0)
    extent = high - low
    wanted = np.maximum(extent + 2 * padding * extent.max(), smallest)
    wanted = np.maximum(wanted, wanted.max() / _WIDEST)
    start = (low + high - wanted) / 2
    if frame_size is not None:
        limit = np.asarray(frame_size, dtype=np.float64)
        wanted = np.minimum(wanted, limit)
        start = np.clip(start, 0, limit - wanted)
    return (float(start[0]), float(start[1]), float(wanted[0]), float(wanted[1]))
