"""Every hostile or broken input of the pack ends as its manifest says."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import framelens
from framelens.data import join, read_predictions, read_truth
from framelens.data.given_pictures import open_pictures
from framelens.data.pictures import frame_names
from framelens.errors import FramelensError
from framelens.metrics.coco import coco_metrics
from framelens.training import read_run
from framelens.training.follow import Follower
from framelens.widgets.wire import encode

TOOL = Path(__file__).resolve().parents[3] / "shared" / "tools" / "adversarial.py"
CASE = re.compile(r'"((?:coco|yolo|voc|results|image|other)_\d\d_\w+)"')
ARCHIVES = {
    "other_01_zip_slip": ("dataset.zip", "outside"),
    "other_02_zip_bomb": ("dataset.zip", "limit"),
    "other_04_pickle_in_npy": ("pred.npy", "pickle"),
}
#: A saved state is opened by a page: tests/report/test_versions_and_strangers.py hands it these files.
STATES = "other_05_old_and_new_state"
#: Values that are missing are gaps in a curve, and counted; their rows are not left out.
GAP = "shown as a gap"


def cases(*families):
    """The cases' names are known from the tool before the pack is written."""
    names = sorted(set(CASE.findall(TOOL.read_text(encoding="utf-8")))) if TOOL.is_file() else []
    return [name for name in names if name.startswith(families)]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    if not TOOL.is_file():
        pytest.skip("adversarial.py not found beside the checkout")
    folder = tmp_path_factory.mktemp("pack") / "out"
    make = [sys.executable, str(TOOL), "make", str(folder), "--fifo"]
    subprocess.run(make, check=True, capture_output=True, timeout=120)
    yield folder
    # nothing was written, and nothing that stands in it was run
    check = [sys.executable, str(TOOL), "check", str(folder)]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture(scope="module")
def manifest(pack):
    return json.loads((pack / "manifest.json").read_text())


@pytest.fixture(scope="module")
def rows(manifest):
    return {row["id"]: row for row in manifest["cases"]}


# ---------------------------------------------------------------- nothing is run, written or called

ALARMS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system",
          "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
          "os.link", "os.symlink", "os.truncate", "os.chmod", "pickle.find_class", "webbrowser.open")  # fmt: skip
_seen: list[str] | None = None
#: Threads of other tests, such as those of a cluster, which do what they please; not the two that all reading shares.
_others: set[int] = set()


def _audit(event, arguments):
    if _seen is None or threading.get_ident() in _others:
        return
    if event == "open":
        path, _, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and "__pycache__" not in str(path)
        if writes or str(path).endswith(".pt"):
            _seen.append(f"open {path}")
    elif event in ALARMS and "__pycache__" not in str(arguments):
        _seen.append(f"{event} {arguments}")


sys.addaudithook(_audit)


@contextmanager
def watched():
    """Fail where a socket, a process or a file for writing is asked for, here or in a thread that begins here."""
    global _seen, _others  # noqa: PLW0603 - an audit hook cannot be taken back, only told to look away
    others = [thread for thread in threading.enumerate() if not thread.name.startswith("framelens-worker")]
    _others = {thread.ident for thread in others} - {threading.get_ident()}
    _seen = []
    try:
        yield
    finally:
        found, _seen = _seen, None
    assert found == []


def test_the_watch_sees(tmp_path):
    for harm in (lambda: (tmp_path / "x").write_text(""), lambda: subprocess.run(["true"], check=True)):
        with pytest.raises(AssertionError), watched():
            harm()


# ---------------------------------------------------------------- labels and predictions


def read(folder, given):
    """What a user would call for a case."""
    images = folder / given["images"]
    if given["format"] == "coco":
        truth = read_truth(folder / given["gt"], frames=images)
        return truth, join(truth, read_predictions(folder / given["pred"], truth=truth))
    source = folder / (given.get("data") or given.get("annotations"))
    return read_truth(source, frames=images), None


@pytest.mark.parametrize("name", cases("coco", "yolo", "voc"))
def test_labels(pack, rows, manifest, name):
    row = rows[name]
    try:
        with watched():
            truth, data = read(pack / name, row["open"])
            pictures = open_pictures(pack / name / row["open"]["images"], truth.frames)
            shown = [pictures.whole(frame) for frame in range(len(pictures))]
    except FramelensError as error:
        assert_refused(row, error)
        return
    for picture in shown:
        assert picture.data is None or np.abs(pixels(picture) - manifest["markers"]["rgb"]).max() > 60
    texts, _ = outcome(row, data or truth)
    if name.endswith("00_control"):
        assert not texts
    check_facts(row["expect"], truth, data)


def assert_refused(row, error):
    assert "error" in {row["must"], *row["also_ok"]}, f"refused: {error}"
    assert_placed(row, [str(error)])


def outcome(row, found):
    """Hold skips and warnings to the manifest; return them as texts, and the gaps that were counted."""
    skips = [skip for skip in found.skipped if not skip.reason.endswith(GAP)]
    gaps = sum(skip.count for skip in found.skipped) - sum(skip.count for skip in skips)
    texts = [f"{skip.file}: {skip.where}: {skip.reason}" for skip in skips] + list(found.warnings)
    count = sum(skip.count for skip in skips)
    assert {row["must"], *row["also_ok"]} & {"skip" if count else "accept"}, f"read with {texts}"
    if count and row["must"] == "skip":
        assert count == row["skipped"], texts
    if (row["warn"] or row["must"] == "skip") and row["where"]:
        assert_placed(row, texts)
    return texts, gaps


def assert_placed(row, texts):
    file, places = Path(row["where"]["file"]).name, row["where"]["at"]
    named = [text for text in texts if file in text or Path(file).stem in text or row["open"]["format"] != "coco"]
    assert any(place in text for text in named for place in places), (row["where"], texts)


def check_facts(expect, truth, data):
    known = {
        "n_images": len(truth.frames),
        "n_gt": len(truth.objects),
        "n_classes": len(truth.classes),
        "n_difficult": int(truth.objects.ignore.sum()),
        "n_pred": len(data.detections) if data else None,
    }
    for key in expect.keys() & known.keys():
        assert known[key] == expect[key], key
    if "classes" in expect:
        assert sorted(truth.classes) == sorted(expect["classes"])
    if "ap50" in expect and data:
        got = coco_metrics(data).summary["AP50"]
        assert np.isnan(got) if expect["ap50"] is None else got == pytest.approx(expect["ap50"], abs=1e-9)
    if "ids_shown" in expect:
        assert [str(key) for key in truth.frames.ids] == expect["ids_shown"]
    for identity, name in expect.get("class_of_gt", {}).items():
        position = int(np.flatnonzero(truth.objects.record == int(identity) - 1)[0])
        assert truth.classes[truth.objects.category[position]] == name


# ---------------------------------------------------------------- training logs


@pytest.mark.parametrize("name", [*cases("results"), *cases("other_03")])
def test_logs(pack, rows, name):
    row = rows[name]
    expect, given = row["expect"], row["open"]
    try:
        with watched():
            history = read_run(pack / name / given.get("run", given["csv"]))
    except FramelensError as error:
        assert_refused(row, error)
        return
    texts, gaps = outcome(row, history)
    assert len(history) == expect.get("n_epochs", len(history))
    assert gaps == expect.get("non_finite", 0)
    assert 1 + len(history.run_starts) == expect.get("n_runs", 1)
    columns = len(expect["columns"]) if "columns" in expect else expect.get("n_columns")
    assert columns in (None, 1 + len(history.series))
    if name.endswith("00_control"):
        assert not texts


def test_a_log_that_is_replaced_by_a_shorter_one(pack, rows, tmp_path):
    name = "results_10_replaced_and_shorter"
    log = tmp_path / "results.csv"
    follower, lengths = Follower(log), []
    for step in rows[name]["open"]["sequence"]:
        shutil.copyfile(pack / name / step, tmp_path / "new")
        (tmp_path / "new").replace(log)
        with watched():
            follower.poll()
        lengths.append(len(follower.history))
    assert lengths == rows[name]["expect"]["n_epochs_by_step"]


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("name", [name for name in cases("image") if name != "image_21_frame_gaps"])
def test_pictures(pack, rows, manifest, name):
    row = rows[name]
    folder, given, expect = pack / name, row["open"], row["expect"]
    with watched():
        evaluation = framelens.evaluate(folder / given["gt"], folder / given["pred"], frames=folder / given["images"])
        pictures = [evaluation.pictures.whole(frame) for frame in range(len(evaluation.pictures))]
        encode(evaluation)
    shown = [picture for picture in pictures if picture.data]
    assert all(picture.note for picture in pictures if not picture.data)
    outcome(row, evaluation)
    skipped = sum(skip.count for skip in evaluation.skipped)
    assert len(shown) == (expect["pictures_shown"] if row["must"] == "accept" else len(pictures) - skipped)
    assert not any(manifest["markers"]["token"].encode() in picture.data for picture in shown)
    check_facts(expect, evaluation.dataset, evaluation.dataset)
    for identity, colour in (expect.get("crop_colour") or expect.get("crop_colour_roughly", {})).items():
        assert np.abs(crop_of(evaluation, int(identity)).mean(axis=(0, 1)) - colour).max() < 30
    if "thumbnail_mean_between" in expect:
        low, high = expect["thumbnail_mean_between"]
        assert low < pixels(pictures[1]).mean() < high
        assert (pixels(pictures[1]) > 250).mean() < expect.get("thumbnail_white_share_below", 1)
    if "frame_shown" in expect:
        with Image.open(folder / "images/b.gif") as animation:
            animation.seek(expect["frame_shown"])
            assert np.abs(pixels(pictures[1]) - np.asarray(animation.convert("RGB"), float)).mean() < 6


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB")).astype(float)


def crop_of(evaluation, identity):
    objects = evaluation.dataset.objects
    box = objects.box[int(np.flatnonzero(objects.record == identity - 1)[0])]
    frame = int(objects.frame[int(np.flatnonzero(objects.record == identity - 1)[0])])
    return pixels(evaluation.pictures.crop(frame, box + np.array([2, 2, -4, -4])))


def test_frames_in_natural_order_with_their_gaps(pack, rows):
    row = rows["image_21_frame_gaps"]
    with watched():
        names, warnings = frame_names(pack / row["id"] / row["open"]["frames"])
        found = framelens.inspect(pack / row["id"] / row["open"]["frames"])
    assert list(names) == row["expect"]["order"]
    assert any(str(row["expect"]["missing"]) in text for text in warnings)
    assert (found.frames, found.warnings) == (len(names), warnings)
    outcome(row, found)


# ---------------------------------------------------------------- archives and serialised objects


@pytest.mark.parametrize("name", [name for name in ARCHIVES if name in cases("other")])
def test_archives_and_pickles_are_refused(pack, rows, name):
    file, words = ARCHIVES[name]
    for read_source in (read_truth, read_predictions, framelens.inspect):
        with watched(), pytest.raises(FramelensError, match=words) as caught:
            read_source(pack / name / file)
        assert str(caught.value).startswith(file)
        assert_refused(rows[name], caught.value)


def test_every_case_is_covered(manifest):
    tested = [*cases("coco", "yolo", "voc"), *cases("results", "other_03"), *cases("image"), *ARCHIVES, STATES]
    assert Counter(tested) == Counter(row["id"] for row in manifest["cases"])
    assert len(tested) == 114
