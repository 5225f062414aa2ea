"""Intervals of the average precision per class: asked for by a page with a kernel, stored in one without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from framelens.widgets.history_payload import or_null
from framelens.widgets.messages import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["Ends", "IntervalsHead", "encode_intervals", "interval_service", "known_intervals"]

#: Of one request: longer ones would keep the kernel from what a person asks for meanwhile.
_SECONDS = 0.1
_DIGITS = 6


class Ends(TypedDict):
    """Low and high of each class; ``null`` where there is none."""

    low: list[float | None]
    high: list[float | None]


class IntervalsHead(TypedDict):
    """How many of the draws are done; with the last one come the intervals."""

    rounds: int
    done: int
    ap50: Ends | None
    ap50_95: Ends | None


def encode_intervals(evaluation: Evaluation, seconds: float | None = None) -> IntervalsHead:
    """Return the 95 % intervals of AP of all classes.

    Parameters
    ----------
    evaluation : Evaluation
    seconds : float or None
        Draw for about so long and then say how far it is; None: to the end.
    """
    draws = evaluation.ap_draws
    if draws is None:
        return {"rounds": 0, "done": 0, "ap50": None, "ap50_95": None}
    if seconds is not None and draws.done < draws.rounds:
        draws.advance(seconds)
        if draws.done < draws.rounds:
            return {"rounds": draws.rounds, "done": draws.done, "ap50": None, "ap50_95": None}
    ends = {name: _plain(*both) for name, both in draws.ends().items()}
    return {"rounds": draws.rounds, "done": draws.done, "ap50": ends["ap50"], "ap50_95": ends["ap50_95"]}


def known_intervals(evaluation: Evaluation) -> IntervalsHead | None:
    """Return the intervals where somebody has had them drawn already, else None."""
    if "ap_draws" not in vars(evaluation):
        return None
    draws = evaluation.ap_draws
    return encode_intervals(evaluation) if draws is None or draws.done == draws.rounds else None


def interval_service(evaluation: Evaluation) -> Callable[[Mapping[str, Any]], Reply]:
    """Return what answers ``intervals``; see *Messages* in ``docs/decisions/0001``."""
    return lambda _args: Reply(dict(encode_intervals(evaluation, _SECONDS)))


def _plain(low: NDArray[Any], high: NDArray[Any]) -> Ends:
    return {"low": _rounded(low), "high": _rounded(high)}


def _rounded(values: NDArray[Any]) -> list[float | None]:
    return [or_null(round(value, _DIGITS)) for value in values.tolist()]
