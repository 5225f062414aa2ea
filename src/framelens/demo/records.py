"""Frames and detections in the ordinary formats: COCO JSON, results.csv, args.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.demo.frames import CLASSES
from framelens.demo.scenery import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from framelens.demo.detector import Found
    from framelens.demo.experiment import Plan
    from framelens.demo.frames import Frame
    from framelens.demo.training import Epoch

__all__ = ["COLUMNS", "coco_annotations", "coco_results", "settings_yaml", "table_row"]

#: Columns of ``results.csv``. No ``time``: it would differ between runs.
COLUMNS = (
    "epoch",
    "train/box_loss",
    "train/cls_loss",
    "metrics/precision(B)",
    "metrics/recall(B)",
    "metrics/mAP50(B)",
    "metrics/mAP50-95(B)",
    "val/box_loss",
    "val/cls_loss",
    "lr/pg0",
)

_MOST_DETECTIONS = 100


def coco_annotations(frames: Sequence[Frame], seed: int) -> dict[str, Any]:
    """Return the ground truth as COCO JSON; ids count from 1."""
    annotations: list[dict[str, Any]] = []
    for image_id, frame in enumerate(frames, 1):
        for box, label in zip(frame.boxes.tolist(), frame.labels.tolist(), strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": label + 1,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    return {
        "info": {"description": f"framelens demo: handwritten digits on cluttered surfaces, seed {seed}"},
        "images": [
            {"id": image_id, "file_name": frame.name, "width": WIDTH, "height": HEIGHT}
            for image_id, frame in enumerate(frames, 1)
        ],
        "annotations": annotations,
        "categories": [{"id": index, "name": name} for index, name in enumerate(CLASSES, 1)],
    }


def coco_results(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return the detections as COCO results: at most 100 a frame, boxes to 0.01 pixel, scores to 8 digits."""
    return [
        {
            "image_id": image_id,
            "category_id": label + 1,
            "bbox": [round(value, 2) for value in box],
            "score": round(score, 8),
        }
        for image_id, one in enumerate(found, 1)
        for box, label, score in zip(
            one.boxes[:_MOST_DETECTIONS].tolist(),
            one.labels[:_MOST_DETECTIONS].tolist(),
            one.scores[:_MOST_DETECTIONS].tolist(),
            strict=True,
        )
    ]


def table_row(epoch: Epoch, metrics: Mapping[str, float], learning_rate: float) -> str:
    """Return one line of ``results.csv``: six significant digits, ``nan`` where undefined."""
    values = (
        epoch.train.box,
        epoch.train.cls,
        metrics["precision"],
        metrics["recall"],
        metrics["map50"],
        metrics["map50_95"],
        epoch.val.box,
        epoch.val.cls,
        learning_rate,
    )
    return ",".join([str(epoch.number), *(f"{value:.6g}" for value in values)])


def settings_yaml(plan: Plan, learning_rate: float) -> bytes:
    """Return ``args.yaml``: what the run was asked to do."""
    lines = (
        "task: detect",
        "mode: train",
        "model: framelens-demo",
        "data: annotations_val.json",
        f"epochs: {plan.epochs}",
        f"imgsz: {WIDTH}",
        "optimizer: Adam",
        f"lr0: {learning_rate:g}",
        f"seed: {plan.seed}",
        "deterministic: true",
        f"train_frames: {plan.train_frames}",
    )
    return ("\n".join(lines) + "\n").encode()
