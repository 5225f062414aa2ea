"""Writes down a run while it trains: one line an epoch, and the predictions on the validation set beside it."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.errors import DataError, OptionError, one_line
from framelens.training.registry import read_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from framelens.training.history import History

__all__ = ["LOG_NAME", "RunRecorder", "coco_rows", "write_json"]

#: The log that :class:`RunRecorder` writes, and the reader "framelens" reads.
LOG_NAME: Final = "framelens.jsonl"
_FOLDER: Final = "predictions"


class RunRecorder:
    """Keeps what a training run tells: a log that every part of framelens reads, and predictions by epoch.

    Parameters
    ----------
    folder : path
        Made where it is missing. A log that is there already is continued as another run.
    framework : str
        What trains.
    planned_epochs, patience : int, optional

    Attributes
    ----------
    predictions : Path
        What ``framelens.evaluate`` takes for the predictions of all epochs: a path with ``{epoch}`` in it.

    Examples
    --------
    >>> import tempfile
    >>> recorder = RunRecorder(tempfile.mkdtemp(), framework="mine", planned_epochs=2)
    >>> recorder.log(1, {"train/box": 1.5, "map50_95": 0.2})
    >>> recorder.log(2, {"train/box": 1.2, "map50_95": float("nan")})
    >>> recorder.history.series["map50_95"].tolist(), recorder.history.best_epoch
    ([0.2, nan], 1)
    >>> boxes = {"a.jpg": {"boxes": [[10, 10, 40, 50]], "scores": [0.9], "labels": [1]}}
    >>> recorder.save_predictions(2, boxes).name
    'epoch_2.json'
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        framework: str = "unknown",
        planned_epochs: int | None = None,
        patience: int | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.predictions = self.folder / _FOLDER / "epoch_{epoch}.json"
        self._began = time.monotonic()
        self._head: dict[str, Any] | None = {
            "framelens": 1,
            "framework": one_line(framework, 40),
            "planned_epochs": planned_epochs,
            "patience": patience,
        }

    def log(self, epoch: int, values: Mapping[str, float], *, step: int | None = None) -> None:
        """Add one epoch.

        Parameters
        ----------
        epoch : int
            Counted from 1.
        values : mapping of str to float
            By the names of :attr:`framelens.History.series`; what is no number is left out.
        step : int, optional
            Optimiser step at the end of the epoch.
        """
        row: dict[str, Any] = {"epoch": _checked(epoch), "time": round(time.monotonic() - self._began, 3)}
        if step is not None:
            row["step"] = int(step)
        numbers = {str(name): _number(value) for name, value in values.items()}
        row["values"] = {
            name: value if math.isfinite(value) else None for name, value in numbers.items() if value is not None
        }
        self._append(row)

    def save_predictions(self, epoch: int, predictions: Any) -> Path:
        """Write the predictions of an epoch and return the file.

        Parameters
        ----------
        epoch : int
            Counted from 1.
        predictions : list of dict, or mapping or list of boxes by frame
            See :func:`coco_rows`.
        """
        path = Path(str(self.predictions).replace("{epoch}", str(_checked(epoch))))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, coco_rows(predictions))
        return path

    @property
    def history(self) -> History:
        """What was logged so far.

        Raises
        ------
        DataError
            If nothing was logged yet.
        """
        return read_run(self.folder / LOG_NAME)

    def _append(self, row: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        rows = [row] if self._head is None else [self._head, row]
        text = "".join(json.dumps(one, allow_nan=False) + "\n" for one in rows)
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as file:
            file.write(text)
        self._head = None


def coco_rows(predictions: Any) -> list[dict[str, Any]]:
    """Return predictions as rows of a COCO results file.

    Parameters
    ----------
    predictions : list of dict, or mapping or list of boxes by frame
        Rows with ``image_id, category_id, bbox, score`` are taken as they are. A mapping from frame (id or name) to
        ``{"boxes": (n, 4) x1, y1, x2, y2, "scores": (n,), "labels": (n,)}`` (arrays or tensors) is converted; in a
        list each entry names its frame as ``image_id``.

    Raises
    ------
    DataError
        If it is neither, or boxes, scores and labels of a frame do not fit together.

    Examples
    --------
    >>> coco_rows({"a.jpg": {"boxes": [[1, 2, 11, 22]], "scores": [0.5], "labels": [3]}})
    [{'image_id': 'a.jpg', 'category_id': 3, 'bbox': [1.0, 2.0, 10.0, 20.0], 'score': 0.5}]
    >>> coco_rows({"a.jpg": {"boxes": [[1, 2, 11, 22]], "scores": [0.5], "labels": ["cat"]}})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    framelens.errors.DataError: frame a.jpg: labels are no array of numbers; boxes are (n, 4) x1, y1, x2, y2; ...
    """
    if isinstance(predictions, Mapping):
        entries = list(predictions.items())
    elif isinstance(predictions, Sequence) and all(isinstance(entry, Mapping) for entry in predictions):
        if all("bbox" in entry for entry in predictions):
            return [dict(entry) for entry in predictions]
        entries = [(_plain(entry.get("image_id")), entry) for entry in predictions]
    else:
        entries = [(None, None)]
    rows = []
    for frame, entry in entries:
        if frame is None or not isinstance(entry, Mapping) or not {"boxes", "scores", "labels"} <= entry.keys():
            raise DataError("predictions of an epoch must be COCO rows or boxes, scores and labels by frame")
        for (x1, y1, x2, y2), score, label in _boxes_of(entry, f"frame {one_line(frame, 60)}"):
            box = [x1, y1, x2 - x1, y2 - y1]
            rows.append({"image_id": frame, "category_id": int(label), "bbox": box, "score": score})
    return rows


def _boxes_of(entry: Mapping[str, Any], where: str) -> Iterator[tuple[list[float], float, float]]:
    """Give corners, score and class id of each box of a frame."""
    remedy = "boxes are (n, 4) x1, y1, x2, y2; scores (n,); labels (n,) class ids as in the ground truth"
    columns = {}
    for name in ("boxes", "scores", "labels"):
        try:
            column = _array(entry[name]).astype(np.float64)
        except (TypeError, ValueError):
            raise DataError(f"{name} are no array of numbers", where=where, remedy=remedy) from None
        if not np.isfinite(column).all():
            raise DataError(f"{name} hold a number that is not finite", where=where, remedy=remedy)
        columns[name] = column
    boxes, scores, labels = columns["boxes"], columns["scores"].reshape(-1), columns["labels"].reshape(-1)
    if boxes.size and boxes.shape[-1:] != (4,):
        raise DataError(f"boxes have the shape {boxes.shape}", where=where, remedy=remedy)
    boxes = boxes.reshape(-1, 4)
    if not len(boxes) == len(scores) == len(labels):
        problem = f"{len(boxes)} boxes, {len(scores)} scores and {len(labels)} labels do not fit together"
        raise DataError(problem, where=where, remedy=remedy)
    if not (labels == np.floor(labels)).all():
        raise DataError("labels are no whole numbers", where=where, remedy=remedy)
    return zip(boxes.tolist(), scores.tolist(), labels.tolist(), strict=True)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file that is never seen half written."""
    text = json.dumps(value, allow_nan=False, default=_plain)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _array(value: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Return an array of what may be a tensor."""
    for method in ("detach", "cpu", "numpy"):
        if not isinstance(value, np.ndarray) and hasattr(value, method):
            value = getattr(value, method)()
    return np.asarray(value)


def _plain(value: Any) -> Any:
    """Return a Python number for a scalar of numpy or torch."""
    return value.item() if hasattr(value, "item") else value


def _number(value: Any) -> float | None:
    try:
        return float(_plain(value))
    except (TypeError, ValueError):
        return None


def _checked(epoch: int) -> int:
    if isinstance(epoch, bool) or not isinstance(epoch, (int, np.integer)) or epoch < 1:
        raise OptionError(f"epochs are counted from 1, not {one_line(repr(epoch), 40)}")
    return int(epoch)
