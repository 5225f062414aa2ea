"""Answers and words that rules of several files share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from framelens.diagnosis.facts import TOO_SHORT
from framelens.diagnosis.finding import CANNOT_TELL, Answer

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts
    from framelens.training.signals import Signal

__all__ = ["MAPS", "MOST_NAMED", "MOST_QUOTED", "NO_EVALUATION", "quote", "show", "unknown_run"]

MAPS = ("map50_95", "map50")
NO_EVALUATION = Answer(CANNOT_TELL, "no predictions were evaluated")
_NO_RUN = Answer(CANNOT_TELL, "no training run was given")
MOST_NAMED = 5
MOST_QUOTED = 3


def unknown_run(facts: Facts, prefix: str) -> Answer | None:
    """Return the answer where there is no run, no series with this prefix, or too few epochs."""
    history = facts.history
    if history is None:
        return _NO_RUN
    if not any(name.startswith(prefix) for name in history.series):
        return Answer(CANNOT_TELL, f"the log has no {'mAP' if prefix == 'map' else 'validation loss'}")
    if facts.epochs < TOO_SHORT:
        return Answer(CANNOT_TELL, f"epochs of the run: {facts.epochs}, too few to tell")
    return None


def quote(signals: list[Signal]) -> str:
    """Return the words of the first signals."""
    return "; ".join(signal.text for signal in signals[:MOST_QUOTED])


def show(value: float) -> str:
    """Return a fraction with three digits.

    >>> show(0.25), show(math.nan)
    ('0.250', 'n/a')
    """
    return "n/a" if math.isnan(value) else f"{value:.3f}"
