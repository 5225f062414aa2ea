"""Charts of a run that is still being written."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import framelens
from framelens.training import History
from framelens.widgets.epoch_charts import EpochCharts

HEAD = "epoch,train/box_loss,metrics/mAP50(B)\n"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "results.csv"


def add(log, *epochs):
    with log.open("a") as file:
        file.writelines(f"{epoch},{2 / epoch:.4f},{min(0.9, epoch / 30):.4f}\n" for epoch in epochs)


def test_charts_grow_with_the_log_and_stop_with_it(log):
    earlier = set(threading.enumerate())
    with framelens.watch(log, interval=0.01) as run:
        charts = run.charts
        assert charts.readout.heading == "No epochs"
        assert "no such file" in charts.readout.status
        log.write_text(HEAD)
        add(log, 1)
        assert run.wait(lambda history: len(history) == 1, timeout=30)
        add(log, *range(2, 41))
        assert run.wait(lambda history: len(history) == 40, timeout=30)
    assert charts.history is run.history
    assert charts.readout.heading == "Epoch 27 (best)"
    assert charts.readout.status == "no longer followed"
    assert "plateau" in {note["kind"] for note in charts.readout.notes}, "the end brings the signals up to date"
    assert not [thread for thread in set(threading.enumerate()) - earlier if thread.name == "framelens-watch"]
    charts.close()


def test_zoom_and_selection_outlive_new_epochs(log):
    log.write_text(HEAD)
    add(log, *range(1, 11))
    with framelens.watch(log, interval=0.01) as run:
        charts = run.charts
        charts.selected_epoch = 4
        charts._zoom(2.0, 6.0)
        add(log, *range(11, 16))
        assert run.wait(lambda history: len(history) == 15, timeout=30)
    assert (charts.selected_epoch, charts._x.min, charts._x.max) == (4, 2.0, 6.0)
    run.close()


def test_charts_that_were_closed_disturb_nothing(log):
    log.write_text(HEAD)
    add(log, 1)
    with framelens.watch(log, interval=0.01) as run:
        run.charts.close()
        add(log, 2)
        assert run.wait(lambda history: len(history) == 2, timeout=30)


def test_runs_are_drawn_from_logs_and_histories(log, tmp_path):
    log.write_text(HEAD)
    add(log, 1, 2)
    other = History("x", "detect", np.array([1]), {"map50": np.array([0.5])}, name="other")
    charts = framelens.epoch_charts([tmp_path, other])
    assert {row["label"].partition(" · ")[0] for row in charts.readout.rows} == {tmp_path.name, "other"}
    charts.close()
    alone = framelens.epoch_charts(log)
    assert isinstance(alone, EpochCharts)
    alone.close()


def test_several_runs_of_an_evaluation_reach_both_charts(log, tmp_path):
    import pandas as pd

    from framelens.widgets.dashboard import Dashboard

    log.write_text(HEAD)
    add(log, 1, 2)
    truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    other = History("x", "detect", np.array([1]), {"map50": np.array([0.5])}, name="other")
    ev = framelens.evaluate(truth, truth.assign(score=0.9), run=[tmp_path, other], epoch=1)
    dashboard = Dashboard(ev)
    assert ev.other_runs == (other,)
    assert [head["name"] for head in dashboard.matrix.head["history"]["others"]] == ["other"]
    assert any(row["label"] == "other · mAP50" for row in dashboard.charts.readout.rows)
    assert dashboard.charts.matrix_epoch == 1
    assert dashboard.charts.readout.status == "the matrix shows epoch 1"
    dashboard.close()
