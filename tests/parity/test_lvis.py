"""LVIS' numbers against loops that follow the program ``lvis`` 0.5.3 line by line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from framelens.evaluation import Evaluation
from framelens.metrics._resampling import ResampledAP
from framelens.metrics.coco import AREA_RANGES, IOU_THRESHOLDS
from framelens.metrics.federated import rank_by
from framelens.metrics.lvis import lvis_metrics
from made_datasets import random_dataset, verified
from parity.tide import overlap

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset


def _one(objects, detections, out, unsure, bounds, threshold):
    """Match one class in one frame; (score, right, ignored) by detection."""
    low, high = bounds
    order = sorted(range(len(objects)), key=lambda g: out[g])
    taken, result = set(), []
    for box, score in detections:
        best, found = min(threshold, 1 - 1e-10), None
        for g in order:
            if g in taken:
                continue
            if found is not None and not out[found] and out[g]:
                break
            iou = overlap(box, objects[g])
            if iou < best:
                continue
            best, found = iou, g
        area = box[2] * box[3]
        if found is None:
            result.append((score, False, area < low or area > high or unsure))
        else:
            taken.add(found)
            result.append((score, True, bool(out[found])))
    return result


def _oracle(dataset: Dataset, limit: int = 300) -> dict[str, float]:
    objects, detections, verified_by = dataset.objects, dataset.detections, dataset.federated
    frames, classes = len(dataset.frames), len(dataset.classes)
    negative, open_ = (
        {tuple(pair) for pair in rows.tolist()} for rows in (verified_by.negative, verified_by.not_exhaustive)
    )
    kept = []
    solid = [g for g in range(len(objects)) if objects.area[g] > 0]
    for frame in range(frames):
        rows = [row for row in range(len(detections)) if detections.frame[row] == frame]
        best = sorted(rows, key=lambda row: -detections.score[row])[:limit]
        kept += [row for row in best if detections.box[row, 2] * detections.box[row, 3] > 0]
    thresholds = np.linspace(0.5, 0.95, 10)
    precision = np.full((10, 101, classes, 4), -1.0)
    recall = np.full((10, classes, 4), -1.0)
    for k in range(classes):
        for a, bounds in enumerate(AREA_RANGES.values()):
            for t, threshold in enumerate(thresholds):
                total, all_found = 0, []
                for frame in range(frames):
                    truth = [g for g in solid if objects.frame[g] == frame and objects.category[g] == k]
                    if not truth and (frame, k) not in negative:
                        continue
                    out = [objects.ignore[g] or not bounds[0] <= objects.area[g] <= bounds[1] for g in truth]
                    total += out.count(False)
                    mine = [r for r in kept if detections.frame[r] == frame and detections.category[r] == k]
                    mine = sorted(mine, key=lambda row: -detections.score[row])
                    boxes = [(detections.box[r].tolist(), float(detections.score[r])) for r in mine]
                    all_found += _one(
                        [objects.box[g].tolist() for g in truth], boxes, out, (frame, k) in open_, bounds, threshold
                    )
                if total == 0:
                    continue
                all_found.sort(key=lambda row: -row[0])
                counted = [right for _, right, ignored in all_found if not ignored]
                hits = np.cumsum(counted) if counted else np.zeros(0)
                recall[t, k, a] = hits[-1] / total if len(hits) else 0.0
                curve = (hits / (np.arange(len(hits)) + 1 + np.spacing(1))).tolist()
                for i in range(len(curve) - 1, 0, -1):
                    curve[i - 1] = max(curve[i], curve[i - 1])
                where = np.searchsorted(hits / total, np.linspace(0, 1, 101), side="left")
                precision[t, :, k, a] = [curve[i] if i < len(curve) else 0.0 for i in where]

    def mean(values):
        return float(values[values > -1].mean()) if (values > -1).any() else float("nan")

    group = {f"AP{c}": [k for k in range(classes) if verified_by.frequency[k] == c] for c in "rcf"}
    numbers = {"AP": mean(precision[..., 0]), "AP50": mean(precision[0, ..., 0]), "AP75": mean(precision[5, ..., 0])}
    numbers |= {f"AP{c}": mean(precision[..., a]) for a, c in enumerate("sml", 1)}
    numbers |= {name: mean(precision[:, :, rows, 0]) for name, rows in group.items()}
    return numbers | {"AR300": mean(recall[..., 0])} | {f"AR{c}": mean(recall[..., a]) for a, c in enumerate("sml", 1)}


def _dataset(seed, **shape):
    dataset = random_dataset(seed, **shape)
    objects = dataset.objects
    return verified(replace(dataset, objects=replace(objects, crowd=np.zeros(len(objects), dtype=bool))), seed)


@pytest.mark.parametrize("seed", range(60))
def test_numbers_are_those_of_lvis(seed):
    dataset = _dataset(seed, frames=5, classes=4, objects=20, detections=60)
    ours, theirs = lvis_metrics(dataset).summary, _oracle(dataset)
    assert ours.keys() == theirs.keys()
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=0, atol=1e-12)


def test_only_the_300_best_of_a_frame_count():
    dataset = _dataset(5, frames=2, classes=3, objects=40, detections=1500, grid=6)
    assert len(dataset.detections) > 600
    ours = lvis_metrics(dataset).summary
    np.testing.assert_allclose(list(ours.values()), list(_oracle(dataset).values()), rtol=0, atol=1e-12)
    assert ours["AR300"] != pytest.approx(_oracle(dataset, 10**6)["AR300"], abs=1e-12)


def test_a_class_alone_keeps_its_precision():
    """The best of a frame are chosen among all classes, also when one class is looked at."""
    dataset = _dataset(5, frames=2, classes=3, objects=40, detections=1500, grid=6)
    ev = Evaluation(dataset, rules="lvis")
    whole = ev.per_class.set_index("class")["ap50_95"]
    assert whole.notna().all()
    for name in dataset.classes:
        alone = ev.where(classes=[name]).per_class.set_index("class")["ap50_95"]
        assert alone[name] == pytest.approx(whole[name], abs=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_cards_and_matrix_leave_out_what_nobody_verified(seed):
    """Every detection stands in one cell or is counted as ignored; unverified classes never stand in a cell."""
    dataset = _dataset(seed, frames=5, classes=4, objects=20, detections=60)
    evaluation = Evaluation(dataset, rules="lvis", confidence=0.2)
    cells, scores = evaluation.confusion_result, evaluation.scores
    over = dataset.detections.score >= 0.2
    assert cells.counts[:, :-1].sum() + cells.ignored_detections == over.sum()
    assert (cells.counts[:, :-1].sum(axis=0) == scores.detections).all()
    assert (np.diag(cells.counts)[:-1] == scores.true_positives).all()
    known = {tuple(pair) for pair in dataset.federated.negative.tolist()}
    known |= set(zip(dataset.objects.frame.tolist(), dataset.objects.category.tolist(), strict=True))
    for row in cells.examples.detection[cells.examples.detection >= 0].tolist():
        assert (int(dataset.detections.frame[row]), int(dataset.detections.category[row])) in known


@pytest.mark.parametrize("seed", range(30))
def test_every_view_of_an_lvis_evaluation_shows_the_same_precision(seed):
    ev = Evaluation(verified(random_dataset(seed, frames=8, objects=25, detections=60), seed), rules="lvis")
    summary = ev.coco.summary
    curves = ev.curves()
    mean = curves[curves["class"].isna() & (curves["kind"] == "interpolated")]["precision"]
    assert mean.mean() == pytest.approx(summary["AP50"], abs=1e-12, nan_ok=True)
    for name, (low, high) in (("AP50", ev.ties.map50), ("AP", ev.ties.map50_95)):
        assert np.isnan([summary[name], low, high]).all() or low - 1e-12 <= summary[name] <= high + 1e-12
    sizes = ev.by_size().set_index("size")["ap50_95"]
    expected = [summary[name] for name in ("AP", "APs", "APm", "APl")]
    np.testing.assert_allclose(sizes[["all", "small", "medium", "large"]], expected, atol=1e-12)
    once = ResampledAP(ev.dataset, rank_by("lvis", ev.dataset, IOU_THRESHOLDS)).draw(np.ones(8, dtype=np.int64))
    present = ~np.isnan(once[0])
    assert np.isnan(summary["AP"]) or once[:, present].mean() == pytest.approx(summary["AP"], abs=1e-12)
    assert present.any() or np.isnan(summary["AP"])
    said = ev.intervals(rounds=1).set_index("metric")
    assert said.loc["map50", "value"] == pytest.approx(summary["AP50"], abs=1e-12, nan_ok=True)
    assert said.loc["map50", "rule"].startswith("LVIS")
