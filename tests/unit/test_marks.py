"""Marks of single examples: made, listed, written, read again, and left out of the numbers."""

from __future__ import annotations

import json
import warnings
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import handmade
from framelens.errors import DataError, OptionError
from framelens.widgets.evaluation_widget import EvaluationWidget


@pytest.fixture
def marked():
    evaluation = handmade.evaluation()
    evaluation.mark(object=1, detection=1, mark="label error", note="a <dog> & no cat")
    evaluation.mark(object=2, mark="hard")
    evaluation.mark(detection=4, mark="ignore", note="reflection")
    return evaluation


def test_marks_are_a_table(marked):
    table = marked.marks
    assert table["mark"].tolist() == ["label error", "hard", "ignore"]
    assert table["class"].tolist() == ["cat", "dog", "cat"]
    assert table["frame"].tolist() == ["a.jpg", "a.jpg", "c.jpg"]
    assert table["object"].fillna(-1).tolist() == [1, 2, -1]
    assert table["detection"].fillna(-1).tolist() == [5, -1, 8]  # rows of ev.objects: four objects come first
    assert table.loc[2, ["x", "y", "width", "height"]].tolist() == [50, 50, 9, 9]
    marked.mark(object=2, mark="note", note="said again")
    assert marked.marks["mark"].tolist() == ["label error", "ignore", "note"]


def test_marks_that_cannot_be_written_are_an_error_of_one_line(marked, tmp_path):
    with pytest.raises(
        OptionError, match=r"^cannot write marks.csv: No such file or directory; make its folder first$"
    ):
        marked.save_marks(tmp_path / "nowhere" / "marks.csv")


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_marks_come_back_from_a_file(marked, tmp_path, name):
    path = marked.save_marks(tmp_path / name)
    again = handmade.evaluation()
    assert again.load_marks(path) == 3
    pd.testing.assert_frame_equal(again.marks, marked.marks)


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_the_mark_of_one_of_two_equal_boxes_comes_back_to_that_one(tmp_path, name):
    twice = [*handmade.DETECTIONS, (2, 0, 50, 50, 9, 9, 0.55), (2, 0, 50.004, 50, 9, 9, 0.55)]
    marked, again = (handmade.evaluation(detections=twice) for _ in range(2))
    marked.mark(detection=6, mark="label error")
    assert again.load_marks(marked.save_marks(tmp_path / name)) == 1
    assert [one.detection for one in again.mark_book.value] == [6]


def test_names_that_look_like_numbers_or_formulas_come_back_from_a_csv_file(tmp_path):
    names = {"classes": ("007", "=1+1"), "names": ("0001", "0002", "@SUM(A1)")}
    marked, again = (handmade.evaluation(with_pictures=False, **names) for _ in range(2))
    marked.mark(object=0, mark="hard", note="-1")
    marked.mark(object=2, mark="hard")
    marked.mark(detection=4, mark="ignore")
    path = marked.save_marks(tmp_path / "marks.csv")
    assert not any(field[:1] in {"=", "@"} for line in path.read_text().splitlines() for field in line.split(","))
    assert again.load_marks(path) == 3
    pd.testing.assert_frame_equal(again.marks, marked.marks)


@pytest.mark.parametrize("name", ["marks.csv", "marks.json"])
def test_names_with_half_a_character_come_back_from_a_file(tmp_path, name):
    names = {"classes": ("a\ud800", "b\udfff"), "names": ("1\ud800", "2\ud800", "3\ud801")}
    marked, again = (handmade.evaluation(with_pictures=False, **names) for _ in range(2))
    marked.mark(object=1, detection=1, mark="hard")
    marked.mark(detection=4, mark="ignore")
    path = marked.save_marks(tmp_path / name)
    assert b"?" not in path.read_bytes()
    assert again.load_marks(path) == 2
    pd.testing.assert_frame_equal(again.marks, marked.marks)
    assert r'label="a\ud800"' in marked.save_marks(tmp_path / "marks.xml").read_text()


@pytest.mark.parametrize("change", [{"mark": []}, {"score": "much"}, {"note": ["a", "b"]}, {"bbox": [1, 2, "x", 4]}])
def test_a_record_of_another_kind_costs_no_other_mark(marked, tmp_path, change):
    content = json.loads(marked.save_marks(tmp_path / "marks.json").read_text())
    content["annotations"].append({**content["annotations"][1], **change})
    (tmp_path / "marks.json").write_text(json.dumps(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert handmade.evaluation().load_marks(tmp_path / "marks.json") >= 3


def test_what_is_no_file_is_said(marked):
    with pytest.raises(OptionError, match="a file or a DataFrame, not 3"):
        marked.load_marks(3)


def test_marks_of_boxes_that_are_gone_are_left_out_and_counted(marked):
    other = handmade.evaluation(objects=handmade.OBJECTS[2:], detections=handmade.DETECTIONS)
    with pytest.warns(UserWarning, match="1 of 3 marks"):
        assert other.load_marks(marked.marks) == 2


def test_other_tools_read_the_files(marked, tmp_path):
    coco = json.loads(marked.save_marks(tmp_path / "marks.json").read_text())
    assert [one["bbox"] for one in coco["annotations"]] == [[60, 10, 20, 20], [10, 60, 30, 20], [50, 50, 9, 9]]
    assert {one["name"] for one in coco["categories"]} == {"cat", "dog"}
    box = ET.parse(marked.save_marks(tmp_path / "marks.xml")).find("image/box")
    assert box.get("label") == "cat"
    assert box.find("attribute[@name='note']").text == "a <dog> & no cat"
    tasks = json.loads(marked.save_marks(tmp_path / "ls.json", format="label-studio").read_text())
    assert tasks[0]["predictions"][0]["result"][0]["value"]["x"] == 60
    assert tasks[0]["predictions"][0]["result"][0]["value"]["y"] == 12.5
    unknown = handmade.evaluation(size=(float("nan"), float("nan")), with_pictures=False)
    unknown.mark(object=0, mark="hard")
    with pytest.raises(OptionError, match="sizes of the frames"):
        unknown.save_marks(tmp_path / "marks.xml")


def test_what_is_marked_can_be_left_out(marked):
    left = marked.without("label error")
    assert left.confusion().to_numpy().tolist() == [[2, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert left.title == "val · 3 frames without 1 label error"
    assert marked.without().confusion().to_numpy().tolist() == [[2, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_widgets_share_marks_with_the_evaluation(marked):
    one, other = EvaluationWidget(marked), EvaluationWidget(marked.at(confidence=0.2))
    try:
        # rows of the payload: detections by falling score
        assert [row["detection"] for row in one.marks] == [1, -1, 3]
        one.marks = [*one.marks, {"object": 0, "detection": 0, "mark": "hard", "note": "x"}]
        assert marked.marks["object"].fillna(-1).tolist() == [1, 2, -1, 0]
        assert other.marks == one.marks
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize(
    "row",
    [{"object": 99, "mark": "hard"}, {"mark": "hard"}, {"object": 0, "mark": "odd"}, {"object": True, "mark": "hard"}],
)
def test_what_cannot_be_a_mark_is_an_error(row):
    with pytest.raises(OptionError):
        handmade.evaluation().mark(**row)


def test_a_file_that_holds_no_marks_is_an_error(tmp_path):
    path = tmp_path / "marks.json"
    path.write_text("[]")
    with pytest.raises(DataError, match="save_marks"):
        handmade.evaluation().load_marks(path)
