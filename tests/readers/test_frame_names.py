"""Labels, detections, metadata and pictures find one another by name, however their names are written."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import framelens
from framelens.data import join, read_predictions, read_truth
from framelens.data.frame_names import NO_FRAME, SEVERAL_FRAMES, FrameNames
from framelens.data.metadata import read_metadata
from framelens.data.sizes import FrameSizes
from framelens.errors import ReadLog

COMPOSED, DECOMPOSED = "\u00e4", "a\u0308"
KITTI = "Car 0.00 0 -1.58 {} 10 {} 50 1.65 1.67 3.64 -0.65 1.71 46.7 -1.59"


@pytest.fixture
def write(tmp_path):
    """A maker of text files."""

    def make(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture
def pictures(tmp_path):
    """A maker of pictures in a folder ``images``."""
    folder = tmp_path / "images"
    folder.mkdir()

    def make(*names, size=(20, 10)):
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size).save(folder / name)
        return folder

    return make


@pytest.mark.parametrize(
    ("names", "asked", "expected"),
    [
        (["x\\a.jpg", "y\\a.jpg"], "x\\a.jpg", (0, 0)),
        (["./a.jpg", "./b/a.jpg"], "a.jpg", (0, 2)),
        (["day/1.jpg", "night/1.jpg"], "day/1.jpg", (0, 0)),
        (["day/1.jpg", "night/1.jpg"], "day\\1.jpg", (0, 2)),
        (["day/1.jpg", "night/1.jpg"], "night/1", (1, 4)),
        (["day/1.jpg", "night/1.jpg"], "noon/1.jpg", (SEVERAL_FRAMES, 6)),
        (["day/1.jpg", "night/2.jpg"], "noon/2.jpg", (1, 6)),
        (["day/1.jpg", "night/2.jpg"], "2.png", (1, 8)),
        (["day/1.jpg", "night/2.jpg"], "3.png", (NO_FRAME, 10)),
        (["a.png"], "a.png/", (NO_FRAME, 10)),
        ([f"{COMPOSED}.png", f"{DECOMPOSED}.png"], f"{DECOMPOSED}.png", (1, 0)),
        ([f"{COMPOSED}.png", f"{DECOMPOSED}.png"], f"q/{DECOMPOSED}.png", (1, 6)),
        ([f"{COMPOSED}.png", f"{DECOMPOSED}.png"], f"{DECOMPOSED}", (1, 4)),
        ([f"{DECOMPOSED}.png"], f"{COMPOSED}.png", (0, 3)),
        (["\u212b.png", "A\u030a.png"], "\u00c5.png", (SEVERAL_FRAMES, 3)),
        (["K.png"], "\u212a.png", (0, 3)),
        ([], "a", (NO_FRAME, 10)),
    ],
)
def test_the_nearest_form_that_fits_any_decides(names, asked, expected):
    assert FrameNames(names).place(asked) == expected


@pytest.mark.parametrize(("label", "picture"), [("a\u0308", "\u00e4"), ("\u00e4", "a\u0308")])
def test_yolo_labels_and_pictures_may_compose_letters_differently(write, tmp_path, label, picture):
    write(f"labels/{label}.txt", "0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "images").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "images" / f"{picture}.png")
    truth = read_truth(tmp_path)
    assert truth.frames.names == (f"{picture}.png",)
    assert len(truth.objects) == 1
    assert FrameSizes.of(tmp_path / "images").match(label) == f"{picture}.png"


def test_names_that_differ_in_composition_alone_stay_two_frames():
    sizes = FrameSizes.of({"\u00e4.jpg": (9, 9), "a\u0308.jpg": (8, 8)})
    assert [sizes.match(name) for name in sizes.names] == [*sizes.names]


@pytest.mark.parametrize("stray_first", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_of_two_yolo_labels_of_one_picture_the_one_spelled_alike_is_read(
    write, tmp_path, pictures, stray_first, listed
):
    own, stray = (DECOMPOSED, COMPOSED) if stray_first else (COMPOSED, DECOMPOSED)
    pictures(f"{own}.png")
    write(f"labels/{own}.txt", "0 0.5 0.5 0.2 0.2\n0 0.3 0.3 0.2 0.2\n")
    write(f"labels/{stray}.txt", "0 0.7 0.7 0.2 0.2\n")
    if listed:
        write("data.yaml", "path: .\nval: images\nnames: [cat]\n")
    truth = read_truth(tmp_path / "data.yaml" if listed else tmp_path)
    assert truth.objects.box[:, 2:].shape == (2, 2)
    assert [(skip.reason, skip.count) for skip in truth.skipped] == [("another label file is of this picture", 1)]


def test_labels_of_two_folders_for_one_picture_are_counted(write, tmp_path, pictures):
    pictures("x.png")
    write("labels/a/x.txt", "0 0.5 0.5 0.2 0.2\n")
    write("labels/b/x.txt", "0 0.5 0.5 0.3 0.3\n")
    truth = read_truth(tmp_path)
    assert (len(truth.objects), sum(skip.count for skip in truth.skipped)) == (1, 1)


def test_text_labels_of_one_picture_keep_every_box_on_its_frame(write, tmp_path, pictures):
    folder = pictures("x.png", "z.png", size=(100, 100))
    write("truth/a/x.txt", "cat 1 1 9 9\n")
    write("truth/b/x.txt", "cat 2 2 9 9\ncat 3 3 9 9\n")
    write("truth/z.txt", "cat 4 4 9 9\n")
    truth = read_truth(tmp_path / "truth", format="text-xyxy", frames=folder)
    assert truth.frames.names == ("x.png", "z.png")
    assert truth.objects.frame.tolist() == [0, 1]
    assert truth.objects.box[:, 0].tolist() == [1, 4]
    assert [(skip.reason, skip.count) for skip in truth.skipped] == [("another label file is of this picture", 1)]


def test_kitti_labels_spelled_as_the_picture_win(write, tmp_path, pictures):
    folder = pictures(f"{DECOMPOSED}.png", size=(100, 100))
    write(f"truth/{COMPOSED}.txt", KITTI.format(1, 20) + "\n")
    write(f"truth/{DECOMPOSED}.txt", KITTI.format(5, 30) + "\n")
    truth = read_truth(tmp_path / "truth", format="kitti", frames=folder)
    assert truth.frames.names == (f"{DECOMPOSED}.png",)
    assert truth.objects.box[:, 0].tolist() == [5]
    assert sum(skip.count for skip in truth.skipped) == 1


def boxes(*frames):
    count = len(frames)
    return pd.DataFrame(
        {"frame": frames, "class": ["cat"] * count, "x": [1.0 + 20 * number for number in range(count)],
         "y": [1.0] * count, "width": [9.0] * count, "height": [9.0] * count}
    )  # fmt: skip


def test_detections_spelled_as_their_frames_are_theirs(write):
    names = (f"{COMPOSED}.jpg", f"{DECOMPOSED}.jpg")
    truth = {
        "images": [
            {"id": number, "file_name": name, "width": 99, "height": 99} for number, name in enumerate(names, 1)
        ],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "bbox": [1 + 20 * (number - 1), 1, 9, 9]}
            for number in (1, 2)
        ],
        "categories": [{"id": 1, "name": "cat"}],
    }
    truth = write("truth.json", json.dumps(truth))
    joined = join(read_truth(truth), read_predictions(boxes(*names).assign(score=0.9)))
    assert joined.detections.frame.tolist() == [0, 1]
    assert framelens.evaluate(truth, boxes(*names).assign(score=0.9)).average_precision.map50 == 1


@pytest.mark.parametrize("name", [COMPOSED, DECOMPOSED])
def test_the_convention_is_found_for_names_composed_differently(write, tmp_path, name):
    objects = boxes(f"{COMPOSED}.jpg", f"{COMPOSED}.jpg")
    objects[["x", "y", "width", "height"]] = [[10, 10, 40, 40], [20, 20, 50, 50]]
    write(f"found/{name}.txt", "cat 0.9 10 10 40 40\ncat 0.8 20 20 50 50\n")
    found = read_predictions(tmp_path / "found", truth=read_truth(objects))
    assert found.box.tolist() == [[10, 10, 40, 40], [20, 20, 50, 50]]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_row_of_metadata_spelled_as_the_frame_wins(order):
    frames = read_truth(boxes(f"{COMPOSED}.jpg")).frames
    rows = pd.DataFrame({"frame": [f"{DECOMPOSED}.jpg", f"{COMPOSED}.jpg"], "site": ["other", "own"]})
    notes = ReadLog()
    found = read_metadata(rows.iloc[list(order)], frames, notes)
    assert found.columns["site"].tolist() == ["own"]
    assert [skip.reason for skip in notes.skips] == ["names a frame that has a row already"]


def test_a_third_spelling_of_two_frames_means_neither():
    frames = read_truth(boxes("\u212b.jpg", "A\u030a.jpg")).frames
    notes = ReadLog()
    found = read_metadata(pd.DataFrame({"frame": ["\u00c5.jpg"], "site": ["here"]}), frames, notes)
    assert found.columns["site"].tolist() == [None, None]
    assert [skip.reason for skip in notes.skips] == ["names no frame"]


def entry(**more):
    return {"boxes": np.array([[1.0, 1, 9, 9]]), "labels": np.array([1]), **more}


def test_a_place_in_a_list_names_no_picture_and_an_image_id_does(pictures):
    folder = pictures("1.png", "2.png")
    placed = read_truth([entry(), entry(), entry()], frames=folder)
    assert np.isnan(placed.frames.width).all()
    stated = read_truth([entry(image_id=1), entry(image_id=2)], frames=folder)
    assert stated.frames.width.tolist() == [20, 20]
    mapped = read_truth({"1": entry(), "2": entry()}, frames=folder)
    assert mapped.frames.width.tolist() == [20, 20]
