"""Every hostile or broken input of the pack ends as its manifest says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from framelens.data import join, read_predictions, read_truth
from framelens.errors import FramelensError
from framelens.metrics.coco import coco_metrics

TOOL = Path(__file__).resolve().parents[3] / "shared" / "tools" / "adversarial.py"


CASE = re.compile(r'"((?:coco|yolo|voc)_\d\d_\w+)"')


def manifest_cases():
    """The cases' names are known from the tool before the pack is written."""
    return sorted(set(CASE.findall(TOOL.read_text(encoding="utf-8")))) if TOOL.is_file() else []


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    if not TOOL.is_file():
        pytest.skip("adversarial.py not found beside the checkout")
    folder = tmp_path_factory.mktemp("pack") / "out"
    subprocess.run([sys.executable, str(TOOL), "make", str(folder)], check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def rows(pack):
    return {row["id"]: row for row in json.loads((pack / "manifest.json").read_text())["cases"]}


def read(folder, given):
    """What a user would call for a case."""
    images = folder / given["images"]
    if given["format"] == "coco":
        truth = read_truth(folder / given["gt"], frames=images)
        return truth, join(truth, read_predictions(folder / given["pred"], truth=truth))
    source = folder / (given.get("data") or given.get("annotations"))
    return read_truth(source, frames=images), None


@pytest.mark.parametrize("name", manifest_cases())
def test_case(pack, rows, name):
    row = rows[name]
    try:
        truth, data = read(pack / name, row["open"])
    except FramelensError as error:
        assert "error" in {row["must"], *row["also_ok"]}, f"refused: {error}"
        assert_placed(row, [str(error)])
        return
    skipped, warnings = (data or truth).skipped, (data or truth).warnings
    texts = [f"{skip.file}: {skip.where}: {skip.reason}" for skip in skipped] + list(warnings)
    count = sum(skip.count for skip in skipped)
    assert {row["must"], *row["also_ok"]} & {"skip" if count else "accept"}, f"read with {texts}"
    if count and row["must"] == "skip":
        assert count == row["skipped"], texts
    if (row["warn"] or row["must"] == "skip") and row["where"]:
        assert_placed(row, texts)
    if name.endswith("00_control"):
        assert not texts
    check_facts(row["expect"], truth, data)


def assert_placed(row, texts):
    file, places = Path(row["where"]["file"]).name, row["where"]["at"]
    named = [text for text in texts if file in text or Path(file).stem in text or row["open"]["format"] != "coco"]
    assert any(place in text for text in named for place in places), (row["where"], texts)


def check_facts(expect, truth, data):
    known = {
        "n_images": len(truth.frames),
        "n_gt": len(truth.objects),
        "n_classes": len(truth.classes),
        "n_difficult": int(truth.objects.ignore.sum()),
        "n_pred": len(data.detections) if data else None,
    }
    for key in expect.keys() & known.keys():
        assert known[key] == expect[key], key
    if "classes" in expect:
        assert sorted(truth.classes) == sorted(expect["classes"])
    if "ap50" in expect and data:
        got = coco_metrics(data).summary["AP50"]
        assert np.isnan(got) if expect["ap50"] is None else got == pytest.approx(expect["ap50"], abs=1e-9)
    if "ids_shown" in expect:
        assert [str(key) for key in truth.frames.ids] == expect["ids_shown"]
    for identity, name in expect.get("class_of_gt", {}).items():
        position = int(np.flatnonzero(truth.objects.record == int(identity) - 1)[0])
        assert truth.classes[truth.objects.category[position]] == name


@pytest.mark.parametrize(("case", "file", "words"), [("other_01_zip_slip", "dataset.zip", "outside"),
                                                     ("other_02_zip_bomb", "dataset.zip", "limit"),
                                                     ("other_04_pickle_in_npy", "pred.npy", "pickle")])  # fmt: skip
def test_archives_and_pickles_are_refused(pack, case, file, words):
    for read_source in (read_truth, read_predictions):
        with pytest.raises(FramelensError, match=words) as caught:
            read_source(pack / case / file)
        assert str(caught.value).startswith(file)


def test_zz_nothing_was_written_or_run(pack):
    check = subprocess.run(
        [sys.executable, str(TOOL), "check", str(pack)], capture_output=True, text=True, timeout=120, check=False
    )
    assert check.returncode == 0, check.stdout
