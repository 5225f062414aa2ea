"""Two evaluations say the same, to the last digit."""

from __future__ import annotations

import json

#: A large evaluation answers the checklist from the run alone and reads warnings in its own words.
APART = ("checklist", "warnings", "skipped")


def numbers(evaluation):
    return {key: json.dumps(value) for key, value in evaluation.as_dict().items() if key not in APART}


def assert_same(one, *others):
    left = numbers(one)
    for other in others:
        right = numbers(other)
        assert left.keys() == right.keys()
        for key, value in left.items():
            assert right[key] == value, key
