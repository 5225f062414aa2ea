"""The static twin: one script that carries a page, within its budget, made anew when asked."""

from __future__ import annotations

import base64
import gc
import json

import pytest
from ipywidgets.widgets.widget import _instances

import framelens
import handmade
from framelens.errors import OptionError
from framelens.report.html import Subject
from framelens.report.twin import MIME, make_twin
from framelens.settings import Options
from framelens.widgets import shown
from framelens.widgets.epoch_charts import EpochCharts
from framelens.widgets.wire import encode
from report.insides import page_of


def twin_of(evaluation, identity="fl-1", **options):
    return make_twin(Subject(evaluation, encode(evaluation)), identity, **{"traits": {}} | options)


class Output:
    """What `display` was given, as a notebook would keep it."""

    def __init__(self, monkeypatch):
        self.bundles, self.run = [], 0
        monkeypatch.setattr("IPython.display.display", self.display)
        monkeypatch.setattr(shown, "_place", lambda: (self.cell, str(self.run)))
        self.cell = "a"

    def display(self, data, *, display_id=None, **_):
        self.bundles.append(data)
        place = len(self.bundles) - 1
        output = self

        class Handle:
            def update(self, new, **_):
                output.bundles[place] = new

        return Handle() if display_id else None


@pytest.fixture
def output(monkeypatch):
    made = Output(monkeypatch)
    yield made
    for one in list(shown._shown):
        one.widget.close()
    assert shown._shown == []


def test_the_script_holds_the_page_and_nothing_a_name_could_break():
    script = twin_of(handmade.evaluation(classes=("</script>", '");alert(1);("')))
    assert "</script" not in script
    assert script.isascii()
    assert "alert" not in script
    assert 'id="framelens-root"' in page_of(script)


def test_the_twin_carries_the_bands_of_good_values():
    bands = {"recall": (0.5, None, "a first draft"), ("precision", "cat"): (0.8, None, "ship")}
    page = page_of(twin_of(handmade.evaluation().with_bands(bands)))
    assert '"band":[0.5,null],"usual":[0.9,null],"reason":"a first draft"' in page
    assert '"class_bands":[{"class":0,"field":"precision","band":[0.8,null],"reason":"ship"}]' in page


def test_the_default_twin_is_small():
    # a tenth of what a twin may take: the rest is for data and pictures
    assert len(twin_of(handmade.evaluation(), pictures=0)) < framelens.options.twin_bytes / 10


def test_a_small_budget_gives_up_pictures_first():
    evaluation = handmade.evaluation()
    full, without = (twin_of(evaluation, pictures=count) for count in (60, 0))
    assert len(without) < len(full)
    assert '"kind":"frame"' in page_of(full)
    assert '"kind":"frame"' not in page_of(twin_of(evaluation, max_bytes=len(without) + 100))


def test_what_is_too_large_says_so_and_shows_the_picture():
    page = page_of(twin_of(handmade.evaluation(), max_bytes=5_000, png=b"png"))
    assert "too large" in page
    assert "default-src 'none'" in page
    assert base64.b64encode(b"png").decode() in page


def test_every_output_is_a_widget_with_its_twin(output):
    dashboard = handmade.evaluation().dashboard()
    dashboard._ipython_display_()
    live, twin = output.bundles
    assert set(live) == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}
    assert set(twin) == {MIME, "text/plain"}
    [identity] = dashboard._dom_classes
    assert f'"{identity}"' in twin[MIME]


def test_freeze_saves_what_is_selected_now(output):
    evaluation = handmade.evaluation()
    dashboard = evaluation.dashboard()
    dashboard._ipython_display_()
    assert '"selected_cells":[]' in page_of(output.bundles[1][MIME])
    dashboard.matrix.select("cat", "dog")
    evaluation.freeze()
    page = page_of(output.bundles[1][MIME])
    assert '"selected_cells":[[0,1]]' in page
    assert len(output.bundles) == 2


def test_the_front_end_asks_for_a_new_twin(output):
    dashboard = handmade.evaluation().dashboard()
    dashboard._ipython_display_()
    dashboard.matrix.transpose = True
    answers = []
    dashboard.matrix.send = lambda content, _buffers: answers.append(content)
    dashboard.matrix._on_message(None, {"id": 1, "op": "freeze"}, [])
    assert answers == [{"id": 1, "ok": True, "result": {}}]
    assert '"transpose":true' in page_of(output.bundles[1][MIME])


def test_what_is_not_displayed_cannot_be_frozen():
    with pytest.raises(OptionError, match="display it first"):
        handmade.evaluation().freeze()


def test_an_option_turns_twins_off(output, monkeypatch):
    monkeypatch.setattr(framelens.options, "twin", False)
    evaluation = handmade.evaluation()
    evaluation.dashboard()._ipython_display_()
    assert len(output.bundles) == 1
    evaluation.freeze()
    assert len(output.bundles) == 2


@pytest.mark.parametrize(("name", "value"), [("twins", True), ("twin", 1), ("twin_pictures", 5001), ("twin_bytes", -1)])
def test_options_are_checked(name, value):
    with pytest.raises(OptionError, match=name):
        setattr(Options(), name, value)


def test_the_refusal_of_an_option_names_what_is_allowed():
    with pytest.raises(OptionError, match="twin_pictures must be a whole number from 0 to 5,000, not 5001"):
        Options().twin_pictures = 5001
    with pytest.raises(OptionError, match="twin_bytes must be a whole number from 0, not True"):
        Options().twin_bytes = True


def test_a_cell_that_runs_again_keeps_one_dashboard(output):
    evaluation = handmade.evaluation()
    gc.collect()  # so that nothing of an earlier test goes meanwhile
    counts = []
    for run in range(5):
        output.run = run
        evaluation.dashboard()._ipython_display_()
        counts.append(len(_instances))
    assert len(set(counts)) == 1
    assert len(shown._shown) == 1


def test_two_dashboards_of_one_run_live_together(output):
    for _ in range(2):
        handmade.evaluation().dashboard()._ipython_display_()
    output.cell = "b"
    handmade.evaluation().dashboard()._ipython_display_()
    assert len(shown._shown) == 3


def test_every_widget_that_is_displayed_has_its_twin(output):
    evaluation = handmade.evaluation()
    comparison = framelens.compare({"old": handmade.evaluation(detections=handmade.DETECTIONS[1:]), "new": evaluation})
    widgets = (evaluation.dashboard(), evaluation.show("curves"), comparison.widget(), EpochCharts(evaluation.history))
    for widget in widgets:
        output.bundles.clear()
        output.cell += "x"
        widget._ipython_display_()
        live, twin = output.bundles
        assert live["image/png"]
        assert live["text/plain"]
        assert 'id="framelens-root"' in page_of(twin[MIME])


def test_charts_alone_have_a_twin_of_the_run(output):
    charts = EpochCharts(handmade.history(name="</script>yolo"), selected_epoch=2)
    charts._ipython_display_()
    page = page_of(output.bundles[1][MIME])
    assert '"view":"charts"' in page
    assert '"selected_epoch":2' in page
    assert "<h1>&lt;/script&gt;yolo</h1>" in page
    assert "value at epoch 6" in page
    charts.selected_epoch = 5
    charts.freeze()
    assert '"selected_epoch":5' in page_of(output.bundles[1][MIME])
    assert len(output.bundles) == 2


def test_a_widget_that_was_made_in_another_cell_outlives_the_runs_that_show_it(output):
    output.cell = "maker"
    charts, own = EpochCharts(handmade.history()), handmade.evaluation()
    output.cell = "shower"
    for shown_now in (charts, charts, own.dashboard(), charts):
        output.run += 1
        shown_now._ipython_display_()
        assert shown_now.comm is not None
    assert output.bundles[-2]["application/vnd.jupyter.widget-view+json"]["model_id"] == charts.model_id
    assert [one.widget for one in shown._shown] == [charts]


def test_a_run_again_closes_what_its_cell_made(output):
    before = None
    for _ in range(3):
        output.run += 1
        dashboard = handmade.evaluation().dashboard()
        dashboard._ipython_display_()
        assert before is None or before.comm is None
        before = dashboard


def test_both_outputs_together_keep_the_limit(output, monkeypatch):
    monkeypatch.setattr(framelens.options, "twin_bytes", 185_000)
    rows = [(frame, 0, 5, 5, 10 + frame / 7, 10) for frame in range(2_000)]
    names = [f"{frame}.jpg" for frame in range(2_000)]
    found = [(*row, 0.5 + row[0] / 5_000) for row in rows]
    evaluation = handmade.evaluation(objects=rows, detections=found, names=names, with_pictures=False)
    evaluation.dashboard()._ipython_display_()
    size = len(json.dumps(output.bundles))
    assert 150_000 < size <= 185_000
