"""Errors of consecutive frames become events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.errors import OptionError
from framelens.metrics.events import frame_steps


def evaluation(rows, found=(), **options):
    """Objects as (frame, class, x); detections as (frame, class, x, score)."""
    columns = ["frame", "class", "x"]
    sides = {"y": 10.0, "width": 20.0, "height": 20.0}
    truth = pd.DataFrame([row[:3] for row in rows], columns=columns).assign(**sides)
    kept = [*found, ("f_99.jpg", "cat", 500.0, 0.9)]
    truth = pd.concat([truth, pd.DataFrame([("f_99.jpg", "cat", 500.0)], columns=columns).assign(**sides)])
    detections = pd.DataFrame(kept, columns=[*columns, "score"]).assign(**sides)
    return framelens.evaluate(truth, detections, confidence=0.5, **options)


def summary(table):
    return [tuple(row) for row in table[["class", "status", "start", "end", "frames"]].itertuples(index=False)]


def test_a_miss_over_frames_is_one_event():
    ev = evaluation([(f"f_{n}.jpg", "cat", 10.0 + n) for n in (8, 9, 10, 11)])
    assert summary(ev.events) == [("cat", "missed", "f_8.jpg", "f_11.jpg", 4)]
    rows = ev.events["rows"][0]
    assert ev.objects.loc[rows, "frame"].tolist() == ["f_8.jpg", "f_9.jpg", "f_10.jpg", "f_11.jpg"]
    assert (ev.objects.loc[rows, "status"] == "missed").all()


def test_gap_class_place_and_sequence_part_events():
    ev = evaluation([
        ("f_1.jpg", "cat", 10.0), ("f_2.jpg", "cat", 10.0), ("f_3.jpg", "dog", 10.0), ("f_4.jpg", "cat", 10.0),
        ("f_5.jpg", "cat", 90.0), ("g_5.jpg", "cat", 10.0),
    ])  # fmt: skip
    assert sorted(ev.find_events(gap=1)["frames"]) == [1, 1, 1, 3]
    assert sorted(ev.find_events(gap=0)["frames"]) == [1, 1, 1, 1, 2]


def test_every_tenth_frame_is_consecutive_where_every_tenth_is_labelled():
    ev = evaluation([(f"clip.mp4#{n}", "cat", 10.0) for n in range(0, 60, 10)])
    assert ev.events["frames"].tolist() == [6]


def test_two_objects_side_by_side_stay_two():
    rows = [(f"f_{n}.jpg", "cat", x) for n in (1, 2, 3) for x in (10.0, 14.0)]
    assert evaluation(rows).events["frames"].tolist() == [3, 3]


def test_confusions_count_once_and_alarms_are_events():
    rows = [(f"f_{n}.jpg", "dog", 10.0) for n in (1, 2)]
    found = [(f"f_{n}.jpg", "cat", 10.0, 0.9) for n in (1, 2)] + [("f_2.jpg", "cat", 300.0, 0.8)]
    ev = evaluation(rows, found)
    assert [(c, s, n) for c, s, _, _, n in summary(ev.events)] == [("dog", "confused", 2), ("cat", "background", 1)]


def test_times_come_with_the_names():
    ev = evaluation([(f"clip.mp4#t={t}", "cat", 10.0) for t in ("0.000", "0.040", "0.080")])
    assert ev.events[["start_time", "end_time"]].to_numpy().tolist() == [[0.0, 0.08]]


def test_pictures_that_are_merely_numbered_are_no_sequence():
    numbers = (139, 285, 632, 724, 776, 785, 802, 872, 885, 1000, 1268, 1296)
    assert set(evaluation([(f"{n:012}.jpg", "cat", 10.0) for n in numbers]).events["frames"]) == {1}
    assert evaluation([(f"clip.mp4#{n}", "cat", 10.0) for n in (1, 2, 3, *numbers)]).events["frames"].max() > 1


def test_frames_of_several_sequences_may_stand_in_any_order():
    random = np.random.default_rng(3)
    filmed, numbered = np.arange(0, 120, 10), np.cumsum(random.integers(1, 200, 12))
    number = np.repeat([4, 0, 2, -1], [12, 12, 1, 2])
    position = np.concatenate([filmed, numbered, [5], [np.nan, np.nan]]).astype(float)
    order = random.permutation(len(number))
    step, even = frame_steps(number[order], position[order])
    assert sorted(order[even].tolist()) == list(range(12))
    assert step[number[order] == 4].tolist() == [10.0] * 12
    assert step[number[order] == 0].tolist() == [np.median(np.diff(numbered))] * 12
    assert step[np.isin(number[order], (2, -1))].tolist() == [1.0] * 3


def test_names_without_numbers_stand_alone():
    ev = evaluation([("dog.jpg", "cat", 10.0), ("house.jpg", "cat", 10.0)])
    assert ev.events["frames"].tolist() == [1, 1]


def test_without_errors_the_table_is_empty_and_whole():
    assert list(evaluation([]).events.columns) == [
        "class", "status", "start", "end", "start_time", "end_time", "frames", "rows",
    ]  # fmt: skip
    assert len(evaluation([]).events) == 0


@pytest.mark.parametrize("options", [{"gap": -1}, {"overlap": 0}, {"overlap": 2}])
def test_options_are_checked(options):
    with pytest.raises(OptionError):
        evaluation([]).find_events(**options)
