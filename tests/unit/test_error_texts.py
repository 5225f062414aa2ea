"""Errors as a person reads them: one line that says what was found, where, what is allowed, what to do."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import framelens
from framelens.cli import main
from framelens.data.missing import no_such
from framelens.errors import FramelensError
from framelens.metrics.doubts import number_doubts
from framelens.metrics.ties import TieRange
from made_datasets import random_dataset, verified

BOXES = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [2], "width": [30], "height": [40]})
FOUND = BOXES.assign(score=0.9)


@pytest.fixture(scope="module")
def ev():
    return framelens.evaluate(BOXES, FOUND, progress=False)


CALLS = {
    "a keyword": (lambda _: framelens.evaluate(BOXES, FOUND, iuo=0.5), "no argument 'iuo'; did you mean 'iou'"),
    "a keyword of a method": (lambda ev: ev.at(confidnce=0.5), "at() has no argument 'confidnce'; did you mean"),
    "a function": (lambda _: framelens.evalute, "no attribute 'evalute'; did you mean 'evaluate'"),
    "an epoch": (lambda ev: ev.at_epoch(3), "no predictions of several epochs were given; evaluate takes {epoch:"),
    "a level": (lambda ev: ev.intervals(level=2), "level must be above 0 and below 1, not 2"),
    "an overlap": (lambda ev: ev.find_events(overlap=0), "overlap must be a number over 0 and at most 1, not 0"),
    "a gap": (lambda ev: ev.find_events(gap=-1), "gap must be a whole number of at least 0, not -1"),
    "a range": (lambda ev: ev.by_size({"odd": (5, 1)}), "{name: (least, greatest)}: 'odd' has (5.0, 1.0)"),
    "a folder": (lambda ev: ev.report("nowhere/r.html"), "cannot write r.html: No such file or directory; make its"),
    "a column": (
        lambda _: framelens.evaluate(BOXES.drop(columns="class"), FOUND),
        "with the columns frame, x, y, width, height (a table of boxes has frame, class,",
    ),
    "scores": (lambda _: framelens.evaluate(BOXES, BOXES), "give ground truth and predictions in this order"),
    "a name": (
        lambda _: framelens.evaluate("truht.csv", FOUND),
        "truht.csv: no such file or folder; did you mean 'truth.csv",
    ),
    "marks": (lambda ev: ev.load_marks("no.csv"), "no.csv: these marks cannot be read: No such file or directory;"),
}


@pytest.mark.parametrize("what", CALLS)
def test_the_library_says_what_is_allowed(ev, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "truth.csv").touch()
    call, words = CALLS[what]
    with pytest.raises((FramelensError, TypeError, AttributeError)) as caught:
        call(ev)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


TRUTH = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
    "categories": [{"id": 3, "name": "cat"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0}],
}
RESULTS = [{"image_id": 1, "category_id": 3, "bbox": [11, 10, 30, 30], "score": 0.9}]
LINES = {
    "evaluate t.json r.json --confidence nan": "--confidence must be a finite number, not nan",
    "evaluate t.json r.json --rules coc": "--rules 'coc' is not known; did you mean 'coco'? (allowed: coco, ultra",
    "evaluate t.json r.json --truth-format cocco": "--truth-format cocco is no format of ground truth; did you mean",
    "evaluate t.json r.json --memory 2GB --rules voc": "--rules voc needs every box in memory; with --memory or --eng",
    "evaluate t.json r.json --scheduler x": "--scheduler belongs to --engine dask",
    "evaluate r.json t.json": "give ground truth and predictions in this order; else name the format: --truth-format",
    "evaluate odd.json r.json": "name the format: --truth-format NAME",
    "evaluate class.json r.json": "class.json: annotations[0] (id 1): category_id 9 is not in categories",
    "evaluate t.json r.json --confidense 0.5": "--confidense is no option; did you mean '--confidence'? (allowed: --",
    "evaluate t.json r.json more.json": "too many arguments: more.json; see: framelens evaluate --help",
    "evalute t.json r.json": "COMMAND 'evalute' is not known; did you mean 'evaluate'?",
    "inspect odd.json": "name the format: --format NAME",
    "inspect t.json --format cocco": "--format cocco is not known; did you mean 'coco'?",
    "demo --seed -1": "--seed must be a whole number from 0 to",
}


@pytest.mark.parametrize("line", LINES)
def test_the_command_line_speaks_of_options(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    of_no_class = {**TRUTH, "annotations": [{**TRUTH["annotations"][0], "category_id": 9}]}
    for name, content in {"t": TRUTH, "r": RESULTS, "odd": [1, 2], "class": of_no_class}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert main(line.split()) == 2
    said = capsys.readouterr().err
    assert LINES[line] in said
    assert said.count("\n") == 1
    assert "np." not in said


@pytest.mark.parametrize("rules", ["coco", "voc", "ultralytics", "lvis"])
def test_doubts_speak_of_the_rules_of_the_numbers(rules):
    dataset = verified(random_dataset(3), 3)
    warnings = number_doubts(dataset, TieRange((0.5, 0.6), (0.2, 0.2)), rules)
    assert any("unless rules='lvis'" in text for text in warnings) == (rules != "lvis")
    [ties] = [text for text in warnings if text.startswith("equal scores")]
    assert ("by COCO's rules" in ties) == (rules in {"voc", "ultralytics"})
    said = framelens.Evaluation(dataset, rules=rules).warnings
    assert any("unless rules='lvis'" in text for text in said) == (rules != "lvis")


def test_what_has_the_name_itself_is_not_the_nearest_name(tmp_path):
    (tmp_path / "truth.json").symlink_to(tmp_path / "gone")
    (tmp_path / "found.mp4").mkdir()
    for path, what in ((tmp_path / "truth.json", "file or folder"), (tmp_path / "found.mp4", "video")):
        said = f"{path.name}: no such {what}; what has this name is of another kind, or a link that leads nowhere"
        assert str(no_such(path, what)) == said
