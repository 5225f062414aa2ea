"""The wheel, and a clean environment with it in which there is no Node."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def build(target: Path) -> Path:
    """Build the wheel into a folder."""
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


@dataclass(frozen=True)
class Installed:
    """A Python with the wheel, JupyterLab and nothing of this checkout; its variables; its folder."""

    python: Path
    environment: dict[str, str]
    folder: Path

    def run(self, *command: str | Path) -> str:
        """Run a program of the environment in the folder and return what it printed."""
        done = subprocess.run(
            [self.python.with_name(str(command[0])), *command[1:]],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def install(wheel: Path, folder: Path) -> Installed:
    """Install the wheel with the versions of the lock file."""
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
            *("--override", ROOT / "requirements" / "overrides.txt", f"{wheel}[demo]", "jupyterlab"),
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
    return Installed(python, environment, folder)
