"""How an evaluation is shown: widgets in a notebook, a report in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from framelens.errors import OptionError, nearest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from os import PathLike
    from pathlib import Path

    import pandas as pd
    from typing_extensions import Self

    from framelens.evaluation import Evaluation
    from framelens.widgets.dashboard import Dashboard
    from framelens.widgets.epoch_charts import EpochCharts
    from framelens.widgets.evaluation_widget import EvaluationWidget

__all__ = ["Presentation", "in_notebook"]


class Presentation:
    """Base of :class:`framelens.Evaluation`: the doors to its widgets and its report.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [10], "y": [10], "width": [40], "height": [40]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=0.9))
    >>> ev.confusion_matrix(), ev.score_cards()
    (EvaluationWidget(matrix, 1 classes), EvaluationWidget(cards, 1 classes))
    >>> ev.dashboard()
    Dashboard(EvaluationWidget(evaluation, 1 classes), None)
    >>> ev.epoch_charts()
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: there is no training run to draw; pass run=<folder or log file> to framelens.evaluate
    >>> ev.freeze()
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: nothing of this evaluation is displayed in this notebook; display it first
    >>> ev.close()
    """

    def close(self) -> None:
        """Let go of the processes that ``engine="dask"`` started for this evaluation; otherwise there is nothing to do.

        Happens by itself when nobody holds the evaluation any more, at the end of ``with evaluate(...) as ev:`` and at
        the end of the program. A cluster or client that you gave stays open. Numbers can still be asked for; boxes are
        then read in this process.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def confusion_matrix(self) -> EvaluationWidget:
        """Return the confusion matrix with its gallery as a widget."""
        from framelens.widgets.evaluation_widget import EvaluationWidget

        return EvaluationWidget(_whole(self), view="matrix")

    def score_cards(self) -> EvaluationWidget:
        """Return the four score cards as a widget."""
        from framelens.widgets.evaluation_widget import EvaluationWidget

        return EvaluationWidget(_whole(self), view="cards")

    def show(self, panel: str) -> EvaluationWidget:
        """Return one panel with its gallery as a widget of its own.

        Parameters
        ----------
        panel : {"classes", "curves", "errors", "slices", "frames", "events", "labels", "checklist", "charts", "epochs"}

        Raises
        ------
        OptionError
            If there is no such panel; the text names the nearest.

        Examples
        --------
        >>> import framelens, pandas as pd
        >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
        >>> framelens.evaluate(truth, truth.assign(score=0.9)).show("curves")
        EvaluationWidget(curves, 1 classes)
        """
        from framelens.widgets.evaluation_widget import PANELS, EvaluationWidget

        if panel not in PANELS:
            raise OptionError(f"there is no panel {panel!r}; {nearest(str(panel), PANELS)}")
        return EvaluationWidget(_whole(self), view=panel)

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
        charts = EpochCharts([history, *_whole(self).other_runs])
        charts.matrix_epoch = _whole(self).epoch
        return charts

    def dashboard(self) -> Dashboard:
        """Return cards, matrix, gallery and charts in one widget, as ``ev`` displays it."""
        from framelens.widgets.dashboard import Dashboard

        return Dashboard(_whole(self))

    def report(
        self,
        path: str | PathLike[str],
        *,
        pictures: int | pd.DataFrame = 200,
        max_bytes: int = 8_000_000,
        date: str | dt.date | None = None,
        epochs: Iterable[int] = (),
    ) -> Path:
        """Write one HTML file that is interactive with no kernel and no network.

        Parameters
        ----------
        path : str or path
            File to write; an existing one is replaced only when the new one is complete.
        pictures : int or DataFrame
            At most so many stored pictures, or the examples to store as rows of :meth:`examples` or
            :attr:`objects`.
        max_bytes : int
            Of all stored pictures together.
        date : str "YYYY-MM-DD", date or None
            Date in the settings stamp; None takes today (UTC). With a date, equal input gives equal bytes.
        epochs : iterable of int
            Further epochs (of :attr:`framelens.Evaluation.epochs`) that the page can show, within another
            ``max_bytes``; of the others it says that they are not stored.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        OptionError
            If an option is out of range or the file cannot be written.

        Examples
        --------
        >>> import framelens, pandas as pd, tempfile, pathlib
        >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [4], "height": [4]})
        >>> ev = framelens.evaluate(truth, truth.assign(score=0.9))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     ev.report(pathlib.Path(folder, "report.html"), date="2026-01-31").name
        'report.html'
        """
        from framelens.report.html import write_report

        return write_report(_whole(self), path, pictures=pictures, max_bytes=max_bytes, date=date, epochs=epochs)

    def export(self, folder: str | PathLike[str]) -> list[Path]:
        """Write all tables as CSV, all numbers as JSON and the pictures as PNG into a folder.

        Every CSV begins with the settings stamp in lines that start with ``#``; undefined is empty. A text
        that a spreadsheet would take for a formula gets a quote in front. Files of the same names are replaced.

        Parameters
        ----------
        folder : str or path
            Made if it is not there.

        Returns
        -------
        list of Path
            ``metrics.csv``, ``per-class.csv``, ``confusion-matrix.csv``, ``examples.csv``, ``objects.csv``,
            ``evaluation.json``, ``confusion-matrix.png`` and, with a training run, ``epochs.png``.

        Raises
        ------
        OptionError
            If the folder cannot be written.

        Examples
        --------
        >>> import framelens, pandas as pd, tempfile
        >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [4], "height": [4]})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [file.name for file in framelens.evaluate(truth, truth.assign(score=0.9)).export(folder)][:2]
        ['metrics.csv', 'per-class.csv']
        """
        from framelens.report.export import export_files

        return export_files(_whole(self), folder)

    def freeze(self, *, pictures: int | None = None, max_bytes: int | None = None) -> None:
        """Save the present selection and thresholds into the notebook, for readers without a kernel.

        Every displayed evaluation leaves a static twin in its cell: the same view, interactive with no
        kernel and no network. This makes the twins of all that is displayed of this evaluation again.

        Parameters
        ----------
        pictures : int or None
            At most so many stored pictures; None takes ``framelens.options.twin_pictures``.
        max_bytes : int or None
            Of a twin in the notebook file; None takes ``framelens.options.twin_bytes``.

        Raises
        ------
        OptionError
            If nothing of this evaluation is displayed.
        """
        from framelens.widgets.shown import freeze

        freeze(None, evaluation=_whole(self), pictures=pictures, max_bytes=max_bytes)

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
