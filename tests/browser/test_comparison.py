"""Two models side by side, as a person sees them: in JupyterLab, and in the file that is sent around."""

from __future__ import annotations

import re

import nbformat
import pytest

from browser.jupyter import watch

pytestmark = pytest.mark.browser

MAKE = """
import numpy as np, pandas as pd, framelens
random = np.random.default_rng(0)
frames = random.integers(0, 255, (12, 120, 160, 3), dtype=np.uint8)
rows = [
    {"frame": f"{n:02d}.png", "class": ["cat", "dog", "owl"][k], "x": 10 + 45 * k, "y": 20, "width": 30, "height": 60}
    for n in range(12) for k in range(3)
]
truth = pd.DataFrame(rows)
good = truth.assign(score=0.9)
poor = good.copy()
poor.loc[poor.index % 4 == 0, "class"] = "owl"
poor = poor.drop(index=[5, 6])
pictures = dict(zip(sorted(set(truth["frame"])), frames))
old, new, none = (
    framelens.evaluate(truth, found, frames=pictures, confidence=0.5) for found in (poor, good, good.head(9))
)
comparison = framelens.compare({"old": old, "new": new, "third": none}, rounds=20)
"""


@pytest.fixture(scope="module")
def comparison():
    names: dict[str, object] = {}
    exec(MAKE, names)
    return names["comparison"]


def choose_third(root, comparison) -> None:
    """Another model in the same widget: cards, cells and pairs are its own, and the focus stays where it was."""
    root.locator('[data-choose="model"]').select_option(label="third")
    root.locator('.fl-compare[data-model="third"]').wait_for()
    root.locator('[data-choose="model"]:focus').wait_for()
    broken = (comparison.objects("third")["change"] == "broken").sum()
    button = root.locator('[data-kind="objects"][data-change-of="1"]')
    assert button.get_attribute("data-count") == str(broken)
    button.click()
    root.locator(f'.fl-pairs-view[data-count="{broken}"]').wait_for()
    root.locator('.fl-pair-side[data-side="model"] .fl-picture[data-picture="shown"]').first.wait_for()
    recall = comparison.metrics.set_index(["model", "metric"]).loc[("third", "recall"), "delta"]
    shown = root.locator('tr[data-model="2"] [data-field="recall_delta"] .fl-model-change').get_attribute("data-delta")
    assert float(shown) == pytest.approx(recall)
    root.locator('[data-choose="row 1"]').click()
    root.locator('.fl-compare[data-model="new"]').wait_for()


def look(root, comparison) -> None:
    """Every number brings as many pairs, with a picture on both sides, and a frame opens large."""
    changes = comparison.objects("new")["change"].value_counts()
    fixed = root.locator('[data-kind="objects"][data-change-of="0"]')
    assert fixed.get_attribute("data-count") == str(changes["fixed"])
    fixed.click()
    root.locator(f'.fl-pairs-view[data-count="{changes["fixed"]}"]').wait_for()
    root.locator('.fl-pair-side[data-side="baseline"] .fl-picture[data-picture="shown"]').first.wait_for()
    root.locator('.fl-pair-side[data-side="model"] .fl-picture[data-picture="shown"]').first.wait_for()
    difference = comparison.confusion("new").to_numpy()
    for cell in root.locator("[data-cell]").all():
        actual, predicted = map(int, cell.get_attribute("data-cell").split(","))
        assert int(cell.get_attribute("data-delta")) == difference[actual, predicted]
    wrong = root.locator('[data-cell="0,2"]')
    wrong.click()
    assert re.search(r"\d+ came, \d+ went", root.locator(".fl-pairs-view h3").inner_text())
    root.locator(".fl-pair").first.click()
    dialog = root.locator("dialog.fl-frame[open]")
    dialog.locator(".fl-picture[data-picture=shown]").nth(1).wait_for()
    root.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_in_jupyterlab(lab, browser, workspace, comparison):
    cells = [nbformat.v4.new_code_cell(MAKE), nbformat.v4.new_code_cell("comparison")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), workspace / "comparison.ipynb")
    notebook = lab.open(browser, "comparison.ipynb")
    try:
        for theme in ("light", "dark"):
            notebook.choose_theme(dark=theme == "dark")
            notebook.run_all()
            root = notebook.page.locator(f".jp-OutputArea .framelens[data-theme={theme}]:visible").first
            root.locator(".fl-compare").wait_for()
            look(root, comparison)
            choose_third(root, comparison)
            if theme == "light":
                root.locator('[data-choose="swap"]').click()
                root.locator('.fl-compare[data-baseline="new"][data-model="old"]').wait_for()
            assert notebook.cell_errors() == []
            notebook.traffic.assert_clean()
    finally:
        notebook.close()


def test_in_a_file_without_kernel_and_network(tmp_path, browser, comparison):
    path = comparison.report(tmp_path / "comparison.html")
    page = browser.new_page()
    traffic = watch(page)
    page.goto(path.as_uri())
    page.locator(".fl-compare").wait_for()
    look(page.locator(".framelens"), comparison)
    choose_third(page.locator(".framelens"), comparison)
    traffic.assert_clean()
    page.close()
