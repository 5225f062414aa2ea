"""What is never detected, and what is detected twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.diagnosis.answers import MOST_NAMED, NO_EVALUATION
from framelens.diagnosis.facts import fullest, share
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts

__all__ = ["RULES"]


def unpredicted(facts: Facts) -> Answer:
    """Classes that are never predicted."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return NO_EVALUATION
    scores, last = evaluation.scores, len(facts.counts) - 1
    shown = scores.objects >= max(limits.least_unpredicted, 1)
    if not shown.any():
        return Answer(CANNOT_TELL, f"no class has {limits.least_unpredicted} or more objects")
    never = [int(k) for k in np.flatnonzero(shown & (facts.counts[:, :last].sum(axis=0) == 0))]
    if not never:
        return Answer(ABSENT, "every class with objects is predicted")
    below = np.bincount(evaluation.dataset.detections.category, minlength=last)
    told = ", ".join(
        f"{facts.labels[k]} ({scores.objects[k]:,} objects, {_weaker(int(below[k]))})" for k in never[:MOST_NAMED]
    )
    more = f" and {len(never) - MOST_NAMED} more" if len(never) > MOST_NAMED else ""
    return Answer(PRESENT, f"never predicted: {told}{more}", cells=tuple((k, last) for k in never))


def _weaker(count: int) -> str:
    return f"{count:,} detections below the confidence" if count else "no detection at any confidence"


def duplicates(facts: Facts) -> Answer:
    """Objects that are found twice."""
    if facts.evaluation is None:
        return NO_EVALUATION
    limits, last = facts.thresholds, len(facts.counts) - 1
    total = int(facts.counts[:, :last].sum())
    if total < limits.least_objects:
        return Answer(CANNOT_TELL, f"{total} detections are too few to tell")
    result, category = facts.evaluation.outcomes, facts.evaluation.dataset.detections.category
    twice = result.detection_status == CODES["duplicate"]
    told = f"{share(int(twice.sum()), total)} detections lie on an object that another has taken"
    if twice.sum() < limits.duplicate_share * total:
        return Answer(ABSENT, told)
    per_class = np.bincount(category[twice], minlength=last)
    cells = tuple((last, k) for k in fullest(per_class))
    return Answer(PRESENT, told, cells=cells)


RULES: tuple[Rule, ...] = (
    Rule(
        "never-predicted",
        "Classes that are never predicted",
        "a class with at least {least_unpredicted} objects has no detection at the operating point",
        "the classes with their objects, and whether there are detections below the confidence",
        "The class was likely too rare in training, or its name or number differs between the files.",
        "Compare the class lists of labels and model; add frames of the class.",
        ("a confidence that is too high for this class",),
        unpredicted,
    ),
    Rule(
        "duplicates",
        "Objects that are found twice",
        "at least {duplicate_share} of the detections at the operating point lie on an object that another has taken",
        "their number",
        "The non-maximum suppression likely lets overlapping boxes through.",
        "Lower its IoU threshold, or suppress across classes.",
        ("objects that stand close together and were labelled as one",),
        duplicates,
    ),
)
