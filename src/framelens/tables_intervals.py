"""How sure the numbers of an evaluation are, as pandas tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.arguments import check_count
from framelens.metrics.intervals import BOOTSTRAPPED, ROUNDS, ClassDraws, bootstrap, f1_interval, wilson
from framelens.metrics.operating_point import score_classes
from framelens.metrics.rule_sets import WORDS
from framelens.tables import class_labels

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["class_draws", "class_intervals_table", "intervals_table"]

_RATES = ("precision", "recall", "f1")


def intervals_table(evaluation: Evaluation, level: float, rounds: int, seed: int) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.intervals`."""
    import pandas as pd

    scores = score_classes(evaluation.dataset, evaluation.matching, evaluation.operating_point.confidence)
    hits = int(scores.true_positives.sum())
    confidence, iou = evaluation.operating_point.confidence, evaluation.matching.threshold
    place = f"at confidence {'n/a' if confidence is None else f'{confidence:.3f}'}, IoU {iou:.2f}"
    rows: list[tuple[str, float, float, float, str, int, str]] = []
    for name, trials in (("precision_micro", scores.detections), ("recall_micro", scores.objects)):
        total = int(trials.sum())
        low, high = wilson(hits, total, level)
        value = getattr(scores.micro, name.removesuffix("_micro"))
        rows.append((name, value, float(low), float(high), "Wilson", total, f"all classes together, {place}"))
    drawn = bootstrap(
        evaluation.dataset,
        evaluation.matching,
        confidence,
        rounds=check_count("rounds", rounds),
        level=level,
        seed=seed,
        rules=evaluation.rules,
        overlaps=evaluation.overlaps,
    )
    summary = evaluation.coco.summary
    values = {"map50": summary["AP50"], "map50_95": summary["AP"]}
    values |= {name: getattr(scores.macro, name) for name in _RATES}
    rules = dict.fromkeys(values, WORDS["lvis" if evaluation.rules == "lvis" else "coco"])
    rules |= dict.fromkeys(_RATES, f"mean over classes, {place}")
    frames = len(evaluation.dataset.frames)
    rows += [(name, values[name], *drawn[name], "bootstrap over frames", frames, rules[name]) for name in BOOTSTRAPPED]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "method", "n", "rule"])


def class_intervals_table(evaluation: Evaluation, level: float, rounds: int, seed: int) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.intervals`."""
    import pandas as pd

    scores = score_classes(evaluation.dataset, evaluation.matching, evaluation.operating_point.confidence)
    right, detections, objects = scores.true_positives, scores.detections, scores.objects
    columns: dict[str, Any] = {"class": class_labels(evaluation)[:-1]}
    shares = {
        "precision": (detections, wilson(right, detections, level)),
        "recall": (objects, wilson(right, objects, level)),
        "f1": (detections + objects - right, f1_interval(right, detections, objects, level)),
    }
    for name, (trials, (low, high)) in shares.items():
        columns |= {f"{name}_n": trials, name: getattr(scores, name), f"{name}_low": low, f"{name}_high": high}
    ap, draws = evaluation.average_precision, class_draws(evaluation, rounds, seed)
    ends = {} if draws is None else draws.ends(level)
    unknown = np.full(len(evaluation.dataset.classes), np.nan)
    for name in ("ap50", "ap50_95"):
        low, high = ends.get(name, (unknown, unknown))
        columns |= {name: getattr(ap, name), f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(columns)


def class_draws(evaluation: Evaluation, rounds: int = ROUNDS, seed: int = 0) -> ClassDraws | None:
    """Return the draws behind the intervals of AP; None by other rules than those of COCO and LVIS.

    Their numbers are other ones, and an interval of COCO's would be none of theirs.

    Parameters
    ----------
    evaluation : Evaluation
    rounds, seed : int
        Of the bootstrap.
    """
    rounds = check_count("rounds", rounds)
    if evaluation.rules not in {"coco", "lvis"}:
        return None
    return ClassDraws(
        evaluation.dataset, rounds=rounds, seed=seed, rules=evaluation.rules, overlaps=evaluation.overlaps
    )
