"""Broken logs of every kind: the outcome is a history or an error of framelens, never anything else."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from framelens.errors import FramelensError
from framelens.training import History, read_run, run_readers, run_summary
from readers.training_logs import VERSION, YOLOV7, YOLOX_AP, YOLOX_LINE, event, lines

SEEDS = {
    "results.csv": b"epoch,time,train/box_loss,val/box_loss,metrics/mAP50(B),metrics/mAP50-95(B),lr/pg0\n"
    + b"".join(f"{e},{e}.5,{1 / e},{1 / e},0.{e},0.{e},0.01\n".encode() for e in range(1, 6)),
    "mine.csv": b"epoch,loss,val_loss,mAP50\n1,2,3,0.5\n2,1,2,0.6\n3,1,2,0.7\n",
    "metrics.csv": b"epoch,step,train_loss,val_loss\n0,9,3.0,\n0,19,,0.7\n1,29,1.0,\n,39,2.0,\n",
    "training_log.csv": b"epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.1\n1,0.6,0.9,0.5,1.0\n",
    "results.txt": YOLOV7.encode(),
    "train_log.txt": "".join(
        YOLOX_LINE.format(minute=e, epoch=e, iter=10, loss=4.0) + YOLOX_AP.format(ap="0.5", ap50="0.7") for e in (1, 2)
    ).encode(),
    "metrics.json": lines(*({"iteration": i, "total_loss": 1.0, "bbox/AP": 20.0} for i in range(9, 50, 10))).encode(),
    "a.log.json": lines(*({"mode": m, "epoch": e, "iter": 9, "loss": 1.0, "mAP": 0.5} for e in (1, 2) for m in ("train", "val"))).encode(),
    "scalars.json": lines({"loss": 1.0, "epoch": 1, "step": 5}, {"coco/bbox_mAP": 0.4, "step": 1}).encode(),
    "log.txt": lines(*({"train_loss": 1.0, "test_coco_eval_bbox": [0.4, 0.6], "epoch": e} for e in range(3))).encode(),
    "trainer_state.json": json.dumps(
        {"best_metric": 1, "num_train_epochs": 2, "log_history": [{"epoch": 1.0, "loss": 1.0, "step": 5}, {"epoch": 1.0, "eval_map": 0.5, "step": 5}]}
    ).encode(),
    "run.log": b"2023/06/11 15:20:26 - mmengine - INFO - Epoch(train)  [1][3/6]  lr: 2.6e-05  loss: 2.0\n" * 3,
    "events.out.tfevents.1": VERSION + b"".join(event(e, **{"metrics/mAP50(B)": 0.5, "train/loss": 1.0}) for e in range(4)),
}  # fmt: skip
WORDS = [
    b"nan",
    b"inf",
    b"-1",
    b"1e999",
    b"9" * 30,
    b"",
    b"\0",
    b"\xff\xfe",
    b"[",
    b"{}",
    b'"',
    b"\n",
    b",",
    b"null",
    b"true",
    b"0",
]


def mutate(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        kind = rng.randrange(7)
        if kind == 0 and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:at]
        elif kind == 2:
            data = data[:at] + data[to:]
        elif kind == 3:
            data = data[:to] + data[at:]
        elif kind == 4:
            data = data[:at] + rng.choice(WORDS) + data[at + rng.randrange(4) :]
        else:
            parts = data.split(b"\n")
            some = rng.randrange(len(parts))
            parts.insert(rng.randrange(len(parts) + 1), rng.choice([parts[some], parts[some][: rng.randrange(20)]]))
            data = b"\n".join(parts)
    return data


def is_fit_to_print(error, path):
    text = str(error)
    assert "\n" not in text
    assert str(path.parent) not in text
    return True


def check(path) -> bool:
    try:
        history = read_run(path)
    except FramelensError as error:
        return not is_fit_to_print(error, path)
    assert isinstance(history, History)
    assert (np.diff(history.epochs) > 0).all()
    assert not len(history) or history.epochs[0] >= 1
    for column in history.series.values():
        assert column.shape == history.epochs.shape
        assert not np.isinf(column).any()
    json.dumps(run_summary(history), allow_nan=False)
    return True


def test_seeds_are_read(tmp_path):
    for name, data in SEEDS.items():
        (tmp_path / name).write_bytes(data)
        assert check(tmp_path / name), name


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("mutants", [150, pytest.param(10_000, marks=pytest.mark.slow)])
def test_mutants(tmp_path, name, mutants):
    rng = random.Random(f"{name}{mutants}")
    read = 0
    for _ in range(mutants):
        (tmp_path / name).write_bytes(mutate(SEEDS[name], rng))
        read += check(tmp_path / name)
    assert read > mutants // 50


@pytest.mark.parametrize("reader", [reader.name for reader in run_readers()])
def test_every_reader_on_every_seed(tmp_path, reader):
    """A format that is named wrongly is an error or a history, whatever the file is."""
    for name, data in SEEDS.items():
        path = tmp_path / name
        path.write_bytes(data)
        try:
            assert isinstance(read_run(path, format=reader), History)
        except FramelensError as error:
            is_fit_to_print(error, path)
