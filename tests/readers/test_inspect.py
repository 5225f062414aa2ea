"""What `framelens inspect` says about each kind of thing, and in which fields."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import framelens
from framelens.cli import main
from framelens.data.pictures import Pictures
from framelens.data.sizes import header_size
from framelens.errors import DataError, OptionError

FIELDS = ["schema", "kind", "name", "format", "recognised", "frames", "objects", "classes", "box_unit", "box_sizes",
          "scores", "run", "skipped", "warnings"]  # fmt: skip
RESULTS = "epoch,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)\n1,1.5,0.4,0.2\n2,nan,0.5,0.3\n"
TRUTH = {
    "images": [{"id": 1, "file_name": "a.png", "width": 40, "height": 30}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0},
                    {"id": 2, "image_id": 9, "category_id": 1, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0}],
    "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
}  # fmt: skip


@pytest.fixture
def things(tmp_path):
    (tmp_path / "gt.json").write_text(json.dumps(TRUTH))
    row = {"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.25}
    (tmp_path / "pred.json").write_text(json.dumps([row, {**row, "score": 0.75}]))
    frames = tmp_path / "frames"
    frames.mkdir()
    for number in (1, 3):
        Image.new("RGB", (40, 30)).save(frames / f"f_{number}.png")
    (frames / "f_4.png").write_bytes(b"")
    run = tmp_path / "train"
    (run / "weights").mkdir(parents=True)
    (run / "results.csv").write_text(RESULTS)
    (run / "args.yaml").write_text("task: detect\nepochs: 50\npatience: 5\n")
    Image.new("RGB", (40, 30)).save(run / "train_batch0.jpg")
    return tmp_path


CASES = {
    "gt.json": {"kind": "truth", "format": "coco", "frames": 1, "objects": 1, "scores": None, "run": None,
                "classes": [{"name": "cat", "count": 1}, {"name": "dog", "count": 0}]},
    "pred.json": {"kind": "predictions", "format": "coco-results", "frames": None, "objects": 2,
                  "scores": [0.25, 0.75], "classes": [{"name": "2", "count": 2}], "run": None, "skipped": []},
    "frames": {"kind": "frames", "format": "frames", "frames": 3, "objects": 0, "classes": [], "box_sizes": None},
    "train": {"kind": "run", "name": "train", "format": "ultralytics", "frames": None, "objects": 0, "classes": []},
    "train/results.csv": {"kind": "run", "name": "results.csv", "format": "ultralytics"},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_kind_has_the_same_fields(things, name, capsys):
    assert main(["inspect", str(things / name), "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == FIELDS
    assert {key: found[key] for key in CASES[name]} == CASES[name]
    assert all(list(skip) == ["file", "where", "reason", "count"] for skip in found["skipped"])
    assert str(things) not in json.dumps(found)


def test_a_run_tells_its_curves_and_what_was_left_out(things, capsys):
    found = framelens.inspect(things / "train")
    series = ["train/box", "map50", "map50_95"]
    expected = {"framework": "ultralytics", "task": "detect", "epochs": 2, "best_epoch": 2, "planned_epochs": 50}
    assert found.run == {**expected, "series": series}
    assert found.reason.startswith("results.csv: ")
    assert [(skip.where, skip.count) for skip in found.skipped] == [("line 3, column 'train/box_loss'", 1)]
    assert main(["inspect", str(things / "train")]) == 0
    text = capsys.readouterr().out
    assert "training run, format ultralytics" in text
    assert "2 of 50 epochs, task detect, the best is epoch 2" in text
    assert "series: train/box, map50, map50_95" in text


def test_frames_tell_gaps_and_broken_files(things):
    found = framelens.inspect(things / "frames")
    assert "2 of 40x30" in found.reason
    assert [skip.file for skip in found.skipped] == ["f_4.png"]
    assert "1 frame numbers are missing" in found.warnings[0]


def test_what_is_proven_comes_before_a_layout_and_a_layout_before_a_guess(things):
    (things / "mine.csv").write_text("epoch,my_loss\n1,0.5\n2,0.4\n")
    (things / "boxes.csv").write_text("image,xmin,ymin,xmax,ymax,label\na.png,1,2,3,4,cat\n")
    assert framelens.inspect(things / "mine.csv").kind == "run"
    assert framelens.inspect(things / "boxes.csv").kind == "truth"
    shutil.copy(things / "mine.csv", things / "frames")  # a table beside frames makes them no run
    assert framelens.inspect(things / "frames").kind == "frames"
    dataset = things / "set"
    shutil.copytree(things / "frames", dataset / "images")
    (dataset / "annotations").mkdir()
    shutil.copy(things / "gt.json", dataset / "annotations/instances_val.json")
    shutil.copytree(things / "train", dataset / "runs/train")  # a run somewhere below labels is not what is meant
    assert framelens.inspect(dataset).kind == "truth"


def test_a_picture_tells_its_format_size_and_turn(tmp_path, capsys):
    picture = Image.new("RGB", (40, 30))
    exif = picture.getexif()
    exif[0x0112] = 6
    for name in ("a.jpg", "a.tif"):
        picture.save(tmp_path / name, exif=exif)
    Image.new("L", (9, 8)).save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("L", (9, 8), 200)])
    found = framelens.inspect(tmp_path / "a.jpg")
    assert (found.kind, found.format, found.frames, found.objects) == ("picture", "jpeg", 1, 0)
    assert found.reason == "a picture of 30x40, mode RGB, turned by EXIF orientation 6"
    assert list(found.as_dict()) == FIELDS
    assert "a picture of 30x40" in framelens.inspect(tmp_path / "a.tif").reason
    assert main(["inspect", str(tmp_path / "a.gif")]) == 0
    text = capsys.readouterr().out.splitlines()
    assert text[0].startswith("a.gif: picture, format gif (a picture of 9x8, mode ")
    assert text[1:] == ["  1 frame", "  note: only the first of its 2 pictures is shown"]
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match=r"^cut.png: not a picture of a known format"):
        framelens.inspect(tmp_path / "cut.png")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp"])
def test_sizes_from_headers_are_those_of_the_pictures_that_are_shown(tmp_path, suffix):
    picture = Image.new("RGB", (40, 30))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / f"a.{suffix}", exif=exif)
    shown = Pictures.from_folder(tmp_path, [f"a.{suffix}"]).whole(0)
    assert header_size(tmp_path / f"a.{suffix}") == (shown.width, shown.height) == (30, 40)


def test_a_video_tells_its_frames_size_and_length(tmp_path):
    av = pytest.importorskip("av", reason='PyAV is not installed: pip install "framelens[video]"')
    with av.open(str(tmp_path / "clip.mp4"), "w") as target:
        stream = target.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(21):
            target.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        target.mux(stream.encode())
    found = framelens.inspect(tmp_path / "clip.mp4")
    assert (found.kind, found.format, found.frames, found.objects) == ("video", "video", 21, 0)
    assert found.reason == "a video of 64x48, 2 seconds from its first frame to its last"
    assert list(found.as_dict()) == FIELDS
    (tmp_path / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    with pytest.raises(DataError, match=r"^broken.mp4: "):
        framelens.inspect(tmp_path / "broken.mp4")


@pytest.mark.parametrize(
    ("name", "words"), [("gone", "no such file"), ("empty.json", "empty"), ("x.json", "training log")]
)
def test_what_is_nothing_is_said_in_one_line(tmp_path, name, words):
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(DataError, match=words):
        framelens.inspect(tmp_path / name)


def test_format_names_logs_too(things):
    assert framelens.inspect(things / "train", format="ultralytics").kind == "run"
    with pytest.raises(OptionError, match="did you mean 'ultralytics'"):
        framelens.inspect(things / "train", format="ultralytix")


def test_every_real_log_is_a_run(real):
    logs = [path for folder in sorted((real / "logs").iterdir()) for path in sorted(folder.iterdir())]
    logs = [path for path in logs if path.suffix != ".yaml" and not path.name.endswith("__tables")]
    assert len(logs) > 20
    for path in logs:
        found = framelens.inspect(path)
        assert found.kind == "run", path.name
        assert found.run["epochs"] > 0
        json.dumps(found.as_dict(), allow_nan=False)
