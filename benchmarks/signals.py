"""Recall and false alarms of the signals on made runs: ``python benchmarks/signals.py [RUNS] [SEED]``.

Budget: recall >= 0.95 and false alarms <= 0.05 of each kind at the default settings, on 500 runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from made_runs import KINDS, make_runs
from signal_scores import score_signals

LEAST_RECALL, MOST_ALARMS = 0.95, 0.05


def main(count: int = 500, seed: int = 0) -> int:
    runs = make_runs(count, seed)
    scores = score_signals(runs)
    lengths = [len(made.history) for made in runs]
    print(f"{count} runs of {min(lengths)} to {max(lengths)} epochs, seed {seed}")
    print(
        f"{'kind':12}{'events':>8}{'found':>8}{'recall':>8}{'without':>9}{'alarmed':>9}{'rate':>8}{'median error':>14}"
    )
    for kind in KINDS:
        s = scores[kind]
        print(
            f"{kind:12}{s.events:8}{s.found:8}{s.recall:8.3f}{s.chances:9}{s.alarms:9}{s.alarm_rate:8.3f}"
            f"{s.median_error:10.1f} ep."
        )
    return 0 if all(s.recall >= LEAST_RECALL and s.alarm_rate <= MOST_ALARMS for s in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
