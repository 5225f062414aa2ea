"""The payload of a comparison: that of the other model, with what the baseline made of the same objects.

The head gets ``comparison`` (scores, numbers per class, curves, warnings); the buffer gets the baseline's
detections that stand in a cell of its matrix, its cells, and for every object and frame what changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from framelens.metrics.changes import errors, frame_changes, object_changes
from framelens.metrics.frame_counts import count_frames
from framelens.tables_comparison import SCORES, card_values, change_of, class_values, given_class, mean_curve
from framelens.widgets.history_payload import clean_text, or_null
from framelens.widgets.wire import encode
from framelens.widgets.wire_columns import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.comparison import Comparison
    from framelens.evaluation import Evaluation
    from framelens.widgets.wire import Head, Payload

__all__ = ["encode_comparison"]

_TITLES = {"precision": "Precision", "recall": "Recall", "f1": "F1", "map50": "mAP50", "map50_95": "mAP50-95"}
_DIGITS = 4  # of a curve: a tenth of a pixel


def encode_comparison(comparison: Comparison, model: str) -> Payload:
    """Return the payload of ``model`` against the baseline; see *Comparison* in ``docs/decisions/0001``.

    Parameters
    ----------
    comparison : Comparison
    model : str
        Name of the other model.
    """
    payload = encode(comparison[model])
    head = cast("dict[str, Any]", dict(payload.head))
    head["kind"] = "comparison"
    head["title"] = clean_text(f"{comparison.baseline} → {model}")
    head["comparison"] = _head(comparison, model)
    specs, buffer = pack(_columns(comparison, model, payload), payload.buffer)
    head["columns"] = {**head["columns"], **specs}
    return replace(payload, head=cast("Head", head), buffer=buffer)


def _head(comparison: Comparison, model: str) -> dict[str, Any]:
    old, new = class_values(comparison[comparison.baseline]), class_values(comparison[model])
    return {
        "names": [clean_text(name) for name in comparison.evaluations],
        "baseline": clean_text(comparison.baseline),
        "model": clean_text(model),
        "rounds": comparison.rounds,
        "warnings": [clean_text(text) for text in comparison.warnings if _concerns(comparison, model, text)],
        "scores": _scores(comparison, model),
        "models": [{"name": clean_text(name), "scores": _scores(comparison, name)} for name in comparison.others],
        "stored": None,
        "per_class": {
            name: {
                "baseline": [or_null(value) for value in old[name]],
                "value": [or_null(value) for value in new[name]],
            }
            for name in new
        },
        "curves": [
            {
                "name": clean_text(name),
                "precision": [None if np.isnan(value) else round(float(value), _DIGITS) for value in mean_curve(one)],
            }
            for name, one in comparison.evaluations.items()
        ],
    }


def _scores(comparison: Comparison, model: str) -> list[dict[str, Any]]:
    before, after = card_values(comparison[comparison.baseline]), card_values(comparison[model])
    change = change_of(comparison, model)
    return [
        {
            "id": name,
            "title": _TITLES[name],
            "baseline": or_null(before[name]),
            "value": or_null(after[name]),
            **dict(zip(("delta", "low", "high"), map(or_null, change[name]), strict=True)),
        }
        for name in SCORES
    ]


def _concerns(comparison: Comparison, model: str, warning: str) -> bool:
    """Tell whether a warning is about this pair; with two models all are."""
    return len(comparison.others) == 1 or warning.startswith(f"{comparison.baseline} and {model} ")


def _columns(comparison: Comparison, model: str, payload: Payload) -> dict[str, tuple[str, NDArray[Any]]]:
    first, other = comparison[comparison.baseline], comparison[model]
    objects, frames = comparison.partners(model)
    found, place = _standing(first, frames)
    detections = first.dataset.detections
    to_frame = np.full(len(first.dataset.frames) + 1, -1, dtype=np.int64)
    to_frame[frames[frames >= 0]] = np.flatnonzero(frames >= 0)
    before, after = (count_frames(one.dataset, one.outcomes) for one in (first, other))
    was_wrong = np.where(frames >= 0, errors(before)[frames] if len(errors(before)) else 0, -1)
    rows = payload.object_rows
    partner = objects[rows]
    cells = np.argwhere(first.confusion_result.counts)
    return {
        "baseline_detection_frame": ("i4", to_frame[detections.frame[found]]),
        "baseline_detection_class": ("i4", detections.category[found]),
        "baseline_detection_box": ("f4", detections.box[found].reshape(-1, 4)),
        "baseline_detection_score": ("f8", detections.score[found]),
        "baseline_as": ("i4", _taken(given_class(first), partner)),
        "baseline_match": ("i4", _taken(_places(first, place), partner)),
        "baseline_cell_actual": ("i4", cells[:, 0]),
        "baseline_cell_predicted": ("i4", cells[:, 1]),
        "baseline_cell_count": ("i4", first.confusion_result.counts[cells[:, 0], cells[:, 1]]),
        "object_change": ("i4", object_changes(first.outcomes, other.outcomes, objects)[rows]),
        "frame_change": ("i4", frame_changes(before, after, frames)),
        "frame_baseline_errors": ("i4", was_wrong),
        "frame_model_errors": ("i4", errors(after)),
    }


def _standing(first: Evaluation, frames: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the baseline's detections that stand in a cell and in a frame of both, and each one's place among them."""
    examples = first.confusion_result.examples
    rows = np.unique(examples.detection[examples.detection >= 0])
    shared = np.isin(first.dataset.detections.frame[rows], frames[frames >= 0])
    rows = rows[shared]
    place = np.full(len(first.dataset.detections) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return rows, place


def _places(first: Evaluation, place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each object of the baseline the place of the detection that stands in its cell, -1 for none."""
    examples = first.confusion_result.examples
    match = np.full(len(first.dataset.objects), -1, dtype=np.int64)
    pair = (examples.object >= 0) & (examples.detection >= 0)
    match[examples.object[pair]] = place[examples.detection[pair]]
    return match


def _taken(values: NDArray[np.int64], partner: NDArray[np.int64]) -> NDArray[np.int64]:
    result = np.full(len(partner), -1, dtype=np.int64)
    result[partner >= 0] = values[partner[partner >= 0]]
    return result
