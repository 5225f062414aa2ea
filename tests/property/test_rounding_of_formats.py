"""COCO -> YOLO -> COCO: what six decimals may change."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framelens.data import join, read_predictions, read_truth
from framelens.metrics.coco import coco_metrics
from framelens.metrics.iou import iou_matrix

WIDTH, HEIGHT, FRAMES = 640, 480, 4
# Two numbers of six decimals make a side: half a step each for the centre, half a quarter for the side itself.
STEP = 0.5e-6


def make(seed):
    """Return boxes that lie inside their frame, and detections near them, as plain lists."""
    random = np.random.default_rng(seed)
    side = 20 + random.random((20, 2)) * 150
    box = np.hstack((random.random((20, 2)) * ((WIDTH, HEIGHT) - side), side))
    frame, category = np.sort(random.integers(0, FRAMES, 20)), random.integers(0, 2, 20)
    near = box + random.normal(0, 5, box.shape)
    near[:, :2] = np.clip(near[:, :2], 0, None)
    near[:, 2:] = np.minimum(near[:, 2:], (WIDTH, HEIGHT) - near[:, :2])
    return frame, category, box, near, random.permutation(20) / 25 + 0.1


def write_coco(folder, frame, category, box, near, score):
    images = [{"id": f, "file_name": f"f{f}.jpg", "width": WIDTH, "height": HEIGHT} for f in range(FRAMES)]
    rows = [
        {"image_id": f, "category_id": k, "bbox": b}
        for f, k, b in zip(frame.tolist(), category.tolist(), box.tolist(), strict=True)
    ]
    found = [{**row, "bbox": b, "score": s} for row, b, s in zip(rows, near.tolist(), score.tolist(), strict=True)]
    truth = {
        "images": images,
        "annotations": [{**row, "id": n} for n, row in enumerate(rows)],
        "categories": [{"id": 0, "name": "a"}, {"id": 1, "name": "b"}],
    }
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(json.dumps(found))


def write_yolo(folder, frame, category, box, near, score):
    (folder / "labels" / "val").mkdir(parents=True)
    (folder / "found").mkdir()
    (folder / "data.yaml").write_text("path: .\nval: labels/val\nnames: [a, b]\n")
    for kind, boxes in (("labels/val", box), ("found", near)):
        centre = np.hstack((boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:])) / (WIDTH, HEIGHT, WIDTH, HEIGHT)
        for f in range(FRAMES):
            lines = [
                " ".join([str(category[n]), *(f"{value:.6f}" for value in centre[n])])
                + (f" {score[n]:.6f}" if kind == "found" else "")
                for n in np.flatnonzero(frame == f)
            ]
            (folder / kind / f"f{f}.txt").write_text("\n".join(lines))


def read(folder, truth, found):
    read = read_truth(folder / truth, frames=(WIDTH, HEIGHT), progress=False)
    return join(read, read_predictions(folder / found, truth=read, progress=False))


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_coco_to_yolo_to_coco(tmp_path_factory, seed):
    """AP is the same unless an IoU lies within the rounding of a threshold, or an area of a size range."""
    folder, rows = tmp_path_factory.mktemp("rounding"), make(seed)
    write_coco(folder, *rows)
    write_yolo(folder, *rows)
    coco, yolo = read(folder, "truth.json", "found.json"), read(folder, "data.yaml", "found")
    for before, after in ((coco.objects, yolo.objects), (coco.detections, yolo.detections)):
        np.testing.assert_array_equal(before.frame, after.frame)
        np.testing.assert_array_equal(before.category, after.category)
        limit = STEP * np.array([1.5 * WIDTH, 1.5 * HEIGHT, WIDTH, HEIGHT]) + 1e-9
        assert (np.abs(before.box - after.box) <= limit).all()
    ious = iou_matrix(coco.detections.box, coco.objects.box)
    changes = np.abs(ious - iou_matrix(yolo.detections.box, yolo.objects.box)).max()
    assert changes < 1e-4
    clear = np.abs(ious[..., None] - np.linspace(0.5, 0.95, 10)).min() > changes
    areas = np.concatenate([columns.box[:, 2] * columns.box[:, 3] for columns in (coco.objects, coco.detections)])
    clear &= np.abs(areas[:, None] - (1024.0, 9216.0)).min() > 1
    if clear:
        np.testing.assert_array_equal(coco_metrics(coco).precision, coco_metrics(yolo).precision)
