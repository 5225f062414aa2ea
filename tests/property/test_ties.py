"""Equal scores: the range that their order leaves open, and that it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.data.dataset import Dataset, Detections, Frames, Objects
from framelens.evaluation import Evaluation
from framelens.metrics.coco import coco_metrics
from framelens.metrics.matching import match
from framelens.metrics.ties import tie_range
from made_datasets import random_dataset

SEEDS = st.integers(0, 2**32 - 1)
some = settings(max_examples=60)


def lonely(seed: int, frames: int = 30) -> Dataset:
    """One object and one detection of one class a frame, few scores: ties only between frames."""
    random = np.random.default_rng(seed)
    rows = np.arange(frames)
    box = np.tile([10.0, 10, 20, 20], (frames, 1))
    shifted = box + np.outer(random.integers(0, 12, frames), [1, 0, 0, 0])
    size = np.full(frames, 100.0)
    no = np.zeros(frames, dtype=bool)
    kind = random.integers(0, 2, frames).astype(np.int32)
    return Dataset(
        Frames(tuple(f"{i}" for i in rows), tuple(rows.tolist()), size, size),
        ("a", "b"),
        (0, 1),
        Objects(rows.astype(np.int32), kind, box, box[:, 2] * box[:, 3], no, no, rows),
        Detections(rows.astype(np.int32), kind, shifted, random.integers(1, 4, frames) / 4, rows),
    )


@some
@given(seed=SEEDS)
def test_no_order_of_ties_leaves_the_range_and_both_ends_are_reached(seed):
    given_set = lonely(seed)
    ties = tie_range(given_set)
    right = match(given_set).true_positive
    random = np.random.default_rng(seed)

    def with_order(first: np.ndarray) -> Dataset:
        score = given_set.detections.score + 0.01 * first
        return replace(given_set, detections=replace(given_set.detections, score=score))

    for _ in range(5):
        summary = coco_metrics(with_order(random.random(len(right)))).summary
        assert ties.map50[0] - 1e-12 <= summary["AP50"] <= ties.map50[1] + 1e-12
        assert ties.map50_95[0] - 1e-12 <= summary["AP"] <= ties.map50_95[1] + 1e-12
    assert coco_metrics(with_order(right)).summary["AP50"] == pytest.approx(ties.map50[1], abs=1e-12)
    assert coco_metrics(with_order(~right)).summary["AP50"] == pytest.approx(ties.map50[0], abs=1e-12)


@some
@given(seed=SEEDS)
def test_the_number_shown_lies_in_the_range(seed):
    given_set = random_dataset(seed, objects=25, detections=60, frames=6)
    ties, summary = tie_range(given_set), coco_metrics(given_set).summary
    if np.isnan(summary["AP"]):
        assert np.isnan([*ties.map50, *ties.map50_95]).all()
        return
    assert ties.map50[0] - 1e-12 <= summary["AP50"] <= ties.map50[1] + 1e-12
    assert ties.map50_95[0] - 1e-12 <= summary["AP"] <= ties.map50_95[1] + 1e-12


def test_distinct_scores_leave_nothing_open():
    given_set = lonely(3)
    score = np.linspace(0.1, 0.9, 30)
    ties = tie_range(replace(given_set, detections=replace(given_set.detections, score=score)))
    assert ties.map50[0] == ties.map50[1]
    assert ties.map50_95[0] == ties.map50_95[1]


def test_a_range_that_shows_is_a_warning_beside_the_number():
    ev = Evaluation(lonely(3))
    low, high = ev.ties.map50
    assert high - low > 0.001
    assert any(f"mAP50 may lie anywhere from {low:.4f} to {high:.4f}" in text for text in ev.warnings)
    assert list(ev.warnings) == ev.as_dict()["warnings"]
