"""A private JupyterLab or Notebook 7 in a headless Chromium, for tests.

Every wait is on a condition. Requests that would leave this machine are recorded and fail.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
from nbformat.sign import NotebookNotary
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever is not on this machine is asked of nobody. A route that aborts such requests would bring each of the
    # 200 of a JupyterLab to Python and turn the cache off.
    "--proxy-server=http://127.0.0.1:9",
    # What Playwright disables (the last list is the one that holds), and the pages that recent versions load for the
    # field of the address in every new window: half a second of a processor for each page of a test.
    (
        "--disable-features="
        "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
        "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
        "AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,"
        "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup"
    ),
]
#: Milliseconds until what a test waits for is said to be missing: a busy machine takes its time.
WAIT = 60_000
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

#: Errors that the front ends log on their own, with no widget on the page.
KNOWN_NOISE = re.compile(r"Cannot read properties of (undefined \(reading 'schema'|null \(reading 'kernel')\)")
#: Notebook 7 goes back to what JupyterLab had open on the same server.
NOTEBOOK_7_NOISE = re.compile(rf"{KNOWN_NOISE.pattern}|Command 'filebrowser:[\w-]+' not registered")

_SETTINGS: dict[str, dict[str, Any]] = {
    # "none" keeps every cell in the page; else cells out of view are not drawn
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}

_KERNEL_IDLE = """() => {
  const app = window.jupyterapp || window.jupyterlab;
  const widget = app && app.shell.currentWidget;
  const session = widget && widget.context && widget.context.sessionContext;
  const kernel = session && session.session && session.session.kernel;
  return !!kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome on this machine."""
    return next(filter(None, map(shutil.which, BROWSER_NAMES)), None)


@dataclass
class Traffic:
    """What a page logged and whom it asked."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    noise: re.Pattern[str] = KNOWN_NOISE

    def assert_clean(self) -> None:
        """No error but the known noise, and no request that leaves this machine."""
        assert [text for text in self.errors if not self.noise.search(text)] == []
        assert self.outside == []


def _is_local(url: str) -> bool:
    return bool(re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:|file:", url))


def watch(page: Page, noise: re.Pattern[str] = KNOWN_NOISE) -> Traffic:
    """Record errors and outside requests of ``page``."""
    traffic = Traffic(noise=noise)
    page.on("console", lambda m: traffic.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: traffic.errors.append(str(e)))
    page.on("request", lambda r: None if _is_local(r.url) else traffic.outside.append(r.url))
    return traffic


@contextlib.contextmanager
def chromium():
    """Give a headless browser and close it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def listening_port(process: subprocess.Popen[bytes]) -> int:
    """Port of a server that was told to choose one itself: whoever chose it here could lose it to another process."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(process.pid).net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN:
                return one.laddr.port
    raise ConnectionRefusedError(f"process {process.pid} listens to nobody yet")


class JupyterServer:
    """A server on loopback with a random token whose every folder lies in ``home``."""

    def __init__(
        self,
        home: Path,
        root: Path,
        *,
        python: str = sys.executable,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.home, self.root, self.python = home, root, python
        self.app = "lab"
        self.inherited = dict(os.environ if environment is None else environment)
        self.token = secrets.token_hex(16)
        self.port: int | None = None
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        places = {name: str(self.home / folder) for name, folder in folders.items()}
        return {**self.inherited, **places, "JUPYTER_PREFER_ENV_PATH": "1"}

    def start(self, timeout: float = 180) -> None:
        for plugin, values in _SETTINGS.items():
            package, _, name = plugin.partition(":")
            target = self.home / "settings" / package / f"{name}.jupyterlab-settings"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(values))
        command = [
            *(self.python, "-m", "jupyterlab"),
            *("--no-browser", "--allow-root", f"--ServerApp.root_dir={self.root}", "--ServerApp.ip=127.0.0.1"),
            *("--ServerApp.port=0", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"),
            "--JupyterNotebookApp.expose_app_in_browser=True",
        ]
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self.root, env=self.environment()
            )
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.port = listening_port(self.process)
                self.request("GET", "/api/status")
            except OSError:
                log_text = (self.home / "server.log").read_text(errors="replace")
                assert self.process.poll() is None, log_text
                assert time.monotonic() < deadline, log_text
                time.sleep(0.05)
            else:
                return

    def with_notebook_7(self) -> JupyterServer:
        """Open in Notebook 7 instead: where it is installed, a server of JupyterLab serves both."""
        other = copy.copy(self)
        other.app = "notebook"
        return other

    def request(self, method: str, path: str) -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, method=method, headers=headers), timeout=60
        ) as answer:
            return answer.read()

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            self.request("POST", "/api/shutdown")  # asked nicely, the server ends its kernels
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def trust(self, path: Path) -> None:
        """Sign a notebook, as running it does: with the key of this server, in its data base of signatures."""
        with NotebookNotary(data_dir=str(self.home / "data")) as notary:
            notary.sign(nbformat.read(path, as_version=4))

    def open(
        self,
        browser: Browser,
        name: str,
        *,
        dark: bool = False,
        width: int = 1500,
        height: int = 2200,
        kernel: bool = True,
    ) -> Notebook:
        """Open notebook ``name`` and wait for its kernel, or choose none."""
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(WAIT)
        traffic = watch(page, KNOWN_NOISE if self.app == "lab" else NOTEBOOK_7_NOISE)
        place = f"lab/workspaces/w{secrets.token_hex(3)}/tree" if self.app == "lab" else "notebooks"
        page.goto(f"{self.url}/{place}/{name}?token={self.token}&reset")
        notebook = Notebook(page, traffic)
        if kernel:
            notebook.wait_idle()
        else:
            notebook.drop_kernel()
        if dark:
            notebook.choose_theme(dark=True)
        return notebook


class Notebook:
    """One open notebook."""

    def __init__(self, page: Page, traffic: Traffic) -> None:
        self.page, self.traffic = page, traffic

    def command(self, name: str, args: dict[str, Any] | None = None) -> None:
        self.page.evaluate(
            "([name, args]) => (window.jupyterapp || window.jupyterlab).commands.execute(name, args)",
            [name, args or {}],
        )

    def choose_theme(self, *, dark: bool) -> None:
        self.command("apputils:change-theme", {"theme": f"JupyterLab {'Dark' if dark else 'Light'}"})
        self.page.wait_for_function("dark => document.body.dataset.jpThemeLight === String(!dark)", arg=dark)

    def wait_idle(self, timeout: float = 120) -> None:
        self.page.wait_for_function(_KERNEL_IDLE, timeout=timeout * 1000)

    def drop_kernel(self) -> None:
        """End the kernel, as a reader without one has it, and draw the outputs again."""
        self.wait_idle()
        self.page.evaluate(
            """async () => {
              const app = window.jupyterapp || window.jupyterlab;
              await app.shell.currentWidget.context.sessionContext.shutdown();
            }"""
        )

    def run_all(self, timeout: float = 180) -> None:
        """Run every cell and wait until the last has its number."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].every(
                 (cell) => /\\[\\d+\\]/.test(cell.querySelector('.jp-InputPrompt').textContent)
                   || !cell.querySelector('.cm-content').textContent.trim())""",
            timeout=timeout * 1000,
        )
        self.wait_idle(timeout)

    def run(self, code: str) -> str:
        """Run code in the kernel and return what it printed."""
        printed: str = self.page.evaluate(
            """async (code) => {
              const app = window.jupyterapp || window.jupyterlab;
              const { kernel } = app.shell.currentWidget.context.sessionContext.session;
              const future = kernel.requestExecute({ code });
              let text = "";
              future.onIOPub = ({ header, content }) => {
                if (header.msg_type === "stream") text += content.text;
                if (header.msg_type === "error") text += content.evalue;
              };
              await future.done;
              return text;
            }""",
            code,
        )
        return printed

    def cell_errors(self) -> list[str]:
        """Text of every traceback on the page."""
        return self.page.locator(
            '.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]'
        ).all_inner_texts()

    def save(self) -> None:
        self.command("docmanager:save")

    def close(self) -> None:
        self.page.context.close()
