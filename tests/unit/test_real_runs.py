"""Every real training log with what the checklist says of it: its length, and the symptoms that are present.

The table in ``test_signals.py`` says where the events of some of them lie; this holds all of them, so that no change
of a threshold goes by unseen. Logs of fewer than eight epochs are judged by nothing.
"""

from __future__ import annotations

import pytest

from framelens.diagnosis import check
from framelens.errors import DataError
from framelens.training import read_run

RUNS: dict[str, tuple[int, list[str]]] = {
    "custom_csv/kitti_cv_project__faster_rcnn_lr_0.005_batch_4": (50, ["still-rising"]),
    "detectron2/blood_cells__metrics.json": (279, []),
    "detectron2/fruits__metrics.json": (3, []),
    "detr/detr-r50_log.txt": (500, ["learning-rate", "loss-up-map-up", "stop-here"]),
    "hf_trainer/irrigation__trainer_state.json": (7, []),
    "keras/brain_tumor__training_log.csv": (24, []),
    "lightning/dental__version_1": (5, []),
    "lightning/trash-project__version_0": (2, []),
    "mmdet/LSKNet-S_115133__None.log.json": (5, []),
    "mmdet/balloon_rtmdet__20230611_151818.log": (40, []),
    "mmdet/balloon_rtmdet__scalars.json": (40, []),
    "mmdet/balloon_rtmdet__test_20230611_153446.json": (1, []),
    "mmdet/surf_v2__None.log.json": (276, []),
    "tfevents/LSKNet-S_115133": (5, []),
    "tfevents/fruits_detectron2": (3, []),
    "tfevents/surf_mmdet": (1, []),
    "tfevents/yolov7_bone": (100, ["learning-rate", "loss-up-map-up", "stop-here"]),
    "ultralytics/ANPR__v5_exp": (20, ["stop-here"]),
    "ultralytics/Lab-Assignment-3__pose": (10, ["still-rising"]),
    "ultralytics/UltralythicsModelTesting__seg_train20": (150, ["stop-here"]),
    "ultralytics/UltralythicsModelTesting__seg_train40": (150, ["stop-here"]),
    "ultralytics/UltralythicsModelTesting__seg_train6": (100, ["still-rising"]),
    "ultralytics/arrow_detection__train": (150, ["learning-rate", "stop-here"]),
    "ultralytics/arrow_detection__train2": (150, ["learning-rate", "stop-here"]),
    "ultralytics/cv4ecology__1_exp_batch_16": (200, ["stop-here"]),
    "ultralytics/cv4ecology__2_exp_nobirds_gpu": (91, ["learning-rate", "stop-here"]),
    "ultralytics/cv4ecology__olds_3_exp_batch_32": (160, ["learning-rate", "stop-here"]),
    "ultralytics/eat-lab__v5_cls_exp": (5, []),
    "ultralytics/eat-lab__v5_train_exp2": (6, []),
    "ultralytics/kitti_cv_project__rtdetr": (30, ["learning-rate", "loss-up-map-up", "model-too-small"]),
    "ultralytics/kitti_cv_project__yolov8n": (50, []),
    "ultralytics/predict_yolo_batch_size__train10": (1, []),
    "ultralytics/predict_yolo_batch_size__train181": (10, ["model-too-small"]),
    "ultralytics/predict_yolo_batch_size__train67": (100, ["learning-rate", "over-fitting"]),
    "ultralytics/predict_yolo_batch_size__train70": (100, ["learning-rate", "stop-here"]),
    "ultralytics/voc-object-detection__yolov8n_voc4": (60, []),
    "ultralytics/workshoe-yolo11__train2": (10, []),
    "ultralytics/workshoe-yolo11__train3": (50, ["stop-here"]),
    "ultralytics/yolo_learn__classify_train": (5, []),
    "ultralytics/yolo_learn__detect_train": (3, []),
    "ultralytics/yolo_learn__obb_train": (10, ["never-learned"]),
    "ultralytics/yolo_learn__segment_train": (5, []),
    "ultralytics/yolov10__yolov10m.csv": (500, ["stop-here"]),
    "ultralytics/yolov10__yolov10n.csv": (500, ["learning-rate", "model-too-small", "stop-here"]),
    "ultralytics/yolov10__yolov10s.csv": (500, ["model-too-small", "stop-here"]),
    "ultralytics/yolov5_70_seg__exp": (1, []),
    "ultralytics/yolov5_obb__exp2": (20, ["never-learned"]),
    "ultralytics/yolov5_obb__exp3": (50, ["learning-rate", "model-too-small"]),
    "ultralytics/yolov9-PID__exp": (25, ["still-rising"]),
    "yolov7/Bone-Fracture__results.txt": (100, ["learning-rate", "loss-up-map-up", "stop-here"]),
    "yolox/ML__yolox_s_train_log.txt": (40, ["learning-rate", "stop-here"]),
}
#: What lies beside the logs and is none: settings, and pictures of curves.
NO_LOGS = {
    "ultralytics/voc-object-detection__tables",
    "yolov7/Bone-Fracture__hyp.yaml",
    "yolov7/Bone-Fracture__opt.yaml",
}


@pytest.mark.parametrize("log", RUNS)
def test_verdicts(real, log):
    history = read_run(real / "logs" / log)
    length, present = RUNS[log]
    assert len(history) == length
    assert sorted(finding.id for finding in check(history=history) if finding.verdict == "present") == present
    assert length >= 8 or present == []


def test_no_log_is_forgotten(real):
    there = {f"{entry.parent.name}/{entry.name}" for entry in (real / "logs").glob("*/*")}
    assert there == RUNS.keys() | NO_LOGS
    for other in NO_LOGS:
        with pytest.raises(DataError):
            read_run(real / "logs" / other)
