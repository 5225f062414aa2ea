"""Choosing an epoch moves the matrix, and the page says what changed since the best one."""

from __future__ import annotations

import numpy as np
import pytest

import framelens
from framelens.training.history import History
from framelens.widgets.dashboard import Dashboard
from framelens.widgets.evaluation_widget import EvaluationWidget
from framelens.widgets.wire import encode
from made_epochs import EPOCHS, FOUND, TRUTH


@pytest.fixture
def several():
    run = History("made", "detect", np.arange(1, 5), {"map50": np.array([0.1, 0.3, 0.8, 0.7])}, best_epoch=3)
    return framelens.evaluate(TRUTH, {1: EPOCHS[1], 3: FOUND}, run=run, confidence=0.5)


@pytest.fixture
def widget(several):
    made = EvaluationWidget(several)
    yield made
    made.close()


def shown(widget):
    precision = next(card["value"] for card in widget.head["cards"] if card["id"] == "precision")
    return widget.head["history"]["matrix_epoch"], precision, len(widget.data)


def test_choosing_an_epoch_moves_cards_matrix_and_selection_in_python(widget, several):
    home = shown(widget)
    assert home[:2] == (3, 1.0)
    widget.selected_cells = [[0, 1]]
    assert len(widget.selection) == 0
    widget.selected_epoch = 1
    other = encode(several.at_epoch(1))
    assert shown(widget)[0] == 1
    assert widget.data == other.buffer
    assert widget.evaluation is several.at_epoch(1)
    assert widget.selected_cells == [[0, 1]]
    assert len(widget.selection) == 1
    widget.selected_epoch = None
    assert shown(widget) == home


def test_an_epoch_without_predictions_leaves_the_matrix_where_it_is(widget):
    widget.selected_epoch = 1
    widget.selected_epoch = 2
    assert shown(widget)[0] == 1
    widget.selected_epoch = 99
    assert shown(widget)[0] == 1


def test_the_epoch_may_be_given_from_the_start(several):
    made = EvaluationWidget(several, selected_epoch=1)
    assert shown(made)[0] == 1
    made.close()


def test_an_epoch_that_cannot_be_read_says_why(several, tmp_path):
    (tmp_path / "broken.csv").write_text("nothing\n")
    ev = framelens.evaluate(TRUTH, {1: tmp_path / "broken.csv", 3: FOUND}, run=several.history)
    made = EvaluationWidget(ev)
    made.selected_epoch = 1
    assert shown(made)[0] == 3
    assert made.head["history"]["epoch_problem"].startswith("broken.csv: ")
    made.close()


def test_pictures_are_those_of_the_epoch_that_is_shown(several):
    made = EvaluationWidget(several)
    before = made._handlers["pictures"]
    made.selected_epoch = 1
    assert made._handlers["pictures"] is not before
    assert made._handlers["pictures"]({"items": [{"kind": "crop", "object": 3, "detection": -1}]}).result["items"]
    made.close()


def test_either_chart_moves_the_matrix(several):
    dashboard = Dashboard(several)
    dashboard.charts.selected_epoch = 1
    assert shown(dashboard.matrix)[0] == 1
    assert dashboard.evaluation.epoch == 1
    dashboard.close()


def test_the_page_lists_what_changed_since_the_best_epoch(widget):
    assert widget.head["history"]["changes"] is None
    widget.selected_epoch = 1
    changes = widget.head["history"]["changes"]
    assert (changes["epoch"], changes["base"], changes["fixed_count"], changes["broken_count"]) == (1, 3, 0, 2)
    assert (changes["fixed"], changes["broken"]) == ([], [0, 3])
    cells = {(cell["actual"], cell["predicted"]): (cell["before"], cell["after"]) for cell in changes["cells"]}
    assert cells == {(0, 0): (2, 1), (0, 1): (0, 1), (1, 1): (2, 1), (1, 2): (0, 1)}
    assert changes["frames"] == [{"frame": 0, "before": 0, "after": 1}, {"frame": 1, "before": 0, "after": 1}]
    assert changes["problem"] == ""


def test_a_best_epoch_that_cannot_be_read_is_no_end(several, tmp_path):
    (tmp_path / "broken.csv").write_text("nothing\n")
    ev = framelens.evaluate(TRUTH, {1: EPOCHS[1], 3: tmp_path / "broken.csv"}, run=several.history, epoch=1)
    changes = encode(ev).head["history"]["changes"]
    assert changes["problem"].startswith("broken.csv: ")
    assert changes["base"] == 3
