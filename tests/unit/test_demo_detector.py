"""The demo's detector, piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threadpoolctl import threadpool_limits

from framelens.demo.detector import (
    BACKGROUND,
    Detector,
    apply_deltas,
    box_deltas,
    clip,
    contrast,
    describe,
    overlaps,
    propose,
    suppress,
)
from framelens.demo.frames import compose_frame, load_pools
from framelens.demo.training import prepare, train


@st.composite
def box_arrays(draw, fewest=1):
    count = draw(st.integers(fewest, 12))
    low = draw(arrays(np.float64, (count, 2), elements=st.integers(0, 60)))
    size = draw(arrays(np.float64, (count, 2), elements=st.integers(1, 40)))
    return np.hstack([low, size])


def written(ground, ink):
    """A digit-like stroke, 20 x 30 pixels at (100, 80), on plain ground."""
    gray = np.full((240, 320), float(ground))
    gray[80:110, 100:104] = gray[80:84, 100:120] = gray[106:110, 100:120] = ink
    return gray


@given(box_arrays(), box_arrays())
def test_overlap_is_symmetric_and_counts_shared_pixels(first, second):
    iou = overlaps(first, second)
    assert np.array_equal(iou, overlaps(second, first).T)

    def pixels(box):
        x, y, width, height = box.astype(int)
        return {(column, row) for column in range(x, x + width) for row in range(y, y + height)}

    one, other = pixels(first[0]), pixels(second[0])
    assert iou[0, 0] == pytest.approx(len(one & other) / len(one | other))


@given(box_arrays(), st.data())
def test_deltas_move_a_box_onto_its_object(boxes, data):
    sizes = data.draw(arrays(np.float64, boxes.shape, elements=st.floats(0.9, 1.1)))
    objects = boxes * sizes
    assert apply_deltas(boxes, box_deltas(boxes, objects)) == pytest.approx(objects)


@given(box_arrays(), st.data())
def test_suppression_keeps_the_best_and_drops_only_what_it_covers(boxes, data):
    scores = data.draw(arrays(np.float64, len(boxes), elements=st.floats(0, 1)))
    kept = suppress(boxes, scores)
    assert scores[kept].tolist() == sorted(scores[kept].tolist(), reverse=True)
    among = overlaps(boxes[kept], boxes[kept])
    assert (among[~np.eye(len(kept), dtype=bool)] <= 0.45).all()
    for row in set(range(len(boxes))) - set(kept.tolist()):
        better = scores[kept] >= scores[row]
        assert (overlaps(boxes[[row]], boxes[kept])[0][better] > 0.45).any()


def test_suppression_of_nothing_is_nothing():
    assert suppress(np.zeros((0, 4)), np.zeros(0)).tolist() == []


@pytest.mark.parametrize(("ground", "ink"), [(220, 40), (40, 220)], ids=["dark on light", "light on dark"])
def test_a_stroke_is_proposed_whatever_its_polarity(ground, ink):
    boxes = propose(contrast(written(ground, ink)))
    assert overlaps(boxes, np.array([[100.0, 80, 20, 30]])).max() > 0.8


def test_a_plain_frame_has_no_proposals():
    assert propose(contrast(np.full((240, 320), 128.0))).shape == (0, 4)


def test_touching_digits_are_split():
    gray = written(220, 40)
    gray[80:110, 120:140] = gray[80:110, 100:120]
    boxes = propose(contrast(gray))
    for x in (100.0, 120.0):
        assert overlaps(boxes, np.array([[x, 80, 20, 30]])).max() > 0.6


def test_patches_do_not_depend_on_the_strength_of_the_ink():
    box = np.array([[100.0, 80, 20, 30]])
    strong, weak = (describe(contrast(written(220, ink)), box)[0, :256] for ink in (20, 120))
    assert strong == pytest.approx(weak, abs=0.02)


@given(box_arrays())
def test_clipped_boxes_lie_inside(boxes):
    inside = clip(boxes - [20, 20, 0, 0], (50, 40))
    assert (inside[:, :2] >= 0).all()
    assert (inside[:, 2:] >= 0).all()
    assert (inside[:, :2] + inside[:, 2:] <= (50, 40)).all()


@pytest.fixture(scope="module")
def samples():
    digits, _ = load_pools()
    frames = [compose_frame(digits, number, seed=5) for number in range(1, 25)]
    return frames, prepare(frames, shaken=True, seed=5)


def test_samples_on_objects_carry_the_label_and_the_way_there(samples):
    frames, made = samples
    on = np.flatnonzero(made.placed)
    assert len(on) > 50
    for row in on:
        frame = frames[made.frame[row]]
        shared = overlaps(made.boxes[[row]], frame.boxes)[0]
        assert shared.max() >= 0.6
        assert made.labels[row] == frame.labels[shared.argmax()]
        moved = apply_deltas(made.boxes[[row]], made.deltas[[row]])[0]
        assert moved == pytest.approx(frame.boxes[shared.argmax()])
    background = made.labels == BACKGROUND
    assert not made.deltas[background].any()


def test_training_lowers_the_losses_it_reports(samples):
    frames, made = samples
    with threadpool_limits(1):
        epochs = list(train(made, made, frames=len(frames), epochs=12, seed=5))
    assert [epoch.number for epoch in epochs] == list(range(1, 13))
    assert epochs[-1].train.cls < 0.7 * epochs[0].train.cls
    assert epochs[-1].train.box < 0.9 * epochs[0].train.box
    # Measured on the same samples in the same way.
    assert epochs[-1].train == epochs[-1].val


def test_detections_are_sorted_over_the_floor_and_inside(samples):
    frames, made = samples
    with threadpool_limits(1):
        *_, last = train(made, made, frames=len(frames), epochs=3, seed=5)
    assert len(last.found) == len(frames)
    for found in last.found:
        assert (np.diff(found.scores) <= 0).all()
        assert (found.scores >= 0.01).all()
        assert (found.boxes[:, :2] >= 0).all()
        assert (found.boxes[:, :2] + found.boxes[:, 2:] <= (320, 240)).all()
        assert (found.boxes[:, 2:] >= 1).all()
        assert set(found.labels.tolist()) <= set(range(10))


def test_a_frame_without_proposals_has_no_detections():
    none, patches = np.zeros((0, 4)), np.zeros((0, 260), dtype=np.float32)
    found = Detector(0, 0.001).detect(none, patches, np.zeros(0, dtype=np.int64), 2, (320, 240))
    assert [(len(one.boxes), len(one.labels), len(one.scores)) for one in found] == [(0, 0, 0)] * 2


def test_every_frame_has_the_detections_of_its_own_proposals(samples):
    frames, made = samples
    detector = Detector(0, 0.001)
    detector.learn(made.patches[made.labels >= 0], made.labels[made.labels >= 0], made.patches, made.deltas)
    whole = detector.detect(made.boxes, made.patches, made.frame, len(frames) + 1, (320, 240))
    assert sum(len(found.boxes) for found in whole) > 0
    for frame, found in enumerate(whole):
        own = made.frame == frame
        (alone,) = detector.detect(made.boxes[own], made.patches[own], made.frame[own] - frame, 1, (320, 240))
        assert found.labels.tolist() == alone.labels.tolist()
        np.testing.assert_allclose(found.boxes, alone.boxes, atol=1e-3)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-5)
