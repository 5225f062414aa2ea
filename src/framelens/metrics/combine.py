"""Summaries of different frames become one summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.dataset import freeze
from framelens.data.sorting import order_by, order_by_score
from framelens.metrics.summary import Crossings, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Places", "combine"]

#: Where the frames and the classes of a part stand in the whole.
Places = tuple["NDArray[np.int32]", "NDArray[np.int32]"]


def combine(parts: Sequence[Summary], places: Sequence[Places], frames: int, classes: int) -> Summary:
    """Put summaries together; the order of the parts changes nothing.

    Parameters
    ----------
    parts : sequence of Summary
        At least one, of the same rules and IoU, of different frames.
    places : sequence of (int32 array, int32 array)
        Per part: where its frames and its classes stand in the whole, ``(F,)`` and ``(K,)``.
    frames, classes : int
        How many there are in the whole.

    Returns
    -------
    Summary

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.summary import summarize
    >>> one = summarize(two_frames())
    >>> here, there = np.array([0, 2], dtype=np.int32), np.array([1, 3], dtype=np.int32)
    >>> both = combine([one, one], [(here, here // 2), (there, here // 2)], frames=4, classes=2)
    >>> both.score.tolist(), both.frame.tolist()
    ([0.9, 0.9, 0.3, 0.3, 0.8, 0.8, 0.6, 0.6], [0, 1, 0, 1, 0, 1, 2, 3])
    """
    category = np.concatenate([np.repeat(of, np.diff(part.start)) for part, (_, of) in zip(parts, places, strict=True)])
    score = _joined(parts, "score")
    frame = np.concatenate([at[np.asarray(part.frame)] for part, (at, _) in zip(parts, places, strict=True)])
    order = order_by(frame)
    order = order[order_by_score(score[order])]
    order = order[order_by(category[order])]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    offset = np.cumsum([0, *(part.detections for part in parts)])
    row = place[np.concatenate([np.asarray(part.row) + before for part, before in zip(parts, offset, strict=False)])]
    by_place = np.argsort(row)
    return Summary(
        rules=parts[0].rules,
        iou=parts[0].iou,
        frames=frames,
        objects=sum(part.objects for part in parts),
        detections=sum(part.detections for part in parts),
        areas_known=all(part.areas_known for part in parts),
        ignored_objects=sum(part.ignored_objects for part in parts),
        objects_in_range=_placed(parts, places, "objects_in_range", classes),
        objects_counted=_placed(parts, places, "objects_counted", classes),
        start=freeze(np.concatenate(([0], np.cumsum(np.bincount(category, minlength=classes)))), np.int64),
        score=freeze(score[order]),
        frame=freeze(frame[order], np.int32),
        flags=freeze(_joined(parts, "flags")[order]),
        row=freeze(row[by_place]),
        hit=freeze(_joined(parts, "hit")[by_place]),
        lost=freeze(_joined(parts, "lost")[by_place]),
        rank=freeze(_joined(parts, "rank")[by_place]),
        crossings=_crossings([part.crossings for part in parts], places),
    )


def _joined(parts: Sequence[Any], name: str) -> NDArray[Any]:
    return np.concatenate([np.asarray(getattr(part, name)) for part in parts])


def _placed(parts: Sequence[Summary], places: Sequence[Places], name: str, classes: int) -> NDArray[np.int64]:
    """Add up counts by class."""
    total = np.zeros((*getattr(parts[0], name).shape[:-1], classes), dtype=np.int64)
    for part, (_, place) in zip(parts, places, strict=True):
        total[..., place] += getattr(part, name)
    return freeze(total)


def _crossings(parts: Sequence[Crossings], places: Sequence[Places]) -> Crossings:
    """Join crossings by frame; detections and objects get new numbers in the order of frames."""
    frame = np.concatenate([at[np.asarray(part.frame)] for part, (at, _) in zip(parts, places, strict=True)])
    order = np.argsort(frame, kind="stable")
    classes = {
        name: np.concatenate([of[np.asarray(getattr(part, name))] for part, (_, of) in zip(parts, places, strict=True)])
        for name in ("predicted", "actual")
    }
    numbers = {}
    for name in ("detection", "object"):
        # A frame is in one part, so that frame and number there say which box it is.
        pair = np.stack([frame, _joined(parts, name)], axis=1)[order]
        numbers[name] = np.unique(pair, axis=0, return_inverse=True)[1].reshape(-1)
    return Crossings(
        freeze(frame[order], np.int32),
        freeze(numbers["detection"], np.int64),
        freeze(numbers["object"], np.int64),
        *(freeze(classes[name][order], np.int32) for name in ("predicted", "actual")),
        *(freeze(_joined(parts, name)[order]) for name in ("iou", "score", "taken")),
    )
