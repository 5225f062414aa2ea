"""How sure the numbers of an evaluation are."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from framelens import tables_intervals
from framelens.metrics.intervals import ROUNDS

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation
    from framelens.metrics.intervals import ClassDraws

__all__ = ["Sureness"]


class Sureness:
    """Base of :class:`framelens.Evaluation`: intervals of its numbers.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5],
    ...                       "width": [40, 30], "height": [40, 20]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=[0.9, 0.6]), confidence=0.5)
    >>> ev.intervals(rounds=10)["metric"].tolist()[:3]
    ['precision_micro', 'recall_micro', 'precision']
    >>> per_class = ev.intervals(rounds=10, per_class=True)
    >>> per_class["recall_low"].round(2).tolist(), per_class["ap50_low"].tolist()
    ([0.21, 0.21], [nan, 1.0])
    >>> ev.ap_draws.rounds
    200
    """

    def intervals(
        self, level: float = 0.95, *, rounds: int = ROUNDS, seed: int = 0, per_class: bool = False
    ) -> pd.DataFrame:
        """Return how far the numbers may be off because the frames are a sample; the same seed gives the same.

        Parameters
        ----------
        level : float
            In (0, 1).
        rounds : int
            Resamples of the bootstrap, from 1 to 10,000.
        seed : int
        per_class : bool
            One row per class instead: Wilson's intervals of precision and recall, one of F1 that follows from
            Wilson's (:func:`framelens.metrics.intervals.f1_interval`), and the bootstrap's of AP.

        Returns
        -------
        DataFrame
            ``metric, value, low, high, method, n, rule``: Wilson's interval over n boxes for micro precision and
            recall, percentiles of the bootstrap over n frames for the means. mAP is LVIS' with ``lvis``, else COCO's,
            and the rates are those of framelens' own matching, as ``rule`` says. Per class: ``class``, then for
            ``precision, recall, f1, ap50, ap50_95`` the columns ``<name>_n`` (not of AP), ``<name>, <name>_low,
            <name>_high``. The ends of AP are ``nan`` by the rules of ``ultralytics`` and ``voc``.
        """
        table = tables_intervals.class_intervals_table if per_class else tables_intervals.intervals_table
        return table(cast("Evaluation", self), level, rounds, seed)

    @cached_property
    def ap_draws(self) -> ClassDraws | None:
        """The draws behind the intervals of AP as :meth:`intervals` gives them; None where its rules have none."""
        return tables_intervals.class_draws(cast("Evaluation", self))
