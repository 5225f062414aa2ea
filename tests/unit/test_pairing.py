"""Other ways to match the boxes of a matrix, against the rule written as a loop."""

from __future__ import annotations

import numpy as np
import pytest

import handmade
from framelens.errors import OptionError
from framelens.metrics.iou import paired_iou
from framelens.metrics.pairing import PAIRINGS, confuse_by, moved_boxes
from made_datasets import random_dataset


def by_loop(pairing, dataset, confidence, iou):
    """Return the pairs that each rule gives, one box after the other."""
    objects, detections = dataset.objects, dataset.detections
    real = [row for row in range(len(objects)) if not (objects.crowd[row] or objects.ignore[row])]
    order = sorted(np.flatnonzero(detections.score >= confidence), key=lambda row: (-detections.score[row], row))
    found = []
    for place, one in enumerate(order):
        for other in real:
            if detections.frame[one] == objects.frame[other]:
                overlap = paired_iou(detections.box[[one]], objects.box[[other]], None)[0]
                if overlap >= iou:
                    found.append((overlap, place, other))
    first = (lambda row: (-row[0], row[1], -row[2])) if pairing == "iou" else (lambda row: (row[1], -row[0], -row[2]))
    taken, pairs = set(), set()
    for _, place, other in sorted(found, key=first):
        if ("d", place) not in taken and ("o", other) not in taken:
            taken |= {("d", place), ("o", other)}
            pairs.add((int(order[place]), other))
    return pairs


@pytest.mark.parametrize("pairing", ["iou", "score"])
@pytest.mark.parametrize("seed", range(12))
def test_pairs_are_those_of_the_loop(pairing, seed):
    dataset = random_dataset(seed)
    examples = confuse_by(pairing, dataset, 0.3, 0.4).examples
    both = (examples.object >= 0) & (examples.detection >= 0)
    pairs = set(zip(examples.detection[both].tolist(), examples.object[both].tolist(), strict=True))
    assert pairs == by_loop(pairing, dataset, 0.3, 0.4)


def test_an_evaluation_takes_its_pairing_along():
    rows = [(0, 0, 10, 10, 20, 20, 0.9), (0, 1, 10, 10, 20, 16, 0.95)]
    evaluation = handmade.evaluation(objects=[(0, 0, 10, 10, 20, 20)], detections=rows)
    assert evaluation.confusion().to_numpy().tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    other = evaluation.at(pairing="score")
    assert other.confusion().to_numpy().tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert other.scores.true_positives.tolist() == [0, 0]
    moved = moved_boxes(evaluation.confusion_result, other.confusion_result, evaluation.dataset)
    assert [rows.tolist() for rows in moved] == [[True], [True, True]]
    with pytest.raises(OptionError, match="did you mean 'score'"):
        evaluation.at(pairing="scores")
    assert set(PAIRINGS) == {"class", "iou", "score"}
