"""Numbers from the summaries of shards are those of everything together, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest

from framelens.metrics.coco import coco_metrics
from framelens.metrics.confusion import confuse
from framelens.metrics.lvis import by_frequency, lvis_metrics
from framelens.metrics.matching import match
from framelens.metrics.merged import average_precision
from framelens.metrics.merged_point import count_cells, find_best_f1, rate_parts
from framelens.metrics.operating_point import best_f1, score_classes
from framelens.metrics.summary import summarize
from made_datasets import in_order, random_dataset, verified

SHAPES = ({}, {"frames": 6, "classes": 2, "objects": 30, "detections": 120, "grid": 5, "scores": 8})


@pytest.mark.parametrize("at_once", [2, 7, 4_000_000])
@pytest.mark.parametrize("seed", range(25))
def test_shards_add_up(seed, at_once):
    dataset, iou = random_dataset(seed, **SHAPES[seed % 2]), (0.5, 0.3, 0.75)[seed % 3]
    parts = [summarize(part, iou) for part in in_order(dataset, seed)]
    whole, merged = coco_metrics(dataset), average_precision(parts, at_once)
    assert np.array_equal(merged.best_precision, whole.best_precision, equal_nan=True)
    assert np.array_equal(merged.recall, whole.recall, equal_nan=True)
    assert str(merged.summary) == str(whole.summary)
    matching = match(dataset, iou)
    point = best_f1(dataset, match(dataset, 0.5))
    assert find_best_f1(parts, at_once).confidence == point.confidence
    for confidence in (point.confidence, 0.2, None):
        assert str(rate_parts(parts, confidence)) == str(score_classes(dataset, matching, confidence))
        expected = confuse(dataset, matching, confidence)
        cells = [count_cells(part, confidence) for part in parts]
        assert (sum(counts for counts, _ in cells) == expected.counts).all()
        assert sum(ignored for _, ignored in cells) == expected.ignored_detections


@pytest.mark.parametrize("seed", range(15))
def test_shards_add_up_by_the_rules_of_lvis(seed):
    dataset = verified(random_dataset(seed, **SHAPES[1]), seed)
    merged = average_precision([summarize(part, rules="lvis") for part in in_order(dataset, seed)])
    together = by_frequency(merged, dataset.federated.frequency)
    assert str(together.summary) == str(lvis_metrics(dataset).summary)
