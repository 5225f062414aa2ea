"""Cells are run to their end, whatever they do while the client speaks with the kernel."""

from __future__ import annotations

import asyncio
import select
import time

import nbformat
import pytest

pytest.importorskip("nbclient")

from nbclient import output_widget

from framelens.report.running import CellRunner

# The text reaches the client, which answers it; the cell ends while the client is at it.
CODE = """\
import time, ipywidgets
with ipywidgets.Output():
    print("held by an output widget")
time.sleep(0.3)"""


def test_a_reply_that_comes_during_an_answer_is_not_missed(monkeypatch):
    answer, arrived = output_widget.OutputWidget.send, []

    def late_answer(widget, *arguments, **options):
        time.sleep(1.5)
        signal = widget.kernel_client.shell_channel.socket.fileno()
        arrived.append(bool(select.select([signal], [], [], 0)[0]))
        answer(widget, *arguments, **options)

    monkeypatch.setattr(output_widget.OutputWidget, "send", late_answer)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    asyncio.run(asyncio.wait_for(CellRunner(notebook, timeout=None).async_execute(), 60))
    assert any(arrived)
