"""Score cards, confusion matrix and gallery: one widget, fed by the one encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from framelens.bands import Bands
from framelens.errors import FramelensError, OptionError, nearest
from framelens.metrics.pairing import check_pairing
from framelens.widgets._assets import asset, packed_asset, starter
from framelens.widgets._display import Fallback, FallbackMixin
from framelens.widgets.conditions import check_conditions, count_part, read_condition
from framelens.widgets.history_payload import clean_text, or_null
from framelens.widgets.intervals_payload import interval_service, known_intervals
from framelens.widgets.marks_payload import sent_marks, taken_marks
from framelens.widgets.messages import Handler, Reply, answer
from framelens.widgets.picked import picked_table
from framelens.widgets.picture_service import PictureService
from framelens.widgets.recount_service import RecountService
from framelens.widgets.shown import current_traits
from framelens.widgets.view_traits import COLOR_SCALES, NORMALIZE, ORDERS, OUTCOMES, PANELS, SORTS, VIEWS, ViewTraits
from framelens.widgets.wire import encode

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from framelens.evaluation import Evaluation
    from framelens.metrics.confusion import Confusion
    from framelens.report.html import Subject
    from framelens.widgets.wire import Payload

__all__ = ["COLOR_SCALES", "NORMALIZE", "ORDERS", "OUTCOMES", "PANELS", "SORTS", "VIEWS", "EvaluationWidget"]

_OPTIONS = (
    "class_confidences", "color_scale", "confidence", "filter", "folded", "hide_diagonal", "highest_score", "iou",
    "layout", "lowest_score", "normalize", "order", "outcome", "pairing", "search", "selected_cells", "selected_epoch",
    "selected_panel", "size_ranges", "sort", "top", "transpose", "view", "visible_classes", "whole_frames",
)  # fmt: skip
#: Confidence, IoU, pairing, filter and classes' confidences of a page that nobody moved.
_STILL: list[Any] = [None, None, "class", [], {}]


class EvaluationWidget(FallbackMixin, ViewTraits):
    """Cards, matrix and gallery of one evaluation, with the selection back in Python.

    Parameters
    ----------
    evaluation : Evaluation
    view : str
        What is drawn, one of :data:`VIEWS`: everything (``"evaluation"``, ``"report"`` with the epoch curves),
        ``"cards"``, ``"matrix"`` with its gallery, or one of :data:`PANELS` with the gallery.
    normalize : {"count", "row", "column", "total"}
        What the cells show: counts, shares of the actual class, of the predicted class or of everything.
    color_scale : {"log", "linear"}
        How the colour grows with the number; ``"log"`` keeps rare confusions visible.
    hide_diagonal : bool
        True leaves what is correct uncoloured, so that errors use the whole range of colours.
    order : {"file", "name", "objects", "errors", "worst", "similar"}
        Order of the classes: as in the file, by name, most objects, most errors, largest single
        confusion, or confused classes side by side.
    top : int or None
        How many classes stand alone, the first by what `order` counts (else by objects); the others share
        one row and column called "(other)". None for all.
    folded : list of str
        Super-categories that are one row and column.
    visible_classes : list of int
        Indices of the classes to look at; the others are "(other)". Empty for all; see :meth:`show_classes`.
    transpose : bool
        True puts the predicted class on the rows.
    selected_cells : list of [int, int]
        Cells chosen, as (actual, predicted) class indices; background is the number of classes.
        Follows clicks, may be set, can be observed.
    sort : {"listed", "worst", "score", "score-low", "iou", "iou-low", "size", "size-small"}
        Order of the gallery.
    search : str
        Part of a frame's name, in any case: the gallery shows only examples of such frames.
    outcome : {"", "correct", "confused", "missed", "false-alarm", "below", "ignored"}
        What the gallery is narrowed to; empty for everything.
    lowest_score, highest_score : float or None
        Range of scores that the gallery is narrowed to; None leaves an end open. Not NaN.
    whole_frames : bool
        True shows whole frames in the gallery instead of crops.
    selected_epoch : int or None
        Epoch marked in the curves. Where predictions of that epoch were given, everything moves to it; None
        goes back to the epoch of the evaluation.
    confidence, iou : float or None
        Where the page counts, as its sliders set it; None: as the evaluation does. ``iou`` is one of 0.30, 0.31 ...
        0.95 or the IoU of the evaluation.
    pairing : {"class", "iou", "score"}
        Which pairs are matched first; see :func:`framelens.metrics.pairing.confuse_by`.
    class_confidences : dict of str to float
        Confidences of single classes in place of the one for all, as *Copy as Python dict* gives them.
    filter : list of dict
        What alone is counted: ``{"class": "cat"}``, ``{"by": "weather", "slice": "rain"}``, ``{"frames": [names]}``,
        ``{"without": ["label error", "ignore"]}``. All conditions hold together; :attr:`shown` counts the same.
    bands : dict
        The bands of good values that were set, as :meth:`framelens.Evaluation.set_bands` takes them: those of the
        evaluation, also as they are set on the page.
    size_ranges : dict of str to (int, int)
        Least and greatest area of the slices by size, as ``ev.slices(sizes=...)`` takes them; empty for COCO's.
    selected_panel : str
        Panel whose tab is open; empty for the first.
    layout : ipywidgets.Layout or dict

    Raises
    ------
    TypeError
        If a keyword is unknown; the text names the nearest.

    Examples
    --------
    >>> import pandas as pd
    >>> from framelens.evaluation import evaluate
    >>> truth = pd.DataFrame({"frame": ["a.jpg"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> widget = EvaluationWidget(evaluate(truth, truth.assign(score=0.9)), view="matrix")
    >>> widget.select(actual="cat")
    >>> len(widget.selection)
    1
    >>> widget.show_classes("cat")
    >>> widget.shown.operating_point.confidence, widget.visible_classes
    (0.9, [0])
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     widget.export(folder)[0].name
    'metrics.csv'
    >>> widget.close()
    """

    _panels_bundle = "panels.js"
    _esm = starter()
    _css = asset("framelens.css")

    def __init__(self, evaluation: Evaluation, **options: Any) -> None:
        for name in options:
            if name not in _OPTIONS:
                msg = f"EvaluationWidget has no option {name!r}; {nearest(name, _OPTIONS)}"
                raise TypeError(msg)
        self._home = evaluation
        self._counted: tuple[Evaluation, list[Any], tuple[Evaluation, Confusion]] | None = None
        self._handlers: dict[str, Handler] = {
            "ping": _ping,
            "freeze": lambda _args: self._on_freeze(),
            "count": self._on_count,
            "average_precision": self._on_average_precision,
        }
        payload = self._take(evaluation)
        bundles = {"core": packed_asset("framelens.js"), "panels": packed_asset(self._panels_bundle)}
        super().__init__(head=payload.head, data=payload.buffer, **bundles, **options)
        self.on_msg(self._on_message)
        self.observe(self._move_to_epoch, names="selected_epoch")
        self._move_to_epoch()
        self.marks_changed()
        self.observe(self._take_marks, names="marks")
        self.bands_changed()
        self.observe(self._take_bands, names="bands")
        self.observe(self._count_in_kernel, names=["confidence", "iou", "pairing"])
        if self.shown is not self._evaluation:
            self._count_in_kernel()
        self._freeze: Callable[[], object] = self.freeze

    def _take(self, evaluation: Evaluation) -> Payload:
        """Answer for another evaluation from now on, and return what the page needs to show it."""
        payload = self._encode(evaluation)
        self._evaluation = evaluation
        self._class_count = len(evaluation.dataset.classes)
        self._serve_pictures(evaluation, payload)
        self._handlers["recount"] = RecountService(evaluation).answer
        self._handlers["intervals"] = interval_service(evaluation)
        self._detection_order = payload.detection_rows
        evaluation.mark_book.listen(self.marks_changed)
        evaluation.band_book.listen(self.bands_changed)
        return payload

    def _serve_pictures(self, evaluation: Evaluation, payload: Payload) -> None:
        service = PictureService(evaluation.dataset, evaluation.pictures, payload)
        self._handlers.update(pictures=service.answer, neighbours=service.neighbours)

    @property
    def shown(self) -> Evaluation:
        """The evaluation as it is counted on the page: its point and pairing, and what its filter leaves.

        Where there is a filter, or classes have confidences of their own, rows of boxes are those of what is left.
        With confidences of their own, detections under them are gone, and a warning says that average precision, which
        on the page is over all confidences, here is of the others alone.
        """
        return self._count()[0]

    def _count(self) -> tuple[Evaluation, Confusion]:
        """Return what is counted, and its matrix with the rows of the whole."""
        home, part = self._evaluation, [self.filter, self.class_confidences]
        key = [self.confidence, self.iou, self.pairing, *part, home.mark_book.value if self.filter else ()]
        if self._counted is None or self._counted[0] is not home or self._counted[1] != key:
            if self.head.get("recount") is not None and key[:5] != _STILL and home.rules == "ultralytics":
                # A page that counts anew knows one rule for the matrix.
                home = replace(home, rules="coco", confidence=home.operating_point.confidence)
            shown = home.at(self.confidence, self.iou, pairing=check_pairing(self.pairing))
            counted = count_part(shown, *part) if any(part) else (shown, shown.confusion_result)
            self._counted = (self._evaluation, key, counted)
        return self._counted[2]

    def marks_changed(self) -> None:
        """Show the marks of the evaluation as they are now."""
        self.marks = sent_marks(self._evaluation, self._detection_order)

    def _take_marks(self, change: Any) -> None:
        """Keep what was marked on the page."""
        marks = taken_marks(self._evaluation, self._detection_order, change["new"])
        self._evaluation.mark_book.replace(tuple(marks))

    def bands_changed(self) -> None:
        """Show the bands of good values as they are now."""
        self.bands = dict(self._evaluation.bands)

    def _take_bands(self, change: Any) -> None:
        """Keep the bands that were set on the page."""
        self._evaluation.band_book.replace(Bands(change["new"]))

    def _count_in_kernel(self, _change: Any = None) -> None:
        """Where the page cannot count, move it by a new payload."""
        if self.head.get("recount") is None:
            payload = self._encode(self.shown)
            self._serve_pictures(self.shown, payload)
            with self.hold_sync():
                self.head, self.data = dict(payload.head), payload.buffer

    def _on_average_precision(self, args: Mapping[str, Any]) -> Reply:
        """Say what the average precision is of what a filter and marks of the page leave, per class too.

        Both come with the request: a front end may send a request before the traits that changed with it.
        """
        whole = self._evaluation
        wanted, said = args.get("filter"), args.get("marks")
        if not isinstance(wanted, list) or not isinstance(said, list):
            raise OptionError("average_precision needs a list of conditions and a list of marks")
        conditions = check_conditions([read_condition(one, whole) for one in wanted], whole)
        left, _ = count_part(whole, conditions, {}, taken_marks(whole, self._detection_order, said))
        ap = left.average_precision
        every = {"ap50": ap.ap50.tolist(), "ap50_95": ap.ap50_95.tolist()}
        return Reply(
            {"map50": or_null(ap.map50), "map50_95": or_null(ap.map50_95)}
            | {name: [or_null(value) for value in values] for name, values in every.items()}
        )

    def _on_count(self, args: Mapping[str, Any]) -> Reply:
        """Take a point from a page that cannot count itself."""
        with self.hold_trait_notifications():
            self.confidence, self.iou = args.get("confidence"), args.get("iou")
        return Reply({})

    def _move_to_epoch(self, _change: Any = None) -> None:
        """Show the predictions of the chosen epoch; without any the page stays at the epoch that it has."""
        wanted = self._home.epoch if self.selected_epoch is None else self.selected_epoch
        if wanted is None or wanted == self._evaluation.epoch or wanted not in self._home.epochs:
            return
        try:
            payload = self._take(self._home.epochs[wanted])
        except FramelensError as error:
            history = {**self.head["history"], "epoch_problem": clean_text(error)}
            self.head = {**self.head, "history": history}
            return
        with self.hold_sync():
            kept = [cell for cell in self.selected_cells if max(cell) <= self._class_count]
            self.head, self.data, self.selected_cells = dict(payload.head), payload.buffer, kept
            self.picked = {}
            self._keep_possible()
            self.bands_changed()
            self.marks_changed()

    @property
    def selection(self) -> pd.DataFrame:
        """The boxes in the gallery: those of the selected cells, or those that a panel brought there.

        Returns
        -------
        DataFrame
            Columns and order of ``Evaluation.examples``; as many rows as the selected cells count together, none
            where nothing is selected. Of boxes that a panel brought the page sends the first 5,000, with a warning.
        """
        import pandas as pd

        from framelens.tables import examples_table

        background, confusion = self._class_count, self._count()[1]
        if self.picked and not self.selected_cells:
            return picked_table(self._evaluation, self.picked, self._detection_order)
        # the cell where nothing can be, where nothing is selected
        cells = self.selected_cells or [[background, background]]
        tables = [examples_table(self._evaluation, i, j, confusion=confusion) for i, j in cells]
        return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)

    def select(self, actual: str | None = None, predicted: str | None = None) -> None:
        """Select one cell, a row, a column (None: all of them), or nothing when called without arguments.

        Parameters
        ----------
        actual, predicted : str or None
            Class name or ``"background"``.

        Raises
        ------
        OptionError
            If a name is no class; the text names the nearest.
        """
        row, column = self._evaluation.class_index(actual), self._evaluation.class_index(predicted)
        self.picked = {}
        if row is None and column is None:
            self.selected_cells = []
            return
        every, counts = range(self._class_count + 1), self._count()[1].counts
        self.selected_cells = [
            [i, j]
            for i in (every if row is None else (row,))
            for j in (every if column is None else (column,))
            if counts[i, j] or (row is not None and column is not None)
        ]

    def show_classes(self, *names: str) -> None:
        """Show some classes alone and put the others into one row and column; all of them when called without names.

        Parameters
        ----------
        *names : str

        Raises
        ------
        OptionError
            If a name is no class; the text names the nearest.
        """
        indices = [self._evaluation.class_index(name) for name in names]
        self.visible_classes = [index for index in indices if index is not None and index < self._class_count]

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write what is shown, as the sliders stand; see :meth:`framelens.Evaluation.export`."""
        return self.shown.export(folder)

    def subject(self) -> Subject:
        """Return what is shown now, for a page without a kernel."""
        from framelens.report.html import Subject

        known = known_intervals(self._evaluation)
        return Subject(self._evaluation, self._encode(self._evaluation), self._panels_bundle, known)

    def shows(self, evaluation: Evaluation) -> bool:
        """Tell whether the widget was made for, or shows, this evaluation."""
        return evaluation is self._home or evaluation is self._evaluation

    def on_freeze(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when the front end asks for a new twin: the twin may belong to what holds this widget."""
        self._freeze = callback

    def _on_freeze(self) -> Reply:
        self._freeze()
        return Reply({})

    def _twin_traits(self) -> dict[str, Any]:
        return current_traits(self)

    def _encode(self, evaluation: Evaluation) -> Payload:
        return encode(evaluation)

    def __repr__(self) -> str:
        return f"EvaluationWidget({self.view}, {self._class_count} classes)"

    def _fallback(self) -> Fallback:
        from framelens.summary import as_text
        from framelens.widgets.snapshot import draw_matrix, to_png

        return as_text(self._evaluation), to_png(draw_matrix(self._evaluation))

    def _on_message(self, _widget: object, content: object, _buffers: object) -> None:
        reply = answer(self._handlers, content)
        if reply is not None:
            message, buffers = reply
            self.send(message, buffers)


def _ping(_args: Mapping[str, Any]) -> Reply:
    return Reply({})
