"""Boxes that a panel of the page brought to its gallery, as a table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["picked_table"]


def picked_table(evaluation: Evaluation, picked: Mapping[str, Any], detection_rows: NDArray[np.int64]) -> pd.DataFrame:
    """Return the pairs that were picked: the columns and order of ``Evaluation.examples``.

    Parameters
    ----------
    evaluation : Evaluation
    picked : mapping
        ``boxes``: pairs [object, detection] of rows of the payload, -1 for none; ``count``: how many there are on the
        page, which sends the first 5,000. A pair of rows that are not there is left out.
    detection_rows : int64 array
        Of the payload.

    Returns
    -------
    DataFrame
        ``actual`` and ``predicted`` are the classes of the boxes themselves, "background" where there is none.

    Warns
    -----
    UserWarning
        Not all are here.
    """
    from framelens.metrics.iou import paired_iou
    from framelens.tables import pairs_table

    dataset, background = evaluation.dataset, len(evaluation.dataset.classes)
    pairs = np.array([pair for pair in picked.get("boxes", ()) if _is_pair(pair)], dtype=np.int64).reshape(-1, 2)
    known = (pairs < (len(dataset.objects), len(detection_rows))).all(axis=1) & (pairs.max(axis=1, initial=-1) >= 0)
    count = picked.get("count", len(pairs))
    if count != np.count_nonzero(known):
        warnings.warn(
            f"the selection holds {np.count_nonzero(known):,} of the {count:,} boxes on the page", stacklevel=3
        )
    obj, det = pairs[known].T
    det = np.where(det >= 0, np.append(detection_rows, -1)[det], -1)
    actual, predicted = np.full((2, len(obj)), background)
    actual[obj >= 0] = dataset.objects.category[obj[obj >= 0]]
    predicted[det >= 0] = dataset.detections.category[det[det >= 0]]
    iou, both = np.full(len(obj), np.nan), (obj >= 0) & (det >= 0)
    iou[both] = paired_iou(dataset.detections.box[det[both]], dataset.objects.box[obj[both]])
    return pairs_table(evaluation, (actual, predicted), (obj, det), iou)


def _is_pair(pair: object) -> bool:
    return (
        isinstance(pair, (list, tuple))
        and len(pair) == 2  # noqa: PLR2004
        and all(isinstance(row, int) and row >= -1 for row in pair)
    )
