"""Losses that turn up while training goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.diagnosis.answers import MAPS, quote, unknown_run
from framelens.diagnosis.facts import spans
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule
from framelens.training.signals import Change, change_since

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts

__all__ = ["RULES"]


def over_fitting(facts: Facts) -> Answer:
    """Look for a validation loss that turns up with a training loss that falls and an mAP that does not rise."""
    told = _turns_up(facts)
    if isinstance(told, Answer):
        return told
    words, rises, places = told
    if rises:
        return Answer(ABSENT, f"{words}: the loss alone is no over-fitting", places)
    return Answer(PRESENT, words, places)


def loss_alone(facts: Facts) -> Answer:
    """Look for a validation loss that turns up while mAP still rises."""
    told = _turns_up(facts)
    if isinstance(told, Answer):
        return told
    words, rises, places = told
    return Answer(PRESENT if rises else ABSENT, words, places)


def _turns_up(facts: Facts) -> Answer | tuple[str, bool, tuple[tuple[int, int], ...]]:
    """Return what a validation loss that turns up looks like, whether mAP rises since then, and its epochs.

    Without such a loss, or where the log cannot say, that is the answer.
    """
    if (unknown := unknown_run(facts, "val/")) is not None:
        return unknown
    turns = facts.of("divergence")
    if not turns:
        return Answer(ABSENT, "no validation loss turns up while its training loss falls")
    change = _map_since(facts, turns[0].start_epoch)
    if change is None:
        return Answer(CANNOT_TELL, f"{quote(turns)}; the log has no mAP after that to compare with", spans(turns))
    name, moved = change
    words = f"{quote(turns)}; {name} {_went(moved)} since epoch {turns[0].start_epoch}"
    return words, moved.direction == "up", spans(turns)


def _map_since(facts: Facts, epoch: int) -> tuple[str, Change] | None:
    history = facts.history
    assert history is not None
    for series, name in zip(MAPS, ("mAP50-95", "mAP50"), strict=True):
        change = change_since(history, series, epoch)
        if change is not None:
            return name, change
    return None


def _went(change: Change) -> str:
    words = {"up": "still rises", "down": "falls", "flat": "does not move beyond its noise"}
    return f"{words[change.direction]} ({change.text})"


RULES: tuple[Rule, ...] = (
    Rule(
        "over-fitting",
        "Validation loss turns up while training loss falls",
        "a validation loss diverges (signal `divergence`) and mAP does not rise after its onset",
        "both losses, the onset, and how mAP moves since",
        "The model likely over-fits: it learns the training frames by heart.",
        "Add training data or augmentation, and stop earlier: take the weights of the best epoch.",
        (
            "training and validation frames differ (another camera, season or annotator)",
            "objects in near copies of one frame lie in both sets, so the losses tell little",
        ),
        over_fitting,
    ),
    Rule(
        "loss-up-map-up",
        "Validation loss turns up, but mAP still rises",
        "a validation loss diverges (signal `divergence`) and mAP still rises after its onset",
        "both losses, the onset, and how mAP moves since",
        "The scores likely grow too sure of themselves (calibration) while the boxes still get better.",
        "Go by mAP, not by the loss; keep the best epoch by mAP, and look at the calibration of the scores.",
        ("the first sign of over-fitting: watch whether mAP follows",),
        loss_alone,
    ),
)
