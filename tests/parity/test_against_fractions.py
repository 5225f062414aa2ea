"""Every number of the core equals a slow evaluator with exact fractions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framelens.metrics.coco import IOU_THRESHOLDS, RECALL_LEVELS, coco_metrics
from framelens.metrics.confusion import confuse
from framelens.metrics.matching import match
from framelens.metrics.operating_point import best_f1, score_classes
from made_datasets import random_dataset
from parity import oracle

quiet = settings(suppress_health_check=list(HealthCheck))
shapes = st.fixed_dictionaries(
    {
        "frames": st.integers(1, 3),
        "classes": st.integers(1, 3),
        "objects": st.integers(0, 10),
        "detections": st.integers(0, 20),
        "scores": st.sampled_from([2, 5, 1000]),
        "grid": st.sampled_from([3, 8, 40]),
    }
)
seeds = st.integers(0, 2**32 - 1)


def test_the_oracle_uses_the_same_grids():
    np.testing.assert_allclose(oracle.THRESHOLDS, IOU_THRESHOLDS, rtol=0, atol=1e-15)
    np.testing.assert_allclose(oracle.LEVELS, RECALL_LEVELS, rtol=0, atol=1e-15)


@settings(quiet, max_examples=40)
@given(seed=seeds, shape=shapes, limit=st.sampled_from([1, 3, 100]))
def test_average_precision_and_recall(seed, shape, limit):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    ranges = {"all": oracle.EVERYTHING, "some": (16.0, 600.0)}
    metrics = coco_metrics(dataset, area_ranges=ranges, max_detections=[limit])
    for t in (0, 1, 4, 9):
        for k in range(data.classes):
            for a, size in enumerate(ranges.values()):
                expected = oracle.average_precision(data, k, float(IOU_THRESHOLDS[t]), limit, size)
                ours = metrics.precision[t, :, k, a, 0].mean(), metrics.recall[t, k, a, 0]
                if expected is None:
                    assert np.isnan(ours).all()
                else:
                    assert ours == pytest.approx([float(value) for value in expected], abs=1e-12)


@settings(quiet, max_examples=150)
@given(seed=seeds, shape=shapes, iou=st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0]))
def test_matching_operating_point_and_confusion(seed, shape, iou):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    partner = oracle.match(data, iou)
    with np.errstate(all="raise"):
        matching = match(dataset, iou)
        point = best_f1(dataset, matching)
        scores = score_classes(dataset, matching, point.confidence)
        confusion = confuse(dataset, matching, point.confidence)
    assert {row: int(thing) for row, thing in enumerate(matching.partner) if thing >= 0} == {
        row: thing.row for row, thing in partner.items()
    }
    for row, thing in partner.items():
        assert matching.iou[row] == float(oracle.iou(data.detections[row], thing))
        assert matching.absorbed[row] == (thing.crowd or thing.ignore)
    assert point.confidence == oracle.best_confidence(data, partner)
    if point.confidence is not None:
        assert scores.macro.f1 == pytest.approx(float(oracle.mean_f1(data, partner, point.confidence)), abs=1e-12)
    confidence = -np.inf if point.confidence is None else point.confidence
    assert confusion.counts.tolist() == oracle.confusion(data, partner, iou, confidence)
