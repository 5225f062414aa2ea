"""The demo notebook: text and cells, run in a real kernel before it is stored."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np

from framelens.errors import FramelensError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.evaluation import Evaluation

__all__ = ["build", "execute", "to_bytes"]

_SECONDS_PER_CELL = 120

_INTRODUCTION = """\
# What does this detector get wrong?

A small detector has just been trained on this machine to find handwritten digits on cluttered surfaces.
The digits are real (scikit-learn ships 1,797 of them), the frames were composed from them, and the
{frames} validation frames show only digits that were not trained on. Some digits touch, some are
small, some strokes are no digits at all, and some frames are empty.

Everything below reads ordinary files: COCO annotations, COCO results, a `results.csv` and a folder of
JPEG frames. With your own files, only the four names in the next cell change."""

_DASHBOARD = """\
## The dashboard

* **Cards**: each number with the question it answers and the range that is usually good.
* **Confusion matrix**: rows are what is there, columns are what was predicted. The last column holds
  objects that were missed, the last row false alarms. Hover over a cell for a sentence; click it, and
  the boxes behind it appear below, ground truth solid and detections dashed.
* **Charts**: metrics and losses share their epochs. Hover in one and read the other."""

_PER_CLASS = """\
## Class by class

The same numbers as a table, at the same operating point: a confidence of {confidence}, the one with the
best mean F1. The worst classes come first."""

_CELL = """\
## From a number to the boxes behind it

The fullest cell off the diagonal: **{actual}** taken for **{predicted}**. The table below has exactly as
many rows as the matrix counts, the most confident mistake first."""

_MISSED = """\
The class that is found least often is **{worst}**. These were missed; look at their size."""

_EPOCHS = """\
## What did training change?

The detections of every epoch were kept. Here is how much each class gained in average precision (IoU
0.50) between the first epoch and the best one."""

_OWN = """\
## Your own files

```python
ev = framelens.evaluate("annotations.json", "results.json", frames="images/", run="runs/detect/train")
ev                                   # this dashboard
ev.at(confidence=0.25)               # the same data at another operating point
ev.report("report.html")             # one file to send around: interactive, no server, no network
```

YOLO folders and DataFrames work as well: `framelens.evaluate("data.yaml", "runs/detect/val/labels")`."""


def build(evaluation: Evaluation) -> Any:
    """Return the notebook, not yet run; what it points out is looked up in ``evaluation``."""
    labels = [*evaluation.dataset.classes, "background"]
    actual, predicted = (labels[index] for index in _fullest_mistake(evaluation))
    confidence = evaluation.operating_point.confidence
    cells = [
        _text(_INTRODUCTION.format(frames=len(evaluation.dataset.frames))),
        _code(
            "import framelens\n\n"
            "ev = framelens.evaluate(\n"
            '    "annotations_val.json",\n'
            '    "predictions_val.json",\n'
            '    frames="frames/val",\n'
            '    run="run",\n'
            '    epoch="best",  # which epoch of the run these predictions are of\n'
            '    title="Handwritten digits",\n'
            ")"
        ),
        _text(_DASHBOARD),
        _code("ev"),
        _text(_PER_CLASS.format(confidence="n/a" if confidence is None else f"{confidence:.2f}")),
        _code('ev.per_class.sort_values("f1").round(3)'),
        _text(_CELL.format(actual=actual, predicted=predicted)),
        _code(f'ev.examples("{actual}", "{predicted}").round(3)'),
        _text(_MISSED.format(worst=labels[_least_found(evaluation)])),
        _code(
            f'missed = ev.examples("{labels[_least_found(evaluation)]}", "background")\n'
            'missed[["frame", "object_x", "object_y", "object_width", "object_height"]].head(10)'
        ),
        _text(_EPOCHS),
        _code(
            'first = framelens.evaluate("annotations_val.json", "run/predictions/epoch_01.json")\n'
            'gain = ev.per_class.set_index("class")["ap50"] - first.per_class.set_index("class")["ap50"]\n'
            'gain.sort_values(ascending=False).round(3).to_frame("AP50 gained since epoch 1")'
        ),
        _text(_OWN),
    ]
    for index, cell in enumerate(cells):
        cell["id"] = f"demo-{index:02d}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )


def execute(notebook: Any, folder: Path, *, on_cell: Callable[[], object]) -> None:
    """Run the notebook in ``folder`` with this Python, in place; call ``on_cell`` as each cell begins.

    Raises
    ------
    FramelensError
        If a cell fails; the text says how.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient.exceptions import CellExecutionError

    from framelens.report.running import CellRunner

    # No kernel folders: the kernel is this Python, whatever "python3" means elsewhere on the machine.
    specs = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    with tempfile.TemporaryDirectory(prefix="framelens-") as sockets:
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=specs,
            connection_file=str(Path(sockets) / "kernel.json"),
            transport="tcp" if sys.platform == "win32" else "ipc",  # no port is opened where it can be avoided
        )
        client = CellRunner(
            notebook,
            timeout=_SECONDS_PER_CELL,
            km=manager,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            on_cell_start=lambda **_: on_cell(),
        )
        try:
            client.execute(cleanup_kc=True)
        except CellExecutionError as error:
            problem = f"the demo notebook stopped: {one_line(error.ename)}: {one_line(error.evalue)}"
            raise FramelensError(problem) from error


def to_bytes(notebook: Any) -> bytes:
    """Return the notebook as it is stored."""
    return str(nbformat.writes(notebook)).encode() + b"\n"  # type: ignore[no-untyped-call]


def _fullest_mistake(evaluation: Evaluation) -> tuple[int, int]:
    """Return row and column of the fullest cell off the diagonal, between classes if one is filled."""
    counts = evaluation.confusion_result.counts.copy()
    np.fill_diagonal(counts, 0)
    counts = counts[:-1, :-1] if counts[:-1, :-1].any() else counts
    row, column = np.unravel_index(int(counts.argmax()), counts.shape)
    return int(row), int(column)


def _least_found(evaluation: Evaluation) -> int:
    """Return the class with the lowest recall."""
    return int(np.nan_to_num(evaluation.scores.recall, nan=np.inf).argmin())


def _text(source: str) -> Any:
    return nbformat.v4.new_markdown_cell(source)  # type: ignore[no-untyped-call]


def _code(source: str) -> Any:
    return nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]
