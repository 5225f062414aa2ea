"""What both drawers of the epoch curves are given: one payload, the same series, colours and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from framelens.errors import one_line
from framelens.training.history import METRIC_SERIES
from framelens.training.signals import find_signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from framelens.training.history import History
    from framelens.training.signals import Signal
    from framelens.widgets.epoch_payload import ChangesHead

#: Colour of each ``color`` number: the hues of the front end's own curves, of a lightness that
#: stands out by 3:1 and more on white and on the dark grey of notebook themes.
PALETTE = ("#3d8ad6", "#dd7030", "#2c9f78", "#c460a8", "#a8831f", "#7583dd", "#7a96a3", "#8a8d93")

__all__ = [
    "PALETTE",
    "HistoryHead",
    "Series",
    "clean_text",
    "color_of",
    "encode_history",
    "encode_signal",
    "or_null",
]

_METRIC_LABELS = {"precision": "Precision", "recall": "Recall", "map50": "mAP50", "map50_95": "mAP50-95"}
_LONGEST_NAME = 200


class Series(TypedDict):
    """One curve: its values stand beside ``HistoryHead["epochs"]``, ``null`` where an epoch has none."""

    name: str
    label: str
    group: Literal["metric", "loss", "extra"]
    part: str
    split: Literal["train", "val"]
    color: int
    values: list[float | None]


class HistoryHead(TypedDict):
    """The ``history`` part of the payload."""

    framework: str
    name: str
    epochs: list[int]
    best_epoch: int | None
    stopped_early: bool | None
    planned_epochs: int | None
    patience: int | None
    run_starts: list[int]
    matrix_epoch: int | None
    saved_epochs: list[int]
    epoch_problem: str
    changes: ChangesHead | None
    signals: list[dict[str, Any]]
    series: list[Series]
    extra: list[Series]
    others: list[HistoryHead]


def color_of(series: Series) -> str:
    """Return the colour of a series; the two splits of a loss share theirs."""
    return PALETTE[series["color"] % len(PALETTE)]


def clean_text(text: object, longest: int = _LONGEST_NAME) -> str:
    r"""Return one printable line of at most ``longest`` characters that every JSON and UTF-8 writer takes.

    >>> clean_text("left\nright \ud800")
    'left right \ufffd'
    """
    line = one_line(text, longest)
    return line.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def or_null(value: float | None) -> float | None:
    """Return ``value`` as a float, or None where it is missing, ``nan`` or infinite.

    >>> or_null(float("nan")) is None, or_null(0.5)
    (True, 0.5)
    """
    return float(value) if value is not None and np.isfinite(value) else None


def encode_history(
    history: History | None,
    *,
    matrix_epoch: int | None = None,
    saved_epochs: Sequence[int] = (),
    changes: ChangesHead | None = None,
    signals: bool = True,
    others: Sequence[History] = (),
) -> HistoryHead | None:
    """Return the payload of a training history, or None where there is none.

    Metrics come first, in the order precision, recall, mAP50, mAP50-95; then each loss part, train
    before val. The two splits of one part share one ``color`` (a hue number). Learning rates and the wall
    time stand apart in ``extra``: they are drawn on demand.

    Parameters
    ----------
    history : History or None
    matrix_epoch : int or None
        Epoch whose predictions the matrix shows, where it is known.
    saved_epochs : sequence of int
        Epochs whose predictions can be shown.
    changes : ChangesHead or None
        What changed since the best epoch.
    signals : bool
        False leaves out what the curves do: finding it takes longer than all the rest.
    others : sequence of History
        Further runs to draw over this one.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> history = History("yolo", "detect", np.array([1, 2]),
    ...                   {"map50": np.array([0.1, np.nan]), "val/box": np.array([2.0, 1.0])})
    >>> [(s["label"], s["values"]) for s in encode_history(history)["series"]]
    [('mAP50', [0.1, None]), ('box (val)', [2.0, 1.0])]
    """
    if history is None:
        return None
    return {
        "framework": clean_text(history.framework),
        "name": clean_text(history.name),
        "epochs": [int(epoch) for epoch in history.epochs],
        "best_epoch": None if history.best_epoch is None else int(history.best_epoch),
        "stopped_early": None if history.stopped_early is None else bool(history.stopped_early),
        "planned_epochs": history.planned_epochs,
        "patience": history.patience,
        "run_starts": [int(epoch) for epoch in history.run_starts],
        "matrix_epoch": matrix_epoch,
        "saved_epochs": [int(epoch) for epoch in saved_epochs],
        "epoch_problem": "",
        "changes": changes,
        "signals": [encode_signal(signal) for signal in find_signals(history)] if signals else [],
        "series": [*_metric_series(history), *_loss_series(history)],
        "extra": _extra_series(history),
        "others": [head for other in others if (head := encode_history(other, signals=False)) is not None],
    }


def encode_signal(signal: Signal) -> dict[str, Any]:
    """Return a signal as JSON with texts that every page can show."""
    row = signal.as_dict()
    return row | {name: clean_text(row[name]) for name in ("kind", "series", "text")}


def _values(column: Iterable[float]) -> list[float | None]:
    return [or_null(value) for value in column]


def _metric_series(history: History) -> list[Series]:
    return [
        {
            "name": name,
            "label": _METRIC_LABELS[name],
            "group": "metric",
            "part": name,
            "split": "val",
            "color": color,
            "values": _values(history.series[name]),
        }
        for color, name in enumerate(METRIC_SERIES)
        if name in history.series
    ]


def _loss_series(history: History) -> list[Series]:
    found = [name.partition("/") for name in history.series if name.startswith(("train/", "val/"))]
    parts = list(dict.fromkeys(part for _, _, part in found))
    splits: tuple[Literal["train", "val"], ...] = ("train", "val")
    return [
        {
            "name": clean_text(f"{split}/{part}"),
            "label": f"{clean_text(part)} ({split})",
            "group": "loss",
            "part": clean_text(part),
            "split": split,
            "color": color,
            "values": _values(history.series[f"{split}/{part}"]),
        }
        for color, part in enumerate(parts)
        for split in splits
        if f"{split}/{part}" in history.series
    ]


def _extra_series(history: History) -> list[Series]:
    columns: dict[str, tuple[str, Iterable[float]]] = {
        name: (f"learning rate ({clean_text(name.removeprefix('lr/'))})", column)
        for name, column in history.series.items()
        if name.startswith("lr/")
    }
    if history.wall_time is not None:
        columns["wall_time"] = ("wall time (s)", history.wall_time)
    return [
        {
            "name": clean_text(name),
            "label": label,
            "group": "extra",
            "part": "wall_time" if name == "wall_time" else "lr",
            "split": "train",
            "color": color,
            "values": _values(column),
        }
        for color, (name, (label, column)) in enumerate(columns.items())
    ]
