"""What the browser is given of a comparison, and that the widget comes and goes like every other."""

from __future__ import annotations

import base64
import gzip

import numpy as np
import pytest

import framelens
import handmade
from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.wire import dump_json
from front_end import comparisons


def test_the_fixture_of_the_front_end_is_what_python_makes():
    assert comparisons.FILE.read_text(encoding="utf-8") == comparisons.text(), (
        "run: cd tests && python -m front_end.comparisons"
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


@pytest.fixture
def three():
    found = [row for row in handmade.DETECTIONS if row[6] != 0.9]
    models = {"old": handmade.evaluation(detections=found), "new": handmade.evaluation()}
    models["none"] = handmade.evaluation(detections=handmade.DETECTIONS[:1])
    return framelens.compare(models, rounds=5)


def test_one_widget_holds_all_models_and_moves_to_any_pair(three):
    widget = three.widget()
    try:
        said = widget.head["comparison"]
        assert said["names"] == ["old", "new", "none"]
        table = three.metrics.set_index(["model", "metric"])
        for one in said["models"]:
            for score in one["scores"]:
                row = table.loc[(one["name"], score["id"])]
                assert [score["value"], score["delta"]] == pytest.approx([row["value"], row["delta"]], nan_ok=True)
        assert [curve["name"] for curve in said["curves"]] == ["old", "new", "none"]
        seen = []
        widget.observe(lambda change: seen.append(change["new"]["comparison"]["model"]), names="head")
        widget._on_message(widget, {"id": 1, "op": "compare", "args": {"baseline": "new", "model": "none"}}, [])
        assert (widget.baseline, widget.model, repr(widget)) == ("new", "none", "ComparisonWidget(new → none)")
        assert seen == ["none"]
        np.testing.assert_array_equal(
            widget.comparison.confusion("none"), three["none"].confusion() - three["new"].confusion()
        )
        with pytest.raises(framelens.errors.OptionError, match="old, new, none"):
            widget.model = "newer"
        assert widget.model == "none"
    finally:
        widget.close()


def test_another_baseline_flips_every_sign_and_the_same_model_changes_nothing(three):
    back = three.against("new")
    there, here = three.metrics.set_index(["model", "metric"]), back.metrics.set_index(["model", "metric"])
    for name in ("delta", "low", "high"):
        other = {"delta": "delta", "low": "high", "high": "low"}[name]
        np.testing.assert_array_equal(here.loc["old"][name], -there.loc["new"][other])
    assert (back.confusion("old") == -three.confusion("new")).all().all()
    assert back.against("old").baseline == "old"
    payload = encode_comparison(three, "old")
    assert all(score["delta"] in (0, None) for score in payload.head["comparison"]["scores"])
    assert set(payload.column("object_change").tolist()) <= {2, 3, 4}


def test_epochs_are_compared_by_their_numbers():
    epochs = {3: handmade.evaluation(), 12: handmade.evaluation(detections=handmade.DETECTIONS[:1])}
    comparison = framelens.compare(epochs, baseline=12, rounds=0)
    assert (comparison.baseline, comparison.others) == ("epoch 12", ("epoch 3",))


def test_a_file_holds_every_pair_that_fits(three, tmp_path):
    text = three.report(tmp_path / "all.html", model="none", pictures=0).read_text(encoding="utf-8")
    assert '"stored":["none","new"]' in text
    from framelens.report.comparison import write_comparison

    small = write_comparison(three, "new", tmp_path / "one.html", pictures=0, max_bytes=100).read_text(encoding="utf-8")
    assert '"stored":["new"]' in small
