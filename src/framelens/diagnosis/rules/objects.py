"""Objects that are small, and labels that look wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from framelens.diagnosis.answers import NO_EVALUATION, show
from framelens.diagnosis.facts import fullest
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Answer
from framelens.diagnosis.rule import Rule
from framelens.metrics.coco import AREA_RANGES
from framelens.metrics.label_issues import ISSUES, find_label_issues
from framelens.metrics.status import CODES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.diagnosis.facts import Facts
    from framelens.evaluation import Evaluation

__all__ = ["RULES"]


def small_objects(facts: Facts) -> Answer:
    """Errors concentrated in small objects."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return NO_EVALUATION
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
        + ", ".join(f"{name} {show(summary[name])}" for name in ("APs", "APm", "APl"))
    )
    last = len(facts.counts) - 1
    missed = np.bincount(objects.category[small & (status == CODES["missed"])], minlength=last)
    cells = tuple((k, last) for k in fullest(missed))
    present = recall[1] - recall[0] >= limits.size_gap
    return Answer(PRESENT if present else ABSENT, told, cells=cells if present else ())


def label_errors(facts: Facts) -> Answer:
    """Confident detections that contradict the labels."""
    evaluation, limits = facts.evaluation, facts.thresholds
    if evaluation is None:
        return NO_EVALUATION
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
    return tuple((int(cells[0, k]), int(cells[1, k])) for k in fullest(counts))


RULES: tuple[Rule, ...] = (
    Rule(
        "small-objects",
        "Errors concentrated in small objects",
        "recall of objects up to 32 x 32 pixels is at least {size_gap} below that of larger ones",
        "recall and count of both, AP by size; the fullest cells of missed small objects",
        "The objects are likely too small at the image size of the model.",
        "Train and predict at a larger image size, or on tiles.",
        ("small objects are labelled less carefully",),
        small_objects,
    ),
    Rule(
        "label-errors",
        "Suspected label errors",
        "detections surer than {issue_suspicion} of the right ones contradict the labels: at least {least_issues}, and "
        "at least {issue_share} of all objects",
        "their number by kind; the cells they stand in",
        "Some labels are likely missing, of the wrong class, or loose.",
        "Go through the list of suspected label errors and mend the labels before changing the model.",
        ("a detector that is confidently wrong about one look of things",),
        label_errors,
    ),
)
