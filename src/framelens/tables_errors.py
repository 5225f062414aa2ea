"""Errors of an evaluation as pandas tables: types, pairs of classes, frames and suspected labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.arguments import check_fraction
from framelens.metrics.error_types import ERROR_TYPES, error_types
from framelens.metrics.frame_counts import PROFILES, count_frames
from framelens.metrics.label_issues import ISSUES, find_label_issues
from framelens.metrics.reconcile import reconcile
from framelens.tables import class_labels, named, nullable

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["confused_pairs_table", "error_types_table", "label_issues_table", "per_frame_table", "reconcile_table"]


def error_types_table(evaluation: Evaluation, *, per_class: bool, confidence: float | None = None) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.error_types`."""
    import pandas as pd

    result, types = evaluation.error_type_result, list(ERROR_TYPES)
    if confidence is not None:
        least = check_fraction("confidence", confidence, any_score=True)
        result = error_types(evaluation.dataset, evaluation.matching, confidence=least)
    if not per_class:
        return pd.DataFrame(
            {
                "type": types,
                "count": result.count,
                "dap": result.dap,
                "ap": np.full(len(types), result.ap),
                "meaning": list(ERROR_TYPES.values()),
            }
        )
    names = np.array(class_labels(evaluation)[:-1], dtype=object)
    return pd.DataFrame(
        {
            "class": np.repeat(names, len(types)),
            "type": types * len(names),
            "count": result.class_count.T.ravel(),
            "dap": result.class_dap.T.ravel(),
            "ap": np.repeat(result.class_ap, len(types)),
        }
    )


def confused_pairs_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.confused_pairs`."""
    import pandas as pd

    counts = evaluation.confusion_result.counts
    labels = np.array(class_labels(evaluation), dtype=object)
    classes = len(labels) - 1
    pairs = counts[:classes, :classes].copy()
    np.fill_diagonal(pairs, 0)
    actual, predicted = np.nonzero(pairs)
    number = pairs[actual, predicted]
    order = np.lexsort((predicted, actual, -number))
    actual, predicted, number = actual[order], predicted[order], number[order]
    return pd.DataFrame(
        {
            "actual": labels[actual],
            "predicted": labels[predicted],
            "count": number,
            "share_of_actual": number / counts.sum(axis=1)[actual],
            "share_of_predicted": number / counts.sum(axis=0)[predicted],
            "reverse": counts[predicted, actual],
        }
    )


def per_frame_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.per_frame`."""
    import pandas as pd

    counts = count_frames(evaluation.dataset, evaluation.outcomes)
    order = counts.worst_first()
    columns: dict[str, Any] = {"frame": np.array(evaluation.dataset.frames.names, dtype=object)[order]}
    names = ("objects", "detections", "true_positives", "false_positives", "false_negatives", "confused", "f1")
    columns |= {name: getattr(counts, name)[order] for name in names}
    columns["profile"] = named(counts.profile[order], PROFILES)
    return pd.DataFrame(columns, index=pd.Index(order, name="frame_index"))


def label_issues_table(evaluation: Evaluation, confident: float | None, close: float) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.label_issues`."""
    import pandas as pd

    dataset = evaluation.dataset
    objects, detections = dataset.objects, dataset.detections
    issues = find_label_issues(dataset, evaluation.outcomes, evaluation.iou, confident=confident, close=close)
    labels = np.array([*class_labels(evaluation)[:-1], None], dtype=object)
    has_object, has_detection = issues.object >= 0, issues.detection >= 0
    frame, labelled, predicted = (np.full(len(issues.kind), -1) for _ in range(3))
    score = np.full(len(issues.kind), np.nan)
    row, found = issues.object[has_object], issues.detection[has_detection]
    frame[has_object], frame[has_detection] = objects.frame[row], detections.frame[found]
    labelled[has_object], predicted[has_detection] = objects.category[row], detections.category[found]
    score[has_detection] = detections.score[found]
    return pd.DataFrame(
        {
            "kind": named(issues.kind, ISSUES),
            "frame": np.array([*dataset.frames.names, None], dtype=object)[frame],
            "class": labels[labelled],
            "predicted": labels[predicted],
            "score": score,
            "iou": issues.iou,
            "suspicion": issues.suspicion,
            "reason": np.array([*ISSUES.values()], dtype=object)[issues.kind],
            "object": nullable(issues.object),
            "detection": nullable(np.where(has_detection, issues.detection + len(objects), -1)),
        }
    )


def reconcile_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.reconcile`."""
    import pandas as pd

    table = pd.DataFrame(reconcile(evaluation.dataset), columns=["number", "to", "value", "changed", "why"])
    path = table.groupby(["to", "number"], sort=False)["value"]
    table.insert(2, "step", path.cumcount())
    table.insert(4, "change", path.diff())
    return table


def checklist_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :attr:`framelens.Evaluation.checklist`."""
    import pandas as pd

    labels = class_labels(evaluation)
    rows = [finding.as_dict() for finding in evaluation.findings]
    for row in rows:
        row["cells"] = [(labels[actual], labels[predicted]) for actual, predicted in row["cells"]]
    return pd.DataFrame(rows)
