"""The fixtures from which the panels prove that they say what Python says are what Python says today."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from framelens.widgets.wire import encode
from framelens.widgets.wire_panels import CURVE_IOUS
from front_end import panels


def test_the_fixtures_are_fresh_and_hold_something():
    made = panels.make_cases()
    assert gzip.decompress(panels.FILE.read_bytes()) == made, "run: cd tests && python -m front_end.panels"
    assert panels.FILE.stat().st_size < 300_000
    cases = json.loads(made.split(b"\n", 1)[0])
    assert len(cases) == panels.DATASETS
    for name, least in (("worst", 60), ("slices", 140), ("curve", 100)):
        assert sum(bool(case["given"][name]) for case in cases) >= least, name
    assert {kind for case in cases for kind, _, _ in case["issues"]} == {
        "missing object", "wrong class", "loose box", "doubtful object"
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_curves_are_those_of_the_table_and_their_means_the_average_precision(seed):
    evaluation = panels.make_evaluation(seed)
    payload = encode(evaluation)
    classes = payload.column("curve_class")
    curves = payload.column("curve_precision").reshape(len(CURVE_IOUS), len(classes), 101)
    if not len(classes):
        assert np.isnan(evaluation.coco.summary["AP"])
        return
    names = [*evaluation.dataset.classes]
    for number, iou in enumerate((0.5, 0.75)):
        table = evaluation.curves(iou=iou)
        table = table[table["kind"] == "interpolated"]
        for row, index in enumerate(classes):
            name = table["class"].isna() if index == len(names) else table["class"] == names[index]
            np.testing.assert_allclose(curves[number, row], table[name]["precision"], rtol=0, atol=1e-7)
    means = curves[:, -1].mean(axis=1, dtype=np.float64)
    summary = evaluation.coco.summary
    np.testing.assert_allclose(means, [summary["AP50"], summary["AP75"], summary["AP"]], rtol=0, atol=1e-7)
