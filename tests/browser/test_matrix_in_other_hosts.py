"""The main behaviours in Notebook 7, Voila and marimo, by mouse and by keyboard."""

from __future__ import annotations

import pytest

from browser import small_set
from browser.hosts import TWIN, keep_picture, marimo, voila
from browser.jupyter import watch
from browser.pages import MatrixPage
from browser.small_set import BACKGROUND, CAR, COUNTS, DOG, TRUCK

pytestmark = pytest.mark.browser


def by_mouse(matrix: MatrixPage) -> None:
    """Hover, click, pictures, and a frame that opens large."""
    matrix.stage.scroll_into_view_if_needed()
    matrix.hover(CAR, TRUCK)
    words = matrix.tooltip.locator(".fl-tooltip-words").inner_text()
    assert words == "6 of 12 “car” objects were called “truck”"
    for cell in ((CAR, CAR), (TRUCK, BACKGROUND), (BACKGROUND, DOG)):
        matrix.click(*cell)
        assert int(matrix.gallery.get_attribute("data-count")) == COUNTS[cell[0]][cell[1]]
    matrix.gallery.locator(".fl-picture[data-picture=shown] img").first.wait_for()
    matrix.thumbnails().first.click()
    dialog = matrix.root.locator("dialog.fl-frame[open]")
    dialog.locator(".fl-picture[data-picture=shown]").wait_for()
    dialog.get_by_role("button", name="Zoom in").click()
    dialog.locator('.fl-frame-space[data-zoom="1.50"]').wait_for()
    dialog.get_by_role("button", name="Close").click()


def by_keyboard(page, matrix: MatrixPage) -> None:
    """Arrows, Enter, question mark and Escape reach the widget, and nobody else hears them."""
    matrix.stage.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "(live) => live.textContent === 'actual car, predicted truck, 6, 50 percent of car'",
        arg=matrix.root.locator(".fl-live").element_handle(),
    )
    page.keyboard.press("Enter")
    matrix.root.locator('.fl-gallery[data-cells="0,1"]').wait_for()
    page.keyboard.press("?")
    matrix.root.locator(".fl-help-dialog[open]").wait_for()
    page.keyboard.press("Escape")
    matrix.root.locator(".fl-help-dialog").wait_for(state="detached")
    page.keyboard.press("Escape")
    matrix.root.locator(".fl-matrix-stage:not([data-selected])").wait_for()


def test_in_notebook_7(lab, workspace, browser):
    small_set.write_set(workspace / "other-hosts" / "small")
    small_set.write_notebook(workspace / "other-hosts" / "matrix.ipynb", small_set.load("small") + "matrix")
    notebook = lab.with_notebook_7().open(browser, "other-hosts/matrix.ipynb")
    try:
        notebook.run_all()
        root = notebook.page.locator(".framelens[data-panels=ready]").first
        root.wait_for()
        by_mouse(MatrixPage(root))
        by_keyboard(notebook.page, MatrixPage(root))
        assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 1
        notebook.traffic.assert_clean()
    finally:
        notebook.close()


@pytest.mark.parametrize(("theme", "shown"), [("light", "matrix"), ("dark", "ev")], ids=["matrix", "dashboard"])
def test_in_voila(tmp_path, browser, theme, shown):
    small_set.write_set(tmp_path / "small")
    small_set.write_notebook(tmp_path / "matrix.ipynb", small_set.load("small") + shown)
    with voila(tmp_path / "matrix.ipynb", theme) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1600})
        page = context.new_page()
        watch(page)
        page.goto(address, timeout=90_000)
        root = page.locator(".framelens[data-panels=ready]").first
        root.wait_for(timeout=90_000)
        assert root.get_attribute("data-theme") == theme
        assert root.locator("select").first.evaluate("(one) => getComputedStyle(one).colorScheme") == theme
        # the twin has looked and found the widget alive
        page.wait_for_function("!!document.querySelector('[id^=fl-][data-awake]')")
        assert not page.locator(TWIN).is_visible()
        by_mouse(MatrixPage(root))
        keep_picture(page, f"voila-{shown}")
        by_keyboard(page, MatrixPage(root))
        context.close()


MARIMO = """
import marimo
app = marimo.App(width="full")

@app.cell
def _():
    import marimo as mo
    {load}
    return matrix, mo

@app.cell
def _(matrix, mo):
    shown = mo.ui.anywidget(matrix)
    shown
    return (shown,)

if __name__ == "__main__":
    app.run()
"""


def test_in_marimo(tmp_path, browser):
    small_set.write_set(tmp_path / "small")
    load = small_set.load("small").replace("\n", "\n    ").rstrip()
    script = tmp_path / "app.py"
    script.write_text(MARIMO.format(load=load), encoding="utf-8")
    with marimo(script) as address:
        context = browser.new_context(viewport={"width": 1300, "height": 1600})
        page = context.new_page()
        watch(page)
        page.goto(address, timeout=90_000)
        root = page.locator(".framelens[data-panels=ready]").first
        root.wait_for(timeout=90_000)
        by_mouse(MatrixPage(root))
        keep_picture(page, "marimo")
        by_keyboard(page, MatrixPage(root))
        context.close()
