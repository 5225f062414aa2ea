"""The checklist as one table: symptom, condition, evidence, likely cause, remedy, other readings.

Each file holds the rows of one theme and the probes that answer them; here they are put in the order of the page.
``docs/checklist.md`` is written from it (:mod:`framelens.diagnosis.document`).
"""

from framelens.diagnosis.rule import Rule
from framelens.diagnosis.rules import (
    background,
    balance,
    classes,
    course,
    detections,
    losses,
    measuring,
    objects,
)

__all__ = ["RULES", "Rule"]

_THEMES = (losses, balance, background, course, classes, measuring, objects, detections)

RULES: tuple[Rule, ...] = tuple(rule for theme in _THEMES for rule in theme.RULES)
