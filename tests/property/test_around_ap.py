"""Curves, histograms, calibration, sizes and frames, each against a few lines of another kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.evaluation import Evaluation
from framelens.metrics.coco import coco_metrics
from framelens.metrics.operating_point import score_classes
from made_datasets import random_dataset

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset

SEEDS = st.integers(0, 2**32 - 1)
some = settings(max_examples=60)


def dataset(seed: int, **sizes) -> Dataset:
    return random_dataset(seed, **{"objects": 25, "detections": 60, "frames": 6, **sizes})


@some
@given(seed=SEEDS, iou=st.sampled_from([0.5, 0.75]))
def test_the_mean_of_an_interpolated_curve_is_the_average_precision(seed, iou):
    ev = Evaluation(dataset(seed), iou=iou)
    curves = ev.curves()
    curve = curves[curves["kind"] == "interpolated"]
    level = {0.5: "AP50", 0.75: "AP75"}[iou]
    mean = curve[curve["class"].isna()]["precision"]
    assert len(mean) == 101
    np.testing.assert_allclose(mean.mean(), ev.coco.summary[level], rtol=0, atol=1e-12)
    per_class = curve.dropna(subset="class").groupby("class")["precision"].mean()
    expected = ev.coco.precision[(50, 75).index(round(iou * 100)) * 5, :, :, 0, -1].mean(axis=0)
    for name, value in zip(ev.dataset.classes, expected, strict=True):
        assert per_class.get(name, np.nan) == pytest.approx(value, abs=1e-12, nan_ok=True)


@some
@given(seed=SEEDS)
def test_raw_curve_is_what_a_confidence_would_cut(seed):
    given_set = dataset(seed)
    objects = replace(given_set.objects, ignore=np.zeros_like(given_set.objects.ignore))
    ev = Evaluation(replace(given_set, objects=objects))
    curve = ev.curves()
    for point in curve[curve["kind"] == "raw"].itertuples():
        k = ev.dataset.classes.index(point[1])
        at = score_classes(ev.dataset, ev.matching, point.confidence)
        assert point.precision == pytest.approx(at.precision[k], abs=1e-15)
        assert point.recall == pytest.approx(at.recall[k], abs=1e-15, nan_ok=True)


@some
@given(seed=SEEDS, iou=st.sampled_from([0.3, 0.5]))
def test_rates_by_confidence_are_those_of_the_cards(seed, iou):
    ev = Evaluation(dataset(seed), iou=iou)
    table, classes = ev.by_confidence(), ev.by_confidence(per_class=True)
    assert table["confidence"].is_monotonic_increasing
    assert set(ev.dataset.detections.score) <= set(table["confidence"])
    for row in table.itertuples():
        at = score_classes(ev.dataset, ev.matching, row.confidence)
        for name in ("precision", "recall", "f1"):
            assert getattr(row, name) == pytest.approx(getattr(at.macro, name), abs=1e-12, nan_ok=True)
            assert getattr(row, f"{name}_micro") == pytest.approx(getattr(at.micro, name), abs=1e-12, nan_ok=True)
        rows = classes[classes["confidence"] == row.confidence]
        assert rows["detections"].tolist() == at.detections.tolist()
        np.testing.assert_array_equal(rows["precision"], at.precision)
    if table["best"].any():
        best = table[table["best"]].iloc[0]
        assert best["f1"] >= table["f1"].max() - 1e-12


def test_best_point_is_the_operating_point():
    ev = Evaluation(dataset(11))
    table = ev.by_confidence()
    assert table[table["best"]]["confidence"].tolist() == [ev.operating_point.confidence]


@some
@given(seed=SEEDS, bins=st.integers(1, 30))
def test_histograms_are_those_of_pandas(seed, bins):
    ev = Evaluation(dataset(seed))
    edges = np.arange(bins + 1) / bins
    found = ev.objects[ev.objects["kind"] == "detection"]
    table = ev.iou_histogram(bins)
    for status in ("true positive", "confused", "duplicate", "localisation"):
        expected, _ = np.histogram(found[found["status"] == status]["iou"], edges)
        assert table[status.replace(" ", "_")].tolist() == expected.tolist()
    scores = ev.score_histogram(bins)
    right = pd.Series(ev.matching.true_positive)
    kind = pd.Series(np.where(right, "right", np.where(ev.matching.absorbed, "ignored", "wrong")))
    cut = pd.cut(pd.Series(ev.dataset.detections.score), [*edges[:-1], 1.5], right=False, labels=False)
    expected = pd.crosstab(cut, kind).reindex(index=range(bins), columns=["right", "wrong", "ignored"], fill_value=0)
    assert scores[["right", "wrong", "ignored"]].to_numpy().tolist() == expected.to_numpy().tolist()


@some
@given(seed=SEEDS, bins=st.integers(1, 15), confidence=st.sampled_from([None, 0.3]))
def test_calibration_is_that_of_pandas(seed, bins, confidence):
    ev = Evaluation(dataset(seed))
    table = ev.calibration(bins, confidence=confidence)
    rows = pd.DataFrame(
        {
            "score": ev.dataset.detections.score,
            "right": ev.matching.true_positive,
            "class": ev.dataset.detections.category,
        }
    )
    rows = rows[~ev.matching.absorbed & (rows["score"] >= (confidence or 0))]
    rows["bin"] = pd.cut(rows["score"], [*(np.arange(bins) / bins), 1.5], right=False, labels=False)

    def ece(part: pd.DataFrame) -> float:
        grouped = part.groupby("bin")
        gap = (grouped["right"].mean() - grouped["score"].mean()).abs()
        return float((gap * grouped.size()).sum() / len(part)) if len(part) else float("nan")

    mean = rows.groupby("bin")["right"].mean().reindex(range(bins))
    np.testing.assert_allclose(table["precision"], mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(table["ece_part"].sum(skipna=False), ece(rows), rtol=0, atol=1e-12)
    per_class = ev.calibration(bins, confidence=confidence, per_class=True)["ece"].tolist()
    expected = [ece(rows), *(ece(rows[rows["class"] == k]) for k in range(len(ev.dataset.classes)))]
    np.testing.assert_allclose(per_class, expected, rtol=0, atol=1e-12)


@some
@given(seed=SEEDS)
def test_frames_are_the_rows_of_the_objects_table(seed):
    ev = Evaluation(dataset(seed))
    table, objects = ev.per_frame(), ev.objects
    counts = pd.crosstab(objects["frame"], [objects["kind"], objects["status"]])

    def total(frame: str, kind: str, *statuses: str) -> int:
        return sum(int(counts.get((kind, s), pd.Series(dtype=int)).get(frame, 0)) for s in statuses)

    for row in table.itertuples():
        wrong = total(row.frame, "detection", "confused", "duplicate", "localisation", "background")
        lost = total(row.frame, "object", "confused", "missed")
        right = total(row.frame, "object", "true positive")
        assert (row.true_positives, row.false_positives, row.false_negatives) == (right, wrong, lost)
        assert (
            row.profile
            == {(0, 0): "perfect", (0, 1): "misses", (1, 0): "false alarms", (1, 1): "mixed"}[bool(wrong), bool(lost)]
        )
        f1 = 2 * right / (2 * right + wrong + lost) if right + wrong + lost else np.nan
        assert row.f1 == pytest.approx(f1, nan_ok=True)
    errors = table["false_positives"] + table["false_negatives"]
    assert errors.is_monotonic_decreasing
    assert sorted(table["frame"]) == sorted(ev.dataset.frames.names)
    assert table["true_positives"].sum() == ev.scores.true_positives.sum()


@some
@given(seed=SEEDS)
def test_confused_pairs_are_the_examples_off_the_diagonal(seed):
    ev = Evaluation(dataset(seed), confidence=0.1)
    pairs = ev.confused_pairs()
    assert pairs["count"].is_monotonic_decreasing
    assert pairs["count"].sum() == (ev.objects["status"] == "confused").sum() / 2
    for row in pairs.itertuples():
        assert row.share_of_actual == pairs.loc[row.Index, "count"] / len(ev.examples(actual=row.actual))
        assert row.share_of_predicted == pairs.loc[row.Index, "count"] / len(ev.examples(predicted=row.predicted))
        assert row.reverse == len(ev.examples(row.predicted, row.actual))


@some
@given(seed=SEEDS)
def test_sizes_are_filters_of_the_objects_table(seed):
    ev = Evaluation(dataset(seed))
    own = {"tiny": (0, 500.0), "rest": (500.5, 1e10)}
    table = ev.by_size(own).set_index("size")
    area = np.concatenate([ev.dataset.objects.area, np.prod(ev.dataset.detections.box[:, 2:], axis=1)])
    areas = ev.objects.assign(area=area)
    for name, (low, high) in {"all": (0, 1e10), **own}.items():
        rows = areas[areas["area"].between(low, high)]
        real = rows[(rows["kind"] == "object") & (rows["status"] != "ignored")]
        wrong = rows[
            (rows["kind"] == "detection") & rows["status"].isin(["confused", "duplicate", "localisation", "background"])
        ]
        right = (real["status"] == "true positive").sum()
        assert table.loc[name, ["objects", "detections", "true_positives"]].tolist() == [
            len(real),
            right + len(wrong),
            right,
        ]
        assert table.loc[name, "recall"] == pytest.approx(right / len(real) if len(real) else np.nan, nan_ok=True)
    reference = coco_metrics(ev.dataset, area_ranges={"all": (0, 1e10), **own}).summary
    for name, key in (("all", ""), ("tiny", "_tiny"), ("rest", "_rest")):
        assert table.loc[name, "ap50_95"] == pytest.approx(reference[f"AP{key}"], abs=1e-12, nan_ok=True)


def test_standard_sizes_are_those_of_coco():
    ev = Evaluation(dataset(5))
    table, summary = ev.by_size().set_index("size"), ev.coco.summary
    for size, suffix in (("small", "s"), ("medium", "m"), ("large", "l")):
        assert table.loc[size, "ap50_95"] == pytest.approx(summary[f"AP{suffix}"], abs=1e-12, nan_ok=True)
        assert table.loc[size, "ar100"] == pytest.approx(summary[f"AR{suffix}"], abs=1e-12, nan_ok=True)
    assert table.loc["all", "ar100"] == pytest.approx(summary["AR100"], abs=1e-12)
    assert ev.average_recall()["ar10"].mean() == pytest.approx(summary["AR10"], abs=1e-12)
