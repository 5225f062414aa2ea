"""Two models, or more, on the same data: what got better, what got worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens import tables_comparison as tables
from framelens.data.relabel import with_classes
from framelens.errors import OptionError, nearest, one_line
from framelens.evaluation import Evaluation
from framelens.metrics.changes import match_frames, match_objects
from framelens.metrics.intervals import bootstrap_rounds
from framelens.tables import class_labels, common_classes

if TYPE_CHECKING:
    import datetime as dt
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.widgets.comparison_widget import ComparisonWidget

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Evaluations side by side; made by :func:`compare`.

    Every difference is *other minus baseline*, so a positive change of a score is an improvement. Each
    evaluation keeps its own rules and operating point; :attr:`warnings` says where these, or the data, differ.

    Attributes
    ----------
    evaluations : mapping of str to Evaluation
        By name, in the order given; all with the same classes in the same order.
    baseline : str
        Name of the evaluation that the others are compared with.
    rounds : int
        Resamples of frames behind each interval; 0 leaves intervals out.
    seed : int
        The same seed gives the same intervals.

    Examples
    --------
    >>> import framelens, pandas as pd, pathlib, tempfile
    >>> truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5],
    ...                       "width": [20, 30], "height": [20, 30]})
    >>> good, poor = (framelens.evaluate(truth, truth[:rows].assign(score=0.9)) for rows in (2, 1))
    >>> comparison = framelens.compare({"old": poor, "new": good}, rounds=2)
    >>> comparison.baseline, comparison.others, comparison.other(), comparison.warnings
    ('old', ('new',), 'new', ())
    >>> comparison.metrics["delta"].tolist()[1], comparison.objects()["change"].tolist()
    (0.5, ['right in both', 'fixed'])
    >>> comparison.confusion().loc["dog"].tolist(), comparison.per_class["recall_delta"].tolist()
    ([0, 1, -1], [0.0, 1.0])
    >>> comparison.frames()["change"].tolist(), comparison.curves.columns.tolist()
    (['right in both', 'fixed'], ['model', 'recall', 'precision'])
    >>> comparison.against("new").widget()
    ComparisonWidget(new → old)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     comparison.export(folder)[0].name, comparison.report(pathlib.Path(folder, "compare.html")).name
    ('comparison.csv', 'compare.html')

    Behind the intervals and the tables stand arrays: resamples of five numbers, and the rows of the baseline.

    >>> comparison.drawn("new").shape, [rows.tolist() for rows in comparison.partners("new")]
    ((2, 5), [[0, 1], [0, 1]])
    """

    evaluations: Mapping[str, Evaluation]
    baseline: str
    rounds: int = 200
    seed: int = 0

    def __getitem__(self, name: str) -> Evaluation:
        """Return one evaluation by its name."""
        return self.evaluations[self._name(name)]

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the evaluations that are not the baseline."""
        return tuple(name for name in self.evaluations if name != self.baseline)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Where data, rules or thresholds differ, one sentence each; empty where nothing does."""
        return tuple(tables.differences(self))

    @property
    def metrics(self) -> pd.DataFrame:
        """Numbers of the cards and their change, with an interval.

        Returns
        -------
        DataFrame
            One row per number and other model: ``metric, model, baseline, value, delta, low, high, clear``.
            ``low`` and ``high`` are the 2.5 and 97.5 percentiles of the change when frames are drawn anew
            (both models on the same frames), ``nan`` where there is none; ``clear`` where 0 is not between them.
        """
        return tables.metrics_table(self)

    @property
    def per_class(self) -> pd.DataFrame:
        """Numbers per class and their change.

        Returns
        -------
        DataFrame
            One row per class and other model: ``class, model, objects``, and for each of ``precision, recall,
            f1, ap50, ap50_95`` the columns ``<name>_baseline, <name>, <name>_delta`` (``nan`` where undefined).
        """
        return tables.per_class_table(self)

    def confusion(self, model: str | None = None) -> pd.DataFrame:
        """Return the confusion matrix of ``model`` minus that of the baseline.

        Parameters
        ----------
        model : str or None
            None takes the only other one.

        Returns
        -------
        DataFrame
            (K+1, K+1) int64; rows actual, columns predicted, background last.
        """
        other = self[self.other(model)]
        return other.confusion() - self[self.baseline].confusion()

    def objects(self, model: str | None = None) -> pd.DataFrame:
        """Return one row per ground-truth object with what both made of it.

        Parameters
        ----------
        model : str or None
            None takes the only other one.

        Returns
        -------
        DataFrame
            ``frame, class, x, y, width, height, baseline`` (status), ``model`` (status), ``change`` (see
            :data:`framelens.metrics.changes.OBJECT_CHANGES`), ``baseline_as, model_as`` (class given to it, or
            background), ``baseline_score, model_score``.
        """
        return tables.objects_table(self, self.other(model))

    def frames(self, model: str | None = None) -> pd.DataFrame:
        """Return one row per frame: errors of both, largest change for the worse first.

        Parameters
        ----------
        model : str or None
            None takes the only other one.

        Returns
        -------
        DataFrame
            ``frame, change`` (see :data:`framelens.metrics.changes.FRAME_CHANGES`), ``baseline_errors,
            model_errors, delta``; an error is a wrong detection or a missed object.
        """
        return tables.frames_table(self, self.other(model))

    @property
    def curves(self) -> pd.DataFrame:
        """Mean precision against recall of every model at IoU 0.50: ``model, recall, precision``."""
        return tables.curves_table(self)

    def against(self, baseline: str) -> Comparison:
        """Return the same evaluations compared with another one; the resamples are kept.

        Parameters
        ----------
        baseline : str
            Name of the evaluation that the others are compared with from now on.

        Raises
        ------
        OptionError
            There is no such model.
        """
        if self._name(baseline) == self.baseline:
            return self
        changed = replace(self, baseline=baseline)
        vars(changed)["_drawn"] = self._drawn
        return changed

    def widget(self, model: str | None = None) -> ComparisonWidget:
        """Return the comparison as a widget, where baseline and model can be chosen.

        Parameters
        ----------
        model : str or None
            The one that is shown first; None takes the first of :attr:`others`.
        """
        from framelens.widgets.comparison_widget import ComparisonWidget

        return ComparisonWidget(self, self._first(model))

    def report(
        self,
        path: str | PathLike[str],
        model: str | None = None,
        *,
        pictures: int = 200,
        date: str | dt.date | None = None,
    ) -> Path:
        """Write the comparison as one offline HTML file, where the model can be chosen.

        Parameters
        ----------
        path : str or path
            File to write; an existing one is replaced only when the new one is complete.
        model : str or None
            The one that is shown first; None takes the first of :attr:`others`. The further ones follow as long as
            the file stays within its size; the page says which it holds. The baseline is that of the comparison.
        pictures : int
            At most so many stored pictures in all: objects that are broken, then fixed, then wrong in both.
        date : str "YYYY-MM-DD", date or None
            Date in the stamp; None takes today.
        """
        from framelens.report.comparison import write_comparison

        return write_comparison(self, self._first(model), path, pictures=pictures, date=date)

    def export(self, folder: str | PathLike[str], model: str | None = None) -> list[Path]:
        """Write the comparison with one other model as CSV, JSON and PNG into a folder.

        Parameters
        ----------
        folder : str or path
            Made if it is not there.
        model : str or None
            None takes the only other one.

        Returns
        -------
        list of Path
            ``comparison.csv``, ``per-class-change.csv``, ``confusion-matrix-change.csv``, ``objects-change.csv``,
            ``frames-change.csv``, ``comparison.json`` and ``confusion-matrix.png`` (of the other model), each with
            the settings it was made with.

        Raises
        ------
        OptionError
            If the folder cannot be written, or there is no such model.
        """
        from framelens.report.export import export_comparison

        return export_comparison(self, self.other(model), folder)

    def other(self, model: str | None = None) -> str:
        """Return the name of the model that is compared; None stands for the only other one.

        Raises
        ------
        OptionError
            There is no such model, or several and none was named.
        """
        if model is not None:
            return self._name(model)
        if len(self.others) != 1:
            raise OptionError(f"say which model to compare with {self.baseline!r}: {', '.join(self.others)}")
        return self.others[0]

    def partners(self, model: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the baseline's row for each object and each frame of ``model``, -1 where it has none."""
        known = self._partners
        if model not in known:
            baseline, other = self[self.baseline].dataset, self[model].dataset
            known[model] = (match_objects(baseline, other), match_frames(baseline, other))
        return known[model]

    def drawn(self, model: str) -> NDArray[np.float64]:
        """Return the bootstrapped numbers of one model, shape (rounds, 5), on the same frames for every model."""
        known = self._drawn
        if model not in known:
            evaluation = self[model]
            known[model] = bootstrap_rounds(
                evaluation.dataset,
                evaluation.matching,
                evaluation.operating_point.confidence,
                rounds=self.rounds,
                seed=self.seed,
                rules=evaluation.rules,
                overlaps=evaluation.overlaps,
            )
        return known[model]

    @cached_property
    def _partners(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        return {}

    @cached_property
    def _drawn(self) -> dict[str, NDArray[np.float64]]:
        return {}

    def _first(self, model: str | None) -> str:
        return self.others[0] if model is None else self._name(model)

    def _name(self, name: str) -> str:
        if name not in self.evaluations:
            raise OptionError(f"no model is called {one_line(name)!r}; {nearest(str(name), list(self.evaluations))}")
        return name

    def __repr__(self) -> str:
        """Return the numbers as text, for terminals."""
        return tables.as_text(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from framelens.presentation import in_notebook

        if in_notebook():
            display(self.widget())  # type: ignore[no-untyped-call]
        else:
            print(repr(self))  # noqa: T201 - what a terminal shows


def compare(
    evaluations: Mapping[str, Evaluation] | Mapping[int, Evaluation],
    *,
    baseline: str | int | None = None,
    rounds: int = 200,
    seed: int = 0,
) -> Comparison:
    """Compare two or more evaluations.

    Parameters
    ----------
    evaluations : mapping of str or int to Evaluation
        At least two, by name: models on the same data, or the epochs of one run by number, such as ``ev.epochs``
        or ``{5: ev.at_epoch(5), 20: ev.at_epoch(20)}``, which are called ``"epoch 5"`` and ``"epoch 20"``.
    baseline : str, int or None
        Name (of an epoch its number) of the one that the others are compared with; None takes the first.
    rounds : int
        Resamples of frames behind each interval; 0 leaves intervals out.
    seed : int
        The same seed gives the same intervals.

    Returns
    -------
    Comparison

    Raises
    ------
    OptionError
        Fewer than two evaluations, something else than an evaluation, or an unknown baseline.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> old, new = (framelens.evaluate(truth, truth[:rows].assign(score=0.9)) for rows in (0, 1))
    >>> compare({"old": old, "new": new}, rounds=0).objects()["change"].tolist()
    ['fixed']
    """
    if not isinstance(evaluations, Mapping) or len(evaluations) < 2:  # noqa: PLR2004 - it takes two
        raise OptionError('compare takes at least two evaluations by name: framelens.compare({"old": a, "new": b})')
    named = {_called(name): value for name, value in evaluations.items()}
    if len(named) < len(evaluations):
        raise OptionError("two evaluations have the same name: an epoch and a model that is called as if it were one")
    for name, value in named.items():
        if not isinstance(name, str) or not isinstance(value, Evaluation):
            raise OptionError(
                f"compare takes names and evaluations, not {one_line(repr(name), 40)}: {type(value).__name__}; "
                "make each with framelens.evaluate"
            )
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 0:
        raise OptionError(f"rounds must be a whole number from 0, not {one_line(repr(rounds), 40)}")
    first = next(iter(named)) if baseline is None else _called(baseline)
    if first not in list(named):
        raise OptionError(f"no model is called {one_line(first)!r}; {nearest(str(first), list(named))}")
    return Comparison(MappingProxyType(_aligned(named)), first, rounds, seed)


def _called(name: Any) -> Any:
    """Return the name of an epoch that is given by its number; every other name as it is."""
    return f"epoch {name}" if isinstance(name, int | np.integer) and not isinstance(name, bool) else name


def _aligned(evaluations: Mapping[str, Evaluation]) -> dict[str, Evaluation]:
    """Give all evaluations the same classes: those of all of them, in order of appearance."""
    union, places = common_classes(evaluations.values())
    return {
        name: evaluation
        if class_labels(evaluation)[:-1] == union
        else replace(evaluation, dataset=with_classes(evaluation.dataset, place, union))
        for (name, evaluation), place in zip(evaluations.items(), places, strict=True)
    }
