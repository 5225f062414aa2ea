"""Evaluations and runs that are made to have one symptom of the checklist, or none."""

from __future__ import annotations

import numpy as np

import handmade
from framelens.diagnosis import check
from framelens.evaluation import Evaluation
from framelens.training import History


def matrix(counts, *, per_frame=1, size=40.0, confidence=0.5, scores=None, loose=0.0, more=(), **other):
    """An evaluation with exactly this confusion matrix: one box per example, side by side in frames."""
    last = len(counts) - 1
    objects, detections = [], []
    place = 0
    for actual, row in enumerate(counts):
        for predicted, count in enumerate(row):
            for _ in range(count):
                frame, slot = divmod(place, per_frame)
                place += 1
                x, score = 100.0 * slot, 0.9 if scores is None else scores(actual, predicted)
                if actual < last:
                    objects.append((frame, actual, x, 10.0, size, size))
                if predicted < last:
                    detections.append((frame, predicted, x + loose, 10.0, size, size, score))
    frames = max(1, -(-place // per_frame))
    names = [f"class {k}" for k in range(last)]
    columns = handmade.dataset(
        names, objects, [*detections, *more], names=[f"{i}.jpg" for i in range(frames)], size=(1000.0, 100.0)
    )
    return Evaluation(dataset=columns, confidence=confidence, **other)


def history(count=60, *, climb=None, spike=None, turn=None, train=True, zero=False, seed=0, **other):
    """A run whose mAP is flat from a third on, or climbs, and whose validation loss turns up where told."""
    noise = np.random.default_rng(seed).standard_normal((3, count))
    at = np.arange(1, count + 1)
    top = np.minimum(at / (count / 3), 1) if climb is None else (at / count) ** climb
    metric = np.zeros(count) if zero else 0.7 * top + 0.003 * noise[0]
    if spike:
        metric[spike - 1] -= 0.3
    validation = np.geomspace(3, 1, count) if turn is None else np.exp(np.abs(at - turn) / count)
    series = {"map50": metric, "map50_95": 0.6 * metric, "val/box": validation * np.exp(0.004 * noise[1])}
    if train:
        series["train/box"] = np.geomspace(3, 0.5, count) * np.exp(0.004 * noise[2])
    return History("made", "detect", at, series, best_epoch=int(at[np.argmax(metric)]), **other)


def verdicts(evaluation=None, run=None, limits=None):
    found = check(evaluation, run, limits) if limits else check(evaluation, run)
    return {finding.id: finding for finding in found}


def finding(rule, evaluation=None, run=None):
    return verdicts(evaluation, run)[rule]


GOOD = [[60, 0, 0, 2], [0, 60, 0, 2], [0, 0, 60, 2], [1, 1, 1, 0]]
