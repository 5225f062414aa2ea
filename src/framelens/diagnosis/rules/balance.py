"""Precision against recall, and mAP50 against mAP50-95."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from framelens.diagnosis.answers import show
from framelens.diagnosis.facts import TOO_SHORT
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.diagnosis.facts import Facts, Numbers
    from framelens.diagnosis.thresholds import Thresholds

__all__ = ["RULES"]

_NOTHING = Answer(CANNOT_TELL, "no evaluation and no log with metrics was given")


def conservative(facts: Facts) -> Answer:
    """High precision, low recall."""
    return _rates(facts, lambda n, t: n.precision >= t.high and n.precision - n.recall >= t.gap, missed=True)


def noisy(facts: Facts) -> Answer:
    """Low precision, high recall."""
    return _rates(facts, lambda n, t: n.recall >= t.high and n.recall - n.precision >= t.gap, missed=False)


def both_low(facts: Facts) -> Answer:
    """Both low."""
    return _rates(facts, lambda n, t: max(n.precision, n.recall) < t.low, missed=True)


def _rates(facts: Facts, rule: Callable[[Numbers, Thresholds], bool], *, missed: bool) -> Answer:
    numbers, limits = facts.numbers, facts.thresholds
    if numbers is None:
        return _NOTHING
    told = f"precision {show(numbers.precision)}, recall {show(numbers.recall)} {numbers.where}"
    if (few := _few(facts, numbers)) or math.isnan(numbers.precision) or math.isnan(numbers.recall):
        return Answer(CANNOT_TELL, told + few)
    if numbers.map50 < limits.near_zero:
        return Answer(CANNOT_TELL, f"{told}: practically nothing is found")
    if not rule(numbers, limits):
        return Answer(ABSENT, told)
    cells: tuple[tuple[int, int], ...] = ()
    if facts.evaluation is not None:
        last = len(facts.counts) - 1
        cells = facts.top((k, last) if missed else (last, k) for k in range(last))
    return Answer(PRESENT, told, cells=cells)


def _few(facts: Facts, numbers: Numbers) -> str:
    """Say why rates are not judged, nothing where they are."""
    if numbers.objects is None:
        return f", but epochs of the run: {facts.epochs}, too few to tell" if facts.epochs < TOO_SHORT else ""
    least = facts.thresholds.least_objects
    return f", but {numbers.objects} objects are too few to tell" if numbers.objects < least else ""


def loose(facts: Facts) -> Answer:
    """MAP50 high, mAP50-95 low."""
    numbers, limits = facts.numbers, facts.thresholds
    if numbers is None:
        return _NOTHING
    told = f"mAP50 {show(numbers.map50)}, mAP50-95 {show(numbers.map50_95)}"
    if (few := _few(facts, numbers)) or math.isnan(numbers.map50) or math.isnan(numbers.map50_95):
        return Answer(CANNOT_TELL, told + few)
    if numbers.map50 > 0:
        told += f" ({numbers.map50_95 / numbers.map50:.0%} of it)".replace("%", " %")
    is_loose = numbers.map50 >= limits.map50_high and numbers.map50_95 <= limits.loose_ratio * numbers.map50
    return Answer(PRESENT if is_loose else ABSENT, told)


RULES: tuple[Rule, ...] = (
    Rule(
        "conservative-confidence",
        "High precision, low recall",
        "precision is at least {high} and stands at least {gap} over recall",
        "both values at the operating point; the fullest cells of missed objects",
        "The confidence is likely too conservative: right detections are thrown away.",
        "Lower the confidence of the non-maximum suppression; try a larger model.",
        (
            "objects the detector cannot see at its image size: look at the missed objects",
            "labels where nothing can be seen",
        ),
        conservative,
    ),
    Rule(
        "noisy-labels",
        "Low precision, high recall",
        "recall is at least {high} and stands at least {gap} over precision",
        "both values at the operating point; the fullest cells of false alarms",
        "The labels are likely noisy: objects that nobody labelled count as false alarms.",
        "Clean the data, beginning with the suspected label errors; raise the confidence.",
        ("the confidence is too low for this detector", "too few frames without objects in training"),
        noisy,
    ),
    Rule(
        "model-too-small",
        "Low precision and low recall",
        "precision and recall are both under {low}",
        "both values at the operating point; the fullest cells of missed objects",
        "The model is likely too small for the task, or not trained for long enough.",
        "Use a larger variant (l, x) and more epochs.",
        (
            "ground truth and predictions do not fit together (class order, box format, other frames)",
            "too little or too varied training data",
        ),
        both_low,
    ),
    Rule(
        "loose-boxes",
        "mAP50 high, mAP50-95 low",
        "mAP50 is at least {map50_high} and mAP50-95 at most {loose_ratio} of it",
        "both values and their ratio",
        "The boxes are likely in the right place, but loose.",
        "Train for more epochs; look at how tight the labelled boxes are.",
        (
            "the labels themselves are loose or drawn by different habits",
            "objects so small that one pixel moves the IoU",
        ),
        loose,
    ),
)
