"""Slices against a few lines of pandas; parts of the data against the same evaluation made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.data.dataset import Frames
from framelens.data.metadata import Metadata, group_values, read_metadata
from framelens.errors import DataError, OptionError, ReadLog
from framelens.evaluation import Evaluation
from made_datasets import random_dataset

WEATHER = np.array(["rain", "sun", "fog", None], dtype=object)


def made(seed, **options):
    """A random evaluation with weather and a number for each frame."""
    dataset = random_dataset(seed, **options)
    random = np.random.default_rng(seed)
    frames = len(dataset.frames)
    columns = {"weather": random.choice(WEATHER, frames), "lux": random.random(frames).astype(object)}
    return Evaluation(dataset=dataset, confidence=0.3, metadata=Metadata(columns))


def expected(evaluation, keep):
    """Count one slice of whole frames from the public table of boxes."""
    boxes = evaluation.objects
    boxes = boxes[boxes["frame"].isin([n for n, k in zip(evaluation.dataset.frames.names, keep, strict=True) if k])]
    counted = boxes[~boxes["status"].isin(["ignored", "below confidence"])]
    objects, found = (counted[counted["kind"] == kind] for kind in ("object", "detection"))
    return len(objects), len(found), int((found["status"] == "true positive").sum())


def test_the_ways_to_cut_are_those_that_slices_knows():
    evaluation = made(3, frames=12)
    assert [facet.name for facet in evaluation.facets] == ["size", "objects in frame", "weather", "lux"]
    assert set(evaluation.slices()["by"]) <= {facet.name for facet in evaluation.facets}


@pytest.mark.parametrize("seed", range(30))
def test_slices_count_what_the_table_of_boxes_holds(seed):
    evaluation = made(seed, frames=12)
    table = evaluation.slices()
    for _, row in table[table["by"] == "weather"].iterrows():
        objects, detections, right = expected(evaluation, evaluation.metadata.columns["weather"] == row["slice"])
        assert (row["objects"], row["detections"], row["true_positives"]) == (objects, detections, right)
        assert row["recall"] == pytest.approx(right / objects if objects else np.nan, nan_ok=True)
        assert row["f1"] == pytest.approx(
            2 * right / (objects + detections) if objects + detections else np.nan, nan_ok=True
        )
    whole = evaluation.scores
    for by in ("objects in frame", "lux"):
        part = table[table["by"] == by]
        assert part["objects"].sum() == whole.objects.sum()
        assert part["detections"].sum() == whole.detections.sum()
        assert part["frames"].sum() == len(evaluation.dataset.frames)


@pytest.mark.parametrize("seed", range(20))
def test_sizes_are_those_of_by_size_where_no_area_lies_on_an_edge(seed):
    evaluation = made(seed, frames=6)
    own = {"tiny": (0.0, 150.123), "rest": (150.124, 1e10)}
    table = evaluation.slices("size", sizes=own, ap=True)
    sizes = evaluation.by_size(own).set_index("size")
    for _, row in table.iterrows():
        same = sizes.loc[row["slice"]]
        assert [row["objects"], row["detections"], row["true_positives"]] == [
            same["objects"], same["detections"], same["true_positives"]
        ]  # fmt: skip
        np.testing.assert_equal([row["map50"], row["map50_95"]], [same["ap50"], same["ap50_95"]])


@pytest.mark.parametrize("seed", range(10))
def test_a_slice_is_the_evaluation_of_its_frames(seed):
    evaluation = made(seed, frames=12)
    table = evaluation.slices("weather", ap=True).set_index("slice")
    for label in table.index:
        part = evaluation.where(metadata={"weather": label})
        assert part.operating_point.confidence == evaluation.operating_point.confidence
        assert part.scores.micro.precision == pytest.approx(table.loc[label, "precision"], nan_ok=True)
        assert part.average_precision.map50 == pytest.approx(table.loc[label, "map50"], nan_ok=True)
        assert part.confusion().to_numpy().sum() == len(part.examples())


@pytest.mark.parametrize("seed", range(10))
def test_parts_of_the_frames_add_up_to_the_matrix(seed):
    evaluation = made(seed, frames=9)
    flags = np.random.default_rng(seed).random(9) < 0.5
    one, other = evaluation.where(frames=flags), evaluation.where(frames=~flags)
    np.testing.assert_array_equal(one.confusion() + other.confusion(), evaluation.confusion())
    assert {*one.dataset.frames.names, *other.dataset.frames.names} == set(evaluation.dataset.frames.names)


def test_a_filter_of_classes_leaves_only_their_boxes():
    evaluation = made(3, frames=9)
    part = evaluation.where(classes="class 0")
    matrix = part.confusion()
    assert list(matrix.columns) == list(evaluation.confusion().columns)
    assert matrix.drop(index=["class 0", "background"]).to_numpy().sum() == 0
    assert matrix.loc["class 0"].sum() == evaluation.confusion().loc["class 0"].sum()
    assert matrix.loc["class 0", "class 0"] == evaluation.confusion().loc["class 0", "class 0"]


def test_pictures_follow_their_frames():
    names = ("a.jpg", "b.jpg", "c.jpg")
    truth = pd.DataFrame({"frame": names, "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9})
    stack = np.zeros((3, 20, 20, 3), np.uint8) + np.array([10, 120, 240], np.uint8)[:, None, None, None]
    evaluation = framelens.evaluate(truth, truth.assign(score=0.9), frames=stack)
    part = evaluation.where(frames=["c.jpg"])
    assert part.pictures.names == ("c.jpg",)
    assert part.pictures.size(0) == (20, 20)
    assert part.pictures.whole(0).data == evaluation.pictures.whole(2).data != evaluation.pictures.whole(0).data


def test_frames_are_named_in_every_usual_way():
    evaluation = Evaluation(dataset=random_dataset(1, frames=12))
    names = evaluation.dataset.frames.names
    assert evaluation.where(frames="3.jpg").dataset.frames.names == ("3.jpg",)
    assert evaluation.where(frames="1*").dataset.frames.names == ("1.jpg", "10.jpg", "11.jpg")
    assert evaluation.where(frames=lambda name: name < "2").dataset.frames.names == (
        "0.jpg",
        "1.jpg",
        "10.jpg",
        "11.jpg",
    )
    assert evaluation.where(frames=[]).dataset.frames.names == ()
    assert evaluation.where().dataset.frames.names == names
    for bad in ({"frames": "13.jpg"}, {"frames": [True]}, {"classes": "clas 0"}, {"metadata": {"weather": 1}}):
        with pytest.raises(OptionError):
            evaluation.where(**bad)


def test_values_are_grouped_the_way_they_read():
    assert group_values(np.array([True, False, None], dtype=object)).labels == ("False", "True")
    assert group_values(np.array(["b10", "b9", "b10"], dtype=object)).labels == ("b9", "b10")
    assert group_values(np.array([3, 1.0, 3], dtype=object)).labels == ("1", "3")
    groups = group_values(np.arange(100).astype(object))
    assert np.bincount(groups.code).tolist() == [25, 25, 25, 25]
    assert group_values(np.array([None, None], dtype=object)).labels == ()
    assert group_values(np.array(["a\nb", "<b>"], dtype=object)).labels == ("<b>", "a b")


def test_rows_without_a_frame_and_frames_without_a_row_are_counted():
    frames = Frames(("a/1.jpg", "b/1.jpg", "b/2.jpg", "x.jpg"), (11, 12, 13, 14), *np.full((2, 4), 9.0))
    notes = ReadLog()
    table = pd.DataFrame({"File_Name": ["2.png", "1.jpg", "a/1.jpg", "2", "nowhere"], "site": list("ABCDE")})
    assert read_metadata(table, frames, notes).columns["site"].tolist() == ["C", None, "A", None]
    assert {skip.reason: skip.count for skip in notes.skips} == {
        "names no frame": 2, "names a frame that has a row already": 1
    }  # fmt: skip
    assert notes.warnings == ("metadata: 2 of 4 frames have no row",)
    by_id = pd.DataFrame({"image_id": [12.0, 14.0], "site": [np.nan, "B"]})
    assert read_metadata(by_id, frames, ReadLog()).columns["site"].tolist() == [None, None, None, "B"]
    by_index = pd.DataFrame({"site": ["A"]}, index=["x"])
    assert read_metadata(by_index, frames, ReadLog()).columns["site"].tolist() == [None, None, None, "A"]
    for bad in (pd.DataFrame({"site": ["A"]}), {"site": "A"}, None):
        with pytest.raises(DataError, match="metadata"):
            read_metadata(bad, frames, ReadLog())


def test_a_decomposed_name_names_the_same_frame():
    frames = Frames(("m\u00fchle/1.jpg", "\u00e4hre.jpg"), (1, 2), *np.full((2, 2), 9.0))
    table = pd.DataFrame({"file_name": ["a\u0308hre.jpg", "mu\u0308hle/1.jpg"], "site": ["A", "M"]})
    assert read_metadata(table, frames, ReadLog()).columns["site"].tolist() == ["M", "A"]
    both = Frames(("\u00e4.jpg", "a\u0308.jpg"), (1, 2), *np.full((2, 2), 9.0))
    table = pd.DataFrame({"file_name": ["a\u0308.jpg", "\u00e4.jpg"], "site": ["D", "C"]})
    assert read_metadata(table, both, ReadLog()).columns["site"].tolist() == ["C", "D"]


def test_evaluate_joins_metadata_and_says_what_did_not_fit():
    truth = pd.DataFrame({"frame": ["a.jpg", "b.jpg"], "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9})
    weather = pd.DataFrame({"frame": ["a", "z"], "weather": ["rain", "sun"]})
    evaluation = framelens.evaluate(truth, truth.assign(score=0.9), metadata=weather)
    assert evaluation.slices("weather")["slice"].tolist() == ["rain"]
    assert any(skip.file == "metadata" for skip in evaluation.dataset.skipped)
    assert "metadata: 1 of 2 frames have no row" in evaluation.warnings
    with pytest.raises(OptionError, match="weather"):
        evaluation.slices("wether")


def test_the_worst_slices_are_those_with_the_lowest_f1():
    evaluation = made(8, frames=60, objects=300, detections=500)
    worst = evaluation.worst_slices(1000, least=5)
    assert len(worst) > 5
    assert worst["f1"].is_monotonic_increasing
    assert (worst["objects"] >= 5).all()
    assert (worst["f1_delta"] < 0).all()
    for _, row in worst.head(10).iterrows():
        keep = np.ones(60, dtype=bool)
        if any(by in ("size", "objects in frame") for by, _ in row["conditions"]):
            continue
        for by, label in row["conditions"]:
            groups = group_values(evaluation.metadata.columns[by])
            keep &= groups.code == groups.labels.index(label)
        assert (row["objects"], row["detections"], row["true_positives"]) == expected(evaluation, keep)


def test_a_small_slice_is_marked():
    table = made(8, frames=200, objects=600, detections=600).slices("weather")
    assert table["reliable"].tolist() == (table["objects"] >= 30).tolist()
    assert table["reliable"].any()
    marked = table[table["smallest_reliable"]]
    assert marked["objects"].tolist() == [table[table["reliable"]]["objects"].min()]


def test_marked_boxes_are_left_out_at_the_same_confidence():
    evaluation = made(3, frames=9, objects=60, detections=90)
    evaluation.mark(object=0, mark="label error")
    evaluation.mark(detection=1, mark="hard")
    part = evaluation.where(without_marks="label error")
    assert len(part.dataset.objects) == len(evaluation.dataset.objects) - 1
    assert len(part.dataset.detections) == len(evaluation.dataset.detections)
    assert part.operating_point.confidence == evaluation.operating_point.confidence
    assert len(part.marks) == 0
    both = evaluation.where(without_marks=("label error", "hard"), classes="class 0")
    assert (both.dataset.detections.category == 0).all()
    assert len(evaluation.where(frames="1*").marks) == 0
