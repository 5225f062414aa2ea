"""An evaluation that has something for every part of the page, and a page of pictures in every cell of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import framelens
import handmade
from browser import small_set

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 18
EPOCHS = 12


def evaluation(folder: Path) -> Evaluation:
    """Write the files and evaluate them: curves of 12 epochs, predictions of two."""
    small_set.write_set(folder, FRAMES)
    found = json.loads((folder / "dt.json").read_text())
    (folder / "first.json").write_text(json.dumps(found[::2]))
    return framelens.evaluate(
        folder / "gt.json",
        {1: folder / "first.json", EPOCHS: folder / "dt.json"},
        frames=folder / "frames",
        run=handmade.history(EPOCHS),
        confidence=0.3,
        title="Eventful",
        progress=False,
    )


def cell(folder: Path) -> str:
    """Return the code of a notebook that shows it."""
    paths = [str(ROOT / "src"), str(ROOT / "tests")]
    return (
        f"import sys\nfrom pathlib import Path\nsys.path[:0] = {paths!r}\nfrom browser import eventful\n"
        f"ev = eventful.evaluation(Path({str(folder)!r}))\nev"
    )
