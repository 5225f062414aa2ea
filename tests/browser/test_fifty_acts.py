"""Fifty and more acts of a reader on the report, the exported notebook and the reopened one, with nobody to ask.

By default all of them on the report and a walk through the most used on the others; ``-m slow`` does all everywhere.
"""

from __future__ import annotations

import secrets

import nbformat
import pytest

from browser import eventful
from browser.counting import SilentPage, counting_proxy
from browser.hosts import open_without_kernel, twin_of
from browser.reader import GROUPS, SHORT, Reader
from framelens.report.notebook import write_notebook_report
from framelens.report.state import strip_widget_state

pytestmark = pytest.mark.browser

LENGTHS = [pytest.param(SHORT, id="short"), pytest.param(GROUPS, id="all", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def saved(workspace, browser):  # noqa: ARG001 - without a browser there is nothing to prepare
    """A notebook that was run and saved, as front ends save it: without the state of the widgets."""
    from framelens.report.running import CellRunner

    code = eventful.cell(workspace / "eventful")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    CellRunner(notebook, timeout=120).execute()
    strip_widget_state(notebook)
    path = workspace / "eventful.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def silent(browser):
    pages = []
    with counting_proxy() as proxy:

        def make(**options):
            pages.append(SilentPage(browser, proxy, **options))
            return pages[-1]

        yield make
        for page in pages:
            page.close()


def walk(page, root, groups):
    root.wait_for()
    reader = Reader(page, root)
    for group in groups:
        group(reader)
    assert len(set(reader.acts)) >= (15 if groups is SHORT else 50)


def test_the_proxy_hears_whoever_asks(silent):
    opened = silent()
    opened.page.goto("about:blank")
    opened.page.evaluate("fetch('http://example.org/x').catch(() => 0)")
    assert opened.proxy.asked == ["GET http://example.org/x HTTP/1.1"]


def test_the_report(silent, tmp_path):
    evaluation = eventful.evaluation(tmp_path / "set")
    path = evaluation.report(tmp_path / "report.html", epochs=evaluation.epochs)
    opened = silent()
    opened.page.goto(path.as_uri())
    walk(opened.page, opened.page.locator(".framelens[data-panels=ready]"), GROUPS)
    opened.assert_silent()


@pytest.mark.parametrize("groups", LENGTHS)
def test_the_exported_notebook(silent, saved, tmp_path, groups):
    page = write_notebook_report(saved, tmp_path / "page.html")
    opened = silent()
    opened.page.goto(page.as_uri())
    walk(opened.page, twin_of(opened.page), groups)
    opened.assert_silent()


@pytest.mark.parametrize("groups", LENGTHS)
def test_the_notebook_opened_again_without_a_kernel(silent, saved, lab, groups):
    lab.trust(saved)
    opened = silent(friend=lab.url)
    opened.page.goto(f"{lab.url}/lab/workspaces/w{secrets.token_hex(3)}?token={lab.token}&reset")
    open_without_kernel(opened.page, saved.name)
    walk(opened.page, twin_of(opened.page), groups)
    opened.assert_silent()
