"""Makes ``js/test/fixtures/comparisons.json``: payloads of random comparisons and what Python says of them.

Run ``python -m front_end.comparisons`` in ``tests`` to write it again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.comparison import compare
from framelens.evaluation import Evaluation
from framelens.metrics.changes import FRAME_CHANGES, OBJECT_CHANGES
from framelens.widgets.comparison_payload import encode_comparison
from made_datasets import random_dataset

if TYPE_CHECKING:
    from framelens.data.dataset import Detections

FILE = Path(__file__).resolve().parents[2] / "js" / "test" / "fixtures" / "comparisons.json"
CASES = 14


def case(seed: int, classes: int = 3) -> dict[str, Any]:
    one = random_dataset(seed, classes=classes, objects=24, detections=40)
    models = {"old": Evaluation(one), "new": Evaluation(replace(one, detections=changed(one.detections, seed)))}
    comparison = compare(models, rounds=0)
    payload = encode_comparison(comparison, "new")
    payload.head["stamp"] = []  # holds the version
    objects, frames = comparison.objects()["change"], comparison.frames()["change"]
    return {
        "head": payload.head,
        "data": base64.b64encode(payload.buffer).decode("ascii"),
        "difference": comparison.confusion().to_numpy().tolist(),
        "objects": [int((objects == name).sum()) for name in OBJECT_CHANGES],
        "frames": [int((frames == name).sum()) for name in FRAME_CHANGES],
    }


def changed(detections: Detections, seed: int) -> Detections:
    """Return what another model finds: some other scores, some boxes elsewhere."""
    random = np.random.default_rng(seed)
    score = np.where(random.random(len(detections)) < 0.4, random.random(len(detections)), detections.score)
    moved = (random.random((len(detections), 1)) < 0.2) * np.array([9.0, 9.0, 0.0, 0.0])
    return replace(detections, score=score, box=detections.box + moved)


def text() -> str:
    # The last has more classes than the matrix of changes shows.
    return json.dumps([*map(case, range(CASES)), case(CASES, 34)], separators=(",", ":")) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
