"""Which pictures a report keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import framelens
import handmade
from framelens.report.choose import choose_examples
from framelens.widgets.wire import encode
from framelens.widgets.wire_events import strip_rows


def big(seed, frames=40, per_frame=6, classes=5):
    random = np.random.default_rng(seed)
    objects, detections = [], []
    for frame in range(frames):
        for slot in range(per_frame):
            x, y = 30 * (slot % 3), 30 * (slot // 3)
            true, seen = random.integers(0, classes, 2)
            if random.random() < 0.8:
                objects.append((frame, true, x, y, 20, random.integers(5, 25)))
            if random.random() < 0.8:
                detections.append((frame, true if random.random() < 0.6 else seen, x, y, 20, 20, random.random()))
    names = tuple(f"{frame}.jpg" for frame in range(frames))
    return encode(
        handmade.evaluation(
            0.3, classes=[f"c{n}" for n in range(classes)], objects=objects, detections=detections, names=names,
            with_pictures=False, with_history=False,
        )
    )  # fmt: skip


@settings(max_examples=25)
@given(st.integers(0, 50), st.integers(0, 400))
def test_no_example_twice_and_never_more_than_the_budget(seed, budget):
    payload = big(seed)
    total = len(payload.column("example_iou"))
    chosen = choose_examples(payload, budget)
    assert len(np.unique(chosen)) == len(chosen) == min(budget, total)
    assert chosen.size == 0 or (chosen.min() >= 0 and chosen.max() < total)


def test_every_cell_has_a_picture_when_the_budget_allows():
    payload = big(1)
    start = payload.column("cell_start")
    chosen = choose_examples(payload, len(start) - 1)
    cells = np.searchsorted(start, chosen, side="right") - 1
    assert sorted(cells.tolist()) == list(range(len(start) - 1))


def test_errors_come_before_hits_when_the_budget_is_small():
    payload = big(2)
    hit = payload.column("cell_actual") == payload.column("cell_predicted")
    cells = np.searchsorted(payload.column("cell_start"), choose_examples(payload, 4), side="right") - 1
    assert not hit[cells].any()


def test_the_most_confident_mistake_and_the_largest_miss_are_kept():
    payload = big(3)
    chosen = set(choose_examples(payload, 80).tolist())
    start = payload.column("cell_start")
    wrong = np.repeat(payload.column("cell_actual") != payload.column("cell_predicted"), np.diff(start))
    found, thing = payload.column("example_detection"), payload.column("example_object")
    mistakes = np.flatnonzero(wrong & (found >= 0))
    assert int(mistakes[np.argmax(payload.column("detection_score")[found[mistakes]])]) in chosen
    missed = np.flatnonzero(wrong & (found < 0))
    box = payload.column("object_box")[thing[missed]]
    assert int(missed[np.argmax(box[:, 2] * box[:, 3])]) in chosen


def test_the_spread_reaches_the_end_of_a_large_cell():
    payload = big(4, frames=80, classes=1)
    sizes = np.diff(payload.column("cell_start"))
    largest = int(np.argmax(sizes))
    first = int(payload.column("cell_start")[largest])
    inside = choose_examples(payload, 120) - first
    inside = inside[(inside >= 0) & (inside < sizes[largest])]
    assert (np.histogram(inside, 4, (0, sizes[largest]))[0] > 0).all()


def test_strips_of_events_have_their_pictures():
    """A miss of 20 frames beside 300 more confident mistakes."""
    columns = ["frame", "class", "x"]
    sides = {"y": 10.0, "width": 20.0, "height": 20.0}
    truth = pd.DataFrame([(f"clip.mp4#{n}", "cat", 10.0) for n in range(20)], columns=columns).assign(**sides)
    places = [(f"clip.mp4#{n}", "cat", 100.0 + 50 * k, 0.9) for n in range(20) for k in range(15)]
    found = pd.DataFrame(places, columns=[*columns, "score"]).assign(**sides)
    evaluation = framelens.evaluate(truth, found, confidence=0.5)
    payload = encode(evaluation)
    start = payload.column("event_start")
    missed = int(np.flatnonzero(payload.column("event_object")[start[:-1]] >= 0)[0])
    rows = choose_examples(payload, int(payload.column("cell_start")[-1]))[:200]
    stored = set(payload.column("example_object")[rows].tolist())
    shown = payload.column("event_object")[strip_rows(start)[missed]].tolist()
    assert len(shown) == 6
    assert set(shown) <= stored
