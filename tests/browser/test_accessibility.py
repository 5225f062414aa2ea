"""axe-core finds nothing in the states a reader meets, light and dark; the page stays usable when it is narrow."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import framelens
from browser import small_set
from browser.jupyter import watch
from browser.pages import MatrixPage
from browser.small_set import CAR, TRUCK

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => {
  const { violations } = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
  });
  const shown = (nodes) => nodes.slice(0, 4).map(({ html }) => html.slice(0, 160)).join(" | ");
  return violations.map(({ id, nodes }) => `${id}: ${shown(nodes)}`);
}"""

#: Names and sizes of what a finger would miss.
_SMALL = """() => [...document.querySelectorAll(".framelens button, .framelens select, .framelens label.fl-class")]
             .filter((one) => one.checkVisibility())
             .map((one) => [one.className, one.getBoundingClientRect()])
             .filter(([, { width, height }]) => width < 24 || height < 24)
             .map(([name, { width, height }]) => `${name} ${width}x${height}`)"""


#: Marks that have the colour of what is behind them: forced colours take every colour of a background away.
_UNSEEN = """() => {
  const ground = getComputedStyle(document.body).backgroundColor;
  const colour = (mark) => {
    const { fill, stroke, backgroundColor, borderTopColor } = getComputedStyle(mark);
    if (mark instanceof SVGElement) return mark.matches("rect") ? fill : stroke;
    return mark.matches(".fl-strip") ? backgroundColor : borderTopColor;
  };
  return [...document.querySelectorAll(".fl-panel :is(.fl-bar, .fl-trace, .fl-whisker, .fl-strip, .fl-chart-swatch)")]
    .filter((mark) => mark.checkVisibility() && colour(mark) === ground)
    .map((mark) => mark.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = small_set.write_set(tmp_path_factory.mktemp("axe"))
    evaluation = framelens.evaluate(
        folder / "gt.json", folder / "dt.json", frames=folder / "frames", confidence=0.3, progress=False
    )
    return evaluation.report(folder / "report.html")


def _select(matrix):
    matrix.click(CAR, TRUCK)
    matrix.gallery.locator(".fl-picture[data-picture=shown]").first.wait_for()


def _frame(matrix):
    _select(matrix)
    matrix.thumbnails().first.click()
    matrix.root.locator("dialog.fl-frame[open] .fl-picture[data-picture=shown]").wait_for()


def _tools(matrix):
    matrix.root.locator(".fl-top, .fl-pick").last.click()
    matrix.root.locator(".fl-confused").click()
    matrix.root.locator(".fl-class").first.wait_for()


def _help(matrix):
    matrix.root.locator(".fl-help").click()
    matrix.root.locator(".fl-help-dialog[open]").wait_for()


def _grouped(matrix):
    matrix.root.locator(".fl-fold").click()
    matrix.stage.focus()
    matrix.root.page.keyboard.press("ArrowRight")
    matrix.root.locator(".fl-tooltip:not([hidden])").wait_for()


STATES = {
    "start": lambda _: None,
    "selected": _select,
    "frame": _frame,
    "tools": _tools,
    "help": _help,
    "grouped": _grouped,
}


def _open(browser, report, **options):
    context = browser.new_context(offline=True, **options)
    page = context.new_page()
    traffic = watch(page)
    page.goto(report.as_uri())
    page.locator(".framelens[data-panels=ready]").wait_for()
    return page, traffic


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in js")
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, report, scheme, state):
    page, traffic = _open(browser, report, color_scheme=scheme, reduced_motion="reduce")
    STATES[state](MatrixPage(page.locator(".framelens")))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(_RUN) == []
    traffic.assert_clean()
    page.context.close()


@pytest.mark.parametrize("width", [320, 640])
def test_a_narrow_page_scrolls_one_way_only(browser, report, width):
    page, _ = _open(browser, report, viewport={"width": width, "height": 900})
    matrix = MatrixPage(page.locator(".framelens"))
    for state in (_tools, _select):
        state(matrix)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_what_a_finger_or_pointer_hits_is_large_enough(browser, report):
    page, _ = _open(browser, report)
    matrix = MatrixPage(page.locator(".framelens"))
    _tools(matrix)
    _select(matrix)
    assert page.evaluate(_SMALL) == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_keep_names_selection_and_counts(browser, report, scheme):
    page, traffic = _open(browser, report, forced_colors="active", color_scheme=scheme)
    matrix = MatrixPage(page.locator(".framelens"))
    _select(matrix)
    assert matrix.stage.get_attribute("data-selected") == f"{CAR},{TRUCK}"
    seen = page.evaluate(
        """() => ["color", "backgroundColor"].map((name) =>
             getComputedStyle(document.querySelector(".fl-thumb-labels"))[name])"""
    )
    assert seen[0] != seen[1]
    for tab in matrix.root.locator(".fl-tab").all():
        tab.click()
        matrix.root.locator(f".fl-panel[data-panel={tab.get_attribute('data-panel')}]:not([hidden])").wait_for()
        assert page.evaluate(_UNSEEN) == [], tab.inner_text()
    traffic.assert_clean()
    page.context.close()


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    folder = small_set.write_set(tmp_path_factory.mktemp("axe-compare"))
    one, other, third = (
        framelens.evaluate(folder / "gt.json", folder / "dt.json", confidence=least, progress=False)
        for least in (0.3, 0.7, 0.8)
    )
    return framelens.compare({"one": one, "other": other, "third": third}, rounds=5).report(folder / "compare.html")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in js")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_read_by_everybody(browser, comparison, scheme):
    page, traffic = _open(browser, comparison, color_scheme=scheme, viewport={"width": 320, "height": 900})
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.locator('[data-kind="objects"][data-change-of="1"]').click()
    page.locator(".fl-pair").first.wait_for()
    page.locator(".fl-exports summary").first.click()
    assert page.evaluate(_RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(_SMALL) == []
    traffic.assert_clean()
    page.context.close()


def test_tables_and_pictures_are_taken_away_under_the_strict_policy(browser, report):
    page, traffic = _open(browser, report, accept_downloads=True)
    page.locator(".fl-tab[data-panel=curves]").click()
    figure = page.locator('.fl-figure[data-figure="score"]')

    def take(kind):
        figure.locator(".fl-exports summary").click()
        with page.expect_download() as waiting:
            figure.locator(f'[data-export="{kind}"]').click()
        assert figure.locator(".fl-export-status").inner_text() == "in your downloads"
        assert figure.locator(".fl-exports summary:focus").count() == 1
        return Path(waiting.value.path()).read_bytes()

    width, height = Image.open(BytesIO(take("PNG"))).size
    assert width > 700
    assert height > 500
    assert b"rules: coco" in take("SVG")
    lines = take("CSV").decode("utf-8-sig").splitlines()
    assert lines[0] == "# rules: coco"
    assert json.loads(take("JSON"))["stamp"]["IoU"] == "0.5"
    figure.locator(".fl-exports summary").click()
    page.keyboard.press("Escape")
    assert figure.locator(".fl-exports[open]").count() == 0
    traffic.assert_clean()
    page.context.close()
