"""What a file holds of a payload: less than the payload, and all of it."""

from __future__ import annotations

import gzip
import json
import struct
from base64 import b64decode

import pytest

from front_end import thin


@pytest.fixture(scope="module")
def made():
    return thin.make_cases()


def ways(text):
    packed = b64decode(text)
    [length] = struct.unpack_from("<I", packed)
    return {name: (how, *more) for name, how, *more in json.loads(packed[4 : 4 + length])}


def test_the_fixtures_from_which_the_front_end_makes_the_bytes_again_are_fresh(made):
    assert gzip.decompress(thin.FILE.read_bytes()) == made, "run: cd tests && python -m front_end.thin"
    assert thin.FILE.stat().st_size < 300_000


def test_the_fixtures_hold_every_way_to_write_a_column(made):
    cases = [ways(case["thin"]) for case in json.loads(made)]
    used = {how for case in cases for how, *_ in case.values()}
    assert used == {"plain", "whole", "near", "class", "pair", "found", "level", "order", "cells", "iou"}
    whole = [more for case in cases for how, *more in case.values() if how == "whole"]
    assert {scale for *_, scale in whole} >= {0, 1, 100, 100_000}
    assert {steps for *_, steps, _ in whole} == {0, 1}


def test_what_the_boxes_say_already_costs_nothing(made):
    """Two decimals, as COCO writes them: levels and overlaps are computed as Python computed them, to the last bit."""
    case = ways(json.loads(made)[3]["thin"])
    assert (case["detection_box"][0], case["detection_box"][-1]) == ("near", 100)
    assert [case[name][1] for name in ("pair_level", "pair_order", "example_iou")] == [0, 0, 0]
