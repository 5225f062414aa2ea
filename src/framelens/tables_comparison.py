"""A comparison as pandas tables and as text."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.errors import one_line
from framelens.metrics.changes import FRAME_CHANGES, OBJECT_CHANGES, errors, frame_changes, object_changes
from framelens.metrics.coco import RECALL_LEVELS
from framelens.metrics.curves import precision_recall
from framelens.metrics.frame_counts import count_frames
from framelens.metrics.intervals import BOOTSTRAPPED
from framelens.metrics.pairing import PAIRINGS
from framelens.metrics.status import STATUSES
from framelens.tables import class_labels, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.comparison import Comparison
    from framelens.evaluation import Evaluation

__all__ = [
    "SCORES",
    "as_text",
    "card_values",
    "change_of",
    "class_values",
    "curves_table",
    "differences",
    "frames_table",
    "given_class",
    "mean_curve",
    "metrics_table",
    "objects_table",
    "per_class_table",
]

#: The numbers that are compared, in the order of the cards; the bootstrap gives an interval for each.
SCORES = BOOTSTRAPPED
_RATES = ("precision", "recall", "f1")
_ENDS = (0.025, 0.975)


def card_values(evaluation: Evaluation) -> dict[str, float]:
    """Return the numbers of :data:`SCORES` of one evaluation, as its cards show them."""
    macro, ap = evaluation.scores.macro, evaluation.average_precision
    return {name: getattr(macro, name) for name in _RATES} | {"map50": ap.map50, "map50_95": ap.map50_95}


def change_of(comparison: Comparison, model: str) -> dict[str, tuple[float, float, float]]:
    """Return the change of each number of :data:`SCORES` and the ends of its interval, ``nan`` where there is none."""
    before, after = card_values(comparison[comparison.baseline]), card_values(comparison[model])
    ends = _intervals(comparison, model)
    return {name: (after[name] - before[name], *ends[name]) for name in SCORES}


def _intervals(comparison: Comparison, model: str) -> dict[str, tuple[float, float]]:
    """Return percentile intervals of the changes.

    Both are drawn on the same frames where the frames are the same; the numbers are those of the rules of COCO
    or LVIS, so others have none, and the rates are those of the pairing by class, so other pairings have none.
    """
    result = dict.fromkeys(SCORES, (np.nan, np.nan))
    pair = (comparison[comparison.baseline], comparison[model])
    paired = pair[0].dataset.frames.names == pair[1].dataset.frames.names
    if comparison.rounds == 0 or not paired or {evaluation.rules for evaluation in pair} not in ({"coco"}, {"lvis"}):
        return result
    change = comparison.drawn(model) - comparison.drawn(comparison.baseline)
    by_class = all(evaluation.pairing == "class" for evaluation in pair)
    for name, values in zip(SCORES, change.T, strict=True):
        if name in _RATES and not by_class:
            continue
        defined = values[~np.isnan(values)]
        if 2 * len(defined) >= len(values):
            low, high = np.quantile(defined, _ENDS)
            result[name] = (float(low), float(high))
    return result


def metrics_table(comparison: Comparison) -> pd.DataFrame:
    """See :attr:`framelens.comparison.Comparison.metrics`."""
    import pandas as pd

    before = card_values(comparison[comparison.baseline])
    rows = []
    for model in comparison.others:
        after = card_values(comparison[model])
        for name, (delta, low, high) in change_of(comparison, model).items():
            rows.append((name, model, before[name], after[name], delta, low, high, low > 0 or high < 0))
    names = ["metric", "model", "baseline", "value", "delta", "low", "high", "clear"]
    return pd.DataFrame(rows, columns=names).sort_values("metric", key=_in_order, kind="stable", ignore_index=True)


def _in_order(names: Any) -> Any:
    return names.map({name: place for place, name in enumerate(SCORES)})


def class_values(evaluation: Evaluation) -> dict[str, NDArray[np.float64]]:
    """Return the numbers per class that are compared, each of shape (K,)."""
    scores, ap = evaluation.scores, evaluation.average_precision
    return {name: getattr(scores, name) for name in _RATES} | {"ap50": ap.ap50, "ap50_95": ap.ap50_95}


def per_class_table(comparison: Comparison) -> pd.DataFrame:
    """See :attr:`framelens.comparison.Comparison.per_class`."""
    import pandas as pd

    before = class_values(comparison[comparison.baseline])
    parts = []
    for model in comparison.others:
        evaluation = comparison[model]
        after = class_values(evaluation)
        columns: dict[str, Any] = {
            "class": class_labels(evaluation)[:-1],
            "model": model,
            "objects": evaluation.scores.objects,
        }
        for name in before:
            columns |= {
                f"{name}_baseline": before[name],
                name: after[name],
                f"{name}_delta": after[name] - before[name],
            }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def given_class(evaluation: Evaluation) -> NDArray[np.int64]:
    """Return the column of the matrix that each object stands in: K for missed, -1 for ignored."""
    examples = evaluation.confusion_result.examples
    found = np.full(len(evaluation.dataset.objects), -1, dtype=np.int64)
    rows = examples.object >= 0
    found[examples.object[rows]] = examples.predicted[rows]
    return found


def objects_table(comparison: Comparison, model: str) -> pd.DataFrame:
    """See :meth:`framelens.comparison.Comparison.objects`."""
    import pandas as pd

    before, after = comparison[comparison.baseline], comparison[model]
    partner, _ = comparison.partners(model)
    objects = after.dataset.objects
    labels = np.array([*class_labels(after), None], dtype=object)
    names = np.array([*after.dataset.frames.names, ""], dtype=object)
    columns: dict[str, Any] = {"frame": names[objects.frame], "class": labels[objects.category]}
    columns |= {name: objects.box.reshape(-1, 4)[:, i] for i, name in enumerate(("x", "y", "width", "height"))}
    status = [*STATUSES, "not there"]
    columns["baseline"] = named(_moved(before.outcomes.object_status, partner, len(STATUSES)), status)
    columns["model"] = named(after.outcomes.object_status, status)
    columns["change"] = named(object_changes(before.outcomes, after.outcomes, partner), OBJECT_CHANGES)
    columns["baseline_as"] = labels[_moved(given_class(before), partner, -1)]
    columns["model_as"] = labels[given_class(after)]
    columns["baseline_score"] = _moved(_object_scores(before), partner, np.nan)
    columns["model_score"] = _object_scores(after)
    return pd.DataFrame(columns)


def _moved(values: NDArray[Any], partner: NDArray[np.int64], missing: float) -> NDArray[Any]:
    """Return the baseline's values in the order of the other model's objects."""
    result = np.full(len(partner), missing, dtype=values.dtype)
    result[partner >= 0] = values[partner[partner >= 0]]
    return result


def _object_scores(evaluation: Evaluation) -> NDArray[np.float64]:
    partner = evaluation.outcomes.object_partner
    scores = np.full(len(partner), np.nan)
    scores[partner >= 0] = evaluation.dataset.detections.score[partner[partner >= 0]]
    return scores


def frames_table(comparison: Comparison, model: str) -> pd.DataFrame:
    """See :meth:`framelens.comparison.Comparison.frames`."""
    import pandas as pd

    before, after = (
        count_frames(evaluation.dataset, evaluation.outcomes)
        for evaluation in (comparison[comparison.baseline], comparison[model])
    )
    _, partner = comparison.partners(model)
    baseline = _moved(errors(before).astype(np.float64), partner, np.nan)
    table = pd.DataFrame(
        {
            "frame": list(comparison[model].dataset.frames.names),
            "change": named(frame_changes(before, after, partner), FRAME_CHANGES),
            "baseline_errors": pd.array(baseline, dtype="Int64"),
            "model_errors": pd.array(errors(after), dtype="Int64"),
        }
    )
    table["delta"] = table["model_errors"] - table["baseline_errors"]
    return table.sort_values("delta", ascending=False, kind="stable", na_position="last", ignore_index=True)


def mean_curve(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return the mean interpolated precision at the 101 recall levels, IoU 0.50; ``nan`` without objects."""
    curve = precision_recall(evaluation.dataset, 0.5, rules=evaluation.rules, overlaps=evaluation.overlaps)
    known = ~np.isnan(curve.interpolated).any(axis=1)
    return curve.interpolated[known].mean(axis=0) if known.any() else np.full(len(RECALL_LEVELS), np.nan)


def curves_table(comparison: Comparison) -> pd.DataFrame:
    """See :attr:`framelens.comparison.Comparison.curves`."""
    import pandas as pd

    names = list(comparison.evaluations)
    return pd.DataFrame(
        {
            "model": np.repeat(np.array(names, dtype=object), len(RECALL_LEVELS)),
            "recall": np.tile(RECALL_LEVELS, len(names)),
            "precision": np.concatenate([mean_curve(comparison[name]) for name in names]),
        }
    )


def differences(comparison: Comparison) -> Iterator[str]:
    """Say where data, rules or thresholds differ from the baseline."""
    first = comparison[comparison.baseline]
    for model in comparison.others:
        other = comparison[model]
        pair = f"{comparison.baseline} and {model}"
        yield from chain(_data_differences(comparison, model, pair), _rule_differences(first, other, pair))


def _data_differences(comparison: Comparison, model: str, pair: str) -> Iterator[str]:
    first = comparison[comparison.baseline].dataset
    rows, frames = comparison.partners(model)
    here, there = int((frames < 0).sum()), len(first.frames) - int((frames >= 0).sum())
    if here or there:
        yield (
            f"{pair} were evaluated on different frames: {there:,} only in the first, {here:,} only in the second; "
            "scores are of each on its own frames and have no interval"
        )
    new, gone = int((rows < 0).sum()), len(first.objects) - int((rows >= 0).sum())
    if new or gone:
        yield (
            f"{pair} have different ground truth: {gone:,} objects only in the first, {new:,} only in the second; "
            "these are left out of what is fixed and broken"
        )


def _rule_differences(first: Evaluation, other: Evaluation, pair: str) -> Iterator[str]:
    if first.rules != other.rules:
        yield f"{pair} follow different rules: {first.rules} and {other.rules}"
    if first.pairing != other.pairing:
        yield f"{pair} pair boxes differently: {PAIRINGS[first.pairing]} and {PAIRINGS[other.pairing]}"
    before, after = first.operating_point, other.operating_point
    if before.iou != after.iou:
        yield f"{pair} are matched at different IoU: {before.iou:.4g} and {after.iou:.4g}"
    if before.confidence != after.confidence:
        yield (
            f"{pair} stand at different confidence: {_show(before.confidence)} ({before.chosen}) and "
            f"{_show(after.confidence)} ({after.chosen})"
        )


def as_text(comparison: Comparison) -> str:
    """Return the changes as plain text."""
    lines = [f"{'':12}{'baseline':>10}{'model':>10}{'change':>10}   95 % interval"]
    for model in comparison.others:
        lines += ["", one_line(f"{comparison.baseline} -> {model}")]
        before, after = card_values(comparison[comparison.baseline]), card_values(comparison[model])
        for name, (delta, low, high) in change_of(comparison, model).items():
            shown = "n/a" if np.isnan(delta) else f"{delta:+.3f}"
            interval = "" if np.isnan(low) else f"   {low:+.3f} to {high:+.3f}"
            lines.append(f"{name:12}{_show(before[name]):>10}{_show(after[name]):>10}{shown:>10}{interval}")
        changes = comparison.objects(model)["change"].value_counts(sort=False)
        lines.append("objects: " + ", ".join(f"{count:,} {name}" for name, count in changes.items() if count))
    return "\n".join([*lines, *(f"warning: {text}" for text in comparison.warnings)])


def _show(value: float | None) -> str:
    return "n/a" if value is None or np.isnan(value) else f"{value:.3f}"
