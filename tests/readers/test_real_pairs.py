"""Ground truth and predictions of public repositories, with the counts and numbers known about them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from framelens.data import join, read_predictions, read_truth
from framelens.metrics.coco import coco_metrics

COCO = "coco_val2014_100/instances_val2014_100.json"
SHAPES = "faster_coco_eval_shapes"
VOC100 = "voc100/gts"


def pair(real, truth, predictions, **options):
    read = read_truth(real / "pairs" / truth, **options)
    return join(read, read_predictions(real / "pairs" / predictions, truth=read))


@pytest.mark.parametrize(
    ("truth", "predictions", "options", "counts", "skipped"),
    [
        (COCO, "coco_val2014_100/instances_val2014_fakebbox100_results.json", {}, (100, 80, 839, 734), 0),
        (COCO, "coco_val2014_100/instances_val2014_fakesegm100_results.json", {}, (100, 80, 839, 734), 0),
        (f"{SHAPES}/gt_dataset.json", f"{SHAPES}/dt_dataset.json", {}, (3, 4, 9, 9), 0),
        (f"{SHAPES}/gt_ignore_test.json", f"{SHAPES}/dt_ignore_test.json", {}, (1, 1, 14, 63), 0),
        ("blood_cells_detectron2/_annotations.coco.json", "blood_cells_detectron2/coco_instances_results.json", {},
         (99, 12, 235, 249), 0),
        ("fruit_detectron2/fruit_val_coco_format.json", "fruit_detectron2/coco_instances_results.json", {}, (3, 3, 28, 65), 0),
        ("podm_sample_3/groundtruths_coco.json", "podm_sample_3/detections_coco.json", {}, (7, 1, 15, 24), 0),
        ("toyexample/gts_coco_format/toy_example_coco.JSON", "toyexample/dets_coco_format/coco_dets.json", {}, (10, 1, 12, 12), 0),
        ("toyexample/gts_vocpascal_format", "toyexample/dets_classid_abs_xyx2y2", {}, (10, 1, 12, 12), 0),
        ("toyexample/gts_vocpascal_format", "toyexample/dets_classid_rel_xcycwh", {}, (10, 1, 12, 12), 0),
        ("toyexample/gts_vocpascal_format", "toyexample/dets_classname_abs_xywh", {}, (10, 1, 12, 12), 0),
        ("toyexample/gts_vocpascal_format", "toyexample/dets_classname_abs_xyx2y2", {}, (10, 1, 12, 12), 0),
        (f"{VOC100}/coco_format_v2/instances_v2.json", "voc100/dets/coco_format/coco_dets.json", {}, (100, 20, 273, 452), 0),
        (f"{VOC100}/pascalvoc_format", "voc100/dets/coco_format/coco_dets.json", {}, (100, 20, 273, 452), 0),
        (f"{VOC100}/pascalvoc_format", "voc100/dets/abs_xyx2y2", {}, (100, 20, 273, 452), 0),
        ("cartucho_map/ground-truth", "cartucho_map/detection-results", {}, (85, 38, 686, 494), 0),
        ("odm_sample2/groundtruths", "odm_sample2/detections", {}, (7, 1, 15, 24), 0),
        ("odm_sample2/groundtruths_rel", "odm_sample2/detections_rel", {"frames": (200, 200)}, (7, 1, 15, 24), 0),
        ("cv4ecology_val_conf50/validation_all_classes.txt", "cv4ecology_val_conf50/predictions.json", {"frames": (2400, 1350)},
         (2512, 15, 3139, 2877), 0),
        ("cv4ecology_val_conf50", "cv4ecology_val_conf50/predictions.json", {"frames": (2400, 1350)}, (2212, 15, 3139, 2872), 5),
        ("cv4ecology_predict2_txt", "cv4ecology_predict2_txt/predictions", {}, (189, 15, 238, 228), 3),
        ("workshoe_test", "workshoe_test/predictions.json", {"frames": (640, 640)}, (9, 1, 18, 2700), 0),
    ],
)  # fmt: skip
def test_counts(real, truth, predictions, options, counts, skipped):
    data = pair(real, truth, predictions, **options)
    assert (len(data.frames), len(data.classes), len(data.objects), len(data.detections)) == counts
    assert sum(skip.count for skip in data.skipped) == skipped
    assert (np.diff(data.objects.frame) >= 0).all()
    assert (np.diff(data.detections.frame) >= 0).all()


@pytest.mark.parametrize(
    ("truth", "predictions", "expected", "key"),
    [
        (COCO, "coco_val2014_100/instances_val2014_fakebbox100_results.json", "coco_val2014_100", "bbox"),
        ("fruit_detectron2/fruit_val_coco_format.json", "fruit_detectron2/coco_instances_results.json", "fruit_detectron2", "bbox"),
        (f"{SHAPES}/gt_dataset.json", f"{SHAPES}/dt_dataset.json", SHAPES, "gt_dataset"),
        (f"{VOC100}/coco_format_v2/instances_v2.json", "voc100/dets/coco_format/coco_dets.json", "voc100", None),
        ("toyexample/gts_coco_format/toy_example_coco.JSON", "toyexample/dets_coco_format/coco_dets.json", "toyexample", None),
    ],
)  # fmt: skip
def test_numbers_of_pycocotools(real, truth, predictions, expected, key):
    known = json.loads((real / "pairs" / expected / "expected.json").read_text())["recomputed"]
    known = known[key] if key else known
    summary = coco_metrics(pair(real, truth, predictions)).summary
    digits = 4 if key is None else 6
    for name, value in summary.items():
        if name in known:
            assert round(float(np.nan_to_num(value, nan=-1)), digits) == pytest.approx(known[name], abs=10**-digits), (
                name
            )


def test_annotation_ids_from_0_are_counted(real):
    """pycocotools loses the object with id 0 (AP 0.223970); with ids from 1 it gives this value."""
    folder = "blood_cells_detectron2"
    data = pair(real, f"{folder}/_annotations.coco.json", f"{folder}/coco_instances_results.json")
    assert coco_metrics(data).summary["AP"] == pytest.approx(0.225253, abs=1e-6)


def test_every_encoding_of_the_toy_example_is_the_same_boxes(real):
    folder = "toyexample/gts_vocpascal_format"
    encodings = ("dets_classid_abs_xyx2y2", "dets_classname_abs_xywh", "dets_classname_abs_xyx2y2")
    boxes = [pair(real, folder, f"toyexample/{name}").detections.box for name in encodings]
    np.testing.assert_array_equal(boxes[0], boxes[1])
    np.testing.assert_array_equal(boxes[0], boxes[2])
    relative = pair(real, folder, "toyexample/dets_classid_rel_xcycwh").detections.box
    np.testing.assert_allclose(relative, boxes[0], atol=1)  # written from pixels counted from 1


def test_ultralytics_counts_classes_from_0_or_from_1(real):
    old = pair(real, "cv4ecology_val_conf50", "cv4ecology_val_conf50/predictions.json", frames=(2400, 1350))
    new = pair(real, "workshoe_test", "workshoe_test/predictions.json", frames=(640, 640))
    assert any("counts from 0 (0 occurs)" in text for text in old.warnings)
    assert any("counts from 1 (1 occurs" in text for text in new.warnings)
    assert any("polygons are reduced" in text for text in new.warnings)


def test_the_two_sets_of_padilla_are_the_same_boxes(real):
    absolute = pair(real, "odm_sample2/groundtruths", "odm_sample2/detections")
    relative = pair(real, "odm_sample2/groundtruths_rel", "odm_sample2/detections_rel", frames=(200, 200))
    np.testing.assert_allclose(absolute.objects.box, relative.objects.box, atol=0.01)
    np.testing.assert_allclose(absolute.detections.box, relative.detections.box, atol=0.01)
