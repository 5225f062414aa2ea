"""The composed frames: what they promise to the demo's reader."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from framelens.demo.detector import contrast
from framelens.demo.frames import CLASSES, compose_frame, decode_gray, load_pools
from framelens.demo.scenery import HEIGHT, PALETTES, WIDTH

COUNT = 40


@pytest.fixture(scope="module")
def frames():
    _, val = load_pools()
    return [compose_frame(val, number, seed=3) for number in range(1, COUNT + 1)]


def test_training_and_validation_share_no_digit():
    train, val = load_pools()
    assert not set(train.rows.tolist()) & set(val.rows.tolist())
    assert len(train) + len(val) == 1797
    made = [set(np.concatenate([compose_frame(pool, n, 0).samples for n in range(1, 11)])) for pool in (train, val)]
    assert not made[0] & made[1]
    assert min(made[1]) > max(made[0])


def test_each_pool_has_every_class():
    for pool in load_pools():
        assert sorted(set(pool.labels.tolist())) == list(range(len(CLASSES)))


def test_labels_are_those_of_the_samples(frames):
    from sklearn.datasets import load_digits

    target = load_digits().target
    for frame in frames:
        assert frame.labels.tolist() == target[frame.samples].tolist()


def test_boxes_lie_inside_the_frame_on_whole_pixels(frames):
    boxes = np.concatenate([frame.boxes for frame in frames])
    assert len(boxes) > COUNT
    assert (boxes == np.rint(boxes)).all()
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 0] + boxes[:, 2] <= WIDTH).all()
    assert (boxes[:, 1] + boxes[:, 3] <= HEIGHT).all()
    assert (boxes[:, 2:] >= 3).all()


def test_some_frames_are_empty_and_some_digits_touch(frames):
    assert any(not len(frame.boxes) for frame in frames)
    touching = 0
    for frame in frames:
        for index, (x, y, width, height) in enumerate(frame.boxes):
            for left, top, other_width, other_height in frame.boxes[index + 1 :]:
                apart = max(left - x - width, x - left - other_width, top - y - height, y - top - other_height)
                touching += apart <= 0
    assert touching


def test_ink_stands_out_inside_the_boxes(frames):
    """A box that lay elsewhere than its digit would show up as a box over plain ground."""
    inside, outside = [], []
    for frame in frames:
        stand_out = contrast(decode_gray(frame.jpeg))
        covered = np.zeros_like(stand_out, dtype=bool)
        for x, y, width, height in frame.boxes.astype(int):
            covered[y : y + height, x : x + width] = True
            inside.append(stand_out[y : y + height, x : x + width].mean())
        outside.append(stand_out[~covered].mean())
    assert np.median(inside) > 4 * np.median(outside)


def test_pictures_are_rgb_jpeg_of_the_stated_size(frames):
    with Image.open(io.BytesIO(frames[0].jpeg)) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (WIDTH, HEIGHT))


def test_same_seed_same_bytes_and_another_seed_others():
    _, val = load_pools()
    first, again, other = (compose_frame(val, 7, seed) for seed in (0, 0, 1))
    assert first.jpeg == again.jpeg
    assert first.boxes.tolist() == again.boxes.tolist()
    assert first.jpeg != other.jpeg


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_each_ink_can_be_read_on_its_surface(palette):
    surface = np.mean(palette.surface, axis=0) @ [0.299, 0.587, 0.114]
    for ink in palette.inks:
        assert abs(np.array(ink) @ [0.299, 0.587, 0.114] - surface) > 35
