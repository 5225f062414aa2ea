"""Boxes around masks agree with pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as reference

from framelens.data.readers._masks import box_of_mask


@given(arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 1)))
def test_run_lengths_as_pycocotools(pixels):
    code = reference.encode(np.asfortranarray(pixels))
    text = {"size": list(pixels.shape), "counts": code["counts"].decode()}
    flat = pixels.T.ravel()
    changes = np.flatnonzero(np.diff(np.concatenate([[0], flat]))).tolist()
    runs = np.diff([0, *changes, flat.size]).tolist()
    expected = tuple(reference.toBbox(code).tolist()) if pixels.any() else None
    assert box_of_mask(text) == expected
    assert box_of_mask({"size": list(pixels.shape), "counts": runs}) == expected


@pytest.mark.parametrize(
    "mask",
    [
        None, [], [[]], [[1, 2]], [[1, 2, 3, "x", 5, 6]], {}, {"size": [2, 2], "counts": "~~~"},
        {"size": [2, 2], "counts": [9, 9]}, {"size": [-1, 2], "counts": [0, 1]}, {"size": [2, 2], "counts": [1, -1]},
        {"size": [2, 2], "counts": "o" * 99}, [[1, 2, float("nan"), 4, 5, 6]],
    ],
)  # fmt: skip
def test_what_is_no_mask_has_no_box(mask):
    assert box_of_mask(mask) is None
