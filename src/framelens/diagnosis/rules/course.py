"""The course of a run: where mAP stands at its end, and how steadily it came there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.diagnosis.answers import MAPS, MOST_QUOTED, quote, unknown_run
from framelens.diagnosis.facts import spans
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts
    from framelens.training.history import History
    from framelens.training.signals import Signal

__all__ = ["RULES"]

# Ultralytics turns mosaic augmentation off for the last epochs
_CLOSE_MOSAIC = 10


def stop_here(facts: Facts) -> Answer:
    """MAP is flat, or the patience was reached."""
    if (unknown := unknown_run(facts, "map")) is not None:
        return unknown
    stopped, rising = facts.of("early_stop"), facts.of("rising", MAPS)
    flat = _flat(facts)
    best = _best(facts)
    if stopped:
        return Answer(PRESENT, f"{quote(stopped)}{_and(flat)}", spans([*stopped, *flat]))
    if rising:
        return Answer(ABSENT, quote(rising), spans(rising))
    if flat:
        return Answer(PRESENT, f"{quote(flat)}; {best}", spans(flat))
    return Answer(CANNOT_TELL, f"mAP neither is flat nor clearly rises at the end; {best}")


def still_rising(facts: Facts) -> Answer:
    """MAP still climbs at the end."""
    if (unknown := unknown_run(facts, "map")) is not None:
        return unknown
    rising, settled = facts.of("rising", MAPS), _flat(facts) + facts.of("early_stop")
    if rising:
        return Answer(PRESENT, quote(rising), spans(rising))
    if settled:
        return Answer(ABSENT, quote(settled), spans(settled))
    return Answer(CANNOT_TELL, f"mAP neither is flat nor clearly rises at the end; {_best(facts)}")


def unsteady(facts: Facts) -> Answer:
    """Spikes or sharp drops in mAP or in a loss."""
    if (unknown := unknown_run(facts, "")) is not None:
        return unknown
    # precision and recall jump where the best confidence does, which says nothing of the training
    found = [
        signal
        for kind in ("drop", "spike")
        for signal in facts.of(kind)
        if signal.series in MAPS or signal.series.startswith(("train/", "val/"))
    ]
    if not found:
        return Answer(ABSENT, "no spike and no sharp drop in mAP or a loss")
    found.sort(key=lambda signal: (signal.series not in MAPS, -signal.strength))
    limits, first = facts.thresholds, found[0]
    if first.series not in MAPS and first.strength < limits.clear_signal and len(found) < limits.many_signals:
        return Answer(ABSENT, f"only slight ones: {quote(found)}", spans(found))
    more = f"; {len(found) - MOST_QUOTED} more" if len(found) > MOST_QUOTED else ""
    history = facts.history
    assert history is not None
    readings = _mosaic(history, found)
    return Answer(PRESENT, quote(found[:MOST_QUOTED]) + more, spans(found), readings=readings)


def learned(facts: Facts) -> Answer:
    """MAP is practically zero at the end of the run, or in the evaluation."""
    numbers, near = facts.numbers, facts.thresholds.near_zero
    if facts.evaluation is not None and numbers is not None and numbers.objects:
        if numbers.map50 < near:
            return Answer(PRESENT, f"mAP50 {numbers.map50:.3f} over {numbers.objects:,} objects")
        return Answer(ABSENT, f"mAP50 {numbers.map50:.3f} over {numbers.objects:,} objects")
    if (unknown := unknown_run(facts, "map")) is not None:
        return unknown
    history = facts.history
    assert history is not None
    flat = [s for s in facts.of("flat_near_zero", MAPS[::-1]) if s.end_epoch == int(history.epochs[-1])]
    if flat:
        return Answer(PRESENT, quote(flat[:1]), spans(flat))
    if numbers is not None and numbers.map50 >= near:
        return Answer(ABSENT, f"mAP50 {numbers.map50:.3f} {numbers.where}")
    return Answer(CANNOT_TELL, "mAP is near zero, but not for long enough to tell")


def _and(signals: list[Signal]) -> str:
    return f"; {quote(signals)}" if signals else ""


def _flat(facts: Facts) -> list[Signal]:
    return [signal for signal in facts.of("plateau", MAPS) if signal.strength >= facts.thresholds.clear_plateau]


def _best(facts: Facts) -> str:
    best = facts.of("best_epoch")
    return best[0].text if best else "the best epoch is not known"


def _mosaic(history: History, found: list[Signal]) -> tuple[str, ...]:
    last = history.planned_epochs or int(history.epochs[-1])
    place = last - _CLOSE_MOSAIC + 1
    if history.framework != "ultralytics" or not any(abs(s.start_epoch - place) <= 1 for s in found):
        return ()
    return (f"the step near epoch {place} lies where Ultralytics turns mosaic augmentation off (close_mosaic)",)


RULES: tuple[Rule, ...] = (
    Rule(
        "stop-here",
        "mAP is flat, or the patience was reached",
        "the run stopped early, or mAP50 or mAP50-95 is flat (signal `plateau` of strength {clear_plateau}) and "
        "neither still rises",
        "from which epoch on, and the best epoch",
        "The training has likely learned what it can from this data with these settings.",
        "Stop here and take the best epoch; for more, change data, model or image size.",
        ("the learning rate has become too small to move anything",),
        stop_here,
    ),
    Rule(
        "still-rising",
        "mAP still rises at the end",
        "mAP50-95 or mAP50 clearly gains at the end of the run (signal `rising`)",
        "the gain and its epochs",
        "The training likely ended too early.",
        "Train for more epochs.",
        ("the learning-rate schedule ends here: a longer run will climb more slowly",),
        still_rising,
    ),
    Rule(
        "learning-rate",
        "Spikes or sharp drops in the curves",
        "after the warm-up mAP50 or mAP50-95 has a spike or a sharp drop, or a loss has a clear one (strength "
        "{clear_signal}) or {many_signals} of them",
        "the strongest ones with epoch and size",
        "The learning rate is likely too aggressive.",
        "Lower the learning rate, warm up longer, or use larger batches.",
        ("a small validation set or small batches", "augmentation that was switched on or off at that epoch"),
        unsteady,
    ),
    Rule(
        "never-learned",
        "mAP is practically zero",
        "mAP50 of the evaluation is under {near_zero}, or mAP of the log is at the end",
        "the value and its epochs",
        "Labels were likely not found, or class order or box format do not fit.",
        "Look at a few frames with their labels; compare class names, box format and file names.",
        ("a learning rate so high that the weights are lost", "far too few epochs from scratch"),
        learned,
    ),
)
