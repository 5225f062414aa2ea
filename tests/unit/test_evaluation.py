"""The façade: every table is a view of the same matching."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.errors import OptionError

COCO = ["AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"]
PER_CLASS = ["class", "objects", "detections", "precision", "recall", "f1", "ap50", "ap50_95"]
CLASSES = ("cat", "dog", "owl")


def made(seed: int, frames: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Objects on a grid; detections shifted, renamed, doubled, missing and out of nothing."""
    random = np.random.default_rng(seed)
    n = frames * 4
    truth = pd.DataFrame(
        {
            "frame": np.repeat([f"{i}.jpg" for i in range(frames)], 4),
            "class": random.choice(CLASSES, n),
            "x": np.tile([0, 100, 200, 300], frames) + random.integers(0, 20, n),
            "y": random.integers(0, 50, n),
            "width": random.integers(30, 60, n),
            "height": random.integers(30, 60, n),
        }
    )
    kept = truth[random.random(n) < 0.8].copy()
    kept[["x", "y"]] += random.integers(-15, 16, (len(kept), 2))
    renamed = random.random(len(kept)) < 0.3
    kept.loc[renamed, "class"] = random.choice(CLASSES, renamed.sum())
    alarms = truth.sample(8, random_state=seed).assign(y=400)
    predictions = pd.concat([kept, alarms, kept.head(5)], ignore_index=True)
    predictions["score"] = random.random(len(predictions)).round(2)
    return truth, predictions


@pytest.fixture(params=range(5))
def evaluation(request) -> framelens.Evaluation:
    return framelens.evaluate(*made(request.param), progress=False)


def test_every_cell_counts_the_examples_behind_it(evaluation):
    matrix = evaluation.confusion()
    for actual in matrix.index:
        for predicted in matrix.columns:
            rows = evaluation.examples(actual, predicted)
            assert len(rows) == matrix.loc[actual, predicted]
            assert set(rows["actual"]) <= {actual}
            assert set(rows["predicted"]) <= {predicted}


def test_every_object_and_detection_stands_in_one_place(evaluation):
    objects = evaluation.objects
    examples = evaluation.examples()
    counted = objects[~objects["status"].isin(["below confidence", "ignored"])]
    listed = pd.concat([examples["object"], examples["detection"]]).dropna().astype(int)
    assert sorted(listed) == sorted(counted.index)
    assert len(objects) == len(evaluation.dataset.objects) + len(evaluation.dataset.detections)


def test_cards_matrix_and_classes_agree(evaluation):
    matrix, per_class = evaluation.confusion(), evaluation.per_class.set_index("class")
    hits = np.diag(matrix)[:-1]
    objects, detections = matrix.sum(axis=1)[:-1], matrix.sum(axis=0)[:-1]
    assert (per_class["objects"] == objects).all()
    assert (per_class["detections"] == detections).all()
    np.testing.assert_allclose(per_class["precision"], hits / detections, rtol=0, atol=0)
    np.testing.assert_allclose(per_class["recall"], hits / objects, rtol=0, atol=0)
    value = evaluation.metrics.set_index("metric")["value"]
    assert value["precision"] == per_class["precision"].mean()
    assert value["recall_micro"] == hits.sum() / objects.sum()
    assert value["map50"] == pytest.approx(per_class["ap50"].mean(), abs=1e-15)


def test_partners_point_at_each_other(evaluation):
    objects = evaluation.objects
    paired = objects[objects["status"].isin(["true positive", "confused"])]
    back = objects.loc[paired["partner"].astype(int), "partner"]
    assert list(back) == list(paired.index)
    same = paired["class"].to_numpy() == objects.loc[paired["partner"].astype(int), "class"].to_numpy()
    assert (same == (paired["status"] == "true positive").to_numpy()).all()


def test_another_operating_point_is_another_evaluation(evaluation):
    strict = evaluation.at(confidence=0.9, iou=0.75)
    assert (strict.operating_point.confidence, strict.operating_point.iou) == (0.9, 0.75)
    assert strict.operating_point.chosen == "given"
    assert strict.confusion().equals(evaluation.confusion(confidence=0.9, iou=0.75))
    assert evaluation.at() is evaluation
    fresh = framelens.evaluate(*made(0), confidence=0.9, iou=0.75, progress=False)
    again = framelens.evaluate(*made(0), progress=False).at(confidence=0.9, iou=0.75)
    assert fresh.confusion().equals(again.confusion())


def test_the_default_confidence_has_the_best_mean_f1(evaluation):
    best = evaluation.scores.macro.f1
    scores = np.unique(evaluation.dataset.detections.score)
    assert best == max(evaluation.at(confidence=float(score)).scores.macro.f1 for score in scores)


def test_shares_divide_by_their_sum(evaluation):
    counts = evaluation.confusion()
    assert counts.dtypes.eq(np.int64).all()
    rows = evaluation.confusion(normalize="row")
    filled = counts.sum(axis=1) > 0
    np.testing.assert_allclose(rows.sum(axis=1)[filled], 1)
    assert rows[~filled].isna().all(axis=None)
    assert evaluation.confusion(normalize="total").to_numpy().sum() == pytest.approx(1)
    with pytest.raises(OptionError, match="did you mean 'row'"):
        evaluation.confusion(normalize="rows")


def test_unknown_class_names_the_nearest(evaluation):
    with pytest.raises(OptionError, match="no class is called 'catt'; did you mean 'cat'"):
        evaluation.examples("catt", "dog")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"iou": 0}, "iou must be a number over 0 and at most 1, not 0"),
        ({"iou": float("nan")}, "iou must be"),
        ({"confidence": float("inf")}, "confidence must be a finite number"),
        ({"confidence": "high"}, "confidence must be a finite number, not 'high'"),
        ({"rules": "cocco"}, "did you mean 'coco'"),
    ],
)
def test_wrong_options_say_what_is_allowed(options, told):
    with pytest.raises(OptionError, match=told):
        framelens.evaluate(*made(0), progress=False, **options)


def test_json_is_plain_and_has_every_field(evaluation):
    value = json.loads(json.dumps(evaluation.as_dict(), allow_nan=False))
    fields = (
        "schema rules frames objects detections skipped warnings coco operating_point precision recall f1 map50 "
        "map50_95 per_class confusion bands checklist"
    )
    assert list(value) == fields.split()
    assert list(value["coco"]) == COCO
    assert list(value["per_class"][0]) == PER_CLASS
    assert value["confusion"]["classes"] == [*CLASSES, "background"]
    assert value["confusion"]["counts"] == evaluation.confusion().to_numpy().tolist()


@pytest.mark.parametrize("empty", ["truth", "predictions", "both"])
def test_undefined_is_never_a_number(empty):
    truth, predictions = made(0)
    if empty != "predictions":  # rows with neither class nor box name frames that hold nothing
        truth = truth[["frame"]].drop_duplicates().assign(**dict.fromkeys(truth.columns[1:], np.nan))
    predictions = predictions.head(0) if empty != "truth" else predictions
    with np.errstate(all="raise"):
        evaluation = framelens.evaluate(truth, predictions, progress=False)
        value = evaluation.as_dict()
    assert value["operating_point"]["confidence"] is None
    assert value["precision"]["macro"] is None
    assert value["map50"] == (0.0 if empty == "predictions" else None)
    assert "n/a" in repr(evaluation)


def test_classes_of_one_name_are_told_apart():
    truth, predictions = made(1)
    truth["class"] = truth["class"].replace("owl", "background")
    predictions["class"] = predictions["class"].replace("owl", "background")
    matrix = framelens.evaluate(truth, predictions, progress=False).confusion()
    assert matrix.index.is_unique
    assert matrix.index[-1] == "background"
    assert any(name.startswith("background (") for name in matrix.index)


def test_text_summary_holds_the_cards(evaluation):
    text = repr(evaluation)
    assert f"mAP50       {evaluation.coco.summary['AP50']:8.3f}" in text
    assert max(map(len, text.splitlines())) <= 80


def test_missing_pictures_are_counted_on_the_page_in_the_text_and_in_json(tmp_path):
    from framelens.widgets.wire import encode

    boxes = pd.DataFrame({"frame": ["a.png", "b.png"], "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9})
    ev = framelens.evaluate(boxes, boxes.assign(score=0.9), frames={"a.png": np.zeros((20, 20, 3), np.uint8)})
    row = {
        "file": "frames", "where": "b.png", "reason": "no picture: the mapping does not name this frame", "count": 1,
    }  # fmt: skip
    assert ev.as_dict()["skipped"] == [row]
    assert encode(ev).head["skipped"] == [row]
    assert "no picture" in repr(ev)
    (tmp_path / "results.csv").write_text(
        "epoch,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)\n1,1.5,0.4,0.2\n2,1.2,0.5"
    )
    told = framelens.evaluate(boxes, boxes.assign(score=0.9), run=tmp_path).as_dict()["skipped"]
    assert [(skip["file"], skip["count"]) for skip in told] == [("results.csv", 1)]
