"""The linked charts: what one shows the other shows, and no log can break them."""

from __future__ import annotations

import colorsys
import gc
import json
import re

import bqplot
import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from traitlets import TraitError

import handmade
from framelens.widgets._assets import STATIC
from framelens.widgets._chart import ACCENT
from framelens.widgets.epoch_charts import EpochCharts
from framelens.widgets.history_payload import PALETTE, encode_history


@pytest.fixture
def charts():
    made = EpochCharts(handmade.history())
    yield made
    made.close()


def marks(chart, kind):
    return [mark for mark in chart.figure.marks if type(mark) is kind]


def strips(chart):
    [found] = marks(chart, bqplot.Bars)
    return found


def lines_at(charts, epoch):
    """How many visible vertical lines stand at an epoch, in each chart."""
    return [
        sum(mark.visible and mark.x.tolist() == [epoch, epoch] for mark in marks(chart, bqplot.Lines))
        for chart in charts.charts
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_pointing_in_one_chart_shows_the_epoch_in_both(charts, place):
    event = {"event": "hover", "data": {"index": 3, "x": 4.0, "y": 1.0}}
    strips(charts.charts[place])._handle_custom_msgs(None, event)
    assert charts.hovered_epoch == 4
    assert lines_at(charts, 4) == [1, 1]
    assert charts.readout.heading == "Epoch 4"
    assert charts.readout.values == ["0.7000", "0.4000", "0.3200", "0.5", "0.6", "0.25"]


def test_a_click_selects_and_a_second_one_clears(charts):
    seen = []
    charts.observe(lambda change: seen.append(change["new"]), names="selected_epoch")
    for _ in range(2):
        strips(charts.charts[1])._handle_custom_msgs(None, {"event": "element_click", "data": {"index": 1}})
    assert seen == [2, None]
    assert lines_at(charts, 2) == [0, 0]


def test_epochs_can_be_stepped_through_with_buttons(charts):
    back, forward = charts._steps
    back.click()
    assert charts.selected_epoch == 5
    for _ in range(4):
        forward.click()
    assert charts.selected_epoch == 6
    assert charts.readout.heading == "Epoch 6 (selected)"


@pytest.mark.parametrize("event", [{}, {"data": None}, {"data": {"index": 99}}, {"data": {"index": "1"}}])
def test_events_from_nowhere_are_ignored(charts, event):
    strips(charts.charts[0])._handle_custom_msgs(None, {"event": "hover", **event})
    assert charts.hovered_epoch is None


def test_without_pointer_and_selection_the_best_epoch_is_read(charts):
    assert charts.readout.heading == "Epoch 6 (best)"
    assert charts.readout.values[1] == "0.6000"


def test_a_missing_value_is_a_gap_and_is_not_a_number(charts):
    charts.selected_epoch = 3
    assert charts.readout.values[1] == "n/a"
    curve = next(mark for mark in marks(charts.charts[0], bqplot.Lines) if mark.colors == [PALETTE[2]])
    assert np.isnan(curve.y[2])
    assert np.isfinite(np.delete(curve.y, 2)).all()


def test_both_charts_share_one_epoch_axis(charts):
    shared = {id(mark.scales["x"]) for chart in charts.charts for mark in chart.figure.marks}
    assert len(shared) == 1


def test_a_range_zooms_both_and_all_epochs_undoes_it(charts):
    charts._mode.value = "range"
    assert all(chart.figure.interaction is charts._brush for chart in charts.charts)
    charts._brush.brushing = True
    charts._brush.selected = np.array([2.2, 4.6])
    charts._brush.brushing = False
    assert (charts._x.min, charts._x.max) == pytest.approx((2.2, 4.6))
    assert charts._mode.value == "point"
    assert charts.charts[0].figure.axes[0].tick_values.tolist() == [3, 4]
    charts._reset.click()
    assert (charts._x.min, charts._x.max) == (0.5, 6.5)


def test_a_zoom_never_shows_less_than_an_epoch(charts):
    charts._brush.brushing = True
    charts._brush.selected = np.array([3.0, 3.0])
    charts._brush.brushing = False
    assert charts._x.max - charts._x.min == pytest.approx(1.0)


def test_training_is_dashed_and_shares_the_hue_of_validation(charts):
    curves = {(mark.colors[0], mark.line_style) for mark in marks(charts.charts[1], bqplot.Lines) if len(mark.x) > 2}
    assert (PALETTE[0], "dashed") in curves
    assert (PALETTE[0], "solid") in curves


def test_legend_and_curves_hold_what_the_payload_holds(charts):
    payload = encode_history(handmade.history())
    assert payload is not None
    assert [row["label"] for row in charts.readout.rows] == [one["label"] for one in payload["series"]]
    drawn = [mark for chart in charts.charts for mark in marks(chart, bqplot.Lines) if len(mark.x) > 2]
    for one, mark in zip(payload["series"], drawn, strict=True):
        assert [None if np.isnan(value) else value for value in mark.y] == one["values"]
        assert mark.colors == [PALETTE[one["color"]]]


@pytest.mark.parametrize(
    ("epochs", "series"),
    [
        ([], {}),
        ([1], {"map50": [0.5], "val/box": [1.0]}),
        ([7], {}),
        ([1, 2], {"map50": [np.nan, np.nan], "train/box": [np.nan, np.nan]}),
        ([1, 2, 3], {"val/box": [np.inf, 1.0, -np.inf]}),
        ([1, 2], {"val/box": [1e300, -1e300]}),
        ([1, 2], {"val/box": [5.0, 5.0]}),
        ([3, 10_000], {"recall": [0.0, 1.0]}),
        (list(range(1, 3001)), {"map50": np.linspace(0, 1, 3000), "train/box": np.linspace(3, 1, 3000)}),
    ],
)
def test_odd_logs_are_drawn(epochs, series):
    columns = {name: np.array(values, dtype=np.float64) for name, values in series.items()}
    made = EpochCharts(handmade.history(epochs=0, best_epoch=None) if not epochs else _history(epochs, columns))
    for epoch in (epochs[:1], epochs[-1:]):
        for one in epoch:
            made.hovered_epoch = one
    made.reset_zoom()
    json.dumps(made.readout.get_state(), allow_nan=False)
    assert len(made.readout.values) == len(made.readout.rows)
    made.close()


def _history(epochs, series):
    from framelens.training.history import History

    return History("x", "detect", np.array(epochs, dtype=np.int64), series)


def test_epochs_that_do_not_exist_are_refused(charts):
    with pytest.raises(TraitError, match="1 to 6"):
        charts.selected_epoch = 7
    with pytest.raises(TypeError, match="selected_epoch"):
        EpochCharts(charts.history, select_epoch=3)


def test_a_series_name_stays_text():
    before = set(_instances)
    made = EpochCharts(handmade.history(epochs=1, series={"val/<img src=x onerror=alert(1)>": np.array([1.0])}))
    assert made.readout.rows[0]["label"] == "<img src=x onerror=alert(1)> (val)"
    assert not any("HTML" in type(_instances[name]).__name__ for name in _instances.keys() - before)
    made.close()


def test_closing_leaves_nothing_behind():
    gc.collect()
    before = set(_instances)
    for _ in range(5):
        EpochCharts(handmade.history()).close()
    assert set(_instances) <= before


def luminance(color):
    """Relative luminance of WCAG 2."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("color", [*PALETTE, ACCENT])
def test_curves_stand_out_on_light_and_dark_themes(color):
    assert 1.05 / (luminance(color) + 0.05) >= 3
    assert (luminance(color) + 0.05) / (luminance("#111111") + 0.05) >= 3


def test_curves_have_the_hues_of_the_front_end():
    """The bundle draws the same series in the report: red, green and blue stand in the same order there."""
    style = (STATIC / "framelens.css").read_text(encoding="utf-8")
    shades = re.findall(r"--fl-s(\d): *(#[0-9a-f]{6})", style)
    assert len(shades) == 2 * len(PALETTE)
    for place, shade in shades:
        if place == "7":  # ink
            continue
        own, other = (
            colorsys.rgb_to_hls(*(int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0]
            for c in (PALETTE[int(place)], shade)
        )
        assert min(abs(own - other), 1 - abs(own - other)) < 0.06, (place, shade)
