"""Detections where no object is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.diagnosis.answers import NO_EVALUATION
from framelens.diagnosis.facts import share
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts

__all__ = ["RULES"]


def background(facts: Facts) -> Answer:
    """Many detections where no object is."""
    if facts.evaluation is None:
        return NO_EVALUATION
    limits, last = facts.thresholds, len(facts.counts) - 1
    alarms, total = int(facts.counts[last].sum()), int(facts.counts[:, :last].sum())
    if total < limits.least_objects:
        return Answer(CANNOT_TELL, f"{total} detections are too few to tell")
    told = f"{share(alarms, total)} detections stand where no object is left"
    if alarms < limits.background_share * total:
        return Answer(ABSENT, told)
    status = np.bincount(facts.evaluation.outcomes.detection_status, minlength=len(CODES))
    pure, near, twice = (int(status[CODES[name]]) for name in ("background", "localisation", "duplicate"))
    told += f": {pure:,} where nothing is, {near:,} near an object, {twice:,} on an object that is found already"
    cells = facts.top((last, k) for k in range(last))
    told += "; most as " + ", ".join(f"{facts.labels[k]} ({facts.counts[last, k]:,})" for _, k in cells)
    readings = ("most of them are near misses or duplicates, which background frames do not help",)
    return Answer(PRESENT, told, cells=cells, readings=readings if pure < alarms / 2 else ())


RULES: tuple[Rule, ...] = (
    Rule(
        "background-errors",
        "Many detections where no object is",
        "at least {background_share} of the detections at the operating point stand in the background row",
        "their number, how many of them lie near an object, and the fullest cells",
        "The detector likely takes background for objects it has seen too little background without.",
        "Add more frames of pure background to the training set.",
        ("objects that nobody labelled: look at the most confident ones first",),
        background,
    ),
)
