"""Comparing evaluations whose classes, rules or pairings are not the same."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.errors import OptionError


def lvis_file(folder, names):
    """Two frames; in the second nobody looked for any class but the last of ``names`` given as c."""
    ids = {name: number for number, name in enumerate(names, 1)}
    images = [
        {"id": 1, "file_name": "1.jpg", "width": 99, "height": 99, "neg_category_ids": [ids["b"]]},
        {"id": 2, "file_name": "2.jpg", "width": 99, "height": 99, "neg_category_ids": [ids["c"]]},
    ]
    groups = {"a": "animal", "b": "animal", "c": "thing"}
    truth = {
        "images": [image | {"not_exhaustive_category_ids": []} for image in images],
        "categories": [
            {"id": number, "name": name, "frequency": "f" if name == "a" else "r", "supercategory": groups[name]}
            for name, number in ids.items()
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": ids["a"], "bbox": [1, 1, 40, 40], "area": 1600, "iscrowd": 0}
        ],
    }
    found = [
        {"image_id": image, "category_id": ids[name], "bbox": [1, 1, 40, 40], "score": score}
        for image, name, score in ((1, "a", 0.9), (1, "b", 0.8), (2, "a", 0.95), (2, "c", 0.7))
    ]
    paths = (folder / f"truth-{'-'.join(names)}.json", folder / f"found-{'-'.join(names)}.json")
    for path, value in zip(paths, (truth, found), strict=True):
        path.write_text(json.dumps(value))
    return paths


def test_what_lvis_verified_moves_with_its_class_when_the_classes_are_aligned(tmp_path):
    one, other = (framelens.evaluate(*lvis_file(tmp_path, names), rules="lvis") for names in ("abc", "cab"))
    aligned = framelens.compare({"one": one, "other": other}, rounds=0)["other"]
    assert aligned.dataset.classes == ("a", "b", "c")
    assert aligned.dataset.supercategories == ("animal", "animal", "thing")
    assert aligned.dataset.federated.frequency == ("f", "r", "r")
    pd.testing.assert_frame_equal(aligned.metrics, other.metrics)
    assert aligned.confusion().loc["background"].to_dict() == other.confusion().loc["background"].to_dict()


def two_tables():
    truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": 10, "y": 10, "width": 20, "height": 20})
    return truth, truth.assign(score=[0.9, 0.8])


@pytest.fixture
def pair():
    truth, found = two_tables()
    return framelens.evaluate(truth, found), framelens.evaluate(truth, found.assign(score=0.7).head(1))


def test_rates_of_another_pairing_have_no_interval_of_the_usual_one(pair):
    good, poor = (evaluation.at(pairing="iou") for evaluation in pair)
    table = framelens.compare({"good": good, "poor": poor}, rounds=20).metrics.set_index("metric")
    assert table.loc[["precision", "recall", "f1"], ["low", "high"]].isna().all(axis=None)
    assert table.loc[["map50", "map50_95"], ["low", "high"]].notna().all(axis=None)


def test_epochs_are_called_by_their_numbers_and_none_takes_the_place_of_another(pair):
    one, other = pair
    for numbers in ((1, 2), (np.int64(1), np.int64(2))):
        comparison = framelens.compare(dict(zip(numbers, pair, strict=True)), baseline=numbers[1], rounds=0)
        assert (comparison.baseline, comparison.others) == ("epoch 2", ("epoch 1",))
    with pytest.raises(OptionError, match="the same name"):
        framelens.compare({1: one, "epoch 1": other}, rounds=0)


def test_different_pairings_are_said(pair):
    comparison = framelens.compare({"good": pair[0], "poor": pair[1].at(pairing="score")}, rounds=0)
    assert any("same class first and highest score first" in text for text in comparison.warnings)


def test_an_undefined_change_is_written_as_such(pair):
    good, poor = (evaluation.at(confidence=0.99) for evaluation in pair)
    text = repr(framelens.compare({"good": good, "poor": poor}, rounds=0))
    assert "nan" not in text
    assert "n/a" in text


@pytest.mark.parametrize(
    "call",
    [
        lambda ev: ev.intervals(seed="x"),
        lambda ev: ev.intervals(seed=-1),
        lambda ev: ev.intervals(level="high"),
        lambda ev: framelens.compare({"a": ev, "b": ev}, seed=-1).metrics,
        lambda ev: framelens.compare({"a": ev, "b": ev}, baseline=["a"]),
        lambda ev: ev.find_events(gap="x"),
        lambda ev: ev.find_events(overlap="x"),
        lambda ev: ev.calibration(confidence="x"),
        lambda ev: ev.calibration(confidence=float("nan")),
        lambda ev: ev.error_types(confidence="x"),
        lambda ev: ev.at(confidence=True),
        lambda ev: ev.at(iou=True),
        lambda ev: ev.at(iou=np.True_),
        lambda ev: ev.at(iou=np.full((), 1, dtype=bool)),
        lambda ev: ev.confusion(normalize=["row"]),
        lambda ev: ev.merge(3),
    ],
)
def test_an_argument_of_the_wrong_kind_is_an_error_of_one_line(pair, call):
    with pytest.raises(OptionError) as caught:
        call(pair[0])
    assert "\n" not in str(caught.value)


def test_every_object_and_frame_of_a_model_has_its_partner_in_the_baseline(pair):
    whole, half = pair
    comparison = framelens.compare({"whole": whole, "half": half}, rounds=7)
    objects, frames = comparison.partners("half")
    assert (objects.tolist(), frames.tolist()) == ([0, 1], [0, 1])
    assert comparison.others == ("half",)


def test_the_same_frames_are_drawn_for_every_model(pair):
    whole, half = pair
    comparison = framelens.compare({"whole": whole, "half": half, "again": whole}, rounds=7, seed=3)
    assert comparison.drawn("whole").shape == (7, 5)
    np.testing.assert_array_equal(comparison.drawn("whole"), comparison.drawn("again"))
    assert comparison.drawn("half") is comparison.drawn("half")
    other = framelens.compare({"whole": whole, "half": half}, rounds=7, seed=4)
    assert not np.array_equal(other.drawn("half"), comparison.drawn("half"))


def test_without_a_name_the_only_other_model_is_meant(pair):
    whole, half = pair
    two = framelens.compare({"whole": whole, "half": half}, rounds=0)
    assert (two.other(), dict(two.evaluations)) == ("half", {"whole": whole, "half": half})
    three = framelens.compare({"whole": whole, "half": half, "again": whole}, rounds=0)
    assert three.other("again") == "again"
    with pytest.raises(OptionError, match="say which model to compare with 'whole': half, again"):
        three.other()


def test_intervals_of_classes_come_from_the_draws_behind_them(pair):
    whole, _ = pair
    low, high = whole.ap_draws.ends()["ap50"]
    table = whole.intervals(per_class=True)
    np.testing.assert_array_equal(table[["ap50_low", "ap50_high"]], np.stack([low, high], axis=1))
    assert framelens.evaluate(*two_tables(), rules="voc").ap_draws is None
