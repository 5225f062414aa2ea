"""Empty and odd input: every table is defined, nan where nothing can be said, and numpy stays silent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from framelens.errors import OptionError
from framelens.evaluation import Evaluation
from framelens.metrics._example import two_frames
from framelens.metrics.calibration import calibrate
from framelens.metrics.histograms import score_edges
from framelens.metrics.rule_sets import RULES
from framelens.widgets.wire import encode
from made_datasets import random_dataset, rows_of

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset


def no_objects(d: Dataset) -> Dataset:
    return replace(d, objects=rows_of(d.objects, slice(0)))


def no_detections(d: Dataset) -> Dataset:
    return replace(d, detections=rows_of(d.detections, slice(0)))


def crowds_only(d: Dataset) -> Dataset:
    return replace(d, objects=replace(d.objects, crowd=np.ones(len(d.objects), dtype=bool)))


def scored(d: Dataset, scale: float, shift: float) -> Dataset:
    return replace(d, detections=replace(d.detections, score=d.detections.score * scale + shift))


def flat(d: Dataset) -> Dataset:
    boxes = d.detections.box * np.array([1, 1, 0, 1])
    return replace(d, detections=replace(d.detections, box=boxes), objects=replace(d.objects, box=d.objects.box * 0.0))


def huge(d: Dataset) -> Dataset:
    return replace(
        d,
        detections=replace(d.detections, box=d.detections.box * 1e200),
        objects=replace(d.objects, box=d.objects.box * np.array([1, 1, 1e200, 1e200])),
    )


def nothing(d: Dataset) -> Dataset:
    empty = no_objects(no_detections(d))
    frames = replace(d.frames, names=(), ids=(), width=np.empty(0), height=np.empty(0))
    return replace(empty, frames=frames, classes=(), class_ids=())


ODD = {
    "no objects": no_objects,
    "no detections": no_detections,
    "neither": lambda d: no_objects(no_detections(d)),
    "nothing at all": nothing,
    "crowds only": crowds_only,
    "a class with neither": lambda d: replace(d, classes=(*d.classes, "unseen"), class_ids=(*d.class_ids, 99)),
    "scores over 1": lambda d: scored(d, 100, 0),
    "negative scores": lambda d: scored(d, 1, -5),
    "huge scores": lambda d: scored(d, 1.7e308, 0),
    "equal scores": lambda d: scored(d, 0, 0.5),
    "no area": flat,
    "huge boxes": huge,
    "unknown sizes": lambda d: replace(d, box_unit="relative"),
}
TABLES = (
    "curves", "by_size", "iou_histogram", "score_histogram", "average_recall", "per_frame", "confused_pairs",
    "label_issues", "reconcile",
)  # fmt: skip
PER_CLASS = ("by_confidence", "calibration", "error_types")


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", ODD)
def test_every_table_is_made_in_silence(name, rules):
    ev = Evaluation(ODD[name](random_dataset(21, objects=20, detections=40)), rules=rules)
    with np.errstate(all="raise"):
        for table in TABLES:
            getattr(ev, table)()
        for table in PER_CLASS:
            getattr(ev, table)()
            getattr(ev, table)(per_class=True)
        ev.intervals(rounds=5)
        ev.intervals(per_class=True)
        assert len(ev.objects) == len(ev.dataset.objects) + len(ev.dataset.detections)
        assert isinstance(ev.warnings, tuple)
        assert len(ev.events) <= len(ev.objects)
        assert encode(ev).head["columns"]


@pytest.mark.parametrize("name", ["no objects", "neither", "crowds only"])
def test_without_objects_rates_are_undefined(name):
    ev = Evaluation(ODD[name](random_dataset(21)))
    assert ev.error_types()[["dap", "ap"]].isna().all().all()
    assert ev.by_size()[["recall", "ap50", "ap50_95", "ar100"]].isna().all().all()
    assert np.isnan([*ev.ties.map50, *ev.ties.map50_95]).all()
    wide = ev.intervals(rounds=5).set_index("metric")
    assert wide.loc[["recall_micro", "recall", "map50", "map50_95"], ["value", "low", "high"]].isna().all().all()


def test_without_detections_precision_is_undefined_and_nothing_is_suspected():
    ev = Evaluation(no_detections(two_frames()))
    assert np.isnan(ev.calibration(per_class=True)["ece"]).all()
    assert np.isnan(ev.calibration()["ece_part"]).all()
    assert len(ev.label_issues()) == 0
    assert ev.by_confidence().empty
    assert ev.by_size().set_index("size").loc["all", "recall"] == 0
    assert np.isnan(ev.by_size().set_index("size").loc["all", "precision"])


def test_scores_that_are_no_probabilities_have_no_calibration():
    result = calibrate(np.array([0.5, 1.5]), np.array([True, False]))
    assert np.isnan([result.ece, result.mce]).all()
    assert result.outside == 1
    assert score_edges(np.array([-1e308, 1e308]), 4).tolist() == [-1e308, -5e307, 0.0, 5e307, 1e308]


def test_crowds_only_and_boxes_without_area_are_said():
    ev = Evaluation(flat(crowds_only(two_frames())))
    assert any("crowd" in text for text in ev.warnings)
    assert any("4 detections have no area" in text for text in ev.warnings)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("iou_histogram", {"bins": 0}),
        ("score_histogram", {"bins": 2.5}),
        ("calibration", {"bins": -1}),
        ("intervals", {"rounds": 0}),
        ("intervals", {"level": 1.0}),
        ("by_size", {"ranges": {"tiny": 5}}),
        ("by_size", {"ranges": {"tiny": (9, 5)}}),
        ("curves", {"iou": 0}),
    ],
)
def test_options_that_mean_nothing_are_errors(method, options):
    with pytest.raises(OptionError):
        getattr(Evaluation(two_frames()), method)(**options)
