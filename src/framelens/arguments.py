"""Checks of what the caller gave, one line of error each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.by_epoch import EpochName, choose_epoch
from framelens.errors import OptionError, nearest, one_line
from framelens.metrics.rule_sets import RULES

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset
    from framelens.errors import ReadLog
    from framelens.training.history import History

__all__ = ["check_count", "check_fraction", "check_rules", "noted", "read_histories", "stated_epoch", "title_of"]

_MOST_COUNTED = 10_000


def read_histories(run: Any) -> list[History | None]:
    """Return the training runs of one or several folders or log files; [None] for none."""
    from framelens.training import read_run

    return [read_run(one) for one in (run if isinstance(run, (list, tuple)) else [run]) if one is not None] or [None]


def check_rules(rules: object) -> None:
    """Check the name of a rule set."""
    if rules not in RULES:
        allowed = nearest(str(rules), RULES)
        raise OptionError(f"rules must be one of the known rule sets, not {one_line(rules)!r}; {allowed}")


def noted(dataset: Dataset, notes: ReadLog) -> Dataset:
    """Add what was found while other things were read."""
    skipped, warnings = (*dataset.skipped, *notes.skips), (*dataset.warnings, *notes.warnings)
    return replace(dataset, skipped=skipped, warnings=warnings)


def stated_epoch(epoch: EpochName | None, history: History | None) -> int | None:
    """Check the epoch that the predictions of a single epoch are said to belong to."""
    if epoch is None:
        return None
    known = () if history is None else tuple(history.epochs.tolist())
    number = choose_epoch(epoch, known, history)
    if number < 1 or (known and number not in known):
        raise OptionError(
            f"the run has no epoch {number}; its epochs: {known[0]} to {known[-1]}"
            if known
            else f"epochs are counted from 1, not {number}"
        )
    return number


def check_fraction(name: str, value: object, *, any_score: bool = False) -> float:
    """Check a threshold."""
    try:
        truth_value = isinstance(value, bool) or getattr(value, "dtype", None) == np.bool_
        number = float("nan") if truth_value else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if number != number or abs(number) == float("inf") or not (any_score or 0 < number <= 1):  # noqa: PLR0124
        allowed = "a finite number" if any_score else "a number over 0 and at most 1"
        raise OptionError(f"{name} must be {allowed}, not {one_line(repr(value))}")
    return number


def title_of(dataset: Dataset) -> str:
    """Return the name of the first file of a dataset."""
    return next((source.name for source in dataset.sources if source.name), "evaluation")


def check_count(name: str, value: object) -> int:
    """Return a number of bins or rounds.

    Raises
    ------
    OptionError
        It is no whole number from 1 to 10,000.

    Examples
    --------
    >>> check_count("bins", 20)
    20
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or not 1 <= value <= _MOST_COUNTED:
        raise OptionError(f"{name} must be a whole number from 1 to {_MOST_COUNTED:,}, not {one_line(repr(value))}")
    return int(value)
