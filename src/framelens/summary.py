"""An evaluation as JSON and as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from framelens.bands import DEFAULT_BANDS, Band
from framelens.tables import class_labels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from framelens.evaluation import Evaluation

__all__ = ["SCHEMA", "as_dict", "as_text", "null"]

#: Number of the JSON layout; rises when a field changes its meaning.
SCHEMA = 1
_WIDEST_TABLE = 12


def null(value: float | None) -> float | None:
    """Return a JSON number: None for None and for what is not finite.

    >>> null(float("nan")) is None, null(0.5)
    (True, 0.5)
    """
    return None if value is None or not math.isfinite(value) else float(value)


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """See :meth:`framelens.Evaluation.as_dict`."""
    dataset, point, scores = evaluation.dataset, evaluation.operating_point, evaluation.scores
    summary, ap = evaluation.coco.summary, evaluation.average_precision
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "rules": evaluation.rules,
        "frames": len(dataset.frames),
        "objects": len(dataset.objects),
        "detections": len(dataset.detections),
        "skipped": [skip.as_dict() for skip in evaluation.skipped],
        "warnings": list(evaluation.warnings),
        "lvis" if evaluation.rules == "lvis" else "coco": {name: null(value) for name, value in summary.items()},
        "operating_point": {"confidence": null(point.confidence), "iou": point.iou, "chosen": point.chosen},
    }
    for name in ("precision", "recall", "f1"):
        result[name] = {"macro": null(getattr(scores.macro, name)), "micro": null(getattr(scores.micro, name))}
    result["map50"], result["map50_95"] = null(ap.map50), null(ap.map50_95)
    result["per_class"] = _per_class(evaluation)
    confusion = evaluation.confusion_result
    result["confusion"] = {
        "classes": class_labels(evaluation),
        "confidence": null(confusion.confidence),
        "iou": confusion.iou,
        "counts": confusion.counts.tolist(),
        "ignored_objects": confusion.ignored_objects,
        "ignored_detections": confusion.ignored_detections,
    }
    result["bands"] = _bands(evaluation)
    result["checklist"] = [finding.as_dict() for finding in evaluation.findings]
    return result


def _bands(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return the bands in force: of every card, then those of single classes."""
    labels = class_labels(evaluation)

    def row(card: str, name: str | None, band: Band) -> dict[str, Any]:
        return {"card": card, "class": name, "low": band.low, "high": band.high, "reason": band.reason}

    cards = [row(card, None, evaluation.bands.card(card)) for card in DEFAULT_BANDS]
    return cards + [row(card, labels[k], band) for k, card, band in evaluation.bands.of_classes(labels[:-1])]


def _per_class(evaluation: Evaluation) -> list[dict[str, Any]]:
    scores, ap = evaluation.scores, evaluation.average_precision
    return [
        {
            "class": name,
            "objects": int(scores.objects[k]),
            "detections": int(scores.detections[k]),
            "precision": null(scores.precision[k]),
            "recall": null(scores.recall[k]),
            "f1": null(scores.f1[k]),
            "ap50": null(ap.ap50[k]),
            "ap50_95": null(ap.ap50_95[k]),
        }
        for k, name in enumerate(class_labels(evaluation)[:-1])
    ]


def as_text(evaluation: Evaluation) -> str:
    """Return the numbers of the dashboard as plain text, at most 80 columns wide."""
    from framelens.diagnosis import present_lines
    from framelens.errors import one_line

    point, scores, ap = evaluation.operating_point, evaluation.scores, evaluation.average_precision
    lines = [
        one_line(evaluation.title, 78),
        ", ".join(f"{number:,} {name}" for name, number in _sizes(evaluation).items()),
        f"confidence {_show(point.confidence)} ({point.chosen}), IoU {point.iou:.2f}",
        *_matrix_point(evaluation),
        "",
        f"{'':12}{'macro':>8}{'micro':>8}",
    ]
    lines += [
        f"{name:12}{_show(getattr(scores.macro, key)):>8}{_show(getattr(scores.micro, key)):>8}" for name, key in _CARDS
    ]
    lines += [f"{'mAP50':12}{_show(ap.map50):>8}", f"{'mAP50-95':12}{_show(ap.map50_95):>8}", ""]
    lines += _class_lines(evaluation)
    lines += _notes(evaluation)
    lines += ["", *present_lines(evaluation.findings)]
    return "\n".join(lines)


def _matrix_point(evaluation: Evaluation) -> list[str]:
    """Say where the matrix is counted, if it is not where precision and recall are read."""
    point, confusion = evaluation.operating_point, evaluation.confusion_result
    if (confusion.confidence, confusion.iou) == (point.confidence, point.iou):
        return []
    return [f"matrix and examples: confidence {_show(confusion.confidence)}, IoU {confusion.iou:.2f}"]


def _sizes(evaluation: Evaluation) -> dict[str, int]:
    dataset = evaluation.dataset
    return {name: len(getattr(dataset, name)) for name in ("frames", "classes", "objects", "detections")}


_CARDS = (("precision", "precision"), ("recall", "recall"), ("F1", "f1"))


def _class_lines(evaluation: Evaluation) -> Iterable[str]:
    from framelens.errors import one_line

    rows = _per_class(evaluation)
    rows.sort(key=lambda row: -row["objects"])
    yield f"{'class':24}{'objects':>9}{'found as':>10}{'P':>7}{'R':>7}{'F1':>7}{'AP50':>7}{'AP':>7}"
    for row in rows[:_WIDEST_TABLE]:
        yield (
            f"{one_line(row['class'], 23):24}{row['objects']:>9,}{row['detections']:>10,}"
            + "".join(f"{_show(row[key]):>7}" for key in ("precision", "recall", "f1", "ap50", "ap50_95"))
        )
    if len(rows) > _WIDEST_TABLE:
        yield f"... and {len(rows) - _WIDEST_TABLE:,} more classes"


def _notes(evaluation: Evaluation) -> list[str]:
    confusion = evaluation.confusion_result
    lines = []
    ignored = (confusion.ignored_objects, confusion.ignored_detections)
    if any(ignored):
        lines.append(f"ignored: {ignored[0]:,} crowd or ignored objects, {ignored[1]:,} detections on them")
    lines += [f"skipped: {skip.count:,} in {skip.file} ({skip.where}): {skip.reason}" for skip in evaluation.skipped]
    lines += [f"warning: {warning}" for warning in evaluation.warnings]
    wrapped = [part for line in lines for part in textwrap.wrap(line, 80, subsequent_indent="  ")]
    return ["", *wrapped] if wrapped else []


def _show(value: float | None) -> str:
    return "n/a" if value is None or not math.isfinite(value) else f"{value:.3f}"
