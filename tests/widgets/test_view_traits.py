"""Traits that Python and the page share: what each takes and refuses, and that Python counts the same."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from traitlets import TraitError

import framelens
import handmade
from framelens.bands import Band
from framelens.errors import OptionError
from framelens.evaluation import Evaluation
from framelens.widgets.evaluation_widget import EvaluationWidget
from framelens.widgets.shown import current_traits
from made_datasets import tied_dataset

NAN, INF = math.nan, math.inf


@pytest.fixture(scope="module")
def whole():
    weather = pd.DataFrame({"frame": ["a.jpg", "b.jpg", "c.jpg"], "weather": ["ra in", "sun", "sun"]})
    evaluation = handmade.evaluation()
    truth = evaluation.objects.query("kind == 'object'").drop(columns=["score"])
    found = evaluation.objects.query("kind == 'detection'")
    return framelens.evaluate(truth, found, metadata=weather, confidence=0.5)


@pytest.fixture
def widget(whole):
    made = EvaluationWidget(whole, selected_cells=[[0, 0]], view="matrix")
    yield made
    made.close()


HOSTILE = [
    ("order", "fil", "did you mean 'file'"),
    ("sort", "worse", "did you mean 'worst'"),
    ("normalize", 3, "allowed: count, row"),
    ("outcome", "</script>", 'allowed: "", correct'),
    ("view", ["matrix"], "allowed: evaluation"),
    ("color_scale", None, "allowed: log, linear"),
    ("pairing", "iuo", "did you mean 'iou'"),
    ("transpose", "yes", "True or False"),
    ("whole_frames", 2.5, "True or False"),
    ("top", 0, "a whole number from 1 or None"),
    ("top", "many", "a whole number from 1 or None"),
    ("search", 3, "a text"),
    ("confidence", "0.5", "a finite number or None"),
    ("confidence", NAN, "a finite number or None"),
    ("lowest_score", INF, "a finite number or None"),
    ("highest_score", -INF, "a finite number or None"),
    ("iou", NAN, "a step of 0.01 from 0.30 to 0.95"),
    ("iou", 0.555, "a step of 0.01 from 0.30 to 0.95"),
    ("selected_epoch", "best", "a whole number or None"),
    ("selected_cells", [[0, 9]], "from 0 to 2 (background)"),
    ("selected_cells", [[0]], "a list of [actual, predicted]"),
    ("selected_cells", [[NAN, 0]], "a list of [actual, predicted]"),
    ("visible_classes", [2], "from 0 to 1"),
    ("folded", [3], "a list of super-categories"),
    ("class_confidences", [0.5], "a dict such as"),
    ("class_confidences", {"cta": 0.5}, "did you mean 'cat'"),
    ("class_confidences", {0: 0.5}, "allowed: cat, dog"),
    ("class_confidences", {"cat": NAN}, "a finite number"),
    ("class_confidences", {"cat": "0.5"}, "a finite number"),
    ("class_confidences", {"cat": True}, "a finite number"),
    ("bands", [0.9], "a dict such as"),
    ("bands", {"recal": (0.5, None)}, "did you mean 'recall'"),
    ("bands", {("recall", "cta"): (0.5, None)}, "did you mean 'cat'"),
    ("bands", {"recall": (NAN, None)}, "a number from 0 to 1"),
    ("bands", {"recall": (0.9, 0.1)}, "a band must go up"),
    ("bands", {"recall": (0.9, None, "x" * 201)}, "at most 200 characters"),
    ("filter", 7, "a list of conditions such as"),
    ("filter", [{"class": "dgo"}], "did you mean 'dog'"),
    ("filter", [{"class": "dog", "by": "weather"}], "a condition is one of"),
    ("filter", [{"by": "wether", "slice": "sun"}], "did you mean 'weather'"),
    ("filter", [{"by": "weather", "slice": "snow"}], "no slice is called 'snow'"),
    ("filter", [{"by": "size", "slice": "small"}], "no slicing of frames is called 'size'"),
    ("filter", [{"frames": ["d.jpg"]}], "no frame is called 'd.jpg'"),
    ("filter", [{"frames": "a.jpg"}], "a condition is one of"),
    ("filter", [{"without": ["hrad"]}], "did you mean 'hard'"),
    ("filter", [None], "a condition is one of"),
    ("filter", [{"class": "x" * 9999 + "\n\x1b[31m"}], "no class is called"),
]


@pytest.mark.parametrize(("name", "value", "words"), HOSTILE)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(widget, name, value, words):
    before = getattr(widget, name)
    with pytest.raises(OptionError) as raised:
        setattr(widget, name, value)
    text = str(raised.value)
    assert isinstance(raised.value, TraitError)
    assert text.startswith(name)
    assert words in text
    assert len(text) < 600
    assert text.isprintable()
    assert getattr(widget, name) == before


@pytest.mark.parametrize(
    "state",
    [
        {"class_confidences": [[5, 0.5]]}, {"class_confidences": [[0, None, 1], "x"]},
        {"class_confidences": {"__proto__": 1}}, {"class_confidences": [[0, "NaN"]]}, {"filter": [{"class": 7}]},
        {"bands": [{"card": "recall", "class": 0}]}, {"bands": "x"}, {"filter": [{"frames": [0.5]}]},
        {"bands": [{"card": "recall", "class": 9, "low": 0.5, "high": None, "reason": ""}]},
        {"bands": [{"card": "recall", "class": None, "low": "0.5", "high": None, "reason": ""}]},
        {"filter": {"class": 0}}, {"filter": [{"without": "hard"}]},
    ],
)  # fmt: skip
def test_what_a_hostile_page_sends_does_not_arrive(widget, state):
    with pytest.raises(TraitError):
        widget.set_state(state)
    assert (widget.class_confidences, widget.filter, widget.bands) == ({}, [], {})
    assert len(widget.selection) == 2


def test_the_page_has_numbers_where_python_has_names(widget):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), names=["class_confidences", "filter"])
    conditions = [{"class": "cat"}, {"frames": ["b.jpg", "a.jpg"]}, {"by": "weather", "slice": "sun"}]
    sent = [{"class": 0}, {"frames": [1, 0]}, {"by": "weather", "slice": "sun"}]
    widget.class_confidences, widget.filter = {"dog": 0.25, "cat": None}, conditions
    assert widget.get_state("class_confidences") == {"class_confidences": [[1, 0.25]]}
    assert widget.get_state("filter") == {"filter": sent}
    assert current_traits(widget)["filter"] == sent
    widget.set_state({"class_confidences": [[0, 0.75]], "filter": [{"by": "weather", "slice": "ra in"}]})
    assert seen == [{"dog": 0.25}, conditions, {"cat": 0.75}, [{"by": "weather", "slice": "ra in"}]]


def test_selection_and_numbers_follow_confidences_of_classes(widget):
    widget.class_confidences = {"cat": 0.8}
    assert widget.selection["score"].tolist() == [0.9]
    widget.select(actual="cat", predicted="background")
    row = widget.selection.iloc[0]
    assert row["frame"] == "b.jpg"
    # the row is that of the whole table
    assert widget.evaluation.objects.loc[row["object"], "frame"] == "b.jpg"
    assert widget.shown.confusion().loc["cat"].tolist() == [1, 1, 1]
    assert widget.shown.scores.macro.recall == pytest.approx((1 / 3 + 0) / 2)
    widget.class_confidences = {"dog": 0.3}
    widget.select("dog", "dog")
    assert widget.selection["detection"].tolist() == [widget.evaluation.objects.query("score == 0.3").index[0]]


def test_selection_and_numbers_follow_the_filter(widget):
    widget.filter = [{"by": "weather", "slice": "sun"}]
    assert widget.selection["frame"].tolist() == ["b.jpg"]
    assert widget.shown.confusion().equals(widget.evaluation.where(metadata={"weather": "sun"}).confusion())
    widget.filter = [{"class": "cat"}, {"frames": ["a.jpg", "b.jpg"]}]
    widget.select("cat", "background")
    assert len(widget.selection) == 1  # called a dog: with cats alone it is missed
    widget.evaluation.mark(object=int(widget.selection["object"].iloc[0]), mark="ignore")
    widget.filter = [*widget.filter, {"without": ["ignore"]}]
    assert len(widget.selection) == 0
    assert widget.shown.confusion().to_numpy().sum() == 2
    widget.evaluation.mark_book.replace(())
    assert len(widget.selection) == 1


def test_an_evaluation_by_other_rules_is_counted_as_on_its_page():
    evaluation = framelens.Evaluation(handmade.dataset(), rules="ultralytics", iou=0.45)
    widget = EvaluationWidget(evaluation, confidence=0.25)
    try:
        assert widget.shown.rules == "coco"
        assert widget.shown.confusion().equals(framelens.Evaluation(evaluation.dataset).at(0.25, 0.45).confusion())
        widget.confidence = None
        assert widget.shown is evaluation
    finally:
        widget.close()


def test_where_the_page_cannot_count_parts_they_are_refused(monkeypatch):
    monkeypatch.setattr("framelens.widgets.wire_columns._TOO_MANY", 0)
    widget = EvaluationWidget(handmade.evaluation())
    try:
        for name, value in (("filter", [{"class": "cat"}]), ("class_confidences", {"cat": 0.5})):
            with pytest.raises(OptionError, match=r"use ev\.where"):
                setattr(widget, name, value)
    finally:
        widget.close()


@pytest.mark.parametrize("kinds", [(3,), ("hrad",), (["hard"],), (None,)])
def test_marks_that_there_are_not_are_refused(widget, kinds):
    with pytest.raises(OptionError, match="allowed: label error, hard, ignore, note"):
        widget.evaluation.without(*kinds)


@pytest.mark.parametrize("name", ["nonsense", 3, float("nan"), ["cat"], "car"])
def test_names_that_there_are_not_are_refused(widget, name):
    for call in (
        lambda: widget.select(actual=name),
        lambda: widget.select(predicted=name),
        lambda: widget.show_classes(name),
    ):
        with pytest.raises(OptionError, match="allowed: cat, dog") as raised:
            call()
        assert "\n" not in str(raised.value)


def test_bands_are_those_of_the_evaluation_whoever_sets_them(whole, tmp_path):
    evaluation = whole.with_bands({"recall": (0.7, None, "old")})
    one, two = EvaluationWidget(evaluation), EvaluationWidget(evaluation.at(confidence=0.6))
    try:
        row = {"card": "precision", "class": 1, "low": None, "high": 0.25, "reason": "<b>few\ndogs</b>"}
        first = {"card": "recall", "class": None, "low": 0.7, "high": None, "reason": "old"}
        one.set_state({"bands": [first, row]})
        assert evaluation.bands["precision", "dog"].reason == "<b>few dogs</b>"
        assert two.get_state("bands")["bands"] == [first, {**row, "reason": "<b>few dogs</b>"}]
        evaluation.set_bands({"recall": None, ("precision", "dog"): (0.5, 0.9)})
        assert one.bands == two.bands == dict(evaluation.bands) == {("precision", "dog"): Band(0.5, 0.9)}
        assert current_traits(one)["bands"][0]["class"] == 1
        two.bands = {"map50": (0.3, None, "pilot")}
        text = evaluation.report(tmp_path / "r.html", pictures=0).read_text()
        assert '"band":[0.3,null],"usual":[0.85,0.95],"reason":"pilot"' in text
        assert evaluation.as_dict()["bands"][2]["low"] == 0.3
        assert len(whole.bands) == 0
    finally:
        one.close()
        two.close()


def test_ranges_of_sizes_go_to_the_page_in_their_order_and_only_whole():
    widget = EvaluationWidget(handmade.evaluation(), size_ranges={"tiny": (0, 256), "rest": (256, 1e10)})
    try:
        assert widget.get_state("size_ranges") == {"size_ranges": [["tiny", 0, 256], ["rest", 256, 10**10]]}
        widget.set_state({"size_ranges": [["b", 0, 9], ["a", 9, 10]]})
        assert list(widget.size_ranges.items()) == [("b", (0, 9)), ("a", (9, 10))]
        for wrong in ({"x": (5, 1)}, {"x": (0, 1.5)}, {"x": (10**5000, 1)}, {"": (0, 1)}, {"x": 3}):
            with pytest.raises(OptionError):
                widget.size_ranges = wrong
        assert list(widget.size_ranges) == ["b", "a"]
    finally:
        widget.close()


def test_the_average_precision_of_the_part_that_is_counted(monkeypatch):
    evaluation = Evaluation(tied_dataset(12), confidence=0.6)
    name = evaluation.per_class["class"][0]
    # A front end may send the request before the traits of the same click: what it brings counts.
    widget = EvaluationWidget(evaluation)
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, _buffers: sent.append(message))
    marks = [{"object": row, "detection": -1, "mark": "ignore", "note": ""} for row in range(2)]

    def ask(**args):
        widget._on_message(widget, {"id": 1, "op": "average_precision", "args": args}, [])
        return sent[-1].get("result", sent[-1])

    try:
        under = evaluation.dataset.detections.score < evaluation.operating_point.confidence
        assert under.any(), "boxes under the confidence count in AP too"
        part = evaluation.where(classes=name).average_precision
        assert ask(filter=[{"class": 0}], marks=[])["map50"] == part.map50
        every = ask(filter=[{"class": 0}], marks=[])["ap50_95"]
        assert every[0] == part.ap50_95[0]
        assert every[1:] == [None] * (len(every) - 1)
        widget.filter = [{"class": name}]
        assert widget.shown.average_precision.map50 == part.map50
        assert not any("average precision" in text for text in widget.shown.warnings)
        widget.class_confidences = {name: 0.7}
        assert any("average precision is of the others alone" in text for text in widget.shown.warnings)
        for row in range(2):
            evaluation.mark(object=row, mark="ignore")
        assert ask(filter=[{"without": ["ignore"]}], marks=[])["map50"] == evaluation.average_precision.map50
        without = evaluation.without("ignore").average_precision.map50
        assert ask(filter=[{"without": ["ignore"]}], marks=marks)["map50"] == without
        assert without != evaluation.average_precision.map50
        for wrong in ({}, {"filter": 3, "marks": []}, {"filter": [{"class": 10**6}], "marks": []}):
            assert ask(**wrong)["error"]["type"] == "OptionError"
    finally:
        widget.close()
