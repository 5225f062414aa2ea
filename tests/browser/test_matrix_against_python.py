"""What the page counts by itself is what Python counts: the kinds of background, and groups of classes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import handmade
from framelens.metrics.status import STATUSES

pytestmark = pytest.mark.browser

CLASSES = ("car", "bus", "cat", "dog", "kite")
GROUPS = ("vehicle", "vehicle", "animal", "animal", None)


def _boxes(random, count):
    place = random.uniform(0, 60, (count, 2))
    return np.column_stack([random.integers(0, 3, count), random.integers(0, 5, count), place, place * 0 + 25])


@pytest.fixture(scope="module", params=[1, 2, 3])
def opened(request, browser, tmp_path_factory):
    random = np.random.default_rng(request.param)
    objects = _boxes(random, 40)
    found = np.column_stack([_boxes(random, 60), random.uniform(0.3, 1, 60)])
    near = np.column_stack([objects + np.array([0, 0, 3, 3, 0, 0]), random.uniform(0.3, 1, 40)])
    evaluation = handmade.evaluation(
        classes=CLASSES,
        objects=objects[np.argsort(objects[:, 0], kind="stable")],
        detections=(every := np.vstack([found, near]))[np.argsort(every[:, 0], kind="stable")],
        supercategories=GROUPS,
        with_pictures=False,
    )
    page = browser.new_page(viewport={"width": 1300, "height": 1200})
    page.goto(evaluation.report(tmp_path_factory.mktemp("parity") / "report.html").as_uri())
    page.locator(".framelens[data-panels=ready]").wait_for()
    yield evaluation, page
    page.close()


def test_background_splits_as_python_does(opened):
    evaluation, page = opened
    names = list(STATUSES)
    wanted = Counter(names[code] for code in evaluation.outcomes.detection_status)
    wanted["missed"] = int((evaluation.outcomes.object_status == names.index("missed")).sum())
    seen = {}
    for button in page.locator(".fl-split [data-kind]").all():
        seen[button.get_attribute("data-kind")] = int(button.inner_text().split()[0])
    assert sum(seen.values()) > 20
    assert seen == {kind: wanted[kind] for kind in ("missed", "localisation", "duplicate", "background")}


def test_folded_groups_hold_the_sum_of_their_cells(opened):
    evaluation, page = opened
    counts = evaluation.confusion_result.counts
    page.locator(".fl-fold").click()
    page.locator('.fl-matrix-stage[data-size="4"]').wait_for()
    page.locator(".fl-matrix-stage").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.locator(".fl-tooltip[data-actual='0'][data-predicted='2']:not([hidden])").wait_for()
    assert int(page.locator(".fl-tooltip").get_attribute("data-count")) == counts[:2, 2:4].sum()
    page.locator(".fl-fold").click()
