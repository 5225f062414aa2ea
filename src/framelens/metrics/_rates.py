"""Objects of each class, and shares and means that are undefined rather than 0 or a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset

__all__ = ["mean", "objects_per_class", "share"]


def objects_per_class(dataset: Dataset) -> NDArray[np.int64]:
    """Return (C,): how many objects of each class are to be found; crowd regions and ignored ones are set aside."""
    objects = dataset.objects
    return np.bincount(objects.category[~objects.set_aside], minlength=len(dataset.classes))


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, ``nan`` where the whole is 0.

    >>> share(np.array([1, 0]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    result = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=result, where=np.asarray(whole) > 0)
    return result


def mean(values: NDArray[np.float64]) -> float:
    """Return the mean of the values that are not ``nan``; ``nan`` where there is none.

    >>> mean(np.array([1.0, np.nan])), mean(np.array([]))
    (1.0, nan)
    """
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else float("nan")
