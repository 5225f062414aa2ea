"""rules=: cards, classes, matrix and examples are those of the chosen rule set, and agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.evaluation import Evaluation
from framelens.metrics.rule_sets import RULES
from framelens.metrics.status import STATUSES
from framelens.metrics.ultralytics import ultralytics_confusion, ultralytics_metrics
from framelens.metrics.voc import voc_metrics
from made_datasets import random_dataset


@pytest.mark.parametrize("seed", range(30))
def test_ultralytics_numbers_are_its_own(seed):
    ev = Evaluation(random_dataset(seed, objects=20, detections=50), rules="ultralytics", iou=0.45)
    said, value = ultralytics_metrics(ev.dataset), ev.metrics.set_index("metric")["value"]
    for name, key in (("precision", "P"), ("recall", "R"), ("map50", "mAP50"), ("map50_95", "mAP50-95")):
        assert value[name] == pytest.approx(said.summary[key], abs=1e-12, nan_ok=True)
    counts = ultralytics_confusion(ev.dataset)
    assert ev.as_dict()["confusion"]["counts"] == counts.tolist()
    assert ev.confusion().to_numpy().tolist() == counts.tolist()
    assert len(ev.examples()) == counts.sum()
    np.testing.assert_array_equal(ev.per_class["ap50"], said.ap[:, 0])
    assert ev.at(iou=0.5).confusion().to_numpy().tolist() == ultralytics_confusion(ev.dataset, iou=0.5).tolist()


@pytest.mark.parametrize("seed", range(30))
def test_statuses_sum_to_the_matrix_of_ultralytics(seed):
    dataset = random_dataset(seed, objects=20, detections=50)
    # Of equal IoUs Ultralytics takes the later object: move every box a little, so that none are equal.
    moved = dataset.detections.box + np.random.default_rng(seed).random((len(dataset.detections), 4)) / 100
    dataset = replace(dataset, detections=replace(dataset.detections, box=moved))
    ev = Evaluation(dataset, rules="ultralytics", iou=0.45)
    counts, table = ultralytics_confusion(ev.dataset), ev.objects
    found = table[table["kind"] == "detection"]["status"].value_counts()
    assert found["true positive"] == np.trace(counts)
    assert found[["duplicate", "localisation", "background"]].sum() == counts[-1].sum()
    assert found["confused"] == counts[:-1, :-1].sum() - np.trace(counts)
    assert set(found.index) == set(STATUSES)
    doubled = table[table["status"] == "duplicate"]
    assert table.loc[doubled["partner"], "status"].isin(["true positive", "confused"]).all()


@pytest.mark.parametrize("seed", range(10))
def test_voc_numbers_are_its_own_and_the_matrix_stays(seed):
    dataset = random_dataset(seed)
    ev, plain = Evaluation(dataset, rules="voc"), Evaluation(dataset)
    np.testing.assert_array_equal(ev.per_class["ap50"], voc_metrics(dataset).every_point)
    assert ev.as_dict()["confusion"] == plain.as_dict()["confusion"]


@pytest.mark.parametrize("rules", RULES)
def test_every_rule_set_keeps_the_coco_block_and_the_fields(rules):
    plain, ev = Evaluation(random_dataset(4)), Evaluation(random_dataset(4), rules=rules)
    assert ("lvis" in ev.as_dict()) == (rules == "lvis")
    assert rules == "lvis" or ev.as_dict()["coco"] == plain.as_dict()["coco"]
    fields = [name.replace("lvis", "coco") for name in ev.as_dict()]
    assert fields == list(plain.as_dict())
    assert "mAP50" in repr(ev)


def test_ultralytics_draws_its_matrix_where_it_does_unless_told(real):
    folder = real / "pairs" / "coco_val2014_100"
    pair = (folder / "instances_val2014_100.json", folder / "instances_val2014_fakebbox100_results.json")
    ev = framelens.evaluate(*pair, rules="ultralytics", progress=False)
    assert (ev.confusion_result.confidence, ev.confusion_result.iou) == (0.25, 0.45)
    other = framelens.evaluate(*pair, rules="ultralytics", confidence=0.6, iou=0.7, progress=False)
    assert (other.confusion_result.confidence, other.confusion_result.iou) == (0.6, 0.7)


def test_an_iou_that_was_asked_for_is_the_one_that_is_used():
    truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [0], "y": [0], "width": [100], "height": [100]})
    found = truth.assign(score=0.9, height=47)
    usual = framelens.evaluate(truth, found, rules="ultralytics")
    given = framelens.evaluate(truth, found, rules="ultralytics", iou=0.5)
    assert (usual.iou, usual.confusion().loc["cat", "cat"]) == (0.45, 1)
    assert (given.iou, given.confusion().loc["cat", "cat"]) == (0.5, 0)
