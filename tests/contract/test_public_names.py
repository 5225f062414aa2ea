"""Every public name of the package is used by a test of its own."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import framelens

TESTS = Path(__file__).parents[1]
CLASSES = sorted(name for name in framelens.__all__ if inspect.isclass(getattr(framelens, name)))


def members(cls):
    """Names that the class and its bases inside the package define, without those of Exception and the like."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("framelens")]
    named = {name for base in ours for name in (*vars(base), *vars(base).get("__annotations__", ()))}
    return {name for name in named if not name.startswith("_")}


@pytest.fixture(scope="module")
def spoken_of():
    """What tests read (``.name``) or give (``name=``)."""
    here = Path(__file__)
    text = "\n".join(path.read_text(encoding="utf-8") for path in TESTS.rglob("*.py") if path != here)
    return set(re.findall(r"\.(\w+)\b", text)) | set(re.findall(r"\b(\w+)=", text))


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_member_is_used_by_a_test(name, spoken_of):
    known = members(getattr(framelens, name))
    assert len(known) > 1 or issubclass(getattr(framelens, name), Exception)
    assert sorted(known - spoken_of) == []


def test_every_public_function_is_used_by_a_test(spoken_of):
    assert set(framelens.__all__) - spoken_of - set(CLASSES) == set()
