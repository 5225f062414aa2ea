"""An evaluation as pandas tables: the only module that makes DataFrames of numbers.

Every table is a view of one :class:`~framelens.metrics.confusion.Confusion`, so rows and cell
counts agree by construction.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.errors import OptionError, nearest, one_line
from framelens.metrics.status import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.metrics.confusion import Confusion

__all__ = [
    "BACKGROUND",
    "STATUSES",
    "class_labels",
    "common_classes",
    "confusion_table",
    "examples_table",
    "metrics_table",
    "named",
    "nullable",
    "objects_table",
    "pairs_table",
    "per_class_table",
]

#: Name of the last row (nothing there) and the last column (not detected) of every confusion matrix.
BACKGROUND = "background"
_BOX = ("x", "y", "width", "height")


def class_labels(evaluation: Evaluation) -> list[str]:
    """Return the names of the matrix' rows and columns: the classes, then background.

    Names that repeat, and a class that is itself called background, carry their id.
    """
    dataset = evaluation.dataset
    times = Counter((*dataset.classes, BACKGROUND))
    names = [
        f"{name} ({class_id})" if times[name] > 1 else name
        for name, class_id in zip(dataset.classes, dataset.class_ids, strict=True)
    ]
    return [*names, BACKGROUND]


def common_classes(evaluations: Iterable[Evaluation]) -> tuple[list[str], list[NDArray[np.int32]]]:
    """Return the classes of all evaluations, in order of appearance, and for each where its own stand there.

    Predictions may name classes that the ground truth does not have, and other predictions others.
    """
    listed = [class_labels(evaluation)[:-1] for evaluation in evaluations]
    union = list(dict.fromkeys(name for labels in listed for name in labels))
    place = {name: at for at, name in enumerate(union)}
    return union, [np.array([place[name] for name in labels], dtype=np.int32) for labels in listed]


def metrics_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :attr:`framelens.Evaluation.metrics`."""
    import pandas as pd

    scores, point = evaluation.scores, evaluation.operating_point
    at_point = f"at confidence {_number(point.confidence)}, IoU {point.iou:.2f}"
    rows: list[tuple[str, float, str]] = []
    for name in ("precision", "recall", "f1"):
        rows.append((name, getattr(scores.macro, name), f"mean over classes with objects, {at_point}"))
        rows.append((f"{name}_micro", getattr(scores.micro, name), f"all classes together, {at_point}"))
    summary = evaluation.coco.summary
    ap = evaluation.average_precision
    rows.append(("map50", ap.map50, f"{ap.words}, at IoU 0.50"))
    rows.append(("map50_95", ap.map50_95, f"{ap.words}, mean over IoU 0.50:0.05:0.95"))
    scheme = "LVIS" if evaluation.rules == "lvis" else "COCO"
    rows.extend((name, value, f"{scheme} {name}") for name, value in summary.items())
    return pd.DataFrame(rows, columns=["metric", "value", "rule"])


def per_class_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :attr:`framelens.Evaluation.per_class`."""
    import pandas as pd

    scores, ap = evaluation.scores, evaluation.average_precision
    return pd.DataFrame(
        {
            "class": class_labels(evaluation)[:-1],
            "objects": scores.objects,
            "detections": scores.detections,
            "precision": scores.precision,
            "recall": scores.recall,
            "f1": scores.f1,
            "ap50": ap.ap50,
            "ap50_95": ap.ap50_95,
        }
    )


def confusion_table(evaluation: Evaluation, normalize: str | None) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.confusion`."""
    import pandas as pd

    counts = evaluation.confusion_result.counts
    labels = class_labels(evaluation)
    if normalize is not None:
        axes: dict[str, int | None] = {"row": 1, "column": 0, "total": None}
        if normalize not in list(axes):
            raise OptionError(
                f"normalize must be None or one of the known shares, not {one_line(normalize)!r}; "
                + nearest(str(normalize), axes)
            )
        total = counts.sum(axis=axes[normalize], keepdims=True)
        counts = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    index = pd.Index(labels, name="actual")
    return pd.DataFrame(counts, index=index, columns=pd.Index(labels, name="predicted"))


def objects_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :attr:`framelens.Evaluation.objects`."""
    import pandas as pd

    dataset, n_objects = evaluation.dataset, len(evaluation.dataset.objects)
    objects, detections = dataset.objects, dataset.detections
    result = evaluation.outcomes
    status = np.concatenate([result.object_status, result.detection_status])
    detection_of = np.where(result.object_partner >= 0, result.object_partner + n_objects, -1)
    partner = np.concatenate([detection_of, result.detection_partner])
    iou = np.concatenate([result.object_iou, result.detection_iou])
    labels = np.array(class_labels(evaluation), dtype=object)
    names = np.array(dataset.frames.names, dtype=object)
    boxes = np.concatenate([objects.box, detections.box])
    columns: dict[str, Any] = {
        "kind": named(np.repeat([0, 1], [n_objects, len(detections)]), ("object", "detection")),
        "frame": names[np.concatenate([objects.frame, detections.frame])] if len(names) else names,
        "class": labels[np.concatenate([objects.category, detections.category])],
    }
    columns |= {name: boxes[:, i] for i, name in enumerate(_BOX)}
    columns["score"] = np.concatenate([np.full(n_objects, np.nan), detections.score])
    columns["status"] = named(status, STATUSES)
    columns["partner"] = nullable(partner)
    columns["iou"] = iou
    return pd.DataFrame(columns)


def examples_table(
    evaluation: Evaluation,
    actual: int | None,
    predicted: int | None,
    rows: NDArray[np.intp] | None = None,
    confusion: Confusion | None = None,
) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.examples`; ``rows`` picks them by their position."""
    examples = (confusion or evaluation.confusion_result).examples
    if rows is None:
        chosen = np.ones(len(examples.actual), dtype=bool)
        if actual is not None:
            chosen &= examples.actual == actual
        if predicted is not None:
            chosen &= examples.predicted == predicted
        rows = np.flatnonzero(chosen)
    cells, boxes = (examples.actual[rows], examples.predicted[rows]), (examples.object[rows], examples.detection[rows])
    return pairs_table(evaluation, cells, boxes, examples.iou[rows])


def pairs_table(
    evaluation: Evaluation,
    cells: tuple[NDArray[Any], NDArray[Any]],
    boxes: tuple[NDArray[Any], NDArray[Any]],
    iou: NDArray[np.floating[Any]],
) -> pd.DataFrame:
    """Return pairs of boxes as a table, most confident first.

    Parameters
    ----------
    evaluation : Evaluation
    cells : two integer arrays (N,)
        Row and column of the matrix.
    boxes : two integer arrays (N,)
        Object and detection, -1 for none; never both.
    iou : float array (N,)
    """
    import pandas as pd

    dataset, (obj, det) = evaluation.dataset, boxes
    labels = np.array(class_labels(evaluation), dtype=object)
    frame = np.where(obj >= 0, _take(dataset.objects.frame, obj), _take(dataset.detections.frame, det))
    names = np.array([*dataset.frames.names, ""], dtype=object)
    columns: dict[str, Any] = {
        "frame": names[frame],
        "actual": labels[cells[0]],
        "predicted": labels[cells[1]],
        "score": np.where(det >= 0, _take(dataset.detections.score, det), np.nan),
        "iou": iou,
        "object": nullable(obj),
        "detection": nullable(np.where(det >= 0, det + len(dataset.objects), -1)),
    }
    for kind, index, box in (("object", obj, dataset.objects.box), ("detection", det, dataset.detections.box)):
        for i, name in enumerate(_BOX):
            columns[f"{kind}_{name}"] = np.where(index >= 0, _take(box[:, i], index), np.nan)
    table = pd.DataFrame(columns)
    return table.sort_values("score", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _take(column: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    """Return ``column[index]`` with any value where the index is -1 (also of an empty column)."""
    if not len(column):
        return np.full(len(index), -1, dtype=column.dtype)
    taken: NDArray[Any] = column[np.maximum(index, 0)]
    return taken


def named(codes: NDArray[np.integer[Any]], names: Iterable[str]) -> Any:
    """Return numbers as the categories they stand for."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names)))


def nullable(rows: NDArray[Any]) -> Any:
    """Return row numbers as nullable integers: <NA> for -1."""
    import pandas as pd

    return pd.arrays.IntegerArray(rows.astype(np.int64), rows < 0)


def _number(value: float | None) -> str:
    return "n/a" if value is None or not np.isfinite(value) else f"{value:.3g}"
