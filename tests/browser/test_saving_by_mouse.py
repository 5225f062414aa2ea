"""Saving as a person does it in JupyterLab: keep the view, save, export from the menu, open again without a kernel."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

from browser import eventful
from browser.hosts import keep_picture, open_without_kernel, twin_of
from browser.jupyter import watch
from browser.pages import MatrixPage
from browser.small_set import CAR, TRUCK, write_notebook

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def kept(workspace, lab, browser):
    """A notebook whose author moved the confidence, chose a cell, marked an example, kept that and saved."""
    path = workspace / "kept-by-mouse.ipynb"
    write_notebook(path, eventful.cell(workspace / "kept-by-mouse"))
    opened = lab.open(browser, path.name)
    opened.run_all()
    root = opened.page.locator(".framelens[data-panels=ready]").first
    root.wait_for()
    field = root.locator("[data-number=confidence]")
    field.fill("0.8")
    field.press("Enter")
    root.locator(".fl-thresholds[data-confidence='0.8']").wait_for()
    MatrixPage(root).click(CAR, TRUCK)
    root.locator(".fl-thumb").first.press("h")
    root.locator(".fl-badge[data-mark=hard]").wait_for()
    root.locator(".fl-tab[data-panel=save]").click()
    root.locator("[data-save=freeze]").click()
    expect(root.locator(".fl-save-status")).to_have_text(re.compile("^kept"), timeout=60_000)
    keep_picture(opened.page, "lab-keep-this-view")
    opened.page.keyboard.press("Control+s")
    opened.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    yield opened, path
    opened.close()


def assert_kept(root):
    root.wait_for()
    root.locator(".fl-thresholds[data-confidence='0.8']").wait_for()
    root.locator(f".fl-gallery[data-cells='{CAR},{TRUCK}'] .fl-badge[data-mark=hard]").wait_for()
    root.locator(".fl-tab[data-panel=save][aria-selected=true]").wait_for()


def test_the_menu_exports_an_offline_report(kept, browser, lab, tmp_path):
    opened, _ = kept
    page = opened.page
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.locator(".lm-Menu-item:has-text('Save and Export Notebook As')").hover()
    item = page.locator(".lm-Menu-item:has-text('Offline_report')")
    item.wait_for()
    assert page.locator(".lm-Menu-item:has-text('Framelens')").count() == 0  # the same page is offered once
    keep_picture(page, "lab-menu")
    with page.context.expect_event("request", lambda request: "/nbconvert/Offline_report/" in request.url) as asked:
        item.click()
    path = tmp_path / "kept-by-mouse.html"
    path.write_bytes(lab.request("GET", asked.value.url.removeprefix(lab.url)))
    context = browser.new_context(viewport={"width": 1300, "height": 1400}, offline=True)
    shown = context.new_page()
    traffic = watch(shown)
    shown.goto(path.as_uri())
    assert_kept(twin_of(shown))
    traffic.assert_clean()
    context.close()


def test_what_was_kept_is_there_again_without_a_kernel(kept, browser, lab):
    _, path = kept
    context = browser.new_context(viewport={"width": 1500, "height": 1600})
    page = context.new_page()
    traffic = watch(page)
    page.goto(f"{lab.url}/lab/workspaces/w{secrets.token_hex(3)}?token={lab.token}&reset")
    open_without_kernel(page, path.name)
    assert_kept(twin_of(page))
    keep_picture(page, "lab-kept-no-kernel")
    traffic.assert_clean()
    context.close()
