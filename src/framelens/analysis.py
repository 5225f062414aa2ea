"""What stands around the average precision: the analytic half of an evaluation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from framelens.metrics.status import Outcomes, outcomes

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation

__all__ = ["Analysis"]


class Analysis:
    """Base of :class:`framelens.Evaluation`: tables that explain its numbers."""

    @cached_property
    def outcomes(self) -> Outcomes:
        """Status, partner and IoU of every object and detection at the operating point."""
        whole = _whole(self)
        return outcomes(whole.dataset, whole.matching, whole.confusion_result)


def _whole(part: Analysis) -> Evaluation:
    """Return the evaluation, which is the only class built on :class:`Analysis`."""
    return cast("Evaluation", part)
