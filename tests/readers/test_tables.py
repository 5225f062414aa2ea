"""DataFrames, CSV, Parquet and arrays per frame."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest

from framelens.data import join, read_predictions, read_truth
from framelens.errors import DataError

TRUTH = "image,xmin,ymin,xmax,ymax,label\nb.jpg,1,2,11,22,dog\na.jpg,5,5,8,9,cat\nb.jpg,0,0,4,4,cat\n"
SCORED = "image_path,xmin,ymin,xmax,ymax,label,score\na.jpg,5,5,8,9,cat,0.9\nb.jpg,1,2,11,20,dog,0.25\n"


@pytest.fixture
def write(tmp_path):
    def put(text, name="boxes.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


def test_csv_of_corners(write):
    data = join(read_truth(write(TRUTH)), read_predictions(write(SCORED, "pred.csv")))
    assert data.frames.names == ("a.jpg", "b.jpg")
    assert data.classes == ("cat", "dog")
    assert data.objects.box.tolist() == [[5, 5, 3, 4], [1, 2, 10, 20], [0, 0, 4, 4]]
    assert data.objects.record.tolist() == [3, 2, 4]
    assert data.detections.score.tolist() == [0.9, 0.25]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_separators_line_ends_and_a_byte_order_mark(write, separator, end):
    text = "\ufeff" + TRUTH.replace(",", separator).replace("\n", end)
    assert len(read_truth(write(text)).objects) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TRUTH.replace("5,5,8,9", "5,five,8,9"), ["line 3", "ymin", "five"]),
        (TRUTH.replace("5,5,8,9", "5,nan,8,9"), ["line 3"]),
        (TRUTH.replace("5,5,8,9", "8,5,5,9"), ["line 3", "-3"]),
        (TRUTH.replace("5,5,8,9", "5,5,8"), ["line 3", "5 fields", "6"]),
        (TRUTH.replace("cat\nb", "\nb"), ["line 3", "class"]),
        (TRUTH.replace("label", "xmin"), ["xmin", "twice"]),
        (TRUTH.replace("1,2,11", '1,"2,11'), ["line"]),
        ("image,label\na,b\n", ["boxes.csv"]),
    ],
)
def test_a_wrong_line_is_named(write, text, words):
    with pytest.raises(DataError) as caught:
        read_truth(write(text), format="csv")
    assert str(caught.value).startswith("boxes.csv: ")
    for word in words:
        assert word in str(caught.value)


def test_detections_that_cannot_be_used_are_counted(write):
    bad = SCORED + "a.jpg,1,1,2,2,cat,nan\na.jpg,1,1,inf,2,cat,0.5\na.jpg,3,1,2,2,cat,0.5\na.jpg,1,1,2,2,,0.5\n"
    found = read_predictions(write(bad))
    assert len(found) == 2
    assert [(skip.where, skip.count) for skip in found.skipped] == [(f"line {n}", 1) for n in (5, 4, 6, 7)]


def test_names_stay_text_and_an_empty_row_is_an_empty_frame():
    table = pd.DataFrame(
        {"frame": ["7", "07", "8"], "class": ["NA", "null", None], "x": [1, 1, None], "y": [1, 1, None],
         "w": [2, 2, None], "h": [2, 2, None]}
    )  # fmt: skip
    truth = read_truth(table)
    assert truth.classes == ("NA", "null")
    assert set(truth.frames.names) == {"07", "7", "8"}
    assert len(truth.objects) == 2


def test_fractions_become_pixels_where_sizes_are_known(write):
    text = "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\na,cat,0.1,0.5,0.2,0.8,1\n"
    assert read_truth(write(text)).box_unit == "relative"
    truth = read_truth(write(text), frames=(200, 100))
    np.testing.assert_allclose(truth.objects.box, [[20, 20, 80, 60]])
    assert truth.objects.crowd.tolist() == [True]


def test_parquet(tmp_path):
    path = tmp_path / "boxes.parquet"
    rows = "SELECT * FROM (VALUES ('a', 1, 0.5, 1.0, 2.0, 3.0, 0.75)) AS t(image, class_id, x, y, width, height, score)"
    with duckdb.connect() as connection:  # which takes such numbers for decimals
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    found = read_predictions(path)
    assert found.box.tolist() == [[0.5, 1, 2, 3]]
    assert found.category.tolist() == [1]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"boxes\.parquet"):
        read_predictions(path)


def test_columns_of_every_spelling():
    for names in (
        ["x", "y", "width", "height"],
        ["bbox_x", "bbox_y", "bbox_width", "bbox_height"],
        ["X", "Y", "W", "H"],
    ):
        table = pd.DataFrame([["a", "cat", 1, 2, 3, 4]], columns=["File Name", "class_name", *names])
        assert read_truth(table).objects.box.tolist() == [[1, 2, 3, 4]]


def test_torchvision_targets_and_torchmetrics_predictions():
    targets = [
        {"boxes": np.array([[1, 2, 4, 6]]), "labels": np.array([3])},
        {"boxes": np.zeros((0, 4)), "labels": np.zeros(0)},
    ]
    found = [
        {"boxes": [[1, 2, 4, 6]], "labels": [3], "scores": [0.5]},
        {"boxes": [[0, 0, 1, 1]], "labels": [3], "scores": [0.4]},
    ]
    data = join(read_truth(targets), read_predictions(found))
    assert data.objects.box.tolist() == [[1, 2, 3, 4]]
    assert data.detections.frame.tolist() == [0, 1]
    assert data.classes == ("3",)


def test_supervision_detections_by_name():
    entry = SimpleNamespace(
        xyxy=np.array([[1, 2, 4, 6.0]]),
        class_id=np.array([0]),
        confidence=np.array([0.5]),
        data={"class_name": np.array(["cat"])},
    )
    data = join(read_truth({"a.jpg": entry}), read_predictions({"a.jpg": entry}))
    assert data.classes == ("cat",)
    assert data.frames.names == ("a.jpg",)
    assert len(data.detections) == 1


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"boxes": [[1, 2, 3]], "labels": [1]}, ["frame 0", "(1, 3)"]),
        ({"boxes": [[1, 2, 3, 4]], "labels": [1, 2]}, ["frame 0", "labels"]),
        ({"boxes": [[4, 2, 3, 4]], "labels": [1]}, ["frame 0"]),
        ({"boxes": [[1, 2, 3, 4]], "labels": [1.5]}, ["frame 0", "1.5"]),
        ({"boxes": [[1, 2, float("nan"), 4]], "labels": [1]}, ["frame 0", "nan"]),
    ],
)
def test_a_wrong_entry_is_named(entry, words):
    with pytest.raises(DataError) as caught:
        read_truth([entry])
    for word in words:
        assert word in str(caught.value)
