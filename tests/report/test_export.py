"""Files to take away: complete, stamped, and no formula in them."""

from __future__ import annotations

import csv
import json
import re
from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

import framelens
import handmade
from framelens.errors import OptionError
from framelens.report.export import as_csv, neutral
from framelens.widgets.epoch_charts import EpochCharts


def test_every_table_carries_the_stamp_and_the_numbers(tmp_path):
    evaluation = handmade.evaluation()
    files = {path.name: path for path in evaluation.export(tmp_path / "out")}
    for name, path in files.items():
        if name.endswith(".csv"):
            text = path.read_text(encoding="utf-8")
            assert text.startswith("# rules: coco\n# confidence: 0.5 (given)\n# IoU: 0.5\n")
    matrix = pd.read_csv(files["confusion-matrix.csv"], comment="#", index_col=0)
    assert matrix.to_numpy().tolist() == handmade.COUNTS
    objects = pd.read_csv(files["objects.csv"], comment="#")
    assert len(objects) == len(evaluation.objects)
    assert json.loads(files["evaluation.json"].read_text())["stamp"]["rules"] == "coco"
    for name in ("confusion-matrix.png", "epochs.png"):
        picture = Image.open(BytesIO(files[name].read_bytes()))
        assert not picture.getexif()
        assert not picture.info


def test_half_a_character_in_a_name_costs_no_file(tmp_path):
    truth = pd.DataFrame({"frame": ["a"], "class": "c\ud800", "x": 1, "y": 1, "width": 9, "height": 9})
    one = framelens.evaluate(truth, truth.assign(score=0.9))
    comparison = framelens.compare({"old \ud800": one, "new\n": one}, rounds=0)
    for thing in (one, comparison):
        texts = [path for path in thing.export(tmp_path / type(thing).__name__) if path.suffix != ".png"]
        named = [path.name for path in texts if "c\\ud800" in path.read_text(encoding="utf-8")]
        assert {"evaluation.json", "comparison.json"} & {*named}
        assert "objects" in " ".join(named)
        assert "\ufffd" in repr(thing).encode().decode()
    assert json.loads((tmp_path / "Evaluation" / "evaluation.json").read_text("utf-8"))
    assert "old \ufffd -> new\n" in repr(comparison)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_name_becomes_a_formula(tmp_path, start):
    name = f"{start}cmd|' /C calc'!A0"
    assert neutral(name) == f"'{name}"
    for path in handmade.evaluation(classes=(name, "dog"), names=(name, "b", "c")).export(tmp_path):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r", "-c"))]


def test_numbers_are_no_formulas():
    assert as_csv(pd.DataFrame({"x": [-1.5], "n": pd.array([None], dtype="Int64")}), []) == "x,n\n-1.5,\n"


def test_a_folder_that_cannot_be_made_is_told_without_its_path(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OptionError) as failure:
        handmade.evaluation().export(tmp_path / "file")
    assert str(tmp_path) not in str(failure.value)


def table_of(path):
    return pd.read_csv(path, comment="#")


def test_every_widget_gives_its_numbers_and_a_picture(tmp_path):
    evaluation = handmade.evaluation()
    comparison = framelens.compare({"old": handmade.evaluation(detections=handmade.DETECTIONS[1:]), "new": evaluation})
    dashboard, charts, changes = evaluation.dashboard(), EpochCharts(evaluation.history), comparison.widget()
    for widget, files in (
        (dashboard, {"metrics.csv", "evaluation.json", "confusion-matrix.png", "epochs.png"}),
        (dashboard.matrix, {"metrics.csv", "evaluation.json", "confusion-matrix.png"}),
        (charts, {"epochs.csv", "epochs.json", "epochs.png"}),
        (changes, {"comparison.csv", "comparison.json", "confusion-matrix.png"}),
    ):
        written = {path.name: path for path in widget.export(tmp_path / type(widget).__name__)}
        assert files <= set(written)
        for name, path in written.items():
            if name.endswith(".csv"):
                assert re.search(r"^# framelens: \d", path.read_text(encoding="utf-8"), re.MULTILINE), name
            elif name.endswith(".json"):
                assert "framelens" in str(json.loads(path.read_text(encoding="utf-8"))["stamp"])
            else:
                assert Image.open(BytesIO(path.read_bytes())).width > 100
        widget.close()


def test_a_widget_exports_what_its_sliders_show(tmp_path):
    evaluation = handmade.evaluation()
    widget = evaluation.dashboard().matrix
    widget.confidence = 0.95
    [matrix] = [path for path in widget.export(tmp_path) if path.name == "confusion-matrix.csv"]
    expected = evaluation.at(confidence=0.95).confusion().to_numpy().tolist()
    assert expected != handmade.COUNTS
    assert pd.read_csv(matrix, comment="#", index_col=0).to_numpy().tolist() == expected
    widget.close()


def test_runs_keep_their_gaps_and_names(tmp_path):
    runs = [handmade.history(name=name, best_epoch=None) for name in ("=small", "large")]
    charts = EpochCharts(runs)
    files = {path.name: path for path in charts.export(tmp_path)}
    table = table_of(files["epochs.csv"])
    assert table["run"].unique().tolist() == ["'=small", "large"]
    assert table["map50"].isna().sum() == 2
    numbers = json.loads(files["epochs.json"].read_text(encoding="utf-8"))
    assert [run["name"] for run in numbers["runs"]] == ["=small", "large"]
    charts.close()


def test_a_comparison_holds_the_changes(tmp_path):
    old = handmade.evaluation(detections=handmade.DETECTIONS[1:])
    comparison = framelens.compare({"old": old, "new": handmade.evaluation()})
    files = {path.name: path for path in comparison.export(tmp_path)}
    change = pd.read_csv(files["confusion-matrix-change.csv"], comment="#", index_col=0)
    assert change.to_numpy().tolist() == comparison.confusion().to_numpy().tolist()
    assert len(table_of(files["objects-change.csv"])) == len(comparison.objects())
    numbers = json.loads(files["comparison.json"].read_text(encoding="utf-8"))
    assert [row["delta"] for row in numbers["metrics"]] == pytest.approx(comparison.metrics["delta"].tolist())
    with pytest.raises(OptionError, match="newer"):
        comparison.export(tmp_path, "newer")
