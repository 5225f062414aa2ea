"""How an evaluation is shown: widgets in a notebook, a report in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from framelens.errors import OptionError

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from framelens.evaluation import Evaluation
    from framelens.widgets.dashboard import Dashboard
    from framelens.widgets.epoch_charts import EpochCharts
    from framelens.widgets.evaluation_widget import EvaluationWidget

__all__ = ["Presentation"]


class Presentation:
    """Base of :class:`framelens.Evaluation`: the doors to its widgets and its report.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [10], "y": [10], "width": [40], "height": [40]})
    >>> framelens.evaluate(truth, truth.assign(score=0.9)).confusion_matrix()
    EvaluationWidget(matrix, 1 classes)
    """

    def confusion_matrix(self) -> EvaluationWidget:
        """Return the confusion matrix with its gallery as a widget."""
        from framelens.widgets.evaluation_widget import EvaluationWidget

        return EvaluationWidget(_whole(self), view="matrix")

    def score_cards(self) -> EvaluationWidget:
        """Return the four score cards as a widget."""
        from framelens.widgets.evaluation_widget import EvaluationWidget

        return EvaluationWidget(_whole(self), view="cards")

    def epoch_charts(self) -> EpochCharts:
        """Return metrics and losses by epoch as linked charts.

        Raises
        ------
        OptionError
            If the evaluation was made without ``run=``.
        """
        from framelens.widgets.epoch_charts import EpochCharts

        history = _whole(self).history
        if history is None:
            raise OptionError("there is no training run to draw; pass run=<folder or log file> to framelens.evaluate")
        return EpochCharts(history)

    def dashboard(self) -> Dashboard:
        """Return cards, matrix, gallery and charts in one widget, as ``ev`` displays it."""
        from framelens.widgets.dashboard import Dashboard

        return Dashboard(_whole(self))

    def report(self, path: str | PathLike[str], *, pictures: int = 200) -> Path:
        """Write one HTML file that is interactive with no kernel and no network.

        Parameters
        ----------
        path : str or path
            File to write; an existing one is replaced only when the new one is complete.
        pictures : int
            At most so many stored pictures.
        """
        from framelens.report.html import write_report

        return write_report(_whole(self), path, pictures=pictures)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if in_notebook():
            display(self.dashboard())  # type: ignore[no-untyped-call]
        else:
            print(repr(self))  # noqa: T201 - what a terminal shows


def _whole(part: Presentation) -> Evaluation:
    """Name what every presentation is a part of."""
    return cast("Evaluation", part)


def in_notebook() -> bool:
    """Tell whether a Jupyter kernel (and not a terminal IPython) is asking."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
