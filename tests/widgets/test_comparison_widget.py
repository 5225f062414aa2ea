"""What the browser is given of a comparison, and that the widget comes and goes like every other."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest

import framelens
import front_end_comparisons
import handmade
from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.wire import dump_json


def test_the_fixture_of_the_front_end_is_what_python_makes():
    assert front_end_comparisons.FILE.read_text(encoding="utf-8") == front_end_comparisons.text(), (
        "run: cd tests && python -m front_end_comparisons"
    )


@pytest.fixture
def comparison():
    found = [row for row in handmade.DETECTIONS if row[6] != 0.9]  # the baseline misses the first cat
    return framelens.compare({"old": handmade.evaluation(detections=found), "new": handmade.evaluation()}, rounds=5)


def test_the_payload_says_what_the_baseline_made_of_every_object(comparison):
    payload = encode_comparison(comparison, "new")
    rows = comparison.objects()
    labels = [*payload.head["classes"], "background"]
    given = [labels[index] for index in payload.column("baseline_as")]
    assert given == rows["baseline_as"].tolist() == ["background", "dog", "background", "cat"]
    match = payload.column("baseline_match")
    scores = payload.column("baseline_detection_score")
    np.testing.assert_array_equal(scores[match[match >= 0]], rows["baseline_score"].dropna())
    assert payload.column("object_change").tolist() == [0, 3, 3, 2]
    frames = comparison.frames().set_index("frame").loc[payload.head["frames"]["names"]]
    assert payload.column("frame_baseline_errors").tolist() == frames["baseline_errors"].tolist()
    assert payload.column("frame_model_errors").tolist() == frames["model_errors"].tolist()


def test_the_head_is_json_without_nan(comparison):
    text = dump_json(encode_comparison(comparison, "new").head)
    assert '"baseline":"old"' in text
    assert "NaN" not in text


def test_a_frame_of_one_model_only_leaves_out_what_stands_in_it():
    fewer = handmade.evaluation(names=["a.jpg", "b.jpg"], detections=handmade.DETECTIONS[:4])
    comparison = framelens.compare({"old": handmade.evaluation(), "new": fewer}, rounds=0)
    payload = encode_comparison(comparison, "new")
    assert payload.column("baseline_detection_frame").tolist() == [0, 0, 1]
    assert any("different frames" in text for text in payload.head["comparison"]["warnings"])


def test_the_widget_carries_its_own_panels_and_a_fallback(comparison):
    widget = comparison.widget()
    try:
        assert widget.view == "compare"
        assert "fl-compare" in gzip.decompress(base64.b64decode(widget.panels)).decode()
        bundle = widget._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "old -> new" in data["text/plain"]
        assert data["image/png"]
    finally:
        widget.close()
