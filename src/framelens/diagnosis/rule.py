"""What a row of the checklist is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.diagnosis.facts import Facts
    from framelens.diagnosis.finding import Answer

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the checklist.

    Attributes
    ----------
    id : str
        Stable between releases.
    title : str
        The symptom.
    condition : str
        When it is present; names in braces are fields of :class:`~framelens.diagnosis.Thresholds`.
    evidence : str
        What is shown for it.
    cause, remedy : str
        Likely cause, and what to do about it.
    other_readings : tuple of str
        What the same evidence may come from instead.
    probe : callable
        Answers the rule from the facts.
    """

    id: str
    title: str
    condition: str
    evidence: str
    cause: str
    remedy: str
    other_readings: tuple[str, ...]
    probe: Callable[[Facts], Answer]
