"""A small set of made frames with every kind of outcome, and the notebook that shows its matrix."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = (("car", "vehicle"), ("truck", "vehicle"), ("dog", "animal"))
CAR, TRUCK, DOG, BACKGROUND = range(4)
FRAMES = 6

#: What stands in each frame: class of the object and of the detection (None for none), x, shift of the detection.
_BOXES = [
    (CAR, CAR, 10, 1),
    (CAR, TRUCK, 70, 2),
    (TRUCK, None, 130, 0),
    (DOG, DOG, 190, 0),
    (DOG, DOG, 190, 4),  # a second detection of the same dog: a duplicate
    (None, CAR, 250, 0),
]

COUNTS = [
    [FRAMES, FRAMES, 0, 0],
    [0, 0, 0, FRAMES],
    [0, 0, FRAMES, 0],
    [FRAMES, 0, FRAMES, 0],
]


def write_set(folder: Path, frames: int = FRAMES) -> Path:
    """Write ground truth, predictions and pictures, and return the folder."""
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    truth: list[dict] = []
    found: list[dict] = []
    for frame in range(1, frames + 1):
        picture = Image.new("RGB", (320, 120), (40 * frame % 256, 90, 160))
        pen = ImageDraw.Draw(picture)
        for number, (actual, predicted, x, shift) in enumerate(_BOXES):
            box = [x, 20 + frame, 48, 60]
            pen.rectangle((x, 20 + frame, x + 48, 80 + frame), outline="white", width=3)
            if actual is not None and number != 4:  # the duplicate has no object of its own
                truth.append({"id": len(truth) + 1, "image_id": frame, "category_id": actual + 1, "bbox": box})
            if predicted is not None:
                shifted = [box[0] + shift, *box[1:]]
                score = 0.9 - 0.01 * frame - 0.05 * number
                found.append({"image_id": frame, "category_id": predicted + 1, "bbox": shifted, "score": score})
        picture.save(folder / "frames" / f"{frame}.png")
    categories = [{"id": i + 1, "name": name, "supercategory": group} for i, (name, group) in enumerate(CLASSES)]
    images = [{"id": i, "file_name": f"{i}.png", "width": 320, "height": 120} for i in range(1, frames + 1)]
    document = {"images": images, "annotations": truth, "categories": categories}
    (folder / "gt.json").write_text(json.dumps(document))
    (folder / "dt.json").write_text(json.dumps(found))
    return folder


def load(name: str) -> str:
    """Return the code that evaluates the set in the folder ``name``."""
    return (
        "import framelens\n"
        f'ev = framelens.evaluate("{name}/gt.json", "{name}/dt.json", frames="{name}/frames",\n'
        "                        confidence=0.3, progress=False)\n"
        "matrix = ev.confusion_matrix()\n"
    )


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells that names its kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
