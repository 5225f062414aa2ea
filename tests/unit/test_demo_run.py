"""The demo from end to end, in small."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import io
import json
import math
import os
import shutil
from pathlib import Path

import pytest

import framelens
from framelens.demo import run_demo
from framelens.demo.files import MARKER, NOTEBOOK, REPORT
from framelens.errors import FramelensError, MissingExtraError, OptionError

SMALL = {"epochs": 2, "train_frames": 24, "validation_frames": 12, "progress": False}
FILES = {"annotations_val.json", "predictions_val.json", "run/args.yaml", "run/results.csv"}
FILES |= {f"run/predictions/epoch_{epoch:02d}.json" for epoch in (1, 2)}
FILES |= {f"frames/val/val_{number:04d}.jpg" for number in range(1, 13)}


def small(folder, **options):
    return run_demo(folder, **{**SMALL, "notebook": False, "html": False, **options})


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in Path(folder).rglob("*") if p.is_file()}


def table(demo):
    return list(csv.DictReader((demo.run / "results.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return small(tmp_path_factory.mktemp("demo"))


def test_it_writes_the_files_it_promises(demo):
    assert set(contents(demo.folder)) == FILES | {MARKER}
    assert (demo.notebook, demo.report) == (None, None)


def test_same_seed_same_bytes(demo, tmp_path):
    assert contents(small(tmp_path).folder) == contents(demo.folder)


def test_another_seed_gives_other_frames_and_numbers(demo, tmp_path):
    first, other = contents(demo.folder), contents(small(tmp_path, seed=1).folder)
    assert set(first) == set(other)
    assert not [name for name in FILES if first[name] == other[name]]


def test_a_second_run_in_the_same_folder_replaces_the_first(demo, tmp_path):
    shutil.copytree(demo.folder, tmp_path, dirs_exist_ok=True)
    small(tmp_path, epochs=1)
    assert set(contents(tmp_path)) == FILES - {"run/predictions/epoch_02.json"} | {MARKER}


def test_annotations_fit_the_frames(demo):
    truth = json.loads(demo.truth.read_text())
    assert [image["file_name"] for image in truth["images"]] == sorted(p.name for p in demo.frames.iterdir())
    assert [one["id"] for one in truth["annotations"]] == list(range(1, len(truth["annotations"]) + 1))
    assert [category["name"] for category in truth["categories"]][:3] == ["zero", "one", "two"]
    for one in truth["annotations"]:
        x, y, width, height = one["bbox"]
        assert x >= 0
        assert y >= 0
        assert x + width <= 320
        assert y + height <= 240
        assert one["area"] == width * height


def test_the_ordinary_readers_take_all_of_it(demo):
    evaluation = demo.evaluation
    assert len(evaluation.dataset.frames) == 12
    assert evaluation.dataset.skipped == ()
    assert evaluation.dataset.warnings == ()
    assert evaluation.history.epochs.tolist() == [1, 2]
    assert evaluation.history.task == "detect"
    assert evaluation.history.planned_epochs == 2
    assert evaluation.history.skipped == ()
    assert evaluation.history.warnings == ()
    assert {"train/box", "val/box", "train/cls", "val/cls", "map50", "map50_95"} <= set(evaluation.history.series)


def test_the_best_epoch_is_the_one_that_is_evaluated(demo):
    best = demo.evaluation.history.best_epoch
    assert demo.predictions.read_bytes() == (demo.run / "predictions" / f"epoch_{best:02d}.json").read_bytes()


def test_the_table_agrees_with_the_cards(demo):
    """The row of the best epoch is what the dashboard shows, to the six digits of the table."""
    row = table(demo)[demo.evaluation.history.best_epoch - 1]
    shown = dict(zip(demo.evaluation.metrics["metric"], demo.evaluation.metrics["value"], strict=True))
    columns = {"precision": "precision", "recall": "recall", "mAP50": "map50", "mAP50-95": "map50_95"}
    for column, name in columns.items():
        assert float(row[f"metrics/{column}(B)"]) == pytest.approx(shown[name], rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("epoch", [1, 2])
def test_the_table_agrees_with_pycocotools(demo, epoch):
    coco, cocoeval = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO(str(demo.truth))
        found = truth.loadRes(str(demo.run / "predictions" / f"epoch_{epoch:02d}.json"))
        judge = cocoeval.COCOeval(truth, found, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    row = table(demo)[epoch - 1]
    assert float(row["metrics/mAP50-95(B)"]) == pytest.approx(judge.stats[0], rel=1e-5)
    assert float(row["metrics/mAP50(B)"]) == pytest.approx(judge.stats[1], rel=1e-5)


def test_detections_are_few_enough_and_finite(demo):
    for path in (demo.run / "predictions").iterdir():
        found = json.loads(path.read_text())
        per_image = [one["image_id"] for one in found]
        assert max(map(per_image.count, set(per_image))) <= 100
        assert all(math.isfinite(value) for one in found for value in (*one["bbox"], one["score"]))
        assert all(0 < one["score"] <= 1 for one in found)


def test_the_notebook_runs_and_the_report_stands_alone(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    source = str(Path(framelens.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([source, os.environ.get("PYTHONPATH", "")]))
    result = run_demo(tmp_path / "demo", **SMALL)
    notebook = nbformat.read(result.notebook, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type in {"error", "stream"}]
    assert [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    text = result.notebook.read_text() + result.report.read_text()
    assert str(tmp_path) not in text
    assert {NOTEBOOK, REPORT} <= set(json.loads((tmp_path / "demo" / MARKER).read_text())["files"])
    assert len(result.next_steps) == 3
    assert NOTEBOOK in result.next_steps[0]
    assert REPORT in result.next_steps[1]


def test_the_examples_in_the_notebook_are_as_many_as_the_matrix_counts(demo):
    from framelens.demo.notebook import build

    calls = [c.source for c in build(demo.evaluation).cells if c.source.startswith("ev.examples(")]
    assert len(calls) == 1
    actual, predicted = calls[0].split('"')[1:4:2]
    shown = eval(calls[0], {"ev": demo.evaluation})
    assert len(shown) == demo.evaluation.confusion().loc[actual, predicted]


def test_a_cell_that_fails_is_an_error_in_one_line(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    from framelens.demo.notebook import execute

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    with pytest.raises(FramelensError, match="ZeroDivisionError") as caught:
        execute(notebook, tmp_path, on_cell=lambda: None)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "option", [{"seed": -1}, {"seed": True}, {"epochs": 0}, {"epochs": 2.5}, {"train_frames": 19}], ids=str
)
def test_options_are_checked_before_anything_is_written(tmp_path, option):
    with pytest.raises(OptionError, match=next(iter(option))):
        small(tmp_path / "demo", **option)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("package", ["sklearn", "nbclient"])
def test_a_missing_package_is_named_before_anything_is_written(tmp_path, monkeypatch, package):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == package else real(name, *rest))
    with pytest.raises(MissingExtraError, match=r"framelens\[demo\]"):
        run_demo(tmp_path / "demo", **SMALL)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_very_few_frames_work(tmp_path, seed):
    """One frame may hold one class or none; nothing divides by zero."""
    result = small(tmp_path, train_frames=20, validation_frames=1, epochs=1, seed=seed)
    assert len(result.evaluation.dataset.frames) == 1
