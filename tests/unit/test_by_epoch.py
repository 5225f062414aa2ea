"""Predictions of several epochs: which are found, which is shown, what is kept, and what changed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.data.epoch_sources import find_sources
from framelens.errors import DataError, OptionError
from framelens.training import History
from made_epochs import ALARM, EPOCHS, FOUND, TRUTH


def run(best=2, **series):
    columns = {name: np.asarray(values, dtype=float) for name, values in series.items()}
    return History("made", "detect", np.arange(1, 4), columns, best_epoch=best)


def several(predictions=None, **options):
    return framelens.evaluate(TRUTH, EPOCHS if predictions is None else predictions, **{"confidence": 0.5} | options)


@pytest.fixture
def saved(tmp_path):
    for epoch, table in EPOCHS.items():
        table.to_csv(tmp_path / f"epoch_{epoch}.csv", index=False)
    return tmp_path


def test_the_best_epoch_of_the_log_is_shown():
    ev = several(run=run(best=3))
    assert (ev.epoch, ev.history.best_epoch, list(ev.epochs)) == (3, 3, [1, 2, 3])
    assert ev.epochs[3] is ev
    assert ev.at_epoch("last") is ev
    assert ev.at_epoch(1).epoch == 1


def test_of_the_epochs_with_predictions_the_one_that_the_log_rates_highest():
    log = run(best=2, map50_95=[0.4, 0.9, 0.5])
    assert several({1: EPOCHS[1], 3: EPOCHS[3]}, run=log).epoch == 3


def test_the_best_saved_epoch_is_the_best_of_the_log_among_those_with_predictions():
    log = run(best=2, map50_95=[0.4, 0.9, 0.5])
    assert several({1: EPOCHS[1], 3: EPOCHS[3]}, run=log, epoch=1).best_saved_epoch == 3
    assert several(run=log, epoch=1).best_saved_epoch == 2


def test_every_epoch_has_the_numbers_of_its_own_file():
    ev = several(run=run())
    for epoch, table in EPOCHS.items():
        alone = framelens.evaluate(TRUTH, table, confidence=0.5)
        assert np.array_equal(ev.epochs[epoch].confusion_result.counts, alone.confusion_result.counts)
        assert ev.epochs[epoch].average_precision.map50_95 == alone.average_precision.map50_95


def test_settings_go_along():
    ev = several(run=run()).at(confidence=0.2, iou=0.7)
    other = ev.at_epoch(1)
    assert (other.confidence, other.iou) == (0.2, 0.7)
    again = ev.at(confidence=0.4).at_epoch(1)
    assert (again.confidence, again.iou, again.dataset) == (0.4, 0.7, other.dataset)


def test_files_are_read_when_asked_for_and_few_are_kept(saved, monkeypatch):
    read = Counter()
    real = framelens.data.read_predictions
    monkeypatch.setattr(framelens.data, "read_predictions", lambda path, **o: (read.update([path]), real(path, **o))[1])
    many = {epoch: saved / f"epoch_{1 + epoch % 3}.csv" for epoch in range(1, 13)}
    log = History("made", "detect", np.arange(1, 13), {}, best_epoch=2)
    ev = several(many, run=log)
    assert read.total() == 1
    first = ev.epochs[1]
    assert ev.epochs[1] is first
    assert read.total() == 2
    for epoch in ev.epochs:
        ev.epochs[epoch]
    assert len(ev.saved._kept) == 4
    assert read.total() == 1 + 11


def test_a_pattern_finds_files_and_folders(saved):
    (saved / "epoch_last.csv").write_text("no number\n")
    ev = several(str(saved / "epoch_{epoch}.csv"), run=run())
    assert list(ev.epochs) == [1, 2, 3]
    for epoch in (1, 12):
        (saved / f"run{epoch:03d}" / "labels").mkdir(parents=True)
    (saved / "run013").mkdir()
    assert find_sources(saved / "run{epoch:03d}" / "labels") == {
        1: saved / "run001" / "labels",
        12: saved / "run012" / "labels",
    }


def test_a_pattern_that_fits_nothing_says_so(tmp_path):
    with pytest.raises(DataError, match=r"nothing fits the pattern 'epoch_\{epoch\}.json' \(0 entries\)"):
        find_sources(tmp_path / "epoch_{epoch}.json")
    with pytest.raises(DataError, match="nothing fits"):
        find_sources(tmp_path / "no" / "epoch_{epoch}.json")
    (tmp_path / "e1").touch()
    (tmp_path / "e01").touch()
    with pytest.raises(DataError, match="epoch 1"):
        find_sources(tmp_path / "e{epoch}")
    with pytest.raises(OptionError, match="more than once"):
        find_sources("{epoch}/{epoch}.json")


def test_numbers_from_zero_are_counted_from_one():
    assert find_sources({0: "a", 2: "b"}) == {1: "a", 3: "b"}
    with pytest.raises(OptionError, match="-1"):
        find_sources({-1: "a"})


@pytest.mark.parametrize(
    "one",
    ["predictions.json", FOUND, {"frame": ["a"]}, [{"boxes": []}], {1: {"boxes": [], "scores": []}}, {}, {True: "a"}],
)
def test_predictions_of_a_single_epoch_are_left_alone(one):
    assert find_sources(one) is None


def test_without_a_log_the_predictions_make_the_curves():
    ev = several()
    assert ev.epoch == ev.history.best_epoch == 2
    assert ev.history.epochs.tolist() == [1, 2, 3]
    for row, epoch in enumerate(ev.history.epochs):
        assert ev.history.series["map50_95"][row] == ev.epochs[epoch].average_precision.map50_95


def test_an_epoch_that_cannot_be_read_costs_only_itself(saved):
    (saved / "epoch_2.csv").write_text("nothing\n")
    ev = several(saved / "epoch_{epoch}.csv")
    assert ev.history.epochs.tolist() == [1, 3]
    assert [(skip.file, skip.where) for skip in ev.history.skipped] == [("epoch_2.csv", "epoch 2")]
    with pytest.raises(DataError, match=r"epoch_2\.csv"):
        ev.at_epoch(2)
    for epoch in (1, 3):
        (saved / f"epoch_{epoch}.csv").write_text("nothing\n")
    with pytest.raises(DataError, match="no epoch can be read"):
        several(saved / "epoch_{epoch}.csv")


def test_what_changed_since_the_best_epoch():
    ev = several(run=run())
    lost = ev.epoch_changes(1)
    assert (lost.epoch, lost.base) == (1, 2)
    assert lost.objects[["frame", "class", "before", "after", "change"]].to_numpy().tolist() == [
        ["a", "cat", "cat", "dog", "broken"],
        ["b", "dog", "dog", "background", "broken"],
    ]
    assert {(c.actual, c.predicted): c.change for c in lost.cells.itertuples()} == {
        ("cat", "cat"): -1,
        ("cat", "dog"): 1,
        ("dog", "dog"): -1,
        ("dog", "background"): 1,
        ("background", "cat"): -1,
    }
    assert lost.frames.set_index("frame").to_dict("index") == {
        "a": {"before": 0, "after": 1, "change": 1, "fixed": 0, "broken": 1},
        "b": {"before": 1, "after": 1, "change": 0, "fixed": 0, "broken": 1},
    }
    back = ev.epoch_changes("best", base=1)
    assert back.objects["change"].tolist() == ["fixed", "fixed"]
    assert back.cells["change"].sum() == -lost.cells["change"].sum()
    assert ev.epoch_changes(3, base=1).objects["change"].tolist() == ["fixed", "broken", "fixed"]
    same = ev.epoch_changes(2)
    assert len(same.cells) == len(same.objects) == len(same.frames) == 0


def test_wrong_in_another_way_is_neither_gained_nor_lost():
    ev = several({1: EPOCHS[1], 2: FOUND.drop(0)}, run=run())
    changed = ev.epoch_changes(1).objects.set_index("class")
    assert changed.loc["cat", ["before", "after", "change"]].tolist() == ["background", "dog", "other"]


def test_a_class_that_only_one_epoch_predicts_shifts_no_cell():
    strange = pd.concat([FOUND, ALARM.assign(**{"class": "bird"})], ignore_index=True)
    ev = several({1: strange, 2: FOUND}, run=run())
    cells = ev.epoch_changes(1).cells
    assert cells[["actual", "predicted", "change"]].to_numpy().tolist() == [["background", "bird", 1]]


def test_the_epoch_of_one_file_is_stated_or_unknown():
    assert several(FOUND, run=run()).epoch is None
    assert len(several(FOUND, run=run()).epochs) == 0
    stated = several(FOUND, run=run(), epoch="best")
    assert stated.epoch == 2
    assert list(stated.epochs) == [2]
    assert several(FOUND, epoch=7).epoch == 7
    with pytest.raises(OptionError, match="no epoch 4; its epochs: 1 to 3"):
        several(FOUND, run=run(), epoch=4)
    with pytest.raises(OptionError, match="'middle'"):
        several(FOUND, run=run(), epoch="middle")
    with pytest.raises(OptionError, match="a number"):
        several(FOUND, epoch="best")


def test_an_epoch_without_predictions_is_refused():
    ev = several({1: EPOCHS[1], 2: EPOCHS[2]}, run=run())
    with pytest.raises(OptionError, match="no predictions of epoch 3; epochs with predictions: 1, 2"):
        ev.at_epoch(3)
    with pytest.raises(OptionError, match="no predictions of epoch 3"):
        several({1: EPOCHS[1]}, run=run(), epoch=3)
    with pytest.raises(KeyError):
        ev.epochs[3]
