"""Errors that last over several frames of a sequence, as one event each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["frame_steps", "group_events"]

_MOSTLY, _FEW = 0.5, 8


def group_events(
    sequence: NDArray[np.int64],
    position: NDArray[np.float64],
    kind: NDArray[np.int64],
    box: NDArray[np.float64],
    *,
    step: NDArray[np.float64],
    gap: int = 1,
    overlap: float = 0.3,
) -> NDArray[np.int64]:
    """Return the number of the event that each error belongs to.

    Two errors of one kind in one sequence are linked where they stand in different frames at most ``gap``
    frames apart and their boxes overlap by IoU ``overlap``; an error is linked to the latest event that
    fits, of equally late ones to that with the highest IoU, and each event takes one error of a frame. The distance
    of two frames is that of their positions in steps of the sequence: the median distance between
    neighbouring positions, so sequences of which every tenth frame is labelled count as well.

    Parameters
    ----------
    sequence : int64 array, shape (N,)
        Number of the sequence of each error, -1 for none (an event of its own).
    position : float64 array, shape (N,)
        Frame number or seconds inside the sequence.
    kind : int64 array, shape (N,)
        Equal for errors that may be one event: class and status.
    box : float64 array, shape (N, 4)
        x, y, width, height.
    step : float64 array, shape (N,)
        Distance of neighbouring frames in the sequence of each error; see :func:`frame_steps`.
    gap : int
        Frames without the error that an event may hold between two with it, 0 or more.
    overlap : float
        Least IoU of the boxes of two consecutive errors.

    Returns
    -------
    int64 array, shape (N,)
        Number of the event of each error, 0 .. in the order of their first error (sequence, position, row).

    Examples
    --------
    >>> still = np.tile([10.0, 10, 20, 20], (4, 1))
    >>> group_events(np.zeros(4, int), np.array([1.0, 2, 3, 9]), np.zeros(4, int), still,
    ...              step=np.ones(4)).tolist()
    [0, 0, 0, 1]
    """
    order = np.lexsort((np.arange(len(kind)), position, kind, sequence))
    event, boxes = np.full(len(kind), -1, dtype=np.int64), box.tolist()
    open_events: list[tuple[int, int]] = []  # number and last row of those that may go on
    last, count = -1, 0
    for row in order.tolist():
        if last < 0 or sequence[row] != sequence[last] or kind[row] != kind[last]:
            open_events = []
        last = row
        reach = (gap + 1.5) * step[row]
        open_events = [item for item in open_events if position[row] - position[item[1]] <= reach]
        near = [item for item in open_events if position[item[1]] < position[row]] if sequence[row] >= 0 else []
        fits = [(position[item[1]], iou, item) for item in near if (iou := _iou(boxes[item[1]], boxes[row])) >= overlap]
        if fits:
            chosen = max(fits, key=lambda fit: fit[:2])[2]
            open_events.remove(chosen)
            number = chosen[0]
        else:
            number, count = count, count + 1
        event[row] = number
        open_events.append((number, row))
    return freeze(_renumbered(event, np.lexsort((np.arange(len(kind)), position, sequence))))


def frame_steps(
    sequence: NDArray[np.int64], position: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how far apart the frames of a sequence are, and whether it goes on in even steps, as what was filmed does.

    At least half of the distances between neighbouring positions lie within half a step of the median. Pictures
    that are merely numbered, such as those of COCO, do not: two that follow each other show different things. Of fewer
    than 8 distances nothing is concluded.

    Parameters
    ----------
    sequence : int64 array, shape (F,)
        Number of the sequence of each frame, -1 for none.
    position : float64 array, shape (F,)
        Frame number or seconds inside the sequence.

    Returns
    -------
    step : float64 array, shape (F,)
        Median distance between neighbouring positions of the frame's sequence; 1 without one.
    even : bool array, shape (F,)

    Examples
    --------
    >>> filmed, numbered = [*range(0, 90, 10), 200], [139, 285, 632, 724, 776, 785, 802, 872, 885, 1000]
    >>> step, even = frame_steps(np.repeat([0, 1], 10), np.array([*filmed, *numbered], dtype=float))
    >>> step[[0, -1]].tolist(), even[[0, -1]].tolist()
    ([10.0, 70.0], [True, False])
    """
    step, even = np.ones(len(sequence)), np.zeros(len(sequence), dtype=np.bool_)
    order = np.argsort(sequence, kind="stable")
    # Sorted once: there may be as many sequences as frames.
    for rows in np.split(order, np.flatnonzero(np.diff(sequence[order])) + 1):
        if len(rows) < 2 or sequence[rows[0]] < 0:  # noqa: PLR2004 - one frame has no distance
            continue
        distance = np.diff(np.unique(position[rows]))
        if len(distance):
            step[rows] = median = np.median(distance)
            even[rows] = len(distance) < _FEW or np.mean(np.abs(distance - median) <= median / 2) >= _MOSTLY
    return step, even


def _iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the IoU of two boxes; plain numbers, of which the largest overflow without a word."""
    (left, top, width, height), (x, y, w, h) = first, second
    wide, high = min(left + width, x + w) - max(left, x), min(top + height, y + h) - max(top, y)
    common = max(wide, 0.0) * max(high, 0.0)
    total = width * height + w * h - common
    return common / total if total > 0 else 0.0


def _renumbered(event: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers in the order in which events begin."""
    new: dict[int, int] = {}
    for number in event[order].tolist():
        new.setdefault(number, len(new))
    return np.array([new[number] for number in event.tolist()], dtype=np.int64)
