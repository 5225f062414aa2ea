"""Pictures that cannot be shown: why not, said beside each and counted once."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from framelens.data.pictures import Picture, Pictures
from framelens.errors import ReadLog
from scenes import half_of_a_jpeg, save, scene


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.png", b"", "empty"),
        ("page.jpg", b"<html>404</html>", "not a picture"),
        ("drawing.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    ],
)
def test_what_is_no_picture_says_why(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    picture = Pictures.from_folder(tmp_path, [name]).whole(0)
    assert picture == Picture(None, "", 0, 0, (0.0, 0.0, 0.0, 0.0), picture.note)
    assert reason in picture.note


def test_cut_off_picture_has_a_size_but_no_data(tmp_path):
    (tmp_path / "a.jpg").write_bytes(half_of_a_jpeg())
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"])
    assert pictures.size(0) == (100, 80)
    assert "cut off" in pictures.whole(0).note


def test_pixel_limit(tmp_path):
    save(tmp_path / "a.png", scene())
    picture = Pictures.from_folder(tmp_path, ["a.png"], max_pixels=7999).whole(0)
    assert "too large (100 x 80" in picture.note
    assert Pictures.from_folder(tmp_path, ["a.png"], max_pixels=8000).whole(0).data


def test_check_counts_what_cannot_be_shown(tmp_path):
    save(tmp_path / "a.png", scene())
    (tmp_path / "b.png").write_bytes(b"")
    pictures = Pictures.from_folder(tmp_path, ["a.png", "b.png", "c.png"])
    notes = ReadLog()
    assert pictures.check(notes) == 1
    assert [skip.file for skip in notes.skips] == ["b.png", "c.png"]


def test_broken_pictures_are_counted_once_they_were_met(tmp_path):
    save(tmp_path / "a.png", scene())
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(half_of_a_jpeg())
    pictures = Pictures.from_folder(tmp_path, ["a.png", "b.png", "c.jpg", "d.png"]).with_sizes([100] * 4, [80] * 4)
    told = {(skip.where, skip.reason.removeprefix("no picture: "), skip.count) for skip in pictures.skipped}
    missing = ("d.png", "the file is missing in the frame folder", 1)
    assert told == {missing, ("b.png", "the file is empty", 1)}
    for frame in (2, 2, 3, 1):
        pictures.whole(frame)
    assert ("c.jpg", "no picture: the picture is cut off", 1) in [
        (skip.where, skip.reason, skip.count) for skip in pictures.skipped
    ]
    assert sum(skip.count for skip in pictures.skipped) == 3
    pictures.crop(0, (500, 500, 10, 10))  # nothing of a good picture
    assert sum(skip.count for skip in pictures.skipped) == 3
    save(tmp_path / "b.png", scene())
    pictures.whole(1)
    assert [skip.where for skip in pictures.skipped] == ["d.png", "c.jpg"]


def test_a_cut_off_picture_stays_counted_when_headers_are_looked_at_later(tmp_path):
    target = io.BytesIO()
    Image.fromarray(scene()).save(target, "JPEG", quality=95)
    (tmp_path / "a.jpg").write_bytes(target.getvalue()[:700])
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"]).with_sizes([100], [80])
    assert pictures.whole(0).data is None
    assert [skip.where for skip in pictures.skipped] == ["a.jpg"]


def test_other_sizes_are_one_warning_with_count_and_first_example(tmp_path):
    names = [f"{number}.png" for number in range(5)]
    for name in names:
        save(tmp_path / name, scene(50, 40) if name in {"1.png", "3.png"} else scene())
    pictures = Pictures.from_folder(tmp_path, names).with_sizes([100] * 5, [80] * 5)
    [warning] = pictures.warnings
    assert warning.startswith("frames: 2 of 5 pictures looked at differ in size from the labels; 1.png: ")
    assert "100 x 80" in warning
    assert "50 x 40" in warning


def test_only_a_sample_of_headers_and_no_function_is_asked_beforehand(tmp_path):
    names = [f"{number}.png" for number in range(1000)]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    pictures = Pictures.from_folder(tmp_path, names).with_sizes([10] * 1000, [10] * 1000)
    assert sum(skip.count for skip in pictures.skipped) == 200
    asked = []
    lazy = Pictures.from_callable(asked.append, ["a"]).with_sizes([10], [10])
    assert (lazy.skipped, lazy.warnings, asked) == ((), (), [])
