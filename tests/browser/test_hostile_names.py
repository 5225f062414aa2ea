"""300 hostile names in every place that shows text, under a policy that forbids turning text into markup."""

from __future__ import annotations

import itertools

import pytest

import handmade
from browser.pages import MatrixPage
from framelens.report.html import write_report

pytestmark = pytest.mark.browser

_ATTACKS = [
    "<img src=x onerror='window.hacked=1'>",
    "</script><script>window.hacked=1</script>",
    "<!--<script>",
    "<svg onload=window.hacked=1>",
    "javascript:window.hacked=1",
    '" onmouseover="window.hacked=1',
    "' autofocus onfocus='window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}}",
    "${window.hacked=1}",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hacked=1>",
    "__proto__",
    "constructor",
    "toString",
    "\u202egnp.exe",
    "\u2066isolate",
    "a\u0000b",
    "=HYPERLINK(1)",
    "background",
    "(other: 3 classes)",
    "person ▸",
    "../../../etc/passwd",
    "\U0001f4a9" * 50,
    "x" * 5000,
]
_SHAPES = ["{}", "a{}", "{}b", "{0}{0}", " {}", "{}\n", "\t{}", "-{}", "/{}", "{}/", "{}.jpg", "<b>{}</b>"]
NAMES = [shape.format(attack) for attack, shape in itertools.product(_ATTACKS, _SHAPES)]


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    assert len(NAMES) == 300
    count = len(NAMES)
    objects = [(i, i, 10, 10, 40, 40) for i in range(count)]
    found = [(i, (i + 1) % count, 10, 10, 40, 40, 0.9) for i in range(count)]
    evaluation = handmade.evaluation(
        classes=NAMES,
        objects=objects,
        detections=found,
        names=[f"{i}{name}" for i, name in enumerate(NAMES)],
        supercategories=tuple(NAMES),
        title=NAMES[0],
        with_pictures=False,
        warnings=tuple(NAMES),
    )
    context = browser.new_context(offline=True, viewport={"width": 1300, "height": 1200})
    opened = context.new_page()
    opened.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', (e) => violations.push(e.sample))"
    )
    opened.goto(write_report(evaluation, tmp_path_factory.mktemp("hostile") / "report.html").as_uri())
    opened.locator(".framelens[data-panels=ready]").wait_for()
    yield opened
    context.close()


def assert_only_text(page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("window.violations") == []
    root = page.locator(".framelens")
    assert root.locator("script, style, iframe, object, embed, math, form, [onerror], [onload], [onfocus]").count() == 0
    assert root.locator("img:not([src^='blob:'])").count() == 0


def test_the_policy_forbids_turning_text_into_markup(page):
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "require-trusted-types-for 'script'" in policy
    refused = "() => { try { document.createElement('p').innerHTML = '<b>'; return false } catch { return true } }"
    assert page.evaluate(refused)
    page.wait_for_function("violations.length === 1")  # it reports its own, too
    page.evaluate("() => { window.violations = [] }")


def test_names_stay_text_in_matrix_tooltip_picker_pairs_and_groups(page):
    matrix = MatrixPage(page.locator(".framelens"))
    matrix.stage.focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
    page.locator(".fl-tooltip:not([hidden])").wait_for()
    for control in (".fl-pick", ".fl-confused"):
        page.locator(control).click()
    assert page.locator(".fl-class").count() == len(NAMES)
    assert page.locator(".fl-confused-list [data-pair]").count() == 20
    assert_only_text(page)
    page.locator(".fl-fold").click()
    page.locator(".fl-top").select_option(" 20")
    page.locator(".fl-open-other:not([hidden])").wait_for()
    assert_only_text(page)
    page.locator(".fl-open-other").click()
    page.locator(".fl-fold").click()


def test_names_stay_text_in_gallery_and_frame(page):
    matrix = MatrixPage(page.locator(".framelens"))
    matrix.stage.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Shift+ArrowDown")
    page.keyboard.press("Control+Shift+ArrowRight")
    matrix.root.locator('.fl-gallery[data-count="300"]').wait_for()
    for _ in range(3):
        assert_only_text(page)
        matrix.gallery.get_by_role("button", name="Next page").click()
    matrix.thumbnails().first.click()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert page.locator(".fl-frame-position").inner_text() == "67 of 300"
    assert_only_text(page)
    page.keyboard.press("Escape")


def test_names_stay_text_in_every_panel(page):
    for tab in page.locator(".fl-tabs [role=tab]").all():
        tab.click()
        assert_only_text(page)
