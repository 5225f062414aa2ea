"""What became of every box: the statuses are the matrix, split by a rule that a few plain lines repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.evaluation import Evaluation
from framelens.metrics._example import two_frames
from framelens.metrics.status import CODES, STATUSES
from made_datasets import random_dataset
from parity.tide import overlap

SEEDS = st.integers(0, 2**32 - 1)
POINTS = {
    "confidence": st.sampled_from([None, 0.0, 0.2, 0.4, 0.8, 2.0]),
    "iou": st.sampled_from([0.05, 0.3, 0.5, 0.75]),
}


def evaluation(seed: int, confidence: float | None, iou: float) -> Evaluation:
    return Evaluation(random_dataset(seed, objects=20, detections=50), confidence=confidence, iou=iou)


@settings(max_examples=150)
@given(seed=SEEDS, **POINTS)
def test_statuses_sum_to_the_cells_of_the_matrix(seed, confidence, iou):
    ev = evaluation(seed, confidence, iou)
    counts, table = ev.confusion_result.counts, ev.objects
    by = table.groupby(["kind", "class", "status"], observed=False).size()
    for k, name in enumerate(ev.dataset.classes):
        got = {
            (kind, status): by.get((kind, name, status), 0) for kind in ("object", "detection") for status in STATUSES
        }
        assert got["object", "true positive"] == got["detection", "true positive"] == counts[k, k]
        assert got["object", "confused"] == counts[k, :-1].sum() - counts[k, k]
        assert got["detection", "confused"] == counts[:-1, k].sum() - counts[k, k]
        assert got["object", "missed"] == counts[k, -1]
        alarms = [got["detection", status] for status in ("duplicate", "localisation", "background")]
        assert sum(alarms) == counts[-1, k]
        only = {"object": ("duplicate", "localisation", "background", "below confidence"), "detection": ("missed",)}
        assert not any(got[kind, status] for kind, names in only.items() for status in names)
    ignored = table[table["status"] == "ignored"]["kind"].value_counts()
    assert ignored.get("object", 0) == ev.confusion_result.ignored_objects
    assert ignored.get("detection", 0) == ev.confusion_result.ignored_detections


@settings(max_examples=150)
@given(seed=SEEDS, **POINTS)
def test_the_rule_is_the_one_that_is_written_down(seed, confidence, iou):
    ev = evaluation(seed, confidence, iou)
    objects, detections, result = ev.dataset.objects, ev.dataset.detections, ev.outcomes
    names = list(STATUSES)
    for row, code in enumerate(result.detection_status):
        if names[code] not in {"duplicate", "localisation", "background"}:
            continue
        reached = [
            (overlap(detections.box[row], objects.box[o]), objects.category[o] == detections.category[row])
            for o in np.flatnonzero((objects.frame == detections.frame[row]) & ~objects.crowd & ~objects.ignore)
        ]
        floor = min(0.1, iou)
        best = max((v for v, same in reached if same), default=0.0)
        if best < floor:
            best = max((v for v, _ in reached), default=0.0)
        wanted = "background" if best < floor else "localisation" if best < iou else "duplicate"
        assert names[code] == wanted
        if wanted != "background":
            partner = result.detection_partner[row]
            assert result.detection_iou[row] == pytest.approx(best, abs=1e-12)
            assert overlap(detections.box[row], objects.box[partner]) == pytest.approx(best, abs=1e-12)
        if wanted == "duplicate":
            assert names[result.object_status[partner]] in {"true positive", "confused"}


@settings(max_examples=50)
@given(seed=SEEDS, **POINTS)
def test_partners_know_each_other(seed, confidence, iou):
    table = evaluation(seed, confidence, iou).objects
    pairs = table[table["status"].isin(["true positive", "confused"])]
    assert (table.loc[pairs["partner"], "partner"].to_numpy() == pairs.index).all()
    assert (pairs["iou"] >= iou).all()
    same = table.loc[pairs["partner"], "class"].to_numpy() == pairs["class"].to_numpy()
    assert (same == (pairs["status"] == "true positive")).all()
    assert (table.loc[pairs["partner"], "frame"].to_numpy() == pairs["frame"].to_numpy()).all()
    alone = table[table["status"].isin(["missed", "background", "below confidence"])]
    assert alone["partner"].isna().all()
    assert alone["iou"].isna().all()


def test_codes_number_the_statuses_in_order():
    assert [CODES[name] for name in STATUSES] == list(range(len(STATUSES)))


def test_a_second_box_on_one_object_is_a_duplicate_and_a_shifted_one_is_badly_placed():
    dataset = two_frames()
    detections = dataset.detections
    box = np.concatenate([detections.box, [[12.0, 10, 40, 40], [30, 10, 40, 40], [5, 5, 20, 20]]])
    order = [0, 1, 2, 4, 5, 3, 6]
    more = replace(
        detections,
        frame=np.array([0, 0, 0, 0, 0, 1, 1], dtype=np.int32),
        category=np.array([0, 1, 0, 0, 0, 1, 1], dtype=np.int32),
        box=box[order],
        score=np.array([0.9, 0.8, 0.3, 0.5, 0.5, 0.6, 0.2]),
        record=np.arange(7),
    )
    table = Evaluation(replace(dataset, detections=more), confidence=0.1).objects
    found = table[table["kind"] == "detection"]
    assert list(found["status"]) == [
        "true positive", "true positive", "background", "duplicate", "localisation", "confused", "duplicate",
    ]  # fmt: skip
    assert found["partner"].tolist()[3:] == [0, 0, 2, 2]
