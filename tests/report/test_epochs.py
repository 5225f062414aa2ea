"""Further epochs in a page without a kernel: the author's choice, within a budget."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.errors import OptionError
from framelens.report.epochs import stored_epochs
from framelens.report.thin import thin
from framelens.training.history import History
from framelens.widgets.wire import encode
from report.insides import part_of, unpacked

TRUTH = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": 10, "y": 10, "width": 40, "height": 40})
FOUND = TRUTH.assign(score=0.9)


@pytest.fixture
def several():
    run = History("made", "detect", np.arange(1, 4), {"map50": np.array([0.1, 0.3, 0.8])}, best_epoch=3)
    epochs = {1: FOUND.iloc[:1], 2: FOUND.assign(**{"class": "cat"}), 3: FOUND}
    return framelens.evaluate(TRUTH, epochs, run=run, confidence=0.5)


def test_the_page_holds_the_epochs_that_were_asked_for(several, tmp_path):
    page = several.report(tmp_path / "r.html", epochs=[1, 3], date="2026-01-31").read_text(encoding="utf-8")
    [row] = json.loads(unpacked(part_of(page, "epochs")))
    other = encode(several.at_epoch(1))
    assert row["epoch"] == row["head"]["history"]["matrix_epoch"] == 1
    assert (row["data"], row["encoding"]) == (thin(other.head, other.buffer), "thin")
    assert row["head"]["cards"] == json.loads(json.dumps(other.head["cards"]))
    assert row["head"]["history"]["changes"]["base"] == 3
    assert "series" not in row["head"]["history"], "the curves are those of the page"
    again = several.report(tmp_path / "s.html", epochs=[1, 3], date="2026-01-31").read_text(encoding="utf-8")
    assert again == page


def test_without_epochs_nothing_is_added(several, tmp_path):
    assert 'id="framelens-epochs"' not in several.report(tmp_path / "r.html").read_text(encoding="utf-8")


def test_what_does_not_fit_the_budget_is_left_out(several):
    one = stored_epochs(several, [1], 10**6)
    assert [row["epoch"] for row in json.loads(unpacked(stored_epochs(several, [1, 2], len(one) + 10)))] == [1]
    assert stored_epochs(several, [1, 2], 10) == ""


def test_epochs_without_predictions_are_refused(several):
    for wrong in (9, "1", True):
        with pytest.raises(OptionError, match="epoch"):
            stored_epochs(several, [wrong], 10**6)
