"""Suspected label errors: which are found, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from framelens.evaluation import Evaluation
from framelens.metrics._example import two_frames
from made_datasets import rows_of


def test_suspected_labels_are_found_with_their_reason():
    dataset = two_frames()
    ev = Evaluation(dataset, confidence=0.2)
    found = ev.label_issues(confident=0.3)
    assert sorted(found["kind"]) == ["missing object", "wrong class"]
    wrong = found[found["kind"] == "wrong class"].iloc[0]
    assert (wrong["frame"], wrong["class"], wrong["predicted"], wrong["object"]) == ("b.jpg", "cat", "dog", 2)
    assert wrong["iou"] == pytest.approx(0.9)
    unseen = replace(dataset, detections=rows_of(dataset.detections, [0, 1]))
    doubt = Evaluation(unseen, confidence=0.2).label_issues()
    assert doubt["kind"].tolist() == ["doubtful object"]
    assert doubt["suspicion"].tolist() == [1.0]
    moved = dataset.detections.box + np.outer([14.0, 0, 0, 0], [1, 1, 0, 0])
    loose = replace(dataset.detections, box=moved)
    shifted = Evaluation(replace(dataset, detections=loose), confidence=0.2).label_issues(confident=0.7)
    assert "loose box" in shifted["kind"].tolist()
