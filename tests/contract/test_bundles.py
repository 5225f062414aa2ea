"""The committed front-end bundles are what the sources build, to the byte."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest

import framelens
from framelens.widgets._assets import packed_asset

#: Bundles that widgets carry as the base64 of their gzip.
#: Whose budget holds for what is sent.
MEASURED_PACKED = ("panels.js", "compare.js")
PACKED = ("framelens.js", *MEASURED_PACKED)
STATIC = Path(framelens.__file__).parent / "widgets" / "static"
FRONT_END = Path(__file__).resolve().parents[2] / "js"
#: Bytes: of the first module as it is, of the second one packed (a text trait adds a third to that), of the others as
#: they are.
LARGEST = {
    "framelens.js": 60_000,
    "panels.js": 60_000,
    "compare.js": 60_000,
    "framelens.css": 32_000,
    "loader.js": 2_000,
    "report.js": 12_500,
    "twin.js": 4_000,
    "others.js": 6_000,
}


def test_bundles_are_fresh(tmp_path):
    if shutil.which("npm") is None or not (FRONT_END / "node_modules").is_dir():
        pytest.skip("needs Node and js/node_modules: run make js/node_modules/.ready")
    places = {**os.environ, "FRAMELENS_STATIC": f"{tmp_path}/"}
    subprocess.run(["npm", "run", "--silent", "build"], cwd=FRONT_END, env=places, check=True, timeout=120)
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    assert built.keys() == committed.keys()
    stale = [name for name in built if built[name] != committed[name]]
    assert stale == [], "run: make bundles"


def test_bundles_stay_small():
    sizes = {path.name: path.stat().st_size for path in STATIC.iterdir()}
    assert sizes.keys() == LARGEST.keys()
    for name in MEASURED_PACKED:
        sizes[name] = len(b64decode(packed_asset(name)))
    for name, largest in LARGEST.items():
        assert sizes[name] <= largest, name
    assert sizes["framelens.js"] + sizes["panels.js"] <= 120_000


def test_what_is_packed_is_what_was_built():
    for name in PACKED:
        assert gzip.decompress(b64decode(packed_asset(name))) == (STATIC / name).read_bytes()
        assert packed_asset(name).startswith("H4sI"), "the front end knows it by this"
