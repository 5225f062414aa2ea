"""Greedy matching of all frames, classes and thresholds at once.

pycocotools lets detections choose in order of score; each takes the best object that is still
free. Such a serial dictatorship has the same outcome as deferred acceptance in which every object
prefers the earlier detection: all detections propose to their first choice at once, an object
keeps the earliest proposer, the others propose to their next choice, until nobody is left. Only
whole arrays are touched, and few rounds are needed because few detections overlap two objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.data.sorting import where_true

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.metrics._pairs import Pairs

__all__ = ["accept", "effective_threshold", "has_choice", "preference_order"]

_FREE = np.iinfo(np.int64).max


def effective_threshold(iou: float) -> float:
    """Return the IoU that a pair must reach: pycocotools lets 1 - 1e-10 stand for 1.

    >>> effective_threshold(0.5), effective_threshold(1.0)
    (0.5, 0.9999999999)
    """
    return min(iou, 1 - 1e-10)


def preference_order(pairs: Pairs, ignored: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the order of pairs in which each detection has its preferred objects first.

    Preference: objects that count before ignored ones, then the higher IoU, then the later object
    (pycocotools keeps the last of equals).

    Parameters
    ----------
    pairs : Pairs
        Ascending by detection, and by object for each; a lower detection chooses first.
    ignored : bool array, shape (N,)
        Per object.
    """
    order = np.arange(len(pairs))
    choice = np.flatnonzero(has_choice(pairs.detection))
    some = pairs.take(choice)
    order[choice] = choice[np.lexsort((-some.object, -some.iou, ignored[some.object], some.detection))]
    return order


def has_choice(detection: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return per pair whether its detection has another; equal numbers stand together.

    >>> has_choice(np.array([2, 5, 5, 7])).tolist()
    [False, True, True, False]
    """
    choice = np.zeros(len(detection), dtype=np.bool_)
    same = detection[1:] == detection[:-1]
    choice[1:] = same
    choice[:-1] |= same
    return choice


def accept(
    pairs: Pairs, crowd: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match every detection with its best free object, at each threshold on its own.

    Parameters
    ----------
    pairs : Pairs
        Taken in :func:`preference_order`.
    crowd : bool array, shape (N,)
        Objects that take any number of detections.
    thresholds : float64 array, shape (T,)
        Least IoU, see :func:`effective_threshold`.

    Returns
    -------
    threshold, pair : int64 arrays, shape (S,)
        The pairs that became matches, sorted by threshold, then pair.
    """
    level, pair = where_true(pairs.iou >= thresholds[:, None])
    if len(pair) == 0:
        return level, pair
    chooser = level * (pairs.detection[-1] + 1) + pairs.detection[pair]
    begin = np.flatnonzero(np.concatenate(([True], chooser[1:] != chooser[:-1])))
    end = np.append(begin[1:], len(pair))
    # Of the objects only those in a pair are counted: there may be a million others.
    wanted = np.zeros(len(crowd), dtype=np.bool_)
    wanted[pairs.object] = True
    number = np.cumsum(wanted)
    target = level * number[-1] + number[pairs.object[pair]] - 1
    final = _propose(begin, end, target, crowd[pairs.object[pair]], len(thresholds) * int(number[-1]))
    return level[final], pair[final]


def _propose(
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    target: NDArray[np.int64],
    open_target: NDArray[np.bool_],
    targets: int,
) -> NDArray[np.int64]:
    """Return the entry of ``target`` that each satisfied chooser ends with, ascending.

    Chooser c may take ``target[begin[c]:end[c]]``, best first; a lower c goes before a higher one.
    """
    holder = np.full(targets, _FREE, dtype=np.int64)
    cursor = begin.copy()
    active = np.arange(len(begin))
    while len(active):
        active = active[~open_target[cursor[active]]]
        wanted = target[cursor[active]]
        earlier = active < holder[wanted]
        rejected = active[~earlier]
        active, wanted = active[earlier], wanted[earlier]
        displaced = holder[wanted]
        # Of equal indices the last assignment stays: descending order leaves the earliest chooser.
        holder[wanted[::-1]] = active[::-1]
        won = holder[wanted] == active
        displaced = displaced[won & (displaced != _FREE)]
        active = np.sort(np.concatenate((rejected, active[~won], displaced)))
        cursor[active] += 1
        active = active[cursor[active] < end[active]]
    return cursor[cursor < end]
