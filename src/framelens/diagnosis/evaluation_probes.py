"""What the numbers and the confusion matrix say to each rule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from framelens.diagnosis.facts import TOO_SHORT, share
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.metrics.coco import AREA_RANGES
from framelens.metrics.label_issues import ISSUES, find_label_issues
from framelens.metrics.operating_point import best_f1, score_classes
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from framelens.diagnosis.facts import Facts, Numbers
    from framelens.diagnosis.thresholds import Thresholds
    from framelens.evaluation import Evaluation

__all__ = [
    "background",
    "both_low",
    "conservative",
    "duplicates",
    "far_confidence",
    "few_objects",
    "label_errors",
    "loose",
    "noisy",
    "pair",
    "small_objects",
    "small_set",
    "unpredicted",
]

_NOTHING = Answer(CANNOT_TELL, "no evaluation and no log with metrics was given")
_NO_EVALUATION = Answer(CANNOT_TELL, "no predictions were evaluated")
_MOST_NAMED = 5
_PAIR = 2


def conservative(facts: Facts) -> Answer:
    """High precision, low recall."""
    return _rates(facts, lambda n, t: n.precision >= t.high and n.precision - n.recall >= t.gap, missed=True)


def noisy(facts: Facts) -> Answer:
    """Low precision, high recall."""
    return _rates(facts, lambda n, t: n.recall >= t.high and n.recall - n.precision >= t.gap, missed=False)


def both_low(facts: Facts) -> Answer:
    """Both low."""
    return _rates(facts, lambda n, t: max(n.precision, n.recall) < t.low, missed=True)


def _rates(facts: Facts, rule: Callable[[Numbers, Thresholds], bool], *, missed: bool) -> Answer:
    numbers, limits = facts.numbers, facts.thresholds
    if numbers is None:
        return _NOTHING
    told = f"precision {_show(numbers.precision)}, recall {_show(numbers.recall)} {numbers.where}"
    if (few := _few(facts, numbers)) or math.isnan(numbers.precision) or math.isnan(numbers.recall):
        return Answer(CANNOT_TELL, told + few)
    if numbers.map50 < limits.near_zero:
        return Answer(CANNOT_TELL, f"{told}: practically nothing is found")
    if not rule(numbers, limits):
        return Answer(ABSENT, told)
    cells: tuple[tuple[int, int], ...] = ()
    if facts.evaluation is not None:
        last = len(facts.counts) - 1
        cells = facts.top((k, last) if missed else (last, k) for k in range(last))
    return Answer(PRESENT, told, cells=cells)


def _few(facts: Facts, numbers: Numbers) -> str:
    """Say why rates are not judged, nothing where they are."""
    if numbers.objects is None:
        return f", but epochs of the run: {facts.epochs}, too few to tell" if facts.epochs < TOO_SHORT else ""
    least = facts.thresholds.least_objects
    return f", but {numbers.objects} objects are too few to tell" if numbers.objects < least else ""


def loose(facts: Facts) -> Answer:
    """MAP50 high, mAP50-95 low."""
    numbers, limits = facts.numbers, facts.thresholds
    if numbers is None:
        return _NOTHING
    told = f"mAP50 {_show(numbers.map50)}, mAP50-95 {_show(numbers.map50_95)}"
    if (few := _few(facts, numbers)) or math.isnan(numbers.map50) or math.isnan(numbers.map50_95):
        return Answer(CANNOT_TELL, told + few)
    if numbers.map50 > 0:
        told += f" ({numbers.map50_95 / numbers.map50:.0%} of it)".replace("%", " %")
    is_loose = numbers.map50 >= limits.map50_high and numbers.map50_95 <= limits.loose_ratio * numbers.map50
    return Answer(PRESENT if is_loose else ABSENT, told)


def background(facts: Facts) -> Answer:
    """Many detections where no object is."""
    if facts.evaluation is None:
        return _NO_EVALUATION
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


def duplicates(facts: Facts) -> Answer:
    """Objects that are found twice."""
    if facts.evaluation is None:
        return _NO_EVALUATION
    limits, last = facts.thresholds, len(facts.counts) - 1
    total = int(facts.counts[:, :last].sum())
    if total < limits.least_objects:
        return Answer(CANNOT_TELL, f"{total} detections are too few to tell")
    result, category = facts.evaluation.outcomes, facts.evaluation.dataset.detections.category
    twice = result.detection_status == CODES["duplicate"]
    told = f"{share(int(twice.sum()), total)} detections lie on an object that another has taken"
    if twice.sum() < limits.duplicate_share * total:
        return Answer(ABSENT, told)
    per_class = np.bincount(category[twice], minlength=last)
    cells = tuple((last, int(k)) for k in np.argsort(-per_class, kind="stable")[:3] if per_class[k])
    return Answer(PRESENT, told, cells=cells)


def pair(facts: Facts) -> Answer:
    """One pair of classes carries most confusions."""
    if facts.evaluation is None:
        return _NO_EVALUATION
    limits, last = facts.thresholds, len(facts.counts) - 1
    if last <= _PAIR:
        return Answer(CANNOT_TELL, "with fewer than three classes one pair carries every confusion")
    mixed = facts.counts[:last, :last].copy()
    np.fill_diagonal(mixed, 0)
    total = int(mixed.sum())
    if total < limits.least_confusions:
        return Answer(ABSENT if total == 0 else CANNOT_TELL, f"{total} confusions of one class with another")
    both = np.triu(mixed + mixed.T)
    a, b = (int(k) for k in np.unravel_index(int(np.argmax(both)), both.shape))
    one, other = facts.labels[a], facts.labels[b]
    told = (
        f"{one} and {other}: {share(int(both[a, b]), total)} confusions; "
        f"{mixed[a, b]:,} {one} called {other}, {mixed[b, a]:,} {other} called {one}"
    )
    cells = facts.top([(a, b), (b, a)])
    return Answer(PRESENT if both[a, b] >= limits.pair_share * total else ABSENT, told, cells=cells)


def few_objects(facts: Facts) -> Answer:
    """Classes with too few objects to judge."""
    if facts.evaluation is None:
        return _NO_EVALUATION
    objects, least = facts.evaluation.scores.objects, facts.thresholds.few_objects
    few = [int(k) for k in np.argsort(objects, kind="stable") if 0 < objects[k] < least]
    none = int((objects == 0).sum())
    rest = f"; {none} without any object" if none else ""
    if not few:
        return Answer(ABSENT if objects.any() else CANNOT_TELL, f"every class with objects has {least} or more{rest}")
    told = ", ".join(f"{facts.labels[k]} {objects[k]}" for k in few[:_MOST_NAMED])
    more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
    return Answer(
        PRESENT,
        f"{len(few)} of {len(objects)} classes have fewer than {least} objects: {told}{more}{rest}",
        cells=tuple((k, k) for k in few),
    )


def small_set(facts: Facts) -> Answer:
    """Look for a validation set too small."""
    if facts.evaluation is None:
        return _NO_EVALUATION
    frames, objects = len(facts.evaluation.dataset.frames), int(facts.evaluation.scores.objects.sum())
    least = facts.thresholds.few_frames
    told = f"{frames:,} frames with {objects:,} objects"
    return Answer(PRESENT if frames < least or objects < least else ABSENT, told)


def far_confidence(facts: Facts) -> Answer:
    """Compare the confidence in use with the best mean F1."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return _NO_EVALUATION
    point = evaluation.operating_point
    if point.confidence is not None and point.chosen != "given":
        return Answer(ABSENT, f"confidence {point.confidence:.3g} was chosen for the {point.chosen}")
    here, f1 = point.confidence, evaluation.scores.macro.f1
    best = best_f1(evaluation.dataset, evaluation.matching).confidence
    if here is None or best is None or math.isnan(f1):
        return Answer(CANNOT_TELL, "there are no detections or no objects")
    top = score_classes(evaluation.dataset, evaluation.matching, best).macro.f1
    told = f"mean F1 {f1:.3f} at confidence {here:.3g}, {top:.3f} at the best ({best:.3g})"
    return Answer(PRESENT if top - f1 >= limits.far_f1 else ABSENT, told)


def small_objects(facts: Facts) -> Answer:
    """Errors concentrated in small objects."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return _NO_EVALUATION
    objects, status = evaluation.dataset.objects, evaluation.outcomes.object_status
    if evaluation.dataset.box_unit != "pixel" or bool(np.isnan(objects.area).any()):
        return Answer(CANNOT_TELL, "the area of the objects in pixels is not known")
    counted, found = status != CODES["ignored"], status == CODES["true positive"]
    small = objects.area <= AREA_RANGES["small"][1]
    sizes = [int((counted & part).sum()) for part in (small, ~small)]
    if min(sizes) < limits.least_objects:
        return Answer(CANNOT_TELL, f"{sizes[0]} small and {sizes[1]} larger objects are too few to compare")
    recall = [float(found[counted & part].mean()) for part in (small, ~small)]
    summary = evaluation.coco.summary
    told = (
        f"recall {recall[0]:.2f} of {sizes[0]:,} objects up to 32 x 32 pixels, {recall[1]:.2f} of {sizes[1]:,} larger; "
        + ", ".join(f"{name} {_show(summary[name])}" for name in ("APs", "APm", "APl"))
    )
    last = len(facts.counts) - 1
    missed = np.bincount(objects.category[small & (status == CODES["missed"])], minlength=last)
    cells = tuple((int(k), last) for k in np.argsort(-missed, kind="stable")[:3] if missed[k])
    present = recall[1] - recall[0] >= limits.size_gap
    return Answer(PRESENT if present else ABSENT, told, cells=cells if present else ())


def label_errors(facts: Facts) -> Answer:
    """Confident detections that contradict the labels."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return _NO_EVALUATION
    objects = int(evaluation.scores.objects.sum())
    if objects < limits.least_objects or not evaluation.scores.true_positives.any():
        return Answer(CANNOT_TELL, f"{objects} objects and {evaluation.scores.true_positives.sum()} found are too few")
    issues = find_label_issues(evaluation.dataset, evaluation.outcomes, evaluation.iou)
    names = [list(ISSUES)[kind] for kind in issues.kind]
    sure = [
        row
        for row, name in enumerate(names)
        if name != "doubtful object" and issues.suspicion[row] >= limits.issue_suspicion
    ]
    kinds = {name: sum(names[row] == name for row in sure) for name in ISSUES if name != "doubtful object"}
    told = f"{len(sure):,} confident detections contradict the labels of {objects:,} objects"
    if len(sure) < max(limits.least_issues, limits.issue_share * objects):
        return Answer(ABSENT, told)
    told += " (" + ", ".join(f"{number:,} {name}" for name, number in kinds.items() if number) + ")"
    rows = issues.detection[sure]
    return Answer(PRESENT, told, cells=_cells_of(evaluation, rows))


def _cells_of(evaluation: Evaluation, detections: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Return the cells in which most of these detections stand."""
    examples = evaluation.confusion_result.examples
    inside = np.isin(examples.detection, detections)
    cells, counts = np.unique(
        np.stack((examples.actual[inside], examples.predicted[inside])), axis=1, return_counts=True
    )
    return tuple((int(cells[0, k]), int(cells[1, k])) for k in np.argsort(-counts, kind="stable")[:3])


def unpredicted(facts: Facts) -> Answer:
    """Classes that are never predicted."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return _NO_EVALUATION
    scores, last = evaluation.scores, len(facts.counts) - 1
    shown = scores.objects >= max(limits.least_unpredicted, 1)
    if not shown.any():
        return Answer(CANNOT_TELL, f"no class has {limits.least_unpredicted} or more objects")
    never = [int(k) for k in np.flatnonzero(shown & (facts.counts[:, :last].sum(axis=0) == 0))]
    if not never:
        return Answer(ABSENT, "every class with objects is predicted")
    below = np.bincount(evaluation.dataset.detections.category, minlength=last)
    told = ", ".join(
        f"{facts.labels[k]} ({scores.objects[k]:,} objects, {_weaker(int(below[k]))})" for k in never[:_MOST_NAMED]
    )
    more = f" and {len(never) - _MOST_NAMED} more" if len(never) > _MOST_NAMED else ""
    return Answer(PRESENT, f"never predicted: {told}{more}", cells=tuple((k, last) for k in never))


def _weaker(count: int) -> str:
    return f"{count:,} detections below the confidence" if count else "no detection at any confidence"


def _show(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.3f}"
