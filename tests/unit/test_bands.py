"""Bands of good values: what is taken, what is refused, and where a value lies."""

from __future__ import annotations

import pandas as pd
import pytest

import framelens
import handmade
from framelens.bands import Band
from framelens.errors import OptionError

TRUTH = pd.DataFrame(
    {"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5], "width": [40, 20], "height": [40, 20]}
)


def evaluated(truth=TRUTH, **options):
    return framelens.evaluate(truth, truth.assign(score=0.9), **options)


@pytest.mark.parametrize(
    ("value", "ends", "expected"),
    [
        (0.9, (0.9, None), "below"), (0.900001, (0.9, None), "in"), (1.0, (0.9, None), "in"),
        (0.85, (0.85, 0.95), "in"), (0.95, (0.85, 0.95), "in"), (0.96, (0.85, 0.95), "above"),
        (0.84, (0.85, 0.95), "below"), (None, (0.85, 0.95), None), (float("nan"), (0.85, 0.95), None),
        (0.0, (None, 0.3), "in"), (0.3, (None, 0.3), "above"), (0.29, (None, 0.3), "in"),
    ],
)  # fmt: skip
def test_verdicts_at_the_edges_of_a_band(value, ends, expected):
    assert Band(*ends).verdict(value) == expected


@pytest.mark.parametrize(
    ("bands", "text"),
    [
        ({"recal": (0.5, None)}, "bands: no card is called 'recal'; did you mean 'recall'?"),
        ({("precison", "cat"): (0.5, None)}, "no card is called 'precison'; did you mean 'precision'?"),
        ({("precision", "cst"): (0.5, None)}, "no class is called 'cst'; did you mean 'cat'?"),
        ({("precision", "background"): (0.5, None)}, "no class is called 'background'"),
        ({("precision", 3): (0.5, None)}, "the class beside 'precision' must be its name, not 3"),
        ({("precision", "cat", "dog"): (0.5, None)}, "no card is called"),
        ({3: (0.5, None)}, "no card is called 3"),
        ({"recall": 0.5}, "'recall' must be (low, high) or (low, high, reason), not 0.5"),
        ({"recall": (0.5,)}, "must be (low, high)"),
        ({"recall": "0.5"}, "must be (low, high)"),
        ({"recall": (0.9, 0.5)}, "bands: 'recall': a band must go up, not from 0.9 to 0.5"),
        ({"recall": (0.5, 0.5)}, "must go up"),
        ({"recall": (1, None)}, "must go up, not from 1 to 1"),
        ({"recall": (None, 0)}, "must go up, not from 0 to 0"),
        ({"recall": (None, None)}, "needs at least one end"),
        ({"recall": (-0.1, None)}, "low of a band must be a number from 0 to 1 or None, not -0.1"),
        ({"recall": (0.5, 90)}, "high of a band must be a number from 0 to 1 or None, not 90"),
        ({"recall": (float("nan"), None)}, "low of a band"),
        ({"recall": ("0.5", None)}, "low of a band"),
        ({"recall": (True, None)}, "low of a band"),
        ({"recall": (0.5, None, 7)}, "the reason of a band must be a text"),
        ({"recall": (0.5, None, "x" * 201)}, "at most 200 characters"),
        (["recall"], "bands must be a dict of cards"),
    ],
)
def test_what_cannot_be_a_band_is_refused_in_one_line(bands, text):
    with pytest.raises(OptionError) as error:
        evaluated(bands=bands)
    assert text in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


def test_bands_are_refused_before_a_file_is_read():
    with pytest.raises(OptionError, match="no card is called 'recal'"):
        framelens.evaluate("nowhere.json", "nowhere.json", bands={"recal": (0.5, None)})


def test_bands_need_every_box_in_memory():
    with pytest.raises(OptionError, match="bands"):
        framelens.evaluate("nowhere.csv", "nowhere.csv", memory="1GB", bands={"recall": (0.5, None)})


def test_further_bands_stand_over_those_there_are_and_none_takes_one_away():
    first = evaluated(bands={"recall": (0.7, None, "one"), ("precision", "dog"): Band(0.6, 0.9, "two")})
    second = first.with_bands({"recall": None, "map50": (0.1, 0.2), ("precision", "dog"): [0.5, None]})
    assert dict(first.bands) == {"recall": Band(0.7, None, "one"), ("precision", "dog"): Band(0.6, 0.9, "two")}
    assert dict(second.bands) == {("precision", "dog"): Band(0.5), "map50": Band(0.1, 0.2)}
    assert second.bands.card("recall") == Band(0.9, None)


def test_bands_change_no_number_and_compute_nothing_again():
    first = handmade.evaluation()
    before = first.as_dict()
    second = first.with_bands({"recall": (0.1, None)})
    assert second.coco is first.coco
    assert second.confusion_result is first.confusion_result
    assert {**second.as_dict(), "bands": None} == {**before, "bands": None}
    first.set_bands({"map50": (0.2, None)})
    assert first.band_book.value == {"map50": Band(0.2)}
    assert second.band_book.value == {"recall": Band(0.1)}


def test_bands_follow_the_evaluation_wherever_it_goes():
    bands = {"recall": (0.7, None, "why"), ("precision", "dog"): (0.6, None)}
    whole = evaluated(bands=bands)
    for other in (whole.at(confidence=0.5), whole.where(classes=["dog"])):
        assert other.bands == whole.bands
    epochs = framelens.evaluate(TRUTH, {1: TRUTH.assign(score=0.9), 2: TRUTH.assign(score=0.8)})
    assert len(epochs.at_epoch(1).bands) == 0
    assert epochs.with_bands(bands).at_epoch(1).bands == whole.bands
    assert len(epochs.at_epoch(1).bands) == 0


def test_merged_evaluations_keep_the_bands_they_share():
    cats, dogs = TRUTH.iloc[:1], TRUTH.iloc[1:]
    bands = {"recall": (0.7, None, "why")}
    assert evaluated(cats, bands=bands).merge(evaluated(dogs, bands=bands)).bands == evaluated(bands=bands).bands
    assert len(evaluated(cats, bands=bands).merge(evaluated(dogs)).bands) == 0


def test_classes_of_one_name_are_told_apart_as_in_the_tables():
    twice = handmade.evaluation(classes=("cat", "cat"))
    labels = twice.per_class["class"].tolist()
    assert len(set(labels)) == 2
    found = twice.with_bands({("recall", labels[1]): (0.5, None)})
    assert found.as_dict()["bands"][-1]["class"] == labels[1]
    with pytest.raises(OptionError, match="no class is called 'cat'"):
        twice.with_bands({("recall", "cat"): (0.5, None)})
