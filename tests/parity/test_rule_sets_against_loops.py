"""Ultralytics' and VOC's rules against plain loops over one frame after the other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.ultralytics import ultralytics_confusion, ultralytics_metrics
from framelens.metrics.voc import voc_metrics
from made_datasets import random_dataset
from parity import oracle

quiet = settings(max_examples=100, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32 - 1)
shape = {"frames": 3, "objects": 14, "detections": 30, "scores": 1000, "grid": 40}


def real(data):
    return [thing for thing in data.objects if not (thing.crowd or thing.ignore)]


def favourite(detection, objects, *, later=True):
    """The object that a detection overlaps most, and by how much."""
    best = None
    for truth in objects:
        overlap = oracle.iou(detection, truth)
        if truth.frame == detection.frame and (best is None or overlap > best[1] or (later and overlap == best[1])):
            best = (truth, overlap)
    return best or (None, 0)


def correct(data, threshold, category):
    """In order of score: whether each detection of a class is the first with its favourite object."""
    taken, result = set(), []
    objects = [thing for thing in real(data) if thing.category == category]
    for detection in oracle.by_score([thing for thing in data.detections if thing.category == category]):
        truth, overlap = favourite(detection, objects)
        hit = truth is not None and float(overlap) >= threshold and truth.row not in taken
        if truth is not None and float(overlap) >= threshold:
            taken.add(truth.row)
        result.append((detection.score, hit))
    return len(objects), result


def area_by_the_library(hits, total):
    """Trapezoids over 101 points of the falling envelope, with a straight line from the last point to (1, 0)."""
    recall, precision, found = [0.0], [1.0], 0
    for count, hit in enumerate(hits, 1):
        found += hit
        recall.append(found / (total + 1e-16))
        precision.append(found / count)
    recall.append(1.0)
    precision.append(0.0)
    for i in range(len(precision) - 2, -1, -1):
        precision[i] = max(precision[i], precision[i + 1])
    height = np.interp(np.linspace(0, 1, 101), recall, precision)
    return sum((a + b) / 2 for a, b in pairwise(height)) / 100


@quiet
@given(seed=seeds)
def test_ultralytics_ap(seed):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    with np.errstate(all="raise"):
        ap = ultralytics_metrics(dataset).ap
    for k in range(data.classes):
        for t in (0, 5, 9):
            total, scored = correct(data, float(IOU_THRESHOLDS[t]), k)
            expected = area_by_the_library([hit for _, hit in scored], total) if total and scored else 0.0
            if total == 0:
                assert np.isnan(ap[k, t])
            else:
                assert ap[k, t] == pytest.approx(expected, abs=1e-12)


@quiet
@given(seed=seeds)
def test_ultralytics_precision_and_recall(seed):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    metrics = ultralytics_metrics(dataset)
    grid = np.linspace(0, 1, 1000)
    curves = []
    for k in range(data.classes):
        total, scored = correct(data, 0.5, k)
        if total == 0:
            continue
        if not scored:
            curves.append((np.zeros(1000), np.zeros(1000)))
            continue
        score = np.array([score for score, _ in scored])
        found = np.cumsum([hit for _, hit in scored])
        precision = np.interp(-grid, -score, found / np.arange(1, len(found) + 1), left=1)
        curves.append((precision, np.interp(-grid, -score, found / (total + 1e-16), left=0)))
    if not curves:
        assert np.isnan(metrics.confidence)
        return
    precision, recall = np.array(curves).transpose(1, 0, 2)
    f1 = (2 * precision * recall / (precision + recall + 1e-16)).mean(axis=0)
    held = np.pad(f1, 50, mode="edge")
    smoothed = np.array([held[i : i + 101].mean() for i in range(1000)])
    best = int(np.argmin(np.abs(grid - metrics.confidence)))
    assert smoothed[best] == pytest.approx(smoothed.max(), abs=1e-12)
    assert metrics.summary["P"] == pytest.approx(precision[:, best].mean(), abs=1e-12)
    assert metrics.summary["R"] == pytest.approx(recall[:, best].mean(), abs=1e-12)


@quiet
@given(seed=seeds, every_alarm=st.booleans())
def test_ultralytics_matrix(seed, every_alarm):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    counts = np.zeros((data.classes + 1, data.classes + 1), dtype=int)
    for frame in range(len(dataset.frames)):
        objects = [thing for thing in real(data) if thing.frame == frame]
        over = [thing for thing in oracle.by_score(data.detections) if thing.frame == frame and thing.score > 0.25]
        wooers: dict = {}
        for detection in over:
            truth, overlap = favourite(detection, objects)
            if truth is not None and float(overlap) > 0.45:
                wooers.setdefault(truth.row, []).append((overlap, len(wooers.get(truth.row, [])), detection))
        won = {row: max(rivals)[2] for row, rivals in wooers.items()}
        for truth in objects:
            counts[truth.category, won[truth.row].category if truth.row in won else -1] += 1
        if every_alarm or won:
            for detection in over:
                if detection not in won.values():
                    counts[-1, detection.category] += 1
    np.testing.assert_array_equal(ultralytics_confusion(dataset, every_alarm=every_alarm), counts)


@quiet
@given(seed=seeds, iou=st.sampled_from([0.3, 0.5, 0.75]))
def test_voc(seed, iou):
    dataset = random_dataset(seed, **shape)
    data = oracle.read(dataset)
    with np.errstate(all="raise"):
        metrics = voc_metrics(dataset, iou=iou)
    for thing in data.objects:
        thing.ignore, thing.crowd = thing.ignore or thing.crowd, False
    for k in range(data.classes):
        objects = [thing for thing in data.objects if thing.category == k]
        total = sum(not thing.ignore for thing in objects)
        taken, points, found, counted = set(), [], 0, 0
        for detection in oracle.by_score([thing for thing in data.detections if thing.category == k]):
            truth, overlap = favourite(detection, objects, later=False)
            near = truth is not None and float(overlap) >= iou
            if near and truth.ignore:
                continue
            counted += 1
            if near and truth.row not in taken:
                taken.add(truth.row)
                found += 1
            points.append((found, found / counted))
        assert (metrics.true_positives[k], metrics.false_positives[k]) == (found, counted - found)
        if total == 0:
            assert np.isnan(metrics.every_point[k])
            continue
        best = [max((p for n, p in points if n >= step), default=0.0) for step in range(1, total + 1)]
        assert metrics.every_point[k] == pytest.approx(sum(best) / total, abs=1e-12)
        at = [max((p for n, p in points if n / total >= level), default=0.0) for level in np.linspace(0, 1, 11)]
        assert metrics.eleven_point[k] == pytest.approx(sum(at) / 11, abs=1e-12)
