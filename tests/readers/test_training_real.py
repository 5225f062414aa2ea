"""Every real training log, with what its source says about it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from framelens.training import read_run, run_summary

# folder, framework, task, epochs, best value of map50_95, best epoch (from 1), last value
ULTRALYTICS = [
    ("workshoe-yolo11__train2", "ultralytics", "detect", 10, 0.60243, 10, 0.60243),
    ("workshoe-yolo11__train3", "ultralytics", "detect", 50, 0.66948, 43, 0.66013),
    ("predict_yolo_batch_size__train67", "ultralytics", "detect", 100, 0.48563, 85, 0.44579),
    ("predict_yolo_batch_size__train70", "ultralytics", "detect", 100, 0.6469, 89, 0.62241),
    ("predict_yolo_batch_size__train10", "ultralytics", "detect", 1, 0.34374, 1, 0.34374),
    ("predict_yolo_batch_size__train181", "ultralytics", "detect", 10, 0.34487, 4, 0.34046),
    ("arrow_detection__train", "ultralytics", "detect", 150, 0.88128, 130, 0.8657),
    ("arrow_detection__train2", "ultralytics", "detect", 150, 0.86258, 128, 0.82578),
    ("kitti_cv_project__yolov8n", "ultralytics", "detect", 50, 0.46224, 50, 0.46224),
    ("kitti_cv_project__rtdetr", "ultralytics", "detect", 30, 0.20047, 27, 0.19798),
    ("voc-object-detection__yolov8n_voc4", "ultralytics", "detect", 60, 0.56546, 58, 0.56302),
    ("yolo_learn__detect_train", "ultralytics", "detect", 3, 0.0, 1, 0.0),
    ("yolo_learn__segment_train", "ultralytics", "segment", 5, 0.67958, 5, 0.67958),
    ("yolo_learn__obb_train", "ultralytics", "obb", 10, 0.0, 1, 0.0),
    ("cv4ecology__1_exp_batch_16", "ultralytics", "detect", 200, 0.72119, 163, 0.70076),  # from 0 in the file
    ("cv4ecology__2_exp_nobirds_gpu", "ultralytics", "detect", 91, 0.75219, 41, 0.74702),
    ("cv4ecology__olds_3_exp_batch_32", "ultralytics", "detect", 160, 0.84341, 120, 0.79488),  # from 0
    ("UltralythicsModelTesting__seg_train40", "ultralytics", "segment", 150, 0.58541, 150, 0.58541),
    ("UltralythicsModelTesting__seg_train6", "ultralytics", "segment", 100, 0.51965, 100, 0.51965),
    ("UltralythicsModelTesting__seg_train20", "ultralytics", "segment", 150, 0.54162, 147, 0.54162),
    ("yolov10__yolov10n.csv", "yolov10", "detect", 500, 0.38485, 499, 0.3848),
    ("yolov10__yolov10s.csv", "yolov10", "detect", 500, 0.46244, 470, 0.45866),
    ("yolov10__yolov10m.csv", "yolov10", "detect", 500, 0.51041, 498, 0.50999),
    ("yolov5_obb__exp3", "yolov5", "obb", 50, 0.055587, 50, 0.055587),  # from 0
    ("yolov5_obb__exp2", "yolov5", "obb", 20, 7.9077e-05, 1, 0.0),  # from 0
    ("eat-lab__v5_train_exp2", "yolov5", "detect", 6, 0.68654, 6, 0.68654),  # from 0
    ("ANPR__v5_exp", "yolov5", "detect", 20, 0.64718, 20, 0.64718),  # from 0
    ("yolov9-PID__exp", "yolov9", "detect", 25, 0.36468, 25, 0.36468),  # from 0
    ("yolov5_70_seg__exp", "yolov5", "segment", 1, 0.094383, 1, 0.094383),  # from 0
    ("Lab-Assignment-3__pose", "ultralytics", "pose", 10, 0.63619, 10, 0.63619),
]


@pytest.mark.parametrize("known", ULTRALYTICS, ids=lambda known: known[0])
def test_results_csv(real, known):
    folder, framework, task, epochs, best, best_epoch, last = known
    history = read_run(real / "logs/ultralytics" / folder)
    main = history.series["map50_95"]
    assert (history.framework, history.task, len(history)) == (framework, task, epochs)
    assert history.epochs.tolist() == list(range(1, epochs + 1))
    assert history.best_epoch == best_epoch
    assert main[best_epoch - 1] == np.nanmax(main) == best
    assert main[-1] == last
    assert {"precision", "recall", "map50"} <= history.series.keys()
    assert any(name.startswith("train/") for name in history.series)
    assert any(name.startswith("val/") for name in history.series)
    assert "lr/0" in history.series
    assert not history.skipped
    json.dumps(run_summary(history), allow_nan=False)


@pytest.mark.parametrize(
    ("folder", "accuracy", "framework"),
    [("yolo_learn__classify_train", 0.1, "ultralytics"), ("eat-lab__v5_cls_exp", 1.0, "yolov5")],
)
def test_classification_runs_have_no_boxes(real, folder, accuracy, framework):
    history = read_run(real / "logs/ultralytics" / folder)
    assert (history.framework, history.task, len(history), history.best_epoch) == (framework, "classify", 5, None)
    assert np.nanmax(history.series["accuracy_top1"]) == accuracy
    assert {"train/total", "val/total"} <= history.series.keys()


def test_tables_of_a_test_set_are_no_training_log(real):
    from framelens.errors import DataError

    for path in (real / "logs/ultralytics/voc-object-detection__tables").glob("*.csv"):
        with pytest.raises(DataError, match="not recognised"):
            read_run(path)


@pytest.mark.parametrize(
    ("folder", "stopped", "planned", "patience"),
    [
        ("cv4ecology__2_exp_nobirds_gpu", True, 200, 50),
        ("cv4ecology__olds_3_exp_batch_32", True, 200, 40),
        ("cv4ecology__1_exp_batch_16", False, 200, 40),
        ("yolov5_obb__exp3", False, 50, 100),
        ("ANPR__v5_exp", None, None, None),
    ],
)
def test_early_stop_is_told_from_plan_and_patience(real, folder, stopped, planned, patience):
    history = read_run(real / "logs/ultralytics" / folder)
    assert (history.stopped_early, history.planned_epochs, history.patience) == (stopped, planned, patience)


def test_schemes_with_more_columns(real):
    logs = real / "logs/ultralytics"
    segment = read_run(logs / "UltralythicsModelTesting__seg_train40").series
    assert {"train/sem", "val/sem", "mask/map50_95", "lr/7"} <= segment.keys()
    pose = read_run(logs / "Lab-Assignment-3__pose").series
    assert pose["pose/map50_95"][-1] < 0.1 < pose["map50_95"][-1]
    assert {"train/kobj", "val/pose"} <= pose.keys()
    assert {"train/giou", "train/l1"} <= read_run(logs / "kitti_cv_project__rtdetr").series.keys()
    assert {"train/box_om", "val/dfl_oo"} <= read_run(logs / "yolov10__yolov10n.csv").series.keys()
    assert {"train/theta", "val/theta"} <= read_run(logs / "yolov5_obb__exp3").series.keys()
    one_class = read_run(logs / "ANPR__v5_exp").series
    assert (one_class["train/cls"] == 0).all()
    assert read_run(logs / "workshoe-yolo11__train2").wall_time[0] == 33.0301


# file, framework, epochs, run starts, {series: (row, value, decimals)}
OTHERS = [
    ("custom_csv/kitti_cv_project__faster_rcnn_lr_0.005_batch_4", "unknown", 50, (), {"map50": (48, 0.68, 6)}),
    (
        "yolov7/Bone-Fracture__results.txt", "yolov7", 100, (),
        {"precision": (-1, 0.6988, 4), "recall": (-1, 0.5218, 4),
         "map50": (-1, 0.5388, 4), "map50_95": (-1, 0.3126, 4)},
    ),
    ("yolox/ML__yolox_s_train_log.txt", "yolox", 40, (21,), {"map50_95": (0, 0.818, 3), "map50": (0, 0.957, 3)}),
    ("detectron2/fruits__metrics.json", "detectron2", 3, (), {"map50_95": (0, 0.2393, 4), "map50": (2, 1.0, 4)}),
    ("detectron2/blood_cells__metrics.json", "detectron2", 279, (126, 129, 279), {"train/total": (0, 4.3421, 4)}),
    ("mmdet/balloon_rtmdet__scalars.json", "mmdetection", 40, (), {"map50_95": (-1, 0.731, 3), "map50": (4, 0.452, 3)}),
    ("mmdet/balloon_rtmdet__20230611_151818.log", "mmdetection", 40, (), {"map50_95": (-1, 0.731, 3)}),
    (
        "mmdet/balloon_rtmdet__test_20230611_153446.json", "mmdetection", 1, (),
        {"map50_95": (0, 0.732, 3), "map50": (0, 0.849, 3)},
    ),
    ("mmdet/LSKNet-S_115133__None.log.json", "mmdetection", 5, (), {"map50": (-1, 0.88056, 5)}),
    ("detr/detr-r50_log.txt", "detr", 500, (), {"map50_95": (-1, 0.4203, 4), "map50": (-1, 0.6240, 4)}),
    ("lightning/dental__version_1/metrics.csv", "lightning", 5, (), {"val/total": (-1, 0.7379, 4)}),
    ("lightning/trash-project__version_0", "lightning", 2, (), {"val_acc": (0, 0.9709, 4)}),
    ("hf_trainer/irrigation__trainer_state.json", "huggingface", 7, (),
     {"val/total": (4, 0.04311, 5), "eval_f1": (4, 0.9871, 4)}),
    ("keras/brain_tumor__training_log.csv", "keras", 24, (6, 10, 20), {"val_accuracy": (0, 0.60084, 5)}),
    ("tfevents/fruits_detectron2", "detectron2", 3, (), {"map50_95": (0, 0.2393, 4)}),
    ("tfevents/yolov7_bone", "ultralytics", 100, (), {"map50_95": (-1, 0.3126, 4)}),
    ("tfevents/LSKNet-S_115133", "mmdetection", 5, (), {"map50": (-1, 0.88056, 5)}),
    ("tfevents/surf_mmdet", "mmdetection", 1, (), {"map50": (0, 0.6987, 4)}),
]  # fmt: skip


@pytest.mark.parametrize("known", OTHERS, ids=lambda known: known[0])
def test_other_trainers(real, known):
    path, framework, epochs, starts, facts = known
    history = read_run(real / "logs" / path)
    assert (history.framework, len(history), history.run_starts) == (framework, epochs, starts)
    assert (np.diff(history.epochs) > 0).all()
    assert history.epochs[0] == 1
    for name, (row, value, decimals) in facts.items():
        assert round(float(history.series[name][row]), decimals) == value, name
    json.dumps(run_summary(history), allow_nan=False)


def test_many_appended_runs(real):
    history = read_run(real / "logs/mmdet/surf_v2__None.log.json")
    assert len(history) == len(history.series["map50"]) == 276
    assert len(history.run_starts) == 32
    assert int(np.isfinite(history.series["map50"]).sum()) == 19
    assert any("another run begins" in warning for warning in history.warnings)


def test_empty_event_file_has_no_epochs(real):
    path = next((real / "logs/tfevents/surf_mmdet").glob("*1659881281*"))
    assert len(read_run(path)) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("detectron2/fruits__metrics.json", "tfevents/fruits_detectron2"),
        ("yolov7/Bone-Fracture__results.txt", "tfevents/yolov7_bone"),
        ("mmdet/LSKNet-S_115133__None.log.json", "tfevents/LSKNet-S_115133"),
        ("mmdet/balloon_rtmdet__scalars.json", "mmdet/balloon_rtmdet__20230611_151818.log"),
    ],
)
def test_two_logs_of_one_run_agree(real, one, other):
    a, b = read_run(real / "logs" / one), read_run(real / "logs" / other)
    common = a.series.keys() & b.series.keys()
    assert len(common) >= 4
    assert len(a) == len(b)
    for name in common:
        np.testing.assert_allclose(a.series[name], b.series[name], rtol=2e-3, atol=1e-4, err_msg=name)


def test_every_log_file_is_covered(real):
    """A log that is added to the folder must get its row here."""
    named = {row[0].split("/")[-1] for row in OTHERS} | {row[0] for row in ULTRALYTICS}
    named |= {
        "yolo_learn__classify_train",
        "eat-lab__v5_cls_exp",
        "voc-object-detection__tables",
        "surf_v2__None.log.json",
    }
    logs = real / "logs"
    files = [path for path in logs.rglob("*") if path.is_file() and path.suffix not in (".yaml", ".md")]
    missed = [str(path.relative_to(logs)) for path in files if not named & set(path.relative_to(logs).parts)]
    assert missed == []
