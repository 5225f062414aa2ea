"""An evaluation whose boxes stay outside the memory of this process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, cast

from framelens.arguments import check_fraction
from framelens.data.dataset import freeze
from framelens.errors import OptionError, one_line
from framelens.evaluation import Evaluation
from framelens.metrics.confusion import Confusion
from framelens.metrics.doubts import UNVERIFIED
from framelens.metrics.lvis import by_frequency
from framelens.metrics.operating_point import OperatingPoint
from framelens.metrics.rule_sets import RuleAP, rule_ap
from framelens.scale.outline import Counted, no_boxes

if TYPE_CHECKING:
    import pandas as pd

    from framelens.diagnosis import Finding
    from framelens.metrics.coco import CocoMetrics
    from framelens.metrics.operating_point import ClassScores
    from framelens.metrics.pairing import Pairing
    from framelens.scale.shards import Shards

__all__ = ["LargeEvaluation"]


@dataclass(frozen=True, eq=False, repr=False)
class LargeEvaluation(Evaluation):
    """Made by :func:`framelens.evaluate` with ``memory=`` or ``engine=``, and by :meth:`compact`.

    It has the same numbers as an evaluation in memory, to the last digit: :attr:`metrics`, :attr:`per_class`,
    :meth:`confusion`, :meth:`confused_pairs`, :attr:`coco`, the text and the JSON, at every confidence.
    Boxes are read again where they are asked for: :meth:`examples` gives those behind a cell,
    :meth:`zoom` an ordinary evaluation of the frames behind it, with matrix, gallery and report. What needs every
    box at once says so in one line.

    Attributes
    ----------
    shards : Shards
        Where the summaries and the boxes are.

    Examples
    --------
    >>> import framelens, pandas as pd, pathlib, tempfile
    >>> truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5],
    ...                       "width": [20, 30], "height": [20, 30]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     labels, found = pathlib.Path(folder, "labels.csv"), pathlib.Path(folder, "found.csv")
    ...     truth.to_csv(labels, index=False)
    ...     truth.assign(score=[0.9, 0.8]).to_csv(found, index=False)
    ...     with framelens.evaluate(labels, found, memory="1GB", resume=folder, progress=False) as ev:
    ...         ev.operating_point.confidence, ev.examples("cat", "cat")["frame"].tolist(), ev.zoom("cat").dataset
    (0.8, ['a'], Dataset(1 frames, 2 classes, 1 objects, 1 detections))
    """

    shards: Shards = field(default=cast("Shards", None))

    # -- numbers ----------------------------------------------------------------------------

    @cached_property
    def coco(self) -> CocoMetrics:
        """See :attr:`framelens.Evaluation.coco`."""
        curves = self.shards.average_precision()
        return by_frequency(curves, self.shards.frequency) if self.rules == "lvis" else curves

    @cached_property
    def operating_point(self) -> OperatingPoint:
        """See :attr:`framelens.Evaluation.operating_point`."""
        if self.confidence is not None:
            return OperatingPoint(confidence=self.confidence, iou=self.iou, chosen="given")
        return replace(self.shards.best_point(), iou=self.iou)

    @cached_property
    def scores(self) -> ClassScores:
        """See :attr:`framelens.Evaluation.scores`."""
        return self.shards.rates(self.operating_point.confidence)

    @cached_property
    def confusion_result(self) -> Confusion:
        """Counts of the matrix; its ``examples`` are read by :meth:`examples`."""
        point = self.operating_point
        counts, objects, detections = self.shards.cells(point.confidence)
        examples: Any = Counted(int(counts.sum()), "the examples")
        return Confusion(freeze(counts), examples, point.confidence, self.iou, objects, detections)

    @cached_property
    def average_precision(self) -> RuleAP:
        """See :attr:`framelens.Evaluation.average_precision`."""
        return rule_ap(self.rules, self.dataset, self.coco)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful about the files."""
        return (*self.dataset.warnings, *([UNVERIFIED] if self.shards.frequency and self.rules != "lvis" else ()))

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The checklist, as far as the training run answers it."""
        from framelens.diagnosis import check

        return check(history=self.history)

    def at(
        self, confidence: float | None = None, iou: float | None = None, *, pairing: Pairing | None = None
    ) -> LargeEvaluation:
        """Return the same data at another confidence; IoU and pairing are those of the matches that were kept."""
        if pairing not in {None, "class"}:
            no_boxes(f"pairing={pairing!r}")
        if iou is not None and float(iou) != self.iou:
            raise OptionError(f"the matches that were kept are at IoU {self.iou:g}; evaluate again with iou={iou!r}")
        if confidence is None:
            return self
        changed = replace(self, confidence=check_fraction("confidence", confidence, any_score=True))
        if "coco" in self.__dict__:
            changed.__dict__["coco"] = self.coco
        return changed

    def close(self) -> None:
        """See :meth:`framelens.Evaluation.close`; evaluations made of this one with :meth:`at` share its processes."""
        self.shards.close()

    # -- boxes, read again ------------------------------------------------------------------

    def examples(self, actual: str | None = None, predicted: str | None = None, *, limit: int = 1000) -> pd.DataFrame:
        """Return the boxes behind a cell, a row, a column or everything, most confident first.

        Parameters
        ----------
        actual, predicted : str or None
            Class name or ``"background"``.
        limit : int
            At most so many; ``attrs["total"]`` of the table says how many there are.

        Returns
        -------
        DataFrame
            As :meth:`framelens.Evaluation.examples`; ``object`` and ``detection`` are numbers in the order of frames.
        """
        if limit < 1:
            raise OptionError(f"limit={limit!r} must be at least 1")
        cells = (self.class_index(actual), self.class_index(predicted))
        table = self.shards.examples(self.operating_point.confidence, cells, limit)
        counts = self.confusion_result.counts
        row, column = (slice(None) if cell is None else cell for cell in cells)
        table.attrs["total"] = int(counts[row, column].sum())
        return table

    def zoom(self, actual: str | None = None, predicted: str | None = None, *, frames: int = 200) -> Evaluation:
        """Return an ordinary evaluation of the frames behind a cell, at the same operating point.

        Parameters
        ----------
        actual, predicted : str or None
            Class name or ``"background"``; None for a whole row or column.
        frames : int
            At most so many, those with the most examples of the cell.

        Returns
        -------
        Evaluation
            With everything: matrix, gallery with thumbnails, tables, report. Its numbers are those of these frames.
        """
        if frames < 1:
            raise OptionError(f"frames={frames!r} must be at least 1")
        cells = (self.class_index(actual), self.class_index(predicted))
        point = self.operating_point
        dataset = self.shards.frames_behind(point.confidence, cells, frames)
        names = " as ".join(one_line(name, 60) for name in (actual, predicted) if name is not None)
        return Evaluation(
            dataset=dataset,
            history=self.history,
            pictures=self.shards.pictures(dataset.frames),
            rules=self.rules,
            confidence=point.confidence,
            iou=self.iou,
            title=f"{self.title} · {names or 'all'} · {len(dataset.frames)} frames",
        )

    # -- what is not there ------------------------------------------------------------------

    @property
    def overlaps(self) -> NoReturn:
        """Not kept."""
        no_boxes("this number")

    matching = outcomes = ties = ultralytics = error_type_result = overlaps

    def reconcile(self) -> pd.DataFrame:
        """Not there."""
        no_boxes("reconcile()")

    def confusion_matrix(self) -> NoReturn:
        """Not there; the counts are in :meth:`confusion`, the boxes in :meth:`zoom`."""
        no_boxes("confusion_matrix()")

    def score_cards(self) -> NoReturn:
        """Not there; the numbers are in :attr:`metrics`."""
        no_boxes("score_cards()")

    def dashboard(self) -> NoReturn:
        """Not there; see :meth:`zoom`."""
        no_boxes("dashboard()")

    def report(self, *_: Any, **__: Any) -> NoReturn:
        """Not there; see :meth:`zoom`."""
        no_boxes("report()")

    def _ipython_display_(self) -> None:
        print(repr(self))  # noqa: T201 - text is what there is to show
