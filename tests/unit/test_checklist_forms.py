"""The checklist as a table, as text, as JSON and on the command line; hostile names, any matrix, real files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import framelens
from framelens.cli import main
from framelens.diagnosis import ABSENT, CANNOT_TELL, PRESENT, RULES, Thresholds, check
from framelens.errors import OptionError
from made_symptoms import GOOD, history, matrix, verdicts


def test_the_table_of_rules_is_whole():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.search(r"\blikely\b", rule.cause), f"{rule.id}: a cause is never certain"
        named = re.findall(r"\{(\w+)\}", rule.condition)
        assert rule.condition.count("{") == len(named)
        assert set(named) <= set(Thresholds.__dataclass_fields__)
    used = {name for rule in RULES for name in re.findall(r"\{(\w+)\}", rule.condition)}
    assert set(Thresholds.__dataclass_fields__) - used == {"least_objects"}


def test_every_rule_has_its_tests_beside_this_file():
    tests = Path(__file__).with_name("test_checklist.py").read_text(encoding="utf-8")
    assert [rule.id for rule in RULES if f'"{rule.id}"' not in tests] == []


def test_thresholds_are_thresholds():
    assert verdicts(matrix(GOOD), limits=Thresholds(few_objects=1000))["few-objects"].verdict == PRESENT
    with pytest.raises(OptionError, match="gap"):
        Thresholds(gap=float("nan"))


def test_the_evaluation_shows_it_in_every_form():
    ev = replace(matrix([[50, 12, 0, 9], [6, 50, 1, 0], [0, 1, 50, 0], [0, 0, 0, 0]]), history=history(turn=35))
    table = ev.checklist.set_index("id")
    assert list(table.index) == [rule.id for rule in RULES]
    assert table.loc["confused-pair", "cells"] == [("class 0", "class 1"), ("class 1", "class 0")]
    rows = ev.as_dict()["checklist"]
    assert [row["verdict"] for row in rows] == list(table["verdict"])
    assert "checklist: " in repr(ev)
    assert "One pair of classes carries most confusions" in repr(ev)
    assert max(map(len, repr(ev).splitlines())) <= 80


def test_hostile_names_stay_on_one_line():
    base = matrix([[50, 12, 0, 0], [6, 9, 1, 0], [0, 1, 50, 0], [0, 0, 0, 0]])
    named = replace(base, dataset=replace(base.dataset, classes=("a\n\x1b[31m", "<script>" * 99, "c")))
    for found in check(named):
        assert "\n" not in found.evidence
        assert "\x1b" not in found.evidence
        assert len(found.evidence) <= 600


@settings(max_examples=60)
@given(
    counts=st.integers(2, 4).flatmap(
        lambda side: st.lists(st.lists(st.integers(0, 12), min_size=side, max_size=side), min_size=side, max_size=side)
    ),
    confidence=st.sampled_from([None, 0.5, 0.95]),
    with_run=st.booleans(),
)
def test_any_matrix_is_answered_soundly(counts, confidence, with_run):
    counts[-1][-1] = 0
    ev = matrix(counts, confidence=confidence, history=history(20) if with_run else None)
    found = check(ev)
    assert [f.id for f in found] == [rule.id for rule in RULES]
    side = len(ev.dataset.classes) + 1
    for answer in found:
        assert answer.verdict in {PRESENT, ABSENT, CANNOT_TELL}
        assert answer.evidence
        assert all(0 <= a < side and 0 <= p < side for a, p in answer.cells)
        assert all(1 <= first <= last <= 20 for first, last in answer.epochs)
    json.dumps([answer.as_dict() for answer in found], allow_nan=False)


# -- real files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "predictions", "wanted", "unwanted"),
    [
        (
            "cartucho_map/ground-truth",
            "cartucho_map/detection-results",
            ["background-errors", "few-objects", "small-objects", "never-predicted", "small-validation"],
            ["noisy-labels", "loose-boxes", "confused-pair", "duplicates"],
        ),
        (
            "voc100/gts/pascalvoc_format",
            "voc100/dets/abs_xyx2y2",
            ["noisy-labels", "background-errors", "few-objects", "label-errors"],
            ["conservative-confidence", "model-too-small", "small-validation"],
        ),
        (
            "fruit_detectron2/fruit_val_coco_format.json",
            "fruit_detectron2/coco_instances_results.json",
            ["few-objects", "small-validation"],
            ["background-errors", "label-errors", "never-predicted", "model-too-small"],
        ),
    ],
)
def test_real_pairs(real, truth, predictions, wanted, unwanted):
    ev = framelens.evaluate(real / "pairs" / truth, real / "pairs" / predictions, progress=False)
    present = {f.id for f in check(ev) if f.verdict == PRESENT}
    assert set(wanted) <= present
    assert not set(unwanted) & present


def test_the_command_line_writes_signals_and_checklist(tmp_path, capsys):
    run = history(turn=35)
    lines = ["epoch,train/box_loss,val/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)"]
    columns = [run.series[name] for name in ("train/box", "val/box", "map50", "map50_95")]
    lines += [",".join(map(str, (epoch, *row))) for epoch, row in zip(run.epochs, np.transpose(columns), strict=True)]
    (tmp_path / "results.csv").write_text("\n".join(lines) + "\n")
    assert main(["run", str(tmp_path / "results.csv"), "--json", "-"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert "over-fitting" in {row["id"] for row in value["checklist"] if row["verdict"] == PRESENT}
    assert {"divergence", "plateau", "best_epoch"} <= {row["kind"] for row in value["signals"]}
    assert main(["run", str(tmp_path / "results.csv")]) == 0
    out = capsys.readouterr().out
    assert f"of {len(RULES)} present" in out
    assert "- Validation loss turns up while training loss falls" in out
