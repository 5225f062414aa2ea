"""From where on a symptom counts as present: every threshold of the checklist, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from framelens.errors import check_not_negative

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of the checklist; fractions 0..1 and counts.

    Attributes
    ----------
    least_objects : int
        With fewer objects (or detections) rates are not judged.
    high, low, gap : float
        Precision or recall from ``high`` on is high, under ``low`` is low; one stands over the other from ``gap`` on.
    map50_high, loose_ratio : float
        Boxes are loose where mAP50 reaches ``map50_high`` and mAP50-95 is at most ``loose_ratio`` of it.
    background_share, duplicate_share : float
        Share of the detections at the operating point that stand where no object is left, or that repeat one.
    least_confusions, pair_share : int, float
        Of at least so many confusions, one pair of classes has at least this share.
    few_objects : int
        A class with fewer objects is not judged: with 30 of them a recall of 0.8 may be anything from 0.63 to 0.90.
    few_frames : int
        A validation set with fewer frames is small.
    far_f1 : float
        The mean F1 at the confidence in use is this much below the best.
    size_gap : float
        Recall of small objects is this much below that of the others.
    issue_share, issue_suspicion, least_issues : float, float, int
        Suspected label errors as a share of all objects; each at least so suspicious; at least so many.
    least_unpredicted : int
        A class with at least so many objects and no detection is never predicted.
    near_zero : float
        An mAP50 below is practically zero.
    clear_signal, many_signals : float, int
        Spikes and drops of losses count where one is so strong (0..1), or where there are so many; one of mAP always.
    clear_plateau : float
        A plateau weaker than this (0..1) is still moving.

    Raises
    ------
    OptionError
        If a value is negative or not a number.
    """

    least_objects: int = 20
    high: float = 0.8
    low: float = 0.6
    gap: float = 0.2
    map50_high: float = 0.7
    loose_ratio: float = 0.55
    background_share: float = 0.2
    duplicate_share: float = 0.1
    least_confusions: int = 10
    pair_share: float = 0.5
    few_objects: int = 30
    few_frames: int = 100
    far_f1: float = 0.05
    size_gap: float = 0.2
    issue_share: float = 0.02
    issue_suspicion: float = 0.75
    least_issues: int = 5
    least_unpredicted: int = 5
    near_zero: float = 0.01
    clear_signal: float = 0.6
    many_signals: int = 3
    clear_plateau: float = 0.2

    def __post_init__(self) -> None:
        check_not_negative(self)
