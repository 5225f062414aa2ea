"""How it was measured: on how many frames, at which confidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from framelens.diagnosis.answers import NO_EVALUATION
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule
from framelens.metrics.operating_point import best_f1, score_classes

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts

__all__ = ["RULES"]


def small_set(facts: Facts) -> Answer:
    """Look for a validation set too small."""
    if facts.evaluation is None:
        return NO_EVALUATION
    frames, objects = len(facts.evaluation.dataset.frames), int(facts.evaluation.scores.objects.sum())
    least = facts.thresholds.few_frames
    told = f"{frames:,} frames with {objects:,} objects"
    return Answer(PRESENT if frames < least or objects < least else ABSENT, told)


def far_confidence(facts: Facts) -> Answer:
    """Compare the confidence in use with the best mean F1."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return NO_EVALUATION
    point = evaluation.operating_point
    if point.confidence is not None and point.chosen != "given":
        return Answer(ABSENT, f"confidence {point.confidence:.3g} was chosen for the {point.chosen}")
    here, f1 = point.confidence, evaluation.scores.macro.f1
    best = best_f1(evaluation.dataset, evaluation.matching).confidence
    if here is None or best is None or math.isnan(f1):
        return Answer(CANNOT_TELL, "there are no detections or no objects")
    top = score_classes(evaluation.dataset, evaluation.matching, best).macro.f1
    told = f"mean F1 {f1:.3f} at confidence {here:.3g}, {top:.3f} at the best ({best:.3g})"
    return Answer(PRESENT if top - f1 >= limits.far_f1 else ABSENT, told)


RULES: tuple[Rule, ...] = (
    Rule(
        "small-validation",
        "Validation set too small",
        "fewer than {few_frames} frames or objects",
        "both counts",
        "The split likely gave too little to validation: small differences between runs are chance.",
        "Move more frames to validation, or compare by the intervals of the numbers.",
        (),
        small_set,
    ),
    Rule(
        "far-confidence",
        "Confidence far from the best F1",
        "the mean F1 at the confidence in use is at least {far_f1} below the best",
        "both confidences with their F1",
        "The confidence was likely taken over from another model or data set.",
        "Use the confidence with the best F1, or one you choose for its precision or recall.",
        ("chosen on purpose, because misses and false alarms do not cost the same",),
        far_confidence,
    ),
)
