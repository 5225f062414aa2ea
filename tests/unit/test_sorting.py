"""Sorting by digits against numpy's own stable sort, and pairs found in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from framelens.data.sorting import order_by, order_by_score, starts_of_runs
from framelens.metrics.overlaps import find_overlaps
from made_datasets import random_dataset


@given(arrays(np.int64, st.integers(0, 60), elements=st.one_of(st.integers(0, 3), st.integers(0, 2**62))))
def test_whole_numbers(keys):
    np.testing.assert_array_equal(order_by(keys), np.argsort(keys, kind="stable"))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint64, np.uint16])
def test_every_width(dtype):
    keys = np.random.default_rng(0).integers(0, 2**15, 3000).astype(dtype)
    np.testing.assert_array_equal(order_by(keys), np.argsort(keys, kind="stable"))


@given(
    arrays(
        np.float64,
        st.integers(0, 60),
        elements=st.one_of(st.sampled_from([0.0, -0.0, 0.5, 1.0, -1.0]), st.floats(allow_nan=False)),
    )
)
def test_scores_fall_and_equal_ones_stay(score):
    np.testing.assert_array_equal(order_by_score(score), np.argsort(-score, kind="stable"))


SCORES = {
    "close together": lambda random, size: 0.5 + random.integers(0, 9, size) * 2.0**-53,
    "close to others": lambda random, size: random.random(size) + random.integers(0, 2, size) * 2.0**-50,
    "rounded": lambda random, size: random.random(size).round(3),
    "all the same": lambda _, size: np.full(size, 0.25),
    "of both signs": lambda random, size: random.normal(size=size).round(2),
    "of any size": lambda random, size: 10.0 ** random.integers(-300, 300, size),
}


@pytest.mark.parametrize("kind", SCORES)
def test_scores_are_told_apart_to_their_last_bit(kind):
    score = SCORES[kind](np.random.default_rng(0), 5000)
    np.testing.assert_array_equal(order_by_score(score), np.argsort(-score, kind="stable"))


@given(arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 2)))
def test_runs(column):
    expected = [row for row in range(len(column)) if row == 0 or column[row] != column[row - 1]]
    assert starts_of_runs(column).tolist() == expected


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_any_size_find_the_same_pairs(monkeypatch, seed):
    dataset = random_dataset(seed, objects=60, detections=120)
    whole = find_overlaps(dataset, 0.2)
    monkeypatch.setattr("framelens.metrics._pairs._AT_ONCE", 3)
    pieces = find_overlaps(dataset, 0.2)
    for name in ("detection", "object", "iou"):
        np.testing.assert_array_equal(getattr(whole.pairs, name), getattr(pieces.pairs, name))
