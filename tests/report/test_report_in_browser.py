"""The offline report in a real browser: from a file, with the network off."""

from __future__ import annotations

import re

import pytest

import handmade
from browser.hosts import keep_picture
from framelens.report.html import write_report

pytestmark = pytest.mark.browser

_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<!--<script>",
    "<img src=x onerror='window.hacked = 1'>",
    "{{7*7}} ${window.hacked = 1}",
    "\u202egnp.exe",
    "__proto__",
    "constructor",
    "",
    "\ud800",
]


class Report:
    """One report in a page of its own, and everything that went wrong there."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(**{"viewport": {"width": 1300, "height": 1200}, **options})
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.errors, self.asked = [], []
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("request", lambda r: self.asked.append(r.url))
        self.page.add_init_script(_VIOLATIONS)
        self.page.goto(path.as_uri())

    def wait_ready(self):
        self.page.wait_for_selector("#framelens-root[data-state]")
        assert self.page.get_attribute("#framelens-root", "data-state") == "ready", self.page.inner_text("body")
        return self.page

    def assert_silent(self):
        assert [url for url in self.asked if not url.startswith(("file:", "blob:", "data:"))] == []
        assert self.page.evaluate("window.violations") == []
        assert self.errors == []


@pytest.fixture
def opened(browser, tmp_path):
    reports = []

    def open_report(evaluation, **options):
        path = write_report(evaluation, tmp_path / f"report{len(reports)}.html")
        reports.append(Report(browser, path, **options))
        return reports[-1]

    yield open_report
    for report in reports:
        report.context.close()


def click_all_over(page, steps=14):
    """Click a grid of points over the matrix; give what each cell said: title words and number of thumbnails."""
    canvas = page.locator("canvas").last
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    seen = {}
    for row in range(steps):
        for column in range(steps):
            page.mouse.click(
                box["x"] + (column + 0.5) * box["width"] / steps, box["y"] + (row + 0.5) * box["height"] / steps
            )
            if page.locator(".fl-gallery-words").is_visible():
                words = page.inner_text(".fl-gallery-words")
                seen[words] = page.locator(".fl-thumbs > li").count()
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_cell_brings_its_examples_with_the_network_off(opened, scheme):
    report = opened(handmade.evaluation(), color_scheme=scheme)
    page = report.wait_ready()
    seen = click_all_over(page)
    counts = sorted(int(re.match(r"(\d+)", words)[1]) for words in seen if re.match(r"[1-9]", words))
    assert counts == sorted(count for row in handmade.COUNTS for count in row if count)
    for words, thumbs in seen.items():
        number = re.match(r"(\d+)", words)
        assert thumbs == (int(number[1]) if number else 0), words
    report.assert_silent()


def test_stored_pictures_are_painted(opened):
    report = opened(handmade.evaluation())
    page = report.wait_ready()
    page.locator("[data-card=recall]").wait_for()
    canvas = page.locator("canvas").last
    box = canvas.bounding_box()
    # the diagonal cell of the first class, on the line of equal places from the far corner
    for step in range(12):
        page.mouse.click(box["x"] + box["width"] * (0.1 + 0.07 * step), box["y"] + box["height"] * (0.1 + 0.07 * step))
        if page.locator(".fl-thumbs > li").count():
            break
    page.wait_for_function(
        """() => [...document.querySelectorAll('.fl-thumbs > li')].every(
             (item) => [...item.querySelectorAll('img')].some((img) => img.complete && img.naturalWidth > 40))"""
    )
    assert page.inner_text(".fl-gallery-stored").startswith("2 of 2 ")
    keep_picture(page, "report")
    report.assert_silent()


def test_curves_are_there(opened):
    page = opened(handmade.evaluation()).wait_ready()
    assert page.locator("[data-series='map50'] path").count() >= 1
    assert page.locator("[data-series='val/box'] path").count() >= 1


_BROKEN = """() => [...document.querySelectorAll(".fl-panel:not([hidden]) :is(th, td)")].flatMap((cell) => {
  const words = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const broken = [];
  for (let node = words.nextNode(); node; node = words.nextNode()) {
    for (const { index, 0: word } of node.data.matchAll(/[^\\s\\u2013-]+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word);
    }
  }
  return broken;
})"""


def test_a_narrow_table_breaks_no_word_and_no_number(opened):
    report = opened(handmade.evaluation(), viewport={"width": 420, "height": 900})
    page = report.wait_ready()
    page.locator(".framelens[data-panels=ready]").wait_for()
    for panel in ("classes", "errors", "slices", "frames"):
        page.locator(f".fl-tab[data-panel={panel}]").click()
        page.locator(f".fl-panel[data-panel={panel}] td:visible").first.wait_for()
        assert page.evaluate(_BROKEN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_number_fields_show_all_their_digits(opened):
    page = opened(handmade.evaluation()).wait_ready()
    page.locator(".framelens[data-panels=ready]").wait_for()
    field = page.locator("[data-number=confidence]")
    field.fill("0.642325")
    assert field.evaluate("(field) => field.scrollWidth <= field.clientWidth")


@pytest.mark.parametrize("title", HOSTILE[:3])
def test_names_stay_text(opened, title):
    report = opened(handmade.evaluation(classes=HOSTILE, names=HOSTILE[:3], title=title, warnings=tuple(HOSTILE)))
    page = report.wait_ready()
    click_all_over(page, steps=5)
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 7
    assert page.locator("img[src='x']").count() == 0
    report.assert_silent()


def test_without_scripts_the_numbers_are_readable(opened):
    report = opened(handmade.evaluation(), java_script_enabled=False)
    text = report.page.inner_text("#framelens-root")
    assert "Scripts are off" in text
    assert "mAP50-95" in text
    assert "background" in text
    assert "Checklist: what was found" in text
    keep_picture(report.page, "report-no-scripts")


def test_large_packed_data_is_read(opened):
    rows = [(frame, 0, 5, 5, 10, 10) for frame in range(30_000)]
    found = [(*row, 0.9) for row in rows]
    names = [f"{frame}.jpg" for frame in range(30_000)]
    report = opened(
        handmade.evaluation(objects=rows, detections=found, names=names, with_pictures=False, with_history=False)
    )
    page = report.wait_ready()
    assert page.locator("#framelens-data[data-encoding=thin]").count() == 1
    report.assert_silent()


def test_nothing_at_all_is_a_page_too(opened):
    report = opened(handmade.evaluation(None, classes=(), objects=[], detections=[], names=(), with_history=False))
    report.wait_ready()
    report.assert_silent()


def test_it_prints_dark_on_white_whatever_the_screen_shows(opened):
    report = opened(handmade.evaluation(), color_scheme="dark")
    page = report.wait_ready()
    page.evaluate(
        """() => {
          const root = document.querySelector(".framelens");
          window.themes = [root.dataset.theme];
          for (const event of ["beforeprint", "afterprint"]) {
            addEventListener(event, () => window.themes.push(root.dataset.theme));
          }
        }"""
    )
    assert page.pdf().startswith(b"%PDF")
    assert page.evaluate("window.themes") == ["dark", "light", "dark"]
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_paper_holds_the_curves_whichever_tab_is_open(opened):
    page = opened(handmade.evaluation()).wait_ready()
    page.locator(".framelens[data-panels=ready]").wait_for()
    page.evaluate("addEventListener('beforeprint', () => { window.printed = count(); })")
    page.evaluate("window.count = () => document.querySelectorAll('[data-figure=pr] .fl-trace').length")
    for tab, once in (("classes", 0), ("curves", 1), ("errors", 1)):
        page.locator(f".fl-tab[data-panel={tab}]").click()
        page.locator(f".fl-panel[data-panel={tab}]:visible").wait_for()
        before = page.evaluate("count()")
        assert page.pdf().startswith(b"%PDF")
        assert page.evaluate("[printed > 0, count()]") == [True, before]
        assert page.locator("[data-figure=pr]").count() == once


def test_paper_says_what_a_reader_would_click_for(opened):
    evaluation = handmade.evaluation()
    page = opened(evaluation).wait_ready()
    examples, findings = page.locator(".fl-paper-examples li img"), page.locator(".fl-paper .fl-finding")
    examples.nth(2).wait_for(state="attached")  # an error of each kind: all have their pictures
    assert not page.locator(".fl-paper").is_visible()
    page.emulate_media(media="print")
    assert examples.count() == 3
    assert examples.evaluate_all("(images) => images.every((image) => image.complete && image.naturalWidth > 0)")
    assert findings.count() == (evaluation.checklist["verdict"] == "present").sum() > 0
    assert findings.first.is_visible()
    keep_picture(page, "report-printed")
    for away in (".fl-controls", ".fl-tabs", ".fl-worst-panel", ".fl-mark-hint", "td:has([data-only])"):
        assert not page.locator(away).first.is_visible(), away
    cut = (
        "(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)"
    )
    assert page.locator(".fl-table-space").evaluate_all(f"{cut}.length") == 0
