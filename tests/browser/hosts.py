"""Voila and marimo, each with one page, on loopback; what a person does in any host."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from browser.jupyter import listening_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

TWIN = "iframe[title='framelens: saved view']"


def keep_picture(page: Page, name: str) -> None:
    """Write a screenshot where ``FRAMELENS_PICTURES`` says."""
    folder = os.environ.get("FRAMELENS_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"front-end-{name}.png", full_page=True)


def twin_of(page: Page) -> Locator:
    """Wait until the static twin is seen, and give the root of its page."""
    page.wait_for_selector(TWIN, state="visible")
    root = page.frame_locator(TWIN).locator(".framelens[data-panels=ready]")
    root.wait_for()
    return root


def open_without_kernel(page: Page, name: str) -> None:
    """In JupyterLab take the menu of a file: Open With, Notebook (no kernel)."""
    page.locator(f".jp-DirListing-item:has-text('{name}')").click(button="right")
    page.locator(".lm-Menu-item:has-text('Open With')").hover()
    page.locator(".lm-Menu-item:has-text('Notebook (no kernel)')").click()


@contextlib.contextmanager
def _serving(command: list[str], folder: Path) -> Iterator[str]:
    """Run a server that chooses its port, and give its address once it answers."""
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder, env=_environment(folder))
    try:
        deadline = time.monotonic() + 180
        while True:
            assert process.poll() is None, log_file.read_text(errors="replace")
            assert time.monotonic() < deadline, log_file.read_text(errors="replace")
            try:
                port = listening_port(process)
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/none", timeout=2):
                    break
            except urllib.error.HTTPError:
                break  # it answers
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    homes = {name: str(folder / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    return {**os.environ, **own, **homes, "JUPYTER_PREFER_ENV_PATH": "1", "MARIMO_SKIP_UPDATE_CHECK": "1"}


def voila(notebook: Path, theme: str = "light") -> contextlib.AbstractContextManager[str]:
    """Serve a notebook with Voila."""
    options = ["--no-browser", "--port=0", "--Voila.ip=127.0.0.1", f"--theme={theme}"]
    return _serving([sys.executable, "-m", "voila", notebook.name, *options], notebook.parent)


def marimo(script: Path) -> contextlib.AbstractContextManager[str]:
    """Serve a marimo app, read-only."""
    options = ["--headless", "--no-token", "--host", "127.0.0.1", "--port", "0"]
    return _serving([sys.executable, "-m", "marimo", "run", script.name, *options], script.parent)
