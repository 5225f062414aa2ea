"""What a saved dashboard shows in each front end: alive, opened again, without a kernel, untrusted, exported.

With ``FRAMELENS_PICTURES=<folder>`` a screenshot of each case is written there.
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import nbformat
import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbconvert.nbconvertapp import NbConvertApp

from browser.hosts import TWIN, keep_picture, twin_of
from browser.jupyter import watch

pytestmark = pytest.mark.browser

CODE = """\
import sys
sys.path[:0] = {path!r}
import handmade
ev = handmade.evaluation(title="kept")
ev"""
ROOT = Path(__file__).resolve().parents[2]
#: What the file or the kernel decides, whichever front end wrote or asked.
ONE_SERVER = pytest.mark.parametrize("server", ["lab"], indirect=True)


def write_notebook(path, *cells):
    code = CODE.format(path=[str(ROOT / "src"), str(ROOT / "tests")])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (code, *cells)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def assert_interactive(frame):
    """A click on a cell brings its examples, with their pictures."""
    frame.locator(".fl-matrix-stage").wait_for()
    worst = frame.locator(".fl-worst[data-cell]").first
    if worst.count():
        worst.click()
    frame.locator(".fl-thumb").first.wait_for()
    frame.locator(".fl-picture[data-picture=shown]").first.wait_for()


@pytest.fixture(scope="module", params=["lab", "notebook"])
def server(request, lab):
    return lab if request.param == "lab" else lab.with_notebook_7()


@pytest.fixture(scope="module")
def saved(server, workspace, browser):
    """The notebook as a person leaves it: run, looked at, saved, closed."""
    path = workspace / f"kept-{server.app}.ipynb"
    write_notebook(path)
    opened = server.open(browser, path.name)
    opened.run_all()
    assert opened.cell_errors() == []
    opened.page.locator(".framelens[data-state=ready]").first.wait_for()
    opened.page.locator(".bqplot").first.wait_for()
    # the twin has looked and found the widget alive
    opened.page.wait_for_function("!!document.querySelector('[id^=fl-][data-awake]')")
    assert not opened.page.locator(TWIN).is_visible()
    keep_picture(opened.page, f"{server.app}-live")
    opened.save()
    opened.page.wait_for_function(
        "() => !(window.jupyterapp || window.jupyterlab).shell.currentWidget.context.model.dirty"
    )
    opened.traffic.assert_clean()
    opened.close()
    return path


def test_the_saved_file_carries_widget_picture_text_and_twin(saved):
    outputs = json.loads(saved.read_text())["cells"][0]["outputs"]
    live, twin = (output["data"] for output in outputs)
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(live)
    assert set(twin) == {"application/javascript", "text/plain"}
    assert saved.stat().st_size < 1_500_000


def test_the_menu_offers_the_offline_report_once(server, saved):
    offered = json.loads(server.request("GET", "/api/nbconvert"))
    assert "Offline_report" in offered, "install the package again: its entry points are older than its code"
    assert "framelens" not in offered
    assert b"twinHost" in server.request("GET", f"/nbconvert/Offline_report/{saved.name}")


def open_again(server, browser, saved, *, kernel: bool, trusted: bool):
    notebook = nbformat.read(saved, as_version=4)
    notebook.metadata.sent = f"{kernel} {trusted}"  # as signed, Jupyter would know it again under any name
    name = f"again-{server.app}-{kernel}-{trusted}.ipynb"
    nbformat.write(notebook, saved.parent / name)
    if trusted:
        server.trust(saved.parent / name)
    return server.open(browser, name, kernel=kernel)


@pytest.mark.parametrize("kernel", [True, False], ids=["fresh-kernel", "no-kernel"])
def test_opened_again_the_twin_is_alive(server, browser, saved, kernel):
    opened = open_again(server, browser, saved, kernel=kernel, trusted=True)
    try:
        assert_interactive(twin_of(opened.page))
        assert opened.page.get_by_text("Error displaying widget").is_hidden()
        keep_picture(opened.page, f"{server.app}-{'kernel' if kernel else 'no-kernel'}")
        assert opened.traffic.outside == []
    finally:
        opened.close()


def test_untrusted_the_picture_stands(server, browser, saved):
    opened = open_again(server, browser, saved, kernel=True, trusted=False)
    try:
        opened.page.locator(".jp-OutputArea-output img").first.wait_for()
        assert opened.page.locator(TWIN).count() == 0
        keep_picture(opened.page, f"{server.app}-untrusted")
        assert opened.traffic.outside == []
    finally:
        opened.close()


@ONE_SERVER
@pytest.mark.parametrize("runs", [7, pytest.param(20, marks=pytest.mark.slow)])
def test_many_runs_leave_one_dashboard(server, browser, workspace, runs):
    path = workspace / "again.ipynb"
    write_notebook(path, "from ipywidgets.widgets.widget import _instances\nprint('widgets', len(_instances))")
    opened = server.open(browser, path.name)
    try:
        sizes = []
        for _ in range(runs):
            opened.run_all()
            sizes.append(int(re.findall(r"widgets (\d+)", opened.page.inner_text(".jp-Notebook"))[-1]))
        assert len(set(sizes[1:])) == 1
    finally:
        opened.close()


def nbconvert(*arguments):
    """Do what the command does, without the two seconds that a process of its own needs to begin."""
    app = NbConvertApp()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nbconvert about itself
        app.initialize(list(arguments))
        app.start()


@ONE_SERVER
@pytest.mark.parametrize(
    "options", [[], ["--template", "classic"], ["--sanitize-html"]], ids=["lab", "classic", "sanitized"]
)
def test_nbconvert_html_without_network(browser, saved, tmp_path, options):
    nbconvert("--to", "html", "--output-dir", str(tmp_path), *options, str(saved))
    page = browser.new_context(viewport={"width": 1300, "height": 1400}).new_page()
    watch(page)
    page.goto((tmp_path / f"{saved.stem}.html").as_uri())
    try:
        if options:
            page.locator("img[src^='data:image/png']").first.wait_for()
            assert "framelens-root" not in page.inner_text("body")
        else:
            assert_interactive(twin_of(page))
        keep_picture(page, f"nbconvert-{'-'.join(options).strip('-') or 'lab'}")
    finally:
        page.context.close()


@ONE_SERVER
def test_where_scripts_are_dropped_the_picture_stands(browser, saved, tmp_path):
    """As GitHub and nbviewer show it: the same outputs, and no script runs."""
    nbconvert("--to", "html", "--output-dir", str(tmp_path), str(saved))
    context = browser.new_context(viewport={"width": 1300, "height": 1400}, java_script_enabled=False)
    page = context.new_page()
    page.goto((tmp_path / f"{saved.stem}.html").as_uri())
    picture = page.locator("img[src^='data:image/png']")
    assert picture.is_visible()
    assert picture.bounding_box()["height"] > 200
    assert page.locator("iframe").count() == 0
    keep_picture(page, "no-scripts")
    context.close()


@ONE_SERVER
def test_nbconvert_markdown_keeps_the_picture_and_no_script(browser, saved, tmp_path):
    nbconvert("--to", "markdown", "--output-dir", str(tmp_path), str(saved))
    text = (tmp_path / f"{saved.stem}.md").read_text()
    assert "png" in text
    assert len(text) < 5_000
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    rendered = tmp_path / "rendered.html"
    rendered.write_text(markdown2html_mistune(text), encoding="utf-8")
    page.goto(rendered.as_uri())
    assert page.locator("img").evaluate("(image) => image.complete && image.naturalWidth > 400")
    keep_picture(page, "markdown")
    page.close()
