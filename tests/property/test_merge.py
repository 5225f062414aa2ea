"""The merge of evaluations is exact, associative and commutative."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens import Evaluation, OptionError
from framelens.data.concatenate import concatenate
from made_datasets import random_dataset, take_frames, verified
from same_numbers import assert_same

SHAPE = {"frames": 8, "classes": 3, "objects": 30, "detections": 90, "grid": 5, "scores": 6}


@st.composite
def parted(draw):
    """A dataset, and evaluations of its frames dealt to three hands, in any order."""
    seed = draw(st.integers(0, 10_000))
    dataset = random_dataset(seed, **SHAPE)
    rules = draw(st.sampled_from(["coco", "lvis"]))
    if rules == "lvis":
        dataset = verified(dataset, seed)
    hand = draw(st.lists(st.integers(0, 2), min_size=8, max_size=8))
    options = {
        "rules": rules,
        "confidence": draw(st.sampled_from([None, 0.3])),
        "iou": draw(st.sampled_from([0.5, 0.35])),
    }
    parts = [Evaluation(take_frames(dataset, np.flatnonzero(np.array(hand) == h)), **options) for h in range(3)]
    return Evaluation(dataset, **options), parts


@given(parted(), st.booleans())
@settings(max_examples=60)
def test_merging_is_exact_in_any_order_and_grouping(case, compact):
    whole, (a, b, c) = case
    if compact:
        a, b, c = a.compact(), b.compact(), c.compact()
    for merged in (a.merge(b, c), c.merge(a).merge(b), a.merge(b.merge(c)), Evaluation.merge(b, c, a)):
        assert_same(whole, merged)


@given(parted())
@settings(max_examples=30)
def test_merged_summaries_are_the_same_bytes_in_any_order(case):
    _, parts = case
    a, b, c = (part.compact() for part in parts)
    one, other = a.merge(b, c).shards.summary, c.merge(b).merge(a).shards.summary
    for table, twin in ((one, other), (one.crossings, other.crossings)):
        for field in fields(table):
            value = getattr(table, field.name)
            if isinstance(value, np.ndarray):
                assert np.array_equal(value, getattr(twin, field.name), equal_nan=value.dtype.kind == "f"), field.name


def test_merged_boxes_are_all_there():
    dataset = random_dataset(5, **SHAPE)
    parts = [take_frames(dataset, np.arange(8)[np.arange(8) % 2 == odd]) for odd in (0, 1)]
    together = concatenate(parts[::-1])
    for table in ("objects", "detections"):
        for field in fields(getattr(dataset, table)):
            left, right = (getattr(getattr(d, table), field.name) for d in (dataset, together))
            assert np.array_equal(left, right), field.name
    assert together.frames.ids == dataset.frames.ids


def test_classes_of_all_are_there():
    dataset = random_dataset(5, **SHAPE)
    left, right = (take_frames(dataset, part) for part in (np.arange(4), np.arange(4, 8)))
    left = replace(left, classes=("class 0", "class 1", "class 2"), class_ids=(9, 5, 7))
    right = replace(right, classes=("class 1", "class 2", "other"), class_ids=(5, 7, 4))
    for order in ((left, right), (right, left)):
        assert Evaluation.merge(*(Evaluation(part) for part in order)).dataset.class_ids == (4, 5, 7, 9)
        assert Evaluation.merge(*(Evaluation(part).compact() for part in order)).dataset.class_ids == (4, 5, 7, 9)


def test_what_does_not_fit_together_says_so():
    dataset = random_dataset(5, **SHAPE)
    one = Evaluation(take_frames(dataset, np.arange(4)))
    for compact in (False, True):
        part = one.compact() if compact else one
        with pytest.raises(OptionError, match=r"frame '0.jpg' is in more than one"):
            part.merge(part)
    with pytest.raises(OptionError, match=r"different iou: 0.5, 0.6"):
        one.merge(Evaluation(take_frames(dataset, np.arange(4, 8)), iou=0.6))
    renamed = replace(take_frames(dataset, np.arange(4, 8)), classes=("class 0", "class 1", "bee"))
    with pytest.raises(OptionError, match=r"class '?3'? has different names: 'bee' and 'class 2'"):
        one.merge(Evaluation(renamed))
    with pytest.raises(OptionError, match="rules='voc' needs every box"):
        Evaluation(dataset, rules="voc").compact()


def test_compact_evaluations_travel():
    whole = Evaluation(random_dataset(7, **SHAPE))
    sent = pickle.loads(pickle.dumps(whole.compact()))
    assert_same(whole, sent)
    with pytest.raises(OptionError, match="keeps none"):
        sent.dashboard()
