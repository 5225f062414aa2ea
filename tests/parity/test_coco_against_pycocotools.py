"""COCO numbers equal pycocotools 2.0.11 in every entry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framelens.metrics.coco import coco_metrics
from made_datasets import random_dataset
from parity.datasets import RespectfulEval, pycocotools

EXACT = {"atol": 1e-12, "rtol": 0}


def check(dataset, **options):
    evaluator = {"evaluator": RespectfulEval} if options.get("respect_ignore") else {}
    reference = {key: value for key, value in options.items() if key != "respect_ignore"}
    if "area_ranges" in reference:
        reference["area_ranges"] = list(reference["area_ranges"].values())
    precision, recall, numbers = pycocotools(dataset, **reference, **evaluator)
    with np.errstate(all="raise"):
        ours = coco_metrics(dataset, **options)
    np.testing.assert_allclose(ours.precision, precision, **EXACT)
    np.testing.assert_allclose(ours.recall, recall, **EXACT)
    if numbers:
        np.testing.assert_allclose(list(ours.summary.values()), numbers, **EXACT)


shapes = st.fixed_dictionaries(
    {
        "frames": st.integers(1, 5),
        "classes": st.integers(1, 4),
        "objects": st.integers(0, 25),
        "detections": st.integers(0, 60),
        "scores": st.sampled_from([1, 2, 5, 1000]),
        "grid": st.sampled_from([3, 8, 40]),
    }
)
options = st.fixed_dictionaries(
    {},
    optional={
        "area_ranges": st.sampled_from(
            [{"all": (0.0, 1e10), "one": (20.0, 500.0)}, {"tiny": (0.0, 9.0), "odd": (9.0, 9.0), "wide": (1.0, 1e4)}]
        ),
        "max_detections": st.sampled_from([(1,), (1, 2, 3), (2, 5), (1, 10, 100, 300)]),
        "respect_ignore": st.booleans(),
    },
)
quiet = settings(suppress_health_check=list(HealthCheck))


@settings(quiet, max_examples=500)
@given(seed=st.integers(0, 2**32 - 1), shape=shapes)
def test_twelve_numbers_and_every_entry(seed, shape):
    check(random_dataset(seed, **shape))


@settings(quiet, max_examples=150)
@given(seed=st.integers(0, 2**32 - 1), shape=shapes, chosen=options)
def test_custom_ranges_limits_and_ignore(seed, shape, chosen):
    check(random_dataset(seed, **shape), **chosen)


@pytest.mark.slow
@settings(quiet, max_examples=10_000)
@given(seed=st.integers(0, 2**32 - 1), shape=shapes)
def test_ten_thousand(seed, shape):
    check(random_dataset(seed, **shape))


def test_more_than_a_hundred_detections_in_a_frame():
    dataset = random_dataset(1, frames=1, classes=1, objects=60, detections=900, scores=7)
    assert len(dataset.detections) > 300
    check(dataset)
