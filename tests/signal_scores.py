"""How many of the known events of made runs are found, and how often an alarm is false."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from framelens.training.signals import find_signals
from made_runs import KINDS

if TYPE_CHECKING:
    from made_runs import MadeRun


@dataclass
class Score:
    """Counts of one kind.

    ``chances`` are runs, ``alarms`` runs with at least one signal of the kind that is no event
    of the run: none is there, or it lies elsewhere.
    """

    events: int = 0
    found: int = 0
    chances: int = 0
    alarms: int = 0
    errors: list[int] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.events if self.events else float("nan")

    @property
    def alarm_rate(self) -> float:
        return self.alarms / self.chances if self.chances else float("nan")

    @property
    def median_error(self) -> float:
        return float(np.median(self.errors)) if self.errors else float("nan")


def score_signals(runs: list[MadeRun]) -> dict[str, Score]:
    scores = {kind: Score() for kind in KINDS}
    for run in runs:
        signals = find_signals(run.history)
        for kind, score in scores.items():
            if run.of("unclear") and kind in {"plateau", "rising"}:
                continue
            events, found = run.of(kind), [signal for signal in signals if signal.kind == kind]
            explained = set()
            for event in events:
                hits = [
                    (abs(signal.start_epoch - event.epoch), number)
                    for number, signal in enumerate(found)
                    if signal.series == event.series and abs(signal.start_epoch - event.epoch) <= event.tolerance
                ]
                score.events += 1
                score.found += bool(hits)
                explained |= {number for _, number in hits}
                score.errors += [min(hits)[0]] if hits else []
            score.chances += 1
            score.alarms += len(explained) < len(found)
    return scores
