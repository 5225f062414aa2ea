"""The one encoder: what a live widget, a saved notebook and an offline report are given.

A :class:`Payload` is a head (JSON) and one buffer of little-endian columns. This module computes no
number: it writes down what an :class:`~framelens.evaluation.Evaluation` holds. It knows nothing of
widgets and does no input or output. The layout is schema 1 of ``docs/decisions/0001``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

import framelens
from framelens.bands import CLASS_FIELDS, DEFAULT_BANDS, Band, Verdict
from framelens.tables import class_labels
from framelens.widgets.checklist_payload import ChecklistRow, encode_checklist
from framelens.widgets.epoch_payload import encode_changes
from framelens.widgets.history_payload import HistoryHead, clean_text, encode_history, or_null
from framelens.widgets.wire_columns import (
    DTYPES,
    Column,
    Recount,
    Shelf,
    box_columns,
    choose_shelf,
    matrix_columns,
    pack,
    pair_columns,
)
from framelens.widgets.wire_panels import PanelsHead, encode_panels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.widgets.intervals_payload import IntervalsHead

__all__ = ["SCHEMA", "Card", "ClassBand", "Head", "Payload", "dump_json", "encode"]

#: Number of the layout; a reader that meets a higher one says so instead of guessing.
SCHEMA = 1

#: Title and question of each card, in the order they stand.
_CARDS: dict[str, tuple[str, str]] = {
    "precision": ("Precision", "How many predicted boxes are correct?"),
    "recall": ("Recall", "How many objects were found?"),
    "map50": ("mAP50", "How good are class and rough place of the boxes?"),
    "map50_95": ("mAP50-95", "How tightly do the boxes fit?"),
}


class Counts(TypedDict):
    """How many things were read; the ignored ones stand in no cell."""

    frames: int
    objects: int
    detections: int
    ignored_objects: int
    ignored_detections: int


class OperatingPointHead(TypedDict):
    """The confidence and IoU that every number of the page belongs to."""

    confidence: float | None
    iou: float
    chosen: str


class FramesHead(TypedDict):
    """Frame names, sizes in pixels and seconds since the first frame of the video; ``null`` where unknown."""

    names: list[str]
    width: list[float | None]
    height: list[float | None]
    time: list[float | None]


class Card(TypedDict):
    """One score, the question it answers and the band of good values with its reason (empty: none given)."""

    id: str
    title: str
    question: str
    value: float | None
    band: list[float | None]
    usual: list[float | None]
    reason: str
    verdict: Verdict | None
    rule: str
    detail: str


#: One row of the per-class table. ``class`` (a word Python keeps for itself) is an index into ``Head["classes"]``.
ClassRow = TypedDict(
    "ClassRow",
    {
        "class": int,
        "objects": int,
        "detections": int,
        "precision": "float | None",
        "recall": "float | None",
        "f1": "float | None",
        "ap50": "float | None",
        "ap50_95": "float | None",
    },
)

#: Band of good values of one class; ``field`` is a number of its row in ``Head["per_class"]``.
ClassBand = TypedDict("ClassBand", {"class": int, "field": str, "band": "list[float | None]", "reason": str})


class Head(TypedDict):
    """The JSON part of a payload."""

    schema: int
    kind: Literal["evaluation"]
    title: str
    rules: str
    counts: Counts
    operating_point: OperatingPointHead
    box_unit: str
    classes: list[str]
    supercategories: list[str | None]
    frames: FramesHead
    cards: list[Card]
    per_class: list[ClassRow]
    class_bands: list[ClassBand]
    history: HistoryHead | None
    checklist: list[ChecklistRow]
    pictures: bool
    skipped: list[dict[str, str | int]]
    warnings: list[str]
    stamp: list[list[str]]
    recount: Recount | None
    panels: PanelsHead
    intervals: IntervalsHead | None
    columns: dict[str, Column]


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """What is sent: a head, a buffer, and the way back from their rows to the dataset's.

    Attributes
    ----------
    head : Head
        JSON; undefined numbers are None, never NaN.
    buffer : bytes
        Little-endian columns, each aligned to 8 bytes.
    object_rows, detection_rows : int64 array
        Row of the dataset for each row of the ``object_*`` and ``detection_*`` columns. Not sent. The detections
        that are left out of the columns follow those in them.
    """

    head: Head
    buffer: bytes
    object_rows: NDArray[np.int64]
    detection_rows: NDArray[np.int64]

    def column(self, name: str) -> NDArray[Any]:
        """Return one column of the buffer as a read-only array.

        Raises
        ------
        KeyError
            There is no such column.
        """
        spec = self.head["columns"][name]
        dtype = np.dtype(DTYPES[spec["dtype"]])
        count = int(np.prod(spec["shape"], dtype=np.int64))
        return np.frombuffer(self.buffer, dtype, count, spec["offset"]).reshape(spec["shape"])


def encode(evaluation: Evaluation) -> Payload:
    """Return the payload of an evaluation; equal evaluations give equal bytes.

    It holds all objects, in the order of the dataset; detections by falling score, down to a floor where there are
    very many; the matrix at the operating point; and the pairs from which the page counts at others.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    Payload
    """
    dataset, shelf = evaluation.dataset, choose_shelf(evaluation)
    columns = {
        **box_columns(dataset, shelf),
        **matrix_columns(dataset, shelf, evaluation.confusion_result),
        **pair_columns(dataset, shelf),
    }
    panels, more = encode_panels(evaluation, shelf.order[: shelf.count])
    specs, buffer = pack({**columns, **more})
    return Payload(_head(evaluation, shelf, panels, specs), buffer, np.arange(len(dataset.objects)), shelf.order)


def dump_json(value: object) -> str:
    r"""Return JSON in ASCII that is safe inside a ``<script>``: no ``<``, ``>``, ``&``, U+2028 or U+2029.

    Raises
    ------
    ValueError
        A number is NaN or infinite.

    Examples
    --------
    >>> dump_json("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _head(evaluation: Evaluation, shelf: Shelf, panels: PanelsHead, columns: dict[str, Column]) -> Head:
    dataset, confusion, point = evaluation.dataset, evaluation.confusion_result, evaluation.operating_point
    history = evaluation.history
    skipped, warnings = evaluation.skipped, evaluation.warnings
    return {
        "schema": SCHEMA,
        "kind": "evaluation",
        "title": clean_text(evaluation.title),
        "rules": evaluation.rules,
        "counts": {
            "frames": len(dataset.frames),
            "objects": len(dataset.objects),
            "detections": len(dataset.detections),
            "ignored_objects": confusion.ignored_objects,
            "ignored_detections": confusion.ignored_detections,
        },
        "operating_point": {
            "confidence": or_null(point.confidence),
            "iou": float(point.iou),
            "chosen": clean_text(point.chosen),
        },
        "box_unit": dataset.box_unit,
        "classes": [clean_text(name) for name in class_labels(evaluation)[:-1]],
        "supercategories": [None if name is None else clean_text(name) for name in dataset.supercategories],
        "frames": {
            "names": [clean_text(name) for name in dataset.frames.names],
            "width": [_size(value) for value in dataset.frames.width.tolist()],
            "height": [_size(value) for value in dataset.frames.height.tolist()],
            "time": [or_null(value) for value in _times(evaluation).tolist()],
        },
        "cards": _cards(evaluation),
        "per_class": _per_class(evaluation),
        "class_bands": _class_bands(evaluation),
        "history": encode_history(
            history,
            matrix_epoch=evaluation.epoch,
            saved_epochs=tuple(evaluation.epochs),
            changes=encode_changes(evaluation),
            others=evaluation.other_runs,
        ),
        "checklist": encode_checklist(evaluation.findings),
        "pictures": evaluation.pictures is not None,
        "skipped": [{key: _plain(value) for key, value in skip.as_dict().items()} for skip in skipped],
        "warnings": [clean_text(text) for text in warnings],
        "stamp": _stamp(evaluation),
        "recount": shelf.recount,
        "panels": panels,
        "intervals": None,
        "columns": columns,
    }


def _size(value: float) -> float | None:
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) else float(value)


def _plain(value: str | int) -> str | int:
    return clean_text(value) if isinstance(value, str) else int(value)


def _cards(evaluation: Evaluation) -> list[Card]:
    macro, micro = evaluation.scores.macro, evaluation.scores.micro
    ap, point = evaluation.average_precision, evaluation.operating_point
    confidence = or_null(point.confidence)
    place = f"{'every confidence' if confidence is None else f'confidence {confidence:.5g}'}, IoU {point.iou:.2f}"
    counted = _mean_over(int(np.count_nonzero(np.asarray(evaluation.scores.objects) > 0)))
    precision, recall, map50, map50_95 = (
        _card(name, value, evaluation.bands.card(name))
        for name, value in zip(_CARDS, (macro.precision, macro.recall, ap.map50, ap.map50_95), strict=True)
    )
    precision |= {"rule": f"{_mean_over(macro.precision_classes)} at {place}", "detail": _micro(micro.precision)}
    recall |= {"rule": f"{_mean_over(macro.recall_classes)} at {place}", "detail": _micro(micro.recall)}
    map50["rule"] = f"{counted}, IoU 0.50, over all confidences"
    map50_95["rule"] = f"{counted}, IoU 0.50 to 0.95, over all confidences"
    return [precision, recall, map50, map50_95]


def _mean_over(classes: int) -> str:
    return f"mean over {classes} class" + ("" if classes == 1 else "es")


def _micro(value: float) -> str:
    known = or_null(value)
    return "micro n/a" if known is None else f"micro {known:.3f}"


def _card(identity: str, value: float, band: Band) -> Card:
    title, question = _CARDS[identity]
    known = or_null(value)
    return {
        "id": identity,
        "title": title,
        "question": question,
        "value": known,
        "band": band.ends,
        "usual": DEFAULT_BANDS[identity].ends,
        "reason": clean_text(band.reason),
        "verdict": band.verdict(known),
        "rule": "",
        "detail": "",
    }


def _class_bands(evaluation: Evaluation) -> list[ClassBand]:
    return [
        {"class": index, "field": CLASS_FIELDS[card], "band": band.ends, "reason": clean_text(band.reason)}
        for index, card, band in evaluation.bands.of_classes(class_labels(evaluation)[:-1])
    ]


def _times(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return seconds of each frame in its video: as the videos say, else as the names state."""
    if evaluation.pictures is not None:
        return evaluation.pictures.times
    from framelens.data.places import stated_times

    return stated_times(evaluation.dataset.frames.names)


def _per_class(evaluation: Evaluation) -> list[ClassRow]:
    scores, ap = evaluation.scores, evaluation.average_precision
    return [
        {
            "class": index,
            "objects": int(scores.objects[index]),
            "detections": int(scores.detections[index]),
            "precision": or_null(scores.precision[index]),
            "recall": or_null(scores.recall[index]),
            "f1": or_null(scores.f1[index]),
            "ap50": or_null(ap.ap50[index]),
            "ap50_95": or_null(ap.ap50_95[index]),
        }
        for index in range(len(evaluation.dataset.classes))
    ]


def _stamp(evaluation: Evaluation) -> list[list[str]]:
    point = evaluation.operating_point
    confidence = or_null(point.confidence)
    rows = [
        ["rules", evaluation.rules],
        ["confidence", "none" if confidence is None else f"{confidence:.5g} ({clean_text(point.chosen)})"],
        ["IoU", f"{point.iou:.6g}"],
    ]
    matrix = evaluation.confusion_result
    if (matrix.confidence, matrix.iou) != (point.confidence, point.iou):
        counted = or_null(matrix.confidence)
        rows.append(["matrix", f"confidence {'none' if counted is None else f'{counted:.5g}'}, IoU {matrix.iou:.6g}"])
    for source in evaluation.dataset.sources:
        digest = f", sha256 {source.digest[:16]}" if source.digest else ""
        rows.append([clean_text(source.format), clean_text(source.name) + digest])
    if evaluation.epoch is not None:
        rows.append(["epoch", str(evaluation.epoch)])
    return [*rows, ["framelens", framelens.__version__]]
