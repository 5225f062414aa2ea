"""What is measured: made data of the size that each budget names, and what is done with it."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.browser.measure import READY, STAGE, TIMING, Probe, Times
from benchmarks.generate import SIZES, Size, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

VIEW = {"width": 1300, "height": 1000}
CLASSES, FRAMES, PER_FRAME = 6, 30, 40


@contextmanager
def _opened(browser: Browser, report: Path) -> Iterator[Probe]:
    page = browser.new_page(viewport=VIEW)
    page.add_init_script(TIMING)
    page.goto(report.as_uri())
    page.locator(READY).wait_for()
    try:
        yield Probe(page)
    finally:
        page.close()


def sliders(browser: Browser, folder: Path) -> Iterator[Times]:
    """COCO val size in a report: both sliders, with nothing selected and with the largest error selected."""
    import framelens

    report = framelens.evaluate(*write(SIZES["coco-val"], folder / "coco-val"), progress=False).report(
        folder / "coco-val.html"
    )
    with _opened(browser, report) as probe:
        rest = Times("nothing moves: what the clock costs", float("inf"))
        for _ in range(30):
            probe.add(rest, lambda: probe.page.evaluate("bench.rest()"))
        yield rest
        for selected in ("nothing selected", "a cell selected"):
            if selected != "nothing selected":
                probe.page.locator(".fl-worst").first.click()
                probe.page.locator(".fl-thumb").first.wait_for()
            for name, label in (("confidence", "confidence"), ("iou", "IoU")):
                yield probe.slide(Times(f"{label} slider, COCO val size, {selected}", 50), name)


def stored(browser: Browser, folder: Path, rounds: int = 4) -> Iterator[Times]:
    """Click the cells of the demo report whose pictures are stored."""
    from framelens.demo import run_demo

    evaluation = run_demo(folder / "demo", progress=False).evaluation
    with _opened(browser, evaluation.report(folder / "demo.html")) as probe:
        cells = np.argwhere(evaluation.confusion_result.counts)
        yield probe.click(
            Times("click, stored thumbnails, demo report", 50), [tuple(c) for c in cells.tolist()] * rounds
        )


def live(browser: Browser, folder: Path) -> Iterator[Times]:
    """Click every cell once in JupyterLab: the kernel reads 1080p JPEG files and cuts the crops."""
    from tests.browser.jupyter import JupyterServer
    from tests.browser.small_set import load, write_notebook

    _write_frames(folder / "live")
    write_notebook(folder / "live.ipynb", load("live") + "matrix")
    with tempfile.TemporaryDirectory() as home:
        server = JupyterServer(Path(home), folder)
        server.start()
        try:
            notebook = server.open(browser, "live.ipynb", height=1400)
            notebook.run_all()
            notebook.page.locator(READY).first.wait_for()
            notebook.page.evaluate(TIMING)
            cells = [(actual, predicted) for actual in range(CLASSES) for predicted in range(CLASSES)]
            yield Probe(notebook.page).click(Times("click, live kernel, 1080p JPEG", 200), cells)
            notebook.close()
        finally:
            server.stop()


def _write_frames(folder: Path) -> None:
    """Frames that compress like photographs; every class is taken for every other one alike."""
    from PIL import Image

    (folder / "frames").mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    truth, found = [], []
    for frame in range(1, FRAMES + 1):
        coarse = chance.integers(0, 255, (27, 48, 3)).repeat(40, 0).repeat(40, 1)
        pixels = np.clip(coarse + chance.integers(-12, 12, coarse.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / "frames" / f"{frame}.jpg", quality=90)
        for number in range(PER_FRAME):
            box = [240 * (number % 8) + 20, 216 * (number // 8) + 20, *chance.integers(40, 180, 2).tolist()]
            actual, predicted = chance.integers(1, CLASSES + 1, 2).tolist()
            truth.append({"id": len(truth) + 1, "image_id": frame, "category_id": actual, "bbox": box})
            score = float(0.5 + chance.random() / 2)
            found.append({"image_id": frame, "category_id": predicted, "bbox": box, "score": score})
    images = [{"id": i, "file_name": f"{i}.jpg", "width": 1920, "height": 1080} for i in range(1, FRAMES + 1)]
    categories = [{"id": i + 1, "name": f"class {i + 1}"} for i in range(CLASSES)]
    (folder / "gt.json").write_text(json.dumps({"images": images, "annotations": truth, "categories": categories}))
    (folder / "dt.json").write_text(json.dumps(found))


def many_classes(browser: Browser, folder: Path, rounds: int = 7) -> Iterator[Times]:
    """1,203 classes: from the start of the scripts to the matrix, then the pointer over it."""
    import framelens

    size = Size(4_000, 1_203, 40_000, 120_000)
    report = framelens.evaluate(*write(size, folder / "classes"), progress=False).report(folder / "classes.html")
    first = Times("first paint of the matrix, 1,203 classes", 300)
    for _ in range(rounds):
        page = browser.new_page(viewport=VIEW)
        page.add_init_script(TIMING)
        probe = Probe(page)
        page.goto(report.as_uri(), wait_until="commit")
        probe.add(first, lambda page=page: [page.evaluate("bench.firstPaint"), float("nan")])
        page.close()
    yield first
    with _opened(browser, report) as probe:
        probe.page.locator(STAGE).scroll_into_view_if_needed()
        yield probe.hover(Times("hover, 1,203 classes, 100 places", 16))
