"""The formats of other tools, each on a small file."""

from __future__ import annotations

import json
import math

import pytest
from PIL import Image

from framelens import formats, inspect
from framelens.data import join, read_predictions, read_truth
from framelens.errors import DataError, OptionError

KITTI = "Car 0.00 0 -1.58 587.0 173.3 614.1 200.3 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59"
CVAT = """<?xml version="1.0"?><annotations><version>1.1</version>
<meta><task><labels><label><name>dog</name></label><label><name>cat</name></label></labels>
<original_size><width>64</width><height>48</height></original_size></task></meta>
<image id="0" name="b/one.png" width="100" height="80"><box label="cat" xtl="1" ytl="2" xbr="11" ybr="22" occluded="0"/>
<polygon label="dog" points="5,6;15,6;10,16.5"/><points label="dog" points="1,2"/><tag label="dog"/></image>
<track id="0" label="cat"><box frame="3" outside="0" xtl="1" ytl="1" xbr="2" ybr="3"/><box frame="4" outside="1" xtl="1" ytl="1" xbr="2" ybr="3"/></track>
</annotations>"""
LABELME = {
    "imagePath": "..\\images\\a.jpg", "imageWidth": 50, "imageHeight": 40, "imageData": None,
    "shapes": [
        {"label": "cat", "shape_type": "rectangle", "points": [[10, 20], [4, 8]]},
        {"label": "dog", "shape_type": "circle", "points": [[10, 10], [13, 14]]},
        {"label": "dog", "points": [[1, 1], [3, 1], [2, 5]]},
        {"label": "dog", "shape_type": "point", "points": [[1, 1]]},
    ],
}  # fmt: skip
VOTT = {"assets": {"x": {"asset": {"name": "a.jpg", "size": {"width": 9, "height": 8}},
                         "regions": [{"tags": ["cat", "pet"], "boundingBox": {"left": 1, "top": 2, "width": 3, "height": 4}}]}}}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def put(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return put


def test_kitti(write, tmp_path):
    write("000001.txt", f"{KITTI}\nDontCare -1 -1 -10 503.8 169.7 590.6 190.1 -1 -1 -1 -1000 -1000 -1000 -10\n")
    write("000002.txt", "")
    truth = read_truth(tmp_path)
    assert truth.source.format == "kitti"
    assert truth.frames.names == ("000001", "000002")
    assert truth.objects.box[0].tolist() == pytest.approx([587.0, 173.3, 27.1, 27.0])
    assert truth.objects.ignore.tolist() == [False, True]


@pytest.mark.parametrize("format_name", ["kitti", "text"])
def test_one_file_in_the_place_of_a_folder_is_refused(write, format_name):
    file = write("000001.txt", f"{KITTI}\n")
    with pytest.raises(DataError, match="expected the folder of the text files"):
        read_truth(file, format=format_name)


def test_a_list_of_classes_beside_kitti_labels_is_no_label_file(write, tmp_path):
    write("classes.txt", "Car\n")
    write("x.txt", f"{KITTI}\n")
    truth = read_truth(tmp_path)
    assert (truth.source.format, truth.frames.names) == ("kitti", ("x",))


def test_a_row_of_a_folder_of_yolo_predictions_is_no_line_of_a_file(write, tmp_path):
    write("a.txt", "0 0.5 0.5 0.2 0.2 0.9\n0 0.4 0.5 0.2 0.2 0.8\n")
    write("b.txt", "0 0.5 0.5 0.2 0.2 0.7\n7 0.5 0.5 0.2 0.2 0.6\n")
    found = read_predictions(tmp_path)
    assert found.record_text.format(found.record[3]) == "row 3"


def test_a_picture_ending_of_any_kind_is_cut(write):
    rows = "frame,class,x,y,width,height"
    truth = read_truth(write("truth.csv", f"{rows}\na.jfif,cat,1,1,9,9\nb.JPE,cat,1,1,9,9\n"))
    found = read_predictions(write("found.csv", f"{rows},score\na,cat,1,1,9,9,0.9\nb,cat,1,1,9,9,0.8\n"))
    assert join(truth, found).detections.frame.tolist() == [0, 1]


def test_kitti_results(write, tmp_path):
    write("000001.txt", f"{KITTI} 0.75\n")
    found = read_predictions(tmp_path)
    assert found.score.tolist() == [0.75]
    assert found.category.tolist() == ["Car"]


def test_dota(write, tmp_path):
    write(
        "P1.txt", "imagesource:GoogleEarth\ngsd:0.14\n10 10 50 12 48 40 8 38 large-vehicle 1\n1 1 2 1 2 2 1 2 ship 0\n"
    )
    truth = read_truth(tmp_path)
    assert truth.objects.box.tolist() == [[8, 10, 42, 30], [1, 1, 1, 1]]
    assert truth.objects.ignore.tolist() == [True, False]
    assert "2 oriented boxes" in truth.warnings[0]


def test_cvat(write):
    truth = read_truth(write("annotations.xml", CVAT))
    assert truth.classes == ("dog", "cat")
    assert truth.frames.names == ("b/one.png", "frame_000003")
    assert truth.objects.box.tolist() == [[1, 2, 10, 20], [5, 6, 10, 10.5], [1, 1, 1, 2]]
    assert truth.frames.width.tolist() == [100, 64]
    assert [(skip.where, skip.count) for skip in truth.skipped] == [("image[0] points[2]", 1)]


def test_labelme(write):
    truth = read_truth(write("a.json", LABELME))
    assert truth.frames.names == ("a.jpg",)
    assert truth.objects.box.tolist() == [[4, 8, 6, 12], [5, 5, 10, 10], [1, 1, 2, 4]]
    assert truth.skipped[0].where == "shapes[3]"


def test_vott(write):
    truth = read_truth(write("export.json", VOTT))
    assert truth.classes == ("cat", "pet")
    assert truth.objects.box.tolist() == [[1, 2, 3, 4]] * 2


def test_mot(write, tmp_path):
    write("gt/gt.txt", "1,1,10,20,30,40,1,1,1\n3,1,11,21,30,40,0,3,0.5\n")
    write("det/det.txt", "1,-1,10,20,30,40,0.5,-1,-1,-1\n")
    write("seqinfo.ini", "[Sequence]\nname=x\nseqLength=3\nimWidth=640\nimHeight=480\nimExt=.png\n")
    truth = read_truth(tmp_path)
    assert truth.frames.names == ("000001.png", "000002.png", "000003.png")
    assert truth.objects.ignore.tolist() == [False, True]
    assert truth.classes == ("car", "pedestrian")
    data = join(truth, read_predictions(tmp_path))
    assert data.classes[data.detections.category[0]] == "pedestrian"
    assert data.detections.frame.tolist() == [0]


def test_mmdetection(write, tmp_path):
    write("preds/a.json", {"labels": [1, 0], "scores": [0.9, 0.8], "bboxes": [[1, 2, 4, 6], [5, 5, 4, 4]]})
    write("preds/b.json", {"labels": [], "scores": [], "bboxes": []})
    coco = {
        "images": [{"id": 5, "file_name": "a.jpg"}, {"id": 6, "file_name": "b.jpg"}],
        "annotations": [],
        "categories": [{"id": 10, "name": "cat"}, {"id": 20, "name": "dog"}],
    }
    data = join(read_truth(write("gt.json", coco)), read_predictions(tmp_path / "preds"))
    assert data.detections.box.tolist() == [[1, 2, 3, 4]]
    assert data.classes[data.detections.category[0]] == "dog"
    assert data.skipped[0].where == "bboxes[1]"


def test_lvis_and_folders(write, tmp_path):
    lvis = {
        "images": [
            {"id": 5, "coco_url": "http://images.cocodataset.org/val2017/000000397133.jpg", "neg_category_ids": [1]}
        ],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 7.5}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    path = write("annotations/instances_val.json", lvis)
    write("annotations/instances_train.json", lvis)
    truth = read_truth(path)
    assert truth.source.format == "lvis"
    assert truth.frames.names == ("000000397133.jpg",)
    assert truth.objects.area.tolist() == [7.5]
    assert "instances_val.json is read" in read_truth(tmp_path).warnings[0]


def test_polygons_stand_in_for_a_missing_box(write):
    document = {
        "images": [{"id": 5, "file_name": "a.jpg"}],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 1, "segmentation": [[1, 2, 5, 2, 5, 9]]}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    assert read_truth(write("gt.json", document)).objects.box.tolist() == [[1, 2, 4, 7]]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xml", CVAT.replace('xtl="1" ytl="2"', 'xtl="one" ytl="2"'), ["a.xml", "image[0] box[0]", "one"]),
        ("a.xml", CVAT.replace("5,6;15,6", "5,6;15"), ["image[0] polygon[1]", "points"]),
        ("a.json", {**LABELME, "shapes": [{"label": "cat", "points": [[1]]}]}, ["a.json", "shapes[0]"]),
        ("a.json", {**LABELME, "shapes": [{"points": [[1, 2]]}]}, ["shapes[0]", "label"]),
        ("a.json", json.loads(json.dumps(VOTT).replace('"width": 3', '"width": "x"')), ["assets", "regions[0]"]),
    ],
)
def test_a_wrong_shape_is_named(write, name, content, words):
    with pytest.raises(DataError) as caught:
        read_truth(write(name, content))
    for word in words:
        assert word in str(caught.value)


def test_a_format_that_does_not_exist_is_answered_with_the_nearest(write):
    with pytest.raises(OptionError, match="did you mean 'voc'"):
        read_truth(write("a.json", LABELME), format="voc2")


def test_every_format_is_listed_with_an_example():
    rows = formats()
    assert {
        "coco",
        "yolo",
        "voc",
        "csv",
        "table",
        "arrays",
        "cvat",
        "kitti",
        "mot",
        "labelme",
        "vott",
        "dota",
        "lvis",
    } <= {name for name, kind, _ in rows if kind == "truth"}
    assert {"coco-results", "yolo-txt", "text", "mmdet", "csv", "arrays"} <= {
        name for name, kind, _ in rows if kind == "predictions"
    }
    assert len({(name, kind) for name, kind, _ in rows}) == len(rows)
    assert all(example for _, _, example in rows)


def test_inspection_is_plain_json(write):
    found = inspect(write("a.json", LABELME))
    plain = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert plain["schema"] == 1
    assert plain["format"] == "labelme"
    assert (plain["frames"], plain["objects"]) == (1, 3)
    assert plain["classes"] == [{"name": "cat", "count": 1}, {"name": "dog", "count": 2}]
    assert plain["skipped"] == [{"file": "a.json", "where": "shapes[3]", "reason": "'point' has no box", "count": 1}]
    assert plain["box_sizes"]["largest"] == pytest.approx(10)
    assert math.isclose(sum(plain["box_sizes"][key] for key in ("small", "medium", "large")), 1)
    assert "labelme" in str(found)


def test_inspecting_frames(tmp_path):

    for name in ("frame_1.png", "frame_2.png", "frame_10.png"):
        Image.new("RGB", (20, 10)).save(tmp_path / name)
    (tmp_path / "frame_11.png").write_bytes(b"no picture")
    found = inspect(tmp_path)
    assert (found.kind, found.frames) == ("frames", 4)
    assert "3 of 20x10" in found.reason
    assert found.skipped[0].file == "frame_11.png"
    assert any("missing" in text for text in found.warnings)


def test_inspecting_what_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        inspect(tmp_path / "nothing.json")
