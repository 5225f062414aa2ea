"""Mutants of every format: the outcome is a result or framelens' own error, nothing else."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pytest

from framelens import formats, inspect
from framelens.data import join, read_predictions, read_truth
from framelens.errors import FramelensError

MUTANTS = 2000

COCO = {
    "images": [{"id": 9, "file_name": "b.png", "width": 100, "height": 80}, {"id": 2, "file_name": "a.png", "width": 60, "height": 60}],
    "annotations": [
        {"id": 1, "image_id": 9, "category_id": 7, "bbox": [1, 2, 3.5, 4], "area": 14, "iscrowd": 0},
        {"id": 2, "image_id": 2, "category_id": 3, "bbox": [5, 6, 7, 8], "segmentation": [[5, 6, 12, 6, 12, 14]], "iscrowd": 1},
        {"id": 3, "image_id": 2, "category_id": 3, "segmentation": {"size": [9, 9], "counts": "52o1"}},
    ],
    "categories": [{"id": 7, "name": "zebra"}, {"id": 3, "name": "ant"}],
}  # fmt: skip
RESULTS = [
    {"image_id": 9, "category_id": 7, "bbox": [1, 2, 3.25, 4], "score": 0.75},
    {"image_id": 2, "category_id": 3, "bbox": [5, 6, 7, 8.5], "score": 0.5},
]
FULL = {**COCO, "annotations": [{**row, "score": 0.5, "bbox": [1, 2, 3, 4]} for row in COCO["annotations"]]}
LVIS = {**COCO, "images": [{**row, "neg_category_ids": [3]} for row in COCO["images"]]}
VOC = (
    "<annotation><filename>a.png</filename><size><width>60</width><height>60</height></size><object><name>ant</name>"
    "<difficult>0</difficult><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>12</xmax><ymax>14</ymax></bndbox></object></annotation>\n"
)
CVAT = (
    '<annotations><version>1.1</version><image id="0" name="a.png" width="60" height="60"><box label="ant" xtl="5" ytl="6" xbr="12" ybr="14"/>'
    '<polygon label="zebra" points="1,2;3,4;5,1"/></image><track id="0" label="ant"><box frame="2" outside="0" xtl="1" ytl="1" xbr="4" ybr="5"/>'
    "</track></annotations>\n"
)
LABELME = {
    "imagePath": "a.png",
    "imageWidth": 60,
    "imageHeight": 60,
    "shapes": [{"label": "ant", "points": [[5, 6], [12, 14]]}],
}
VOTT = {"assets": {"x": {"asset": {"name": "a.png", "size": {"width": 60, "height": 60}},
                         "regions": [{"tags": ["ant"], "boundingBox": {"left": 5, "top": 6, "width": 7, "height": 8}}]}}}  # fmt: skip
KITTI = "ant 0.00 0 -1.58 5.0 6.0 12.0 14.0 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59"
CSV = "image,xmin,ymin,xmax,ymax,label\na.png,5,6,12,14,ant\nb.png,1,2,4.5,6,zebra\n"
SCORED = "image,xmin,ymin,xmax,ymax,label,score\na.png,5,6,12,14,ant,0.5\nb.png,1,2,4.5,6,zebra,0.75\n"


def text(value):
    return (value if isinstance(value, str) else json.dumps(value, indent=1)).encode()


def corpus():
    """Files, what to point at, kind and format of a small example of every format."""
    yield "coco", "truth", "gt.json", {"gt.json": text(COCO)}
    yield "lvis", "truth", "gt.json", {"gt.json": text(LVIS)}
    yield "coco-folder", "truth", ".", {"annotations/instances_val.json": text(COCO)}
    yield "coco-results", "predictions", "p.json", {"p.json": text(json.dumps(RESULTS))}
    yield "coco-results", "predictions", "p.json", {"p.json": text([{**row, "id": "x"} for row in RESULTS])}
    yield "coco-results", "predictions", "p.json", {"p.json": text(FULL)}
    yolo = {
        "data.yaml": b"path: .\nval: images\nnames:\n  0: ant\n  1: zebra\n",
        "labels/a.txt": b"0 0.2 0.25 0.125 0.1\n1 0.1 0.2 0.3 0.2 0.3 0.4\n",
    }
    yield "yolo", "truth", "data.yaml", yolo
    yield "yolo", "truth", "obj.data", {
        "obj.data": b"classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n", "obj.names": b"ant\nzebra\n",
        "train.txt": b"data/obj_train_data/a.png\n", "obj_train_data/a.txt": b"0 0.2 0.25 0.125 0.1\n",
    }  # fmt: skip
    yield "yolo-txt", "predictions", ".", {"a.txt": b"0 0.2 0.25 0.125 0.1 0.9\n1 0.4 0.25 0.125 0.1 0.8\n"}
    yield "text", "truth", ".", {"a.txt": b"ant 5 6 12 14\nzebra 1 2 4.5 6 difficult\n"}
    yield "text", "predictions", ".", {"a.txt": b"ant 0.5 5 6 12 14\nzebra .75 1 2 4.5 6\n"}
    yield "voc", "truth", ".", {"Annotations/a.xml": text(VOC)}
    yield "cvat", "truth", "a.xml", {"a.xml": text(CVAT)}
    yield "labelme", "truth", "a.json", {"a.json": text(LABELME)}
    yield "vott", "truth", "a.json", {"a.json": text(VOTT)}
    yield "kitti", "truth", ".", {"a.txt": text(KITTI + "\n" + KITTI + "\n")}
    yield "kitti", "predictions", ".", {"a.txt": text(KITTI + " 0.5\n")}
    yield "dota", "truth", ".", {"a.txt": b"gsd:0.1\n5 6 12 6 12 14 5 14 ant 0\n"}
    yield (
        "mot",
        "truth",
        ".",
        {
            "gt/gt.txt": b"1,1,5,6,7,8,1,1,1\n2,1,5,6,7,8,1,3,1\n",
            "seqinfo.ini": b"[Sequence]\nseqLength=3\nimWidth=60\nimHeight=60\n",
        },
    )
    yield "mot", "predictions", ".", {"det/det.txt": b"1,-1,5,6,7,8,0.5,-1,-1,-1\n"}
    yield (
        "mmdet",
        "predictions",
        ".",
        {"a.json": text({"labels": [0, 1], "scores": [0.5, 0.75], "bboxes": [[5, 6, 12, 14], [1, 2, 3, 4]]})},
    )
    yield "csv", "truth", "a.csv", {"a.csv": text(CSV)}
    yield "csv", "predictions", "a.csv", {"a.csv": text(SCORED)}
    yield "csv", "predictions", "a.parquet", {"a.parquet": parquet()}


def parquet():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.parquet")
        rows = "SELECT * FROM (VALUES ('a.png', 'ant', 5.0, 6.0, 7.0, 8.0, 0.75)) AS t(image, class, x, y, width, height, score)"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


CORPUS = list(corpus())
TOKENS = [
    b"nan",
    b"-1",
    b"1e999",
    b"null",
    b'"',
    b"{",
    b"]",
    b",",
    b"\x00",
    b"\xff",
    b"9" * 400,
    b"\n",
    b" ",
    b"<",
    b"true",
    b"0.5",
    b"..",
    b"\xef\xbb\xbf",
]


def mutate(data, rng):
    """Return ``data`` with one to three faults."""
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            place = min(place, len(data) - 1)
            data = data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
        elif kind == 1:
            data = data[:place]
        elif kind == 2:
            start = rng.randrange(len(data) + 1)
            data = data[:place] + data[start : start + rng.randint(1, 60)] + data[place:]
        elif kind == 3:
            lines = data.split(b"\n")
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
            data = b"\n".join(lines)
        elif kind == 4:
            data = data[:place] + data[place + rng.randint(1, 20) :]
        else:
            data = data[:place] + rng.choice(TOKENS) + data[place + rng.randint(0, 4) :]
    return data


def check(truth, found=None):
    """What is read holds the invariants of the columns."""
    data = join(truth, found) if found is not None else truth
    for part in (data.objects, *([data.detections] if found is not None else [])):
        assert np.isfinite(part.box).all()
        assert (part.box[:, 2:] >= 0).all()
        assert (np.diff(part.frame) >= 0).all()
        assert len(part) == 0 or (0 <= part.frame.min() and part.frame.max() < len(data.frames))
        assert len(part) == 0 or (0 <= part.category.min() and part.category.max() < len(data.classes))
    if found is not None:
        assert np.isfinite(data.detections.score).all()


def run(target, kind, form, truth):
    """Read as a user would, then with the reader named."""
    for name in (None, form):
        try:
            if kind == "truth":
                check(read_truth(target, format=name, frames=(60, 60)))
            else:
                check(truth, read_predictions(target, format=name, truth=truth))
        except FramelensError as error:
            assert str(error).count("\n") == 0
    try:
        json.dumps(inspect(target).as_dict(), allow_nan=False)
    except FramelensError:
        pass


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    path = tmp_path_factory.mktemp("truth") / "gt.json"
    path.write_bytes(text(COCO))
    return read_truth(path)


@pytest.fixture
def one_database(monkeypatch):
    """Readers open a database for each file; here they share one, which takes a tenth of the time."""
    opened, kept = duckdb.connect, []

    def connect(**options):
        try:
            kept[-1].execute("SELECT 1")
        except (IndexError, duckdb.Error):  # none yet, or one that a file has broken
            kept.append(opened(**options))
            kept[-1].execute("SET enable_external_file_cache = false")  # all mutants lie in one place
        return kept[-1].cursor()

    monkeypatch.setattr(duckdb, "connect", connect)
    yield
    for database in kept:
        database.close()


def lay(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_the_corpus_is_valid_and_names_every_format_on_disk(tmp_path, truth):
    for form, kind, point, files in CORPUS:
        lay(tmp_path / "case", files)
        found = (
            read_truth(tmp_path / "case" / point)
            if kind == "truth"
            else read_predictions(tmp_path / "case" / point, truth=truth)
        )
        assert len(found.objects if kind == "truth" else found) > 0, form
    in_memory = {"table", "arrays"}
    named = {(form, kind) for form, kind, _, _ in CORPUS}
    assert {
        (name, kind)
        for name, kind, _ in formats()
        if kind != "run" and name not in in_memory and not name.startswith("text-")
    } <= named


@pytest.mark.usefixtures("one_database")
@pytest.mark.parametrize(
    "case", range(len(CORPUS)), ids=[f"{form}-{kind}-{number}" for number, (form, kind, *_) in enumerate(CORPUS)]
)
def test_mutants(tmp_path, truth, case):
    form, kind, point, files = CORPUS[case]
    for number in range(MUTANTS // len(CORPUS) + 1):
        rng = random.Random(f"{form} {case} {number}")
        name = rng.choice(sorted(files))
        mutant = {**files, name: mutate(files[name], rng)}
        lay(tmp_path / "case", mutant)
        try:
            run(tmp_path / "case" / point, kind, form, truth)
        except Exception as error:
            raise AssertionError(f"mutant {number} of {name}: {mutant[name][:2000]!r}") from error
