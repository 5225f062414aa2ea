"""Datasets as pycocotools reads them, and what it says of them."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from made_datasets import as_coco

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset


def to_coco(dataset: Dataset) -> tuple[COCO, COCO]:
    truth, found = COCO(), COCO()
    truth.dataset, rows = as_coco(dataset)
    boxes = [
        {**row, "id": number, "area": row["bbox"][2] * row["bbox"][3], "iscrowd": 0}
        for number, row in enumerate(rows, 1)
    ]
    found.dataset = {**truth.dataset, "annotations": boxes}
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        found.createIndex()
    return truth, found


class RespectfulEval(COCOeval):
    """pycocotools with ``ignore`` honoured, as its own comment promises."""

    def _prepare(self) -> None:
        super()._prepare()
        for group in self._gts.values():
            for truth in group:
                truth["ignore"] = self._flags[truth["id"]] or truth["iscrowd"]

    def evaluate(self) -> None:
        self._flags = {truth["id"]: truth["ignore"] for truth in self.cocoGt.dataset["annotations"]}
        super().evaluate()


def pycocotools(
    dataset: Dataset,
    *,
    area_ranges: list[tuple[float, float]] | None = None,
    max_detections: tuple[int, ...] | None = None,
    evaluator: type[COCOeval] = COCOeval,
) -> tuple[Any, Any, list[float]]:
    """Precision, recall and the 12 numbers, -1 as nan; the numbers only for the standard options."""
    truth, found = to_coco(dataset)
    with contextlib.redirect_stdout(io.StringIO()):
        run = evaluator(truth, found, "bbox")
        if area_ranges is not None:
            run.params.areaRng = [list(pair) for pair in area_ranges]
            run.params.areaRngLbl = [str(i) for i in range(len(area_ranges))]
        if max_detections is not None:
            run.params.maxDets = list(max_detections)
        run.evaluate()
        run.accumulate()
        standard = area_ranges is None and max_detections is None
        if standard:
            run.summarize()
    precision, recall = (np.where(run.eval[name] == -1, np.nan, run.eval[name]) for name in ("precision", "recall"))
    numbers = [float("nan") if value == -1 else float(value) for value in run.stats] if standard else []
    return precision, recall, numbers
