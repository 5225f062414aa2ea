"""Sizes of reports, twins and notebooks, and how soon a page shows its matrix: ``python -m benchmarks.report``.

First paint is measured in a headless Chromium from a file, as the time from the start of the navigation to the first
frame after ``#framelens-root`` says that it is ready; the median of five fresh pages. Notebooks are what a front end
saves by default: outputs without widget state.
"""

from __future__ import annotations

import json
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAINTED = """() => new Promise((done) => {
  const look = () => document.querySelector('#framelens-root[data-state=ready]')
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)) : setTimeout(look, 2);
  look();
})"""
_HEADINGS = (
    "evaluation", "state in memory", "state in the file", "pictures in it", "whole report", "twin", "written in",
    "twin, processor", "first paint",
)  # fmt: skip
_ROUNDS = 5
_RUNS = 20
#: What each name in the table is, for a kernel that knows the folder of the files.
SOURCES = {
    "empty": """import framelens, pandas as pd
truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
ev = framelens.evaluate(truth, truth.assign(score=0.9).iloc[:0])""",
    "demo": """from framelens.demo import run_demo
ev = run_demo(folder / "demo", progress=False).evaluation""",
    "COCO val size": """import framelens
from benchmarks.generate import SIZES, write
from benchmarks.report import noise
ev = framelens.evaluate(*write(SIZES["coco-val"], folder / "coco"), frames=noise, progress=False)""",
    "LVIS val size": """import framelens
from benchmarks.generate import SIZES, write
from benchmarks.report import noise
ev = framelens.evaluate(*write(SIZES["lvis-val"], folder / "lvis"), frames=noise, progress=False)""",
}


def evaluation_of(name: str, folder: Path):
    known = {"folder": folder}
    exec(SOURCES[name], known)
    return known["ev"]


def noise(name: str):
    """A picture that compresses like a photograph: smooth shapes and some grain."""
    import numpy as np

    random = np.random.default_rng(crc32(name.encode()))
    coarse = random.integers(0, 255, (15, 20, 3)).repeat(32, 0).repeat(32, 1).astype(np.int16)
    grain = random.integers(-12, 12, coarse.shape, dtype=np.int16)
    return np.clip(coarse + grain, 0, 255).astype(np.uint8)


def first_paint(browser, path: Path) -> float:
    """Milliseconds, median of fresh pages."""
    times = []
    for _ in range(_ROUNDS):
        page = browser.new_page()
        page.goto(path.as_uri())
        times.append(page.evaluate(_PAINTED))
        page.close()
    return statistics.median(times)


def parts_of(page: str) -> dict[str, int]:
    """Bytes of the elements of a page by their id."""
    found = re.findall(r'<script [^>]*id="framelens-(\w+)"[^>]*>(.*?)</script>', page, re.DOTALL)
    return {name: len(text) for name, text in found}


class Notebook:
    """A kernel, and one cell that is run again and again, as JupyterLab does it."""

    def __init__(self, setup: str) -> None:
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel()
        self.run(setup, "setup")

    def run(self, code: str, cell: str) -> list[dict]:
        """Run a cell and return its outputs, with what updated them."""
        from nbformat.v4 import output_from_msg

        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = self.client.session.msg(
            "execute_request", content | {"user_expressions": {}}, metadata={"cellId": cell}
        )
        self.client.shell_channel.send(message)
        outputs: list[dict] = []
        places: dict[str, int] = {}
        while True:
            said = self.client.get_iopub_msg(timeout=300)
            if said["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, known = said["msg_type"], said["content"].get("transient", {}).get("display_id")
            if kind == "status" and said["content"]["execution_state"] == "idle":
                return outputs
            if kind == "error":
                raise RuntimeError("\n".join(said["content"]["traceback"]))
            if kind == "update_display_data" and known in places:
                outputs[places[known]]["data"] = said["content"]["data"]
            elif kind in ("display_data", "execute_result", "stream"):
                if known:
                    places[known] = len(outputs)
                outputs.append(output_from_msg(said))

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def growth(name: str, folder: Path) -> tuple[int, int, int, int]:
    """Bytes of a notebook with one dashboard, after 20 runs of its cell, and widgets in the kernel at both times."""
    from nbformat import v4

    def saved(outputs: list[dict]) -> int:
        return len(json.dumps(v4.new_notebook(cells=[v4.new_code_cell("ev", outputs=outputs)]), ensure_ascii=False))

    count = "from ipywidgets.widgets.widget import _instances\nprint(len(_instances))"
    book = Notebook(f"from pathlib import Path\nfolder = Path({str(folder)!r})\n{SOURCES[name]}")
    try:
        empty = saved([])
        first = saved(book.run("ev", "a")) - empty
        widgets = int(book.run(count, "count")[0]["text"])
        for _ in range(_RUNS - 1):
            outputs = book.run("ev", "a")
        return first, saved(outputs) - empty, widgets, int(book.run(count, "count")[0]["text"])
    finally:
        book.close()


def main() -> None:
    from tests.browser.jupyter import chromium

    from framelens.report.html import Subject
    from framelens.report.twin import make_twin
    from framelens.widgets.wire import dump_json, encode

    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        folder = Path(place)
        _say(_HEADINGS)
        for name in SOURCES:
            evaluation = evaluation_of(name, folder)
            payload = encode(evaluation)
            live = len(payload.buffer) + len(dump_json(payload.head))
            began = time.perf_counter()
            path = evaluation.report(folder / f"{name}.html")
            written = time.perf_counter() - began
            parts = parts_of(path.read_text(encoding="utf-8"))
            began = time.process_time()
            twin = len(make_twin(Subject(evaluation, payload), "fl-1", traits={"view": "report"}))
            twinned = time.process_time() - began
            sizes = (live, parts["head"] + parts["data"], parts["pictures"], path.stat().st_size, twin)
            row = [name, *(f"{size / 1e6:.2f} MB" for size in sizes), f"{written:.1f} s", f"{twinned:.1f} s"]
            _say((*row, f"{first_paint(browser, path):.0f} ms"), heading=False)
        _say(("notebook with one dashboard", "saved", f"saved after {_RUNS} runs", "widgets", f"after {_RUNS} runs"))
        for name in SOURCES:
            first, last, before, after = growth(name, folder)
            more = f"{last / 1e6:.2f} MB ({100 * (last - first) / first:+.1f} %)"
            _say((name, f"{first / 1e6:.2f} MB", more, str(before), str(after)), heading=False)


def _say(cells: Sequence[str], *, heading: bool = True) -> None:
    line = f"| {' | '.join(cells)} |"
    print(f"\n{line}\n|---{'|---:' * (len(cells) - 1)}|" if heading else line, flush=True)


if __name__ == "__main__":
    main()
