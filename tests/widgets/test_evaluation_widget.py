"""The live widget: its traits, its selection, its messages and how it goes."""

from __future__ import annotations

import gc
import re
import weakref
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances
from traitlets import TraitError

import handmade
from framelens.errors import OptionError
from framelens.widgets._assets import STATIC, asset, asset_text, packed_asset, starter
from framelens.widgets.evaluation_widget import EvaluationWidget


@pytest.fixture
def widget():
    made = EvaluationWidget(handmade.evaluation())
    yield made
    made.close()


def test_every_cell_selects_exactly_what_it_counts(widget):
    names = ("cat", "dog", "background")
    columns = list(widget.evaluation.examples("cat", "cat").columns)
    for row, actual in enumerate(names):
        for column, predicted in enumerate(names):
            widget.select(actual, predicted)
            assert widget.selected_cells == [[row, column]]
            selection = widget.selection
            assert len(selection) == handmade.COUNTS[row][column]
            assert list(selection.columns) == columns


def test_one_part_can_be_shown_without_the_others():
    ev = handmade.evaluation()
    for make, view in ((ev.confusion_matrix, "matrix"), (ev.score_cards, "cards")):
        made = make()
        assert (made.view, made.evaluation) == (view, ev)
        made.close()


def test_a_row_a_column_and_nothing_can_be_selected(widget):
    widget.select(actual="cat")
    assert len(widget.selection) == 3
    widget.select(predicted="background")
    assert widget.selection["actual"].tolist() == ["dog"]
    widget.select()
    assert widget.selected_cells == []
    assert len(widget.selection) == 0


def test_boxes_that_a_panel_brought_are_the_selection(widget):
    examples = widget.evaluation.examples("cat", "dog")
    # detections of the page stand by falling score; its second is the dog that was a cat
    widget.set_state({"picked": {"title": "a bar", "count": 3, "boxes": [[1, 1], [0, -1], [-1, 4]]}})
    found = widget.selection
    assert list(found.columns) == list(examples.columns)
    assert found.iloc[0].astype(str).tolist() == examples.iloc[0].astype(str).tolist()
    assert found["actual"].tolist() == ["cat", "background", "cat"]
    assert found["predicted"].tolist()[2] == "background"
    low = int(widget.evaluation.dataset.detections.score.argmin())
    assert found["detection"].tolist()[1] == low + len(widget.evaluation.dataset.objects)
    assert found["score"].tolist()[:2] == [0.8, 0.3]
    widget.selected_cells = [[0, 0]]
    assert widget.selection["predicted"].unique().tolist() == ["cat"]
    widget.select()
    assert widget.picked == {}
    assert len(widget.selection) == 0


@pytest.mark.parametrize(
    ("boxes", "count", "kept"),
    [
        ([[0, 0]], 9000, 1),
        ([[0, 0], [99, 0], [0, 99], [-1, -1], [0], "ab", [0, None], [-7, 0], [0.5, 0]], 9, 1),
        ([], 0, 0),
    ],
)
def test_what_is_missing_of_the_boxes_that_were_brought_is_said(widget, boxes, count, kept, recwarn):
    widget.picked = {"title": "", "count": count, "boxes": boxes}
    assert len(widget.selection) == kept
    said = [str(warning.message) for warning in recwarn if warning.category is UserWarning]
    assert said == ([] if count == kept else [f"the selection holds {kept} of the {count:,} boxes on the page"])


def test_classes_are_shown_by_name(widget):
    widget.show_classes("dog")
    assert widget.visible_classes == [1]
    widget.show_classes()
    assert widget.visible_classes == []
    with pytest.raises(OptionError, match="'dog'"):
        widget.show_classes("dgo")
    with pytest.raises(TraitError, match="0 to 1"):
        widget.visible_classes = [2]
    with pytest.raises(TraitError):
        widget.top = 0


def test_a_click_reaches_python(widget):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), names="selected_cells")
    widget.set_state({"selected_cells": [[0, 1], [0, 1], [1, 2]]})
    assert seen == [[[0, 1], [1, 2]]]
    assert len(widget.selection) == 2


@pytest.mark.parametrize("cells", [[[0, 3]], [[-1, 0]], [[0]], [[0, 0, 0]], [["cat", "dog"]], "cat"])
def test_cells_that_are_not_there_cannot_be_selected(widget, cells):
    with pytest.raises(TraitError):
        widget.selected_cells = cells


def test_unknown_names_and_keywords_name_the_nearest(widget):
    with pytest.raises(OptionError, match="'cat'"):
        widget.select("cta")
    with pytest.raises(TypeError, match="'normalize'"):
        EvaluationWidget(widget.evaluation, normalise="row")
    with pytest.raises(TraitError):
        EvaluationWidget(widget.evaluation, view="matrx")


def test_a_request_is_answered_through_the_widget(widget, monkeypatch):
    sent = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    request = {"id": 3, "op": "pictures", "args": {"items": [{"kind": "frame", "frame": 0}], "side": 32}}
    widget._handle_custom_msg(request, [])
    widget._handle_custom_msg({"id": 4, "op": "cancel"}, [])
    [(content, buffers)] = sent
    assert content["id"] == 3
    assert content["ok"]
    assert len(buffers) == 1


def test_traits_are_those_of_the_contract(widget):
    own = {name for name in widget.keys if not name.startswith("_")} - {"layout", "tabbable", "tooltip"}
    assert own >= {
        "color_scale", "data", "head", "hide_diagonal", "highest_score", "lowest_score", "normalize", "order",
        "outcome", "search", "selected_cells", "selected_epoch", "selected_panel", "sort", "transpose", "view",
        "whole_frames",
    }  # fmt: skip
    assert not own & {"log", "keys", "comm"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["confidence", "lowest_score", "highest_score"])
def test_no_number_that_is_none_reaches_a_trait(widget, name, value):
    with pytest.raises(TraitError, match="finite"):
        setattr(widget, name, value)
    setattr(widget, name, 0.5)
    setattr(widget, name, None)


@pytest.mark.parametrize(
    ("name", "file", "constant"),
    [
        ("normalize", "host/model.ts", "NORMALIZE"),
        ("order", "ledger/order.ts", "ORDERS"),
        ("sort", "ledger/sift.ts", "SORTS"),
        ("color_scale", "draw/matrix.ts", "COLOR_SCALES"),
    ],
)
def test_python_and_browser_know_the_same_choices(name, file, constant):
    source = (Path(__file__).parents[2] / "js" / "src" / file).read_text(encoding="utf-8")
    written = re.search(rf"const {constant}\b[^=]*= \[([^\]]*)\]", source)
    assert tuple(re.findall(r'"([^"]+)"', written[1])) == EvaluationWidget.class_traits()[name].values


def test_the_display_carries_text_and_picture_but_no_html(widget):
    bundle, _ = widget._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert "recall" in bundle["text/plain"].lower()


def test_repr_is_short(widget):
    assert len(repr(widget)) < 100


def test_closed_widgets_are_freed_with_everything_they_made():
    evaluation = handmade.evaluation()
    gc.collect()
    before = set(_instances)
    alive = []
    for _ in range(50):
        made = EvaluationWidget(evaluation)
        alive.append(weakref.ref(made))
        made.close()
    del made
    gc.collect()
    assert sum(reference() is not None for reference in alive) <= 1
    assert set(_instances) <= before


def test_bundles_are_text_because_paths_keep_closed_widgets_alive(widget, monkeypatch):
    assert widget._esm == (STATIC / "loader.js").read_text(encoding="utf-8")
    assert widget.core == packed_asset("framelens.js")
    monkeypatch.setenv("ANYWIDGET_HMR", "1")
    assert starter() == asset("framelens.js") == STATIC / "framelens.js"


def test_a_bundle_that_is_not_built_is_named():
    with pytest.raises(RuntimeError, match=r"nothing\.js is not built"):
        asset_text("nothing.js")


def test_selection_follows_what_the_page_counts():
    evaluation = handmade.evaluation()
    widget = EvaluationWidget(evaluation)
    try:
        widget.select("dog")
        assert len(widget.selection) == 1
        assert widget.selection["predicted"].tolist() == ["background"]
        widget.confidence = 0.3  # the detection that finds the dog
        widget.selected_cells = [[1, 1]]
        assert widget.selection["score"].tolist() == [0.3]
        assert widget.evaluation is evaluation
        widget.confidence = None
        assert len(widget.selection) == 0
        with pytest.raises(TraitError, match=r"step of 0\.01"):
            widget.iou = 0.555
        widget.iou = 0.1 + 0.2 + 0.4
        assert widget.iou == 0.7
    finally:
        widget.close()


def test_where_the_page_cannot_count_the_kernel_sends_it_anew(monkeypatch):
    monkeypatch.setattr("framelens.widgets.wire_columns._TOO_MANY", 0)
    widget = EvaluationWidget(handmade.evaluation())
    try:
        assert widget.head["recount"] is None
        before = widget.data
        widget._on_count({"confidence": 0.3, "iou": None})
        assert widget.head["operating_point"]["confidence"] == 0.3
        assert widget.data != before
    finally:
        widget.close()
