"""Which pictures are stored, and how many."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.errors import OptionError
from framelens.report.store import REPORT, TWIN, Budget, plan_pictures, stored_pictures
from framelens.widgets.picture_service import WHOLE
from framelens.widgets.wire import encode


def wanted(frames, each):
    return [(frame, (frame * 100 + row, -1)) for row in range(each) for frame in range(frames)]


def test_crowded_small_frames_are_stored_whole():
    crops, frames = plan_pictures(wanted(10, 4), lambda _: (320, 240), Budget(), 200)
    assert crops == []
    assert frames == [(frame, WHOLE) for frame in range(10)]


def test_large_frames_are_cut_and_one_in_sixteen_comes_whole():
    crops, frames = plan_pictures(wanted(100, 4), lambda _: (1920, 1080), Budget(), 40)
    assert crops == wanted(100, 4)[:40]
    assert frames == [(frame, WHOLE) for frame in range(3)]


def test_a_frame_of_unknown_size_is_cut():
    crops, _ = plan_pictures(wanted(2, 2), lambda _: None, Budget(), 10)
    assert len(crops) == 4


def test_the_budget_counts_crops_and_small_frames_together():
    sizes = {0: (200, 150), 1: (1920, 1080)}
    crops, frames = plan_pictures(wanted(2, 5), sizes.get, Budget(), 3)
    assert [frame for frame, _ in crops] == [1, 1]
    assert frames == [(0, WHOLE), (1, WHOLE)]


def test_picked_examples_bring_their_frames():
    _, frames = plan_pictures(wanted(6, 1), lambda _: (1920, 1080), Budget(), 6, every_frame=True)
    assert len(frames) == 6


@pytest.mark.parametrize("options", [{"pictures": -1}, {"pictures": 5001}, {"pictures": True}, {"max_bytes": 0.5}])
def test_a_budget_out_of_range_is_refused(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        Budget(**options)


def test_a_report_takes_two_hundred_pictures_a_twin_sixty():
    frames = 260
    names = [f"{number}.jpg" for number in range(frames)]
    rows = {"frame": names, "class": ["cat", "dog"] * (frames // 2), "x": 40, "y": 60, "width": 200, "height": 160}
    truth = pd.DataFrame(rows)
    ramp = np.linspace(0, 255, 700 * 500 * 3).reshape(500, 700, 3).astype(np.uint8)
    evaluation = framelens.evaluate(truth, truth.assign(score=0.9), frames=lambda _name: ramp, progress=False)
    payload = encode(evaluation)
    for budget, crops, whole in ((REPORT, 200, 13), (replace(TWIN, seconds=None), 60, 3)):
        items = stored_pictures(evaluation, payload, budget)["items"]
        kinds = [item["kind"] for item in items]
        assert (kinds.count("crop"), kinds.count("frame")) == (crops, whole)
        assert sum(len(b64decode(item["data"])) for item in items) <= budget.max_bytes
    assert (REPORT.max_bytes, framelens.options.twin_pictures) == (8_000_000, 60)
