"""The dashboard: one output that holds everything, lives on as a picture, and goes as a whole."""

from __future__ import annotations

import base64
import gc
import os
import subprocess
import sys
import weakref
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from PIL import Image

import framelens
import handmade
from framelens.widgets.dashboard import Dashboard
from framelens.widgets.history_payload import PALETTE, encode_history
from framelens.widgets.snapshot import draw_curves, draw_matrix, to_png


@pytest.fixture
def dashboard():
    made = Dashboard(handmade.evaluation())
    yield made
    made.close()


def test_an_epoch_selected_in_the_charts_reaches_the_matrix_and_back(dashboard):
    dashboard.charts.selected_epoch = 2
    assert dashboard.matrix.selected_epoch == 2
    dashboard.matrix.selected_epoch = None
    assert dashboard.charts.selected_epoch is None


def test_without_a_run_there_are_no_charts():
    dashboard = Dashboard(handmade.evaluation(with_history=False))
    assert dashboard.charts is None
    assert list(dashboard.children) == [dashboard.matrix]
    dashboard.close()


def test_the_output_carries_a_picture_and_a_text_and_no_html(dashboard):
    bundle = dashboard._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    picture = Image.open(BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.format == "PNG"
    assert not picture.info.keys() & {"exif", "Software", "Author"}
    assert "3" in bundle["text/plain"]


def test_it_is_made_where_warnings_are_errors():
    code = "import handmade; handmade.evaluation().dashboard().close()"
    paths = os.pathsep.join(str(Path(module.__file__).parents[up]) for module, up in ((framelens, 1), (handmade, 0)))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_closing_leaves_nothing_behind():
    evaluation = handmade.evaluation()
    gc.collect()
    before, alive = set(_instances), []
    for _ in range(4):
        made = Dashboard(evaluation)
        alive += [weakref.ref(made), weakref.ref(made.matrix), weakref.ref(made.charts)]
        made.close()
    del made
    gc.collect()
    assert set(_instances) <= before
    assert [reference() for reference in alive if reference() is not None] == []


def png_of(evaluation):
    return to_png(draw_matrix(evaluation))


def colours(data):
    return {colour for _, colour in Image.open(BytesIO(data)).convert("RGB").getcolors(1 << 20)}


def test_hits_are_blue_and_errors_orange_in_the_picture():
    seen = colours(png_of(handmade.evaluation()))
    assert any(blue > red + 80 for red, _, blue in seen)
    assert any(red > blue + 80 for red, _, blue in seen)


@pytest.mark.parametrize("classes", [0, 1, 24, 25, 1203])
def test_any_number_of_classes_becomes_a_picture(classes):
    boxes = [(0, k, 0, 0, 10, 10) for k in range(classes)]
    found = [(0, k, 0, 0, 10, 10, 0.9) for k in range(0, classes, 2)]
    evaluation = handmade.evaluation(
        classes=[f"class <{k}>" for k in range(classes)], objects=boxes, detections=found, names=("a",),
        with_history=False, with_pictures=False,
    )  # fmt: skip
    data = png_of(evaluation)
    picture = Image.open(BytesIO(data))
    assert max(picture.size) < 1400
    assert len(data) < 150_000


def test_a_single_confusion_among_a_thousand_classes_is_not_lost():
    boxes = [(0, 7, 0, 0, 10, 10)]
    evaluation = handmade.evaluation(
        classes=[str(k) for k in range(1203)], objects=boxes, detections=[(0, 900, 0, 0, 10, 10, 0.9)], names=("a",),
        with_history=False, with_pictures=False,
    )  # fmt: skip
    pixels = np.asarray(Image.open(BytesIO(png_of(evaluation))).convert("RGB")).astype(int)
    assert ((pixels[..., 0] - pixels[..., 2]) > 80).any()


@pytest.mark.parametrize("name", ["", "\ud800", "x" * 5000, "\u202eabc", "日本語", "a\nb"])
def test_any_name_can_be_drawn(name):
    assert png_of(handmade.evaluation(classes=(name, "b"), with_history=False))


def test_curves_are_drawn_with_their_gaps():
    payload = encode_history(handmade.history())
    assert payload is not None
    seen = colours(to_png(draw_curves(payload)))
    for one in payload["series"]:
        color = PALETTE[one["color"]]
        assert tuple(int(color[place : place + 2], 16) for place in (1, 3, 5)) in seen
    payload["series"] = [one for one in payload["series"] if one["name"] == "map50"]
    columns = (np.asarray(draw_curves(payload))[40:230, 50:416] == [0x2C, 0x9F, 0x78]).all(axis=2).any(axis=0)
    gap = np.flatnonzero(~columns[columns.argmax() : len(columns) - columns[::-1].argmax()])
    assert 80 < len(gap) < 140  # epochs 2 to 4 of 6, on 366 pixels


@pytest.mark.parametrize(
    "series",
    [
        {},
        {"map50": np.array([np.nan, np.nan])},
        {"val/box": np.array([1e300, -1e300])},
        {"val/box": np.array([5.0, 5.0]), "train/" + "x" * 500: np.array([0.0, 1e-300])},
    ],
)
def test_odd_curves_are_drawn(series):
    payload = encode_history(handmade.history(epochs=2, series=series))
    assert payload is not None
    assert to_png(draw_curves(payload))
    empty = encode_history(handmade.history(epochs=0, series={}, best_epoch=None))
    assert empty is not None
    assert to_png(draw_curves(empty))


def test_charts_alone_carry_a_picture_and_their_last_values(dashboard):
    bundle = dashboard.charts._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "mAP50-95" in bundle["text/plain"]
    assert "0.4800" in bundle["text/plain"]
