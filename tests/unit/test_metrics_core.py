"""The metric core on data small enough to count by hand, and on odd and hostile data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from framelens.data.dataset import Dataset, Detections, Frames, Objects
from framelens.errors import OptionError
from framelens.metrics.coco import coco_metrics
from framelens.metrics.confusion import confuse
from framelens.metrics.iou import iou_matrix
from framelens.metrics.matching import match
from framelens.metrics.operating_point import best_f1, score_classes
from framelens.metrics.overlaps import find_overlaps
from framelens.metrics.ultralytics import ultralytics_confusion, ultralytics_metrics
from framelens.metrics.voc import voc_metrics


def dataset(objects=(), detections=(), *, classes=2, frames=2, **more) -> Dataset:
    """Objects as (frame, class, box[, flag]), detections as (frame, class, box, score)."""
    objects, detections = sorted(objects, key=lambda row: row[0]), sorted(detections, key=lambda row: row[0])
    box = np.array([row[2] for row in objects], dtype=float).reshape(-1, 4)
    flags = [row[3] if len(row) > 3 else "" for row in objects]
    with np.errstate(over="ignore"):
        area = box[:, 2] * box[:, 3]
    size = np.full(frames, 100.0)
    return Dataset(
        Frames(tuple(map(str, range(frames))), tuple(range(frames)), size, size),
        tuple(f"class {k}" for k in range(classes)),
        tuple(range(classes)),
        Objects(
            np.array([row[0] for row in objects], dtype=np.int32),
            np.array([row[1] for row in objects], dtype=np.int32),
            box,
            area,
            np.array([flag == "crowd" for flag in flags], dtype=bool),
            np.array([flag == "ignore" for flag in flags], dtype=bool),
            np.arange(len(objects)),
        ),
        Detections(
            np.array([row[0] for row in detections], dtype=np.int32),
            np.array([row[1] for row in detections], dtype=np.int32),
            np.array([row[2] for row in detections], dtype=float).reshape(-1, 4),
            np.array([row[3] for row in detections], dtype=float),
            np.arange(len(detections)),
        ),
        **more,
    )


def everything(data, iou=0.5, confidence="best"):
    """Run the whole core with numpy's warnings as errors."""
    with np.errstate(all="raise"):
        matching = match(data, iou)
        point = best_f1(data, matching)
        at = point.confidence if confidence == "best" else confidence
        results = (
            coco_metrics(data),
            matching,
            point,
            score_classes(data, matching, at),
            confuse(data, matching, at),
            ultralytics_metrics(data),
            voc_metrics(data, iou=iou),
        )
        assert results[0].precision.shape == (10, 101, len(data.classes), 4, 3)
        ultralytics_confusion(data)
    return results


BOX, OTHER = [0, 0, 10, 10], [50, 50, 10, 10]


def test_no_objects():
    metrics, matching, point, scores, confusion, ultralytics, voc = everything(dataset([], [(0, 1, BOX, 0.9)]))
    assert all(np.isnan(value) for value in metrics.summary.values())
    assert matching.partner.tolist() == [-1]
    assert point.confidence is None
    assert np.isnan(scores.recall).all()
    assert scores.precision.tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)
    assert np.isnan([scores.macro.precision, scores.macro.f1, scores.micro.recall]).all()
    assert confusion.counts.tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert all(np.isnan(value) for value in ultralytics.summary.values())
    assert np.isnan(voc.summary["AP_every_point"])


def test_no_detections():
    metrics, matching, point, scores, confusion, ultralytics, voc = everything(dataset([(0, 1, BOX)]))
    assert metrics.summary["AP"] == 0
    assert metrics.ap50.tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)
    assert matching.object_partner.tolist() == [-1]
    assert point.confidence is None
    assert scores.recall.tolist() == pytest.approx([np.nan, 0.0], nan_ok=True)
    assert np.isnan(scores.macro.precision)
    assert (scores.macro.recall, scores.macro.f1, scores.macro.precision_classes) == (0, 0, 0)
    assert confusion.counts.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert ultralytics.summary["P"] == 0
    assert voc.summary["AP_eleven_point"] == 0


@pytest.mark.parametrize(("classes", "frames"), [(2, 2), (1, 0), (0, 0)])
def test_nothing_at_all(classes, frames):
    metrics, _, point, scores, confusion, *_ = everything(dataset(classes=classes, frames=frames))
    assert all(np.isnan(value) for value in metrics.summary.values())
    assert point.confidence is None
    assert confusion.counts.shape == (classes + 1, classes + 1)
    assert np.isnan(scores.micro.f1)


def test_only_crowds_and_ignored_objects():
    data = dataset(
        [(0, 0, [0, 0, 40, 40], "crowd"), (1, 1, BOX, "ignore")],
        [(0, 0, BOX, 0.9), (0, 0, [5, 5, 10, 10], 0.8), (1, 1, BOX, 0.7), (1, 1, BOX, 0.6)],
    )
    _, matching, point, scores, confusion, *_ = everything(data)
    assert matching.partner.tolist() == [0, 0, 1, -1]
    assert matching.absorbed.tolist() == [True, True, True, False]
    assert matching.object_partner.tolist() == [-1, 2]
    assert point.confidence is None
    assert scores.detections.tolist() == [0, 1]
    assert confusion.counts.sum() == 1
    assert (confusion.ignored_objects, confusion.ignored_detections) == (2, 3)


def test_a_free_object_goes_before_an_ignored_one_that_overlaps_more():
    data = dataset([(0, 0, BOX, "ignore"), (0, 0, [0, 0, 10, 8])], [(0, 0, BOX, 0.9), (0, 0, BOX, 0.8)])
    assert match(data).partner.tolist() == [1, 0]


def test_second_choice_and_the_later_of_equals():
    data = dataset([(0, 0, BOX), (0, 0, BOX), (0, 0, [0, 0, 10, 8])], [(0, 0, BOX, score) for score in (0.2, 0.9, 0.5)])
    assert match(data).partner.tolist() == [2, 1, 0]


def test_equal_scores_choose_in_the_order_of_the_file():
    data = dataset([(0, 0, BOX)], [(0, 0, [0, 0, 10, 9], 0.5), (0, 0, BOX, 0.5)])
    assert match(data).partner.tolist() == [0, -1]


def test_iou_and_confidence_are_met_when_reached_exactly():
    data = dataset([(0, 0, BOX)], [(0, 0, [0, 0, 10, 5], 0.25)])
    assert match(data, 0.5).partner.tolist() == [0]
    assert match(data, float(np.nextafter(0.5, 1))).partner.tolist() == [-1]
    matching = match(data)
    assert confuse(data, matching, 0.25).counts[0, 0] == 1
    assert confuse(data, matching, float(np.nextafter(0.25, 1))).counts[0, 2] == 1


def test_an_iou_of_one_is_reached_by_equal_boxes():
    data = dataset([(0, 0, [0.1, 0.2, 0.3, 0.7])], [(0, 0, [0.1, 0.2, 0.3, 0.7], 0.5)])
    assert match(data, 1.0).partner.tolist() == [0]


def test_the_matrix_takes_the_right_class_before_the_better_box():
    data = dataset([(0, 0, BOX)], [(0, 1, BOX, 0.9), (0, 0, [0, 0, 10, 9], 0.5)])
    assert confuse(data, match(data), None).counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert ultralytics_confusion(data).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_confusion_follows_the_confidence():
    data = dataset([(0, 0, BOX)], [(0, 1, BOX, 0.9), (0, 0, BOX, 0.5)])
    matching = match(data)
    assert confuse(data, matching, 0.6).counts.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert confuse(data, matching, 0.5).counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_scores_outside_zero_and_one():
    data = dataset([(0, 0, BOX), (1, 0, BOX)], [(0, 0, BOX, 17.0), (1, 0, BOX, -3.0), (1, 0, OTHER, -40.0)])
    metrics, _, point, scores, *_ = everything(data)
    assert metrics.summary["AP50"] == pytest.approx(1)
    assert point.confidence == -3
    assert scores.macro.f1 == 1


def test_boxes_without_area_match_nothing():
    data = dataset([(0, 0, [5, 5, 0, 10]), (0, 0, BOX)], [(0, 0, [5, 5, 0, 10], 0.9), (0, 0, BOX, 0.5)])
    _, matching, *_ = everything(data)
    assert matching.partner.tolist() == [-1, 1]


@pytest.mark.parametrize("side", [1e-200, 1e200, 1e308])
def test_boxes_at_the_ends_of_the_number_range(side):
    data = dataset(
        [(0, 0, [0, 0, side, side])], [(0, 0, [0, 0, side, side], 0.5), (0, 0, [side, side, side, side], 0.4)]
    )
    everything(data)


def test_relative_boxes_have_no_sizes():
    data = dataset([(0, 0, [0.1, 0.1, 0.2, 0.2])], [(0, 0, [0.1, 0.1, 0.2, 0.2], 0.5)], box_unit="relative")
    for area in (0.04, np.nan):
        metrics, *_ = everything(replace(data, objects=replace(data.objects, area=np.array([area]))))
        assert metrics.summary["AP"] == pytest.approx(1)
        assert np.isnan([metrics.summary[name] for name in ("APs", "APm", "APl", "ARs", "ARm", "ARl")]).all()
    with pytest.raises(OptionError, match="pixels"):
        voc_metrics(data, whole_pixels=True)


@pytest.mark.parametrize("crowd", [0.0, 0.05])
@pytest.mark.parametrize("iou", [0.1, 0.5, 0.9])
def test_large_groups_find_the_same_pairs(monkeypatch, crowd, iou):
    random = np.random.default_rng(0)
    box = np.hstack((random.random((60, 2)) * 50, random.random((60, 2)) * 30))
    near = box[random.integers(0, 60, 200)] + random.normal(0, 2, (200, 4))
    near[:, 2:] = np.abs(near[:, 2:])
    data = dataset(
        [(0, 0, row, "crowd" if random.random() < crowd else "") for row in box.tolist()],
        [(0, 0, row, random.random()) for row in near.tolist()],
    )
    few, plain = (
        find_overlaps(data, iou).pairs,
        np.argwhere(iou_matrix(data.detections.box, box, data.objects.crowd) >= iou),
    )
    monkeypatch.setattr("framelens.metrics._pairs._LARGE", 0)
    overlaps = find_overlaps(data, iou)
    for name in ("detection", "object", "iou"):
        np.testing.assert_array_equal(getattr(few, name), getattr(overlaps.pairs, name))
    found = {(row, thing) for row, thing in zip(overlaps.grouped[few.detection], few.object, strict=True)}
    assert found == set(map(tuple, plain.tolist()))


def test_a_hundred_thousand_boxes_in_one_frame():
    random = np.random.default_rng(0)
    corner = random.random((100_000, 2)) * 30_000
    box = np.hstack((corner, np.full((100_000, 2), 40.0)))
    one, rows, few = np.zeros(100_000, dtype=np.int32), np.arange(100_000), slice(50_000)
    area, no = np.full(50_000, 1600.0), np.zeros(50_000, dtype=bool)
    data = replace(
        dataset(),
        objects=Objects(one[few], one[few], box[few], area, no, no, rows[few]),
        detections=Detections(one, one, box, random.random(100_000), rows),
    )
    matching = match(data)
    assert (matching.iou[matching.partner >= 0] >= 0.5).all()
    confusion = confuse(data, matching, 0.5)
    assert confusion.counts[:-1].sum() == 50_000
    assert 0 < coco_metrics(data).summary["AR100"] <= 100 / 50_000


@pytest.mark.parametrize("iou", [0, -0.1, 1.01, float("nan")])
def test_an_iou_out_of_range_is_refused(iou):
    for function in (match, lambda data, iou: voc_metrics(data, iou=iou)):
        with pytest.raises(OptionError, match="iou"):
            function(dataset(), iou)


IMPOSSIBLE = [
    {"area_ranges": {}},
    {"area_ranges": {"upside": (2.0, 1.0)}},
    {"max_detections": []},
    {"max_detections": [0, 10]},
]


@pytest.mark.parametrize("options", IMPOSSIBLE)
def test_impossible_options_are_refused(options):
    with pytest.raises(OptionError):
        coco_metrics(dataset(), **options)


def test_custom_ranges_and_limits_are_named_in_the_summary():
    summary = coco_metrics(dataset(), area_ranges={"all": (0, 1e10), "far": (0, 9)}, max_detections=[300, 5]).summary
    assert list(summary) == ["AP", "AP50", "AP75", "AP_far", "AR5", "AR300", "AR_far"]


def test_results_cannot_be_changed():
    metrics, matching, _, scores, confusion, *_ = everything(dataset([(0, 0, BOX)], [(0, 0, BOX, 0.5)]))
    for array in (
        metrics.precision,
        metrics.recall,
        matching.partner,
        scores.f1,
        confusion.counts,
        confusion.examples.iou,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
