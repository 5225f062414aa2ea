"""What thousands of clicks, a hundred runs of a cell and a kernel that is busy or dies do to a page in JupyterLab.

Storms of clicks and runs of a cell are short by default; their whole length, and kernels that go, are marked slow.
"""

from __future__ import annotations

import os
import random
import re
import signal

import pytest
from playwright.sync_api import expect

from browser.pages import MatrixPage
from browser.small_set import write_notebook

pytestmark = pytest.mark.browser

SIZE = 10
#: Enough cells, each with enough boxes, that hardly a click finds its pictures in memory.
_LOAD = f"""
import framelens
import numpy as np
import pandas as pd

dice = np.random.default_rng(7)
count, names = 6000, np.array([f"c{{at}}" for at in range({SIZE})])
frame = np.sort(dice.integers(0, 300, count))
truth = pd.DataFrame(dict(frame=[f"{{at:03}}.jpg" for at in frame], x=dice.integers(0, 560, count), width=60,
                          y=dice.integers(0, 400, count), height=60))
truth["class"] = names[dice.integers(0, {SIZE}, count)]
found = truth.assign(score=0.5 + dice.random(count) / 2)
found["class"] = names[dice.integers(0, {SIZE}, count)]
picture = dice.integers(0, 255, (480, 640, 3), dtype=np.uint8)
ev = framelens.evaluate(truth, found, frames=lambda name: picture, confidence=0.3, progress=False)
framelens.options.twin = False
"""

_WATCH = """() => {
  const app = window.jupyterapp || window.jupyterlab;
  const { kernel } = app.shell.currentWidget.context.sessionContext.session;
  const flight = (window.flight = { open: new Set(), most: 0, sent: 0, cells: null });
  kernel.anyMessage.connect((_, { msg, direction }) => {
    const { content, method, state } = msg.content?.data ?? {};
    if (msg.header.msg_type !== "comm_msg") return;
    if (method === "update" && state?.selected_cells && direction === "send") flight.cells = state.selected_cells;
    if (method !== "custom") return;
    if (direction === "send" && content.op !== "cancel" && content.op !== "ping") {
      flight.open.add(content.id);
      flight.sent += 1;
      flight.most = Math.max(flight.most, flight.open.size);
      // After 4 seconds of silence a request is over; the clock of the page began to run a little earlier.
      setTimeout(() => flight.open.delete(content.id), 3500);
    }
    if (direction === "recv") flight.open.delete(content.id);
  });
}"""

#: Clicks 50 times a second, as the page can; a pointer that is driven from outside comes to ten.
_CLICK = """(places) => new Promise((resolve) => {
  const stage = document.querySelector(".fl-matrix-stage");
  const start = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    // A page that falls behind is clicked on more slowly: to catch up in one task would keep every message out.
    const due = Math.min(places.length, done + 2, Math.floor((performance.now() - start) / 20));
    for (; done < due; done++) {
      const [clientX, clientY] = places[done];
      const place = { clientX, clientY, bubbles: true, cancelable: true, button: 0 };
      for (const type of ["pointermove", "pointerdown", "pointerup"]) {
        stage.dispatchEvent(new PointerEvent(type, { ...place, pointerId: 1, isPrimary: true }));
      }
      stage.dispatchEvent(new MouseEvent("click", { ...place, detail: 1 }));
    }
    if (done < places.length) return;
    clearInterval(timer);
    resolve(Math.round((1000 * done) / (performance.now() - start)));
  }, 20);
})"""


@pytest.fixture(scope="module")
def notebook(workspace, lab, browser):
    write_notebook(workspace / "endurance.ipynb", _LOAD, "matrix = ev.confusion_matrix()\nmatrix")
    opened = lab.open(browser, "endurance.ipynb", height=1400)
    opened.run_all()
    opened.page.locator(".framelens[data-panels=ready]").wait_for()
    yield opened
    opened.close()


@pytest.fixture
def matrix(notebook):
    page = MatrixPage(notebook.page.locator(".framelens"))
    page.stage.scroll_into_view_if_needed()
    return page


def counters(page):
    """Nodes and listeners that live after a collection, canvases with those off the page, bytes of the heap."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    found = devtools.send("Memory.getDOMCounters")
    prototype = devtools.send("Runtime.evaluate", {"expression": "HTMLCanvasElement.prototype"})
    objects = devtools.send("Runtime.queryObjects", {"prototypeObjectId": prototype["result"]["objectId"]})
    names = devtools.send(
        "Runtime.callFunctionOn",
        {
            "objectId": objects["objects"]["objectId"],
            "functionDeclaration": "function () { return this.length }",
            "returnByValue": True,
        },
    )
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
    devtools.detach()
    return {**found, "canvases": names["result"]["value"], "heap": heap}


def open_comms(page):
    """Number of widget models that the page holds: each has an open comm."""
    return page.evaluate(
        """() => {
          const app = window.jupyterapp || window.jupyterlab;
          return app.shell.currentWidget.context.sessionContext.session.kernel._comms.size;
        }"""
    )


@pytest.mark.parametrize("clicks", [200, pytest.param(5000, marks=pytest.mark.slow)])
def test_a_storm_of_clicks_ends_with_the_last_one(notebook, matrix, clicks, record_property):
    page = notebook.page
    page.evaluate(_WATCH)
    box = matrix.stage.bounding_box()
    middles = {(row, column): matrix.center(row, column) for row in range(SIZE) for column in range(SIZE)}
    dice = random.Random(clicks)
    places, last = [], (0, 0)
    for _ in range(clicks):
        last = dice.choice([cell for cell in middles if cell != last])
        places.append([box["x"] + middles[last]["x"], box["y"] + middles[last]["y"]])
    before = counters(page)
    pace = page.evaluate(_CLICK, places)
    expect(matrix.gallery).to_have_attribute("data-cells", f"{last[0]},{last[1]}")
    expect(matrix.gallery.locator(".fl-picture[data-picture=waiting]")).to_have_count(0)
    assert matrix.gallery.locator(".fl-picture[data-picture=shown]").count() == matrix.thumbnails().count() > 0
    page.wait_for_function("window.flight.open.size === 0")
    flight = page.evaluate("({ most: flight.most, sent: flight.sent, cells: flight.cells })")
    after = counters(page)
    record_property("storm", f"{clicks} clicks at {pace}/s {flight} {before} {after}")
    assert flight["most"] <= 2
    assert 0 < flight["sent"] <= clicks
    assert flight["cells"] == [list(last)]
    assert notebook.run("print(matrix.selected_cells)").strip() == str([list(last)])
    assert after["nodes"] < before["nodes"] + 3000
    assert after["jsEventListeners"] < before["jsEventListeners"] + 500
    assert after["heap"] < before["heap"] + 30_000_000
    notebook.traffic.assert_clean()


#: Counts the modules that scripts make from text, by the size of the text.
_MODULES = """() => {
  const make = URL.createObjectURL;
  window.modules = [];
  URL.createObjectURL = (blob) => {
    if (blob.type === "text/javascript") window.modules.push(blob.size);
    return make.call(URL, blob);
  };
}"""


@pytest.mark.parametrize("runs", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_running_a_cell_again_leaves_nothing_behind(notebook, runs, record_property):
    page = notebook.page
    alive = "import gc; gc.collect(); from ipywidgets.widgets.widget import _instances; print(len(_instances))"

    def again(times):
        for _ in range(times):
            old = page.locator(".framelens").element_handle()
            notebook.run_all()
            page.wait_for_function("(old) => !old.isConnected", arg=old)
            page.locator(".framelens[data-panels=ready]").wait_for()
            old.dispose()

    again(3)  # what the page and the kernel make once is made
    page.evaluate(_MODULES)
    before, comms, models = counters(page), open_comms(page), int(notebook.run(alive))
    again(runs)
    after, modules = counters(page), page.evaluate("window.modules")
    seen = f"{runs} runs {before} {after} {comms} {open_comms(page)} {models} {notebook.run(alive)} modules {modules}"
    record_property("again", seen)
    assert int(notebook.run(alive)) == models
    assert open_comms(page) == comms
    assert after["canvases"] <= before["canvases"] + 2
    assert after["nodes"] < before["nodes"] + 40 * runs + 2000
    assert after["jsEventListeners"] < before["jsEventListeners"] + 300
    # A browser never frees a module, and the host makes one for each widget: those of every run are a few lines.
    assert len(modules) >= runs > 0
    assert max(modules) < 2_000
    assert after["heap"] < before["heap"] + 8_000_000 + 250_000 * runs
    notebook.traffic.assert_clean()


def ask_for_pictures(matrix, dice=random.Random(3)):  # noqa: B008 - one sequence for the module
    """Choose cells until one has pictures that are not in memory: a host that knows better does not even wait."""
    while True:
        cell = dice.randrange(SIZE), dice.randrange(SIZE)
        matrix.click(*cell)
        if not matrix.gallery.locator(".fl-picture[data-picture=shown]").count():
            return


def assert_said(matrix):
    """The page says that nobody answers."""
    note = matrix.root.locator(".fl-gallery-note:not([hidden])")
    note.wait_for()
    assert re.match("Not connected to the kernel", note.inner_text())


def assert_readable(matrix):
    matrix.hover(1, 2)
    assert int(matrix.tooltip.get_attribute("data-count")) > 0
    matrix.click(1, 2)
    assert int(matrix.gallery.get_attribute("data-count")) == int(matrix.tooltip.get_attribute("data-count"))
    assert matrix.thumbnails().count() > 0


def assert_alive_again(notebook, matrix):
    notebook.wait_idle()
    notebook.run_all()
    notebook.page.locator(".framelens[data-panels=ready]").wait_for()
    matrix.click(2, 3)
    expect(matrix.gallery.locator(".fl-picture[data-picture=waiting]")).to_have_count(0)
    assert matrix.gallery.locator(".fl-picture[data-picture=shown]").count() == matrix.thumbnails().count() > 0
    expect(matrix.gallery.locator(".fl-gallery-note")).to_be_hidden()
    assert "[[2, 3]]" in notebook.run("print(matrix.selected_cells)")
    notebook.traffic.assert_clean()


def restart(page):
    page.evaluate(
        "(window.jupyterapp || window.jupyterlab).shell.currentWidget.context.sessionContext.session.kernel.restart()"
    )


def connection_of(matrix):
    return matrix.root.locator(".fl-connection")


@pytest.mark.slow
def test_a_busy_kernel_is_said_and_the_pictures_come_when_it_is_free(notebook, matrix):
    page = notebook.page
    page.evaluate(
        """() => {
          const { currentWidget } = (window.jupyterapp || window.jupyterlab).shell;
          const { kernel } = currentWidget.context.sessionContext.session;
          window.work = kernel.requestExecute({ code: "import time; time.sleep(9)" }).done;
        }"""
    )
    ask_for_pictures(matrix)
    assert_said(matrix)
    expect(connection_of(matrix)).to_be_visible()  # the pointer came
    assert_readable(matrix)
    page.evaluate("window.work")
    expect(connection_of(matrix)).to_be_hidden()  # the answer came late
    matrix.gallery.locator(".fl-retry").click()
    matrix.gallery.locator(".fl-picture[data-picture=shown]").first.wait_for()
    expect(matrix.gallery.locator(".fl-gallery-note")).to_be_hidden()


@pytest.mark.slow
def test_a_kernel_that_restarts_leaves_the_data_and_the_next_run_works(notebook, matrix):
    restart(notebook.page)
    ask_for_pictures(matrix)
    assert_said(matrix)
    assert_readable(matrix)
    assert_alive_again(notebook, matrix)


@pytest.mark.slow
def test_a_kernel_that_is_killed_leaves_the_data_and_the_next_run_works(notebook, matrix):
    os.kill(int(notebook.run("import os; print(os.getpid())")), signal.SIGKILL)
    ask_for_pictures(matrix)
    assert_said(matrix)
    # The host says in a dialog over the page that the kernel died, and starts another: the widget is none of its.
    notebook.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()
    notebook.page.locator(".jp-Dialog").wait_for(state="detached")
    assert_readable(matrix)
    assert_alive_again(notebook, matrix)


def test_a_restart_is_said_without_a_click(notebook, matrix):
    notebook.page.mouse.move(2, 2)
    expect(connection_of(matrix)).to_be_hidden()
    restart(notebook.page)
    expect(connection_of(matrix)).to_be_visible()
    assert re.match("Not connected", connection_of(matrix).inner_text())
    assert_readable(matrix)
    assert_alive_again(notebook, matrix)
    expect(connection_of(matrix)).to_be_hidden()
