"""Event files of TensorBoard: epochs, tensors, several files, and damage that ends the reading."""

from __future__ import annotations

import struct

import numpy as np

from framelens.training import read_run
from framelens.training._events import _masked_crc
from readers.training_logs import VERSION, event, field, record, varint


def test_known_checksum():
    # CRC-32C of "123456789" is 0xE3069283; masked as TensorFlow does
    crc = 0xE3069283
    assert _masked_crc(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_tensorboard_epochs(read_log):
    data = (
        VERSION
        + event(0, 5.0, metrics__mAP_0=0.0)
        + b"".join(
            event(step, 10.0 + step, **{"metrics/mAP_0.5": 0.1 * step, "train/box_loss": 1.0, "x/lr0": 0.01})
            for step in range(3)
        )
    )
    history = read_log("events.out.tfevents.1.host.1.0", data)
    assert history.epochs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(history.series["map50"], [0, 0.1, 0.2], atol=1e-7)
    assert history.wall_time.tolist() == [0.0, 6.0, 7.0]


def test_tensorboard_tensors_and_lightning_epochs(read_log):
    def tensor(value):
        return field(8, varint(1 << 3) + varint(1) + field(5, struct.pack("<f", value)))

    data = VERSION + event(9, train_loss=tensor(2.0), epoch=0.0) + event(19, train_loss=tensor(1.0), epoch=0.0)
    data += (
        event(19, val_map=0.25, epoch=0.0) + event(29, train_loss=0.5, epoch=1.0) + event(29, picture=field(4, b"png"))
    )
    history = read_log("events.out.tfevents.1", data)
    assert history.framework == "lightning"
    assert history.series["train/total"].tolist() == [1.5, 0.5]
    assert history.series["map50_95"][0] == 0.25


def test_tensorboard_damage_ends_the_reading(read_log):
    first, second = event(0, **{"metrics/mAP50(B)": 0.5}), event(1, **{"metrics/mAP50(B)": 0.6})
    for damaged, reason in (
        (second[:-3], "incomplete"),
        (second[:3] + b"\xff" + second[4:], "damaged"),
        (second[:-1] + bytes([second[-1] ^ 1]), "damaged"),
        (record(b"\xff" * 30), "no TensorBoard event"),
        (record(field(5, field(1, varint(1 << 3 | 2) + varint(10**6)))), "no TensorBoard event"),
    ):
        history = read_log("events.out.tfevents.1", VERSION + first + damaged)
        assert history.series["map50"].tolist() == [0.5]
        assert reason in history.skipped[0].reason


def test_tensorboard_files_of_a_folder_are_one_run(tmp_path):
    for number, steps in ((9, (0, 1)), (10, (2, 3))):
        data = VERSION + b"".join(event(step, **{"metrics/mAP50(B)": step / 10}) for step in steps)
        (tmp_path / f"events.out.tfevents.{number}.host").write_bytes(data)
    history = read_run(tmp_path)
    np.testing.assert_allclose(history.series["map50"], [0, 0.1, 0.2, 0.3], atol=1e-7)
    assert history.epochs.tolist() == [1, 2, 3, 4]
