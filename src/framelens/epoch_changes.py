"""What changed in the matrix from one epoch to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from framelens.metrics.changes import errors
from framelens.metrics.frame_counts import count_frames
from framelens.tables import BACKGROUND, common_classes
from framelens.tables_comparison import given_class

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["EpochChanges", "compare_epochs"]


@dataclass(frozen=True, slots=True, eq=False)
class EpochChanges:
    """What changed in the matrix between two epochs, each at its own operating point.

    Attributes
    ----------
    epoch, base : int
        The epoch that is looked at, and the one it is compared with.
    cells : DataFrame
        ``actual, predicted, before, after, change`` of the cells whose count differs, largest change first.
    objects : DataFrame
        ``frame, class, object`` (row of :attr:`framelens.Evaluation.objects`), ``before, after`` (predicted class,
        background for missed), ``change``: ``fixed`` (wrong or missed, now right), ``broken`` (right, now not) or
        ``other`` (wrong in another way).
    frames : DataFrame
        ``frame, before, after`` (errors: objects not found as what they are, and false alarms), ``change``, ``fixed``,
        ``broken`` (objects): frames in which something changed, most gained errors first.
    """

    epoch: int
    base: int
    cells: pd.DataFrame
    objects: pd.DataFrame
    frames: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.objects["change"].value_counts()
        return (
            f"EpochChanges(epoch {self.epoch} against {self.base}: {int(counts.get('fixed', 0))} objects fixed, "
            f"{int(counts.get('broken', 0))} broken, {len(self.cells)} cells)"
        )


def compare_epochs(before: Evaluation, after: Evaluation) -> EpochChanges:
    """Tell what became of cells, objects and frames from one epoch to another.

    Parameters
    ----------
    before, after : Evaluation
        Of the same ground truth, each with its epoch.
    """
    union, places = common_classes((before, after))
    labels = np.array([*union, BACKGROUND], dtype=object)
    codes = [np.append(place, len(union)) for place in places]
    one, two = (_counts(ev, code, len(labels)) for ev, code in zip((before, after), codes, strict=True))
    was, now = (_predicted(ev, code) for ev, code in zip((before, after), codes, strict=True))
    truth = after.dataset.objects
    rows = np.flatnonzero((was != now) & (was >= 0) & (now >= 0))
    right = codes[1][truth.category[rows]]
    kind = np.where(now[rows] == right, "fixed", np.where(was[rows] == right, "broken", "other"))
    names = np.array(after.dataset.frames.names, dtype=object)
    objects = {
        "frame": names[truth.frame[rows]],
        "class": labels[right],
        "object": rows,
        "before": labels[was[rows]],
        "after": labels[now[rows]],
        "change": kind,
    }
    fixed, broken = (np.bincount(truth.frame[rows[kind == name]], minlength=len(names)) for name in ("fixed", "broken"))
    wrong = [errors(count_frames(ev.dataset, ev.outcomes)) for ev in (before, after)]
    return EpochChanges(
        cast("int", after.epoch),
        cast("int", before.epoch),
        _cells(labels, one, two),
        _table(objects),
        _frames(names, wrong[0], wrong[1], fixed, broken),
    )


def _cells(labels: NDArray[Any], one: NDArray[np.int64], two: NDArray[np.int64]) -> pd.DataFrame:
    difference = two - one
    actual, predicted = np.nonzero(difference)
    order = np.argsort(-np.abs(difference[actual, predicted]), kind="stable")
    actual, predicted = actual[order], predicted[order]
    return _table(
        {
            "actual": labels[actual],
            "predicted": labels[predicted],
            "before": one[actual, predicted],
            "after": two[actual, predicted],
            "change": difference[actual, predicted],
        }
    )


def _frames(
    names: NDArray[Any],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    fixed: NDArray[np.int64],
    broken: NDArray[np.int64],
) -> pd.DataFrame:
    change = after - before
    places = np.flatnonzero((change != 0) | (fixed > 0) | (broken > 0))
    places = places[np.argsort(-change[places], kind="stable")]
    columns = {"before": before, "after": after, "change": change, "fixed": fixed, "broken": broken}
    return _table({"frame": names[places]} | {name: column[places] for name, column in columns.items()})


def _table(columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns)


def _counts(evaluation: Evaluation, codes: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    counts = np.zeros((side, side), dtype=np.int64)
    counts[np.ix_(codes, codes)] = evaluation.confusion_result.counts
    return counts


def _predicted(evaluation: Evaluation, codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the column, among the labels of both, that each object stands in, -1 for crowd and ignored ones."""
    own = given_class(evaluation)
    return np.where(own >= 0, codes[own], -1)
