"""Predictions of several epochs: one evaluation for each, read when it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeGuard, cast

import numpy as np

from framelens.epoch_changes import EpochChanges, compare_epochs
from framelens.errors import DataError, OptionError, ReadLog, one_line
from framelens.training.history import METRIC_SERIES, History

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.data.dataset import Dataset
    from framelens.evaluation import Evaluation

__all__ = [
    "ByEpoch",
    "EpochEvaluations",
    "EpochName",
    "SavedEpochs",
    "carry",
    "choose_epoch",
]

#: An epoch of the run as the charts count (from 1), or the best or the last one.
EpochName: TypeAlias = 'int | Literal["best", "last"]'

#: So many evaluations of other epochs are kept; the oldest is dropped.
_KEPT: Final = 4
_SHARED: Final = ("coco", "overlaps", "ties")


class EpochEvaluations(Mapping[int, "Evaluation"]):
    """The evaluations of a run by epoch; each is made when it is asked for, and only the last few are kept."""

    def __init__(self, shown: Evaluation) -> None:
        self._shown = shown
        self._numbers = _numbers(shown)

    def __getitem__(self, epoch: int) -> Evaluation:
        if epoch not in self._numbers:
            raise KeyError(epoch)
        if epoch == self._shown.epoch or self._shown.saved is None:
            return self._shown
        return self._shown.saved.evaluation(epoch, self._shown)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __contains__(self, epoch: object) -> bool:
        return epoch in self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return f"EpochEvaluations({', '.join(map(str, self._numbers))})"


class ByEpoch:
    """Base of :class:`framelens.Evaluation`: the way to the same evaluation at other epochs.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5],
    ...                       "width": [40, 20], "height": [40, 20]})
    >>> found = truth.assign(score=0.9)
    >>> ev = framelens.evaluate(truth, {1: found.assign(**{"class": "cat"}), 2: found})
    >>> ev.epoch, list(ev.epochs)
    (2, [1, 2])
    >>> ev.epoch_changes(1)
    EpochChanges(epoch 1 against 2: 0 objects fixed, 1 broken, 2 cells)
    >>> ev.best_saved_epoch, ev.at_epoch(1).epoch, ev.at_epoch("best").epoch
    (2, 1, 2)
    """

    @property
    def epochs(self) -> EpochEvaluations:
        """Evaluations by epoch, at the same settings; empty where the epoch of the predictions is not known."""
        return EpochEvaluations(_whole(self))

    def at_epoch(self, epoch: EpochName) -> Evaluation:
        """Return the evaluation of the predictions of one epoch.

        Parameters
        ----------
        epoch : int, "best" or "last"
            As the charts count, from 1.

        Raises
        ------
        OptionError
            If no predictions of that epoch were given.
        DataError
            If they cannot be read.
        """
        known = self.epochs
        number = choose_epoch(epoch, tuple(known), _whole(self).history)
        if not known:
            raise OptionError("no predictions of several epochs were given; evaluate takes {epoch: predictions}")
        if number not in known:
            raise OptionError(f"there are no predictions of epoch {number}; epochs with predictions: {_listed(known)}")
        return known[number]

    @property
    def best_saved_epoch(self) -> int:
        """The best epoch of those with predictions, by the log.

        Raises
        ------
        OptionError
            If the epoch of the predictions is not known.
        """
        return choose_epoch("best", tuple(self.epochs), _whole(self).history)

    def epoch_changes(self, epoch: EpochName, base: EpochName = "best") -> EpochChanges:
        """Tell which cells, objects and frames were gained and lost since another epoch.

        Parameters
        ----------
        epoch : int, "best" or "last"
            The epoch that is looked at.
        base : int, "best" or "last"
            The epoch it is compared with.

        Raises
        ------
        OptionError, DataError
            As :meth:`at_epoch`.
        """
        return compare_epochs(self.at_epoch(base), self.at_epoch(epoch))


class SavedEpochs:
    """Where the predictions of each epoch are, and the evaluations made of the last few of them.

    Parameters
    ----------
    sources : mapping of int to object
        Path, DataFrame or object of each epoch.
    load : callable
        ``load(source)`` returns the dataset.
    """

    def __init__(self, sources: Mapping[int, Any], load: Callable[[Any], Dataset]) -> None:
        self.numbers = tuple(sorted(sources))
        self._sources, self._load = dict(sources), load
        self._kept: OrderedDict[int, Evaluation] = OrderedDict()

    def dataset(self, epoch: int) -> Dataset:
        """Read the predictions of an epoch and join them with the truth."""
        return self._load(self._sources[epoch])

    def evaluation(self, epoch: int, like: Evaluation) -> Evaluation:
        """Return the evaluation of an epoch with the settings of another evaluation."""
        kept = self._kept.pop(epoch, None)
        if kept is None:
            found = replace(like, dataset=self.dataset(epoch), epoch=epoch)
        elif _settings(kept) == _settings(like):
            found = kept
        else:
            found = carry(kept, replace(like, dataset=kept.dataset, epoch=epoch))
        self._kept[epoch] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found

    def history(self, make: Callable[[int, Dataset], Evaluation], name: str) -> History:
        """Return the cards of every epoch as a run; an epoch that cannot be read is left out and counted."""
        rows, notes = {}, ReadLog()
        for epoch in self.numbers:
            try:
                evaluation = make(epoch, self.dataset(epoch))
            except DataError as error:
                notes.skip(error.file or "predictions", f"epoch {epoch}", one_line(error.problem))
                continue
            macro, ap = evaluation.scores.macro, evaluation.average_precision
            rows[epoch] = (macro.precision, macro.recall, ap.map50, ap.map50_95)
        if not rows:
            skip = notes.skips[0]
            raise DataError(f"no epoch can be read; the first: {skip.reason}", file=skip.file, where=skip.where)
        table = np.array(list(rows.values()), dtype=np.float64)
        known = np.isfinite(table[:, -1])
        best = list(rows)[int(np.nanargmax(table[:, -1]))] if known.any() else None
        return History(
            framework="predictions by epoch",
            task="detect",
            epochs=np.array(list(rows), dtype=np.int64),
            series={name: table[:, column] for column, name in enumerate(METRIC_SERIES)},
            best_epoch=best,
            name=name,
            skipped=notes.skips,
        )


def choose_epoch(epoch: EpochName, known: tuple[int, ...], history: History | None) -> int:
    """Return the number of an epoch: the best of ``known`` by the log's mAP50-95, the last, or the one named.

    >>> choose_epoch("last", (3, 5), None)
    5
    """
    if _is_number(epoch):
        return int(epoch)
    if epoch == "last" and known:
        return known[-1]
    if epoch == "best" and known:
        return _best(known, history)
    given = one_line(repr(epoch), 40)
    expected = "a number of an epoch, 'best' or 'last'" if known else "a number: no predictions by epoch were given"
    raise OptionError(f"epoch must be {expected}, not {given}")


def carry(known: Evaluation, changed: Evaluation) -> Evaluation:
    """Give what was computed for one evaluation to another one of the same dataset, where it stays true."""
    if changed.iou == known.iou and "matching" in known.__dict__:
        changed.__dict__["matching"] = known.matching
    for name in _SHARED:
        if name in known.__dict__:
            changed.__dict__[name] = known.__dict__[name]
    return changed


def _best(known: tuple[int, ...], history: History | None) -> int:
    """Return the best epoch of the run, or of those with predictions the one that the log rates highest."""
    if history is None:
        return known[-1]
    if history.best_epoch is not None and history.best_epoch in known:
        return history.best_epoch
    for name in ("map50_95", "map50"):
        column = history.series.get(name)
        rows = np.flatnonzero(np.isin(history.epochs, known))
        if column is not None and np.isfinite(column[rows]).any():
            return int(history.epochs[rows[int(np.nanargmax(column[rows]))]])
    return known[-1]


def _numbers(evaluation: Evaluation) -> tuple[int, ...]:
    if evaluation.saved is not None:
        return evaluation.saved.numbers
    return () if evaluation.epoch is None else (evaluation.epoch,)


def _settings(evaluation: Evaluation) -> tuple[object, ...]:
    return evaluation.confidence, evaluation.iou, evaluation.rules, evaluation.title, evaluation.band_book


def _listed(numbers: Mapping[int, object]) -> str:
    listed = list(map(str, numbers))
    return ", ".join(listed) if len(listed) <= 2 * _KEPT else f"{', '.join(listed[:_KEPT])} ... {listed[-1]}"


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _whole(part: ByEpoch) -> Evaluation:
    """Name what this is a part of."""
    return cast("Evaluation", part)
