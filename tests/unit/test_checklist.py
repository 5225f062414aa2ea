"""The checklist: every rule both ways, on matrices that are known cell by cell and on made curves."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import handmade
from framelens.diagnosis import ABSENT, CANNOT_TELL, PRESENT, check
from framelens.evaluation import Evaluation
from framelens.training import History
from made_symptoms import GOOD, finding, history, matrix, verdicts


def test_a_good_detector_has_no_symptom():
    assert [f.id for f in check(matrix(GOOD)) if f.verdict == PRESENT] == []


# -- precision and recall -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "rule", "cells"),
    [
        ([[30, 0, 30], [0, 60, 30], [1, 1, 0]], "conservative-confidence", {(0, 2), (1, 2)}),
        ([[60, 0, 0], [0, 60, 3], [60, 40, 0]], "noisy-labels", {(2, 0), (2, 1)}),
        ([[20, 0, 40], [0, 20, 50], [40, 40, 0]], "model-too-small", {(0, 2), (1, 2)}),
    ],
)
def test_precision_and_recall(counts, rule, cells):
    rows = ("conservative-confidence", "noisy-labels", "model-too-small")
    found = verdicts(matrix(counts))
    assert {name for name in rows if found[name].verdict == PRESENT} == {rule}
    assert set(found[rule].cells) == cells
    assert re.search(r"precision 0\.\d+, recall 0\.\d+ at confidence 0\.5, IoU 0\.50", found[rule].evidence)


def test_few_objects_are_not_judged():
    found = verdicts(matrix([[2, 0, 8], [0, 2, 5], [5, 5, 0]]))
    assert found["model-too-small"].verdict == found["conservative-confidence"].verdict == CANNOT_TELL
    assert "17 objects are too few" in found["model-too-small"].evidence


def test_where_nothing_is_found_the_model_is_not_called_small():
    found = verdicts(matrix([[0, 60], [60, 0]]))
    assert found["model-too-small"].verdict == CANNOT_TELL
    assert found["never-learned"].verdict == PRESENT


def test_a_log_alone_is_judged_at_its_best_epoch():
    run = history()
    series = {**run.series, "precision": np.full(60, 0.95), "recall": np.full(60, 0.5)}
    found = finding("conservative-confidence", run=replace(run, series=series))
    assert found.verdict == PRESENT
    assert f"in the log at epoch {run.best_epoch}" in found.evidence
    assert found.cells == ()


# -- boxes, background, pairs -------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, ABSENT), (10.0, PRESENT)])
def test_loose_boxes(shift, verdict):
    """A shift of 10 pixels leaves IoU 0.6: right at 0.50, wrong from 0.65 on."""
    assert finding("loose-boxes", matrix(GOOD, loose=shift)).verdict == verdict


def test_background_errors_name_their_cells():
    found = finding("background-errors", matrix([[60, 0, 5], [0, 60, 5], [10, 30, 0]]))
    assert found.verdict == PRESENT
    assert found.cells == ((2, 1), (2, 0))
    assert found.evidence.startswith("40 of 160 (25 %) detections stand where no object is left: 40 where nothing is")
    assert finding("background-errors", matrix([[60, 0, 5], [0, 60, 5], [10, 10, 0]])).verdict == ABSENT


def test_duplicates_are_not_background():
    again = [(i, 0, 1.0, 10.0, 40.0, 40.0, 0.8) for i in range(30)]
    found = verdicts(matrix([[60, 5], [0, 0]], more=again))
    assert found["duplicates"].verdict == PRESENT
    assert found["duplicates"].cells == ((1, 0),)
    assert found["background-errors"].verdict == PRESENT
    assert "near misses or duplicates" in found["background-errors"].other_readings[0]


def test_one_pair_carries_the_confusions():
    counts = [[50, 12, 0, 0], [6, 50, 1, 0], [0, 1, 50, 0], [0, 0, 0, 0]]
    found = finding("confused-pair", matrix(counts))
    assert found.verdict == PRESENT
    assert found.cells == ((0, 1), (1, 0))
    assert "18 of 20 (90 %) confusions; 12 class 0 called class 1, 6 class 1 called class 0" in found.evidence
    spread = [[50, 5, 5, 0], [5, 50, 5, 0], [5, 5, 50, 0], [0, 0, 0, 0]]
    assert finding("confused-pair", matrix(spread)).verdict == ABSENT
    assert finding("confused-pair", matrix([[50, 12, 0], [12, 50, 0], [0, 0, 0]])).verdict == CANNOT_TELL
    assert finding("confused-pair", matrix([[50, 4, 0, 0], [0, 50, 0, 0], [0, 0, 50, 0], [0, 0, 0, 0]])).verdict == (
        CANNOT_TELL
    )


# -- data -----------------------------------------------------------------------------------------------


def test_classes_with_few_objects_are_named_rarest_first():
    found = finding("few-objects", matrix([[60, 0, 0, 0], [0, 9, 0, 0], [0, 0, 29, 0], [0, 0, 0, 0]]))
    assert found.verdict == PRESENT
    assert found.evidence == "2 of 3 classes have fewer than 30 objects: class 1 9, class 2 29"
    assert found.cells == ((1, 1), (2, 2))
    assert finding("few-objects", matrix([[30, 0], [0, 0]])).verdict == ABSENT


def test_a_small_validation_set():
    assert finding("small-validation", matrix([[120, 0], [0, 0]], per_frame=2)).verdict == PRESENT
    assert finding("small-validation", matrix([[120, 0], [0, 0]])).verdict == ABSENT


def test_a_confidence_far_from_the_best():
    low = matrix([[60, 0], [60, 0]], confidence=0.1, scores=lambda actual, _: 0.9 if actual == 0 else 0.2)
    found = finding("far-confidence", low)
    assert found.verdict == PRESENT
    assert found.evidence == "mean F1 0.667 at confidence 0.1, 1.000 at the best (0.9)"
    assert finding("far-confidence", replace(low, confidence=0.5)).verdict == ABSENT
    assert finding("far-confidence", replace(low, confidence=None)).verdict == ABSENT


def test_small_objects():
    big, small = matrix([[60, 0, 2], [0, 0, 0], [0, 0, 0]]), matrix([[0, 0, 0], [0, 20, 30], [0, 0, 0]], size=12.0)
    frames = len(big.dataset.frames)
    rows = [
        (*(int(v) for v in (o.frame[i] + shift, o.category[i])), *o.box[i])
        for o, shift in ((big.dataset.objects, 0), (small.dataset.objects, frames))
        for i in range(len(o))
    ]
    dets = [
        (int(d.frame[i]) + shift, int(d.category[i]), *d.box[i], d.score[i])
        for d, shift in ((big.dataset.detections, 0), (small.dataset.detections, frames))
        for i in range(len(d))
    ]
    names = [f"{i}.jpg" for i in range(frames + len(small.dataset.frames))]
    both = Evaluation(handmade.dataset(["a", "b"], rows, dets, names=names), confidence=0.5)
    found = finding("small-objects", both)
    assert found.verdict == PRESENT
    assert found.evidence.startswith("recall 0.40 of 50 objects up to 32 x 32 pixels, 0.97 of 62 larger; APs 0.4")
    assert found.cells == ((1, 2),)
    assert finding("small-objects", matrix(GOOD)).verdict == CANNOT_TELL
    relative = replace(both, dataset=replace(both.dataset, box_unit="relative"))
    assert finding("small-objects", relative).verdict == CANNOT_TELL


def test_label_errors():
    """False alarms that are surer than nine in ten right detections speak against the labels."""
    steps = iter(np.linspace(0.5, 0.8, 200))
    sure = matrix([[100, 0], [8, 0]], scores=lambda actual, _: 0.95 if actual == 1 else float(next(steps)))
    found = finding("label-errors", sure)
    assert found.verdict == PRESENT
    assert found.evidence == "8 confident detections contradict the labels of 100 objects (8 missing object)"
    assert found.cells == ((1, 0),)
    steps = iter(np.linspace(0.6, 0.9, 200))
    unsure = matrix([[100, 0], [8, 0]], scores=lambda actual, _: 0.55 if actual == 1 else float(next(steps)))
    assert finding("label-errors", unsure).verdict == ABSENT


def test_classes_never_predicted_say_whether_weaker_detections_exist():
    weak = [(0, 1, 500.0, 10.0, 9.0, 9.0, 0.1)]
    found = finding("never-predicted", matrix([[60, 0, 0], [0, 0, 12], [0, 0, 0]], more=weak))
    assert found.verdict == PRESENT
    assert found.evidence == "never predicted: class 1 (12 objects, 1 detections below the confidence)"
    assert found.cells == ((1, 2),)
    assert finding("never-predicted", matrix(GOOD)).verdict == ABSENT


# -- runs -----------------------------------------------------------------------------------------------


def test_over_fitting_needs_an_map_that_no_longer_rises():
    flat, climbing = verdicts(run=history(turn=35)), verdicts(run=history(turn=35, climb=1.0))
    assert (flat["over-fitting"].verdict, flat["loss-up-map-up"].verdict) == (PRESENT, ABSENT)
    assert (climbing["over-fitting"].verdict, climbing["loss-up-map-up"].verdict) == (ABSENT, PRESENT)
    [(start, end)] = flat["over-fitting"].epochs
    assert abs(start - 35) <= 4
    assert end == 60
    assert "while the training loss falls" in flat["over-fitting"].evidence
    healthy = verdicts(run=history())
    assert healthy["over-fitting"].verdict == healthy["loss-up-map-up"].verdict == ABSENT


def test_stop_or_go_on():
    flat, climbing = verdicts(run=history()), verdicts(run=history(climb=1.0))
    assert (flat["stop-here"].verdict, flat["still-rising"].verdict) == (PRESENT, ABSENT)
    assert (climbing["stop-here"].verdict, climbing["still-rising"].verdict) == (ABSENT, PRESENT)
    best = history().best_epoch
    assert f"at epoch {best} of 60" in flat["stop-here"].evidence


def test_a_reached_patience_is_enough():
    run = replace(history(climb=0.4), stopped_early=True, planned_epochs=100, patience=20, best_epoch=40)
    found = finding("stop-here", run=run)
    assert found.verdict == PRESENT
    assert "stopped at epoch 60 of 100 planned; best epoch 40, patience 20" in found.evidence


def test_a_spike_speaks_against_the_learning_rate():
    assert finding("learning-rate", run=history(spike=40)).epochs == ((40, 40),)
    assert finding("learning-rate", run=history(spike=40)).verdict == PRESENT
    assert finding("learning-rate", run=history()).verdict == ABSENT


def test_a_step_where_mosaic_ends_has_its_own_reading():
    run = history(count=100)
    loss = run.series["val/box"].copy()
    loss[90:] *= 1.3
    stepped = replace(run, framework="ultralytics", planned_epochs=100, series={**run.series, "val/box": loss})
    found = finding("learning-rate", run=stepped)
    assert found.verdict == PRESENT
    assert "close_mosaic" in found.other_readings[0]
    assert "close_mosaic" not in " ".join(finding("learning-rate", run=replace(stepped, framework="x")).other_readings)


def test_nothing_was_learned():
    found = finding("never-learned", run=history(zero=True))
    assert (found.verdict, found.epochs) == (PRESENT, ((1, 60),))


@pytest.mark.parametrize("length", range(1, 8))
def test_a_short_run_is_not_judged(length):
    run = history(60, turn=2, spike=3)
    cut = replace(
        run,
        epochs=run.epochs[:length],
        best_epoch=1,
        series={name: column[:length] for name, column in run.series.items()},
    )
    assert {f.id for f in check(history=cut) if f.verdict == PRESENT} == set()


def test_of_an_appended_log_the_last_run_counts():
    first, second = history(turn=30), history(climb=1.0)
    series = {name: np.concatenate((first.series[name], second.series[name])) for name in first.series}
    joined = History("made", "detect", np.arange(1, 121), series, best_epoch=120, run_starts=(61,))
    found = verdicts(run=joined)
    assert found["over-fitting"].verdict == ABSENT
    assert found["still-rising"].verdict == PRESENT


def test_with_nothing_given_nothing_can_be_told():
    assert {f.verdict for f in check()} == {CANNOT_TELL}


def test_the_run_of_an_evaluation_is_looked_at():
    assert finding("over-fitting", replace(matrix(GOOD), history=history(turn=35))).verdict == PRESENT
