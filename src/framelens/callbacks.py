"""Callbacks for trainers: the curves of a run and its predictions by epoch, written where framelens finds them.

Each function returns (or attaches) what its framework calls a callback. The framework is imported when the
function is called and never before. After training, or while it goes on::

    framelens.watch(folder)                                                # the curves, live
    framelens.evaluate(truth, folder / "predictions" / "epoch_{epoch}.json", run=folder)

``predictions`` of the functions below is a function of your own where the framework does not hand out boxes; what it
returns is described in :func:`framelens.training.recorder.coco_rows`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framelens.errors import OptionError
from framelens.training.readers.table import guess_name
from framelens.training.recorder import RunRecorder, write_json
from framelens.training.registry import read_run

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from framelens.training.history import History

__all__ = ["UltralyticsRun", "huggingface", "keras", "lightning", "ultralytics"]


class UltralyticsRun:
    """What :func:`ultralytics` attached to a model: the folder of its run and what was recorded."""

    def __init__(self, *, save: bool) -> None:
        self.folder: Path | None = None
        self._save, self._due = save, False
        self._recorder: RunRecorder | None = None

    @property
    def history(self) -> History:
        """The curves so far, from the ``results.csv`` that Ultralytics writes.

        Raises
        ------
        OptionError
            If training has not begun.
        """
        if self.folder is None:
            raise OptionError("training has not begun: call model.train(...) first")
        return read_run(self.folder)

    @property
    def predictions(self) -> Path | None:
        """What ``framelens.evaluate`` takes for the predictions of all epochs; None before training."""
        return None if self._recorder is None else self._recorder.predictions

    def on_train_start(self, trainer: Any) -> None:
        """Ask the validator of the trainer to keep its boxes."""
        self.folder = Path(trainer.save_dir)
        self._recorder = RunRecorder(self.folder, framework="ultralytics")
        if self._save and getattr(trainer, "validator", None) is not None:
            trainer.validator.args.save_json = True

    def on_train_epoch_end(self, _trainer: Any) -> None:
        """Note that an epoch was trained: the validation of ``best.pt`` at the very end belongs to none."""
        self._due = True

    def on_fit_epoch_end(self, trainer: Any) -> None:
        """Write the boxes that the validation of this epoch found."""
        boxes = getattr(getattr(trainer, "validator", None), "jdict", None)
        if self._due and self._save and self._recorder is not None and boxes is not None:
            self._recorder.save_predictions(trainer.epoch + 1, list(boxes))
        self._due = False


def ultralytics(model: Any, *, predictions: bool = True) -> UltralyticsRun:
    """Attach to an Ultralytics model; call it before ``model.train(...)``.

    Parameters
    ----------
    model : ultralytics.YOLO
        Anything with ``add_callback(event, function)``.
    predictions : bool
        Save the boxes of every validation (``validator.args.save_json``).

    Returns
    -------
    UltralyticsRun
        ``folder``, ``history`` and ``predictions`` of the run.

    Notes
    -----
    Ultralytics writes ``results.csv`` itself, so only boxes are added. With several GPUs it trains in processes of
    its own, which take no callbacks along: there only ``framelens.watch`` sees the run.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from types import SimpleNamespace
    >>> class Model:  # in the place of ultralytics.YOLO
    ...     def __init__(self): self.of = {}
    ...     def add_callback(self, event, function): self.of[event] = function
    >>> model = Model()
    >>> run = ultralytics(model)  # what follows is what model.train(...) does
    >>> validator = SimpleNamespace(args=SimpleNamespace(save_json=False), jdict=[])
    >>> trainer = SimpleNamespace(save_dir=tempfile.mkdtemp(), epoch=0, validator=validator)
    >>> log = pathlib.Path(trainer.save_dir, "results.csv")
    >>> _ = log.write_text("epoch,metrics/mAP50(B)" + chr(10) + "1,0.4" + chr(10))
    >>> for event in ("on_train_start", "on_train_epoch_end", "on_fit_epoch_end"):
    ...     model.of[event](trainer)
    >>> run.history, run.predictions.name, run.predictions.with_name("epoch_1.json").is_file()
    (History(ultralytics, 1 epochs, map50), 'epoch_{epoch}.json', True)
    """
    run = UltralyticsRun(save=predictions)
    for event in ("on_train_start", "on_train_epoch_end", "on_fit_epoch_end"):
        model.add_callback(event, getattr(run, event))
    return run


def keras(folder: str | os.PathLike[str], *, predictions: Callable[[Any], Any] | None = None) -> Any:
    """Return a ``keras.callbacks.Callback`` for ``model.fit(..., callbacks=[...])``.

    Parameters
    ----------
    folder : path
    predictions : callable, optional
        ``predictions(model)`` is called after every epoch.

    Returns
    -------
    keras.callbacks.Callback
        With the attribute ``recorder``.

    Examples
    --------
    >>> import framelens.callbacks
    >>> model.fit(data, epochs=20, callbacks=[framelens.callbacks.keras("runs/mine")])  # doctest: +SKIP
    """
    base: Any = import_module("keras.callbacks").Callback

    class FramelensCallback(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recorder = RunRecorder(folder, framework="keras")

        def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:  # noqa: ARG002
            epochs = (self.params or {}).get("epochs")
            self.recorder = RunRecorder(folder, framework="keras", planned_epochs=epochs)

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            self.recorder.log(epoch + 1, _named(logs or {}))
            if predictions is not None:
                self.recorder.save_predictions(epoch + 1, predictions(self.model))

    return FramelensCallback()


def lightning(folder: str | os.PathLike[str], *, predictions: Callable[[Any, Any], Any] | None = None) -> Any:
    """Return a Lightning ``Callback`` for ``Trainer(callbacks=[...])``.

    Parameters
    ----------
    folder : path
    predictions : callable, optional
        ``predictions(outputs, batch)`` gets what ``validation_step`` returned for each batch and returns the boxes
        of its frames.

    Returns
    -------
    lightning.pytorch.Callback
        With the attribute ``recorder``. Only the first process of several writes.

    Examples
    --------
    >>> import framelens.callbacks
    >>> Trainer(callbacks=[framelens.callbacks.lightning("runs/mine")]).fit(model)  # doctest: +SKIP
    """
    try:
        base: Any = import_module("lightning.pytorch.callbacks").Callback
    except ImportError:
        base = import_module("pytorch_lightning.callbacks").Callback

    class FramelensCallback(base):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.recorder = RunRecorder(folder, framework="lightning")
            self._boxes: list[Any] = []

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
            planned = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
            self.recorder = RunRecorder(folder, framework="lightning", planned_epochs=planned)

        def on_validation_batch_end(  # noqa: PLR0917 - as Lightning calls it
            self,
            trainer: Any,
            pl_module: Any,  # noqa: ARG002
            outputs: Any,
            batch: Any,
            batch_idx: int,  # noqa: ARG002
            dataloader_idx: int = 0,  # noqa: ARG002
        ) -> None:
            if predictions is not None and not trainer.sanity_checking:
                found = predictions(outputs, batch)
                self._boxes += [found] if isinstance(found, dict) else list(found)

        def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
            if self._boxes and trainer.is_global_zero and not trainer.sanity_checking:
                self.recorder.save_predictions(trainer.current_epoch + 1, _joined(self._boxes))
            self._boxes = []

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
            if trainer.is_global_zero:
                values = _named(_of_epochs(trainer.callback_metrics))
                self.recorder.log(trainer.current_epoch + 1, values, step=trainer.global_step)

    return FramelensCallback()


def huggingface(folder: str | os.PathLike[str], *, predictions: Callable[[Any], Any] | None = None) -> Any:
    """Return a ``transformers.TrainerCallback`` for ``Trainer(callbacks=[...])``.

    Parameters
    ----------
    folder : path
        Gets a ``trainer_state.json`` with the log of the trainer, anew after every record.
    predictions : callable, optional
        ``predictions(model)`` is called after every evaluation: the trainer hands out metrics, no boxes.

    Returns
    -------
    transformers.TrainerCallback
        With the attribute ``recorder``.

    Examples
    --------
    >>> import framelens.callbacks
    >>> Trainer(model, callbacks=[framelens.callbacks.huggingface("runs/mine")]).train()  # doctest: +SKIP
    """
    base: Any = import_module("transformers").TrainerCallback

    class FramelensCallback(base):  # type: ignore[misc]
        def __init__(self) -> None:
            self.recorder = RunRecorder(folder, framework="huggingface")

        def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            if state.is_world_process_zero:
                self.recorder.folder.mkdir(parents=True, exist_ok=True)
                write_json(
                    self.recorder.folder / "trainer_state.json",
                    {
                        "best_metric": state.best_metric,
                        "num_train_epochs": state.num_train_epochs,
                        "log_history": _finite(state.log_history),
                    },
                )

        def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
            if predictions is not None and state.is_world_process_zero:
                epoch = max(1, -int(-(state.epoch or 0) // 1))
                self.recorder.save_predictions(epoch, predictions(kwargs.get("model")))

    return FramelensCallback()


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the names of series; of two columns with one meaning the first has it."""
    named: dict[str, Any] = {}
    for column, value in values.items():
        name = guess_name(column)
        named[column if name in named else name] = value
    return named


def _of_epochs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what Lightning has as the mean of an epoch too."""
    return {
        name.removesuffix("_epoch"): value
        for name, value in values.items()
        if not (name.endswith("_step") and name.removesuffix("_step") + "_epoch" in values)
        and name + "_epoch" not in values
    }


def _joined(boxes: list[Any]) -> Any:
    """Join mappings by frame into one; rows stay rows."""
    if not all(isinstance(part, dict) and "bbox" not in part and "boxes" not in part for part in boxes):
        return boxes
    return {frame: entry for part in boxes for frame, entry in part.items()}


def _finite(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return records without nan and infinity, which JSON does not know."""
    return [
        {
            name: None if isinstance(value, float) and not abs(value) < float("inf") else value
            for name, value in row.items()
        }
        for row in rows
    ]
