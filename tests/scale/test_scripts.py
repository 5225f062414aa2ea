"""Scripts that start processes of their own: what they say at the end, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import framelens

pytest.importorskip("distributed", reason="the extra framelens[dask] is not installed")
pytestmark = pytest.mark.skipif(not hasattr(os, "getpgid"), reason="finds what is left by its process group")

SCRIPT = """
import framelens
import pandas as pd

def main():
    truth = pd.DataFrame({"frame": ["a.png"], "class": "cat", "x": 1, "y": 1, "width": 9, "height": 9})
    # more memory than there is: one worker
    return framelens.evaluate(truth, truth.assign(score=0.9), engine="dask", memory="1TB", progress=False)

"""
LEFT_OPEN = """
if __name__ == "__main__":
    ev = main()
    print("workers", len(ev.shards.runner.client.run(int)), "examples", len(ev.examples("cat", "cat")))
"""


def run(path, tail):
    """Return exit code, output and errors of a script, and the processes that outlive it by 20 seconds."""
    path.write_text(SCRIPT + tail)
    paths = os.pathsep.join([str(Path(framelens.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "FRAMELENS_CACHE": str(path.parent / "cache")}
    with subprocess.Popen(
        [sys.executable, path], env=environment, cwd=path.parent, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as script:  # fmt: skip
        output, errors = script.communicate(timeout=180)
    end = time.monotonic() + 20
    while (left := _group(script.pid)) and time.monotonic() < end:
        time.sleep(0.1)
    return script.returncode, output, errors, left


def _group(leader):
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def test_what_a_script_leaves_open_ends_with_it(tmp_path):
    code, output, errors, left = run(tmp_path / "open.py", LEFT_OPEN)
    assert (code, output, left) == (0, "workers 1 examples 1\n", []), errors


def test_a_script_that_starts_itself_is_told_in_one_line(tmp_path):
    code, _, errors, left = run(tmp_path / "unguarded.py", "main()\n")
    last = errors.strip().splitlines()[-1]
    assert (code, left) == (1, [])
    assert last.startswith("framelens.errors.DataError: the processes of the Dask cluster did not start")
    assert 'if __name__ == "__main__":' in last
