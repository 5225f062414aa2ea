"""Models side by side in one widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from framelens.errors import OptionError, nearest, one_line
from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.evaluation_widget import EvaluationWidget
from framelens.widgets.history_payload import clean_text
from framelens.widgets.messages import Reply

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from framelens.comparison import Comparison
    from framelens.evaluation import Evaluation
    from framelens.widgets._display import Fallback
    from framelens.widgets.wire import Payload

__all__ = ["ComparisonWidget"]


class ComparisonWidget(EvaluationWidget):
    """What changed from a baseline to another model: scores, classes, cells, objects and frames.

    Parameters
    ----------
    comparison : Comparison
    model : str
        Name of the other model.
    layout : ipywidgets.Layout or dict

    Attributes
    ----------
    baseline, model : str
        The two that are shown; follow the choice on the page, may be set, can be observed.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=0.9))
    >>> widget = ComparisonWidget(framelens.compare({"old": ev, "new": ev}), "new")
    >>> widget
    ComparisonWidget(old → new)
    >>> widget.baseline, widget.model = "new", "old"
    >>> widget
    ComparisonWidget(new → old)
    >>> widget.comparison.others
    ('old',)
    >>> widget.close()
    """

    _panels_bundle = "compare.js"

    baseline = traitlets.Unicode()
    model = traitlets.Unicode()

    def __init__(self, comparison: Comparison, model: str, **options: Any) -> None:
        self._comparison, self._model = comparison, model
        super().__init__(comparison[model], view="compare", **options)
        self._handlers["compare"] = self._on_compare
        self.baseline, self.model = comparison.baseline, model
        self.observe(self._choose, names=["baseline", "model"])

    @property
    def comparison(self) -> Comparison:
        """The comparison that is shown, with the baseline that is chosen."""
        return self._comparison

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the comparison as tables and numbers; see :meth:`framelens.Comparison.export`."""
        return self._comparison.export(folder, self._model)

    def _encode(self, evaluation: Evaluation) -> Payload:  # noqa: ARG002 - the comparison holds it
        return encode_comparison(self._comparison, self._model)

    def _choose(self, _change: Any = None) -> None:
        """Show the pair that is chosen."""
        if (self.baseline, self.model) == (self._comparison.baseline, self._model):
            return
        self._comparison, self._model = self._comparison.against(self.baseline), self.model
        payload = self._take(self._comparison[self._model])
        with self.hold_sync():
            self.head, self.data, self.selected_cells = dict(payload.head), payload.buffer, []
            self.marks_changed()

    def _on_compare(self, args: Mapping[str, Any]) -> Reply:
        """Take a pair from the page."""
        names = {clean_text(name): name for name in self._comparison.evaluations}
        wanted = [args.get("baseline"), args.get("model")]
        for name in wanted:
            if not isinstance(name, str) or name not in names:
                raise OptionError(f"no model is called {one_line(repr(name), 40)}; {nearest(str(name), names)}")
        with self.hold_trait_notifications():
            self.baseline, self.model = (names[str(name)] for name in wanted)
        return Reply({})

    @traitlets.validate("baseline", "model")
    def _check_name(self, proposal: Any) -> str:
        # Raises where there is no such model.
        self._comparison[proposal["value"]]
        return str(proposal["value"])

    def _fallback(self) -> Fallback:
        from framelens.widgets.snapshot import draw_matrix, to_png

        return repr(self._comparison), to_png(draw_matrix(self._comparison[self._model]))

    def __repr__(self) -> str:
        return f"ComparisonWidget({self._comparison.baseline} → {self._model})"
