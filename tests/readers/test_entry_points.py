"""Readers of other packages: found through their entry points; a broken one harms nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import framelens

ACME = """
import json
import numpy as np
from framelens.data.registry import Evidence, Reader
from framelens.data.tables import Predictions
from framelens.data.dataset import Source
from framelens.errors import DataError
from framelens.training import History, RunReader

def recognise(given):
    return Evidence("it begins with ACME", 3) if given.is_file and given.head.startswith(b"ACME") else None

def read(given):
    rows = [line.split() for line in given.path.read_text().splitlines()[1:]]
    return Predictions(
        frame=np.array([row[0] for row in rows], object), category=np.array([row[1] for row in rows], object),
        box=np.array([row[2:6] for row in rows], float), score=np.array([row[6] for row in rows], float),
        record=np.arange(len(rows)), source=Source(given.name, "acme"), category_key="name")

def read_log(log):
    values = [float(line) for _, line in log.lines()[1:]]
    return History("acme", "detect", np.arange(1, len(values) + 1), {"map50": np.array(values)}, name=log.run_name)

LABELS = Reader("acme", "predictions", "boxes.acme: ACME boxes", recognise, read)
LOGS = [RunReader("acme-log", "train.acmelog: LOG of acme", ("*.acmelog",),
                  lambda log: "it begins with LOG" if log.head.startswith(b"LOG") else None, read_log)]

def careless(given):
    raise KeyError("never seen")

TWIN = Reader("coco", "truth", "another coco", careless, read)
CARELESS = Reader("careless", "truth", "raises", careless, read)
NOTHING = 7
"""
TRUTH = {
    "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 100}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0}],
    "categories": [{"id": 1, "name": "cat"}],
}


@pytest.fixture
def run(tmp_path):
    """Run Python or the command line beside a package with these entry points."""
    (tmp_path / "gt.json").write_text(json.dumps(TRUTH))
    (tmp_path / "boxes.acme").write_text("ACME boxes\na.png cat 10 10 20 20 0.9\n")
    (tmp_path / "train.acmelog").write_text("LOG of acme\n0.25\n0.5\n")

    def go(points, *arguments):
        site = tmp_path / "site"
        info = site / "acme_formats-1.0.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        (site / "acme_formats.py").write_text(ACME)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-formats\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(points)
        source = Path(framelens.__file__).parents[1]
        path = os.pathsep.join([str(source), str(site)])
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, env={**os.environ, "PYTHONPATH": path},
                              capture_output=True, text=True, timeout=120, check=False)  # fmt: skip

    return go


GOOD = "[framelens.readers]\nboxes = acme_formats:LABELS\n[framelens.run_readers]\nlogs = acme_formats:LOGS\n"


def test_readers_of_a_package_are_listed_and_used(run):
    listed = run(GOOD, "-m", "framelens.cli", "formats")
    assert (listed.returncode, listed.stderr) == (0, "")
    rows = {tuple(line.split()[:2]) for line in listed.stdout.splitlines()}
    assert {("acme", "predictions"), ("acme-log", "run"), ("coco", "truth"), ("ultralytics", "run")} <= rows
    code = """
import framelens
ev = framelens.evaluate("gt.json", "boxes.acme", run="train.acmelog")
print(round(ev.coco.summary["AP50"], 9), ev.history.framework, len(framelens.read_run(".")), framelens.inspect("train.acmelog").format)
"""
    used = run(GOOD, "-c", code)
    assert used.stderr == ""
    assert used.stdout.split() == ["1.0", "acme", "2", "acme-log"]


BROKEN = {
    "gone": ("readers", "acme_gone:READERS", "cannot be loaded (ModuleNotFoundError: No module named 'acme_gone')"),
    "absent": ("readers", "acme_formats:ABSENT", "cannot be loaded (AttributeError"),
    "nothing": ("readers", "acme_formats:NOTHING", "gives int, expected Reader"),
    "logs": ("readers", "acme_formats:LOGS", "gives list, expected Reader"),
    "twin": ("readers", "acme_formats:TWIN", "takes the name of another reader (coco): it is not used"),
    "gone too": ("run_readers", "acme_gone:READERS", "cannot be loaded"),
    "labels": ("run_readers", "acme_formats:LABELS", "gives Reader, expected RunReader"),
}


def test_each_broken_entry_point_is_one_line_that_names_its_package(run):
    points = {group: [f"[framelens.{group}]"] for group in ("readers", "run_readers")}
    for name, (group, value, _) in BROKEN.items():
        points[group].append(f"{name} = {value}")
    listed = run(
        "\n".join(line for lines in points.values() for line in lines) + "\n", "-m", "framelens.cli", "formats"
    )
    assert listed.returncode == 0
    assert any(line.startswith("coco ") for line in listed.stdout.splitlines())
    said = listed.stderr.splitlines()
    assert len(said) == len(BROKEN)
    for name, (_, _, words) in BROKEN.items():
        begin = f"framelens: the package acme-formats offers the reader {name!r}, which "
        [line] = [line for line in said if line.startswith(begin)]
        assert words in line


def test_a_reader_that_fails_to_recognise_leaves_the_others_alone(run):
    found = run("[framelens.readers]\nodd = acme_formats:CARELESS\n", "-m", "framelens.cli", "inspect", "gt.json")
    assert (found.returncode, found.stdout.splitlines()[0][:28]) == (0, "gt.json: ground truth, forma")
    [line] = found.stderr.splitlines()
    assert "acme-formats" in line
    assert "fails to look at a source (KeyError: 'never seen')" in line


def test_in_python_it_is_a_warning(run):
    code = "import framelens; print(len(framelens.formats()))"
    warned = run("[framelens.readers]\nodd = acme_gone:READERS\n", "-c", code)
    assert int(warned.stdout) > 30
    assert "PluginWarning: the package acme-formats" in warned.stderr
