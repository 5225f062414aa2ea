"""The main job as a person does it: make the demo, or install the wheel; open the notebook, point, click, read.

The wheel stands in a clean environment without Node. It runs a short demo of its own; the notebook of the whole one,
which the clone made, runs in a real JupyterLab there, once in the light and once in the dark theme, and what it shows
is compared with what this checkout counts of the same files.
With ``FRAMELENS_PICTURES=<folder>`` the pictures of the README are written there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

import framelens
from browser.jupyter import JupyterServer, watch
from browser.pages import MatrixPage
from framelens.demo.experiment import PREDICTIONS, TRUTH
from framelens.demo.run import NOTEBOOK, REPORT
from installed import ROOT, build, install

pytestmark = pytest.mark.browser

EIGHT, ONE, BACKGROUND = 8, 1, 10


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return install(build(tmp_path_factory.mktemp("wheel")), tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A fresh clone after ``make demo``, which sets itself up; None where this is no clone."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return None
    folder = tmp_path_factory.mktemp("clone") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    made = make(folder, "demo")
    assert made.returncode == 0, made.stderr
    return folder


def make(folder, *arguments):
    """Run ``make`` as from a shell that knows nothing of this run."""
    own = ("PYTHON", "VIRTUAL_ENV", "MAKE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def demo(package, clone):
    """Lay the whole demo beside the wheel, and evaluate its files here."""
    assert package.run("python", "-c", "import framelens; print(framelens.__file__)").startswith(str(package.folder))
    folder = package.folder / "demo"
    if clone is None:
        package.run("framelens", "demo", "demo")
    else:
        shutil.copytree(clone / "demo", folder)
    evaluation = framelens.evaluate(
        folder / TRUTH, folder / PREDICTIONS, frames=folder / "frames" / "val", run=folder / "run", progress=False
    )
    return SimpleNamespace(evaluation=evaluation, report=folder / REPORT)


@pytest.fixture(scope="module")
def opened(demo, package, browser):  # noqa: ARG001 - the demo writes the notebook
    server = JupyterServer(
        package.folder / "home", package.folder, python=str(package.python), environment=package.environment
    )
    server.start()
    notebook = server.open(browser, f"demo/{NOTEBOOK}")
    yield notebook
    notebook.close()
    server.stop()


@pytest.fixture(scope="module", params=["light", "dark"])
def notebook(request, opened):
    """Run the notebook in each theme."""
    opened.theme = request.param
    opened.choose_theme(dark=request.param == "dark")
    opened.run_all()
    # with its panels: what they put before the matrix would take the focus of who walks there by Tab
    opened.page.locator(f".framelens[data-panels=ready][data-theme={request.param}]").first.wait_for()
    opened.page.locator(".bqplot").nth(1).wait_for()
    return opened


@pytest.fixture
def matrix(notebook):
    return MatrixPage(notebook.page.locator(".framelens").first)


def picture(notebook, name: str, locator) -> None:
    folder = os.environ.get("FRAMELENS_PICTURES")
    if folder:
        locator.scroll_into_view_if_needed()
        notebook.page.mouse.move(0, 0)  # scrolled, it may point at something else
        notebook.page.locator(".fl-tooltip:visible").wait_for(state="hidden")
        locator.screenshot(path=Path(folder) / f"{name}-{notebook.theme}.png")


def test_the_commands_of_the_readme_work_in_a_fresh_clone(clone):
    """``make demo`` made all it promises; ``make test`` knows its parts (it is running this)."""
    if clone is None:
        pytest.skip("this is no clone")
    commands = re.findall(r"^    make (\w+)", (clone / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands == ["demo", "test"]
    assert (clone / "demo" / REPORT).is_file()
    assert (clone / "demo" / NOTEBOOK).is_file()
    planned = make(clone, "-n", "test")
    assert planned.returncode == 0, planned.stderr
    for part in ("ruff check", "mypy", "pytest -p no:nbmake -n", "--nbmake", "browser and not slow"):
        assert part in planned.stdout


def test_the_wheel_runs_a_demo_of_its_own(package):
    """A short one: all that the command does is the same as in the clone."""
    package.run("framelens", "demo", "short", "--epochs", "2", "--frames", "40")
    for name in (TRUTH, PREDICTIONS, NOTEBOOK, REPORT):
        assert (package.folder / "short" / name).is_file()
    said = package.run("framelens", "evaluate", f"short/{TRUTH}", f"short/{PREDICTIONS}")
    assert "mAP50" in said


def test_the_notebook_runs_clean(notebook):
    assert notebook.cell_errors() == []
    notebook.traffic.assert_clean()


def test_hover_says_the_exact_count_and_a_sentence(matrix, demo):
    counts = demo.evaluation.confusion().to_numpy()
    for actual, predicted in [(EIGHT, EIGHT), (EIGHT, ONE), (EIGHT, BACKGROUND), (BACKGROUND, EIGHT)]:
        matrix.hover(actual, predicted)
        assert int(matrix.tooltip.get_attribute("data-count")) == counts[actual, predicted]
    matrix.hover(EIGHT, ONE)
    count, objects = counts[EIGHT, ONE], counts[EIGHT].sum()
    words = matrix.tooltip.locator(".fl-tooltip-words").inner_text()
    assert words == f"{count} of {objects} “eight” objects were called “one”"
    assert matrix.tooltip.locator(".fl-tooltip-row").inner_text() == f"{100 * count / objects:.1f}%"


def test_click_brings_exactly_the_boxes_behind_the_cell(matrix, demo):
    for actual, predicted in [("eight", "eight"), ("eight", "one"), ("eight", "background"), ("background", "eight")]:
        rows = demo.evaluation.examples(actual, predicted)
        matrix.click(demo.evaluation.class_index(actual), demo.evaluation.class_index(predicted))
        assert int(matrix.gallery.get_attribute("data-count")) == len(rows)
        seen = matrix.every_thumbnail()
        assert len(seen) == len(set(seen)) == len(rows)


def test_thumbnails_show_pictures_with_both_boxes(notebook, matrix, demo):
    matrix.click(EIGHT, ONE)
    thumbs = matrix.thumbnails()
    matrix.root.locator(".fl-thumb [data-picture=shown]").nth(thumbs.count() - 1).wait_for()
    rows = demo.evaluation.examples("eight", "one")
    for thumb, frame in zip(thumbs.all(), rows["frame"], strict=True):
        assert frame in thumb.inner_text()
        assert thumb.locator("img").evaluate("(image) => image.complete && image.naturalWidth > 0")
        assert thumb.locator("svg rect.fl-object:not(.fl-halo)").count() == 1
        assert thumb.locator("svg rect.fl-detection:not(.fl-halo)").count() == 1
    dashes = "(box) => getComputedStyle(box).strokeDasharray"
    assert thumbs.first.locator("rect.fl-object:not(.fl-halo)").evaluate(dashes) == "none"
    assert thumbs.first.locator("rect.fl-detection:not(.fl-halo)").evaluate(dashes) != "none"
    picture(notebook, "dashboard", matrix.root)


def test_a_thumbnail_opens_the_whole_frame(notebook, matrix):
    matrix.click(EIGHT, ONE)
    matrix.thumbnails().first.click()
    frame = matrix.root.locator("dialog.fl-frame[open]")
    frame.locator("[data-picture=shown] img").wait_for()
    picture(notebook, "frame", frame)
    position = frame.locator(".fl-frame-position")
    first = position.inner_text()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.wait_for_function(
        "([position, first]) => position.textContent !== first", arg=[position.element_handle(), first]
    )
    notebook.page.keyboard.press("Escape")
    frame.wait_for(state="hidden")


def test_the_whole_task_by_keyboard(notebook, matrix, demo):
    page = notebook.page
    matrix.root.get_by_role("button", name="Transpose").focus()
    for _ in range(12):  # past the buttons that stand before the matrix
        page.keyboard.press("Tab")
        if matrix.stage.evaluate("(stage) => stage.contains(stage.ownerDocument.activeElement)"):
            break
    else:
        pytest.fail("Tab does not reach the matrix")
    page.keyboard.press("Control+Home")
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    page.keyboard.press("ArrowDown")
    live = matrix.root.locator(".fl-live")
    page.wait_for_function(
        "(live) => live.textContent.startsWith('actual one, predicted zero')", arg=live.element_handle()
    )
    page.keyboard.press("Enter")
    actual, predicted = 1, 0
    matrix.root.locator(f'.fl-gallery[data-cells="{actual},{predicted}"]').wait_for()
    assert int(matrix.gallery.get_attribute("data-count")) == demo.evaluation.confusion().to_numpy()[actual, predicted]
    page.keyboard.press("b")  # in the notebook this would insert a cell
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells
    page.keyboard.press("Escape")
    matrix.root.locator(".fl-matrix-stage:not([data-selected])").wait_for()


def test_an_epoch_in_one_chart_shows_in_the_other(notebook):
    page = notebook.page
    metrics, losses = page.locator(".bqplot").nth(0), page.locator(".bqplot").nth(1)
    heading = page.locator(".framelens-readout-epoch")
    metrics.scroll_into_view_if_needed()
    for figure in (metrics, losses):
        box = figure.bounding_box()
        for share in (0.35, 0.4):  # the pointer has to move inside the figure
            page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
        page.wait_for_function("(heading) => /^Epoch \\d+$/.test(heading.textContent)", arg=heading.element_handle())
    box = metrics.bounding_box()
    before = heading.text_content()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    # As a reader does: what is pointed at has been read before it is clicked.
    moved = "([heading, before]) => heading.textContent !== before"
    page.wait_for_function(moved, arg=[heading.element_handle(), before])
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] - 30)
    page.wait_for_function("(heading) => heading.textContent.includes('(selected)')", arg=heading.element_handle())
    picture(notebook, "charts", page.locator(".framelens-readout").locator("xpath=../.."))


def test_nothing_was_logged_and_nothing_left_this_machine(notebook):
    notebook.traffic.assert_clean()


def test_the_report_lives_without_kernel_and_network(demo, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    traffic = watch(page)
    page.goto(demo.report.as_uri())
    page.locator(".framelens[data-state=ready]").wait_for()
    matrix = MatrixPage(page.locator(".framelens"))
    counts = demo.evaluation.confusion().to_numpy()
    matrix.hover(EIGHT, EIGHT)
    assert int(matrix.tooltip.get_attribute("data-count")) == counts[EIGHT, EIGHT]
    matrix.click(EIGHT, BACKGROUND)
    assert len(matrix.every_thumbnail()) == counts[EIGHT, BACKGROUND]
    traffic.assert_clean()
    context.close()
