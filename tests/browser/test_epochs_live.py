"""Epochs in a real JupyterLab: linked charts, zoom, epoch and matrix, and a log that grows while it is looked at."""

from __future__ import annotations

import json
import os
from io import BytesIO
from pathlib import Path

import pytest
from defusedxml import ElementTree
from PIL import Image

pytestmark = pytest.mark.browser

EPOCHS = 30
HEADER = "epoch,train/box_loss,val/box_loss,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B)"
SETUP = """
import pandas as pd, framelens
framelens.options.twin = False
truth = pd.DataFrame({"frame": ["a", "a", "b", "b"], "class": ["cat", "dog", "cat", "dog"], "x": [10, 80, 10, 80],
                      "y": 10, "width": 40, "height": 40})
found = truth.assign(score=0.9)
worse = found.assign(**{"class": ["dog", "dog", "cat", "dog"]}).iloc[:3]
ev = framelens.evaluate(truth, {5: worse, 20: found}, run="RUN", confidence=0.5, progress=False)
"""


def line(epoch):
    top = min(0.8, 0.04 * epoch) - (0.01 if epoch > 20 else 0)
    return f"{epoch},{2 / epoch:.4f},{2.2 / epoch + epoch / 100:.4f},{top:.4f},{top:.4f},{top:.4f},{0.7 * top:.4f}\n"


def notebook_file(path, *cells):
    source = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": text}
        for n, text in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path.write_text(
        json.dumps({"cells": source, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
    )


@pytest.fixture(scope="module")
def opened(lab, browser, workspace):
    run = workspace / "run"
    run.mkdir()
    (run / "results.csv").write_text(HEADER + "\n" + "".join(map(line, range(1, EPOCHS + 1))))
    notebook_file(workspace / "epochs.ipynb", SETUP.replace("RUN", str(run)), "ev", "ev.dashboard().charts is None")
    found = lab.open(browser, "epochs.ipynb")
    found.run_all()
    found.page.locator(".framelens[data-panels=ready]").first.wait_for()
    found.page.locator(".framelens-readout").first.wait_for()
    yield found
    found.close()


@pytest.fixture
def page(opened):
    return opened.page


def figures(page):
    return page.locator(".framelens-epoch-charts .bqplot:visible")


def heading(page):
    return page.locator(".framelens-readout-epoch").first


def point_at(page, chart, epoch):
    """Move the pointer over a chart, to an epoch of the whole run: the margins are those of the figure."""
    box = figures(page).nth(chart).bounding_box()
    across = box["x"] + 56 + (epoch - 0.5) / EPOCHS * (box["width"] - 72)
    page.mouse.move(across, box["y"] + box["height"] / 2, steps=3)


def picture(page, name, selector):
    folder = os.environ.get("FRAMELENS_PICTURES")
    if folder:
        page.locator(selector).first.screenshot(path=Path(folder) / f"{name}.png")


def wait_heading(page, words):
    page.wait_for_function(
        "words => document.querySelector('.framelens-readout-epoch').textContent.includes(words)", arg=words
    )


def test_pointing_in_one_chart_is_read_in_all_and_leaving_clears_it(opened, page):
    figures(page).first.scroll_into_view_if_needed()
    wait_heading(page, "Epoch 20 (best)")
    point_at(page, 1, 4)
    page.wait_for_function("() => /Epoch [345]$/.test(document.querySelector('.framelens-readout-epoch').textContent)")
    page.mouse.move(5, 5)
    wait_heading(page, "(best)")
    assert opened.cell_errors() == []


def test_the_keyboard_steps_through_the_epochs(page):
    heading(page).focus()
    page.keyboard.press("Home")
    wait_heading(page, "Epoch 1 (selected)")
    page.keyboard.press("ArrowRight")
    wait_heading(page, "Epoch 2 (selected)")
    page.keyboard.press("Escape")
    wait_heading(page, "(best)")


def test_a_brush_zooms_both_charts(page):
    page.get_by_role("button", name="Zoom to range").click()
    point_at(page, 0, 10)
    page.mouse.down()
    point_at(page, 0, 18)
    page.mouse.up()
    ticks = "() => [...document.querySelectorAll('.framelens-epoch-charts .bqplot')].slice(0, 2).map(\n"
    ticks += "  (figure) => [...figure.querySelectorAll('.axis .tick text')].map((text) => text.textContent).join())"
    page.wait_for_function(f"() => ({ticks})().every((texts) => texts.includes('12') && !texts.includes('30'))")
    page.get_by_role("button", name="All epochs").click()
    page.wait_for_function(f"() => ({ticks})().every((texts) => texts.includes('30'))")


def test_the_numbers_and_the_picture_of_the_charts_are_taken_away(page):
    legend = page.locator(".framelens-readout").first
    legend.locator(".framelens-readout-export summary").click()

    def take(kind):
        with page.expect_download() as waiting:
            legend.locator(f'[data-export="{kind}"]').click()
        return Path(waiting.value.path()).read_bytes()

    stamp, _version, *lines = take("csv").decode("utf-8-sig").splitlines()
    assert stamp.startswith("# run: run (ultralytics), epochs 1 to 30")
    assert lines[0].startswith("run,epoch,")
    assert len(lines) == 1 + EPOCHS
    assert json.loads(take("json"))["runs"][0]["epochs"] == list(range(1, EPOCHS + 1))
    vector = ElementTree.fromstring(take("svg"))
    assert {"Losses by epoch", "mAP50-95", stamp[2:]} <= set(vector.itertext())
    width = int(vector.get("width"))
    assert Image.open(BytesIO(take("png"))).size == (2 * width, 2 * int(vector.get("height")))
    legend.locator(".framelens-readout-export summary").click()


def test_choosing_an_epoch_moves_the_matrix_and_says_what_changed(page):
    widget = page.locator(".framelens").first
    status = widget.locator(".fl-header .fl-epoch-status")
    assert status.inner_text() == "The matrix shows epoch 20 (best)"
    point_at(page, 0, 5)
    wait_heading(page, "Epoch 5")
    page.mouse.down()
    page.mouse.up()
    page.locator('.fl-header .fl-epoch-status:text-is("The matrix shows epoch 5")').first.wait_for()
    widget.locator('[role=tab][data-panel="epochs"]').click()
    assert widget.locator(".fl-changes").get_attribute("data-broken") == "2"
    picture(page, "epochs", ".framelens")
    picture(page, "charts", ".framelens-epoch-charts")
    widget.locator(".fl-change-buttons button").nth(1).click()
    widget.locator('.fl-gallery[data-count="2"]').wait_for()
    point_at(page, 0, 9)
    wait_heading(page, "Epoch 9")
    page.mouse.down()
    page.mouse.up()
    words = "There are no predictions of epoch 9; the matrix shows epoch 5"
    page.locator(f'.fl-header .fl-epoch-status:text-is("{words}")').first.wait_for()
    heading(page).focus()
    page.keyboard.press("Escape")
    page.locator('.fl-header .fl-epoch-status:text-is("The matrix shows epoch 20 (best)")').first.wait_for()


def test_the_checklist_leads_to_the_epoch(opened, page):
    widget = page.locator(".framelens").first
    widget.locator('[role=tab][data-panel="checklist"]').click()
    place = widget.locator('.fl-finding[data-verdict="present"] [data-place="epoch"]').first
    picture(page, "checklist", ".framelens")
    place.click()
    first = place.inner_text().split()[1]
    wait_heading(page, f"Epoch {first} (selected)")
    opened.traffic.assert_clean()


def test_live_charts_grow_in_place(lab, browser, workspace):
    log = workspace / "live" / "results.csv"
    log.parent.mkdir()
    notebook_file(
        workspace / "live.ipynb",
        f"import framelens\nrun = framelens.watch({str(log.parent)!r})\nrun",
        "run.stop()",
        "print('threads', [t.name for t in __import__('threading').enumerate() if t.name == 'framelens-watch'])",
    )
    opened = lab.open(browser, "live.ipynb")
    page = opened.page
    try:
        opened.command("notebook:run-cell")
        page.locator(".framelens-readout").wait_for()
        wait_heading(page, "No epochs")
        log.write_text(HEADER + "\n" + line(1))
        wait_heading(page, "Epoch 1 ")
        with log.open("a") as file:
            for epoch in range(2, EPOCHS + 1):
                text = line(epoch)
                file.write(text[:9])
                file.flush()
                file.write(text[9:])
                file.flush()
        wait_heading(page, "Epoch 20 (best)")
        heading(page).focus()
        page.keyboard.press("End")
        wait_heading(page, f"Epoch {EPOCHS} (selected)")
        with log.open("a") as file:
            file.write(line(EPOCHS + 1))
        page.locator(f'.bqplot text:text-is("{EPOCHS}")').first.wait_for()
        wait_heading(page, f"Epoch {EPOCHS} (selected)")
        opened.run_all()
        page.locator("text=threads []").wait_for()
        assert opened.cell_errors() == []
        opened.traffic.assert_clean()
    finally:
        opened.close()
