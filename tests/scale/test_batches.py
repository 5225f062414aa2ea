"""Tables read in batches give the numbers that they give in memory."""

from __future__ import annotations

import json

import duckdb
import numpy as np
import pandas as pd
import pytest

import framelens
from framelens import DataError, OptionError
from framelens.scale import tables
from framelens.scale.run import evaluate_large
from framelens.scale.tables import open_table
from made_datasets import random_dataset
from same_numbers import assert_same
from tables_on_disk import as_tables, write_coco, write_csv, write_parquet

SHAPE = {"frames": 12, "classes": 3, "objects": 30, "detections": 120}


def write(kind, dataset, folder, seed=0):
    """Files of one kind, detections in another order than the frames."""
    truth, found = as_tables(dataset)
    found = found.iloc[np.random.default_rng(seed).permutation(len(found))].reset_index(drop=True)
    if kind == "coco":
        return write_coco(dataset, folder)
    form = write_parquet if kind == "parquet" else write_csv
    return form(truth, folder / f"truth.{kind}"), form(found, folder / f"found.{kind}")


@pytest.mark.parametrize("kind", ["parquet", "csv", "coco"])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_numbers_are_those_in_memory(kind, seed, tmp_path):
    files = write(kind, random_dataset(seed, **SHAPE), tmp_path, seed)
    whole = framelens.evaluate(*files)
    large = evaluate_large(*files, memory="400MB", resume=tmp_path / "work", batch_rows=12)
    assert large.shards.plan.batches > 1
    assert_same(whole, large)
    for confidence in (0.0, 0.5):
        assert_same(whole.at(confidence=confidence), large.at(confidence=confidence))
    by_row = ["actual", "predicted", "object", "detection"]
    tables = [ev.sort_values(by_row, ignore_index=True) for ev in (whole.examples(), large.examples(limit=10**6))]
    pd.testing.assert_frame_equal(*tables)


def test_examples_are_the_most_confident(tmp_path):
    files = write("parquet", random_dataset(4, **SHAPE), tmp_path)
    whole = framelens.evaluate(*files)
    large = evaluate_large(*files, memory="400MB", resume=tmp_path / "work", batch_rows=40)
    some = large.examples("background", "class 0", limit=3)
    assert some.attrs["total"] == whole.confusion().loc["background", "class 0"] > 3
    assert some["score"].tolist() == whole.examples("background", "class 0")["score"].tolist()[:3]


def test_zoom_is_an_ordinary_evaluation_of_the_frames_behind_a_cell(tmp_path):
    files = write("csv", random_dataset(4, **SHAPE), tmp_path)
    whole = framelens.evaluate(*files)
    large = evaluate_large(*files, memory="400MB", resume=tmp_path / "work", batch_rows=40)
    near = large.zoom("background", "class 0")
    assert near.confusion().loc["background", "class 0"] == whole.confusion().loc["background", "class 0"]
    wanted = set(whole.examples("background", "class 0")["frame"])
    assert set(near.dataset.frames.names) == wanted
    assert len(large.zoom("background", "class 0", frames=2).dataset.frames) == 2
    assert near.error_types() is not None


def test_fractions_and_sizes_are_understood_alike(tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    sides = ["x", "y", "width", "height"]
    truth[sides], found[sides] = truth[sides] / 200, found[sides] / 200
    sized = truth.assign(frame_width=640, frame_height=480)
    for number, table in enumerate((truth, sized)):
        files = write_parquet(table, tmp_path / f"t{number}.parquet"), write_parquet(found, tmp_path / "f.parquet")
        large = evaluate_large(*files, memory="400MB", resume=tmp_path / "work", batch_rows=40)
        assert_same(framelens.evaluate(*files), large)
        assert large.dataset.box_unit == ("relative", "pixel")[number]
    given = evaluate_large(tmp_path / "t0.parquet", files[1], frames=(640, 480), resume=tmp_path / "work")
    assert_same(framelens.evaluate(tmp_path / "t0.parquet", files[1], frames=(640, 480)), given)


def test_what_cannot_be_used_is_counted(tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    found.loc[3, "score"] = np.nan
    found.loc[5, "x"] = np.inf
    found.loc[6, "width"] = -1
    found.loc[8, "frame"] = "elsewhere.jpg"
    found.loc[9, "class"] = "unheard of"
    files = write_parquet(truth, tmp_path / "t.parquet"), write_parquet(found, tmp_path / "f.parquet")
    large = evaluate_large(*files, memory="400MB", resume=tmp_path / "work", batch_rows=40)
    whole = framelens.evaluate(*files)
    assert_same(whole, large)
    assert {s.reason: s.count for s in large.dataset.skipped} == {s.reason: s.count for s in whole.dataset.skipped}
    assert "unheard of" in large.dataset.classes


@pytest.mark.parametrize("odd", [1.5, True, 2**70])
def test_a_number_of_a_frame_that_is_none_is_no_other_frame(odd, tmp_path, monkeypatch):
    truth, found = write_coco(random_dataset(4, **SHAPE), tmp_path)
    records = json.loads(found.read_text())
    records[-1] |= {"image_id": odd, "score": 0.99}
    found.write_text(json.dumps(records))
    monkeypatch.setattr(tables, "_LOOK", 500)  # its column holds whole numbers as far as is looked
    large = evaluate_large(truth, found, memory="400MB", resume=tmp_path / "work")
    whole = framelens.evaluate(truth, found)
    assert_same(whole, large)
    assert [skip.count for skip in large.dataset.skipped] == [skip.count for skip in whole.dataset.skipped] == [1]


NO_NUMBERS = [
    *({"score": score} for score in ("0.99", True, [1], None)),
    *({"bbox": box} for box in (["1", 2, 30, 40], [1, 2, 30, True], "1, 2, 30, 40", [1, 2, 30], [[1], 2, 30, 40])),
]


@pytest.mark.parametrize("first", [0, 100], ids=["at the beginning", "later"])
def test_texts_and_truths_in_json_are_no_numbers(first, tmp_path):
    truth, found = write_coco(random_dataset(4, **SHAPE), tmp_path)
    records = json.loads(found.read_text())
    for number, odd in enumerate(NO_NUMBERS, first):
        records[number] |= {"score": 0.99} | odd
    found.write_text(json.dumps(records))
    large = evaluate_large(truth, found, memory="400MB", resume=tmp_path / "work")
    whole = framelens.evaluate(truth, found)
    assert_same(whole, large)
    for evaluation in (whole, large):
        assert sum(skip.count for skip in evaluation.dataset.skipped) == len(NO_NUMBERS)


@pytest.mark.parametrize("detections", [0, 1])
def test_a_list_of_nothing_and_a_large_record_are_tables(detections, tmp_path):
    truth, found = write_coco(random_dataset(4, **SHAPE), tmp_path)
    records = json.loads(found.read_text())[:detections]
    found.write_text(json.dumps([record | {"segmentation": "x" * 1_500_000} for record in records]))
    large = evaluate_large(truth, found, memory="400MB", resume=tmp_path / "work")
    assert_same(framelens.evaluate(truth, found), large)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, f: (t.assign(width=-1.0), f), "truth.csv: row 0: a box that cannot be used"),
        (lambda t, f: (t, f.assign(x="far left")), "found.csv: line 2, column x: a text that is not a number"),
        (lambda t, f: (t, f.drop(columns="score")), "found.csv: no column for score"),
        (lambda t, f: (t, f.assign(frame="x.jpg")), "found.csv: no detection names a frame of the ground truth"),
        (lambda t, f: (t, f[["frame", "score"]]), "found.csv: no table of boxes: columns frame, score"),
    ],
)
def test_broken_tables_are_one_line(change, words, tmp_path):
    truth, found = change(*as_tables(random_dataset(4, **SHAPE)))
    files = write_csv(truth, tmp_path / "truth.csv"), write_csv(found, tmp_path / "found.csv")
    with pytest.raises(DataError) as error:
        evaluate_large(*files, memory="400MB", resume=tmp_path / "work")
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"memory": "lots"}, "memory must be a size such as '2GB'"),
        ({"memory": "20MB"}, "less than the 300 MB"),
        ({"memory": "1GB", "rules": "voc"}, "rules='voc' needs every box in memory"),
        ({"engine": "spark"}, "engine must be None or 'dask', not 'spark'"),
        ({"memory": "1GB", "client": "tcp://a:1"}, "client= belongs to engine='dask'"),
        ({"memory": "1GB", "epoch": 3}, "epoch= needs every box in memory"),
        ({"engine": "dask", "client": 7}, "client must be a Dask client or an address, not int"),
    ],
)
def test_options_that_do_not_fit_are_one_line(options, words, tmp_path):
    files = write("csv", random_dataset(4, **SHAPE), tmp_path)
    with pytest.raises(OptionError) as error:
        framelens.evaluate(*files, resume=tmp_path / "work", **options)
    assert words in str(error.value)


def test_tables_in_memory_are_no_matter_of_memory(tmp_path):
    truth, found = as_tables(random_dataset(4, **SHAPE))
    with pytest.raises(OptionError, match="a DataFrame is in memory already"):
        framelens.evaluate(truth, found, memory="1GB", resume=tmp_path)


def test_what_needs_every_box_says_so(tmp_path):
    large = evaluate_large(*write("csv", random_dataset(4, **SHAPE), tmp_path), resume=tmp_path / "work")
    asks = (large.dashboard, large.confusion_matrix, large.error_types, large.per_frame, large.by_size, large.reconcile)
    for ask in (*asks, large.curves, large.label_issues, large.calibration, lambda: large.objects, large.intervals):
        with pytest.raises(OptionError, match="keeps none"):
            ask()
    with pytest.raises(OptionError, match=r"are at IoU 0\.5; evaluate again with iou=0.7"):
        large.at(iou=0.7)
    assert "mAP50" in repr(large)


def test_nothing_is_written_beside_the_data(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMELENS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    files = write("csv", random_dataset(4, **SHAPE), tmp_path / "data")
    framelens.evaluate(*files, memory="400MB")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["found.csv", "truth.csv"]
    assert (tmp_path / "cache" / "work").is_dir()


RECORDS = [
    {"image_id": 4, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 1},
    {"image_id": 7, "category_id": "cat", "bbox": [1.5, 2, 3, 4], "score": 0.25, "more": {"a": [None, True]}},
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS),
        "\ufeff" + json.dumps(RECORDS, indent=2),
        "\n".join(map(json.dumps, RECORDS)),
        "\n".join(json.dumps(record, indent=1) for record in RECORDS),
    ],
    ids=["list", "byte order mark", "lines", "objects one after the other"],
)
def test_every_shape_of_json_table_is_read(content, tmp_path):
    path = tmp_path / "found.jsonl"
    path.write_text(content, encoding="utf-8")
    with duckdb.connect() as connection:
        table = open_table(path, connection)
        rows = connection.execute(f"SELECT frame, class, x, score FROM ({table.query})").fetchall()
    assert (table.frame_type, table.class_type) == ("BIGINT", "VARCHAR")
    assert rows == [(4, "1", 1.0, 1.0), (7, "cat", 1.5, 0.25)]


@pytest.mark.parametrize(
    ("content", "words"), [("[", "no record at its beginning"), ("[1, 2]", "a record is no object")]
)
def test_json_without_records_is_one_line(content, words, tmp_path):
    (tmp_path / "found.json").write_text(content)
    with duckdb.connect() as connection, pytest.raises(DataError, match=rf"^found\.json: no table of boxes: {words}; "):
        open_table(tmp_path / "found.json", connection)
