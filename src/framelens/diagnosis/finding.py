"""One row of the checklist, answered."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ABSENT", "CANNOT_TELL", "PRESENT", "Answer", "Finding", "Verdict", "present_lines"]

Verdict = Literal["present", "absent", "cannot tell"]
PRESENT: Verdict = "present"
ABSENT: Verdict = "absent"
CANNOT_TELL: Verdict = "cannot tell"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the numbers say to one rule.

    Attributes
    ----------
    verdict : {"present", "absent", "cannot tell"}
    evidence : str
        The numbers behind it.
    epochs : tuple of (int, int)
        First and last epoch of each stretch that shows it.
    cells : tuple of (int, int)
        Cells (actual, predicted) of the confusion matrix that show it; the number of classes is background.
    readings : tuple of str
        What else this evidence fits, beside the readings of the rule.
    """

    verdict: Verdict
    evidence: str
    epochs: tuple[tuple[int, int], ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule of the checklist with its answer.

    Attributes
    ----------
    id : str
        Of the rule, stable between releases.
    title : str
        The symptom.
    verdict : {"present", "absent", "cannot tell"}
    evidence : str
        The numbers behind the verdict, one line.
    epochs : tuple of (int, int)
        First and last epoch of each stretch that shows it.
    cells : tuple of (int, int)
        Cells (actual, predicted) of the confusion matrix that show it; the number of classes is background.
    cause : str
        What it likely comes from.
    remedy : str
        What to do about it.
    other_readings : tuple of str
        What the same evidence may come from instead.
    """

    id: str
    title: str
    verdict: Verdict
    evidence: str
    epochs: tuple[tuple[int, int], ...]
    cells: tuple[tuple[int, int], ...]
    cause: str
    remedy: str
    other_readings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON.

        >>> Finding("a", "A", "absent", "0.1", ((1, 2),), (), "c", "r", ()).as_dict()["epochs"]
        [[1, 2]]
        """
        return {
            "id": self.id,
            "title": self.title,
            "verdict": self.verdict,
            "evidence": self.evidence,
            "epochs": [list(span) for span in self.epochs],
            "cells": [list(cell) for cell in self.cells],
            "cause": self.cause,
            "remedy": self.remedy,
            "other_readings": list(self.other_readings),
        }


def present_lines(findings: Iterable[Finding], width: int = 80) -> list[str]:
    """Return the symptoms that are present as lines of text: evidence and remedy.

    >>> finding = Finding("a", "Loose boxes", "present", "mAP50-95 0.3", (), (), "Likely so.", "Train on.", ())
    >>> present_lines([finding])
    ['checklist: 1 of 1 present', '- Loose boxes: mAP50-95 0.3', '  Train on.']
    """
    asked = list(findings)
    shown = [finding for finding in asked if finding.verdict == PRESENT]
    lines = [f"checklist: {len(shown)} of {len(asked)} present"]
    for finding in shown:
        told = f"- {finding.title}: {textwrap.shorten(finding.evidence, 3 * width, placeholder=' ...')}"
        lines += textwrap.wrap(told, width, subsequent_indent="  ")
        lines += textwrap.wrap(finding.remedy, width, initial_indent="  ", subsequent_indent="  ")
    return lines
