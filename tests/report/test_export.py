"""Files to take away: complete, stamped, and no formula in them."""

from __future__ import annotations

import csv
import json
from io import BytesIO

import pandas as pd
import pytest
from PIL import Image

import handmade
from framelens.errors import OptionError
from framelens.report.export import as_csv, neutral


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
