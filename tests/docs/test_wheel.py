"""The wheel holds what it should and nothing else, is the same every time, and works where there is no Node."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 1_500_000  # bytes
KINDS = {".py", ".js", ".css", ".typed"}


def build(target: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
    )
    [wheel] = target.glob("*.whl")
    return wheel


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


@pytest.fixture(scope="session")
def clean(wheel, tmp_path_factory):
    """Return a Python with the wheel, JupyterLab and nothing of this checkout; its variables; its folder."""
    folder = tmp_path_factory.mktemp("clean")
    uv = Path(sys.executable).with_name("uv")
    if not uv.is_file():
        pytest.skip("needs uv beside the Python of this environment: run make .venv/.ready")
    versions = re.findall(r"^([\w.-]+==[^\\\n]+)", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    (folder / "versions.txt").write_text("\n".join(versions))
    python = folder / "venv" / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--python", python, "--constraint", folder / "versions.txt"),
            *(f"{wheel}[demo]", "jupyterlab"),
        ],
        check=True,
    )
    # as on a machine without Node; JupyterLab asks for it and goes on without
    trap = folder / "trap"
    trap.mkdir()
    for name in ("node", "npm", "npx"):
        (trap / name).write_text("#!/bin/sh\nexit 127\n")
        (trap / name).chmod(0o755)
    hidden = {"PYTHONPATH", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment["PATH"] = f"{python.parent}:{trap}:{environment['PATH']}"
    return python, environment, folder


@pytest.mark.browser
def test_an_installed_wheel_runs_the_demo_and_shows_it_in_jupyterlab(clean, browser):
    from browser.jupyter import JupyterServer

    python, environment, folder = clean
    place = subprocess.run(
        [python, "-c", "import framelens; print(framelens.__file__)"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert place.stdout.startswith(str(folder))
    done = subprocess.run(
        [python.with_name("framelens"), "demo", "demo"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    server = JupyterServer(folder / "home", folder, python=str(python), environment=environment)
    server.start()
    try:
        notebook = server.open(browser, "demo/framelens-demo.ipynb")
        notebook.run_all()
        notebook.page.locator(".framelens[data-state=ready]").first.wait_for()
        notebook.page.locator(".bqplot").first.wait_for()
        assert notebook.cell_errors() == []
        notebook.traffic.assert_clean()
        notebook.close()
    finally:
        server.stop()
    shutil.rmtree(folder / "demo")
