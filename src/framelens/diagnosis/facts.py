"""What the rules look at: an evaluation, a run, or both, each number with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from framelens.errors import one_line
from framelens.tables import class_labels
from framelens.training.signals import find_signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from framelens.diagnosis.thresholds import Thresholds
    from framelens.evaluation import Evaluation
    from framelens.training.history import History
    from framelens.training.signals import Signal

__all__ = ["TOO_SHORT", "Facts", "Numbers", "fullest", "share", "spans"]

#: With fewer epochs a log says nothing about a run.
TOO_SHORT = 8
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Numbers:
    """The values of the four cards, ``nan`` where undefined, and where they were measured.

    ``objects`` is None where a log does not tell how many there were.
    """

    precision: float
    recall: float
    map50: float
    map50_95: float
    objects: int | None
    where: str


@dataclass(frozen=True, eq=False)
class Facts:
    """An evaluation, a run, or both.

    Attributes
    ----------
    evaluation : Evaluation or None
    history : History or None
    thresholds : Thresholds
    """

    evaluation: Evaluation | None
    history: History | None
    thresholds: Thresholds

    @cached_property
    def numbers(self) -> Numbers | None:
        """The cards of the evaluation, else the best epoch of the log."""
        if self.evaluation is not None:
            return _evaluated(self.evaluation)
        return None if self.history is None else _logged(self.history)

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """What the curves of the run do; of a log with several runs, of its last one."""
        if self.history is None:
            return ()
        last = self.history.run_starts[-1] if self.history.run_starts else 0
        found = find_signals(self.history)
        return tuple(signal for signal in found if signal.end_epoch >= last or signal.kind == "best_epoch")

    @cached_property
    def epochs(self) -> int:
        """How many epochs the run has; of a log with several runs, the last one."""
        if self.history is None:
            return 0
        last = self.history.run_starts[-1] if self.history.run_starts else 0
        return int((self.history.epochs >= last).sum())

    def of(self, kind: str, series: Sequence[str] | None = None) -> list[Signal]:
        """Return the signals of one kind, of these series, in the order of ``series``."""
        found = [signal for signal in self.signals if signal.kind == kind]
        if series is None:
            return found
        return [signal for name in series for signal in found if signal.series == name]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """The confusion matrix, (K + 1, K + 1), background last."""
        if self.evaluation is None:
            raise TypeError("there is no evaluation")
        return self.evaluation.confusion_result.counts

    @cached_property
    def labels(self) -> list[str]:
        """Names of the classes for one line of text, background last."""
        if self.evaluation is None:
            raise TypeError("there is no evaluation")
        return [one_line(name, _LONGEST_NAME) for name in class_labels(self.evaluation)]

    def top(self, cells: Iterable[tuple[int, int]], most: int = 3) -> tuple[tuple[int, int], ...]:
        """Return the fullest of these cells, empty ones left out."""
        filled = [cell for cell in cells if self.counts[cell] > 0]
        return tuple(sorted(filled, key=lambda cell: (-int(self.counts[cell]), cell))[:most])


def fullest(counts: NDArray[np.int64]) -> list[int]:
    """Return the places of the three highest counts, the highest first; none that is 0.

    >>> fullest(np.array([2, 0, 5, 2]))
    [2, 0, 3]
    """
    return [int(place) for place in np.argsort(-counts, kind="stable")[:3] if counts[place]]


def _evaluated(evaluation: Evaluation) -> Numbers:
    scores, point, ap = evaluation.scores, evaluation.operating_point, evaluation.average_precision
    at = "every confidence" if point.confidence is None else f"confidence {point.confidence:.3g}"
    return Numbers(
        scores.macro.precision,
        scores.macro.recall,
        ap.map50,
        ap.map50_95,
        int(scores.objects.sum()),
        f"at {at}, IoU {point.iou:.2f}",
    )


def _logged(history: History) -> Numbers | None:
    if history.best_epoch is None:
        return None
    row = int(np.searchsorted(history.epochs, history.best_epoch))
    none = np.full(len(history), np.nan)
    precision, recall, map50, map50_95 = (
        float(history.series.get(name, none)[row]) for name in ("precision", "recall", "map50", "map50_95")
    )
    return Numbers(precision, recall, map50, map50_95, None, f"in the log at epoch {history.best_epoch}")


def spans(signals: Iterable[Signal]) -> tuple[tuple[int, int], ...]:
    """Return the epochs of signals, each stretch once."""
    return tuple(sorted({(signal.start_epoch, signal.end_epoch) for signal in signals}))


def share(part: int, whole: int) -> str:
    """Return a count and its share in words.

    >>> share(3, 12)
    '3 of 12 (25 %)'
    """
    return f"{part:,} of {whole:,}" + (f" ({part / whole:.0%})".replace("%", " %") if whole else "")
