"""Files are written whole or not at all, and what cannot be written is told in one line with a way out."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
from pathlib import Path

import pytest

import framelens
import handmade
from framelens.errors import OptionError

NO_PATH = (None, 3, "", b"report.html", [1], {}, "a\0b")


def comparison():
    return framelens.compare({"old": handmade.evaluation(), "new": handmade.evaluation()}, rounds=0)


#: What writes, and the name of a file that it writes into a folder.
WRITERS = {
    "report": (lambda path: handmade.evaluation().report(path), "report.html"),
    "comparison": (lambda path: comparison().report(path), "compare.html"),
    "export": (lambda path: handmade.evaluation().export(path.parent), "evaluation.json"),
    "marks": (lambda path: handmade.evaluation().save_marks(path), "marks.csv"),
    "strip": (framelens.strip_widget_state, "a.ipynb"),
}


def notebook():
    state = {"state": {"0a": {"x": "y" * 5000}}, "version_major": 2, "version_minor": 0}
    widgets = {"application/vnd.jupyter.widget-state+json": state}
    cell = {"cell_type": "markdown", "metadata": {}, "source": "z" * 5000}
    return json.dumps({"cells": [cell], "metadata": {"widgets": widgets}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(params=WRITERS)
def writer(request, tmp_path):
    """A writer, its file, which is there, and what stands in it."""
    write, name = WRITERS[request.param]
    path = tmp_path / "reports" / name
    path.parent.mkdir()
    path.write_text(notebook())
    return write, path


@contextlib.contextmanager
def files_end_after(size):
    """A disk that takes so many bytes of a file and no more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("value", NO_PATH, ids=repr)
def test_what_is_no_path_is_told_before_anything_is_made(value):
    evaluation = handmade.evaluation()
    writers = (evaluation.report, evaluation.export, evaluation.save_marks, comparison().report)
    for write in writers:
        with pytest.raises(OptionError, match=r"^give a path, such as '[a-z]") as failure:
            write(value)
        assert "\n" not in str(failure.value)
    if value != {}:
        with pytest.raises(OptionError, match="path"):
            framelens.strip_widget_state(value)


def test_other_arguments_of_the_wrong_kind_are_told_too(tmp_path):
    evaluation = handmade.evaluation()
    with pytest.raises(OptionError, match=r"epochs must be a list of numbers, such as \[10, 20\]"):
        evaluation.report(tmp_path / "r.html", epochs=10)
    with pytest.raises(OptionError, match="mark must be one of the known ones, not 3"):
        evaluation.without(3)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_becomes_too_large_leaves_the_old_one(writer):
    write, path = writer
    before = path.read_bytes()
    with files_end_after(40), pytest.raises(OptionError, match="cannot write") as failure:
        write(path)
    assert str(path.parent) not in str(failure.value)
    assert path.read_bytes() == before
    assert [left for left in path.parent.iterdir() if left.suffix == ".tmp"] == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_full_or_closed_disk_leaves_the_old_file_and_says_what_to_do(writer, number, monkeypatch):
    write, path = writer
    before = path.read_bytes()

    def refuse(_self, _content):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OptionError, match=r"cannot write .*: .*; (free some space|choose a folder)") as failure:
        write(path)
    assert str(path.parent) not in str(failure.value)
    assert path.read_bytes() == before


def test_an_interrupt_leaves_the_old_file_and_no_crumbs(writer, monkeypatch):
    write, path = writer
    before = path.read_bytes()
    whole = Path.write_bytes

    def half(self, content):
        whole(self, content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        write(path)
    assert path.read_bytes() == before
    assert [left for left in path.parent.iterdir() if left.suffix == ".tmp"] == []


def test_a_missing_folder_a_file_in_its_place_and_a_device_are_told(tmp_path):
    evaluation = handmade.evaluation()
    (tmp_path / "file").write_text("x")
    for path, words in (
        (tmp_path / "nowhere" / "r.html", "No such file or directory; make its folder first"),
        (tmp_path / "file" / "r.html", "Not a directory; a part of its path is a file"),
        (tmp_path, "it is no file; name a file"),
        (Path("/dev/null"), "it is no file; name a file"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(OptionError, match=words) as failure:
            evaluation.report(path)
        assert str(tmp_path) not in str(failure.value)
    assert not Path("/dev/null").is_file()
    with pytest.raises(OptionError, match="File exists; a file has that name"):
        evaluation.export(tmp_path / "file")
    assert evaluation.export(tmp_path / "made" / "for it")
