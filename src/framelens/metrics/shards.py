"""Summaries of shards read in the order of their scores, a bounded number of detections at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.sorting import order_by, order_by_score

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from framelens.metrics.summary import Summary

__all__ = ["AT_ONCE", "Rows", "by_class", "score_cuts"]

#: Detections looked at in one go.
AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Detections of some classes, by class and score, with their matches.

    Attributes
    ----------
    category : int64 array, shape (D,)
    flags : uint16 array, shape (D,)
    row : int64 array, shape (S,)
        Which of them match somewhere; ascending.
    hit, lost : uint16 array, shape (S, 4)
    rank : uint8 array, shape (S,)
        As in :class:`~framelens.metrics.summary.Summary`.
    """

    category: NDArray[np.int64]
    flags: NDArray[np.uint16]
    row: NDArray[np.int64]
    hit: NDArray[np.uint16]
    lost: NDArray[np.uint16]
    rank: NDArray[np.uint8]


def by_class(
    parts: Sequence[Summary], at_once: int = AT_ONCE, classes: tuple[int, int] | None = None
) -> Iterator[Rows]:
    """Yield all detections by class, score and frame, about ``at_once`` at a time.

    Parameters
    ----------
    parts : sequence of Summary
        Of the same classes; every frame of a part stands before every frame of the next one.
    at_once : int
        A class with more detections comes in several pieces.
    classes : (int, int), optional
        Only these: the first, and the one after the last.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> [rows.category.tolist() for rows in by_class([summarize(two_frames())], at_once=2)]
    [[0, 0], [1, 1]]
    """
    if not parts:
        return
    size = np.sum([np.diff(part.start) for part in parts], axis=0)
    first, end = (0, len(size)) if classes is None else classes
    while first < end:
        if size[first] > at_once:
            for spans in _pieces(parts, first, at_once):
                yield _collect(parts, spans, first, first + 1)
            first += 1
            continue
        last = first + max(1, int(np.searchsorted(np.cumsum(size[first:end]), at_once, side="right")))
        yield _collect(parts, [(int(part.start[first]), int(part.start[last])) for part in parts], first, last)
        first = last


def _pieces(parts: Sequence[Summary], category: int, at_once: int) -> Iterator[list[tuple[int, int]]]:
    """Cut one class at scores; many equal scores are cut between parts, whose frames follow each other."""
    begin = [int(part.start[category]) for part in parts]
    end = [int(part.start[category + 1]) for part in parts]
    share = max(1, at_once // len(parts))
    while begin != end:
        # Slices, because columns may lie on the disk.
        marks = [
            float(part.score[b + share - 1 : b + share][0])
            for part, b, e in zip(parts, begin, end, strict=True)
            if e - b > share
        ]
        if not marks:
            yield list(zip(begin, end, strict=True))
            return
        cut = max(marks)
        above, upto = (
            [
                b + int(np.searchsorted(-np.asarray(part.score[b:e]), -cut, side=side))
                for part, b, e in zip(parts, begin, end, strict=True)
            ]
            for side in ("left", "right")
        )
        if sum(upto) - sum(begin) <= 2 * at_once:
            yield list(zip(begin, upto, strict=True))
        else:
            yield list(zip(begin, above, strict=True))
            for number, (low, high) in enumerate(zip(above, upto, strict=True)):
                for step in range(low, high, at_once):
                    yield [(0, 0)] * number + [(step, min(step + at_once, high))] + [(0, 0)] * (len(parts) - number - 1)
        begin = upto


def _collect(parts: Sequence[Summary], spans: Sequence[tuple[int, int]], first: int, last: int) -> Rows:
    """Join pieces of parts and sort them by class and score; equal scores stay in the order of the parts."""
    category, score, flags, number, hit, lost, rank = ([] for _ in range(7))
    offset = 0
    for part, (low, high) in zip(parts, spans, strict=True):
        inside = slice(*np.searchsorted(part.row, (low, high)).tolist())
        bounds = np.clip(part.start[first : last + 1], low, high)
        category.append(np.repeat(np.arange(first, last), np.diff(bounds)))
        score.append(part.score[low:high])
        flags.append(part.flags[low:high])
        number.append(part.row[inside] - low + offset)
        hit.append(part.hit[inside])
        lost.append(part.lost[inside])
        rank.append(part.rank[inside])
        offset += high - low
    of_class = np.concatenate(category)
    if len(parts) == 1:
        return Rows(of_class, flags[0], number[0], hit[0], lost[0], rank[0])
    order = order_by_score(np.concatenate(score))
    order = order[order_by(of_class[order])]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    at = place[np.concatenate(number)]
    by_place = np.argsort(at)
    return Rows(
        of_class[order],
        np.concatenate(flags)[order],
        at[by_place],
        np.concatenate(hit)[by_place],
        np.concatenate(lost)[by_place],
        np.concatenate(rank)[by_place],
    )


def score_cuts(parts: Sequence[Summary], at_once: int = AT_ONCE) -> NDArray[np.float64]:
    """Return scores, falling, between which about ``at_once`` detections lie; the first is infinite.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> score_cuts([summarize(two_frames())]).tolist()
    [inf, 0.3]
    """
    total = sum(part.detections for part in parts)
    step = max(1, at_once // 64)
    some, lowest = [np.empty(0)], np.inf
    for part in parts:
        score = np.asarray(part.score)  # read once: it may lie on the disk
        some.append(score[::step].copy())
        lowest = min(lowest, float(score.min(initial=np.inf)))
    sample = np.sort(np.concatenate(some))[::-1]
    pieces = -(-total // at_once)
    inner = sample[(np.arange(1, pieces) * len(sample)) // max(pieces, 1)]
    return np.concatenate(([np.inf], np.unique(np.append(inner, lowest))[::-1]))
