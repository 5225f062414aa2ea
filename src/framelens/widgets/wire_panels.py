"""What the panels need besides the boxes: error types, slices, suspected labels and the curves of COCO.

Everything that follows from the boxes and the operating point is computed in the page, so that it follows the
sliders; this is the rest. The layout is documented in ``docs/decisions/0001``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from framelens.data.metadata import MOST_VALUES
from framelens.metrics.coco import IOU_THRESHOLDS
from framelens.metrics.error_types import ERROR_TYPES
from framelens.metrics.histograms import score_edges
from framelens.metrics.label_issues import ISSUES, find_label_issues
from framelens.slices import RELIABLE
from framelens.widgets.history_payload import clean_text, or_null
from framelens.widgets.size_ranges import area_columns
from framelens.widgets.wire_events import encode_events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.slices import Facet
    from framelens.widgets.wire_columns import Columns
    from framelens.widgets.wire_events import EventKind

__all__ = ["CURVE_IOUS", "PanelsHead", "encode_panels"]

#: IoUs of the curves, None for the mean over 0.50:0.05:0.95.
CURVE_IOUS: tuple[float | None, ...] = (0.5, 0.75, None)
#: Classes whose curves are sent, those with the most objects first.
_MOST_CURVES = 100
_MOST_ISSUES = 2_000
_SCORE_BINS = 20
#: ``error_kind`` of a detection that is right, and of one that is no matter of the error types.
_RIGHT, _NOTHING = 8, 255
_UNKNOWN = 255


class FacetHead(TypedDict):
    """One way to cut the data; ``by_frame``: whole frames, else boxes by their own."""

    name: str
    labels: list[str]
    by_frame: bool


class ErrorType(TypedDict):
    """One of TIDE's types, over all confidences."""

    id: str
    meaning: str
    count: int
    dap: float | None


class IssueKind(TypedDict):
    """A kind of suspected label error and its reason."""

    id: str
    meaning: str


class PanelsHead(TypedDict):
    """The JSON part of what the panels need."""

    facets: list[FacetHead]
    reliable: int
    errors: list[ErrorType]
    ap: float | None
    issues: list[IssueKind]
    issues_total: int
    events: list[EventKind]
    events_total: int
    score_edges: list[float]
    curve_ious: list[float | None]


def encode_panels(evaluation: Evaluation, detection_rows: NDArray[np.int64]) -> tuple[PanelsHead, Columns]:
    """Return head and columns for the panels.

    Parameters
    ----------
    evaluation : Evaluation
    detection_rows : int64 array, shape (D,)
        Row of the dataset for each detection of the payload. Objects are those of the dataset.

    Returns
    -------
    PanelsHead, dict of str to (str, array)
    """
    dataset, result = evaluation.dataset, evaluation.error_type_result
    known = [facet for facet in evaluation.facets if len(facet.labels) <= MOST_VALUES]
    issues = find_label_issues(dataset, evaluation.outcomes, evaluation.iou)
    place = np.full(len(dataset.detections) + 1, -1, dtype=np.int64)
    place[detection_rows] = np.arange(len(detection_rows))
    event_kinds, events, event_columns = encode_events(evaluation, place)
    columns = {
        **_error_columns(evaluation, detection_rows),
        **_facet_columns(known, detection_rows),
        **_curve_columns(evaluation),
        **({} if dataset.box_unit == "relative" else area_columns(dataset, detection_rows)),
        "issue_kind": ("u1", issues.kind[:_MOST_ISSUES]),
        "issue_object": ("i4", issues.object[:_MOST_ISSUES]),
        "issue_detection": ("i4", place[issues.detection[:_MOST_ISSUES]]),
        "issue_suspicion": ("f4", issues.suspicion[:_MOST_ISSUES]),
        **event_columns,
    }
    head: PanelsHead = {
        "facets": [
            {"name": clean_text(facet.name), "labels": [*map(clean_text, facet.labels)], "by_frame": _framed(facet)}
            for facet in known
        ],
        "reliable": RELIABLE,
        "errors": [
            {"id": name, "meaning": meaning, "count": int(count), "dap": or_null(gain)}
            for (name, meaning), count, gain in zip(ERROR_TYPES.items(), result.count, result.dap, strict=True)
        ],
        "ap": or_null(result.ap),
        "issues": [{"id": name, "meaning": meaning} for name, meaning in ISSUES.items()],
        "issues_total": len(issues.kind),
        "events": event_kinds,
        "events_total": events,
        "score_edges": score_edges(dataset.detections.score, _SCORE_BINS).tolist(),
        "curve_ious": list(CURVE_IOUS),
    }
    return head, columns


def _framed(facet: Facet) -> bool:
    return facet.frame is not None


def _error_columns(evaluation: Evaluation, rows: NDArray[np.int64]) -> Columns:
    """Return the type of each detection and the object it found or could have found.

    The counts at any confidence follow from them, because neither depends on detections with lower scores.
    """
    result = evaluation.error_type_result
    kind, target = result.detection_type[rows], result.detection_object[rows]
    return {
        "error_kind": ("u1", np.where(kind >= 0, kind, np.where(target >= 0, _RIGHT, _NOTHING))),
        "error_object": ("i4", target),
        "error_gain": ("f4", result.class_dap),
    }


def _facet_columns(known: list[Facet], rows: NDArray[np.int64]) -> Columns:
    def coded(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        joined = np.concatenate([np.empty(0, dtype=np.int64), *parts])
        return np.where(joined < 0, _UNKNOWN, joined)

    boxes = [facet for facet in known if not _framed(facet)]
    return {
        "facet_frame": ("u1", coded([facet.frame for facet in known if facet.frame is not None])),
        "facet_object": ("u1", coded([facet.object for facet in boxes])),
        "facet_detection": ("u1", coded([facet.detection[rows] for facet in boxes])),
    }


def _curve_columns(evaluation: Evaluation) -> Columns:
    """Return COCO's interpolated precision of the classes with the most objects, and the mean over all (class K)."""
    curves = [_at(evaluation, iou) for iou in CURVE_IOUS]
    known: NDArray[np.bool_] = ~np.asarray(np.isnan(curves[0]).any(axis=1))
    objects = np.bincount(evaluation.dataset.objects.category, minlength=len(known))
    order = np.argsort(-objects, kind="stable")
    classes = np.sort(order[known[order]][:_MOST_CURVES])
    if not len(classes):
        return {"curve_class": ("i4", classes), "curve_precision": ("f4", np.empty((0, curves[0].shape[1])))}
    values = [np.vstack([curve[classes], curve[known].mean(axis=0)]) for curve in curves]
    return {
        "curve_class": ("i4", np.append(classes, len(objects))),
        "curve_precision": ("f4", np.concatenate(values)),
    }


def _at(evaluation: Evaluation, iou: float | None) -> NDArray[np.float64]:
    """Return precision at the 101 recall levels, (K, 101)."""
    curves = evaluation.coco.best_precision[..., 0]
    level = np.flatnonzero(np.isclose(IOU_THRESHOLDS, iou)) if iou is not None else slice(None)
    return np.asarray(curves[level].mean(axis=0).T)
