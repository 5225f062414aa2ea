"""The checklist as a page shows it: every symptom with the places that its evidence points at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

from framelens.widgets.history_payload import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from framelens.diagnosis import Finding
    from framelens.diagnosis.finding import Verdict

__all__ = ["ChecklistRow", "encode_checklist"]

#: More places than this are not offered; the evidence counts them all.
MOST_PLACES: Final = 12
_LONGEST_TEXT: Final = 600


class ChecklistRow(TypedDict):
    """One symptom, its verdict, and where to look: epochs, cells of the matrix and classes."""

    id: str
    title: str
    verdict: Verdict
    evidence: str
    epochs: list[list[int]]
    cells: list[list[int]]
    classes: list[int]
    cause: str
    remedy: str
    other_readings: list[str]


def encode_checklist(findings: Iterable[Finding]) -> list[ChecklistRow]:
    """Return the rows of the checklist, each with at most 12 places of a kind.

    A cell on the diagonal stands for its class: a finding that names it speaks about the class.

    Parameters
    ----------
    findings : iterable of Finding

    Examples
    --------
    >>> from framelens.diagnosis import Finding
    >>> [row] = encode_checklist([Finding("a", "A", "present", "e", ((3, 9),), ((0, 1), (2, 2)), "c", "r", ())])
    >>> row["epochs"], row["cells"], row["classes"]
    ([[3, 9]], [[0, 1]], [2])
    """
    return [
        {
            "id": finding.id,
            "title": clean_text(finding.title),
            "verdict": finding.verdict,
            "evidence": clean_text(finding.evidence, _LONGEST_TEXT),
            "epochs": [list(span) for span in finding.epochs[:MOST_PLACES]],
            "cells": [[int(a), int(p)] for a, p in finding.cells if a != p][:MOST_PLACES],
            "classes": [int(a) for a, p in finding.cells if a == p][:MOST_PLACES],
            "cause": clean_text(finding.cause, _LONGEST_TEXT),
            "remedy": clean_text(finding.remedy, _LONGEST_TEXT),
            "other_readings": [clean_text(reading, _LONGEST_TEXT) for reading in finding.other_readings],
        }
        for finding in findings
    ]
