"""Every path of the reconciliation begins and ends at numbers that stand elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.evaluation import Evaluation
from framelens.metrics._example import two_frames
from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.ultralytics import ultralytics_confusion, ultralytics_metrics
from framelens.metrics.voc import voc_metrics
from made_datasets import random_dataset


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_paths_lead_from_one_rule_set_to_the_other(seed):
    ev = Evaluation(random_dataset(seed))
    paths = ev.reconcile().groupby(["to", "number"])["value"]
    begin = {key: part.iloc[0] for key, part in paths}
    end = {key: part.iloc[-1] for key, part in paths}
    said, coco = ultralytics_metrics(ev.dataset).summary, ev.coco.summary
    eleven = [voc_metrics(ev.dataset, iou=float(iou)).summary["AP_eleven_point"] for iou in IOU_THRESHOLDS]
    matrix = ultralytics_confusion(ev.dataset)
    wanted = {
        ("ultralytics", "map50"): (coco["AP50"], said["mAP50"]),
        ("ultralytics", "map50_95"): (coco["AP"], said["mAP50-95"]),
        ("ultralytics", "precision"): (ev.scores.macro.precision, said["P"]),
        ("ultralytics", "recall"): (ev.scores.macro.recall, said["R"]),
        ("ultralytics", "correct"): (np.trace(ev.confusion_result.counts), np.trace(matrix)),
        ("ultralytics", "missed"): (ev.confusion_result.counts[:-1, -1].sum(), matrix[:-1, -1].sum()),
        ("ultralytics", "alarms"): (ev.confusion_result.counts[-1].sum(), matrix[-1].sum()),
        ("voc", "map50"): (coco["AP50"], eleven[0]),
        ("voc", "map50_95"): (coco["AP"], float(np.mean(eleven))),
    }
    for key, (start, stop) in wanted.items():
        assert begin[key] == pytest.approx(start, abs=1e-12, nan_ok=True), key
        assert end[key] == pytest.approx(stop, abs=1e-12, nan_ok=True), key


def test_changes_add_up_and_name_their_rule():
    table = Evaluation(two_frames()).reconcile()
    for _, path in table.groupby(["to", "number"], sort=False):
        assert path["step"].tolist() == list(range(len(path)))
        assert path["change"].sum() == pytest.approx(path["value"].iloc[-1] - path["value"].iloc[0])
    assert table["why"].str.len().min() > 10
    # Two frames have no crowd and fewer than 100 detections: these rules change nothing.
    same = table[table["changed"].isin(["no limit", "crowds left out"])]
    assert same["change"].abs().max() < 1e-12
