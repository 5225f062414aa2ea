"""What went wrong, and how sure that is: the analytic half of an evaluation."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from framelens import tables_errors, tables_events
from framelens.metrics.doubts import number_doubts, two_points
from framelens.metrics.error_types import ErrorTypes, error_types
from framelens.metrics.overlaps import Overlaps, find_overlaps
from framelens.metrics.rule_sets import RuleAP, rule_ap
from framelens.metrics.status import Outcomes, outcomes
from framelens.metrics.ties import TieRange, tie_range
from framelens.metrics.ultralytics import UltralyticsMetrics, ultralytics_metrics

if TYPE_CHECKING:
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
    >>> ev.per_frame()["frame"].tolist(), ev.ties.map50
    (['b', 'a'], (0.25, 0.25))
    >>> ev.error_types().set_index("type")["count"]["classification"].item(), ev.label_issues()["kind"].tolist()
    (2, ['wrong class'])
    >>> ev.reconcile()["to"].unique().tolist()
    ['ultralytics', 'voc']
    >>> ev.find_events(gap=0)["frames"].tolist() == ev.events["frames"].tolist(), ev.skipped, ev.warnings
    (True, (), ())
    >>> ev.checklist["verdict"].value_counts().to_dict(), ev.findings[0].id
    ({'cannot tell': 15, 'present': 3, 'absent': 1}, 'over-fitting')

    Behind the tables stand arrays; classes are numbered as :meth:`framelens.Evaluation.class_index` says:

    >>> ev.confusion_result.counts.tolist(), ev.scores.recall.tolist()
    ([[0, 2, 0], [0, 1, 0], [0, 0, 0]], [0.0, 1.0])
    >>> ev.coco.ap50.tolist(), ev.average_precision.map50, ev.ultralytics.summary["R"]
    ([0.0, 0.5], 0.25, 0.5)
    >>> ev.matching.true_positive.tolist(), ev.outcomes.object_partner.tolist(), ev.overlaps.pairs.iou.tolist()
    ([False, True, False], [0, 1, 2], [1.0])
    >>> ev.error_type_result.count.tolist()
    [2, 0, 0, 0, 0, 0, 2, 2]
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
        return (*points, *number_doubts(dataset, self.ties, whole.rules))

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

    # -- errors -----------------------------------------------------------------------------

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

    def error_types(self, *, per_class: bool = False, confidence: float | None = None) -> pd.DataFrame:
        """Sort all errors into TIDE's types and say how much AP each costs.

        See :func:`framelens.metrics.error_types.error_types` for the definitions and for where they
        differ from the program ``tidecv``.

        Parameters
        ----------
        per_class : bool
            One row per class and type.
        confidence : float or None
            Score that a detection must reach; None: detections of every score count, as in AP.

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
