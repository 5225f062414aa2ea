"""The numbers and the boxes of an evaluation, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from framelens import tables
from framelens.errors import OptionError, nearest, one_line

if TYPE_CHECKING:
    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["Normalize", "Tabular"]

#: What a cell of the matrix is divided by: the objects of its class, the detections of its class, or everything.
Normalize = Literal["row", "column", "total"]


class Tabular:
    """Base of :class:`framelens.Evaluation`: numbers, matrix and boxes as tables.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "a", "b"], "class": ["cat", "dog", "cat"], "x": [10, 60, 5],
    ...                       "y": [10, 10, 5], "width": [40, 30, 20], "height": [40, 50, 20]})
    >>> found = truth.assign(score=[0.9, 0.8, 0.6]).replace({"class": {"cat": "dog"}})
    >>> ev = framelens.evaluate(truth, found, confidence=0.5)
    >>> ev.metrics.head(2)[["metric", "value"]].to_dict("records")
    [{'metric': 'precision', 'value': 0.3333333333333333}, {'metric': 'precision_micro', 'value': 0.3333333333333333}]
    >>> ev.per_class[["class", "objects", "detections", "recall"]].to_dict("records")[1]
    {'class': 'dog', 'objects': 1, 'detections': 3, 'recall': 1.0}
    >>> ev.confusion(normalize="row").loc["cat"].tolist(), ev.confusion(confidence=0.7).loc["cat"].tolist()
    ([0.0, 1.0, 0.0], [0, 1, 1])
    >>> ev.examples("cat", "dog")[["frame", "score", "iou"]].to_dict("records")
    [{'frame': 'a', 'score': 0.9, 'iou': 1.0}, {'frame': 'b', 'score': 0.6, 'iou': 1.0}]
    >>> ev.objects["status"].tolist()
    ['confused', 'true positive', 'confused', 'confused', 'true positive', 'confused']
    >>> ev.class_index("dog"), ev.class_index("background")
    (1, 2)
    """

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per number: ``metric, value, rule`` (``nan`` where undefined).

        Returns
        -------
        DataFrame
            Index 0..n; ``metric`` str, ``value`` float (fractions 0..1), ``rule`` str in words.
        """
        return tables.metrics_table(_whole(self))

    @property
    def per_class(self) -> pd.DataFrame:
        """One row per class: ``class, objects, detections, precision, recall, f1, ap50, ap50_95``.

        ``objects`` without crowd and ignored ones, ``detections`` at or over the confidence that
        no crowd or ignored object absorbed; fractions 0..1, ``nan`` where undefined.
        """
        return tables.per_class_table(_whole(self))

    @property
    def objects(self) -> pd.DataFrame:
        """One row per ground-truth object and per detection, with what became of it.

        Columns: ``kind`` (object, detection), ``frame, class, x, y, width, height`` (pixels, or
        fractions of the frame where its size is unknown), ``score``, ``status`` (see
        :data:`framelens.metrics.status.STATUSES`), ``partner`` (row of this table, <NA> for none; for
        duplicates and localisation errors the object concerned), ``iou`` with the partner.
        """
        return tables.objects_table(_whole(self))

    def confusion(
        self, confidence: float | None = None, iou: float | None = None, normalize: Normalize | None = None
    ) -> pd.DataFrame:
        """Return the confusion matrix: rows actual, columns predicted, background last.

        Parameters
        ----------
        confidence, iou : float or None
            Another operating point; None keeps the present one.
        normalize : {"row", "column", "total"} or None
            Divide by the sum of the row (actual), of the column (predicted) or of all.

        Returns
        -------
        DataFrame
            (K+1, K+1) int64 counts, or float shares with ``nan`` where the sum is 0.
        """
        return tables.confusion_table(_whole(self).at(confidence=confidence, iou=iou), normalize)

    def examples(self, actual: str | None = None, predicted: str | None = None) -> pd.DataFrame:
        """Return the boxes behind a cell, a row (``predicted=None``), a column or everything.

        Parameters
        ----------
        actual, predicted : str or None
            Class name or ``"background"``.

        Returns
        -------
        DataFrame
            One row per example, as many as the cell counts, most confident first: ``frame, actual,
            predicted, score, iou, object, detection`` (rows of :attr:`objects`, <NA> for none) and
            the boxes as ``object_x ... detection_height``.

        Raises
        ------
        OptionError
            If a name is no class; the text names the nearest.
        """
        return tables.examples_table(_whole(self), self.class_index(actual), self.class_index(predicted))

    def class_index(self, name: str | None) -> int | None:
        """Return the row or column of class ``name`` in the matrix, None for None.

        Parameters
        ----------
        name : str or None
            A class, or ``"background"``: the last row and column.

        Returns
        -------
        int or None

        Raises
        ------
        OptionError
            If there is no such class; the text names the nearest.
        """
        if name is None:
            return None
        names = tables.class_labels(_whole(self))
        if name not in names:
            raise OptionError(f"no class is called {one_line(name)!r}; {nearest(str(name), names)}")
        return names.index(name)


def _whole(part: Tabular) -> Evaluation:
    """Return the evaluation, which is the only class built on :class:`Tabular`."""
    return cast("Evaluation", part)
