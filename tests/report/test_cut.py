"""What is left of a payload in a page with a small budget: fewer boxes, the same numbers."""

from __future__ import annotations

import json
from bisect import bisect_left
from types import SimpleNamespace

import numpy as np
import pytest

import handmade
from framelens.evaluation import Evaluation
from framelens.report.cut import fewer_detections, followed, shown_detections, some_frames
from framelens.report.html import Subject
from framelens.report.plain import plain_summary
from framelens.report.twin import make_twin
from framelens.widgets.wire import encode
from framelens.widgets.wire_columns import choose_shelf, detection_columns, pair_columns
from framelens.widgets.wire_panels import encode_panels
from made_datasets import tied_dataset
from report.insides import head_of, page_of, part_of

FRAMES = 400


def many(**options):
    """One object in every frame, found; and a swarm of unsure detections that lie beside it."""
    dice = np.random.default_rng(1)
    spread = dice.random((FRAMES, 40, 5)).round(2)
    objects = [(frame, frame % 2, 5 + spread[frame, 0, 0], 5, 30, 30) for frame in range(FRAMES)]
    found = [(*row[:2], row[2] + 2, 7, 30, 28, 0.9) for row in objects]
    unsure = [
        (frame, 0, 40 * a, 40 * b, 10 + 20 * c, 10 + 20 * d, round(0.4 * e, 2))
        for frame in range(FRAMES)
        for a, b, c, d, e in spread[frame].tolist()
    ]
    names = [f"frame {number}.jpg" for number in range(FRAMES)]
    return handmade.evaluation(objects=objects, detections=sorted(found + unsure), names=names, **options)


@pytest.mark.parametrize("seed", range(0, 60, 5))
def test_fewer_detections_are_those_that_a_smaller_shelf_holds(seed):
    evaluation = Evaluation(dataset=tied_dataset(seed))
    payload = encode(evaluation)
    for most in (0, 3, 9, 40):
        less, shelf = fewer_detections(payload, most), choose_shelf(evaluation, most)
        expected = {**detection_columns(evaluation.dataset, shelf), **pair_columns(evaluation.dataset, shelf)}
        expected |= encode_panels(evaluation, shelf.order[: shelf.count])[1]
        for name, (_, values) in expected.items():
            if not name.startswith("issue_"):  # of these only those whose boxes are there
                np.testing.assert_array_equal(less.column(name), np.asarray(values, less.column(name).dtype), name)
        assert less.head["recount"] == shelf.recount
        assert less.column("cell_start").tolist() == payload.column("cell_start").tolist()
        assert less.column("issue_detection").max(initial=-1) < shelf.count


def test_a_few_frames_keep_every_number_and_all_that_stands_in_them():
    evaluation = handmade.evaluation()
    payload = encode(evaluation)
    one = np.flatnonzero(payload.column("example_object") == 0)
    less = some_frames(payload, one)
    counts = np.diff(payload.column("cell_start"))
    assert less.column("cell_count").tolist() == counts.tolist()
    assert (
        plain_summary(less).split("<h1>")[1].split("setting")[0]
        == plain_summary(payload).split("<h1>")[1].split("setting")[0]
    )
    frame = payload.column("object_frame")[0]
    assert set(less.column("object_frame")) | set(less.column("detection_frame")) == {frame}
    assert [bool(name) for name in less.head["frames"]["names"]] == [place == frame for place in range(3)]
    # every example is the one it was
    dataset = evaluation.dataset
    for thing, found in zip(less.column("example_object"), less.column("example_detection"), strict=True):
        if thing >= 0:
            row = less.object_rows[thing]
            assert less.column("object_box")[thing].tolist() == dataset.objects.box[row].tolist()
        if found >= 0:
            row = less.detection_rows[found]
            assert less.column("detection_score")[found] == dataset.detections.score[row]
    assert "1 of 3 frames" in less.head["warnings"][0]
    assert {"recount", "panels"}.isdisjoint(less.head)


def test_marks_follow_their_boxes_or_stay_behind():
    payload = encode(handmade.evaluation())
    every = range(len(payload.column("object_frame")))
    marks = [{"object": row, "detection": -1, "mark": "hard", "note": str(row)} for row in every]
    less = some_frames(payload, np.flatnonzero(payload.column("example_object") == 0))
    kept = followed(marks, payload, less)
    assert 0 < len(kept) < len(marks)
    assert all(int(mark["note"]) == less.object_rows[mark["object"]] for mark in kept)


@pytest.fixture(scope="module")
def twin():
    """A function that makes the page of a twin of at most so many bytes, and says how many it took."""
    evaluation = many(with_pictures=False, with_history=False)
    subject = Subject(evaluation, encode(evaluation))
    traits = {"view": "report", "iou": 0.7, "marks": [], "normalize": "row"}

    def make(size):
        script = make_twin(subject, "fl-1", traits=traits, max_bytes=size, png=b"png")
        assert len(script) <= size
        return page_of(script), len(script)

    return SimpleNamespace(make=make, shown=shown_detections(subject.payload))


@pytest.fixture(scope="module")
def least(twin):
    """The largest page that has no room for all boxes over the confidence."""
    steps = range(0, 1_000_000, 1_000)
    fits = bisect_left(steps, 1, key=lambda size: int('"recount":{' in twin.make(size)[0]))
    return twin.make(steps[fits - 1])[0]


def test_a_twin_gives_up_unsure_detections_then_boxes_and_no_number(twin, least):
    page, size = twin.make(10**6)
    whole = head_of(page)
    assert whole["recount"]["floor"] is None
    less, least = (head_of(page) for page in (twin.make(size - 20_000)[0], least))
    assert less["recount"]["below"] > 0
    assert less["recount"]["floor"] < less["operating_point"]["confidence"]
    assert less["columns"]["detection_frame"]["shape"][0] > twin.shown
    for head in (less, least):
        assert [head[key] for key in ("cards", "per_class", "counts")] == [
            whole[key] for key in ("cards", "per_class", "counts")
        ]
    assert "recount" not in least
    assert "cell_count" in least["columns"]
    assert "frames; every number on it is of all frames" in least["warnings"][0]


def test_a_view_without_all_boxes_begins_at_the_operating_point(least):
    assert json.loads(part_of(least, "options")) == {"view": "report", "marks": [], "normalize": "row"}
