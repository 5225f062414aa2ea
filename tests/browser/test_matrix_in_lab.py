"""The matrix and its gallery in JupyterLab: by mouse, by keyboard, from Python, and when the kernel is gone."""

from __future__ import annotations

import re

import pytest

from browser import small_set
from browser.pages import MatrixPage
from browser.small_set import BACKGROUND, CAR, COUNTS, DOG, TRUCK

pytestmark = pytest.mark.browser

#: Cells 0 and 1 show one widget twice; the others are run by the tests.
_PROBE = 'print("selection", len(matrix.selection), sorted(matrix.selection["actual"].unique()))'


@pytest.fixture(scope="module")
def notebook(workspace, lab, browser):
    small_set.write_set(workspace / "small")
    small_set.write_notebook(workspace / "matrix.ipynb", small_set.load("small") + "matrix", "matrix")
    opened = lab.open(browser, "matrix.ipynb")
    opened.run_all()
    opened.page.locator(".framelens[data-panels=ready]").nth(1).wait_for()
    yield opened
    opened.close()


@pytest.fixture
def matrix(notebook):
    page = MatrixPage(notebook.page.locator(".framelens").first)
    page.stage.scroll_into_view_if_needed()
    page.stage.focus()
    notebook.page.keyboard.press("Escape")
    return page


def test_every_cell_brings_its_boxes_and_background_says_why(matrix):
    for actual in range(4):
        for predicted in range(4):
            if COUNTS[actual][predicted]:
                matrix.click(actual, predicted)
                assert int(matrix.gallery.get_attribute("data-count")) == COUNTS[actual][predicted]
    matrix.hover(BACKGROUND, DOG)
    assert matrix.tooltip.locator(".fl-tooltip-more").inner_text() == "6 duplicate"
    matrix.hover(BACKGROUND, CAR)
    assert matrix.tooltip.locator(".fl-tooltip-more").inner_text() == "6 pure background"


def test_rows_columns_and_blocks_are_selected(notebook, matrix):
    box = matrix.stage.bounding_box()
    place = {name: float(matrix.stage.get_attribute(f"data-{name}")) for name in ("left", "top", "cell")}
    matrix.stage.click(position={"x": place["left"] - 10, "y": place["top"] + place["cell"] / 2})
    matrix.root.locator('.fl-gallery[data-cells="0,0 0,1"]').wait_for()
    matrix.stage.click(position={"x": place["left"] + place["cell"] / 2, "y": place["top"] - 10})
    matrix.root.locator('.fl-gallery[data-cells="0,0 3,0"]').wait_for()
    mouse = notebook.page.mouse
    mouse.move(box["x"] + place["left"] + 5, box["y"] + place["top"] + 5)
    mouse.down()
    mouse.move(box["x"] + place["left"] + 1.5 * place["cell"], box["y"] + place["top"] + 1.5 * place["cell"], steps=4)
    mouse.up()
    matrix.root.locator('.fl-gallery[data-cells="0,0 0,1"]').wait_for()


def test_the_whole_task_by_keyboard(notebook, matrix):
    page = notebook.page
    live = matrix.root.locator(".fl-live").element_handle()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(live) => live.textContent === 'actual car, predicted truck, 6, 50 percent of car'", arg=live
    )
    page.keyboard.press("Enter")
    matrix.root.locator('.fl-gallery[data-cells="0,1"]').wait_for()
    thumb = matrix.thumbnails().first
    thumb.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.at") == "1"
    page.keyboard.press("Enter")
    dialog = matrix.root.locator("dialog.fl-frame[open]")
    dialog.wait_for()
    assert dialog.locator(".fl-frame-position").inner_text() == "2 of 6"
    page.keyboard.press("+")
    dialog.locator('.fl-frame-space[data-zoom="1.50"]').wait_for()
    page.keyboard.press("d")
    assert dialog.get_attribute("data-mode") == "difference"
    page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    assert dialog.locator(".fl-frame-position").inner_text() == "3 of 6"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.keyboard.press("Escape")
    matrix.root.locator(".fl-matrix-stage:not([data-selected])").wait_for()
    assert page.evaluate("document.activeElement.className") == "fl-matrix-stage"
    page.keyboard.press("?")
    help_dialog = matrix.root.locator(".fl-help-dialog[open]")
    help_dialog.wait_for()
    page.keyboard.press("Escape")
    help_dialog.wait_for(state="detached")


def test_enter_in_a_number_field_counts_anew(matrix):
    thresholds = matrix.root.locator(".fl-thresholds")
    before = thresholds.get_attribute("data-iou")
    field = matrix.root.locator("[data-number=iou]")
    field.fill("0.75")
    field.press("Enter")
    matrix.root.locator('.fl-thresholds[data-iou="0.75"]').wait_for()
    field.fill(before)
    field.press("Enter")
    matrix.root.locator(f'.fl-thresholds[data-iou="{before}"]').wait_for()


def test_pictures_are_sorted_filtered_and_shown_whole(notebook, matrix):
    matrix.click(CAR, CAR)
    gallery = matrix.gallery
    gallery.locator(".fl-sort").select_option("score-low")
    first = gallery.locator(".fl-thumb-frame").first
    notebook.page.wait_for_function("(first) => first.isConnected", arg=first.element_handle())
    assert first.inner_text() == "6.png"
    gallery.locator(".fl-search").fill("2.png")
    matrix.root.locator('.fl-gallery[data-count="1"][data-all="6"]').wait_for()
    gallery.locator(".fl-unfilter").click()
    matrix.root.locator('.fl-gallery[data-count="6"]').wait_for()
    gallery.locator("[data-shape=frame]").click()
    gallery.locator(".fl-picture[data-picture=shown]").nth(5).wait_for()
    assert gallery.locator(".fl-thumb").first.locator(".fl-box").count() > 2
    gallery.locator("[data-shape=crop]").click()
    gallery.locator(".fl-sort").select_option("listed")


def test_classes_fold_and_the_rest_opens(matrix):
    matrix.root.locator(".fl-pick").click()
    matrix.root.get_by_role("button", name="Fold vehicle").click()
    matrix.root.locator('.fl-matrix-stage[data-size="3"]').wait_for()
    matrix.stage.hover(position=matrix.center(0, 0), force=True)
    words = matrix.tooltip.locator(".fl-tooltip-words").inner_text()
    assert words.startswith("12 of 18 “vehicle ▸” objects were found")
    assert matrix.tooltip.locator(".fl-tooltip-more").inner_text() == "6 of them as another class of the group"
    matrix.root.locator(".fl-class", has_text="truck").locator("input").uncheck()
    matrix.root.locator(".fl-open-other").click()
    matrix.root.get_by_role("button", name="Fold vehicle").click()
    matrix.root.locator('.fl-matrix-stage[data-size="4"]').wait_for()
    matrix.root.locator(".fl-pick").click()


def test_both_views_of_one_widget_agree_and_python_drives_them(notebook, matrix):
    second = MatrixPage(notebook.page.locator(".framelens").nth(1))
    matrix.click(CAR, TRUCK)
    second.root.locator('.fl-gallery[data-cells="0,1"]').wait_for()
    notebook.run('matrix.select(actual="dog", predicted="dog")\nmatrix.order = "name"\nmatrix.sort = "worst"')
    for page in (matrix, second):
        page.root.locator('.fl-gallery[data-cells="2,2"]').wait_for()
        page.root.locator('.fl-matrix-stage[data-order="name"]').wait_for()
        assert page.gallery.locator(".fl-sort").input_value() == "worst"
    assert "selection 6 ['dog']" in notebook.run(_PROBE)
    notebook.run('matrix.order = "file"; matrix.sort = "listed"')
    matrix.root.locator('.fl-matrix-stage[data-order="file"]').wait_for()


def test_nothing_was_logged_and_nothing_left_this_machine(notebook):
    notebook.traffic.assert_clean()


def test_without_a_kernel_it_says_so_and_stays_readable(notebook, matrix):
    notebook.page.evaluate(
        "(window.jupyterapp || window.jupyterlab).shell.currentWidget.context.sessionContext.shutdown()"
    )
    matrix.root.locator(".fl-gallery-note").wait_for(state="attached")
    # a sharp screen wants larger thumbnails: none of those that are here already
    notebook.page.evaluate("Object.defineProperty(window, 'devicePixelRatio', {value: 2})")
    matrix.click(BACKGROUND, DOG)
    note = matrix.root.locator(".fl-gallery-note:not([hidden])")
    note.wait_for()
    assert re.match("Not connected to the kernel", note.inner_text())
    assert matrix.thumbnails().count() == COUNTS[BACKGROUND][DOG]
    matrix.hover(CAR, CAR)
    assert int(matrix.tooltip.get_attribute("data-count")) == COUNTS[CAR][CAR]
