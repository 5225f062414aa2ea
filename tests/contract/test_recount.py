"""The fixtures from which the front end proves that it counts as Python does are what Python counts today."""

from __future__ import annotations

import gzip
import json

import pytest

from front_end import recount
from made_datasets import tied_dataset


@pytest.fixture(scope="module")
def made():
    return recount.make_cases()


def test_the_fixtures_are_fresh(made):
    assert gzip.decompress(recount.FILE.read_bytes()) == made, "run: cd tests && python -m front_end.recount"
    assert recount.FILE.stat().st_size < 300_000


def test_the_fixtures_hold_every_hard_case(made):
    cases = json.loads(made.split(b"\n", 1)[0])
    assert len(cases) == 200
    assert all(len(case["settings"]) == 20 for case in cases)
    datasets = [tied_dataset(seed) for seed in range(200)]
    assert sum(bool(data.objects.crowd.any()) for data in datasets) > 50
    assert sum(bool(data.objects.ignore.any()) for data in datasets) > 50
    assert sum(len(set(data.detections.score.tolist())) < len(data.detections) for data in datasets) > 50
    assert any(len(data.detections) == 0 for data in datasets)
    assert any(len(data.objects) == 0 for data in datasets)
    digests = {
        name: {s["digest"] for c in cases for s in c["settings"] if s["pairing"] == name}
        for name in ("class", "iou", "score")
    }
    assert min(len(known) for known in digests.values()) > 400
