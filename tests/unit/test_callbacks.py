"""The callbacks of trainers: what they write is what framelens reads.

The frameworks themselves are large and not installed here; small stand-ins call the hooks in the order and with the
arguments that their documentation states.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from framelens import callbacks
from framelens.errors import DataError, OptionError
from framelens.training import read_run
from framelens.training.recorder import RunRecorder, coco_rows, write_json

BOX = {"boxes": np.array([[1.0, 2.0, 11.0, 22.0]]), "scores": np.array([0.5]), "labels": np.array([3])}
ROW = {"image_id": "a.jpg", "category_id": 3, "bbox": [1.0, 2.0, 10.0, 20.0], "score": 0.5}


class Tensor:
    """As much of a torch tensor as is asked for."""

    def __init__(self, value):
        self.value = np.asarray(value)

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.value

    def item(self):
        return self.value.item()


def stand_in(monkeypatch, name, **members):
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:count]), ModuleType(".".join(parts[:count])))
    for key, value in members.items():
        setattr(sys.modules[name], key, value)


# -- the recorder ------------------------------------------------------------------------------------------


def test_what_is_logged_is_read(tmp_path):
    recorder = RunRecorder(tmp_path / "new" / "run", framework="mine", planned_epochs=9, patience=3)
    for epoch in (1, 2, 3):
        values = {"train/box": 1 / epoch, "map50_95": Tensor(0.1 * epoch), "note": "text", "map50": float("nan")}
        recorder.log(epoch, values | ({"val/box": 2.0} if epoch > 1 else {}), step=10 * epoch)
    history = recorder.history
    assert (history.framework, history.name, history.planned_epochs, history.patience) == ("mine", "run", 9, 3)
    assert history.epochs.tolist() == [1, 2, 3]
    assert history.series["map50_95"].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert np.isnan(history.series["val/box"][0])
    assert history.step.tolist() == [10, 20, 30]
    assert "note" not in history.series
    assert read_run(tmp_path / "new").epochs.tolist() == [1, 2, 3]


def test_a_second_training_in_the_folder_goes_on_or_begins_anew(tmp_path):
    RunRecorder(tmp_path).log(1, {"map50": 0.1})
    RunRecorder(tmp_path).log(2, {"map50": 0.2})
    assert read_run(tmp_path).run_starts == ()
    again = RunRecorder(tmp_path)
    again.log(2, {"map50": 0.3})
    assert again.history.run_starts == (3,)
    assert again.history.series["map50"].tolist() == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("epoch", [0, -1, 1.5, True, "1"])
def test_epochs_are_counted_from_one(tmp_path, epoch):
    with pytest.raises(OptionError, match="counted from 1"):
        RunRecorder(tmp_path).log(epoch, {})


@pytest.mark.parametrize(
    "boxes",
    [
        [ROW],
        {"a.jpg": BOX},
        {"a.jpg": {name: Tensor(value) for name, value in BOX.items()}},
        [BOX | {"image_id": "a.jpg"}],
    ],
)
def test_predictions_in_every_form_become_the_same_file(tmp_path, boxes):
    path = RunRecorder(tmp_path).save_predictions(7, boxes)
    assert path == tmp_path / "predictions" / "epoch_7.json"
    assert json.loads(path.read_text()) == [ROW]
    assert list(path.parent.iterdir()) == [path], "nothing else is left"


@pytest.mark.parametrize(
    "boxes", [3, [BOX], {"a": {"boxes": []}}, {"a": BOX | {"scores": [1, 2]}}, ["a.jpg"], [[1, 2, 3, 4]]]
)
def test_what_is_no_prediction_is_refused(boxes):
    with pytest.raises(DataError):
        coco_rows(boxes)


def test_a_frame_may_have_no_boxes():
    assert coco_rows({"a": {"boxes": [], "scores": [], "labels": []}}) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, [1])
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, [float("nan")])
    assert path.read_text() == "[1]"
    assert list(tmp_path.iterdir()) == [path]


# -- frameworks ----------------------------------------------------------------------------------------------


def test_no_framework_is_imported():
    frameworks = {"keras", "torch", "lightning", "transformers", "ultralytics"}
    code = f"import sys, framelens.callbacks; print({frameworks} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(Path(callbacks.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_ultralytics_saves_the_boxes_of_every_epoch_but_not_those_of_the_final_validation(tmp_path):
    events = {}
    run = callbacks.ultralytics(SimpleNamespace(add_callback=events.__setitem__))
    with pytest.raises(OptionError, match="not begun"):
        _ = run.history
    validator = SimpleNamespace(args=SimpleNamespace(save_json=False), jdict=[])
    trainer = SimpleNamespace(save_dir=tmp_path, validator=validator, epoch=0)
    events["on_train_start"](trainer)
    assert validator.args.save_json
    lines = ["epoch,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)"]
    for trainer.epoch in (0, 1):
        events["on_train_epoch_end"](trainer)
        validator.jdict = [ROW | {"score": 0.1 + trainer.epoch}]
        lines.append(f"{trainer.epoch + 1},1.5,0.4,0.2")
        (tmp_path / "results.csv").write_text("\n".join(lines) + "\n")
        events["on_fit_epoch_end"](trainer)
    validator.jdict = []
    events["on_fit_epoch_end"](trainer)  # best.pt, validated at the end
    assert len(run.history) == 2
    saved = {path.name: json.loads(path.read_text()) for path in (tmp_path / "predictions").iterdir()}
    assert {name: rows[0]["score"] for name, rows in saved.items()} == {"epoch_1.json": 0.1, "epoch_2.json": 1.1}


def test_keras(tmp_path, monkeypatch):
    class Callback:
        def __init__(self):
            self.model, self.params = None, {}

    stand_in(monkeypatch, "keras.callbacks", Callback=Callback)
    callback = callbacks.keras(tmp_path, predictions=lambda model: {model: BOX})
    callback.model, callback.params = "a.jpg", {"epochs": 5}
    callback.on_train_begin()
    callback.on_epoch_end(0, {"loss": 1.5, "val_loss": 1.7, "mAP50": 0.4})
    callback.on_epoch_end(1, {"loss": 1.2, "val_loss": 1.6, "mAP50": 0.5})
    history = callback.recorder.history
    assert {name: column.tolist() for name, column in history.series.items()} == {
        "train/total": [1.5, 1.2],
        "val/total": [1.7, 1.6],
        "map50": [0.4, 0.5],
    }
    assert (history.framework, history.planned_epochs) == ("keras", 5)
    assert (tmp_path / "predictions" / "epoch_2.json").exists()


@pytest.mark.parametrize("package", ["lightning.pytorch.callbacks", "pytorch_lightning.callbacks"])
def test_lightning(tmp_path, monkeypatch, package):
    for name in ("lightning", "pytorch_lightning"):
        monkeypatch.setitem(sys.modules, name, None)
    stand_in(monkeypatch, package, Callback=object)
    callback = callbacks.lightning(tmp_path, predictions=lambda outputs, batch: dict.fromkeys(batch, outputs))
    trainer = SimpleNamespace(
        sanity_checking=True, is_global_zero=True, current_epoch=0, global_step=0, max_epochs=3, callback_metrics={}
    )
    callback.on_validation_batch_end(trainer, None, BOX, ["sanity.jpg"], 0)
    callback.on_validation_epoch_end(trainer, None)
    trainer.sanity_checking = False
    callback.on_train_start(trainer, None)
    for trainer.current_epoch in (0, 1):
        trainer.global_step += 50
        for batch in (["a.jpg"], ["b.jpg", "c.jpg"]):
            callback.on_validation_batch_end(trainer, None, BOX, batch, 0, dataloader_idx=0)
        callback.on_validation_epoch_end(trainer, None)
        trainer.callback_metrics = {
            "train_loss": Tensor(9.0),
            "train_loss_step": Tensor(9.0),
            "train_loss_epoch": Tensor(1.5),
            "val_loss": Tensor(1.7),
            "val_map_50": Tensor(0.4),
            "val_map": Tensor(0.2),
        }
        callback.on_train_epoch_end(trainer, None)
    history = callback.recorder.history
    assert {name: column[-1] for name, column in history.series.items()} == {
        "train/total": 1.5,
        "val/total": 1.7,
        "map50": 0.4,
        "map50_95": 0.2,
    }
    assert (history.planned_epochs, history.step.tolist()) == (3, [50, 100])
    saved = json.loads((tmp_path / "predictions" / "epoch_1.json").read_text())
    assert [row["image_id"] for row in saved] == ["a.jpg", "b.jpg", "c.jpg"]
    trainer.is_global_zero = False
    callback.on_train_epoch_end(trainer, None)
    assert len(callback.recorder.history) == 2


def test_huggingface(tmp_path, monkeypatch):
    stand_in(monkeypatch, "transformers", TrainerCallback=object)
    callback = callbacks.huggingface(tmp_path, predictions=lambda model: {model: BOX})
    state = SimpleNamespace(is_world_process_zero=True, best_metric=None, num_train_epochs=3, epoch=0.0, log_history=[])
    for epoch in (1, 2):
        state.epoch = float(epoch)
        state.log_history.append({"loss": 2.0 / epoch, "epoch": float(epoch), "step": 10 * epoch})
        callback.on_log(None, state, None, logs=state.log_history[-1])
        state.log_history.append(
            {"eval_loss": float("nan"), "eval_map_50": 0.3 * epoch, "epoch": float(epoch), "step": 10 * epoch}
        )
        callback.on_log(None, state, None, logs=state.log_history[-1])
        callback.on_evaluate(None, state, None, metrics={}, model="a.jpg")
    history = read_run(tmp_path)
    assert history.framework == "huggingface"
    assert history.series["map50"].tolist() == [0.3, 0.6]
    assert history.series["train/total"].tolist() == [2.0, 1.0]
    assert sorted(path.name for path in (tmp_path / "predictions").iterdir()) == ["epoch_1.json", "epoch_2.json"]
