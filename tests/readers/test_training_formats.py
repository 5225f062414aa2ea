"""Small made logs of every other trainer, with the variations that were seen in real ones."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from framelens.errors import DataError
from framelens.training import read_run
from readers.training_logs import YOLOV7, YOLOX_AP, YOLOX_LINE, lines

# ---------------------------------------------------------------- fixed columns and consoles


def test_yolov7(read_log):
    history = read_log("results.txt", YOLOV7)
    assert (history.framework, history.planned_epochs, history.best_epoch) == ("yolov7", 100, 2)
    assert history.epochs.tolist() == [1, 2]
    assert history.series["map50_95"].tolist() == [0.012, 0.06]
    assert np.isnan(history.series["val/box"][1])
    assert history.skipped[0].where == "line 2, column 'val/box'"


@pytest.mark.parametrize(
    "line", ["2/99 1G 1 2 3\n", "2/x 1G 1 2 3 4 5 6 7 8 9 10 11 12 13\n", "-1/99 1G" + " 1" * 13 + "\n"]
)
def test_yolov7_broken_lines_are_errors(read_log, line):
    with pytest.raises(DataError, match="line 3"):
        read_log("results.txt", YOLOV7 + line)


def test_yolox(read_log):
    text = "\x1b[32m" + YOLOX_LINE.format(minute=1, epoch=1, iter=10, loss=4.0)
    text += YOLOX_LINE.format(minute=2, epoch=1, iter=20, loss=2.0) + YOLOX_AP.format(ap="0.500", ap50="0.700")
    text += YOLOX_LINE.format(minute=3, epoch=2, iter=10, loss=1.0) + YOLOX_AP.format(ap="-1.000", ap50="-1.000")
    history = read_log("train_log.txt", text)
    assert (history.framework, history.planned_epochs, history.best_epoch) == ("yolox", 3, 1)
    assert history.series["train/total"].tolist() == [3.0, 1.0]
    assert history.series["map50"][0] == 0.7
    assert math.isnan(history.series["map50_95"][1])
    assert history.wall_time.tolist() == [60.0, 120.0]
    assert history.step.tolist() == [20.0, 30.0]


def test_mmdetection_console(read_log):
    text = (
        "2023/06/11 15:18:19 - mmengine - INFO - \nSystem environment:\n"
        "2023/06/11 15:20:26 - mmengine - INFO - Epoch(train)  [1][3/6]  lr: 2.6e-05  eta: 0:11:02  loss: 2.0  loss_cls: 1.5\n"
        "2023/06/11 15:20:27 - mmengine - INFO - Epoch(train)  [1][6/6]  lr: 2.6e-05  eta: 0:11:02  loss: 1.0  loss_cls: 0.5\n"
        "2023/06/11 15:21:25 - mmengine - INFO - Epoch(val)  [1][ 5/13]    eta: 0:00:01  time: 0.2077  data_time: 0.0449\n"
        "2023/06/11 15:21:26 - mmengine - INFO - Epoch(val) [1][13/13]  coco/bbox_mAP: 0.3790  coco/bbox_mAP_50: 0.4520\n"
        "2023/06/11 15:22:26 - mmengine - INFO - Epoch(train) [2][3/6]  lr: 1.6e-05  eta: 0:11:02  loss: nan  loss_cls: 0.5\n"
    )
    history = read_log("20230611_151818.log", text)
    assert history.series["train/total"][0] == 1.5
    assert math.isnan(history.series["train/total"][1])
    assert (history.series["map50_95"][0], history.series["map50"][0]) == (0.379, 0.452)


# ---------------------------------------------------------------- JSON lines


def test_detectron2_is_in_percent_and_counts_iterations(read_log):
    text = lines(
        {"iteration": 19, "total_loss": 2.0, "loss_cls": 1.0, "lr": 0.1},
        {
            "iteration": 39,
            "total_loss": 1.0,
            "loss_cls": 0.5,
            "lr": 0.2,
            "bbox/AP": 20.0,
            "bbox/AP50": 40.0,
            "bbox/APs": math.nan,
        },
        {"iteration": 59, "total_loss": 0.5, "loss_cls": 0.2, "lr": 0.2},
        {"iteration": 60, "bbox/AP": 30.0, "bbox/AP50": 50.0},
        {"iteration": 79, "total_loss": 0.4, "loss_cls": 0.1, "lr": 0.2},
    )
    history = read_log("metrics.json", text)
    assert (history.framework, history.best_epoch) == ("detectron2", 2)
    np.testing.assert_allclose(history.series["map50_95"], [0.2, 0.3, math.nan])
    assert history.series["train/total"].tolist() == [1.5, 0.5, 0.4]
    assert history.step.tolist() == [39, 60, 79]
    assert "iterations, not epochs" in history.warnings[0]


def test_detectron2_restart_and_resume(read_log):
    def records(*iterations):
        return lines(*({"iteration": i, "total_loss": float(i)} for i in iterations))

    restarted = read_log("metrics.json", records(19, 39, 59, 19, 39))
    assert (len(restarted), restarted.run_starts) == (5, (4,))
    resumed = read_log("metrics.json", records(19, 39, 59, 79, 59, 79, 99))
    assert resumed.series["train/total"].tolist() == [19, 39, 59, 79, 99]
    assert resumed.skipped[0].count == 2


def test_mmdetection_2(read_log):
    text = "{}\n" + lines(
        {"env_info": "...", "seed": 1},
        {"mode": "train", "epoch": 1, "iter": 10, "lr": 0.1, "loss_cls": 1.0, "loss": 4.0, "acc": 90.0},
        {"mode": "train", "epoch": 1, "iter": 20, "lr": 0.1, "loss_cls": 0.5, "loss": 2.0, "acc": 91.0},
        {
            "mode": "val",
            "epoch": 1,
            "iter": 80,
            "lr": 0.1,
            "bbox_mAP": 0.3,
            "bbox_mAP_50": 0.5,
            "bbox_mAP_copypaste": "0.3 0.5",
        },
        {"mode": "train", "epoch": 2, "iter": 10, "lr": 0.1, "loss_cls": 0.4, "loss": 1.0},
        {"mode": "train", "epoch": 1, "iter": 10, "lr": 0.1, "loss_cls": 0.4, "loss": 9.0},
    )
    history = read_log("20240101_120000.log.json", text)
    assert history.series["train/total"].tolist() == [3.0, 1.0, 9.0]
    assert history.run_starts == (3,)
    assert (history.series["map50_95"][0], history.best_epoch) == (0.3, 1)


def test_mmdetection_2_run_that_died_in_its_first_epoch(read_log):
    train = {"mode": "train", "epoch": 1, "lr": 0.1}
    text = lines(
        {**train, "iter": 10, "loss": 4.0}, {**train, "iter": 10, "loss": 3.0}, {**train, "iter": 20, "loss": 1.0}
    )
    history = read_log("a.log.json", text)
    assert history.series["train/total"].tolist() == [4.0, 2.0]
    assert history.run_starts == (2,)


def test_mmdetection_3_epoch_of_a_val_line_is_its_step(read_log):
    text = lines(
        {"lr": 0.1, "loss": 2.0, "loss_cls": 1.0, "epoch": 1, "step": 6},
        {"lr": 0.1, "loss": 1.0, "loss_cls": 0.5, "epoch": 2, "step": 12},
        {"coco/bbox_mAP": 0.4, "coco/bbox_mAP_50": 0.6, "time": 0.1, "step": 2},
    )
    history = read_log("scalars.json", text)
    assert len(history) == 2
    assert np.isnan(history.series["map50_95"][0])
    assert history.series["map50_95"][1] == 0.4


def test_mmdetection_3_by_iteration(read_log):
    text = lines(
        {"loss": 2.0, "step": 50},
        {"loss": 1.0, "step": 100},
        {"coco/bbox_mAP": 0.4, "step": 100},
        {"loss": 0.5, "step": 150},
    )
    history = read_log("scalars.json", text)
    assert history.series["train/total"].tolist() == [1.5, 0.5]
    assert history.series["map50_95"][0] == 0.4


def test_detr(read_log):
    record = {"train_lr": 0.1, "train_loss": 9.0, "train_loss_ce": 1.0, "train_loss_ce_0": 5.0, "train_loss_ce_unscaled": 7.0,
              "test_loss": 8.0, "test_loss_giou": 2.0, "test_coco_eval_bbox": [0.4, 0.6, 0.5], "n_parameters": 41}  # fmt: skip
    history = read_log("log.txt", lines(record, {**record, "test_coco_eval_bbox": [0.5, 0.7, 0.6]}))
    assert set(history.series) == {"map50_95", "map50", "train/total", "train/ce", "val/total", "val/giou", "lr/0"}
    assert (len(history), history.best_epoch) == (2, 2)
    with_epoch = read_log("log.txt", lines({**record, "epoch": 0}, {**record, "epoch": 1}))
    assert with_epoch.epochs.tolist() == [1, 2]


def test_json_lines_that_are_broken_name_the_line(read_log):
    good = lines({"iteration": 19, "total_loss": 2.0})
    for bad in (
        '{"iteration": 39, "total_loss"\n',
        "[1, 2]\n",
        "[" * 100_000 + "\n",
        '{"total_loss": 3}\n',
        '{"iteration": "x"}\n',
    ):
        with pytest.raises(DataError, match="line 2"):
            read_log("metrics.json", good + bad)
    half = read_log("metrics.json", good + '{"iteration": 39, "total_lo')
    assert (len(half), half.skipped[0].where) == (1, "line 2")
    closed = read_log("metrics.json", good + '{"iteration": 39, "total_loss": 1.0}')
    assert len(closed) == 2


def test_huggingface_one_evaluation_an_epoch(read_log):
    state = {
        "best_metric": 0.3, "num_train_epochs": 3.0,
        "log_history": [
            {"epoch": 0.5, "loss": 2.0, "learning_rate": 0.1, "step": 10}, {"epoch": 1.0, "loss": 1.0, "step": 20},
            {"epoch": 1.0, "eval_loss": 0.9, "eval_map": 0.3, "eval_map_50": 0.5, "eval_map_small": 0.1, "eval_runtime": 5.0, "step": 20},
            {"epoch": 1.5, "loss": 0.5, "step": 30}, {"epoch": 2.0, "eval_loss": 0.8, "eval_map": 0.2, "step": 40},
            {"epoch": 2.0, "train_runtime": 9.0, "train_loss": 1.1, "step": 40},
        ],
    }  # fmt: skip
    history = read_log("trainer_state.json", json.dumps(state))
    assert (history.framework, history.planned_epochs, history.best_epoch) == ("huggingface", 3, 1)
    assert history.series["train/total"].tolist() == [1.5, 0.5]
    assert history.series["val/total"].tolist() == [0.9, 0.8]
    assert history.series["map50"][0] == 0.5
    assert "eval_map_small" in history.series
    assert not any("runtime" in name for name in history.series)


def test_huggingface_checkpoints_the_last_holds_all(tmp_path):
    for step in (90, 1000, 500):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        entries = [{"epoch": e / 100, "eval_loss": 1.0, "step": e} for e in range(100, step + 1, 100)]
        (folder / "trainer_state.json").write_text(json.dumps({"best_metric": None, "log_history": entries}))
    assert len(read_run(tmp_path)) == 10


@pytest.mark.parametrize("text", ['{"best_metric": 1, "log_history": 3}', '{"best_metric": 1, "log_history": [{"epoch": "x", "loss": 1}]}',
                                  '{"best_metric": 1, "log_history": [{"epoch": -5, "loss": 1}]}', '{"best_metric": 1, "log_history": ['])  # fmt: skip
def test_huggingface_broken(read_log, text):
    with pytest.raises(DataError, match=r"trainer_state\.json"):
        read_log("trainer_state.json", text)


# ---------------------------------------------------------------- CSV of Lightning and Keras


def test_lightning_rows_are_gathered_by_epoch(read_log):
    text = (
        "epoch,lr-AdamW,step,train_loss_step,train_loss_epoch,val_map,val_map_50,val_map_small\r\n"
        ",0.001,9,,,,,\r\n0,,9,3.0,,,,\r\n0,,19,1.0,,,,\r\n0,,19,,,0.2,0.4,0.1\r\n0,,19,,2.0,,,\r\n"
        ",0.0005,29,,,,,\r\n1,,29,0.5,,,,\r\n1,,39,,,0.3,0.5,nan\r\n"
    )
    history = read_log("metrics.csv", text)
    assert (history.framework, history.best_epoch) == ("lightning", 2)
    assert history.epochs.tolist() == [1, 2]
    assert history.series["train/total"][0] == 2.0
    assert history.series["map50_95"].tolist() == [0.2, 0.3]
    assert history.series["lr/0"].tolist() == [0.001, 0.0005]
    assert [skip.count for skip in history.skipped] == [1]


def test_lightning_means_of_steps(read_log):
    history = read_log("metrics.csv", "epoch,step,train_loss,val_loss\n0,9,3.0,\n0,19,1.0,\n0,19,,0.7\n1,29,,0.6\n")
    assert history.series["train/total"][0] == 2.0
    assert np.isnan(history.series["train/total"][1])
    assert history.series["val/total"].tolist() == [0.7, 0.6]


def test_keras_appended_runs(read_log):
    text = (
        "epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.5,1.0,0.4,1.1\r\n1,0.6,0.9,0.5,1.0\r\n0,0.7,0.8,0.6,0.9\r\n"
    )
    history = read_log("training_log.csv", text)
    assert (history.framework, history.run_starts) == ("keras", (3,))
    assert history.series["val/total"].tolist() == [1.1, 1.0, 0.9]
    assert history.from_zero
    assert history.to_frame()["val/total"].tolist() == [1.1, 1.0, 0.9]
    assert history.series["val_accuracy"].tolist() == [0.4, 0.5, 0.6]
