"""LVIS says which classes it verified in which images."""

from __future__ import annotations

import json

import pytest

from framelens.data import read_truth
from framelens.errors import DataError


def _file(tmp_path, **image):
    document = {
        "images": [
            {"id": 9, "file_name": "b.jpg", "neg_category_ids": [30], "not_exhaustive_category_ids": []},
            {"id": 4, "file_name": "a.jpg", "neg_category_ids": [10, 30], "not_exhaustive_category_ids": [20], **image},
        ],
        "annotations": [{"id": 1, "image_id": 4, "category_id": 20, "bbox": [0, 0, 5, 5], "area": 20}],
        "categories": [
            {"id": 30, "name": "zebra", "frequency": "r"},
            {"id": 10, "name": "ant", "frequency": "f"},
            {"id": 20, "name": "bee", "frequency": "c"},
        ],
    }
    path = tmp_path / "lvis.json"
    path.write_text(json.dumps(document))
    return path


def test_verified_classes_are_carried_by_frame_and_class(tmp_path):
    found = read_truth(_file(tmp_path)).federated
    assert found.negative.tolist() == [[0, 0], [0, 2], [1, 2]]
    assert found.not_exhaustive.tolist() == [[0, 1]]
    assert found.frequency == ("f", "c", "r")


def test_ids_of_no_category_are_counted(tmp_path):
    truth = read_truth(_file(tmp_path, neg_category_ids=[10, 77]))
    assert truth.federated.negative.tolist() == [[0, 0], [1, 2]]
    assert [(skip.where, skip.count) for skip in truth.skipped] == [("neg_category_ids 77", 1)]


def test_what_is_no_list_of_ids_is_named(tmp_path):
    with pytest.raises(DataError, match=r"images\[1\]: neg_category_ids is .* expected a list of category ids"):
        read_truth(_file(tmp_path, neg_category_ids="all"))


def test_other_coco_files_verify_every_class(tmp_path):
    path = _file(tmp_path)
    document = json.loads(path.read_text())
    for image in document["images"]:
        del image["neg_category_ids"], image["not_exhaustive_category_ids"]
    path.write_text(json.dumps(document))
    assert read_truth(path).federated is None
