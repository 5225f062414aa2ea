"""Requests of the front end: answered, refused with a reason, never an exception in the kernel."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import handmade
from framelens.data.pictures import Pictures
from framelens.widgets.messages import Reply, answer
from framelens.widgets.picture_service import LARGEST_REPLY, PictureService
from framelens.widgets.wire import encode


@pytest.fixture
def service():
    evaluation = handmade.evaluation()
    return PictureService(evaluation.dataset, evaluation.pictures, encode(evaluation))


def ask(service, **args):
    reply = answer({"pictures": service.answer}, {"id": 7, "op": "pictures", "args": args})
    assert reply is not None
    return reply


def test_a_crop_shows_its_boxes_and_a_frame_all_of_it(service):
    message, buffers = ask(
        service,
        items=[{"kind": "crop", "object": 0, "detection": 0}, {"kind": "frame", "frame": 1}],
        side=64,
    )
    assert message["ok"]
    crop, frame = message["result"]["items"]
    assert [crop["buffer"], frame["buffer"]] == [0, 1]
    assert all(data[:2] == b"\xff\xd8" for data in buffers)
    x, y, width, height = crop["region"]
    assert x <= 10
    assert y <= 10
    assert x + width >= 30
    assert y + height >= 30
    assert max(crop["width"], crop["height"]) <= 64
    assert frame["region"] == [0, 0, 100, 80]


def test_neighbours_carry_their_offset_name_and_picture():
    names = tuple(f"clip_{number:03d}.jpg" for number in range(3))
    evaluation = handmade.evaluation(names=names)
    made = PictureService(evaluation.dataset, handmade.pictures(names), encode(evaluation))
    reply = answer({"neighbours": made.neighbours}, {"id": 1, "op": "neighbours", "args": {"frame": 1, "side": 32}})
    assert reply is not None
    message, buffers = reply
    items = message["result"]["items"]
    assert [(item["offset"], item["name"], item["frame"]) for item in items] == [(-1, names[0], 0), (1, names[2], 2)]
    assert [item["buffer"] for item in items] == list(range(len(buffers)))
    assert all("time" in item and max(item["width"], item["height"]) <= 32 for item in items)
    json.dumps(message, allow_nan=False)


@pytest.mark.parametrize("wrong", [{}, {"frame": 9}, {"frame": 1, "before": 99}, {"frame": 1, "side": "x"}])
def test_a_wrong_request_for_neighbours_is_refused(service, wrong):
    reply = answer({"neighbours": service.neighbours}, {"id": 1, "op": "neighbours", "args": wrong})
    assert reply is not None
    assert reply[0]["error"]["type"] == "OptionError"


def test_relative_boxes_are_answered_in_relative_regions():
    relative = [(f, c, x / 100, y / 80, w / 100, h / 80) for f, c, x, y, w, h in handmade.OBJECTS]
    nowhere = float("nan")
    evaluation = handmade.evaluation(
        objects=relative, detections=[], size=(nowhere, nowhere), box_unit="relative", confidence=None
    )
    service = PictureService(evaluation.dataset, evaluation.pictures, encode(evaluation))
    message, _ = ask(service, items=[{"kind": "crop", "object": 0, "detection": -1}, {"kind": "frame", "frame": 0}])
    crop, frame = message["result"]["items"]
    x, y, width, height = crop["region"]
    assert 0 <= x <= 0.1
    assert 0 <= y <= 10 / 80
    assert 0.3 <= x + width <= 1
    assert 30 / 80 <= y + height <= 1
    assert frame["region"] == [0, 0, 1, 1]


def test_without_frames_every_item_says_so():
    evaluation = handmade.evaluation(with_pictures=False)
    service = PictureService(evaluation.dataset, evaluation.pictures, encode(evaluation))
    message, buffers = ask(service, items=[{"kind": "frame", "frame": 0}])
    assert buffers == []
    assert message["result"]["items"][0]["buffer"] is None
    assert "no frames" in message["result"]["items"][0]["note"]


def test_an_unreadable_frame_is_a_note_and_the_others_are_still_sent():
    evaluation = handmade.evaluation()
    broken = Pictures.from_mapping({"a.jpg": b"not a picture", "b.jpg": b""}, evaluation.dataset.frames.names)
    service = PictureService(evaluation.dataset, broken, encode(evaluation))
    message, _ = ask(service, items=[{"kind": "frame", "frame": frame} for frame in range(3)])
    assert message["ok"]
    assert all(item["note"] and item["buffer"] is None for item in message["result"]["items"])


def test_a_reply_stays_under_its_limit(monkeypatch):
    evaluation = handmade.evaluation()
    service = PictureService(evaluation.dataset, evaluation.pictures, encode(evaluation))
    monkeypatch.setattr("framelens.widgets.picture_service.LARGEST_REPLY", 10_000)
    message, buffers = ask(service, items=[{"kind": "frame", "frame": 0}] * 60, side=100)
    assert 0 < sum(map(len, buffers)) <= 10_000 < LARGEST_REPLY
    left_out = [item for item in message["result"]["items"] if item["buffer"] is None]
    assert len(left_out) == 60 - len(buffers)
    assert all("reply is full" in item["note"] for item in left_out)


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"items": {}},
        {"items": [1]},
        {"items": [{"kind": "frame", "frame": 0}] * 61},
        {"items": [{"kind": "frame", "frame": 3}]},
        {"items": [{"kind": "frame", "frame": -1}]},
        {"items": [{"kind": "frame", "frame": True}]},
        {"items": [{"kind": "frame", "frame": "0"}]},
        {"items": [{"kind": "frame", "frame": 10**30}]},
        {"items": [{"kind": "file", "path": "/etc/passwd"}]},
        {"items": [{"kind": "crop", "object": -1, "detection": -1}]},
        {"items": [{"kind": "crop", "object": 99, "detection": -1}]},
        {"items": [{"kind": "crop", "object": 0, "detection": 2}]},  # they stand in different frames
        {"items": [], "side": 0},
        {"items": [], "side": 100_000},
        {"items": [], "side": float("nan")},
        {"items": [], "side": None},
    ],
)
def test_wrong_arguments_are_refused_with_a_reason(service, args):
    message, buffers = ask(service, **args)
    assert not message["ok"]
    assert message["error"]["type"] == "OptionError"
    assert message["error"]["message"]
    assert buffers == []


@pytest.mark.parametrize(
    "content", [None, 3, [], {}, {"op": "ping"}, {"id": "1", "op": "ping"}, {"id": 1, "op": "cancel"}]
)
def test_what_nobody_waits_for_gets_no_answer(content):
    assert answer({"ping": lambda _args: Reply({})}, content) is None


@pytest.mark.parametrize("operation", [None, 5, ["ping"], "__class__", "Ping"])
def test_unknown_operations_are_refused(operation):
    reply = answer({"ping": lambda _args: Reply({})}, {"id": 1, "op": operation})
    assert reply is not None
    assert not reply[0]["ok"]


def test_an_exception_becomes_an_answer_that_tells_no_path(caplog):
    def fail(_args):
        raise OSError(2, "gone", "/home/someone/secret.jpg")

    reply = answer({"fail": fail}, {"id": 1, "op": "fail"})
    assert reply is not None
    assert reply[0]["error"]["type"] == "FileNotFoundError"
    assert "secret" not in str(reply)
    assert "secret" in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NUMBER = st.integers(-3, 6) | JSON
ITEM = st.fixed_dictionaries(
    {"kind": st.sampled_from(["crop", "frame", "file"])},
    optional={"frame": NUMBER, "object": NUMBER, "detection": NUMBER},
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {}, optional={"items": st.lists(ITEM | JSON, max_size=5) | JSON, "side": NUMBER | st.just(40)}
    )
)
def test_whatever_is_asked_is_answered_or_refused(service, args):
    reply = answer({"pictures": service.answer}, {"id": 1, "op": "pictures", "args": args})
    assert reply is not None
    message, buffers = reply
    json.dumps(message, allow_nan=False)
    if message["ok"]:
        assert [item["buffer"] for item in message["result"]["items"] if item["buffer"] is not None] == list(
            range(len(buffers))
        )
    else:
        assert message["error"]["type"] == "OptionError"


@settings(max_examples=150)
@given(JSON)
def test_no_message_raises(content):
    answer({"ping": lambda _args: Reply({})}, content)
