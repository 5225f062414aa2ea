"""What stands around the average precision: the analytic half of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from framelens import tables_curves, tables_errors, tables_events
from framelens.metrics.doubts import number_doubts, two_points
from framelens.metrics.error_types import ErrorTypes, error_types
from framelens.metrics.overlaps import Overlaps, find_overlaps
from framelens.metrics.rule_sets import RuleAP, rule_ap
from framelens.metrics.status import Outcomes, outcomes
from framelens.metrics.ties import TieRange, tie_range
from framelens.metrics.ultralytics import UltralyticsMetrics, ultralytics_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from framelens.diagnosis import Finding
    from framelens.errors import Skip
    from framelens.evaluation import Evaluation

__all__ = ["Analysis"]


class Analysis:
    """Base of :class:`framelens.Evaluation`: tables that explain its numbers.

    Unless a method says otherwise, counts are those at the operating point, shares and IoUs are
    fractions from 0 to 1, areas square pixels, and what is undefined is ``nan`` (``None`` for a name,
    ``<NA>`` for a row).

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "a", "b"], "class": ["cat", "dog", "cat"], "x": [10, 60, 5],
    ...                       "y": [10, 10, 5], "width": [40, 30, 20], "height": [40, 50, 20]})
    >>> found = truth.assign(score=[0.9, 0.8, 0.6]).replace({"class": {"cat": "dog"}})
    >>> ev = framelens.evaluate(truth, found, confidence=0.5)
    >>> ev.confused_pairs()[["actual", "predicted", "count"]].to_dict("records")
    [{'actual': 'cat', 'predicted': 'dog', 'count': 2}]
    >>> ev.curves()["kind"].value_counts().to_dict(), ev.by_confidence()["recall"].tolist()
    ({'interpolated': 303, 'raw': 3}, [0.5, 0.5, 0.5, 0.0])
    >>> ev.score_histogram(2)["wrong"].tolist(), ev.calibration(2)["detections"].tolist()
    ([0, 2], [0, 3])
    >>> ev.iou_histogram(1)["confused"].item(), ev.average_recall()["ar100"].tolist(), ev.ties.map50
    (2, [0.0, 1.0], (0.25, 0.25))
    >>> ev.by_size().set_index("size")["objects"].to_dict(), ev.per_frame()["frame"].tolist()
    ({'all': 3, 'small': 1, 'medium': 2, 'large': 0}, ['b', 'a'])
    >>> ev.error_types().set_index("type")["count"]["classification"].item(), ev.label_issues()["kind"].tolist()
    (2, ['wrong class'])
    >>> ev.reconcile()["to"].unique().tolist()
    ['ultralytics', 'voc']
    """

    # -- computed once ----------------------------------------------------------------------

    @cached_property
    def overlaps(self) -> Overlaps:
        """Detections in order, and the pairs of one class that overlap: what every matching starts from."""
        whole = _whole(self)
        return find_overlaps(whole.dataset, min(whole.iou, 0.5))

    @cached_property
    def outcomes(self) -> Outcomes:
        """Status, partner and IoU of every object and detection at the operating point."""
        whole = _whole(self)
        matching = whole.matching
        if whole.rules == "ultralytics":
            # Its matrix knows no crowd regions that could absorb a detection.
            matching = replace(matching, absorbed=np.zeros_like(matching.absorbed))
        return outcomes(whole.dataset, matching, whole.confusion_result)

    @cached_property
    def average_precision(self) -> RuleAP:
        """Average precision by the rule set of the evaluation: what cards and tables show."""
        whole = _whole(self)
        return rule_ap(whole.rules, whole.dataset, whole.coco)

    @cached_property
    def ultralytics(self) -> UltralyticsMetrics:
        """What ``yolo val`` prints, whatever the rule set of the evaluation."""
        return ultralytics_metrics(_whole(self).dataset)

    @cached_property
    def error_type_result(self) -> ErrorTypes:
        """TIDE's error types as arrays."""
        whole = _whole(self)
        return error_types(whole.dataset, whole.matching)

    @cached_property
    def ties(self) -> TieRange:
        """Lowest and highest mAP that the order of equal scores allows."""
        return tie_range(_whole(self).dataset, rules=_whole(self).rules, overlaps=self.overlaps)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful about files and numbers, one line each; pictures count once they were looked at."""
        whole = _whole(self)
        said = [source.warnings for source in (whole.pictures, whole.history) if source is not None]
        return tuple(dict.fromkeys((*whole.dataset.warnings, *self._doubts, *(text for one in said for text in one))))

    @cached_property
    def _doubts(self) -> tuple[str, ...]:
        whole, dataset = _whole(self), _whole(self).dataset
        two = whole.rules == "ultralytics" and whole.pairing == "class"
        points = two_points(whole.operating_point, whole.confusion_result) if two else ()
        return (*points, *number_doubts(dataset, self.ties))

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """What was left out of labels, predictions, pictures and training log, counted per reason."""
        whole, found, pictures = _whole(self), _whole(self).dataset.skipped, _whole(self).pictures
        if pictures is not None:
            # readers that were given the folder have already counted the pictures it lacks
            counted = any("folder of frames" in skip.reason for skip in found)
            found = (*found, *(pictures.broken(counted=True) if counted else pictures.skipped))
        return (*found, *(() if whole.history is None else whole.history.skipped))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The answers of the checklist; see :func:`framelens.diagnosis.check`."""
        from framelens.diagnosis import check

        return check(_whole(self))

    @property
    def checklist(self) -> pd.DataFrame:
        """Every symptom of the checklist, with what the numbers say to it.

        Returns
        -------
        DataFrame
            ``id, title, verdict`` (present, absent, cannot tell), ``evidence``, ``epochs`` (list of first and last
            epoch), ``cells`` (list of actual and predicted class), ``cause`` (likely), ``remedy``,
            ``other_readings`` (list of str).
        """
        return tables_errors.checklist_table(_whole(self))

    # -- videos and sequences ---------------------------------------------------------------

    @property
    def events(self) -> pd.DataFrame:
        """Errors that last over consecutive frames, one row each: :meth:`find_events` as it stands."""
        return self.find_events()

    def find_events(self, *, gap: int = 1, overlap: float = 0.3) -> pd.DataFrame:
        """Group errors of consecutive frames: same class, same status, boxes that overlap.

        Frames are consecutive by the numbers or times in their names (:mod:`framelens.data.places`), in videos as in
        numbered pictures; an error in a frame without a number is an event of its own. The exact
        rule stands at :func:`framelens.metrics.events.group_events`.

        Parameters
        ----------
        gap : int
            Frames without the error that may lie between two with it.
        overlap : float
            Least IoU of the boxes of two consecutive errors, over 0 and at most 1.

        Returns
        -------
        DataFrame
            ``class, status`` (of :data:`framelens.metrics.status.STATUSES`), ``start, end`` (frame names),
            ``start_time, end_time`` (seconds since the first frame of the video), ``frames`` (how many
            hold the error), ``rows`` (list of rows of :attr:`objects`, of a confusion the object's).

        Raises
        ------
        OptionError
            ``gap`` or ``overlap`` is out of range.
        """
        return tables_events.events_table(_whole(self), gap=gap, overlap=overlap)

    # -- curves -----------------------------------------------------------------------------

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

        Returns
        -------
        DataFrame
            ``iou_from, iou_to`` (the upper end is part of the last bin only), ``true_positive, confused,
            duplicate, localisation``: detections by their status in :attr:`framelens.Evaluation.objects`.
        """
        return tables_curves.iou_histogram_table(_whole(self), bins)

    def score_histogram(self, bins: int = 20) -> pd.DataFrame:
        """Count all detections, also under the confidence, by score.

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

    # -- slices -----------------------------------------------------------------------------

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

    def per_frame(self) -> pd.DataFrame:
        """Return one row per frame, most errors first.

        Returns
        -------
        DataFrame
            Index ``frame_index`` (place of the frame); ``frame, objects, detections, true_positives,
            false_positives, false_negatives, confused`` (pairs that are both one false positive and one
            false negative), ``f1``, ``profile`` (:data:`framelens.metrics.frame_counts.PROFILES`).
        """
        return tables_errors.per_frame_table(_whole(self))

    # -- errors -----------------------------------------------------------------------------

    def error_types(self, *, per_class: bool = False, confidence: float | None = None) -> pd.DataFrame:
        """Sort all errors into TIDE's types and say how much AP each costs.

        See :func:`framelens.metrics.error_types.error_types` for the definitions and for where they
        differ from the program ``tidecv``. Detections of every confidence count here, as in AP, unless a
        ``confidence`` is given that they must reach.

        Returns
        -------
        DataFrame
            ``type, count, dap`` (AP gained if this type alone were mended), ``ap`` (before), ``meaning``. Per
            class: ``class, type, count, dap, ap``.
        """
        return tables_errors.error_types_table(_whole(self), per_class=per_class, confidence=confidence)

    def confused_pairs(self) -> pd.DataFrame:
        """Return the cells of the matrix where one class was taken for another, most boxes first.

        Returns
        -------
        DataFrame
            ``actual, predicted, count``, ``share_of_actual`` (of the objects of that class),
            ``share_of_predicted`` (of the detections of that class), ``reverse`` (count the other way round).
        """
        return tables_errors.confused_pairs_table(_whole(self))

    def label_issues(self, confident: float | None = None, *, close: float = 0.75) -> pd.DataFrame:
        """Return places where the labels may be wrong, most suspicious first.

        Parameters
        ----------
        confident : float or None
            Score from which a detection contradicts the labels; None: the median score of the true
            positives.
        close : float
            IoU from which a detection of another class speaks about the same object.

        Returns
        -------
        DataFrame
            ``kind`` (:data:`framelens.metrics.label_issues.ISSUES`), ``frame``, ``class`` (labelled), ``predicted``,
            ``score``, ``iou``, ``suspicion`` (0..1), ``reason``, ``object``, ``detection`` (rows of
            :attr:`framelens.Evaluation.objects`).
        """
        return tables_errors.label_issues_table(_whole(self), confident, close)

    def reconcile(self) -> pd.DataFrame:
        """Explain why Ultralytics and VOC print other numbers for the same boxes.

        Each path begins at COCO (mAP) or at the cards and the matrix at the best mean F1, IoU 0.50, changes one rule at
        a time, and ends at the number of the other rule set.

        Returns
        -------
        DataFrame
            ``number`` (``map50, map50_95, precision, recall``, and the sums ``correct, confused, missed, alarms`` of
            the matrix), ``to`` (rule set), ``step`` (from 0), ``value``, ``change`` (against the step before),
            ``changed`` (the rule), ``why``.
        """
        return tables_errors.reconcile_table(_whole(self))


def _whole(part: Analysis) -> Evaluation:
    """Return the evaluation, which is the only class built on :class:`Analysis`."""
    return cast("Evaluation", part)
