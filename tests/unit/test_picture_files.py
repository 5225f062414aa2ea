"""Which file a name of a frame means, what is never opened, and the order of files in a folder."""

from __future__ import annotations

import os

import pytest

from framelens.data.pictures import Pictures, frame_names
from framelens.errors import DataError
from scenes import save, scene


def test_exact_path_then_base_name_then_stem(tmp_path):
    save(tmp_path / "train/a.png", scene())
    save(tmp_path / "deep/er/b.png", scene())
    save(tmp_path / "c.jpg", scene())
    names = ["train/a.png", "b.png", "c", "c.png", "/home/someone/data/b.png", "C:\\data\\b.png", "./train/a.png"]
    pictures = Pictures.from_folder(tmp_path, names)
    assert [pictures.size(frame) for frame in range(len(names))] == [(100, 80)] * len(names)
    assert pictures.skipped == ()


def test_longest_common_path_decides_between_equal_names(tmp_path):
    save(tmp_path / "x/train/a.png", scene(30, 20))
    save(tmp_path / "x/val/a.png", scene(50, 40))
    pictures = Pictures.from_folder(tmp_path, ["images/val/a.png"])
    assert pictures.size(0) == (50, 40)


def test_ambiguous_name_shows_nothing_and_is_reported(tmp_path):
    save(tmp_path / "train/a.png", scene())
    save(tmp_path / "val/a.png", scene())
    pictures = Pictures.from_folder(tmp_path, ["a.png"])
    picture = pictures.whole(0)
    assert picture.data is None
    assert "ambiguous" in picture.note
    assert "train/a.png" in pictures.warnings[0]
    assert pictures.skipped[0].where == "a.png"


def test_same_stem_side_by_side_is_one_picture_with_a_warning(tmp_path):
    save(tmp_path / "a.tif", scene())
    save(tmp_path / "a.png", scene())
    pictures = Pictures.from_folder(tmp_path, ["a"])
    assert pictures.size(0) == (100, 80)
    assert "several" in pictures.warnings[0]


def test_a_dot_in_the_name_is_no_ending(tmp_path):
    save(tmp_path / "clip.0001.png", scene())
    assert Pictures.from_folder(tmp_path, ["clip.0001"]).size(0) == (100, 80)
    assert Pictures.from_folder(tmp_path, ["clip.0002"]).size(0) is None


@pytest.mark.parametrize(
    "name",
    ["../outside.png", "..\\outside.png", "/etc/hostname", "~/outside.png", "link.png", "linked/outside.png",
     "loop.png", "a\0.png", "x" * 5000, "", ".", "..", "a.png/", "a.png\n", "A.PNG", "pipe.png", "folder.png"],
)  # fmt: skip
def test_nothing_outside_the_root_and_nothing_odd_is_opened(tmp_path, name):
    root = tmp_path / "root"
    save(tmp_path / "outside.png", scene())
    save(root / "a.png", scene())
    (root / "link.png").symlink_to("../outside.png")
    (root / "linked").symlink_to("..")
    (root / "loop.png").symlink_to("loop.png")
    (root / "folder.png").mkdir()
    os.mkfifo(root / "pipe.png")
    picture = Pictures.from_folder(root, [name]).whole(0)
    assert picture.data is None
    assert picture.note
    assert str(tmp_path) not in picture.note


def test_links_inside_the_root_and_a_linked_root_are_followed(tmp_path):
    save(tmp_path / "root/a.png", scene())
    (tmp_path / "root/b.png").symlink_to("a.png")
    (tmp_path / "again").symlink_to("root")
    assert Pictures.from_folder(tmp_path / "again", ["b.png"]).size(0) == (100, 80)


def test_composed_and_decomposed_letters_are_one_name(tmp_path):
    save(tmp_path / "cafe\u0301.png", scene())
    assert Pictures.from_folder(tmp_path, ["caf\u00e9.png"]).size(0) == (100, 80)


def test_no_such_folder_is_an_error_without_a_path(tmp_path):
    with pytest.raises(DataError, match=r"^nowhere: there is no such frame folder") as caught:
        Pictures.from_folder(tmp_path / "nowhere", ["a.png"])
    assert str(tmp_path) not in str(caught.value)


def test_frame_names_are_in_natural_order_and_gaps_are_counted(tmp_path):
    for number in (1, 2, 9, 10, 12):
        save(tmp_path / f"frame_{number}.png", scene(8, 8, (0, 0, 1, 1)))
    (tmp_path / "notes.txt").write_text("x")
    names, warnings = frame_names(tmp_path)
    assert names == ("frame_1.png", "frame_2.png", "frame_9.png", "frame_10.png", "frame_12.png")
    assert len(warnings) == 1
    assert "7 frame numbers are missing" in warnings[0]
