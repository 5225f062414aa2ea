"""Numbers that other people's tools have printed for real files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from framelens.metrics.coco import coco_metrics
from framelens.metrics.ultralytics import ultralytics_confusion, ultralytics_metrics
from framelens.metrics.voc import voc_metrics
from parity import loaders
from parity.datasets import pycocotools

COCO_PAIRS = {
    "coco_val2014_100": ("instances_val2014_100.json", "instances_val2014_fakebbox100_results.json"),
    "fruit_detectron2": ("fruit_val_coco_format.json", "coco_instances_results.json"),
    "blood_cells_detectron2": ("_annotations.coco.json", "coco_instances_results.json"),
}


def expected(folder):
    return json.loads((folder / "expected.json").read_text())


@pytest.mark.parametrize("name", COCO_PAIRS)
def test_coco_equals_the_stated_numbers_and_pycocotools(real, name):
    folder = real / "pairs" / name
    dataset = loaders.coco(*(folder / file for file in COCO_PAIRS[name]))
    metrics = coco_metrics(dataset)
    stated = expected(folder)["recomputed"]["bbox"]
    undefined = {key: -1.0 if np.isnan(value) else value for key, value in metrics.summary.items()}
    if name == "blood_cells_detectron2":  # pycocotools takes annotation id 0 for "no match"; numbered from 1 it agrees
        assert stated["AP"] < metrics.summary["AP"]
    else:
        assert undefined == pytest.approx(stated, abs=5e-7)
    precision, recall, numbers = pycocotools(dataset)
    np.testing.assert_allclose(list(metrics.summary.values()), numbers, atol=1e-12, rtol=0)
    np.testing.assert_allclose(metrics.precision, precision, atol=1e-12, rtol=0)
    np.testing.assert_allclose(metrics.recall, recall, atol=1e-12, rtol=0)


def test_coco_published_check_to_the_last_digit(real):
    folder = real / "pairs/coco_val2014_100"
    summary = coco_metrics(loaders.coco(*(folder / file for file in COCO_PAIRS["coco_val2014_100"]))).summary
    published = (
        "0.5045806987249628 0.6969727247299577 0.5729816669904824 0.5856257209410443 0.5193996948036719 "
        "0.5013978986347466 0.38681277964578054 0.5936795762842003 0.595352982877607 0.6398109626113442 "
        "0.5664205778994309 0.5642905982905982"
    )
    np.testing.assert_allclose(list(summary.values()), [float(value) for value in published.split()], atol=1e-12)


def test_coco_per_class_as_detectron2_printed_it(real):
    folder = real / "pairs/fruit_detectron2"
    metrics = coco_metrics(loaders.coco(*(folder / file for file in COCO_PAIRS["fruit_detectron2"])))
    stated = expected(folder)["stated"]
    defined = metrics.ap50_95[~np.isnan(metrics.ap50_95)]
    np.testing.assert_allclose(100 * defined, list(stated["per_class"].values()), atol=1e-10)
    assert 100 * metrics.summary["AP"] == pytest.approx(stated["AP"], abs=1e-10)


@pytest.fixture
def wildlife(real):
    folder = real / "pairs/cv4ecology_val_conf50"
    truth = loaders.yolo_rows(folder / "labels", 2400, 1350)
    found = [
        {"frame": row["image_id"], "class": row["category_id"], "box": row["bbox"], "score": row["score"]}
        for row in json.loads((folder / "predictions.json").read_text())
    ]
    return loaders.build(truth, found, list(range(15))), expected(folder)


def test_ultralytics_table_to_its_three_decimals(wildlife):
    dataset, stated = wildlife
    metrics = ultralytics_metrics(dataset)
    rows = list(stated["stated"]["table"].values())
    overall = {key: rows[0][key.replace("-", "_")] for key in ("P", "R", "mAP50", "mAP50-95")}
    assert {key: round(value, 3) for key, value in metrics.summary.items()} == overall
    columns = (metrics.precision, metrics.recall, metrics.ap[:, 0], metrics.ap.mean(axis=1))
    table = np.array([[row[key] for key in ("P", "R", "mAP50", "mAP50_95")] for row in rows[1:]])
    np.testing.assert_array_equal(np.round(np.transpose(columns), 3), table)
    exact = stated["recomputed"]
    assert metrics.summary["mAP50"] == pytest.approx(exact["mAP50"], abs=5e-7)


@pytest.mark.parametrize(("name", "every_alarm"), [("complete", True), ("as_plotted", False)])
def test_ultralytics_matrix_cell_for_cell(wildlife, name, every_alarm):
    dataset, stated = wildlife
    matrix = ultralytics_confusion(dataset, confidence=0.5, every_alarm=every_alarm)
    np.testing.assert_array_equal(matrix.T, stated["confusion_matrix"][name])


def test_ultralytics_on_text_predictions(real):
    folder = real / "pairs/cv4ecology_predict2_txt"
    truth = loaders.yolo_rows(folder / "labels", 1, 1)
    labelled = {file.stem for file in (folder / "labels").glob("*.txt")}
    found = loaders.yolo_rows(folder / "predictions", 1, 1, scored=True)
    found = [row for row in found if row["frame"] in labelled]
    metrics = ultralytics_metrics(loaders.build(truth, found, list(range(15))))
    stated = expected(folder)["recomputed"]
    assert {key: round(value, 4) for key, value in metrics.summary.items()} == {
        "P": stated["P"],
        "R": stated["R"],
        "mAP50": stated["mAP50"],
        "mAP50-95": stated["mAP50_95"],
    }


def test_ultralytics_with_one_based_categories(real):
    folder = real / "pairs/workshoe_test"
    truth = loaders.yolo_rows(folder / "labels", 640, 640)
    found = [
        {"frame": row["image_id"], "class": row["category_id"] - 1, "box": row["bbox"], "score": row["score"]}
        for row in json.loads((folder / "predictions.json").read_text())
    ]
    dataset = loaders.build(truth, found, [0])
    stated = expected(folder)
    summary = ultralytics_metrics(dataset).summary
    for key in ("P", "R", "mAP50", "mAP50-95"):
        assert round(summary[key], 4) == stated["stated"][key.replace("-", "_")]
    np.testing.assert_array_equal(
        ultralytics_confusion(dataset, every_alarm=False).T, stated["confusion_matrix"]["as_plotted"]
    )


def test_voc_every_and_eleven_point_of_padilla(real):
    folder = real / "pairs/odm_sample2"
    truth = loaders.text_rows(folder / "groundtruths", scored=False, corners=False)
    found = loaders.text_rows(folder / "detections", scored=True, corners=False)
    dataset = loaders.build(truth, found, ["person"])
    stated = expected(folder)["stated"]
    summary = voc_metrics(dataset, iou=0.3, whole_pixels=True).summary
    assert round(summary["AP_every_point"], 4) == stated["AP_every_point"]
    assert round(summary["AP_eleven_point"], 4) == stated["AP_11_point"]
    # The successor of that repository states more digits at three thresholds, for the same boxes.
    for iou, eleven, every in (
        (0.1, 0.3333333333, 0.3371980676),
        (0.3, 0.2683982683, 0.2456866804),
        (0.5, 0.0303030303, 0.0222222222),
    ):
        metrics = voc_metrics(dataset, iou=iou, whole_pixels=True)
        assert metrics.eleven_point[0] == pytest.approx(eleven, abs=1e-9)
        assert metrics.every_point[0] == pytest.approx(every, abs=1e-9)


def test_voc_of_the_toy_example(real):
    folder = real / "pairs/toyexample"
    truth = [
        {"frame": row["image_id"], "class": row["category_id"], "box": row["bbox"]}
        for row in json.loads((folder / "gts_coco_format/toy_example_coco.JSON").read_text())["annotations"]
    ]
    found = [
        {"frame": row["image_id"], "class": row["category_id"], "box": row["bbox"], "score": row["score"]}
        for row in json.loads((folder / "dets_coco_format/coco_dets.json").read_text())["annotations"]
    ]
    dataset = loaders.build(truth, found, sorted({row["class"] for row in truth + found}))
    stated = expected(folder)["stated"]
    for iou, key in ((0.5, "IoU_0_5"), (0.75, "IoU_0_75")):
        summary = voc_metrics(dataset, iou=iou).summary
        assert round(summary["AP_eleven_point"], 4) == stated[key]["eleven_point"]
        assert round(summary["AP_every_point"], 4) == stated[key]["every_point"]


def test_voc_of_cartucho_with_every_class(real):
    folder = real / "pairs/cartucho_map"
    truth = loaders.text_rows(folder / "ground-truth", scored=False, corners=True)
    found = loaders.text_rows(folder / "detection-results", scored=True, corners=True)
    classes = sorted({row["class"] for row in truth + found})
    metrics = voc_metrics(loaders.build(truth, found, classes), whole_pixels=True)
    stated = expected(folder)["stated"]
    ours = {
        name: value for name, value in zip(classes, metrics.every_point.tolist(), strict=True) if not np.isnan(value)
    }
    assert ours == pytest.approx(stated["AP"], abs=1e-12)
    assert metrics.summary["AP_every_point"] == pytest.approx(stated["mAP"], abs=1e-12)
    counts = zip(metrics.true_positives.tolist(), metrics.false_positives.tolist(), strict=True)
    counts = {name: list(pair) for name, pair in zip(classes, counts, strict=True)}
    assert {name: counts[name] for name in stated["tp_fp"]} == stated["tp_fp"]
