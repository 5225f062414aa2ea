"""Which pictures are stored: the plan, without pictures."""

from __future__ import annotations

import pytest

from framelens.errors import OptionError
from framelens.report.store import Budget, plan_pictures
from framelens.widgets.picture_service import WHOLE


def wanted(frames, each):
    return [(frame, (frame * 100 + row, -1)) for row in range(each) for frame in range(frames)]


def test_crowded_small_frames_are_stored_whole():
    crops, frames = plan_pictures(wanted(10, 4), lambda _: (320, 240), Budget(), 200)
    assert crops == []
    assert frames == [(frame, WHOLE) for frame in range(10)]


def test_large_frames_are_cut_and_one_in_eight_comes_whole():
    crops, frames = plan_pictures(wanted(100, 4), lambda _: (1920, 1080), Budget(), 40)
    assert crops == wanted(100, 4)[:40]
    assert frames == [(frame, WHOLE) for frame in range(5)]


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
