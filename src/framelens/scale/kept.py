"""Evaluations of which only the summary is kept, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from framelens.data.concatenate import ClassUnion, FrameUnion, merge_frequency
from framelens.errors import OptionError, one_line
from framelens.metrics.combine import combine
from framelens.metrics.merged import average_precision
from framelens.metrics.merged_point import find_best_f1, rate_parts
from framelens.metrics.summary import summarize
from framelens.scale.outline import Counted, Outline, no_boxes
from framelens.scale.result import LargeEvaluation
from framelens.scale.run import RULES
from framelens.scale.tasks import cells_of, sum_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from framelens.data.dataset import Frames
    from framelens.evaluation import Evaluation
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.operating_point import ClassScores, OperatingPoint
    from framelens.metrics.summary import Summary

__all__ = ["KeptShards", "keep_summary", "merge_summaries"]


@dataclass(eq=False)
class KeptShards:
    """One summary, and the names of its frames; see :class:`framelens.scale.shards.Shards`.

    Attributes
    ----------
    summary : Summary
    frames : Frames
    frequency : tuple of str
    """

    summary: Summary
    frames: Frames
    frequency: tuple[str, ...] = ()

    def close(self) -> None:
        """Nothing was started."""

    def average_precision(self) -> CocoMetrics:
        """Count the curves."""
        return average_precision([self.summary])

    def best_point(self) -> OperatingPoint:
        """Find the confidence with the best mean F1."""
        return find_best_f1([self.summary])

    def rates(self, confidence: float | None) -> ClassScores:
        """Rate each class at a confidence."""
        return rate_parts([self.summary], confidence)

    def cells(self, confidence: float | None) -> tuple[NDArray[np.int64], int, int]:
        """Return the confusion matrix and what is beside it."""
        return sum_cells([cells_of(self.summary, confidence)], self.summary.classes)

    def kept(self) -> tuple[Summary, Frames]:
        """Return summary and frames."""
        return self.summary, self.frames

    def examples(self, *_: Any) -> NoReturn:
        """Not there."""
        no_boxes("examples()")

    def frames_behind(self, *_: Any) -> NoReturn:
        """Not there."""
        raise OptionError(
            "zoom() reads boxes again, and a summary does not say where they are; evaluate the files with memory="
        )

    def pictures(self, _: Frames) -> None:
        """Return none: a summary has no pictures."""


def keep_summary(evaluation: Evaluation) -> LargeEvaluation:
    """See :meth:`framelens.Evaluation.compact`."""
    if evaluation.rules not in RULES:
        raise OptionError(f"rules={evaluation.rules!r} needs every box in memory; use {' or '.join(RULES)}")
    if evaluation.pairing != "class":
        raise OptionError(f"pairing={evaluation.pairing!r} needs every box in memory; use 'class'")
    if isinstance(evaluation, LargeEvaluation):
        summary, frames = evaluation.shards.kept()
        frequency = evaluation.shards.frequency
    else:
        dataset = evaluation.dataset
        overlaps = evaluation.__dict__.get("overlaps")
        summary, frames = summarize(dataset, evaluation.iou, rules=evaluation.rules, overlaps=overlaps), dataset.frames
        frequency = dataset.federated.frequency if dataset.federated is not None else ()
    dataset = evaluation.dataset
    names = (dataset.classes, dataset.class_ids)
    return _evaluation([evaluation], KeptShards(summary, frames, frequency), names, evaluation.title)


def merge_summaries(parts: Sequence[LargeEvaluation], title: str) -> LargeEvaluation:
    """Put evaluations together of which the summaries are kept."""
    classes = ClassUnion([list(zip(p.dataset.class_ids, p.dataset.classes, strict=True)) for p in parts])
    kept = [part.shards.kept() for part in parts]
    frames = FrameUnion([own for _, own in kept])
    places = list(zip(frames.places, classes.places, strict=True))
    if len({part.dataset.box_unit for part in parts}) > 1:
        raise OptionError("some evaluations have boxes in pixels and others in fractions of frames of unknown size")
    summary = combine([own for own, _ in kept], places, len(frames.frames), len(classes.ids))
    frequency = merge_frequency([part.shards.frequency for part in parts], classes.places, len(classes.ids))
    shards = KeptShards(summary, frames.frames, frequency)
    return _evaluation(parts, shards, (classes.names, classes.ids), title)


def _evaluation(
    parts: Sequence[Evaluation], shards: KeptShards, classes: tuple[Any, Any], title: str
) -> LargeEvaluation:
    first = parts[0]
    sources = {(s.format, s.name, s.digest): s for part in parts for s in part.dataset.sources}
    skips = {(s.file, s.reason, s.where, s.count): s for part in parts for s in part.dataset.skipped}
    summary = shards.summary
    outline: Any = Outline(
        Counted(summary.frames, "frames"), *classes, Counted(summary.objects, "objects"),
        Counted(summary.detections, "detections"), first.dataset.box_unit,
        tuple(sources[key] for key in sorted(sources)), tuple(skips[key] for key in sorted(skips)),
        tuple(sorted({text for part in parts for text in part.dataset.warnings})),
    )  # fmt: skip
    kept: Any = shards
    return LargeEvaluation(
        dataset=outline, rules=first.rules, confidence=first.confidence, iou=first.iou, title=one_line(title, 200),
        shards=kept,
    )  # fmt: skip
