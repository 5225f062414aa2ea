"""Frames in stores: found, bounded, and a slow or dead store stops nothing."""

from __future__ import annotations

import io
import sys
import threading
import zipfile

import pandas as pd
import pytest
from PIL import Image

import framelens
from framelens.data.pictures import Pictures
from framelens.errors import DataError, MissingExtraError

fsspec = pytest.importorskip("fsspec", reason='fsspec is not installed: pip install "framelens[remote]"')
from fsspec.implementations.memory import MemoryFileSystem  # noqa: E402

GATE = threading.Event()


class TroubledStore(MemoryFileSystem):
    """Never answers for ``slow`` files, fails for ``dead`` ones, lists nothing below ``unlisted`` and ``silent``."""

    protocol = "troubled"
    store = {}  # noqa: RUF012 - as in the base class
    pseudo_dirs = [""]  # noqa: RUF012

    def walk(self, path, **options):
        if "unlisted" in path:
            raise OSError("secret-key")
        if "endless" in path:
            GATE.wait(60)
        if "silent" in path:
            return iter(())
        return super().walk(path, **options)

    def _open(self, path, mode="rb", **options):
        if "slow" in path and mode == "rb":
            GATE.wait(60)
        if "dead" in path and mode == "rb":
            raise ConnectionError("https://user:secret@host/ refused")
        return super()._open(path, mode=mode, **options)


@pytest.fixture(scope="module", autouse=True)
def store():
    fsspec.register_implementation("troubled", TroubledStore, clobber=True)
    GATE.clear()
    yield
    GATE.set()


def png(grey):
    target = io.BytesIO()
    Image.new("RGB", (40, 30), (grey,) * 3).save(target, "PNG")
    return target.getvalue()


def fill(url, *names):
    for number, name in enumerate(names):
        with fsspec.open(f"{url}/{name}", "wb") as file:
            file.write(png(40 * number))


def test_frames_in_a_store_are_matched_like_a_folder():
    fill("memory://set", "val/a.png", "val/b.png")
    pictures = Pictures.from_url("memory://set", ["val/a.png", "b.jpg", "missing.png", "../set/val/a.png"])
    assert [pictures.whole(frame).data is not None for frame in range(4)] == [True, True, False, True]
    assert pictures.size(0) == (40, 30)
    assert [(skip.count, skip.reason) for skip in pictures.skipped] == [
        (1, "no picture: the file is missing in the frame folder")
    ]


def test_an_evaluation_takes_an_address():
    fill("memory://eval", "a.png")
    truth = pd.DataFrame({"frame": ["a.png"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    ev = framelens.evaluate(truth, truth.assign(score=0.9), frames="memory://eval")
    assert ev.pictures.whole(0).data is not None


def test_local_addresses_and_archives(tmp_path):
    (tmp_path / "a.png").write_bytes(png(9))
    with zipfile.ZipFile(tmp_path / "frames.zip", "w") as archive:
        archive.writestr("in/a.png", png(9))
    assert Pictures.from_url(f"file://{tmp_path}", ["a.png"]).whole(0).data is not None
    assert Pictures.from_url(f"zip://::file://{tmp_path}/frames.zip", ["in/a.png"]).whole(0).data is not None


def test_links_of_a_local_address_stay_inside(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out.png").write_bytes(png(9))
    try:
        (tmp_path / "in" / "a.png").symlink_to(tmp_path / "out.png")
    except OSError:
        pytest.skip("no links here")
    assert Pictures.from_url(f"file://{tmp_path}/in", ["a.png"]).whole(0).data is None


def test_a_slow_store_costs_one_wait_for_a_page_and_others_go_on():
    names = ["a.png", *(f"slow{number}.png" for number in range(5))]
    fill("troubled://page", *names)
    pictures = Pictures.from_url("troubled://page", names, patience=0.5)
    page = pictures.crops([(frame, (0, 0, 40, 30)) for frame in range(6)])
    assert page[0].data is not None
    assert all("has not answered within 0.5 seconds" in picture.note for picture in page[1:])
    assert pictures.whole(0).data is not None


def test_a_dead_store_is_not_asked_without_end():
    names = [f"slow{number:03}.png" for number in range(60)]
    fill("troubled://many", *names)
    pictures = Pictures.from_url("troubled://many", names, patience=0.2)
    earlier = set(threading.enumerate())
    for _ in range(3):
        notes = [picture.note for picture in pictures.crops([(frame, (0, 0, 9, 9)) for frame in range(60)])]
    assert all(notes)
    assert any("does not answer" in note for note in notes)
    assert sum(thread.name == "framelens-remote" for thread in set(threading.enumerate()) - earlier) < 60


def test_failures_are_notes_without_keys():
    fill("troubled://keys", "dead.png")
    note = Pictures.from_url("troubled://keys", ["dead.png"]).whole(0).note
    assert note == "the store failed (ConnectionError)"


@pytest.mark.parametrize("folder", ["unlisted", "endless", "silent"])
def test_without_a_list_exact_names_are_found(folder):
    fill(f"troubled://{folder}", "a.png")
    pictures = Pictures.from_url(f"troubled://{folder}", ["a.png", "b.png", "../up.png"], listing=0.3)
    assert pictures.whole(0).data is not None
    assert pictures.whole(1).note == "the file is missing in the store"
    assert "leads outside" in pictures.whole(2).note
    assert len(pictures.warnings) == 1
    assert "exact names" in pictures.warnings[0]
    assert "secret" not in pictures.warnings[0]


@pytest.mark.parametrize("url", ["nosuch://x/y", "://"])
def test_an_address_that_is_not_understood_is_one_line(url):
    with pytest.raises(DataError) as caught:
        Pictures.from_url(url, ["a.png"])
    assert "\n" not in str(caught.value)


def test_without_fsspec_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r'pip install "framelens\[remote\]"'):
        Pictures.from_url("memory://set", ["a.png"])


@pytest.mark.parametrize("options", [{}, {"memory": "400MB"}])
@pytest.mark.parametrize("side", [0, 1])
def test_tables_at_an_address_are_told_apart_from_missing_files(options, side, tmp_path):
    boxes = pd.DataFrame({"frame": ["a.png"], "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9, "score": 0.9})
    boxes.to_csv(tmp_path / "boxes.csv", index=False)
    sources = [tmp_path / "boxes.csv", tmp_path / "boxes.csv"]
    sources[side] = "s3://AKIAKEY:secret@bucket/set/far.csv?token=secret"
    with pytest.raises(DataError, match=r"^far\.csv: an address, and only frames are fetched") as error:
        framelens.evaluate(*sources, **options)
    assert "secret" not in str(error.value)


def test_tables_read_in_pieces_have_frames_at_an_address(tmp_path, monkeypatch):
    monkeypatch.setenv("FRAMELENS_CACHE", str(tmp_path / "cache"))
    boxes = pd.DataFrame({"frame": ["b.png"], "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9, "score": 0.9})
    boxes.to_csv(tmp_path / "boxes.csv", index=False)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 0, 0)).save(picture, "PNG")
    fsspec.filesystem("memory").pipe("/pieces/b.png", picture.getvalue())
    files = tmp_path / "boxes.csv", tmp_path / "boxes.csv"
    large = framelens.evaluate(*files, memory="400MB", frames="memory://pieces")
    assert large.zoom("cat").pictures.whole(0).data
