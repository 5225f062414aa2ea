"""A run as plain values: the JSON of ``framelens run``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from framelens.training.history import History

__all__ = ["RUN_SCHEMA", "run_summary"]

#: Version of the JSON layout.
RUN_SCHEMA: Final = 1


def run_summary(
    history: History,
    *,
    signals: Sequence[Mapping[str, Any]] = (),
    checklist: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a history as plain values that JSON can hold; undefined is None.

    Parameters
    ----------
    history : History
    signals, checklist : sequence of mappings
        Rows as they shall stand in the JSON.

    Returns
    -------
    dict
        ``schema, framework, task, name, epochs[], series{name: values}, planned_epochs, patience, best_epoch,
        stopped_early, run_starts[], signals[], checklist[], skipped[{file, where, reason, count}], warnings[]``.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> history = History("unknown", "detect", np.array([1, 2]), {"map50": np.array([0.5, np.nan])}, best_epoch=1)
    >>> summary = run_summary(history)
    >>> summary["epochs"], summary["series"], summary["best_epoch"]
    ([1, 2], {'map50': [0.5, None]}, 1)
    """
    return {
        "schema": RUN_SCHEMA,
        "framework": history.framework,
        "task": history.task,
        "name": history.name,
        "epochs": [int(epoch) for epoch in history.epochs],
        "series": {name: [_plain(value) for value in column.tolist()] for name, column in history.series.items()},
        "planned_epochs": history.planned_epochs,
        "patience": history.patience,
        "best_epoch": history.best_epoch,
        "stopped_early": history.stopped_early,
        "run_starts": list(history.run_starts),
        "signals": [dict(row) for row in signals],
        "checklist": [dict(row) for row in checklist],
        "skipped": [skip.as_dict() for skip in history.skipped],
        "warnings": list(history.warnings),
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
