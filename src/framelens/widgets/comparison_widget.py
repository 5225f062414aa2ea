"""Two models side by side in one widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.evaluation_widget import EvaluationWidget

if TYPE_CHECKING:
    from framelens.comparison import Comparison
    from framelens.evaluation import Evaluation
    from framelens.widgets._display import Fallback
    from framelens.widgets.wire import Payload

__all__ = ["ComparisonWidget"]


class ComparisonWidget(EvaluationWidget):
    """What changed from the baseline to another model: scores, classes, cells, objects and frames.

    Parameters
    ----------
    comparison : Comparison
    model : str
        Name of the other model.
    layout : ipywidgets.Layout or dict

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=0.9))
    >>> widget = ComparisonWidget(framelens.compare({"old": ev, "new": ev}), "new")
    >>> widget
    ComparisonWidget(old → new)
    >>> widget.close()
    """

    _panels_bundle = "compare.js"

    def __init__(self, comparison: Comparison, model: str, **options: Any) -> None:
        self._comparison, self._model = comparison, model
        super().__init__(comparison[model], view="compare", **options)

    @property
    def comparison(self) -> Comparison:
        """The comparison that is shown."""
        return self._comparison

    def _encode(self, evaluation: Evaluation) -> Payload:  # noqa: ARG002 - the comparison holds it
        return encode_comparison(self._comparison, self._model)

    def _fallback(self) -> Fallback:
        from framelens.widgets.snapshot import draw_matrix, to_png

        return repr(self._comparison), to_png(draw_matrix(self._comparison[self._model]))

    def __repr__(self) -> str:
        return f"ComparisonWidget({self._comparison.baseline} → {self._model})"
