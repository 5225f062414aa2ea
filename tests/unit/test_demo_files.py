"""The demo writes over nothing but its own files."""

from __future__ import annotations

import json
import os

import pytest

from framelens.demo.files import MARKER, NOTEBOOK, DemoFolder
from framelens.errors import OptionError


def fill(folder, text=b"one"):
    with DemoFolder(folder) as files:
        files.write("annotations_val.json", text)
        files.write("frames/val/val_0001.jpg", b"picture")
        files.write(NOTEBOOK, b"cells")
    return files


def everything(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refused(folder, *words):
    """The folder is refused with these words, in one line, and nothing in it changes."""
    before = everything(folder) if folder.is_dir() else None
    with pytest.raises(OptionError) as caught:
        fill(folder, b"two")
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)
    assert str(folder.parent) not in str(caught.value)
    if before is not None:
        assert everything(folder) == before


def test_a_new_folder_and_its_parents_are_made(tmp_path):
    fill(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "annotations_val.json").read_bytes() == b"one"


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / ".ipynb_checkpoints").mkdir()
    fill(tmp_path)
    assert (tmp_path / MARKER).is_file()


def test_a_second_run_replaces_and_leaves_no_leftovers(tmp_path):
    fill(tmp_path)
    with DemoFolder(tmp_path) as files:
        files.write("annotations_val.json", b"two")
    assert set(everything(tmp_path)) == {"annotations_val.json", MARKER}
    assert (tmp_path / "annotations_val.json").read_bytes() == b"two"


def test_a_run_that_broke_off_can_be_repeated(tmp_path):
    def interrupted():
        with DemoFolder(tmp_path) as files:
            files.write("run/args.yaml", b"task: detect")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    fill(tmp_path)
    assert not (tmp_path / "run" / "args.yaml").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    refused(tmp_path, "did not write", "another folder")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "demo").write_text("mine")
    refused(tmp_path / "demo", "is a file")
    assert (tmp_path / "demo").read_text() == "mine"


def test_a_changed_file_is_refused(tmp_path):
    fill(tmp_path)
    (tmp_path / "annotations_val.json").write_bytes(b"relabelled by hand")
    refused(tmp_path, "annotations_val.json", "changed")


def test_a_file_of_ours_by_name_only_is_refused(tmp_path):
    fill(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.csv").write_bytes(b"epoch")
    refused(tmp_path, "results.csv", "not written by the demo")


def test_other_files_in_a_demo_folder_stay(tmp_path):
    fill(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    fill(tmp_path, b"two")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_changed_notebook_is_kept_under_another_name(tmp_path):
    fill(tmp_path)
    for number in (1, 2):
        (tmp_path / NOTEBOOK).write_bytes(b"my cells %d" % number)
        assert fill(tmp_path).kept == f"framelens-demo-kept-{number}.ipynb"
        assert (tmp_path / f"framelens-demo-kept-{number}.ipynb").read_bytes() == b"my cells %d" % number
    assert (tmp_path / NOTEBOOK).read_bytes() == b"cells"
    assert fill(tmp_path).kept is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', '{"files": {"a": '], ids=repr)
def test_a_broken_marker_is_refused(tmp_path, text):
    fill(tmp_path)
    (tmp_path / MARKER).write_text(text)
    refused(tmp_path, MARKER, "cannot be read")


def test_a_forged_marker_removes_nothing(tmp_path):
    """A folder from elsewhere cannot make the demo remove files outside it, or others inside it."""
    outside, folder = tmp_path / "outside.txt", tmp_path / "demo"
    outside.write_bytes(b"")
    fill(folder)
    (folder / "notes.txt").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    marker = json.loads((folder / MARKER).read_text())
    marker["files"] |= {"../outside.txt": empty, "notes.txt": empty, str(outside): empty}
    (folder / MARKER).write_text(json.dumps(marker))
    fill(folder, b"two")
    assert outside.exists()
    assert (folder / "notes.txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
@pytest.mark.parametrize("name", ["frames", "frames/val", "run", "annotations_val.json", MARKER])
def test_links_are_not_followed(tmp_path, name):
    folder, outside = tmp_path / "demo", tmp_path / "outside"
    fill(folder)
    outside.mkdir()
    (outside / "val_0001.jpg").write_bytes(b"mine")
    target = folder / name
    if target.is_dir():
        for path in sorted(target.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        target.rmdir()
    elif target.exists():
        target.unlink()
    target.symlink_to(outside)
    refused(folder, name)
    assert (outside / "val_0001.jpg").read_bytes() == b"mine"
