"""Legend, smoothing, scales, marks, several runs and live updates of the bqplot charts."""

from __future__ import annotations

import gc

import bqplot
import bqscales
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

import handmade
from framelens.errors import OptionError
from framelens.training.history import History
from framelens.widgets._curves import curves_of, smooth
from framelens.widgets._epoch_marks import numbered
from framelens.widgets.epoch_charts import EpochCharts
from framelens.widgets.history_payload import encode_history


def run(count=40, name="first", **other):
    epochs = np.arange(1, count + 1)
    curve = np.minimum(epochs / 20, 1) * 0.8
    series = {
        "map50": curve,
        "map50_95": curve * 0.7,
        "train/box": 2.0 / epochs,
        "val/box": 2.4 / epochs,
        "lr/pg0": 0.01 / epochs,
    }
    given = {"framework": "yolo", "task": "detect", "epochs": epochs, "series": series, "best_epoch": min(20, count)}
    return History(**given | {"name": name, "wall_time": 30.0 * epochs} | other)


@pytest.fixture
def charts():
    made = EpochCharts(run(patience=10, stopped_early=True))
    yield made
    made.close()


def lines(chart):
    return [mark for mark in chart.figure.marks if type(mark) is bqplot.Lines and len(mark.x) > 4]


def labels(chart):
    return [mark.text[0] for mark in chart.figure.marks if type(mark) is bqplot.Label]


@pytest.mark.parametrize(("best", "align"), [(1, "start"), (20, "start"), (21, "end"), (40, "end")])
def test_the_best_epoch_is_named_where_there_is_room(best, align):
    made = EpochCharts(run(best_epoch=best))
    for chart in made.charts:
        aligned = {mark.text[0]: mark.align for mark in chart.figure.marks if type(mark) is bqplot.Label}
        assert aligned[f"best {best}"] == align
    made.close()


def test_a_name_switches_its_line_off(charts):
    row = [row["label"] for row in charts.readout.rows].index("box (val)")
    high = charts.charts[1]._scale.max
    charts.readout.hidden = [row]
    assert [mark.visible for mark in lines(charts.charts[1])] == [True, False]
    assert charts.charts[1]._scale.max < high, "the values that are left are fitted"
    charts.readout.hidden = []
    assert all(mark.visible for mark in lines(charts.charts[1]))


def test_smoothing_keeps_the_values_faintly_behind(charts):
    assert len(lines(charts.charts[0])) == 2
    charts._smoothing.value = 5
    raw, smoothed = lines(charts.charts[0])[:2]
    assert raw.opacities == [0.3]
    assert raw.y.tolist() == charts.history.series["map50"].tolist()
    assert smoothed.y.tolist() == smooth(charts.history.epochs, charts.history.series["map50"], 5).tolist()
    charts._smoothing.value = 0
    assert [mark.visible for mark in lines(charts.charts[0])[:2]] == [False, True]


def test_losses_have_a_logarithmic_scale_and_metrics_have_not(charts):
    charts._log.value = True
    metric, loss = (chart.figure.axes[1].scale for chart in charts.charts)
    assert isinstance(loss, bqscales.LogScale)
    assert isinstance(metric, bqscales.LinearScale)
    assert all(mark.scales["y"] is loss for mark in lines(charts.charts[1]))
    charts._log.value = False
    assert isinstance(charts.charts[1].figure.axes[1].scale, bqscales.LinearScale)


def test_what_a_log_scale_cannot_show_is_a_gap():
    history = run(30, series={"val/box": np.array([0.0, -1.0, *np.linspace(2, 1, 28)])})
    charts = EpochCharts(history)
    charts._log.value = True
    assert np.isnan(lines(charts.charts[1])[0].y[:2]).all()
    charts.close()
    none = EpochCharts(run(30, series={"val/box": np.zeros(30)}))
    none._log.value = True
    assert isinstance(none.charts[1].figure.axes[1].scale, bqscales.LinearScale)
    none.close()


def test_learning_rate_and_wall_time_come_on_demand(charts):
    assert len(charts._figures.children) == 2
    assert "learning rate (pg0)" not in [row["label"] for row in charts.readout.rows]
    charts._more["lr"].value = True
    charts._more["time"].value = True
    assert len(charts._figures.children) == 4
    charts.selected_epoch = 2
    shown = dict(zip([row["label"] for row in charts.readout.rows], charts.readout.values, strict=True))
    assert (shown["learning rate (pg0)"], shown["wall time (s)"]) == ("0.005", "60 s")
    charts._more["lr"].value = False
    assert len(charts._figures.children) == 3


def test_best_epoch_early_stop_patience_and_signals_are_marked(charts):
    plateau = next(one for one in numbered(charts._heads[0]) if one.signal["kind"] == "plateau")
    assert {"best 20", "stopped 40", str(plateau.number)} <= set(labels(charts.charts[0]))
    bands = [mark for mark in charts.charts[0].figure.marks if getattr(mark, "fill", "none") == "inside"]
    assert [mark.x.tolist() for mark in bands] == [[20.0, 20.0, 30.0, 30.0]]
    notes = {note["text"]: note for note in charts.readout.notes}
    assert notes[plateau.signal["text"]]["number"] == plateau.number
    assert {note["kind"] for note in charts.readout.notes} >= {"best_epoch", "plateau", "early_stop"}


def test_the_legend_answers_clicks_keys_and_the_pointer_that_leaves(charts):
    def send(content):
        charts.readout._handle_custom_msg(content, [])

    charts.hovered_epoch = 5
    send({"left": True})
    assert charts.hovered_epoch is None
    send({"step": 1})
    assert charts.selected_epoch == 21, "from the best epoch on"
    send({"step": "first"})
    assert charts.selected_epoch == 1
    send({"step": -1})
    assert charts.selected_epoch == 1
    send({"step": "last"})
    assert charts.selected_epoch == 40
    send({"epoch": 7})
    assert charts.selected_epoch == 7
    send({"step": "clear"})
    assert charts.selected_epoch is None
    for nonsense in (None, {}, {"epoch": 99}, {"epoch": "1"}, {"step": [1]}, {"step": 7}):
        send(nonsense)
    assert charts.selected_epoch is None


def test_files_for_the_page_are_those_that_export_writes(charts, tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(charts.readout, "send", lambda content, buffers: sent.append((content, *buffers)))
    for content in ({"export": "csv"}, {"export": "json"}, {"export": "../csv"}, {"export": ["csv"]}):
        charts.readout._handle_custom_msg(content, [])
    written = {path.name: path.read_bytes() for path in charts.export(tmp_path)}
    assert [content for content, _ in sent] == [{"file": "epochs.csv"}, {"file": "epochs.json"}]
    assert all(file == written[content["file"]] for content, file in sent)
    assert [line.encode() in written["epochs.csv"] for line in charts.readout.stamp] == [True] * 2


def test_the_epoch_of_the_matrix_is_marked(charts):
    charts.matrix_epoch = 9
    assert all(chart._matrix.visible and chart._matrix.x.tolist() == [9, 9] for chart in charts.charts)


# -- several runs -----------------------------------------------------------------------------------------


def test_several_runs_are_told_apart_by_dash_and_name():
    charts = EpochCharts([run(), run(50, "second")])
    assert {row["label"] for row in charts.readout.rows} >= {"first · mAP50", "second · mAP50"}
    assert [mark.line_style for mark in lines(charts.charts[0])] == ["solid", "solid", "dashed", "dashed"]
    charts.selected_epoch = 50
    values = dict(zip([row["label"] for row in charts.readout.rows], charts.readout.values, strict=True))
    assert values["first · mAP50"] == "n/a"
    assert values["second · mAP50"] == "0.8000"
    charts.close()


@pytest.mark.parametrize("nothing", [[], [None], None])
def test_without_a_history_there_are_no_charts(nothing):
    with pytest.raises((OptionError, TypeError)):
        EpochCharts(nothing)


# -- live -------------------------------------------------------------------------------------------------


def test_an_update_lets_the_lines_grow_where_they_are():
    charts = EpochCharts(run(12))
    marks = [id(mark) for chart in charts.charts for mark in lines(chart)]
    charts.update(run(30))
    assert [id(mark) for chart in charts.charts for mark in lines(chart)] == marks
    assert len(lines(charts.charts[0])[0].x) == 30
    assert (charts._x.min, charts._x.max) == (0.5, 30.5)
    charts.close()


def test_an_update_keeps_zoom_selection_and_legend(charts):
    charts.selected_epoch = 5
    charts.readout.hidden = [0]
    charts._zoom(3.0, 9.0)
    charts.update(run(45))
    assert (charts._x.min, charts._x.max, charts.selected_epoch) == (3.0, 9.0, 5)
    assert charts.readout.hidden == [0]
    assert charts.readout.heading == "Epoch 5 (selected)"


def test_a_run_that_began_anew_forgets_epochs_that_are_gone(charts):
    charts.selected_epoch = 39
    charts.update(run(3))
    assert charts.selected_epoch is None
    assert charts.readout.heading == "Epoch 3 (best)"


def test_series_that_come_later_are_added_and_those_that_are_gone_are_freed():
    charts = EpochCharts(run(12, series={"train/box": np.ones(12)}))
    gc.collect()
    before = len(_instances)
    charts.update(run(12))
    assert [row["label"] for row in charts.readout.rows] == ["mAP50", "mAP50-95", "box (train)", "box (val)"]
    charts.update(run(12, series={"train/box": np.ones(12)}))
    assert len(_instances) <= before
    charts.close()


def test_a_hundred_updates_leave_nothing_behind(charts):
    charts.update(run(20))
    gc.collect()
    before = len(_instances)
    for count in range(20, 40):
        charts.update(run(20 + count % 2))
        charts._log.value = not charts._log.value
    charts._log.value = False
    charts.update(run(20))
    assert len(_instances) <= before


def test_marks_can_wait(charts):
    notes = charts.readout.notes
    charts.update(run(45, best_epoch=30), marks=False)
    assert charts.readout.notes == notes
    assert "best 20" in labels(charts.charts[0])
    charts.update(run(45, best_epoch=30))
    assert "best 30" in labels(charts.charts[0])


# -- the same content as the light view --------------------------------------------------------------------


def test_bqplot_draws_what_the_payload_of_the_light_view_holds():
    """The light view draws each series, extra and signal of the payload by its name; so must these charts."""
    history = run(patience=10, stopped_early=True)
    other = run(50, "second")
    payload = encode_history(history, others=[other])
    charts = EpochCharts([history, other])
    for button in charts._more.values():
        button.value = True
    drawn = [mark for chart in charts.charts for mark in lines(chart)]
    held = [curve for group in ("metric", "loss", "lr", "time") for curve in curves_of([payload, *payload["others"]])
            if curve.group == group]  # fmt: skip
    assert len(drawn) == len(held)
    for mark, curve in zip(drawn, held, strict=True):
        assert np.array_equal(mark.y, curve.values, equal_nan=True)
        assert np.array_equal(mark.x, curve.epochs)
        assert mark.colors == [curve.color]
    assert [note["text"] for note in charts.readout.notes] == [signal["text"] for signal in payload["signals"]]
    charts.close()


def test_closing_leaves_nothing_behind_whatever_was_used():
    gc.collect()
    before = len(_instances)
    for _ in range(5):
        charts = EpochCharts([run(), run(50, "second")])
        charts._smoothing.value = 2
        charts._log.value = True
        charts._more["lr"].value = True
        charts.close()
    assert len(_instances) <= before


def test_a_short_history_keeps_its_dots():
    charts = EpochCharts(handmade.history(epochs=3))
    assert any(type(mark) is bqplot.Scatter and mark.visible for mark in charts.charts[0].figure.marks)
    charts.close()
