"""Precision against recall, and precision, recall and F1 against confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.data.dataset import freeze
from framelens.metrics._ranking import interpolated
from framelens.metrics._rates import objects_per_class, share
from framelens.metrics.federated import rank_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.data.dataset import Dataset
    from framelens.metrics.matching import Matching
    from framelens.metrics.overlaps import Overlaps

__all__ = ["ConfidenceCurve", "PrecisionRecall", "confidence_curve", "confidence_grid", "precision_recall"]


@dataclass(frozen=True, slots=True, eq=False)
class PrecisionRecall:
    """Precision over recall at one IoU by COCO's rules, as it is and as COCO interpolates it.

    Attributes
    ----------
    category : int64 array, shape (P,)
        Class of each raw point, ascending.
    confidence, recall, precision : float64 array, shape (P,)
        Raw points: one per class and distinct score, highest score first. Recall is ``nan`` for a class
        without objects.
    interpolated : float64 array, shape (K, 101)
        Best precision at or beyond recall 0, 0.01, ..., 1; 0 where a recall is not reached, ``nan``
        for a class without objects. Its mean over a row is the AP of the class.
    """

    category: NDArray[np.int64]
    confidence: NDArray[np.float64]
    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    interpolated: NDArray[np.float64]


def precision_recall(
    dataset: Dataset, iou: float = 0.5, *, rules: str = "coco", overlaps: Overlaps | None = None
) -> PrecisionRecall:
    """Trace precision over recall for every class.

    Raw points stand where a confidence can cut: after all detections of one score. COCO's interpolated
    curve also looks between equal scores (in file order), so with ties it may lie above every raw point.

    Parameters
    ----------
    dataset : Dataset
    iou : float
        Above 0, at most 1.
    rules : str
        Of a rule set; by those of ``lvis`` detections are left out, any other takes COCO's.
    overlaps : Overlaps, optional
        Of this dataset, found before.

    Returns
    -------
    PrecisionRecall

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> curve = precision_recall(two_frames())
    >>> curve.category.tolist(), curve.recall.tolist(), curve.precision.tolist()
    ([0, 0, 1, 1], [0.5, 0.5, 1.0, 1.0], [1.0, 0.5, 1.0, 0.5])
    """
    ranking = rank_by(rules, dataset, [iou], overlaps=overlaps)
    hits = ranking.hits()
    right, counts = np.zeros((2, len(ranking.detection)), dtype=np.bool_)
    right[ranking.place[ranking.hit]] = True
    counts[:] = True
    counts[ranking.place[~ranking.hit]] = False
    category, right = ranking.category[counts], right[counts]
    score = dataset.detections.score[ranking.detection[counts]]
    first = np.searchsorted(category, category, side="left")
    running = np.concatenate(([0], np.cumsum(right)))
    found = running[1:] - running[first]
    counted = np.arange(1, len(category) + 1) - first
    cut = np.ones(len(category), dtype=np.bool_)
    cut[:-1] = (category[1:] != category[:-1]) | (score[1:] != score[:-1])
    return PrecisionRecall(
        freeze(category[cut]),
        freeze(score[cut]),
        freeze(share(found, ranking.objects[category])[cut]),
        freeze((found / counted)[cut]),
        freeze(interpolated(hits.precision, hits.found, hits.curve, ranking.objects)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ConfidenceCurve:
    """Counts and rates at each of C confidences, as :func:`~framelens.metrics.operating_point.score_classes` has them.

    Attributes
    ----------
    confidence : float64 array, shape (C,)
        Ascending.
    detections, true_positives : int64 array, shape (C, K)
        Detections at or over the confidence that no crowd or ignored object absorbed; the right ones.
    objects : int64 array, shape (K,)
    """

    confidence: NDArray[np.float64]
    detections: NDArray[np.int64]
    true_positives: NDArray[np.int64]
    objects: NDArray[np.int64]

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of right detections, (C, K), ``nan`` without detections."""
        return share(self.true_positives, self.detections)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of found objects, (C, K), ``nan`` without objects."""
        return share(self.true_positives, np.broadcast_to(self.objects, self.detections.shape))

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of both, ``2 TP / (detections + objects)``, (C, K), ``nan`` with neither."""
        return share(2 * self.true_positives, self.detections + self.objects)

    def macro(self, name: str) -> NDArray[np.float64]:
        """Return the mean of ``precision``, ``recall`` or ``f1`` over the classes with objects, (C,)."""
        values: NDArray[np.float64] = getattr(self, name)[:, self.objects > 0]
        defined = ~np.isnan(values)
        return share(np.where(defined, values, 0.0).sum(axis=1), defined.sum(axis=1))

    def micro(self, name: str) -> NDArray[np.float64]:
        """Return ``precision``, ``recall`` or ``f1`` of all classes together, (C,)."""
        total = ConfidenceCurve(
            self.confidence,
            self.detections.sum(axis=1, keepdims=True),
            self.true_positives.sum(axis=1, keepdims=True),
            self.objects.sum(keepdims=True),
        )
        return np.asarray(getattr(total, name)[:, 0])


def confidence_grid(
    score: NDArray[np.float64], most: int = 500, *, also: tuple[float, ...] = ()
) -> NDArray[np.float64]:
    """Return confidences at which counts change: all distinct scores, or ``most`` spread evenly among them.

    Parameters
    ----------
    score : float64 array, shape (M,)
    most : int
        At least 2; the lowest and the highest score are always in.
    also : tuple of float
        Confidences that must be in besides.

    Returns
    -------
    float64 array
        Ascending, distinct.

    Examples
    --------
    >>> confidence_grid(np.array([0.5, 0.1, 0.5, 0.9]), also=(0.4,)).tolist()
    [0.1, 0.4, 0.5, 0.9]
    """
    distinct = np.unique(score)
    if len(distinct) > most:
        distinct = distinct[np.linspace(0, len(distinct) - 1, most).round().astype(np.int64)]
    return np.unique(np.concatenate((distinct, also)))


def confidence_curve(dataset: Dataset, matching: Matching, confidences: NDArray[np.float64]) -> ConfidenceCurve:
    """Count detections and true positives of every class at several confidences.

    Parameters
    ----------
    dataset : Dataset
    matching : Matching
        Of this dataset.
    confidences : float64 array, shape (C,)
        Ascending.

    Returns
    -------
    ConfidenceCurve

    Examples
    --------
    >>> from framelens.metrics._example import two_frames
    >>> from framelens.metrics.matching import match
    >>> curve = confidence_curve(two_frames(), match(two_frames()), np.array([0.2, 0.7]))
    >>> curve.detections.tolist(), curve.true_positives.tolist()
    ([[2, 2], [1, 1]], [[1, 1], [1, 1]])
    """
    classes = len(dataset.classes)
    counted = np.flatnonzero(~matching.absorbed)
    right = counted[matching.true_positive[counted]]

    def at_or_over(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        passed = np.searchsorted(confidences, dataset.detections.score[rows], side="right")
        cell = passed * classes + dataset.detections.category[rows]
        exact = np.bincount(cell, minlength=(len(confidences) + 1) * classes).reshape(len(confidences) + 1, classes)
        total: NDArray[np.int64] = exact[::-1].cumsum(axis=0)[::-1][1:]
        return total

    return ConfidenceCurve(
        freeze(confidences),
        freeze(at_or_over(counted)),
        freeze(at_or_over(right)),
        freeze(objects_per_class(dataset)),
    )
