"""Sends the detections that a payload left out, when the page wants to count at a lower confidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from framelens.errors import OptionError, one_line
from framelens.widgets.messages import Reply
from framelens.widgets.wire_columns import choose_shelf, detection_columns, pack, pair_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.evaluation import Evaluation

__all__ = ["MOST_SENT", "RecountService"]

#: Detections of one reply; more than these would not be counted anew within the blink of an eye.
MOST_SENT = 400_000


class RecountService:
    """Answers ``{confidence}`` with all detections from that score on, and their pairs.

    Parameters
    ----------
    evaluation : Evaluation
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def answer(self, args: Mapping[str, Any]) -> Reply:
        """Answer one request; see *Messages* in ``docs/decisions/0001``.

        All detections are sent where they are few enough, so that this happens once.

        Raises
        ------
        OptionError
            The confidence is no finite number or None, or too many detections are over it.
        """
        confidence = args.get("confidence")
        number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
        if confidence is not None and not (number and math.isfinite(confidence)):
            msg = f"confidence must be a finite number or null, not {one_line(repr(confidence), 40)}"
            raise OptionError(msg)
        score = self._evaluation.dataset.detections.score
        over = len(score) if confidence is None else int((score >= confidence).sum())
        if over > MOST_SENT:
            msg = f"{over} detections are over this confidence, more than {MOST_SENT} can be counted in the page"
            raise OptionError(msg)
        shelf = choose_shelf(self._evaluation, len(score) if len(score) <= MOST_SENT else over)
        if shelf.recount is None:
            msg = "there are too many detections to count in the page; use Evaluation.at"
            raise OptionError(msg)
        dataset = self._evaluation.dataset
        specs, buffer = pack({**detection_columns(dataset, shelf), **pair_columns(dataset, shelf)})
        return Reply({"columns": specs, "recount": shelf.recount, "buffer": 0}, [buffer])
