"""The checklist as one table: symptom, condition, evidence, likely cause, remedy, other readings.

``docs/checklist.md`` is written from it (:mod:`framelens.diagnosis.document`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from framelens.diagnosis import evaluation_probes as numbers
from framelens.diagnosis import run_probes as run

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.diagnosis.facts import Facts
    from framelens.diagnosis.finding import Answer

__all__ = ["RULES", "Rule"]


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
        run.over_fitting,
    ),
    Rule(
        "loss-up-map-up",
        "Validation loss turns up, but mAP still rises",
        "a validation loss diverges (signal `divergence`) and mAP still rises after its onset",
        "both losses, the onset, and how mAP moves since",
        "The scores likely grow too sure of themselves (calibration) while the boxes still get better.",
        "Go by mAP, not by the loss; keep the best epoch by mAP, and look at the calibration of the scores.",
        ("the first sign of over-fitting: watch whether mAP follows",),
        run.loss_alone,
    ),
    Rule(
        "conservative-confidence",
        "High precision, low recall",
        "precision is at least {high} and stands at least {gap} over recall",
        "both values at the operating point; the fullest cells of missed objects",
        "The confidence is likely too conservative: right detections are thrown away.",
        "Lower the confidence of the non-maximum suppression; try a larger model.",
        (
            "objects the detector cannot see at its image size: look at the missed objects",
            "labels where nothing can be seen",
        ),
        numbers.conservative,
    ),
    Rule(
        "noisy-labels",
        "Low precision, high recall",
        "recall is at least {high} and stands at least {gap} over precision",
        "both values at the operating point; the fullest cells of false alarms",
        "The labels are likely noisy: objects that nobody labelled count as false alarms.",
        "Clean the data, beginning with the suspected label errors; raise the confidence.",
        ("the confidence is too low for this detector", "too few frames without objects in training"),
        numbers.noisy,
    ),
    Rule(
        "model-too-small",
        "Low precision and low recall",
        "precision and recall are both under {low}",
        "both values at the operating point; the fullest cells of missed objects",
        "The model is likely too small for the task, or not trained for long enough.",
        "Use a larger variant (l, x) and more epochs.",
        (
            "ground truth and predictions do not fit together (class order, box format, other frames)",
            "too little or too varied training data",
        ),
        numbers.both_low,
    ),
    Rule(
        "loose-boxes",
        "mAP50 high, mAP50-95 low",
        "mAP50 is at least {map50_high} and mAP50-95 at most {loose_ratio} of it",
        "both values and their ratio",
        "The boxes are likely in the right place, but loose.",
        "Train for more epochs; look at how tight the labelled boxes are.",
        (
            "the labels themselves are loose or drawn by different habits",
            "objects so small that one pixel moves the IoU",
        ),
        numbers.loose,
    ),
    Rule(
        "background-errors",
        "Many detections where no object is",
        "at least {background_share} of the detections at the operating point stand in the background row",
        "their number, how many of them lie near an object, and the fullest cells",
        "The detector likely takes background for objects it has seen too little background without.",
        "Add more frames of pure background to the training set.",
        ("objects that nobody labelled: look at the most confident ones first",),
        numbers.background,
    ),
    Rule(
        "stop-here",
        "mAP is flat, or the patience was reached",
        "the run stopped early, or mAP50 or mAP50-95 is flat (signal `plateau` of strength {clear_plateau}) and "
        "neither still rises",
        "from which epoch on, and the best epoch",
        "The training has likely learned what it can from this data with these settings.",
        "Stop here and take the best epoch; for more, change data, model or image size.",
        ("the learning rate has become too small to move anything",),
        run.stop_here,
    ),
    Rule(
        "still-rising",
        "mAP still rises at the end",
        "mAP50-95 or mAP50 clearly gains at the end of the run (signal `rising`)",
        "the gain and its epochs",
        "The training likely ended too early.",
        "Train for more epochs.",
        ("the learning-rate schedule ends here: a longer run will climb more slowly",),
        run.still_rising,
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
        run.unsteady,
    ),
    Rule(
        "never-learned",
        "mAP is practically zero",
        "mAP50 of the evaluation is under {near_zero}, or mAP of the log is at the end",
        "the value and its epochs",
        "Labels were likely not found, or class order or box format do not fit.",
        "Look at a few frames with their labels; compare class names, box format and file names.",
        ("a learning rate so high that the weights are lost", "far too few epochs from scratch"),
        run.learned,
    ),
    Rule(
        "confused-pair",
        "One pair of classes carries most confusions",
        "of at least {least_confusions} confusions at least {pair_share} are between two classes (of three or more)",
        "both directions with their counts",
        "The two classes likely look alike, or their labels follow no clear line.",
        "Look at the cells; write down what tells the two apart, relabel, add frames of both, or join them.",
        ("one of the two is much rarer in training",),
        numbers.pair,
    ),
    Rule(
        "few-objects",
        "Classes with too few objects to judge",
        "a class has objects, but fewer than {few_objects}",
        "the classes with their counts",
        "The validation set likely has too little of these classes; their numbers may be chance.",
        "Label more frames of these classes, or leave their numbers out of decisions.",
        (),
        numbers.few_objects,
    ),
    Rule(
        "small-validation",
        "Validation set too small",
        "fewer than {few_frames} frames or objects",
        "both counts",
        "The split likely gave too little to validation: small differences between runs are chance.",
        "Move more frames to validation, or compare by the intervals of the numbers.",
        (),
        numbers.small_set,
    ),
    Rule(
        "far-confidence",
        "Confidence far from the best F1",
        "the mean F1 at the confidence in use is at least {far_f1} below the best",
        "both confidences with their F1",
        "The confidence was likely taken over from another model or data set.",
        "Use the confidence with the best F1, or one you choose for its precision or recall.",
        ("chosen on purpose, because misses and false alarms do not cost the same",),
        numbers.far_confidence,
    ),
    Rule(
        "small-objects",
        "Errors concentrated in small objects",
        "recall of objects up to 32 x 32 pixels is at least {size_gap} below that of larger ones",
        "recall and count of both, AP by size; the fullest cells of missed small objects",
        "The objects are likely too small at the image size of the model.",
        "Train and predict at a larger image size, or on tiles.",
        ("small objects are labelled less carefully",),
        numbers.small_objects,
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
        numbers.label_errors,
    ),
    Rule(
        "never-predicted",
        "Classes that are never predicted",
        "a class with at least {least_unpredicted} objects has no detection at the operating point",
        "the classes with their objects, and whether there are detections below the confidence",
        "The class was likely too rare in training, or its name or number differs between the files.",
        "Compare the class lists of labels and model; add frames of the class.",
        ("a confidence that is too high for this class",),
        numbers.unpredicted,
    ),
    Rule(
        "duplicates",
        "Objects that are found twice",
        "at least {duplicate_share} of the detections at the operating point lie on an object that another has taken",
        "their number",
        "The non-maximum suppression likely lets overlapping boxes through.",
        "Lower its IoU threshold, or suppress across classes.",
        ("objects that stand close together and were labelled as one",),
        numbers.duplicates,
    ),
)
