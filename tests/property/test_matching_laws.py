"""What every matching and its matrix keep, whatever the data: each box once, at every confidence, in every shard."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framelens.metrics.coco import coco_metrics
from framelens.metrics.confusion import confuse
from framelens.metrics.iou import iou_matrix, paired_iou
from framelens.metrics.matching import match
from framelens.metrics.operating_point import score_classes
from framelens.metrics.overlaps import find_overlaps
from made_datasets import random_dataset, rows_of

seeds = st.integers(0, 2**32 - 1)
quiet = settings(max_examples=40, suppress_health_check=list(HealthCheck))


@quiet
@given(seed=seeds, first=st.sets(st.integers(0, 4), min_size=1, max_size=4), confidence=st.floats(0, 1))
def test_shards_by_frame_add_up(seed, first, confidence):
    dataset = random_dataset(seed, frames=5, objects=30, detections=60)
    inside = np.isin(np.arange(5), list(first))
    total = confuse(dataset, match(dataset), confidence)
    parts = []
    for chosen in (inside, ~inside):
        shard = replace(
            dataset,
            objects=rows_of(dataset.objects, chosen[dataset.objects.frame]),
            detections=rows_of(dataset.detections, chosen[dataset.detections.frame]),
        )
        parts.append(confuse(shard, match(shard), confidence))
    np.testing.assert_array_equal(sum(part.counts for part in parts), total.counts)
    assert sum(part.ignored_detections for part in parts) == total.ignored_detections


@quiet
@given(seed=seeds)
def test_a_higher_confidence_never_finds_more(seed):
    dataset = random_dataset(seed, objects=30, detections=60)
    matching = match(dataset)
    steps = np.unique(dataset.detections.score)
    found = [score_classes(dataset, matching, float(step)).true_positives for step in steps]
    assert all((after <= before).all() for before, after in pairwise(found))


@quiet
@given(seed=seeds, confidence=st.floats(0, 1))
def test_one_matching_serves_every_confidence(seed, confidence):
    dataset = random_dataset(seed, objects=30, detections=60)
    kept = dataset.detections.score >= confidence
    fewer = replace(dataset, detections=rows_of(dataset.detections, kept))
    np.testing.assert_array_equal(match(dataset).partner[kept], match(fewer).partner)


@settings(quiet, max_examples=1000)
@given(seed=seeds, confidence=st.one_of(st.none(), st.floats(-1, 2)), iou=st.sampled_from([0.05, 0.5, 0.75, 1.0]))
def test_the_matrix_conserves_objects_and_detections(seed, confidence, iou):
    dataset = random_dataset(seed, objects=20, detections=40)
    objects, detections = dataset.objects, dataset.detections
    with np.errstate(all="raise"):
        matching = match(dataset, iou)
        confusion = confuse(dataset, matching, confidence)
        scores = score_classes(dataset, matching, confidence)
    over = np.ones(len(detections), dtype=bool) if confidence is None else detections.score >= confidence
    real = ~(objects.crowd | objects.ignore)
    counts, examples = confusion.counts, confusion.examples
    np.testing.assert_array_equal(counts[:-1].sum(axis=1), np.bincount(objects.category[real], minlength=3))
    counted = over & ~matching.absorbed
    np.testing.assert_array_equal(counts[:, :-1].sum(axis=0), np.bincount(detections.category[counted], minlength=3))
    np.testing.assert_array_equal(np.diag(counts)[:-1], scores.true_positives)
    assert counts[-1, -1] == 0
    assert confusion.ignored_objects == (~real).sum()
    assert confusion.ignored_detections == (over & matching.absorbed).sum()
    np.testing.assert_array_equal(np.sort(examples.object[examples.object >= 0]), np.flatnonzero(real))
    np.testing.assert_array_equal(np.sort(examples.detection[examples.detection >= 0]), np.flatnonzero(counted))
    for actual in range(4):
        for predicted in range(4):
            cell = confusion.cell(actual, predicted)
            assert cell.stop - cell.start == counts[actual, predicted]
            assert (examples.actual[cell] == actual).all()
            assert (examples.predicted[cell] == predicted).all()
            if predicted < 3:
                assert (np.diff(detections.score[examples.detection[cell]]) <= 0).all()
    pairs = (examples.object >= 0) & (examples.detection >= 0)
    assert (examples.iou[pairs] >= min(iou, 1 - 1e-10)).all()
    assert np.isnan(examples.iou[~pairs]).all()


@quiet
@given(seed=seeds)
def test_shared_overlaps_give_the_same_answers(seed):
    dataset = random_dataset(seed, objects=30, detections=60)
    overlaps = find_overlaps(dataset, 0.3)
    for iou in (0.3, 0.5, 0.9):
        np.testing.assert_array_equal(match(dataset, iou).partner, match(dataset, iou, overlaps=overlaps).partner)
    np.testing.assert_array_equal(match(dataset, 0.2).partner, match(dataset, 0.2, overlaps=overlaps).partner)
    plain, shared = coco_metrics(dataset), coco_metrics(dataset, overlaps=overlaps)
    np.testing.assert_array_equal(plain.precision, shared.precision)
    np.testing.assert_array_equal(plain.recall, shared.recall)


@pytest.mark.parametrize("offset", [0, 2**20])
def test_iou_against_fractions(offset):
    random = np.random.default_rng(3)
    first, second = (np.round(random.random((5000, 4)) * 64 * 8) / 8 + np.array([offset, offset, 0, 0]) for _ in "ab")
    forth, back = paired_iou(first, second), paired_iou(second, first)
    np.testing.assert_array_equal(forth, back)
    assert forth.min() >= 0
    assert forth.max() <= 1
    full = first[(first[:, 2:] > 0).all(axis=1)]
    np.testing.assert_array_equal(paired_iou(full, full), 1)
    for row in range(len(first)):
        (x, y, w, h), (left, top, wide, high) = ([Fraction(value) for value in box[row]] for box in (first, second))
        across = max(min(x + w, left + wide) - max(x, left), 0)
        down = max(min(y + h, top + high) - max(y, top), 0)
        exact = across * down / (w * h + wide * high - across * down) if across * down else Fraction(0)
        assert abs(Fraction(float(forth[row])) - exact) <= Fraction(1, 10**15)
    np.testing.assert_array_equal(np.diag(iou_matrix(first[:50], second[:50])), forth[:50])
