"""What the curves of a run say to each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from framelens.diagnosis.facts import TOO_SHORT, spans
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.training.signals import Change, change_since

if TYPE_CHECKING:
    from framelens.diagnosis.facts import Facts
    from framelens.training.history import History
    from framelens.training.signals import Signal

__all__ = ["learned", "loss_alone", "over_fitting", "still_rising", "stop_here", "unsteady"]

MAPS = ("map50_95", "map50")
_NO_RUN = Answer(CANNOT_TELL, "no training run was given")
_MOST_QUOTED = 3
# Ultralytics turns mosaic augmentation off for the last epochs
_CLOSE_MOSAIC = 10


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
    if (unknown := _unknown(facts, "val/")) is not None:
        return unknown
    turns = facts.of("divergence")
    if not turns:
        return Answer(ABSENT, "no validation loss turns up while its training loss falls")
    change = _map_since(facts, turns[0].start_epoch)
    if change is None:
        return Answer(CANNOT_TELL, f"{_quote(turns)}; the log has no mAP after that to compare with", spans(turns))
    name, moved = change
    words = f"{_quote(turns)}; {name} {_went(moved)} since epoch {turns[0].start_epoch}"
    return words, moved.direction == "up", spans(turns)


def stop_here(facts: Facts) -> Answer:
    """MAP is flat, or the patience was reached."""
    if (unknown := _unknown(facts, "map")) is not None:
        return unknown
    stopped, rising = facts.of("early_stop"), facts.of("rising", MAPS)
    flat = _flat(facts)
    best = _best(facts)
    if stopped:
        return Answer(PRESENT, f"{_quote(stopped)}{_and(flat)}", spans([*stopped, *flat]))
    if rising:
        return Answer(ABSENT, _quote(rising), spans(rising))
    if flat:
        return Answer(PRESENT, f"{_quote(flat)}; {best}", spans(flat))
    return Answer(CANNOT_TELL, f"mAP neither is flat nor clearly rises at the end; {best}")


def still_rising(facts: Facts) -> Answer:
    """MAP still climbs at the end."""
    if (unknown := _unknown(facts, "map")) is not None:
        return unknown
    rising, settled = facts.of("rising", MAPS), _flat(facts) + facts.of("early_stop")
    if rising:
        return Answer(PRESENT, _quote(rising), spans(rising))
    if settled:
        return Answer(ABSENT, _quote(settled), spans(settled))
    return Answer(CANNOT_TELL, f"mAP neither is flat nor clearly rises at the end; {_best(facts)}")


def unsteady(facts: Facts) -> Answer:
    """Spikes or sharp drops in mAP or in a loss."""
    if (unknown := _unknown(facts, "")) is not None:
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
        return Answer(ABSENT, f"only slight ones: {_quote(found)}", spans(found))
    more = f"; {len(found) - _MOST_QUOTED} more" if len(found) > _MOST_QUOTED else ""
    history = facts.history
    assert history is not None
    readings = _mosaic(history, found)
    return Answer(PRESENT, _quote(found[:_MOST_QUOTED]) + more, spans(found), readings=readings)


def learned(facts: Facts) -> Answer:
    """MAP is practically zero at the end of the run, or in the evaluation."""
    numbers, near = facts.numbers, facts.thresholds.near_zero
    if facts.evaluation is not None and numbers is not None and numbers.objects:
        if numbers.map50 < near:
            return Answer(PRESENT, f"mAP50 {numbers.map50:.3f} over {numbers.objects:,} objects")
        return Answer(ABSENT, f"mAP50 {numbers.map50:.3f} over {numbers.objects:,} objects")
    if (unknown := _unknown(facts, "map")) is not None:
        return unknown
    history = facts.history
    assert history is not None
    flat = [s for s in facts.of("flat_near_zero", MAPS[::-1]) if s.end_epoch == int(history.epochs[-1])]
    if flat:
        return Answer(PRESENT, _quote(flat[:1]), spans(flat))
    if numbers is not None and numbers.map50 >= near:
        return Answer(ABSENT, f"mAP50 {numbers.map50:.3f} {numbers.where}")
    return Answer(CANNOT_TELL, "mAP is near zero, but not for long enough to tell")


def _unknown(facts: Facts, prefix: str) -> Answer | None:
    """Return the answer where there is no run, no series with this prefix, or too few epochs."""
    history = facts.history
    if history is None:
        return _NO_RUN
    if not any(name.startswith(prefix) for name in history.series):
        return Answer(CANNOT_TELL, f"the log has no {'mAP' if prefix == 'map' else 'validation loss'}")
    if facts.epochs < TOO_SHORT:
        return Answer(CANNOT_TELL, f"epochs of the run: {facts.epochs}, too few to tell")
    return None


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


def _quote(signals: list[Signal]) -> str:
    return "; ".join(signal.text for signal in signals[:_MOST_QUOTED])


def _and(signals: list[Signal]) -> str:
    return f"; {_quote(signals)}" if signals else ""


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
