"""Ask every rule of the checklist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.diagnosis.facts import Facts
from framelens.diagnosis.finding import Finding
from framelens.diagnosis.rules import RULES
from framelens.diagnosis.thresholds import Thresholds
from framelens.errors import one_line

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation
    from framelens.training.history import History

__all__ = ["check"]

_DEFAULT = Thresholds()
_LONGEST_EVIDENCE = 600


def check(
    evaluation: Evaluation | None = None, history: History | None = None, thresholds: Thresholds = _DEFAULT
) -> tuple[Finding, ...]:
    """Test every rule of the checklist on an evaluation, a training run, or both.

    Parameters
    ----------
    evaluation : Evaluation or None
        Numbers and confusion matrix. Without it what needs no matrix is taken from the log.
    history : History or None
        The run; None takes that of the evaluation.
    thresholds : Thresholds
        From where on a symptom counts as present.

    Returns
    -------
    tuple of Finding
        One per rule, in the order of :data:`framelens.diagnosis.RULES`; every one says present, absent or
        cannot tell, and why.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> epochs = np.arange(1, 41)
    >>> run = History("yolo", "detect", epochs, {"map50": np.minimum(epochs / 20, 1) * 0.8}, best_epoch=20)
    >>> [finding.id for finding in check(history=run) if finding.verdict == "present"]
    ['stop-here']
    """
    if history is None and evaluation is not None:
        history = evaluation.history
    facts = Facts(evaluation, history, thresholds)
    findings = []
    for rule in RULES:
        answer = rule.probe(facts)
        findings.append(
            Finding(
                id=rule.id,
                title=rule.title,
                verdict=answer.verdict,
                evidence=one_line(answer.evidence, _LONGEST_EVIDENCE),
                epochs=answer.epochs,
                cells=answer.cells,
                cause=rule.cause,
                remedy=rule.remedy,
                other_readings=(*answer.readings, *rule.other_readings),
            )
        )
    return tuple(findings)
