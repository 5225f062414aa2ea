"""A whole notebook as one page: framelens views, other widgets, mathematics, and no address."""

from __future__ import annotations

import json
import os
import re
import sys
from base64 import b64encode
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("nbconvert")

from PIL import Image

from browser.counting import SilentPage, counting_proxy
from browser.jupyter import watch
from framelens.cli import main
from framelens.errors import DataError, OptionError
from framelens.report.mathematics import as_mathml
from framelens.report.notebook import OfflineReportExporter, write_notebook_report
from framelens.report.others import other_widgets
from framelens.report.seal import seal
from framelens.report.state import strip_widget_state

ROOT = Path(__file__).resolve().parents[2]
SETUP = f"""\
import sys
sys.path[:0] = [{str(ROOT / "src")!r}, {str(ROOT / "tests")!r}]
import handmade
handmade.evaluation(title="kept")"""
CHART = """\
import ipywidgets, numpy as np
from bqplot import pyplot
slider = ipywidgets.IntSlider(value=7, description="amount")
chart = pyplot.figure(title="squares")
pyplot.plot(np.arange(5.0), np.arange(5.0) ** 2)
held = ipywidgets.Output()
with held:
    print("held by an output widget")
ipywidgets.VBox([slider, chart, held])"""
TEXT = r"""# Formulas
In a line $F_1 = 2 \frac{p r}{p + r}$, and alone:
$$\sum_{i=1}^{n} x_i$$
![a cat](https://example.org/cat.png) <img src="//example.org/dog.png" alt="a dog">
<script src="https://example.org/x.js"></script><iframe src="https://example.org"></iframe>"""


PRINTED = """(page) => {
  dispatchEvent(new Event("beforeprint"));
  const found = [document.querySelectorAll(".fl-paper-curves .fl-trace").length, page.offsetHeight];
  dispatchEvent(new Event("afterprint"));
  return found;
}"""


def notebook(*cells, **metadata):
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell(cell[3:]) if cell.startswith("md:") else nbformat.v4.new_code_cell(cell)
            for cell in cells
        ]
    )
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.metadata.update(metadata)
    return made


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a notebook that was run on the way."""
    path = tmp_path_factory.mktemp("book") / "book.ipynb"
    nbformat.write(notebook("md:" + TEXT, SETUP, CHART), path)
    return write_notebook_report(path, execute=True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>plain</p>", "<p>plain</p>"),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA=="/>'),
        ('<IMG SRC="http://a/b">', "<em>[picture not included: no description]</em>"),
        ('<img srcset="a.png 2x" src="data:,">', "<em>[picture not included: no description]</em>"),
        ('<script src="//a/b.js"></script>x', "x"),
        ('<link rel="stylesheet" href="a.css">x', "x"),
        ('<meta http-equiv="refresh" content="0;url=http://a">x', "x"),
        ('<base href="http://a/">x', "x"),
        ('<iframe src="http://a"></iframe>', ""),
        ('<p style="background:url(http://a/b)">x</p>', '<p style="background:none">x</p>'),
        ("<style>@import url(http://a); p{background:url('http://b')}</style>", "<style> p{background:}</style>"),
        ('<svg><image href="http://a/b.png"></image></svg>', "<svg><image/></svg>"),
        ('<a href="http://a">there</a>', '<a href="http://a">there</a>'),
        ('<object data="http://a"></object>', ""),
        ('<video poster="p.png" src="v.mp4"></video>', ""),
    ],
)
def test_what_would_be_fetched_is_left_out(given, kept):
    assert seal(given) == kept


HOSTILE_TEXT = """\
<script>window.hacked = 1</script><img src="data:,x" onerror="window.hacked = 2"><svg onload="window.hacked = 3"></svg>
<iframe srcdoc="<script>parent.hacked = 4</script>"></iframe><math><mi href="javascript:hacked=5">x</mi></math>
<a id="trap" href="javascript:window.hacked = 6">here</a> <style>p { display: none }</style>

![secret](../secret.png) ![own](own.png) **kept**"""
HOSTILE_OUTPUT = """\
<iframe src="http://example.org/a"></iframe><iframe srcdoc="<img src='http://example.org/b'>"></iframe>
<iframe src="data:text/html,<script>fetch('http://example.org/c')</script>"></iframe>
<img src="http://example.org/d"><meta http-equiv="refresh" content="0;url=http://example.org/e"><p>the output</p>"""


@pytest.mark.browser
def test_a_hostile_notebook_runs_no_text_and_asks_nobody(tmp_path, browser):
    (tmp_path / "in").mkdir()
    for name, color in (("secret.png", 1), ("in/own.png", 2)):
        Image.new("RGB", (4, 4), color).save(tmp_path / name)
    made = notebook("md:" + HOSTILE_TEXT, "1")
    made.cells[1].outputs = [
        nbformat.v4.new_output("display_data", data={"text/html": HOSTILE_OUTPUT}),
        nbformat.v4.new_output("display_data", data={"text/markdown": HOSTILE_TEXT}),
    ]
    path = tmp_path / "in" / "hostile.ipynb"
    nbformat.write(made, path)
    page = write_notebook_report(path)
    text = page.read_text(encoding="utf-8")
    stored = [b64encode((tmp_path / name).read_bytes()).decode() in text for name in ("secret.png", "in/own.png")]
    assert stored == [False, True]
    with counting_proxy() as proxy:
        silent = SilentPage(browser, proxy)
        opened = silent.page
        opened.goto(page.as_uri())
        opened.locator("#trap, a:has-text('here')").first.click()
        opened.get_by_text("the output").wait_for()
        assert opened.get_by_text("kept").first.is_visible()
        assert opened.evaluate("window.hacked") is None
        assert (opened.url, proxy.asked) == (page.as_uri(), [])
        silent.close()


def test_formulas_are_readable_with_and_without_the_converter(monkeypatch):
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    assert as_mathml("a < b", block=False) == "<code>$a &lt; b$</code>"
    assert as_mathml("x", block=True) == "<p><code>$$x$$</code></p>"


def test_formulas_become_mathml():
    pytest.importorskip("latex2mathml")
    assert as_mathml(r"\frac{a}{b}", block=True).startswith("<math")
    assert "<mo>&#x0003C;</mo>" in as_mathml("a < b", block=False)
    assert as_mathml(r"\begin{nothing", block=False).startswith(("<math", "<code"))


@pytest.mark.parametrize("name", ["aligned", "align*", "split", "eqnarray*", "gather", "gathered", "alignat", "array"])
def test_lines_of_a_formula_stand_under_each_other(name):
    pytest.importorskip("latex2mathml")
    columns = {"array": "{rl}", "alignat": "{1}"}.get(name, "")
    found = as_mathml(rf"\begin{{{name}}}{columns} a &= 1 \\ b &= 2 \end{{{name}}}", block=True)
    assert found.count("<mtr>") == 2
    assert "<mi>&</mi>" not in found


def test_an_output_in_tex_is_mathematics_and_one_that_nothing_draws_is_named():
    pytest.importorskip("latex2mathml")
    made = notebook("1", "2")
    show = nbformat.v4.new_output
    made.cells[0].outputs = [show("display_data", data={"text/latex": r"$\displaystyle x_1$", "image/png": "AA=="})]
    made.cells[1].outputs = [show("display_data", data={"application/vnd.plotly.v1+json": {"data": []}})]
    text, _ = OfflineReportExporter().from_notebook_node(made)
    assert "<msub>" in text
    assert "displaystyle x" not in text
    assert "(application/vnd.plotly.v1+json: nothing in this page draws it)" in text


def test_the_page_asks_for_nothing(page):
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    outside = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|srcset)=["'](?!data:)""", outside)
    assert "picture not included: a cat" in text
    assert "picture not included: a dog" in text
    assert "MathJax" not in text
    assert "twinHost" in text


def test_no_place_of_this_machine_stands_in_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert str(page.parent) not in text


def test_libraries_come_only_with_widgets_that_need_them():
    made = notebook("1")
    text, _ = OfflineReportExporter().from_notebook_node(made)
    assert "framelens-library" not in text
    assert len(text) < 800_000
    assert other_widgets(None, ["a"]) == ("", set())


def test_a_widget_whose_code_is_not_installed_keeps_its_other_form():
    state = {"a": {"model_name": "M", "model_module": "not-installed", "state": {}}}
    widgets = {"application/vnd.jupyter.widget-state+json": {"state": state}}
    made = notebook("1", widgets=widgets)
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "the text of it"}
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", data=view)]
    text, _ = OfflineReportExporter().from_notebook_node(made)
    assert "the text of it" in text
    assert "framelens-library" not in text
    assert "model_id" in made.cells[0].outputs[0].data["application/vnd.jupyter.widget-view+json"]


@pytest.mark.parametrize("name", ["../../etc", "a/b/c", "/etc/passwd", ".."])
def test_no_module_name_leads_out_of_the_folder(name):
    state = {"a": {"model_name": "M", "model_module": name, "state": {}}}
    assert other_widgets({"application/vnd.jupyter.widget-state+json": {"state": state}}, ["a"]) == ("", set())


@pytest.mark.parametrize(
    ("cells", "kernel", "said"),
    [
        (("1", "1 / 0", "2"), "python3", r"a\.ipynb: cell 2: ended with ZeroDivisionError: division by zero$"),
        (("1",), "no-such", r"a\.ipynb: cannot be run: kernel 'no-such' is not installed here; choose another"),
        (("import os; os._exit(1)",), "python3", r"a\.ipynb: cannot be run: Kernel died$"),
    ],
)
def test_a_notebook_that_cannot_be_run_is_one_line_and_no_file(tmp_path, cells, kernel, said):
    path = tmp_path / "a.ipynb"
    made = notebook(*cells)
    made.metadata.kernelspec["name"] = kernel
    nbformat.write(made, path)
    before = path.read_bytes()
    with pytest.raises(DataError, match=said):
        write_notebook_report(path, execute=True)
    assert [one.name for one in tmp_path.iterdir()] == ["a.ipynb"]
    assert path.read_bytes() == before


def test_the_notebook_is_never_replaced(tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(notebook("1"), path)
    with pytest.raises(OptionError, match="replace the notebook"):
        write_notebook_report(path, path)


def test_the_command_line_writes_the_page_and_strips_state(tmp_path, capsys):
    path = tmp_path / "a.ipynb"
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}, "b": {}}}}
    nbformat.write(notebook("1", widgets=state), path)
    assert main(["report", str(path), "-o", str(tmp_path / "out.html")]) == 0
    assert (tmp_path / "out.html").is_file()
    assert main(["strip", str(path)]) == 0
    assert "2 widget models" in capsys.readouterr().err
    assert "widgets" not in json.loads(path.read_text())["metadata"]
    assert strip_widget_state(path) == 0
    assert main(["report", str(tmp_path / "no.ipynb")]) == 2
    (tmp_path / "bad.ipynb").write_text("[]")
    assert main(["strip", str(tmp_path / "bad.ipynb")]) == 2


@pytest.mark.browser
def test_everything_in_it_lives_with_the_network_off(page, browser):
    context = browser.new_context(viewport={"width": 1200, "height": 1600})
    context.set_offline(True)
    opened = context.new_page()
    traffic = watch(opened)
    opened.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', "
        "(event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));"
    )
    opened.goto(page.as_uri())
    twin = opened.frame_locator("iframe[title='framelens: saved view']")
    twin.locator("#framelens-root[data-state=ready]").wait_for()
    opened.locator(".framelens-other[data-state]").first.wait_for()
    assert opened.locator(".framelens-other[data-state=ready]").count() == 1, opened.inner_text(".framelens-other")
    opened.locator(".bqplot svg path.line").first.wait_for()
    assert opened.locator(".widget-readout").inner_text() == "7"
    assert opened.locator(".framelens-other pre").inner_text() == "held by an output widget\n"
    if folder := os.environ.get("FRAMELENS_PICTURES"):
        opened.screenshot(path=Path(folder) / "front-end-offline-notebook.png", full_page=True)
        opened.locator(".framelens-other").screenshot(path=Path(folder) / "front-end-offline-others.png")
    # on paper the frame has room for all that is printed in it, and hardly more
    twin.locator(".fl-paper-examples li img").nth(2).wait_for(state="attached")
    opened.set_viewport_size({"width": 720, "height": 1600})
    opened.emulate_media(media="print")
    curves, needed = twin.locator("html").evaluate(PRINTED)
    assert curves > 0
    opened.wait_for_function(
        """(needed) => {
          const { height } = document.querySelector("iframe").getBoundingClientRect();
          return needed <= height && height <= 1.15 * needed;
        }""",
        arg=needed,
    )
    assert traffic.outside == []
    assert opened.evaluate("window.violations") == []
    assert traffic.errors == []
    context.close()
