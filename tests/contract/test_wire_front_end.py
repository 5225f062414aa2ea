"""The two sides of the wire name the same things: what Python sends is what TypeScript declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import handmade
from framelens.widgets.evaluation_widget import NORMALIZE, VIEWS, EvaluationWidget
from framelens.widgets.wire import SCHEMA, encode

SOURCES = Path(__file__).resolve().parents[2] / "js" / "src"


def interface(text, name):
    """Fields of one TypeScript interface, as {name: may be absent}."""
    [body] = re.findall(rf"(?:export )?interface {name} \{{(.*?)\n\}}", text, re.DOTALL)
    return {field: bool(mark) for field, mark in re.findall(r"^  (?:readonly )?(\w+)(\??):", body, re.MULTILINE)}


@pytest.fixture(scope="module")
def schema():
    return (SOURCES / "ledger" / "schema.ts").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def head():
    return encode(handmade.evaluation()).head


@pytest.mark.parametrize(
    ("name", "pick"),
    [
        ("Head", lambda head: head),
        ("Counts", lambda head: head["counts"]),
        ("OperatingPoint", lambda head: head["operating_point"]),
        ("Frames", lambda head: head["frames"]),
        ("Card", lambda head: head["cards"][0]),
        ("ClassRow", lambda head: head["per_class"][0]),
        ("History", lambda head: head["history"]),
        ("Series", lambda head: head["history"]["series"][0]),
        ("Signal", lambda head: head["history"]["signals"][0]),
        ("ChecklistRow", lambda head: head["checklist"][0]),
        ("PanelsHead", lambda head: head["panels"]),
        ("FacetHead", lambda head: head["panels"]["facets"][0]),
        ("ErrorType", lambda head: head["panels"]["errors"][0]),
        ("IssueKind", lambda head: head["panels"]["issues"][0]),
        ("Skip", lambda head: head["skipped"][0]),
        ("ColumnSpec", lambda head: head["columns"]["object_box"]),
    ],
)
def test_every_field_has_the_same_name_on_both_sides(schema, head, name, pick):
    declared, sent = interface(schema, name), set(pick(head))
    sent -= {"kind"} - set(declared)  # of the head, where nobody reads it
    assert {field for field, absent in declared.items() if not absent} <= sent
    assert sent <= set(declared)


def test_schema_number_and_column_names_are_known(schema, head):
    assert f"readonly schema: {SCHEMA};" in schema
    readers = (SOURCES / "ledger" / "decode.ts", SOURCES / "panels" / "extra.ts", SOURCES / "panels" / "sizes.ts")
    decoder = "".join(path.read_text(encoding="utf-8") for path in readers) + schema
    # the areas of objects and of detections likewise, as `area_${side}`
    decoder = decoder + "".join(decoder.replace("${side}", side) for side in ("object", "detection"))
    # boxes of objects and of detections are read by one function, as `${source}_frame`
    spelled = {
        name: ("}" if name.startswith(("object", "detection")) else name.partition("_")[0]) for name in head["columns"]
    }
    assert [
        name
        for name, start in spelled.items()
        if f"{start}_{name.partition('_')[2]}" not in decoder and name not in decoder
    ] == []


def test_traits_and_their_choices_are_known():
    model = (SOURCES / "host" / "model.ts").read_text(encoding="utf-8")
    widget = EvaluationWidget(handmade.evaluation())
    traits = {name for name in widget.keys if not name.startswith("_")} - {"layout", "tabbable", "tooltip"}
    widget.close()
    declared = interface(model, "Traits")
    assert traits <= set(declared)
    assert {name for name, absent in declared.items() if not absent} <= traits
    for choice in NORMALIZE:
        assert f'"{choice}"' in model
    panels = {
        name
        for path in (SOURCES / "panels").glob("*.ts")
        for name in re.findall(r'Panel = \{\n  id: "(\w+)"', path.read_text(encoding="utf-8"))
    }
    arrangements = re.search(r"VIEWS: readonly View\[\] = \[(.*)\]", model)[1]
    assert set(VIEWS) == {*re.findall(r"\w+", arrangements), *panels}
