"""Signals in the curves of a training run: what happened, from which epoch to which, how strongly.

``find_signals(history)`` looks at every metric and loss of a :class:`~framelens.training.history.History`
and returns what it is sure of. A run that is too short gives no signal rather than a false one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["KINDS", "Signal"]

#: What :func:`find_signals` can find.
KINDS = (
    "plateau",
    "rising",
    "drop",
    "spike",
    "divergence",
    "flat_near_zero",
    "noise",
    "best_epoch",
    "early_stop",
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that a curve does.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    series : str
        Name in ``History.series``.
    start_epoch, end_epoch : int
        First and last epoch it holds for; for a plateau or a divergence the start is its onset.
    strength : float
        How clear it is, in [0, 1].
    text : str
        One sentence with numbers, for people.
    """

    kind: str
    series: str
    start_epoch: int
    end_epoch: int
    strength: float
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON.

        >>> Signal("spike", "val/box", 7, 7, 0.5, "...").as_dict()["start_epoch"]
        7
        """
        return {
            "kind": self.kind,
            "series": self.series,
            "start_epoch": self.start_epoch,
            "end_epoch": self.end_epoch,
            "strength": self.strength,
            "text": self.text,
        }
