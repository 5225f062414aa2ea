"""Intervals: of counts as in the textbook, of means by frames that are drawn again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.data.dataset import Frames
from framelens.evaluation import Evaluation
from framelens.metrics.coco import coco_metrics
from framelens.metrics.intervals import BOOTSTRAPPED, bootstrap_rounds, wilson
from framelens.metrics.matching import match
from framelens.metrics.operating_point import score_classes
from made_datasets import random_dataset, rows_of

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(9, 10, 0.595850, 0.982124), (0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_is_the_interval_of_the_textbook(hits, trials, low, high):
    """The last row is the example of Newcombe (1998): 81 of 263 gives 0.2553 to 0.3662."""
    assert [float(end) for end in wilson(hits, trials)] == pytest.approx([low, high], abs=5e-5)


def repeated(source: Dataset, drawn: np.ndarray) -> Dataset:
    """The dataset that has the drawn frames, each as often as it was drawn."""
    drawn = np.sort(drawn)

    def rows(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = [np.flatnonzero(frame == f) for f in drawn]
        number = np.repeat(np.arange(len(drawn)), [len(part) for part in found])
        return np.concatenate(found).astype(int), number.astype(np.int32)

    objects, detections = source.objects, source.detections
    (o, o_frame), (d, d_frame) = rows(objects.frame), rows(detections.frame)
    size = np.full(len(drawn), 200.0)
    return replace(
        source,
        frames=Frames(tuple(f"{i}" for i in range(len(drawn))), tuple(range(len(drawn))), size, size),
        objects=rows_of(objects, o, frame=o_frame),
        detections=rows_of(detections, d, frame=d_frame),
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_bootstrap_round_is_the_evaluation_of_the_drawn_frames(seed):
    source = random_dataset(seed, objects=25, detections=60, frames=6)
    count = len(source.detections)
    if not count:
        return
    score = np.random.default_rng(seed).permutation(count) / count
    source = replace(source, detections=replace(source.detections, score=score))
    confidence = 0.3
    drawn = bootstrap_rounds(source, match(source), confidence, rounds=3, seed=seed)
    random = np.random.default_rng(seed)
    for values in drawn:
        frames = len(source.frames)
        resampled = repeated(source, random.integers(0, frames, frames))
        macro = score_classes(resampled, match(resampled), confidence).macro
        summary = coco_metrics(resampled).summary
        expected = [macro.precision, macro.recall, macro.f1, summary["AP50"], summary["AP"]]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)


def test_intervals_hold_their_number_and_repeat_with_the_seed():
    ev = Evaluation(random_dataset(8, frames=40, objects=200, detections=300))
    one, two = ev.intervals(rounds=100), ev.intervals(rounds=100)
    pd.testing.assert_frame_equal(one, two)
    assert (one["low"] <= one["value"]).all()
    assert (one["value"] <= one["high"]).all()
    assert one["metric"].tolist() == ["precision_micro", "recall_micro", *BOOTSTRAPPED]
    assert not one.equals(ev.intervals(rounds=100, seed=1))
    wider = ev.intervals(level=0.99, rounds=100)
    assert (wider["high"] - wider["low"] >= one["high"] - one["low"]).all()
