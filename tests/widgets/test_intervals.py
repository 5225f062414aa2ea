"""Intervals of AP: the page, the report and the table say the same, and the kernel is never busy with them for long."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from framelens.evaluation import Evaluation
from framelens.metrics._resampling import ResampledAP
from framelens.metrics.intervals import ClassDraws, bootstrap
from framelens.report.twin import make_twin
from framelens.widgets.evaluation_widget import EvaluationWidget
from framelens.widgets.intervals_payload import encode_intervals, known_intervals
from made_datasets import tied_dataset
from report.insides import head_of, page_of


def columns(table):
    return {name: table[name].to_numpy() for name in ("ap50_low", "ap50_high", "ap50_95_low", "ap50_95_high")}


def as_arrays(head):
    return {
        f"{field}_{end}": np.array(head[field][end], dtype=np.float64)
        for field in ("ap50", "ap50_95")
        for end in ("low", "high")
    }


def stored_intervals(evaluation, folder):
    page = evaluation.report(folder / "report.html", pictures=0).read_text(encoding="utf-8")
    return head_of(page)["intervals"]


@pytest.mark.parametrize("seed", [3, 7, 12])
def test_what_the_report_stores_is_what_the_table_says(seed, tmp_path):
    evaluation = Evaluation(tied_dataset(seed))
    table = evaluation.intervals(per_class=True)
    stored = as_arrays(stored_intervals(evaluation, tmp_path))
    for name, values in columns(table).items():
        np.testing.assert_allclose(stored[name], values, rtol=0, atol=5e-7)
    known = ~np.isnan(table["ap50_low"])
    assert known.any()
    assert (table["ap50_low"] <= table["ap50_high"])[known].all()


def test_the_page_is_answered_a_little_at_a_time(monkeypatch):
    evaluation = Evaluation(tied_dataset(7))
    widget = EvaluationWidget(evaluation)
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, _buffers: sent.append(message["result"]))
    assert known_intervals(evaluation) is None
    steps = iter(np.arange(0, 100, 0.04).tolist())
    # the module's own name, not the clock of every thread
    monkeypatch.setattr("framelens.metrics.intervals.time", SimpleNamespace(monotonic=lambda: next(steps)))
    while not sent or sent[-1]["done"] < sent[-1]["rounds"]:
        widget._on_message(widget, {"id": 1, "op": "intervals"}, [])
    assert [one["done"] for one in sent[:3]] == [3, 6, 9]
    assert all(one["ap50"] is None for one in sent[:-1])
    assert sent[-1] == encode_intervals(evaluation) == known_intervals(evaluation)
    assert '"done":200' in page_of(make_twin(widget.subject(), "fl-1", traits={}, pictures=0))
    widget.close()


def test_other_rules_have_no_interval_of_cocos_number(tmp_path):
    evaluation = Evaluation(tied_dataset(7), rules="voc")
    assert evaluation.intervals(per_class=True)[["ap50_low", "ap50_95_high"]].isna().all().all()
    assert stored_intervals(evaluation, tmp_path)["ap50"] is None


def test_the_draws_of_the_classes_are_those_of_the_mean():
    evaluation = Evaluation(tied_dataset(7))
    draws = ClassDraws(evaluation.dataset, rounds=30, seed=4)
    draws.ends()
    means = np.nanmean(draws._drawn, axis=2)
    expected = bootstrap(evaluation.dataset, evaluation.matching, None, rounds=30, seed=4)
    for row, name in enumerate(("map50", "map50_95")):
        np.testing.assert_allclose(np.quantile(means[row], (0.025, 0.975)), expected[name], rtol=0, atol=1e-12)


def test_draws_that_are_interrupted_begin_anew(monkeypatch):
    evaluation = Evaluation(tied_dataset(3))
    wanted = ClassDraws(evaluation.dataset, rounds=20).ends()
    draws, honest, left = ClassDraws(evaluation.dataset, rounds=20), ResampledAP.draw, [1] * 5

    def interrupted(self, weight):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return honest(self, weight)

    monkeypatch.setattr(ResampledAP, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        draws.advance(60)
    monkeypatch.undo()
    draws.advance(0)
    assert draws.done == 1
    for name, ends in draws.ends().items():
        np.testing.assert_array_equal(ends, wanted[name])
    assert draws.done == 20
