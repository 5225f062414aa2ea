"""Ground truth of public repositories: every label file that is not part of a pair."""

from __future__ import annotations

import json

import pytest

from framelens import inspect
from framelens.data import join, read_predictions, read_truth
from framelens.errors import DataError, FramelensError
from framelens.metrics.coco import coco_metrics

YOLO = "formats/datumaro/yolo_dataset"
COCO = "formats/datumaro/coco_dataset"
TASK = "images/task_2075061_annotations_2026_03_09_11_29_19_yolo 1.1"


@pytest.mark.parametrize(
    ("path", "form", "counts", "word"),
    [
        ("images/BCCD", "voc", (43, 3, 602), "1 boxes have no area"),
        ("images/coco8", "yolo", (7, 76, 28), "no class names"),
        ("images/coco8-pose", "yolo", (8, 1, 21), "21 poses"),
        ("images/arrow_frames", "yolo", (20, 1, 20), "no class names"),
        ("images/sahi_terrain/combined_coco.json", "coco", (2, 3, 12), None),
        ("images/sahi_terrain/terrain1_coco.json", "coco", (1, 1, 7), None),
        ("images/sahi_terrain/terrain2_coco.json", "coco", (1, 1, 5), None),
        ("images/sahi_terrain/terrain1.json", "labelme", (1, 1, 7), "7 polygons"),
        ("images/deepforest_osbs/OSBS_029.csv", "csv", (1, 1, 61), None),
        ("images/deepforest_osbs/OSBS_029.xml", "voc", (1, 1, 61), None),
        ("images/fish_obb/labelTxt", "dota", (18, 2, 28), "28 oriented boxes"),
        ("images/fish_obb/labelTxt_crlf", "dota", (1, 3, 56), "56 oriented boxes"),
        ("images/balloon_gt/balloon_train.json", "coco", (61, 1, 255), None),
        (TASK, "yolo", (150, 4, 212), "110 of 150 pictures have no label file"),
        ("awkward/openimages_annotations_head.csv", "csv", (48, 118, 399), "fractions"),
        (f"{YOLO}/yolo", "yolo", (1, 10, 2), None),
        (f"{YOLO}/yolov8_detection", "yolo", (1, 10, 2), None),
        (f"{YOLO}/yolov8_detection_with_list_of_imgs", "yolo", (1, 10, 2), None),
        (f"{YOLO}/yolov8_detection_with_list_of_names", "yolo", (1, 10, 2), None),
        (f"{YOLO}/yolov8_detection_with_subset_txt", "yolo", (1, 10, 2), None),
        (f"{YOLO}/yolov8_oriented_boxes", "yolo", (1, 10, 2), "2 oriented boxes"),
        (f"{YOLO}/yolov8_pose", "yolo", (1, 1, 1), "1 poses"),
        (f"{YOLO}/yolov8_pose_two_values_per_point", "yolo", (1, 1, 1), "1 poses"),
        (f"{YOLO}/yolov8_segmentation", "yolo", (1, 10, 2), "2 polygons"),
        ("formats/datumaro/voc_dataset/voc_dataset1", "voc", (1, 2, 2), None),
        ("formats/datumaro/voc_dataset/voc_dataset2", "voc", (5, 4, 4), None),
        ("formats/datumaro/voc_dataset/voc_dataset3", "voc", (1, 1, 1), None),
        ("formats/datumaro/vott_csv_dataset/dataset/test-export.csv", "csv", (2, 2, 2), None),
        ("formats/datumaro/vott_csv_dataset/dataset/train-export.csv", "csv", (2, 2, 3), None),
        (f"{COCO}/coco_instances", "coco", (1, 3, 2), "instances_val.json is read"),
        (f"{COCO}/coco_instances/annotations/instances_train.json", "coco", (1, 3, 1), None),
        (f"{COCO}/coco_person_keypoints", "coco", (1, 2, 2), None),
        (f"{COCO}/coco_stuff/annotations/stuff_train.json", "coco", (1, 2, 1), None),
        (f"{COCO}/coco_image_info/annotations/image_info_train.json", "coco", (1, 0, 0), None),
    ],
)  # fmt: skip
def test_counts(real, path, form, counts, word):
    truth = read_truth(real / path)
    assert truth.source.format == form
    assert (len(truth.frames), len(truth.classes), len(truth.objects)) == counts
    assert word is None or any(word in text for text in truth.warnings), truth.warnings
    found = inspect(real / path)
    assert (found.frames, len(found.classes), found.objects) == counts
    json.dumps(found.as_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (f"{COCO}/coco_captions/annotations/captions_train.json", "bbox is missing"),
        (f"{COCO}/coco_labels/annotations/labels_train.json", "bbox is missing"),
        (f"{COCO}/coco_panoptic/annotations/panoptic_val.json", "panoptic"),
        (f"{YOLO}/yolov8_classification", "not recognised"),
        ("awkward/coco_fixtures/coco_sample.json", "annotations[5]"),
        ("awkward/coco_fixtures/expected_pycocotools.json", "not recognised"),
    ],
)
def test_what_has_no_boxes_says_so(real, path, word):
    with pytest.raises(DataError) as caught:
        read_truth(real / path)
    assert word in str(caught.value)


@pytest.mark.parametrize(
    "name", ["nonsequential_ids", "tied_scores", "bbox_outside_image", "zero_area_bbox", "dt_unknown_category"]
)
def test_fixtures_of_another_evaluator(real, name):
    folder = real / "awkward" / "coco_fixtures"
    known = json.loads((folder / "expected_pycocotools.json").read_text())["results"][name]
    truth = read_truth(folder / f"{name}.json")
    summary = coco_metrics(join(truth, read_predictions(folder / f"{name}.json"))).summary
    for key, value in known.items():
        assert (-1.0 if summary[key] != summary[key] else summary[key]) == pytest.approx(value, abs=1e-6), key


def test_a_detection_of_an_unknown_image_is_counted(real):
    path = real / "awkward" / "coco_fixtures" / "dt_unknown_image.json"
    data = join(read_truth(path), read_predictions(path))
    assert len(data.detections) == 1
    assert data.skipped[0].where.startswith("detections[1]")


def test_sizes_of_pictures_make_pixels(real):
    truth = read_truth(real / "images" / "arrow_frames")
    assert truth.box_unit == "pixel"
    assert set(truth.frames.width.tolist()) == {224.0}
    assert truth.frames.names[:3] == ("val/0.jpg", "val/3.jpg", "val/6.jpg")


def test_every_file_of_the_collection_is_read_or_refused(real):
    """Whatever is pointed at, the outcome is a result or one framelens error."""
    for path in sorted([*real.glob("*/*"), *real.glob("*/*/*")]):
        for read in (read_truth, read_predictions):
            try:
                read(path)
            except FramelensError as error:
                assert "\n" not in str(error)
                assert str(real) not in str(error)
