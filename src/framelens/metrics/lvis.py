"""Average precision by the rules of LVIS, for many classes and ground truth that is not exhaustive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from framelens.metrics._rates import mean
from framelens.metrics.merged import average_precision
from framelens.metrics.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.overlaps import Overlaps

__all__ = ["LvisMetrics", "by_frequency", "lvis_curves", "lvis_metrics"]

_FREQUENCIES = {"r": "APr", "c": "APc", "f": "APf"}


@dataclass(frozen=True, slots=True, eq=False)
class LvisMetrics:
    """AP and AR with 300 detections per frame.

    Attributes
    ----------
    summary : dict of str to float
        ``AP AP50 AP75 APs APm APl APr APc APf AR300 ARs ARm ARl`` in [0, 1], ``nan`` where undefined; r, c, f:
        mean over rare, common and frequent classes.
    ap50, ap50_95 : float64 array, shape (K,)
        Per class, ``nan`` without objects.
    """

    summary: dict[str, float]
    ap50: NDArray[np.float64]
    ap50_95: NDArray[np.float64]


def lvis_metrics(dataset: Dataset, *, overlaps: Overlaps | None = None) -> LvisMetrics:
    """Compute the numbers of the program ``lvis`` 0.5.3.

    COCO's AP with these differences: see :mod:`framelens.metrics.federated` for the detections that do not
    take part; the limit is 300 detections per frame, all classes together; objects with ``ignore`` do not count.

    Parameters
    ----------
    dataset : Dataset
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    LvisMetrics

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> round(lvis_metrics(two_frames()).summary["AP50"], 4)
    0.7525
    """
    curves = lvis_curves(dataset, overlaps=overlaps)
    return LvisMetrics(curves.summary, curves.ap50, curves.ap50_95)


def lvis_curves(dataset: Dataset, *, overlaps: Overlaps | None = None) -> CocoMetrics:
    """Return the curves behind :func:`lvis_metrics`, in the shape of COCO's.

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> lvis_curves(two_frames()).max_detections
    (300,)
    """
    merged = average_precision([summarize(dataset, rules="lvis", overlaps=overlaps)])
    return by_frequency(merged, dataset.federated.frequency if dataset.federated is not None else ())


def by_frequency(merged: CocoMetrics, frequency: Sequence[str]) -> CocoMetrics:
    """Return curves that were counted by LVIS' rules with the means over rare, common and frequent classes.

    Parameters
    ----------
    merged : CocoMetrics
        Of summaries with ``rules="lvis"``.
    frequency : sequence of str, length K or 0
        As :attr:`framelens.data.dataset.Federated.frequency`.
    """
    kinds = np.array(frequency, dtype=np.str_)
    every = merged.best_precision[..., 0]
    rare = {name: mean(every[:, :, np.flatnonzero(kinds == letter)].ravel()) for letter, name in _FREQUENCIES.items()}
    summary = {name: value for name, value in merged.summary.items() if name.startswith("AP")}
    summary |= rare | {name: value for name, value in merged.summary.items() if name.startswith("AR")}
    return replace(merged, summary=summary)
