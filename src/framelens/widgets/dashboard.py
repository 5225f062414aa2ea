"""Everything about one evaluation in one cell output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from framelens.widgets._display import Fallback, FallbackMixin
from framelens.widgets.epoch_charts import EpochCharts
from framelens.widgets.evaluation_widget import EvaluationWidget
from framelens.widgets.shown import current_traits

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from framelens.evaluation import Evaluation
    from framelens.report.html import Subject

__all__ = ["Dashboard"]


class Dashboard(FallbackMixin, ipywidgets.VBox):  # type: ignore[misc]
    """Cards, confusion matrix and gallery, and below them the linked charts of the training run.

    Where scripts do not run, the output shows the matrix as a picture, or a summary as text.

    Parameters
    ----------
    evaluation : Evaluation

    Attributes
    ----------
    matrix : EvaluationWidget
        Cards, matrix and gallery; its traits may be set and observed.
    charts : EpochCharts or None
        None where the evaluation has no training run.

    Examples
    --------
    >>> import pandas as pd
    >>> from framelens.evaluation import evaluate
    >>> truth = pd.DataFrame({"frame": ["a.jpg"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> dashboard = Dashboard(evaluate(truth, truth.assign(score=0.9)))
    >>> dashboard.matrix.select("cat", "cat")
    >>> dashboard.selection["frame"].tolist()
    ['a.jpg']
    >>> dashboard.close()
    """

    charts: EpochCharts | None = None

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self.matrix = EvaluationWidget(evaluation)
        if evaluation.history is not None:
            self.charts = EpochCharts([evaluation.history, *evaluation.other_runs])
        self.matrix.on_freeze(self.freeze)
        super().__init__([self.matrix] if self.charts is None else [self.matrix, self.charts])
        if self.charts is not None:
            traitlets.link((self.matrix, "selected_epoch"), (self.charts, "selected_epoch"))
            self.matrix.observe(self._mark_matrix, names="head")
            self._mark_matrix()

    def _mark_matrix(self, _change: Any = None) -> None:
        """Say in the charts which epoch the matrix shows."""
        if self.charts is not None:
            epoch = self.evaluation.epoch
            self.charts.matrix_epoch = epoch
            known = (
                f"the matrix shows epoch {epoch}" if epoch is not None else "which epoch the matrix shows is not known"
            )
            self.charts.readout.status = known

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that is shown: of several epochs that of the chosen one."""
        return self.matrix.evaluation

    @property
    def selection(self) -> pd.DataFrame:
        """The examples in the cells selected in the matrix; see :attr:`EvaluationWidget.selection`."""
        return self.matrix.selection

    def close(self) -> None:
        """Leave the page and free every part."""
        if self.charts is not None:
            self.charts.close()
        super().close()

    def subject(self) -> Subject:
        """Return what is shown now, for a page without a kernel."""
        return self.matrix.subject()

    def shows(self, evaluation: Evaluation) -> bool:
        """Tell whether the dashboard was made for, or shows, this evaluation."""
        return self.matrix.shows(evaluation)

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write what is shown, as the sliders stand; see :meth:`framelens.Evaluation.export`."""
        return self.matrix.export(folder)

    def _twin_traits(self) -> dict[str, Any]:
        return current_traits(self.matrix) | {"view": "report"}

    def _fallback(self) -> Fallback:
        from framelens.summary import as_text
        from framelens.widgets.history_payload import encode_history
        from framelens.widgets.snapshot import draw_curves, draw_matrix, to_png

        pictures = [draw_matrix(self._evaluation)]
        history = encode_history(self._evaluation.history)
        if history is not None:
            pictures.append(draw_curves(history))
        return as_text(self._evaluation), to_png(*pictures)

    def __repr__(self) -> str:
        return f"Dashboard({self.matrix!r}, {self.charts!r})"
