"""The wheel holds what it should and nothing else, and is the same every time; the demo is run from it elsewhere."""

from __future__ import annotations

import zipfile

import pytest

from installed import ROOT, build

LARGEST = 1_500_000  # bytes
KINDS = {".py", ".js", ".css", ".typed"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"))


def test_two_builds_are_equal_to_the_byte(wheel, tmp_path):
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_it_holds_the_listed_files_and_is_small(wheel):
    assert wheel.stat().st_size <= LARGEST
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "src" / "framelens"
    expected = {
        f"framelens/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and path.suffix in KINDS
    }
    assert held == expected
    assert {f"framelens/widgets/static/{name}" for name in ("framelens.js", "panels.js", "framelens.css")} <= held
