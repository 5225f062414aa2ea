"""Random datasets, and the same as pycocotools reads them."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from framelens.data.dataset import Dataset, Detections, Frames, Objects


def random_dataset(
    seed: int,
    *,
    frames: int = 4,
    classes: int = 3,
    objects: int = 12,
    detections: int = 30,
    scores: int = 5,
    grid: int = 8,
) -> Dataset:
    """Small whole-number boxes on a small canvas: many overlaps, equal IoUs and equal scores."""
    random = np.random.default_rng(seed)
    count, many = (int(random.integers(0, top + 1)) for top in (objects, detections))
    scale = float(random.choice([1.0, 7.0, 13.5]))

    def boxes(number: int) -> np.ndarray:
        corner, size = random.integers(0, grid, (number, 2)), random.integers(0, grid, (number, 2))
        return np.hstack((corner, size)) * scale

    frame, found_in = (np.sort(random.integers(0, frames, number)).astype(np.int32) for number in (count, many))
    category = random.integers(0, classes, count).astype(np.int32)
    box = boxes(count)
    found_box, found_category = boxes(many), random.integers(0, classes, many).astype(np.int32)
    if count:
        for row in range(many):
            if random.random() < 0.7:
                copy = int(random.integers(0, count))
                found_box[row] = np.maximum(box[copy] + random.integers(-1, 2, 4) * scale, 0)
                found_category[row] = category[copy] if random.random() < 0.8 else found_category[row]
    area = box[:, 2] * box[:, 3] * random.choice([1.0, 0.6, 1.5], count)
    score = random.integers(0, scores, many) / scores if random.random() < 0.7 else random.random(many)
    return Dataset(
        Frames(tuple(f"{i}.jpg" for i in range(frames)), tuple(range(1, frames + 1)), *np.full((2, frames), 200.0)),
        tuple(f"class {k}" for k in range(classes)),
        tuple(range(1, classes + 1)),
        Objects(frame, category, box, area, random.random(count) < 0.15, random.random(count) < 0.1, np.arange(count)),
        Detections(found_in, found_category, found_box, score, np.arange(many)),
    )


def to_coco(dataset: Dataset) -> tuple[COCO, COCO]:
    truth, found = COCO(), COCO()
    objects, detections = dataset.objects, dataset.detections
    images = [{"id": int(i)} for i in dataset.frames.ids]
    categories = [{"id": int(i), "name": n} for i, n in zip(dataset.class_ids, dataset.classes, strict=True)]
    truth.dataset = {
        "images": images,
        "categories": categories,
        "annotations": [
            {
                "id": row + 1,
                "image_id": dataset.frames.ids[objects.frame[row]],
                "category_id": dataset.class_ids[objects.category[row]],
                "bbox": objects.box[row].tolist(),
                "area": float(objects.area[row]),
                "iscrowd": int(objects.crowd[row]),
                "ignore": int(objects.ignore[row]),
            }
            for row in range(len(objects))
        ],
    }
    found.dataset = {
        "images": images,
        "categories": categories,
        "annotations": [
            {
                "id": row + 1,
                "image_id": dataset.frames.ids[detections.frame[row]],
                "category_id": dataset.class_ids[detections.category[row]],
                "bbox": detections.box[row].tolist(),
                "area": float(detections.box[row, 2] * detections.box[row, 3]),
                "iscrowd": 0,
                "score": float(detections.score[row]),
            }
            for row in range(len(detections))
        ],
    }
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
