"""What stands around the average precision: curves, histograms and sizes of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from framelens import tables_curves

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["Curves"]


class Curves:
    """Base of :class:`framelens.Evaluation`: its numbers by confidence, IoU, score and size.

    Counts, shares and what is undefined are as in :class:`framelens.analysis.Analysis`.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "a", "b"], "class": ["cat", "dog", "cat"], "x": [10, 60, 5],
    ...                       "y": [10, 10, 5], "width": [40, 30, 20], "height": [40, 50, 20]})
    >>> found = truth.assign(score=[0.9, 0.8, 0.6]).replace({"class": {"cat": "dog"}})
    >>> ev = framelens.evaluate(truth, found, confidence=0.5)
    >>> ev.curves()["kind"].value_counts().to_dict(), ev.by_confidence()["recall"].tolist()
    ({'interpolated': 303, 'raw': 3}, [0.5, 0.5, 0.5, 0.0])
    >>> ev.score_histogram(2)["wrong"].tolist(), ev.calibration(2)["detections"].tolist()
    ([0, 2], [0, 3])
    >>> ev.iou_histogram(1)["confused"].item(), ev.average_recall()["ar100"].tolist()
    (2, [0.0, 1.0])
    >>> ev.by_size().set_index("size")["objects"].to_dict()
    {'all': 3, 'small': 1, 'medium': 2, 'large': 0}
    """

    def curves(self, iou: float | None = None) -> pd.DataFrame:
        """Return precision over recall of every class, by COCO's rules (with ``rules="lvis"`` by those of LVIS).

        Parameters
        ----------
        iou : float or None
            IoU from which a box counts as found; None: the one of the evaluation.

        Returns
        -------
        DataFrame
            ``class`` (None: mean over the classes with objects), ``kind``, ``confidence``, ``recall``,
            ``precision``. Kind ``raw``: one point per class and distinct score, highest first. Kind
            ``interpolated``: best precision at or beyond recall 0, 0.01, ... 1; the mean of these 101
            values is the AP of the class, and of the rows without class, mAP.
        """
        whole = _whole(self).at(iou=iou)
        return tables_curves.curves_table(whole, whole.iou)

    def by_confidence(self, *, per_class: bool = False) -> pd.DataFrame:
        """Return precision, recall and F1 at every confidence.

        Parameters
        ----------
        per_class : bool
            One row per class and confidence instead of one per confidence.

        Returns
        -------
        DataFrame
            ``confidence`` (ascending: all distinct scores, or 500 spread evenly among them), ``precision, recall,
            f1`` (mean over classes), ``precision_micro, recall_micro, f1_micro``, ``detections``,
            ``true_positives``, ``best`` (True at the best mean F1). Per class: ``class, confidence,
            objects, detections, true_positives, precision, recall, f1, best``.
        """
        return tables_curves.by_confidence_table(_whole(self), per_class=per_class)

    def iou_histogram(self, bins: int = 20) -> pd.DataFrame:
        """Count detections by IoU with the object concerned.

        Parameters
        ----------
        bins : int
            Bins of equal width from 0 to 1.

        Returns
        -------
        DataFrame
            ``iou_from, iou_to`` (the upper end is part of the last bin only), ``true_positive, confused,
            duplicate, localisation``: detections by their status in :attr:`framelens.Evaluation.objects`.
        """
        return tables_curves.iou_histogram_table(_whole(self), bins)

    def score_histogram(self, bins: int = 20) -> pd.DataFrame:
        """Count all detections, also under the confidence, by score.

        Parameters
        ----------
        bins : int
            Bins of equal width.

        Returns
        -------
        DataFrame
            ``score_from, score_to`` (0..1, or lowest to highest score where some lie outside), ``right`` (true
            positive at the IoU of the evaluation), ``wrong``, ``ignored`` (on crowd or ignored objects).
        """
        return tables_curves.score_histogram_table(_whole(self), bins)

    def calibration(self, bins: int = 10, *, confidence: float | None = None, per_class: bool = False) -> pd.DataFrame:
        """Compare confidence with precision.

        Expected calibration error: the sum over bins of equal width of ``detections in the bin / all
        detections * |precision - mean confidence|``; right means true positive at the IoU of the evaluation.
        Undefined where a score lies outside 0..1.

        Parameters
        ----------
        bins : int
            Bins of equal width from 0 to 1.
        confidence : float or None
            Leave out detections under it; None: all detections.
        per_class : bool
            One row per class (None: all together) with its errors, instead of one row per bin.

        Returns
        -------
        DataFrame
            ``confidence_from, confidence_to, detections, true_positives, confidence`` (mean), ``precision,
            precision_low, precision_high`` (Wilson, 95 %), ``ece_part`` (sums to the ECE). Per class: ``class,
            detections, true_positives, confidence, precision, ece, mce`` (largest gap of a bin).
        """
        return tables_curves.calibration_table(_whole(self), bins, confidence, per_class=per_class)

    def by_size(self, ranges: Mapping[str, tuple[float, float]] | None = None) -> pd.DataFrame:
        """Return counts, rates and COCO's AP and AR by the area of the objects.

        Parameters
        ----------
        ranges : mapping of str to (float, float) or None
            Name and least and greatest area in square pixels, both included. None: COCO's small (to 32 x 32),
            medium (to 96 x 96), large.

        Returns
        -------
        DataFrame
            ``size`` (``all`` first), ``area_from, area_to``, ``objects, detections, true_positives, precision,
            recall`` (all classes together; a wrong detection belongs to the range of its own box), ``ap50,
            ap50_95, ar100`` (mean over classes). Areas are unknown where boxes are fractions of frames of unknown
            size: then only ``all`` has values. By LVIS' rules own ranges have no AP and AR.
        """
        return tables_curves.by_size_table(_whole(self), ranges)

    def average_recall(self) -> pd.DataFrame:
        """Return COCO's average recall per class: ``class, ar1, ar10, ar100``; by LVIS' rules ``class, ar300``.

        Mean over IoU 0.50:0.05:0.95 of the recall with the 1, 10 and 100 best detections per frame and class.
        """
        return tables_curves.average_recall_table(_whole(self))


def _whole(part: Curves) -> Evaluation:
    """Return the evaluation, which is the only class built on :class:`Curves`."""
    return cast("Evaluation", part)
