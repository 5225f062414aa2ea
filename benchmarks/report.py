"""Sizes of reports and twins, and how soon a page shows its matrix: ``python -m benchmarks.report``.

First paint is measured in a headless Chromium from a file, as the time from the start of the navigation to the first
frame after ``#framelens-root`` says that it is ready; the median of five fresh pages.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

_PAINTED = """() => new Promise((done) => {
  const look = () => document.querySelector('#framelens-root[data-state=ready]')
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)) : setTimeout(look, 2);
  look();
})"""
_ROUNDS = 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def evaluations(folder: Path):
    """Give (name, evaluation): nothing, the demo, COCO val size."""
    import pandas as pd

    import framelens
    from benchmarks.generate import SIZES, write

    columns = {"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]}
    truth = pd.DataFrame(columns)
    yield "empty", framelens.evaluate(truth, truth.assign(score=0.9).iloc[:0])
    from framelens.demo import run_demo

    yield "demo", run_demo(folder / "demo", progress=False).evaluation
    labels, found = write(SIZES["coco-val"], folder / "coco")
    yield "COCO val size", framelens.evaluate(labels, found, frames=_noise, progress=False)


def _noise(name: str):
    """A picture that compresses like a photograph: smooth shapes and some grain."""
    import numpy as np

    random = np.random.default_rng(abs(hash(name)) % 2**32)
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


def main() -> None:
    from playwright.sync_api import sync_playwright

    from framelens.report.html import Subject
    from framelens.report.twin import make_twin
    from framelens.widgets.wire import dump_json, encode

    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        print(f"{'':14} {'state':>9} {'report':>9} {'twin':>9} {'write':>7} {'twin in':>8} {'first paint':>12}")
        for name, evaluation in evaluations(Path(place)):
            payload = encode(evaluation)
            state = len(payload.buffer) + len(dump_json(payload.head))
            began = time.perf_counter()
            path = evaluation.report(Path(place) / f"{name}.html")
            written = time.perf_counter() - began
            began = time.perf_counter()
            twin = len(make_twin(Subject(evaluation, payload), "fl-1", traits={"view": "report"}))
            twinned = time.perf_counter() - began
            painted = first_paint(browser, path)
            print(
                f"{name:14} {state / 1e6:>6.2f} MB {path.stat().st_size / 1e6:>6.2f} MB {twin / 1e6:>6.2f} MB "
                f"{written:>5.1f} s {twinned:>6.1f} s {painted:>9.0f} ms"
            )
        browser.close()


if __name__ == "__main__":
    main()
