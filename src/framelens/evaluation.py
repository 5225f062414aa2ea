"""The one façade: from files to numbers, tables and widgets that all agree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from framelens.analysis import Analysis
from framelens.arguments import check_fraction, check_rules
from framelens.bands import BandBook, Banded, read_bands
from framelens.by_epoch import ByEpoch, EpochName, SavedEpochs, carry
from framelens.curves import Curves
from framelens.errors import known_keywords
from framelens.marks import MarkBook, Marked
from framelens.merging import Merging
from framelens.metrics.coco import CocoMetrics, coco_metrics
from framelens.metrics.federated import lvis_matching
from framelens.metrics.lvis import lvis_curves
from framelens.metrics.matching import Matching, match
from framelens.metrics.operating_point import ClassScores, OperatingPoint, best_f1, score_classes
from framelens.metrics.pairing import Pairing, check_pairing, confuse_by, score_matrix
from framelens.metrics.rule_sets import MATRIX_CONFIDENCE, MATRIX_IOU, RULES, ultralytics_point, ultralytics_scores
from framelens.metrics.ultralytics import ultralytics_confuse
from framelens.presentation import Presentation
from framelens.slices import Slices
from framelens.summary import as_dict, as_text
from framelens.sureness import Sureness
from framelens.tabular import Tabular

if TYPE_CHECKING:
    import pandas as pd

    from framelens.data.dataset import Dataset
    from framelens.data.metadata import Metadata
    from framelens.data.pictures import Pictures
    from framelens.metrics.confusion import Confusion
    from framelens.training.history import History

__all__ = ["RULES", "Evaluation", "evaluate"]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Tabular, Analysis, Curves, Sureness, ByEpoch, Slices, Merging, Marked, Banded, Presentation):
    """What a detector got right and wrong, at one operating point.

    Made by :func:`evaluate`. Nothing is computed before it is asked for, and everything is
    computed once. Cards, matrix, tables and thumbnails are views of one matching, so they agree.

    Attributes
    ----------
    dataset : Dataset
        Validated columns: frames, classes, objects, detections.
    history : History or None
        The training run, where ``run=`` was given.
    pictures : Pictures or None
        The frames, where ``frames=`` was given.
    rules : str
        Rule set of the average precision, one of :data:`RULES`.
    confidence : float or None
        The confidence that was asked for; None takes the best mean F1.
    iou : float
        IoU from which a box counts as found, in (0, 1].
    title : str
        Heading of the dashboard and the report.
    epoch : int or None
        Epoch of the run whose predictions these are, counted from 1; None where it is not known.
    saved : SavedEpochs or None
        Where the predictions of other epochs are; see :attr:`epochs`.
    other_runs : tuple of History
        Runs that the charts draw over that of the evaluation.
    metadata : Metadata or None
        What is known about the frames, where ``metadata=`` was given.
    pairing : {"class", "iou", "score"}
        Which boxes are matched first in the matrix, see :func:`framelens.metrics.pairing.confuse_by`. The scores
        follow it, so that they agree with the matrix; AP does not.
    mark_book : MarkBook
        What was said of single examples, shared by all pages of this evaluation; see :attr:`marks`.
    band_book : BandBook
        Bands of good values that were set, shared by all pages of this evaluation; see :attr:`bands`.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "a", "b"], "class": ["cat", "dog", "cat"], "x": [10, 60, 5],
    ...                       "y": [10, 10, 5], "width": [40, 30, 20], "height": [40, 50, 20]})
    >>> found = truth.assign(score=[0.9, 0.8, 0.6]).replace({"class": {"cat": "dog"}})
    >>> ev = framelens.evaluate(truth, found, confidence=0.5)
    >>> ev.operating_point, ev.metrics.set_index("metric")["value"]["recall"].item()
    (OperatingPoint(confidence=0.5, iou=0.5, chosen='given'), 0.5)
    >>> ev.per_class["recall"].tolist(), ev.objects["status"].tolist()[:3]
    ([0.0, 1.0], ['confused', 'true positive', 'confused'])
    >>> ev.confusion().to_numpy().tolist(), ev.examples("cat")["predicted"].tolist()
    ([[0, 2, 0], [0, 1, 0], [0, 0, 0]], ['dog', 'dog'])
    >>> ev.at(confidence=0.85).confusion().loc["dog"].tolist(), ev.as_dict()["map50"]
    ([0, 0, 1], 0.25)
    """

    dataset: Dataset
    history: History | None = None
    pictures: Pictures | None = None
    rules: str = "coco"
    confidence: float | None = None
    iou: float = 0.5
    title: str = ""
    epoch: int | None = None
    saved: SavedEpochs | None = None
    other_runs: tuple[History, ...] = ()
    metadata: Metadata | None = None
    pairing: Pairing = "class"
    mark_book: MarkBook = field(default_factory=MarkBook)
    band_book: BandBook = field(default_factory=BandBook)

    # -- numbers, computed once -------------------------------------------------------------

    @cached_property
    def coco(self) -> CocoMetrics:
        """Average precision and recall by the COCO rules; with ``rules="lvis"`` by those of LVIS."""
        if self.rules == "lvis":
            return lvis_curves(self.dataset, overlaps=self.overlaps)
        return coco_metrics(self.dataset, overlaps=self.overlaps)

    @cached_property
    def matching(self) -> Matching:
        """Detections matched to objects of their class at :attr:`iou`, before any confidence."""
        return self._matched(self.iou)

    @cached_property
    def operating_point(self) -> OperatingPoint:
        """Confidence and IoU of cards, matrix and tables, and how they were chosen."""
        if self.rules == "ultralytics":
            return ultralytics_point(self.ultralytics)
        if self.confidence is not None:
            return OperatingPoint(confidence=self.confidence, iou=self.iou, chosen="given")
        elsewhere = self.iou != 0.5  # noqa: PLR2004
        chosen_at = self._matched(0.5) if elsewhere else self.matching
        return replace(best_f1(self.dataset, chosen_at), iou=self.iou)

    @cached_property
    def scores(self) -> ClassScores:
        """Precision, recall and F1 per class, macro and micro at the operating point."""
        if self.rules == "ultralytics" and self.pairing == "class":
            return ultralytics_scores(self.dataset, self.ultralytics)
        if self.pairing != "class":
            return score_matrix(self.confusion_result)
        return score_classes(self.dataset, self.matching, self.operating_point.confidence)

    @cached_property
    def confusion_result(self) -> Confusion:
        """Counts and examples of the confusion matrix at the operating point."""
        if self.rules == "ultralytics" and self.pairing == "class":
            given = MATRIX_CONFIDENCE if self.confidence is None else self.confidence
            return ultralytics_confuse(self.dataset, given, self.iou)
        confidence = self.operating_point.confidence
        return confuse_by(self.pairing, self.dataset, confidence, self.iou, matching=self.matching)

    def _matched(self, iou: float) -> Matching:
        matching = match(self.dataset, iou, overlaps=self.overlaps)
        return lvis_matching(self.dataset, matching) if self.rules == "lvis" else matching

    # -- elsewhere -------------------------------------------------------------------------

    @known_keywords
    def at(
        self, confidence: float | None = None, iou: float | None = None, *, pairing: Pairing | None = None
    ) -> Evaluation:
        """Return the same data at another operating point or matched another way; itself where nothing changes.

        Parameters
        ----------
        confidence : float or None
            Confidence from which a detection counts; None keeps the present one.
        iou : float or None
            IoU from which a box counts as found, in (0, 1]; None keeps the present one.
        pairing : {"class", "iou", "score"} or None
            Which boxes are matched first in the matrix; None keeps the present one.

        Returns
        -------
        Evaluation

        Raises
        ------
        OptionError
            If one of them is out of range.
        """
        if confidence is None and iou is None and pairing in (None, self.pairing):
            return self
        changed = replace(
            self,
            confidence=self.confidence
            if confidence is None
            else check_fraction("confidence", confidence, any_score=True),
            iou=self.iou if iou is None else check_fraction("iou", iou),
            pairing=self.pairing if pairing is None else check_pairing(pairing),
        )
        return carry(self, changed)

    # -- as text and plain types ------------------------------------------------------------

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON of ``framelens evaluate --json``: plain types, ``None`` where undefined."""
        return as_dict(self)

    def __repr__(self) -> str:
        """Text summary, for terminals."""
        return as_text(self)


def evaluate(
    truth: Any,
    predictions: Any,
    *,
    frames: Any = None,
    run: Any = None,
    rules: str = "coco",
    confidence: float | None = None,
    iou: float | None = None,
    truth_format: str | None = None,
    predictions_format: str | None = None,
    title: str | None = None,
    epoch: EpochName | None = None,
    metadata: pd.DataFrame | None = None,
    marks: Any = None,
    bands: Any = None,
    progress: bool = True,
    memory: int | str | None = None,
    engine: str | None = None,
    client: Any = None,
    resume: Any = None,
) -> Evaluation:
    """Compare predictions with ground truth.

    Parameters
    ----------
    truth : path, DataFrame or object
        Ground truth: a COCO JSON file, a YOLO ``data.yaml`` or label folder, a DataFrame ...
    predictions : path, DataFrame or object
        Predictions: COCO results JSON, a folder of YOLO txt files with confidence, a DataFrame ...
        Of several epochs: a mapping ``{epoch: predictions}``, or a path with ``{epoch}`` in it such as
        ``"runs/exp/epoch_{epoch}.json"``. One epoch is read now, the others when they are asked for
        (``ev.epochs``); without ``run`` all are read once, and the curves are drawn from them.
    frames : path, mapping, callable, array, (int, int) or None
        Folder of the frames, mapping or function from frame name to picture, stack of pictures, or
        one (width, height) for all frames where there are no pictures. Without it every number is
        the same and thumbnails are drawn without the picture.
    run : path, list of paths or None
        Training run folder or log file for the charts; further ones of a list are drawn over the first.
    rules : {"coco", "ultralytics", "voc", "lvis"}
        Of AP. ``ultralytics`` also sets precision, recall and matrix (at 0.25, IoU 0.45 unless given others);
        ``lvis`` ignores detections of classes that were not verified in their frame, also in cards and matrix.
    confidence : float or None
        Confidence from which a detection counts; None takes the one with the best mean F1 at IoU 0.50.
    iou : float or None
        IoU from which a box counts as found, in (0, 1]; None takes 0.50, by the rules of ``ultralytics`` 0.45.
    truth_format, predictions_format : str or None
        Name of the format where the guess is wrong.
    title : str or None
        Heading of the dashboard; None takes the name of the truth.
    epoch : int, "best", "last" or None
        Epoch that is shown first; None takes the best one. For the predictions of a single epoch: which one that
        is, counted from 1, so that the charts can say what the matrix belongs to.
    metadata : DataFrame or None
        One row per frame (column ``frame``, or the index: name or stem) and a column for each thing known about it:
        weather, camera, site. See :meth:`Evaluation.slices`.
    marks : path, DataFrame or None
        Marks of single examples that were saved before; see :meth:`Evaluation.save_marks`.
    bands : dict or None
        What is good enough, and why: ``{"recall": (0.8, None, "reason"), ("precision", "cat"): (0.95, 1)}``; see
        :meth:`Evaluation.with_bands`.
    progress : bool
        Show progress bars for steps over a second.
    memory : int, str or None
        Most that this process may take, as ``"2GB"``: Parquet, CSV and JSON tables are read in batches of frames and
        the boxes stay on the disk. The numbers are the same to the last digit; what else there is says
        :class:`framelens.scale.result.LargeEvaluation`.
    engine : {"dask"} or None
        Match batches of frames on the workers of a Dask cluster; ``memory`` is then that of each worker.
    client : distributed.Client, str or None
        The cluster, or the address of its scheduler; None starts processes on this machine, which
        :meth:`Evaluation.close`, or the end of the program, ends; a script calls this below
        ``if __name__ == "__main__":``, because each process imports it first. Workers must see the files,
        and the folder of ``resume``, under the same paths.
    resume : path or None
        Folder for what is half done: the same call goes on from its finished batches. None: the user's cache folder
        (``$FRAMELENS_CACHE``), where it is kept for a week. Nothing is written beside the data.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        If a file cannot be used; one line with file, record, field and what to do.
    OptionError
        If an argument has a value that is not allowed.
    MissingExtraError
        If Dask is asked for and not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a.jpg", "b.jpg"], "class": ["cat", "dog"],
    ...                       "x": [10, 5], "y": [10, 5], "width": [20, 30], "height": [20, 30]})
    >>> ev = evaluate(truth, truth.assign(score=[0.9, 0.8]))
    >>> ev.confusion().loc["cat", "cat"]
    np.int64(1)
    """
    from framelens.reading import evaluate_whole

    check_rules(rules)
    checked_confidence = None if confidence is None else check_fraction("confidence", confidence, any_score=True)
    usual = MATRIX_IOU if rules == "ultralytics" else 0.5
    checked_iou = usual if iou is None else check_fraction("iou", iou)
    read_bands(bands)
    checked: dict[str, Any] = {"rules": rules, "confidence": checked_confidence, "iou": checked_iou}
    common: dict[str, Any] = {"frames": frames, "run": run, "title": title, "progress": progress}
    common["formats"] = (truth_format, predictions_format)
    if any(value is not None for value in (memory, engine, client, resume)):
        from framelens.scale.run import evaluate_large

        place: dict[str, Any] = {"memory": memory, "engine": engine, "client": client, "resume": resume}
        return evaluate_large(
            truth,
            predictions,
            **checked,
            **common,
            **place,
            unused={"epoch": epoch, "metadata": metadata, "marks": marks, "bands": bands},
        )
    evaluation = evaluate_whole(truth, predictions, checked, epoch=epoch, metadata=metadata, **common)
    if marks is not None:
        evaluation.load_marks(marks)
    return evaluation.with_bands(bands) if bands else evaluation
