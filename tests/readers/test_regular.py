"""Records read by arithmetic are those that a JSON parser reads, or none at all."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framelens.data import threads as threads_used
from framelens.data.readers._regular import read_records
from framelens.data.readers.coco_results import _inside

NUMBERS = st.one_of(
    st.floats(0, 1).map(lambda value: round(value, 5)),
    st.floats(-5000, 5000).map(lambda value: round(value, 2)),
    st.floats(0, 1e4, width=32),
    st.floats(allow_nan=False, allow_infinity=False),
)
RECORDS = st.lists(
    st.tuples(st.integers(-5, 1 << 40), st.lists(NUMBERS, min_size=4, max_size=4), NUMBERS), min_size=1, max_size=12
)


def as_text(records, **style):
    rows = [{"image_id": key, "bbox": box, "score": score, "segmentation": []} for key, box, score in records]
    return json.dumps(rows, **style).encode()


def read(text):
    return read_records([text[text.index(b"{") : text.rindex(b"}") + 1]])


def same_as_json(found, text):
    rows = json.loads(text)
    keys = {"image_id", "bbox", "score"}
    assert set(found.columns) == keys
    for key in keys:
        wanted = np.array([row[key] for row in rows])
        assert found.columns[key].shape == wanted.shape
        assert found.columns[key].tobytes() == wanted.astype(found.columns[key].dtype).tobytes()
        assert np.array_equal(found.columns[key], wanted)


@settings(max_examples=400)
@given(RECORDS, st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}]))
def test_numbers_are_those_of_json_to_the_last_bit(records, style):
    text = as_text(records, **style)
    found = read(text)
    if found is not None:
        same_as_json(found, text)


@settings(max_examples=1500)
@given(seed=st.integers(0, 2**64 - 1))
def test_a_changed_text_is_read_as_json_reads_it_or_not_at_all(seed):
    chance = random.Random(seed)
    boxes = [chance.choices([0.5, -1.25, 20.0, 3e-05], k=4) for _ in range(chance.randint(2, 4))]
    text = bytearray(as_text([(chance.randint(1, 99), box, 0.25) for box in boxes]))
    for _ in range(chance.randint(1, 2)):
        at, kind = chance.randint(1, len(text) - 2), chance.choice(["put", "insert", "delete"])
        new = chance.choice(b'0123456789.-e/ ,:[]{}"ab\n\xff')
        text[at : at + (kind != "insert")] = b"" if kind == "delete" else bytes([new])
    found = read_records([bytes(text[1:-1])])
    if found is not None and {"image_id", "bbox", "score"} == set(found.columns):
        same_as_json(found, bytes(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"image_id": 2', b'"image_id": 02'),
        (b'"image_id": 2', b'"image_id": - 2'),
        (b'"image_id": 2', b'"image_id": --2'),
        (b'"image_id": 2', b'"image_id": 2 2'),
        (b'"image_id": 2', b'"image_id": 2.'),
        (b'"image_id": 2', b'"image_id": "2"'),
        (b'"image_id": 2', b'"image_id": true'),
        (b'"image_id": 2', b'2"image_id": '),
        (b'"image_id": 2', b'"ima2ge_id": '),
        (b'"image_id": 2', b'"image_id": 2, "image_id": 3'),
        (b"0.75", b".75"),
        (b"0.75", b"-.75"),
        (b"0.75", b"0.7.5"),
        (b"0.75", b"0.7-5"),
        (b"0.75", b"0/75"),
        (b'"image_id": 2', b'"image_id": 9999999999999999999'),
        (b'"image_id": 2', b'"image_id": -'),
        (b'"image_id": 2', b'"image_id": 00000000000000000000'),
        (b"0.75", b"0.75e"),
        (b"0.75", b"0.75e-"),
        (b"0.75", b"0.75e5"),
        (b"0.75", b"-e-05"),
        (b"0.75", b"0.75e-00000005"),
        (b"0.75", b"0." + b"7" * 23),
        (b"0.75", b"0." + b"7" * 4000),
        (b"0.75", b"NaN"),
        (b'"segmentation": []}]', b'"segmentation": [1]}]'),
    ],
)
def test_what_is_not_the_same_text_is_left_to_a_parser(old, new):
    text = as_text([(1, [0.5] * 4, 0.25), (2, [1.5] * 4, 0.75)])
    assert read(text) is not None
    assert text.count(old) == 1
    assert read(text.replace(old, new)) is None


@pytest.mark.parametrize(
    "number",
    [
        "2.0", "99999999999999999", "-9007199254740993", "0", "-0.0", "7E-1", "7e-05", "-1.25e-07",
        "0.7512345678901234567", "0.00012345678901234567", "292.3772277832031", "1.7976931348623157e-308", "5e-324",
        "4e-324", "1e-999", "1234567.000000000001", "0.30000000000000004",
        # Half-way between two doubles, and beside it.
        "9007199254740993.0", "9007199254740992.99", "9007199254740993.01", "4503599627370497.5", "4503599627370496.25",
        "0.5000000000000000555", "0.1249999999999999931", "1.000000000000000111",
    ],
)  # fmt: skip
def test_a_number_is_the_nearest_double_however_long(number):
    text = as_text([(1, [0.5] * 4, 0.25), (2, [1.5] * 4, 0.75), (3, [1.5] * 4, 0.5)]).replace(b"0.75", number.encode())
    found = read(text)
    assert found is not None
    assert [float(value).hex() for value in found.columns["score"]] == [
        float(row["score"]).hex() for row in json.loads(text)
    ]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(2**52, 2**53 - 1), st.integers(1, 2)), min_size=1, max_size=9))
def test_a_number_half_way_between_two_doubles_goes_to_the_even_one(halves):
    # (2 m + 1) / 2**places as a decimal: exactly between m / 2**(places - 1) and the next double.
    digits = [(str((2 * whole + 1) * 5**places), places) for whole, places in halves]
    texts = [f"{number[:-places]}.{number[-places:]}" for number, places in digits]
    found = read(", ".join(f'{{"score": {text}}}' for text in texts).encode())
    assert found is not None
    assert found.columns["score"].tolist() == [float(text) for text in texts]


LONG = st.floats(-1e5, 1e5).map(repr) | st.floats(0, 1).map(repr) | st.floats(0, 2**-10, width=32).map(repr)
AS_WRITTEN = LONG | st.decimals(0, 1 << 52, places=3).map(str) | st.integers(-(1 << 52), 1 << 52).map(str)


@settings(max_examples=300)
@given(st.lists(st.lists(AS_WRITTEN, min_size=3, max_size=3), min_size=1, max_size=40))
def test_numbers_that_programs_write_are_all_read(rows):
    text = ", ".join('{"id": 1, "bbox": [' + ", ".join(row) + "]}" for row in rows)
    found = read_records([text.encode()])
    assert found is not None
    wanted = np.array([list(map(float, row)) for row in rows])
    assert found.columns["bbox"].tobytes() == wanted.tobytes()


def test_numbers_inside_texts_are_no_numbers():
    text = b'{"image_id": 1, "name": "frame 7, 8"}, {"image_id": 2, "name": "frame 8e-05"}'
    found = read_records([text], wanted=("name",))
    assert found.columns["image_id"].tolist() == [1, 2]
    assert found.columns["name"].tolist() == ["frame 7, 8", "frame 8e-05"]
    assert read_records([text]).others == {"name"}


@pytest.mark.parametrize("name", ['a"b', "a\\\\b", "a\nb", "a\tb", "\u00e9", '", "id": 3, "name": "'])
def test_texts_that_need_a_parser_are_left_to_it(name):
    text = '{"id": 1, "name": "cat"}, {"id": 2, "name": "%s"}, {"id": 3, "name": ""}'
    assert read_records([(text % "").encode()], wanted=("name",)).columns["name"].tolist() == ["cat", "", ""]
    assert read_records([(text % name).encode()], wanted=("name",)) is None


def test_blanks_between_records_are_no_part_of_texts():
    rows = [{"image_id": f"frame {n}", "bbox": [0.5, n, 1e-05 * n, -n]} for n in range(30)]
    text = json.dumps(rows, indent="\t").encode()
    found = read_records([text[text.index(b"{") : text.rindex(b"}") + 1]], wanted=("image_id",))
    assert found.columns["image_id"].tolist() == [row["image_id"] for row in rows]
    assert found.columns["bbox"].tolist() == [row["bbox"] for row in rows]


def test_pieces_and_threads_change_nothing(monkeypatch):
    chance = np.random.default_rng(1)
    records = [(n, chance.normal(0, 900, 4).round(3).tolist(), round(chance.random() / 50, 5)) for n in range(3000)]
    text = as_text(records)
    for size, threads in ((1000, 1), (70_001, 2), (5000, 3), (1 << 30, 2)):
        monkeypatch.setattr(threads_used, "_THREADS", threads)
        found = read_records(text[at : min(at + size, len(text) - 1)] for at in range(1, len(text) - 1, size))
        assert found is not None
        same_as_json(found, text)


@pytest.mark.parametrize("piece", [1, 7, 200, 100_000])
def test_a_list_in_pieces_ends_where_its_bracket_is(piece):
    text = b" [\n" + as_text([(n, [0.5] * 4, 0.25) for n in range(50)])[1:-1] + b"\n]\n"

    def read_pieces(text):
        return read_records(_inside(text[at : at + piece] for at in range(0, len(text), piece)))

    same_as_json(read_pieces(text), text)
    for broken in (text[1:].replace(b"[\n", b"", 1), text[:-3], text + b"]", text.replace(b"\n]", b",\n]")):
        assert read_pieces(broken) is None
