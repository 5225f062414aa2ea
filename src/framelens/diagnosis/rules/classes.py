"""Classes that are mixed up, or too rare to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.diagnosis.answers import MOST_NAMED, NO_EVALUATION
from framelens.diagnosis.facts import share
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts

__all__ = ["RULES"]

_PAIR = 2


def pair(facts: Facts) -> Answer:
    """One pair of classes carries most confusions."""
    if facts.evaluation is None:
        return NO_EVALUATION
    limits, last = facts.thresholds, len(facts.counts) - 1
    if last <= _PAIR:
        return Answer(CANNOT_TELL, "with fewer than three classes one pair carries every confusion")
    mixed = facts.counts[:last, :last].copy()
    np.fill_diagonal(mixed, 0)
    total = int(mixed.sum())
    if total < limits.least_confusions:
        return Answer(ABSENT if total == 0 else CANNOT_TELL, f"{total} confusions of one class with another")
    both = np.triu(mixed + mixed.T)
    a, b = (int(k) for k in np.unravel_index(int(np.argmax(both)), both.shape))
    one, other = facts.labels[a], facts.labels[b]
    told = (
        f"{one} and {other}: {share(int(both[a, b]), total)} confusions; "
        f"{mixed[a, b]:,} {one} called {other}, {mixed[b, a]:,} {other} called {one}"
    )
    cells = facts.top([(a, b), (b, a)])
    return Answer(PRESENT if both[a, b] >= limits.pair_share * total else ABSENT, told, cells=cells)


def few_objects(facts: Facts) -> Answer:
    """Classes with too few objects to judge."""
    if facts.evaluation is None:
        return NO_EVALUATION
    objects, least = facts.evaluation.scores.objects, facts.thresholds.few_objects
    few = [int(k) for k in np.argsort(objects, kind="stable") if 0 < objects[k] < least]
    none = int((objects == 0).sum())
    rest = f"; {none} without any object" if none else ""
    if not few:
        return Answer(ABSENT if objects.any() else CANNOT_TELL, f"every class with objects has {least} or more{rest}")
    told = ", ".join(f"{facts.labels[k]} {objects[k]}" for k in few[:MOST_NAMED])
    more = f" and {len(few) - MOST_NAMED} more" if len(few) > MOST_NAMED else ""
    return Answer(
        PRESENT,
        f"{len(few)} of {len(objects)} classes have fewer than {least} objects: {told}{more}{rest}",
        cells=tuple((k, k) for k in few),
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "confused-pair",
        "One pair of classes carries most confusions",
        "of at least {least_confusions} confusions at least {pair_share} are between two classes (of three or more)",
        "both directions with their counts",
        "The two classes likely look alike, or their labels follow no clear line.",
        "Look at the cells; write down what tells the two apart, relabel, add frames of both, or join them.",
        ("one of the two is much rarer in training",),
        pair,
    ),
    Rule(
        "few-objects",
        "Classes with too few objects to judge",
        "a class has objects, but fewer than {few_objects}",
        "the classes with their counts",
        "The validation set likely has too little of these classes; their numbers may be chance.",
        "Label more frames of these classes, or leave their numbers out of decisions.",
        (),
        few_objects,
    ),
)
