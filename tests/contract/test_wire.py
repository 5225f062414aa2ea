"""The payload: what the front end and every report may rely on (schema 1 of docs/decisions/0001)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handmade
from framelens.widgets.wire import dump_json, encode
from framelens.widgets.wire_columns import box_columns, choose_shelf

COLUMNS = {
    "object_frame": "i4", "object_class": "i4", "object_box": "f4",
    "detection_frame": "i4", "detection_class": "i4", "detection_box": "f4", "detection_score": "f8",
    "example_object": "i4", "example_detection": "i4", "example_iou": "f4",
    "cell_actual": "i4", "cell_predicted": "i4", "cell_start": "i4",
    "object_flags": "u1", "detection_pairs": "i4", "pair_object": "i4", "pair_level": "u1", "pair_order": "i4",
    "error_kind": "u1", "error_object": "i4", "error_gain": "f4",
    "facet_frame": "u1", "facet_object": "u1", "facet_detection": "u1", "curve_class": "i4", "curve_precision": "f4",
    "issue_kind": "u1", "issue_object": "i4", "issue_detection": "i4", "issue_suspicion": "f4",
    "event_kind": "u1", "event_class": "i4", "event_start": "i4", "event_object": "i4", "event_detection": "i4",
    "area_object": "i4", "area_object_steps": "i4", "area_detection": "i4", "area_detection_steps": "i4",
}  # fmt: skip


def read_columns(payload):
    """Decode the buffer the way another language does: by dtype, shape and offset alone."""
    sizes = {"u1": 1, "i4": 4, "f4": 4, "f8": 8}
    columns = {}
    for name, spec in payload.head["columns"].items():
        count = int(np.prod(spec["shape"], dtype=int))
        raw = payload.buffer[spec["offset"] : spec["offset"] + count * sizes[spec["dtype"]]]
        columns[name] = np.frombuffer(raw, "<" + spec["dtype"]).reshape(spec["shape"])
    return columns


def test_every_column_stands_where_the_head_says():
    payload = encode(handmade.evaluation())
    specs = payload.head["columns"]
    assert {name: spec["dtype"] for name, spec in specs.items()} == COLUMNS
    assert all(spec["offset"] % 8 == 0 for spec in specs.values())
    columns = read_columns(payload)
    assert columns["object_box"].tolist() == [list(map(float, row[2:])) for row in handmade.OBJECTS]
    # highest score first; the detection under the confidence stands in no cell and is sent all the same
    assert columns["detection_score"].tolist() == [0.9, 0.8, 0.7, 0.6, 0.3]
    assert columns["detection_frame"].tolist() == [0, 0, 1, 2, 0]
    # the first finds its cat, the second the cat that it calls a dog, the last its dog
    assert columns["detection_pairs"].tolist() == [1, 1, 1, 0, 1]
    assert columns["pair_object"].tolist() == [0, 1, 3, 2]
    # 38 of 40 rows overlap: an IoU of 0.95 exactly, which is the highest step
    assert columns["pair_level"].tolist() == [65, 65, 65, 65]


def test_cells_hold_the_examples_that_the_matrix_counts():
    payload = encode(handmade.evaluation())
    columns = read_columns(payload)
    counts = np.zeros((3, 3), dtype=int)
    start = columns["cell_start"]
    assert start[0] == 0
    assert start[-1] == len(columns["example_object"])
    for cell, (row, column) in enumerate(zip(columns["cell_actual"], columns["cell_predicted"], strict=True)):
        counts[row, column] = start[cell + 1] - start[cell]
        for example in range(start[cell], start[cell + 1]):
            thing, found = columns["example_object"][example], columns["example_detection"][example]
            assert (columns["object_class"][thing] if thing >= 0 else 2) == row
            assert (columns["detection_class"][found] if found >= 0 else 2) == column
    assert counts.tolist() == handmade.COUNTS


def test_many_detections_are_cut_off_at_a_score_and_the_head_says_where():
    rows = [(0, 0, 10, 10, 20, 20, score) for score in (0.9, 0.8, 0.8, 0.5, 0.5, 0.5, 0.2, 0.1)]
    evaluation = handmade.evaluation(confidence=0.8, detections=rows)
    whole, some, few = (choose_shelf(evaluation, most) for most in (8, 5, 1))
    assert (whole.count, whole.recount["floor"], whole.recount["below"]) == (8, None, 0)
    # equal scores are sent together or not at all
    assert (some.count, some.recount["floor"], some.recount["below"], some.recount["least"]) == (3, 0.8, 5, 0.1)
    # those at the operating point are always there
    assert (few.count, few.recount["floor"]) == (3, 0.8)
    assert box_columns(evaluation.dataset, some)["detection_score"][1].tolist() == [0.9, 0.8, 0.8]


def test_rows_lead_back_to_the_dataset():
    evaluation = handmade.evaluation()
    payload = encode(evaluation)
    assert payload.detection_rows.tolist() == [0, 1, 3, 4, 2]
    np.testing.assert_array_equal(
        payload.column("detection_score"), evaluation.dataset.detections.score[payload.detection_rows]
    )


def test_undefined_is_null_and_never_nan():
    nothing_found = encode(handmade.evaluation(confidence=None, detections=[], size=(np.nan, np.nan)))
    head = json.loads(json.dumps(nothing_found.head, allow_nan=False))
    cards = {card["id"]: card for card in head["cards"]}
    assert cards["precision"]["value"] is None
    assert cards["precision"]["verdict"] is None
    assert head["operating_point"]["confidence"] is None
    assert head["frames"]["width"] == [None, None, None]
    assert head["per_class"][0]["precision"] is None


def test_nothing_at_all_is_encoded():
    payload = encode(handmade.evaluation(classes=(), objects=[], detections=[], names=(), confidence=None))
    assert payload.head["classes"] == []
    assert {name: column.size for name, column in read_columns(payload).items() if column.size} == {
        "cell_start": 1,
        "event_start": 1,
    }


def test_cards_state_value_band_and_verdict():
    cards = {card["id"]: card for card in encode(handmade.evaluation()).head["cards"]}
    assert list(cards) == ["precision", "recall", "map50", "map50_95"]
    assert cards["recall"]["value"] == pytest.approx((2 / 3 + 0) / 2)
    assert cards["recall"]["verdict"] == "below"
    assert [cards[name]["band"] for name in cards] == [[0.9, None], [0.9, None], [0.85, 0.95], [0.45, 0.65]]
    assert "IoU 0.50" in cards["precision"]["rule"]


def test_bands_of_the_user_stand_in_the_head_with_their_reasons():
    bands = {
        "recall": (0.3, 0.6, "drafts\nare reviewed"),
        ("map50", "dog"): (None, 0.2),
        ("precision", "cat"): (0.8, None, "ship"),
    }
    head = encode(handmade.evaluation().with_bands(bands)).head
    cards = {card["id"]: card for card in head["cards"]}
    recall = cards["recall"]
    assert (recall["band"], recall["reason"], recall["verdict"]) == ([0.3, 0.6], "drafts are reviewed", "in")
    assert (cards["precision"]["band"], cards["precision"]["reason"]) == ([0.9, None], "")
    assert head["class_bands"] == [
        {"class": 0, "field": "precision", "band": [0.8, None], "reason": "ship"},
        {"class": 1, "field": "ap50", "band": [None, 0.2], "reason": ""},
    ]
    assert encode(handmade.evaluation()).head["class_bands"] == []
    assert all(row["field"] in head["per_class"][0] for row in head["class_bands"])


def test_equal_evaluations_give_equal_bytes():
    first, second = encode(handmade.evaluation()), encode(handmade.evaluation())
    assert first.buffer == second.buffer
    assert dump_json(first.head) == dump_json(second.head)


def test_history_keeps_gaps_and_gives_both_splits_one_hue():
    history = encode(handmade.evaluation()).head["history"]
    assert history is not None
    series = {entry["name"]: entry for entry in history["series"]}
    assert list(series) == ["precision", "map50", "map50_95", "train/box", "val/box", "train/cls"]
    assert series["map50"]["values"][2] is None
    assert series["train/box"]["color"] == series["val/box"]["color"] != series["train/cls"]["color"]


@settings(max_examples=60)
@given(st.lists(st.text(max_size=30), min_size=2, max_size=2))
def test_any_name_gives_json_that_is_safe_in_a_page(names):
    payload = encode(handmade.evaluation(classes=names, with_history=False, with_pictures=False))
    text = dump_json(payload.head)
    assert text.isascii()
    assert not set("<>&") & set(text)
    text.encode()
    assert json.loads(text)["classes"] == payload.head["classes"]


def test_surrogates_and_control_characters_do_not_reach_the_wire():
    head = encode(handmade.evaluation(classes=("a\ud800b", "\u202eevil\x1b[31m"), title="x\u2028y")).head
    assert head["classes"] == ["a\ufffdb", "evil [31m"]
    assert head["title"] == "x y"
    json.dumps(head, ensure_ascii=False).encode()


def test_the_head_tells_no_absolute_path():
    assert "/" not in dump_json(encode(handmade.evaluation()).head["stamp"]).replace("\\/", "")


def test_the_run_brings_its_signals_marks_and_what_is_drawn_on_demand():
    history = encode(handmade.evaluation()).head["history"]
    assert history is not None
    assert [(one["kind"], one["start_epoch"]) for one in history["signals"]] == [("best_epoch", 6)]
    assert [(one["name"], one["label"], one["part"]) for one in history["extra"]] == [
        ("lr/pg0", "learning rate (pg0)", "lr")
    ]
    assert (history["matrix_epoch"], history["saved_epochs"], history["patience"]) == (None, [], None)


def test_every_row_of_the_checklist_says_where_to_look():
    evaluation = handmade.evaluation()
    rows = encode(evaluation).head["checklist"]
    assert [(row["id"], row["verdict"]) for row in rows] == [(one.id, one.verdict) for one in evaluation.findings]
    [few] = [row for row in rows if row["id"] == "few-objects"]
    assert (few["classes"], few["cells"]) == ([1, 0], [])
