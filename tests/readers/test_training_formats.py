"""Small made logs of every other trainer, with the variations that were seen in real ones."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest

from framelens.errors import DataError
from framelens.training import read_run
from framelens.training._events import _masked_crc


@pytest.fixture
def read(tmp_path):
    def read(name, text, **options):
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_run(path, **options)

    return read


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


# ---------------------------------------------------------------- fixed columns and consoles

YOLOV7 = (
    "      0/99     7.27G   0.07323    0.1057   0.05386    0.2328       132       640    0.93   0.07   0.049   0.012  0.088 0.024 0.026\n"
    "      1/99     11.1G   0.05963  0.007964   0.01068   0.07828       135       640     0.97    0.10    0.12    0.06    nan 0.024 0.019\n"
)  # fmt: skip


def test_yolov7(read):
    history = read("results.txt", YOLOV7)
    assert (history.framework, history.planned_epochs, history.best_epoch) == ("yolov7", 100, 2)
    assert history.epochs.tolist() == [1, 2]
    assert history.series["map50_95"].tolist() == [0.012, 0.06]
    assert np.isnan(history.series["val/box"][1])
    assert history.skipped[0].where == "line 2, column 'val/box'"


@pytest.mark.parametrize(
    "line", ["2/99 1G 1 2 3\n", "2/x 1G 1 2 3 4 5 6 7 8 9 10 11 12 13\n", "-1/99 1G" + " 1" * 13 + "\n"]
)
def test_yolov7_broken_lines_are_errors(read, line):
    with pytest.raises(DataError, match="line 3"):
        read("results.txt", YOLOV7 + line)


YOLOX_LINE = "2023-01-13 19:{minute:02}:00.000 | INFO | yolox.core.trainer:after_iter:253 - epoch: {epoch}/3, iter: {iter}/20, mem: 1Mb, "
YOLOX_LINE += (
    "iter_time: 0.6s, data_time: 0.001s, total_loss: {loss}, iou_loss: 2.0, lr: 1e-03, size: 640, ETA: 0:24:55\n"
)
YOLOX_AP = " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = {ap}\n"
YOLOX_AP += " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = {ap50}\n"
YOLOX_AP += " Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.111\n"


def test_yolox(read):
    text = "\x1b[32m" + YOLOX_LINE.format(minute=1, epoch=1, iter=10, loss=4.0)
    text += YOLOX_LINE.format(minute=2, epoch=1, iter=20, loss=2.0) + YOLOX_AP.format(ap="0.500", ap50="0.700")
    text += YOLOX_LINE.format(minute=3, epoch=2, iter=10, loss=1.0) + YOLOX_AP.format(ap="-1.000", ap50="-1.000")
    history = read("train_log.txt", text)
    assert (history.framework, history.planned_epochs, history.best_epoch) == ("yolox", 3, 1)
    assert history.series["train/total"].tolist() == [3.0, 1.0]
    assert history.series["map50"][0] == 0.7
    assert math.isnan(history.series["map50_95"][1])
    assert history.wall_time.tolist() == [60.0, 120.0]
    assert history.step.tolist() == [20.0, 30.0]


def test_mmdetection_console(read):
    text = (
        "2023/06/11 15:18:19 - mmengine - INFO - \nSystem environment:\n"
        "2023/06/11 15:20:26 - mmengine - INFO - Epoch(train)  [1][3/6]  lr: 2.6e-05  eta: 0:11:02  loss: 2.0  loss_cls: 1.5\n"
        "2023/06/11 15:20:27 - mmengine - INFO - Epoch(train)  [1][6/6]  lr: 2.6e-05  eta: 0:11:02  loss: 1.0  loss_cls: 0.5\n"
        "2023/06/11 15:21:25 - mmengine - INFO - Epoch(val)  [1][ 5/13]    eta: 0:00:01  time: 0.2077  data_time: 0.0449\n"
        "2023/06/11 15:21:26 - mmengine - INFO - Epoch(val) [1][13/13]  coco/bbox_mAP: 0.3790  coco/bbox_mAP_50: 0.4520\n"
        "2023/06/11 15:22:26 - mmengine - INFO - Epoch(train) [2][3/6]  lr: 1.6e-05  eta: 0:11:02  loss: nan  loss_cls: 0.5\n"
    )
    history = read("20230611_151818.log", text)
    assert history.series["train/total"][0] == 1.5
    assert math.isnan(history.series["train/total"][1])
    assert (history.series["map50_95"][0], history.series["map50"][0]) == (0.379, 0.452)


# ---------------------------------------------------------------- JSON lines


def test_detectron2_is_in_percent_and_counts_iterations(read):
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
    history = read("metrics.json", text)
    assert (history.framework, history.best_epoch) == ("detectron2", 2)
    np.testing.assert_allclose(history.series["map50_95"], [0.2, 0.3, math.nan])
    assert history.series["train/total"].tolist() == [1.5, 0.5, 0.4]
    assert history.step.tolist() == [39, 60, 79]
    assert "iterations, not epochs" in history.warnings[0]


def test_detectron2_restart_and_resume(read):
    def records(*iterations):
        return lines(*({"iteration": i, "total_loss": float(i)} for i in iterations))

    restarted = read("metrics.json", records(19, 39, 59, 19, 39))
    assert (len(restarted), restarted.run_starts) == (5, (4,))
    resumed = read("metrics.json", records(19, 39, 59, 79, 59, 79, 99))
    assert resumed.series["train/total"].tolist() == [19, 39, 59, 79, 99]
    assert resumed.skipped[0].count == 2


def test_mmdetection_2(read):
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
    history = read("20240101_120000.log.json", text)
    assert history.series["train/total"].tolist() == [3.0, 1.0, 9.0]
    assert history.run_starts == (3,)
    assert (history.series["map50_95"][0], history.best_epoch) == (0.3, 1)


def test_mmdetection_2_run_that_died_in_its_first_epoch(read):
    train = {"mode": "train", "epoch": 1, "lr": 0.1}
    text = lines(
        {**train, "iter": 10, "loss": 4.0}, {**train, "iter": 10, "loss": 3.0}, {**train, "iter": 20, "loss": 1.0}
    )
    history = read("a.log.json", text)
    assert history.series["train/total"].tolist() == [4.0, 2.0]
    assert history.run_starts == (2,)


def test_mmdetection_3_epoch_of_a_val_line_is_its_step(read):
    text = lines(
        {"lr": 0.1, "loss": 2.0, "loss_cls": 1.0, "epoch": 1, "step": 6},
        {"lr": 0.1, "loss": 1.0, "loss_cls": 0.5, "epoch": 2, "step": 12},
        {"coco/bbox_mAP": 0.4, "coco/bbox_mAP_50": 0.6, "time": 0.1, "step": 2},
    )
    history = read("scalars.json", text)
    assert len(history) == 2
    assert np.isnan(history.series["map50_95"][0])
    assert history.series["map50_95"][1] == 0.4


def test_mmdetection_3_by_iteration(read):
    text = lines(
        {"loss": 2.0, "step": 50},
        {"loss": 1.0, "step": 100},
        {"coco/bbox_mAP": 0.4, "step": 100},
        {"loss": 0.5, "step": 150},
    )
    history = read("scalars.json", text)
    assert history.series["train/total"].tolist() == [1.5, 0.5]
    assert history.series["map50_95"][0] == 0.4


def test_detr(read):
    record = {"train_lr": 0.1, "train_loss": 9.0, "train_loss_ce": 1.0, "train_loss_ce_0": 5.0, "train_loss_ce_unscaled": 7.0,
              "test_loss": 8.0, "test_loss_giou": 2.0, "test_coco_eval_bbox": [0.4, 0.6, 0.5], "n_parameters": 41}  # fmt: skip
    history = read("log.txt", lines(record, {**record, "test_coco_eval_bbox": [0.5, 0.7, 0.6]}))
    assert set(history.series) == {"map50_95", "map50", "train/total", "train/ce", "val/total", "val/giou", "lr/0"}
    assert (len(history), history.best_epoch) == (2, 2)
    with_epoch = read("log.txt", lines({**record, "epoch": 0}, {**record, "epoch": 1}))
    assert with_epoch.epochs.tolist() == [1, 2]


def test_json_lines_that_are_broken_name_the_line(read):
    good = lines({"iteration": 19, "total_loss": 2.0})
    for bad in (
        '{"iteration": 39, "total_loss"\n',
        "[1, 2]\n",
        "[" * 100_000 + "\n",
        '{"total_loss": 3}\n',
        '{"iteration": "x"}\n',
    ):
        with pytest.raises(DataError, match="line 2"):
            read("metrics.json", good + bad)
    half = read("metrics.json", good + '{"iteration": 39, "total_lo')
    assert (len(half), half.skipped[0].where) == (1, "line 2")
    closed = read("metrics.json", good + '{"iteration": 39, "total_loss": 1.0}')
    assert len(closed) == 2


def test_huggingface_one_evaluation_an_epoch(read):
    state = {
        "best_metric": 0.3, "num_train_epochs": 3.0,
        "log_history": [
            {"epoch": 0.5, "loss": 2.0, "learning_rate": 0.1, "step": 10}, {"epoch": 1.0, "loss": 1.0, "step": 20},
            {"epoch": 1.0, "eval_loss": 0.9, "eval_map": 0.3, "eval_map_50": 0.5, "eval_map_small": 0.1, "eval_runtime": 5.0, "step": 20},
            {"epoch": 1.5, "loss": 0.5, "step": 30}, {"epoch": 2.0, "eval_loss": 0.8, "eval_map": 0.2, "step": 40},
            {"epoch": 2.0, "train_runtime": 9.0, "train_loss": 1.1, "step": 40},
        ],
    }  # fmt: skip
    history = read("trainer_state.json", json.dumps(state))
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
def test_huggingface_broken(read, text):
    with pytest.raises(DataError, match=r"trainer_state\.json"):
        read("trainer_state.json", text)


# ---------------------------------------------------------------- CSV of Lightning and Keras


def test_lightning_rows_are_gathered_by_epoch(read):
    text = (
        "epoch,lr-AdamW,step,train_loss_step,train_loss_epoch,val_map,val_map_50,val_map_small\r\n"
        ",0.001,9,,,,,\r\n0,,9,3.0,,,,\r\n0,,19,1.0,,,,\r\n0,,19,,,0.2,0.4,0.1\r\n0,,19,,2.0,,,\r\n"
        ",0.0005,29,,,,,\r\n1,,29,0.5,,,,\r\n1,,39,,,0.3,0.5,nan\r\n"
    )
    history = read("metrics.csv", text)
    assert (history.framework, history.best_epoch) == ("lightning", 2)
    assert history.epochs.tolist() == [1, 2]
    assert history.series["train/total"][0] == 2.0
    assert history.series["map50_95"].tolist() == [0.2, 0.3]
    assert history.series["lr/0"].tolist() == [0.001, 0.0005]
    assert [skip.count for skip in history.skipped] == [1]


def test_lightning_means_of_steps(read):
    history = read("metrics.csv", "epoch,step,train_loss,val_loss\n0,9,3.0,\n0,19,1.0,\n0,19,,0.7\n1,29,,0.6\n")
    assert history.series["train/total"][0] == 2.0
    assert np.isnan(history.series["train/total"][1])
    assert history.series["val/total"].tolist() == [0.7, 0.6]


def test_keras_appended_runs(read):
    text = (
        "epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.5,1.0,0.4,1.1\r\n1,0.6,0.9,0.5,1.0\r\n0,0.7,0.8,0.6,0.9\r\n"
    )
    history = read("training_log.csv", text)
    assert (history.framework, history.run_starts) == ("keras", (3,))
    assert history.series["val/total"].tolist() == [1.1, 1.0, 0.9]
    assert history.series["val_accuracy"].tolist() == [0.4, 0.5, 0.6]


# ---------------------------------------------------------------- TensorBoard


def varint(value):
    out = bytearray()
    while True:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def record(payload):
    head = struct.pack("<Q", len(payload))
    return head + struct.pack("<I", _masked_crc(head)) + payload + struct.pack("<I", _masked_crc(payload))


def event(step, time=0.0, **tags):
    values = b""
    for tag, value in tags.items():
        body = value if isinstance(value, bytes) else varint(2 << 3 | 5) + struct.pack("<f", value)
        values += field(1, field(1, tag.replace("__", "/").encode()) + body)
    return record(varint(1 << 3 | 1) + struct.pack("<d", time) + varint(2 << 3) + varint(step) + field(5, values))


VERSION = record(varint(1 << 3 | 1) + struct.pack("<d", 0.0) + field(3, b"brain.Event:2"))


def test_known_checksum():
    # CRC-32C of "123456789" is 0xE3069283; masked as TensorFlow does
    crc = 0xE3069283
    assert _masked_crc(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_tensorboard_epochs(read):
    data = (
        VERSION
        + event(0, 5.0, metrics__mAP_0=0.0)
        + b"".join(
            event(step, 10.0 + step, **{"metrics/mAP_0.5": 0.1 * step, "train/box_loss": 1.0, "x/lr0": 0.01})
            for step in range(3)
        )
    )
    history = read("events.out.tfevents.1.host.1.0", data)
    assert history.epochs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(history.series["map50"], [0, 0.1, 0.2], atol=1e-7)
    assert history.wall_time.tolist() == [0.0, 6.0, 7.0]


def test_tensorboard_tensors_and_lightning_epochs(read):
    def tensor(value):
        return field(8, varint(1 << 3) + varint(1) + field(5, struct.pack("<f", value)))

    data = VERSION + event(9, train_loss=tensor(2.0), epoch=0.0) + event(19, train_loss=tensor(1.0), epoch=0.0)
    data += (
        event(19, val_map=0.25, epoch=0.0) + event(29, train_loss=0.5, epoch=1.0) + event(29, picture=field(4, b"png"))
    )
    history = read("events.out.tfevents.1", data)
    assert history.framework == "lightning"
    assert history.series["train/total"].tolist() == [1.5, 0.5]
    assert history.series["map50_95"][0] == 0.25


def test_tensorboard_damage_ends_the_reading(read):
    first, second = event(0, **{"metrics/mAP50(B)": 0.5}), event(1, **{"metrics/mAP50(B)": 0.6})
    for damaged, reason in (
        (second[:-3], "incomplete"),
        (second[:3] + b"\xff" + second[4:], "damaged"),
        (second[:-1] + bytes([second[-1] ^ 1]), "damaged"),
        (record(b"\xff" * 30), "no TensorBoard event"),
        (record(field(5, field(1, varint(1 << 3 | 2) + varint(10**6)))), "no TensorBoard event"),
    ):
        history = read("events.out.tfevents.1", VERSION + first + damaged)
        assert history.series["map50"].tolist() == [0.5]
        assert reason in history.skipped[0].reason


def test_tensorboard_files_of_a_folder_are_one_run(tmp_path):
    for number, steps in ((9, (0, 1)), (10, (2, 3))):
        data = VERSION + b"".join(event(step, **{"metrics/mAP50(B)": step / 10}) for step in steps)
        (tmp_path / f"events.out.tfevents.{number}.host").write_bytes(data)
    history = read_run(tmp_path)
    np.testing.assert_allclose(history.series["map50"], [0, 0.1, 0.2, 0.3], atol=1e-7)
    assert history.epochs.tolist() == [1, 2, 3, 4]
