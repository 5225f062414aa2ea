"""Comparing models: nothing changes against itself, everything changes its sign when they swap, rows make the sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import framelens
from framelens.errors import OptionError
from framelens.evaluation import Evaluation
from made_datasets import random_dataset

SEEDS = st.integers(0, 2**32 - 1)
OPPOSITE = {"fixed": "broken", "broken": "fixed", "better": "worse", "worse": "better"}


def two_models(seed: int) -> tuple[Evaluation, Evaluation]:
    """Two models on one ground truth: the detections of the second are another draw."""
    one, other = (random_dataset(seed + step, objects=20, detections=50) for step in (0, 1))
    return Evaluation(one), Evaluation(replace(one, detections=other.detections))


def shuffled(evaluation: Evaluation, seed: int) -> Evaluation:
    """Return the same model with frames, objects and classes of its data in another order."""
    random = np.random.default_rng(seed)
    data = evaluation.dataset
    frames, classes = random.permutation(len(data.frames)), random.permutation(len(data.classes))
    to_frame, to_class = np.argsort(frames).astype(np.int32), np.argsort(classes).astype(np.int32)

    def moved(part):
        order = np.argsort(to_frame[part.frame], kind="stable")
        names = [name for name in ("box", "area", "crowd", "ignore", "score", "record") if hasattr(part, name)]
        columns = {name: getattr(part, name)[order] for name in names}
        return replace(part, frame=to_frame[part.frame][order], category=to_class[part.category][order], **columns)

    return replace(
        evaluation,
        dataset=replace(
            data,
            frames=replace(data.frames, names=tuple(data.frames.names[f] for f in frames)),
            classes=tuple(data.classes[k] for k in classes),
            objects=moved(data.objects),
            detections=moved(data.detections),
        ),
    )


@settings(max_examples=60)
@given(seed=SEEDS)
def test_a_model_compared_with_itself_shows_zero_everywhere(seed):
    one, _ = two_models(seed)
    comparison = framelens.compare({"a": one, "b": one}, rounds=5)
    assert comparison.warnings == ()
    metrics = comparison.metrics
    assert not metrics[["delta", "low", "high"]].fillna(0).to_numpy().any()
    assert not metrics["clear"].any()
    assert not comparison.confusion().to_numpy().any()
    deltas = [name for name in comparison.per_class if name.endswith("_delta")]
    assert not comparison.per_class[deltas].fillna(0).to_numpy().any()
    assert set(comparison.objects()["change"]) <= {"right in both", "wrong in both", "not compared"}
    assert set(comparison.frames()["change"]) <= {"right in both", "wrong in both"}
    assert not comparison.frames()["delta"].any()


@settings(max_examples=60)
@given(seed=SEEDS)
def test_swapping_the_models_flips_every_sign(seed):
    one, other = two_models(seed)
    there = framelens.compare({"a": one, "b": other}, rounds=8)
    back = framelens.compare({"a": one, "b": other}, baseline="b", rounds=8)
    first, second = there.metrics, back.metrics
    np.testing.assert_array_equal(first["delta"], -second["delta"])
    np.testing.assert_allclose(first["low"], -second["high"], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(first["clear"], second["clear"])
    np.testing.assert_array_equal(there.confusion(), -back.confusion())
    for name in ("precision", "recall", "f1", "ap50", "ap50_95"):
        np.testing.assert_array_equal(there.per_class[f"{name}_delta"], -back.per_class[f"{name}_delta"])
    changes = there.objects()["change"].astype(str)
    assert changes.map(lambda name: OPPOSITE.get(name, name)).tolist() == back.objects()["change"].tolist()
    one_way, other_way = (side.frames().set_index("frame").sort_index() for side in (there, back))
    assert one_way["change"].astype(str).map(lambda name: OPPOSITE.get(name, name)).tolist() == (
        other_way["change"].tolist()
    )
    np.testing.assert_array_equal(one_way["delta"], -other_way["delta"])


@settings(max_examples=60)
@given(seed=SEEDS)
def test_rows_make_the_sums(seed):
    one, other = two_models(seed)
    comparison = framelens.compare({"a": one, "b": other}, rounds=0)
    objects = comparison.objects()
    right = {name: (objects[name] == "true positive").sum() for name in ("baseline", "model")}
    counts = objects["change"].value_counts()
    assert right["model"] - right["baseline"] == counts["fixed"] - counts["broken"]
    assert right["baseline"] == np.trace(one.confusion().to_numpy())
    # the change of a row of the matrix is what its objects were called, then and now
    for name, row in comparison.confusion().iloc[:-1].iterrows():
        own = objects[objects["class"] == name]
        for label in row.index:
            assert row[label] == (own["model_as"] == label).sum() - (own["baseline_as"] == label).sum()


@settings(max_examples=40)
@given(seed=SEEDS)
def test_the_order_of_frames_and_classes_changes_nothing(seed):
    one, other = two_models(seed)
    plain = framelens.compare({"a": one, "b": other}, rounds=0)
    mixed = framelens.compare({"a": one, "b": shuffled(other, seed)}, rounds=0)
    assert [text for text in mixed.warnings if "confidence" not in text] == []
    pd.testing.assert_frame_equal(plain.confusion(), mixed.confusion())
    expected, found = (side.frames().set_index("frame").sort_index()[["change", "delta"]] for side in (plain, mixed))
    pd.testing.assert_frame_equal(expected, found)
    assert plain.objects()["change"].value_counts().equals(mixed.objects()["change"].value_counts())


def test_differences_of_data_rules_and_thresholds_are_said():
    truth = pd.DataFrame(
        {"frame": ["a", "b"], "class": ["cat", "dog"], "x": [1, 5], "y": [1, 5], "width": 20, "height": 30}
    )
    found = truth.assign(score=0.9)
    one = framelens.evaluate(truth, found, confidence=0.5)
    fewer = framelens.evaluate(truth.head(1), found.head(1), confidence=0.4, iou=0.75, rules="voc")
    [frames, objects, rules, iou, confidence] = framelens.compare({"one": one, "other": fewer}).warnings
    assert "1 only in the first, 0 only in the second" in frames
    assert "1 objects only in the first" in objects
    assert rules.endswith("different rules: coco and voc")
    assert iou.endswith("0.5 and 0.75")
    assert confidence.endswith("0.500 (given) and 0.400 (given)")


def test_classes_of_one_model_only_are_classes_of_both():
    box = {"x": 1, "y": 1, "width": 20, "height": 30}
    cat = pd.DataFrame([{"frame": "a", "class": "cat", **box}])
    both = pd.DataFrame([{"frame": "a", "class": "cat", **box}, {"frame": "b", "class": "dog", **box}])
    knows_cats = framelens.evaluate(cat, cat.assign(score=0.9), confidence=0.5)
    says_dog = framelens.evaluate(both, both.head(1).assign(score=0.9, **{"class": "dog"}), confidence=0.5)
    comparison = framelens.compare({"cats": knows_cats, "dogs": says_dog}, rounds=0)
    change = comparison.confusion()
    assert change.columns.tolist() == ["cat", "dog", "background"]
    assert (change.loc["cat", "cat"], change.loc["cat", "dog"], change.loc["dog", "background"]) == (-1, 1, 1)
    first, second = comparison.objects().to_dict("records")
    assert (first["change"], first["baseline_as"], first["model_as"]) == ("broken", "cat", "dog")
    assert (second["change"], second["baseline"]) == ("not compared", "not there")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "at least two"),
        ([1, 2], "at least two"),
        ({"a": 1, "b": 2}, "not 'a': int"),
    ],
)
def test_what_cannot_be_compared_is_refused(given, words):
    with pytest.raises(OptionError, match=words):
        framelens.compare(given)


def test_a_name_that_is_unknown_is_answered_with_the_nearest():
    one, other = two_models(3)
    with pytest.raises(OptionError, match="old"):
        framelens.compare({"old": one, "new": other}, baseline="odl")
    several = framelens.compare({"a": one, "b": other, "c": one}, rounds=0)
    with pytest.raises(OptionError, match="say which model"):
        several.confusion()
    assert not several.confusion("c").to_numpy().any()
    assert several.metrics["model"].unique().tolist() == ["b", "c"]
