"""COCO ground truth and results: what is read, what is refused, what is skipped."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from framelens.data import join, read_predictions, read_truth
from framelens.errors import DataError

IMAGES = [{"id": 9, "file_name": "b/nine.png", "width": 100, "height": 80}, {"id": 2, "file_name": "two.png"}]
CATEGORIES = [{"id": 7, "name": "zebra"}, {"id": 3, "name": "ant"}]
ANNOTATIONS = [
    {"id": 1, "image_id": 9, "category_id": 7, "bbox": [1, 2, 3, 4], "area": 5, "iscrowd": 1},
    {"id": 2, "image_id": 2, "category_id": 3, "bbox": [5, 6, 7, 8]},
    {"id": 3, "image_id": 9, "category_id": 3, "bbox": [9.5, 10, 11, 12], "ignore": 1},
]
RESULTS = [
    {"image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 2], "score": 0.5},
    {"image_id": 2, "category_id": 7, "bbox": [3, 3, 4, 4], "score": 0.9},
    {"image_id": 9, "category_id": 3, "bbox": [5, 5, 6, 6], "score": 0.7},
]


def document(**changes):
    return {"images": IMAGES, "annotations": ANNOTATIONS, "categories": CATEGORIES, **changes}


@pytest.fixture
def write(tmp_path):
    def put(value, name="gt.json"):
        path = tmp_path / name
        path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        return path

    return put


def test_truth_is_sorted_by_image_id_and_keeps_file_order_inside_a_frame(write):
    truth = read_truth(write(document()))
    assert truth.frames.ids == (2, 9)
    assert truth.frames.names == ("two.png", "b/nine.png")
    assert truth.classes == ("ant", "zebra")
    assert truth.class_ids == (3, 7)
    assert truth.objects.frame.tolist() == [0, 1, 1]
    assert truth.objects.record.tolist() == [1, 0, 2]
    assert truth.objects.category.tolist() == [0, 1, 0]
    assert truth.objects.area.tolist() == [56.0, 5.0, 132.0]
    assert truth.objects.crowd.tolist() == [False, True, False]
    assert truth.objects.ignore.tolist() == [False, False, True]
    assert np.isnan(truth.frames.width[0])
    assert truth.frames.width[1] == 100


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["animal", "insect"], ("insect", "animal")),
        (["animal", None], (None, "animal")),
        (["animal", 3], (None, "animal")),
        ([" ", None], ()),
        ([None, None], ()),
    ],
)
def test_super_categories_stay_with_their_classes(write, given, kept):
    categories = [{**row, "supercategory": group} for row, group in zip(CATEGORIES, given, strict=True)]
    truth = read_truth(write(document(categories=categories)))
    assert truth.supercategories == kept
    assert join(truth, read_predictions(write(RESULTS, "dt.json"), truth=truth)).supercategories == kept


def test_results_are_joined_by_id(write):
    truth = read_truth(write(document()))
    data = join(truth, read_predictions(write(RESULTS, "pred.json")))
    assert data.detections.frame.tolist() == [0, 1, 1]
    assert data.detections.category.tolist() == [1, 0, 0]
    assert data.detections.score.tolist() == [0.9, 0.5, 0.7]
    assert data.detections.record.tolist() == [1, 0, 2]
    assert data.skipped == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"score": float("nan")}, "score is not a finite number"),
        ({"bbox": [1, 2, 3]}, "bbox is not 4 numbers"),
        ({"bbox": ["1", "2", "3", "4"]}, "bbox is not 4 numbers"),
        ({"bbox": [1, 2, -3, 4]}, "negative"),
        ({"bbox": [1, 2, float("inf"), 4]}, "not finite"),
        ({"image_id": 77}, "frame is not in the ground truth"),
        ({"image_id": 9.5}, "image_id is neither"),
        ({"image_id": True}, "image_id is neither"),
        ({"category_id": 77}, "class is not in the ground truth"),
        ({"score": "0.9"}, "score is not a finite number"),
        ({"score": True}, "score is not a finite number"),
    ],
)
def test_a_detection_that_cannot_be_used_is_counted(write, changed, reason):
    rows = [RESULTS[0], {**RESULTS[1], **changed}, RESULTS[2]]
    data = join(read_truth(write(document())), read_predictions(write(rows, "pred.json")))
    assert len(data.detections) == 2
    (skip,) = data.skipped
    assert skip.count == 1
    assert skip.file == "pred.json"
    assert "[1]" in skip.where
    assert reason in skip.reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": [*IMAGES, IMAGES[0]]}, ["images[2]", "id 9"]),
        ({"annotations": [{**ANNOTATIONS[0], "category_id": 99}]}, ["annotations[0]", "99"]),
        ({"annotations": [{**ANNOTATIONS[0], "bbox": [1, 2, 3]}]}, ["annotations[0]", "[1, 2, 3]", "4"]),
        ({"annotations": [{**ANNOTATIONS[0], "bbox": [1, 2, -3, 1]}]}, ["annotations[0]", "-3"]),
        ({"annotations": [{**ANNOTATIONS[0], "bbox": [1, float("nan"), 3, 1]}]}, ["annotations[0]", "finite"]),
        ({"annotations": [{**ANNOTATIONS[0], "image_id": 1.5}]}, ["annotations[0]", "image_id", "1.5"]),
        ({"annotations": [{**ANNOTATIONS[0], "iscrowd": "no"}]}, ["annotations[0]", "iscrowd"]),
        ({"annotations": [7]}, ["annotations[0]", "7"]),
        ({"annotations": None}, ["annotations", "null"]),
        ({"categories": [{"id": 1}]}, ["categories[0]", "name"]),
    ],
)
def test_a_wrong_record_is_named(write, changes, words):
    with pytest.raises(DataError) as caught:
        read_truth(write(document(**changes)))
    text = str(caught.value)
    assert text.startswith("gt.json: ")
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b'{"images": [], "annotations": [], "categories": [], "annotations": [1]}', "comes twice"),
        (b'{"images": [], "annotations": [], "categories": [', "ends too early"),
        (b'{"images": [], "annotations": [], "categories": "caf\xe9"}', "line 1"),
        (b'{"images": [], "annotations": [], "categories": [], "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "deep"),
        (b'{"images": [], "annotations": [], "categories": [], "x": ' + b"9" * 5000 + b"}", None),
        (b"", "empty"),
    ],
)
def test_broken_json_is_one_error_or_read(write, content, word):
    path = write(content)
    if word is None:
        assert len(read_truth(path).frames) == 0
    else:
        with pytest.raises(DataError, match=word):
            read_truth(path)


def test_ids_beyond_doubles_stay_apart(write):
    ids = [2**53, 2**53 + 1]
    images = [{"id": key, "file_name": f"{key}.png"} for key in ids]
    annotations = [{**ANNOTATIONS[1], "image_id": key} for key in ids]
    rows = [{**RESULTS[0], "image_id": key} for key in ids]
    truth = read_truth(write(document(images=images, annotations=annotations)))
    data = join(truth, read_predictions(write(rows, "pred.json")))
    assert data.frames.ids == tuple(ids)
    assert data.detections.frame.tolist() == [0, 1]


def test_glob_characters_in_a_file_name_are_only_characters(write):
    assert len(read_predictions(write(RESULTS, "pred[0-9]*.json"))) == 3


def test_fast_and_slow_paths_agree(write):
    fast = read_predictions(write(RESULTS, "fast.json"))
    slow = read_predictions(write([*RESULTS, {"image_id": None}], "slow.json"))
    typed = read_predictions(write([{**row, "id": "x"} for row in RESULTS], "typed.json"))
    for other in (slow, typed):
        for column in ("frame", "category", "box", "score", "record"):
            np.testing.assert_array_equal(getattr(fast, column), getattr(other, column))


def test_whole_numbers_with_a_point_are_ids_by_every_path(write):
    def pointed(rows, *keys):
        return [{**row, **{key: float(row[key]) for key in keys}} for row in rows]

    rows = pointed(RESULTS, "image_id", "category_id")
    fast, slow = (read_predictions(write(one, "pred.json")) for one in (rows, [*rows, {"image_id": None}]))
    assert fast.frame.tolist() == slow.frame.tolist() == [row["image_id"] for row in RESULTS]
    assert fast.category.tolist() == slow.category.tolist() == [row["category_id"] for row in RESULTS]
    assert {type(key) for key in slow.frame.tolist()} == {int}
    truth = document(images=pointed(IMAGES, "id"), annotations=pointed(ANNOTATIONS, "id", "image_id", "category_id"))
    read, plain = read_truth(write(truth)), read_truth(write(document()))
    assert read.frames.ids == plain.frames.ids
    assert read.objects.frame.tolist() == plain.objects.frame.tolist()


def test_full_coco_predictions_are_joined_by_names(write):
    own_ids = {9: 0, 2: 1}
    full = {
        "images": [{**image, "id": own_ids[image["id"]]} for image in IMAGES],
        "categories": [{"id": 0, "name": "ant"}, {"id": 1, "name": "zebra"}],
        "annotations": [
            {**row, "image_id": own_ids[row["image_id"]], "category_id": {3: 0, 7: 1}[row["category_id"]]}
            for row in RESULTS
        ],
    }
    data = join(read_truth(write(document())), read_predictions(write(full, "pred.json")))
    assert data.detections.frame.tolist() == [0, 1, 1]
    assert data.detections.category.tolist() == [1, 0, 0]


def test_the_two_files_swapped_say_so(write):
    truth, results = write(document()), write(RESULTS, "pred.json")
    with pytest.raises(DataError, match="looks like a file of predictions"):
        read_truth(results)
    with pytest.raises(DataError, match="looks like ground truth"):
        read_predictions(truth)


@pytest.mark.parametrize("odd", [{}, {"extra": 1}, {"image_id": "9"}, {"score": 1}])
def test_the_digest_is_that_of_the_file_however_it_is_read(write, odd):
    path = write([RESULTS[0], {**RESULTS[1], **odd}], "pred.json")
    assert read_predictions(path).source.digest == hashlib.sha256(path.read_bytes()).hexdigest()
