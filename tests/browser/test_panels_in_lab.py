"""The panels on sets with photos in JupyterLab: the number on a mark, the boxes behind it and the DataFrame are one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

import framelens
from browser.small_set import write_notebook

pytestmark = pytest.mark.browser

SETS = {
    "blood_cells_detectron2": ("_annotations.coco.json", "coco_instances_results.json"),
    "cartucho_map": ("ground-truth", "detection-results"),
    "voc100": ("gts/pascalvoc_format", "dets/coco_format/coco_dets.json"),
}


def load(folder, name):
    truth, predictions = SETS[name]
    return framelens.evaluate(folder / truth, folder / predictions, frames=folder, progress=False)


@pytest.fixture(scope="module")
def notebook(real, workspace, lab, browser):
    """Show every set in a cell of its own."""
    cells = [
        f"folder = {str(real / 'pairs' / name)!r}\n"
        f"EvaluationWidget(framelens.evaluate(f'{{folder}}/{truth}', f'{{folder}}/{predictions}', frames=folder, "
        "progress=False))"
        for name, (truth, predictions) in SETS.items()
    ]
    first = "import framelens\nfrom framelens.widgets.evaluation_widget import EvaluationWidget"
    write_notebook(workspace / "panels.ipynb", first, *cells)
    opened = lab.open(browser, "panels.ipynb")
    opened.run_all()
    opened.page.locator(".framelens[data-panels=ready]").nth(len(SETS) - 1).wait_for()
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=list(SETS))
def shown(request, real, notebook):
    root = notebook.page.locator(".framelens").nth(list(SETS).index(request.param))
    return notebook, root, load(real / "pairs" / request.param, request.param)


def open_panel(root, panel):
    root.locator(f".fl-tab[data-panel={panel}]").click()
    return root.locator(f".fl-panel[data-panel={panel}]")


def click_all(root, marks, most=4):
    """Click some of the marks and return what they said; the gallery must say the same."""
    said = []
    for at in range(min(most, marks.count())):
        mark = marks.nth(at)
        count = mark.get_attribute("data-count")
        mark.dispatch_event("click")
        root.locator(f'.fl-gallery[data-all="{count}"]').wait_for()
        said.append(int(count))
    return said


def drag_over(page, figure, low, high):
    """Drag over a picture from one value of its axis from 0 to 1 to another, above the bars."""
    figure.scroll_into_view_if_needed()
    box = figure.locator(".fl-plot").bounding_box()
    left, right = (box["x"] + box["width"] * (42 + 308 * value) / 360 for value in (low, high))
    page.mouse.move(left, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(right, box["y"] + box["height"] / 4, steps=4)
    page.mouse.up()


def test_classes_bring_their_errors(shown):
    notebook, root, ev = shown
    panel = open_panel(root, "classes")
    matrix = ev.confusion()
    for at, name in enumerate(ev.dataset.classes[:3]):
        row = panel.locator(f'tr[data-class="{at}"]')
        missed, false = (
            int(row.locator(f"[data-bring={kind}]").get_attribute("data-count")) for kind in ("missed", "false")
        )
        assert missed == matrix.loc[name].sum() - matrix.loc[name, name]
        assert false == matrix[name].sum() - matrix.loc[name, name]
    click_all(root, panel.locator(".fl-bring[data-count]"), 6)
    # Ends what was brought too.
    panel.locator('[data-only="1"]').click()
    part = ev.where(classes=ev.dataset.classes[1]).average_precision.map50
    expect(root.locator(".fl-filter-bar")).to_contain_text(f"mAP50 {part:.3f} (" if part == part else "mAP50 n/a")  # noqa: PLR0124
    if part == part:  # noqa: PLR0124
        expect(root.locator('.fl-card[data-card="map50"] .fl-card-value')).to_have_text(f"{part:.3f}")
    root.locator("[data-end-filter]").click()
    notebook.traffic.assert_clean()


def test_histograms_and_calibration_are_the_tables(shown):
    notebook, root, ev = shown
    panel = open_panel(root, "curves")
    scores, ious, bins = ev.score_histogram(), ev.iou_histogram(), ev.calibration()
    for figure, series, column in (
        ("score", "right", scores["right"]), ("score", "wrong", scores["wrong"]),
        ("iou", "correct", ious["true_positive"]), ("iou", "wrong class", ious["confused"]),
    ):  # fmt: skip
        bars = panel.locator(f'[data-figure="{figure}"] .fl-bar[data-series="{series}"]')
        found = {int(bar.get_attribute("data-bin")): int(bar.get_attribute("data-count")) for bar in bars.all()}
        assert found == {at: count for at, count in enumerate(column.tolist()) if count}
        click_all(root, bars, 2)
    figure = panel.locator('[data-figure="calibration"]')
    found = [int(bar.get_attribute("data-count")) for bar in figure.locator(".fl-bar").all()]
    assert found == [count for count in bins["detections"].tolist() if count]
    assert float(figure.get_attribute("data-ece")) == pytest.approx(bins["ece_part"].sum())
    within = bins["detections"].iloc[3:9].sum()
    drag_over(notebook.page, figure, 0.35, 0.85)
    root.locator(f'.fl-gallery[data-all="{within}"]').wait_for()
    picture(root, f"curves-{len(ev.dataset.frames)}")
    notebook.traffic.assert_clean()


def test_error_types_are_the_table_and_their_photos_come(shown):
    notebook, root, ev = shown
    panel = open_panel(root, "errors")
    table = ev.error_types().set_index("type")
    for kind, count in table["count"].items():
        row = panel.locator(f'tr[data-type="{kind}"]')
        assert int(row.locator("[data-bring]").get_attribute("data-count")) == count
        if count:
            row.locator("[data-bring]").click()
            root.locator(f'.fl-gallery[data-all="{count}"]').wait_for()
            root.locator(".fl-gallery .fl-picture[data-picture=waiting]").first.wait_for(state="detached")
    notebook.traffic.assert_clean()


def test_slices_and_frames_are_the_tables(shown):
    _, root, ev = shown
    panel = open_panel(root, "slices")
    table = ev.slices("size")
    for _, row in table[table["objects"] + table["detections"] > 0].iterrows():
        cells = panel.locator(f'tr[data-slice="{row["slice"]}"]')
        assert cells.locator("[data-field=objects]").inner_text().replace(",", "") == str(row["objects"])
        for field in ("false_positives", "false_negatives"):
            assert int(cells.locator(f"[data-field={field}] .fl-bring").get_attribute("data-count")) == row[field]
    click_all(root, panel.locator(".fl-bring[data-count]"))
    panel = open_panel(root, "frames")
    worst = ev.per_frame().iloc[0]
    first = panel.locator("tr[data-frame]").first
    assert int(first.get_attribute("data-frame")) == ev.per_frame().index[0]
    assert first.locator("[data-field=false_negatives]").inner_text() == str(worst["false_negatives"])
    first.locator(".fl-bring").click()
    boxes = worst["objects"] + worst["false_positives"] - worst["confused"]
    root.locator(f'.fl-gallery[data-all="{boxes}"]').wait_for()


def test_the_point_moves_by_keyboard_and_the_table_follows(shown):
    _, root, ev = shown
    panel = open_panel(root, "curves")
    slider = panel.locator('[data-figure="confidence"] [role=slider]')
    slider.focus()
    before = float(slider.get_attribute("aria-valuenow"))
    slider.press("ArrowLeft")
    panel.locator(f'[role=slider][aria-valuenow="{round(before - 0.01, 3):.3f}"]').wait_for()
    moved = ev.at(confidence=round(round(before - 0.01, 9), 3))
    classes = open_panel(root, "classes")
    row = classes.locator('tr[data-class="0"]')
    expect(row.locator("[data-field=detections]")).to_have_text(f"{moved.scores.detections[0]:,}")


def test_intervals_sizes_and_marks_are_those_of_python(shown):
    notebook, root, ev = shown
    classes = open_panel(root, "classes")
    expect(classes.locator(".fl-figure-words")).to_contain_text("200 resamples", timeout=60_000)
    ends = ev.intervals(per_class=True)
    for at, row in ends.head(4).iterrows():
        for field in ("ap50", "ap50_95"):
            low, high = row[f"{field}_low"], row[f"{field}_high"]
            said = "n/a" if low != low else f"{low:.3f}–{high:.3f}"  # noqa: PLR0124, RUF001 - a range of numbers
            cell = classes.locator(f'tr[data-class="{at}"] [data-field={field}]')
            assert said in cell.get_attribute("title")
    slices = open_panel(root, "slices")
    slices.locator(".fl-sizes summary").click()
    slices.locator("[data-range=high]").first.fill("5000")
    slices.locator("[data-range=low]").nth(1).fill("5001")
    slices.locator("[data-range=low]").nth(1).press("Enter")
    ranges = {"small": (0, 5000), "medium": (5001, 9216), "large": (9216, 10**10)}
    for _, row in ev.slices("size", sizes=ranges).iterrows():
        if row["objects"]:
            cell = slices.locator(f'tr[data-slice="{row["slice"]}"] [data-field=objects]')
            expect(cell).to_have_text(f"{row['objects']:,}")
    labels = open_panel(root, "labels")
    labels.locator("tr[data-issue] [data-bring]").first.focus()
    notebook.page.keyboard.press("l")
    expect(labels.locator(".fl-triaged")).to_contain_text("1 of")
    labels.locator(".fl-without button").click()
    expect(root.locator(".fl-filter-bar")).to_contain_text("mAP50-95")
    recall = float(root.locator("[data-card=recall]").get_attribute("data-value"))
    assert float(labels.locator(".fl-without").get_attribute("data-recall")) == pytest.approx(recall)
    picture(root, f"labels-{len(ev.dataset.frames)}")
    root.locator("[data-end-filter]").click()
    notebook.traffic.assert_clean()


def picture(root, name):
    folder = os.environ.get("FRAMELENS_PICTURES")
    if folder:
        root.locator(".fl-panels").screenshot(path=Path(folder) / f"{name}.png")
