"""What Python and the page share of a view: every trait, and what each of them takes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anywidget
import traitlets

from framelens.bands import fit_bands, read_bands
from framelens.errors import OptionError
from framelens.metrics.pairing import PAIRINGS
from framelens.tables import class_labels
from framelens.widgets.bands_payload import read_sent_bands, send_bands
from framelens.widgets.conditions import (
    CONDITIONS,
    check_conditions,
    check_confidences,
    is_possible,
    read_condition,
    send_condition,
)
from framelens.widgets.size_ranges import check_sizes, read_sizes, send_sizes
from framelens.widgets.traits import Choice, Flag, Fraction, Listed, Mapped, RefusedError, Text, Whole, refuse
from framelens.widgets.wire_columns import iou_steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from framelens.bands import Band, BandKey
    from framelens.evaluation import Evaluation

__all__ = ["COLOR_SCALES", "NORMALIZE", "ORDERS", "OUTCOMES", "PANELS", "SORTS", "VIEWS", "ViewTraits"]

#: Panels that can stand alone (the ids in ``js/src/entries/panels.ts``).
PANELS = ("classes", "curves", "errors", "slices", "frames", "events", "labels", "checklist", "charts", "epochs")
#: Whole arrangements, then the panels.
VIEWS = ("evaluation", "cards", "matrix", "report", *PANELS, "compare")
NORMALIZE = ("count", "row", "column", "total")
COLOR_SCALES = ("log", "linear")
#: Orders of the classes, one for all views.
ORDERS = ("file", "name", "objects", "errors", "worst", "similar")
#: Orders of the gallery; ``"listed"`` is the order of the cells or of the panel that picked the boxes.
SORTS = ("listed", "worst", "score", "score-low", "iou", "iou-low", "size", "size-small")
#: What the gallery may be narrowed to; ``""`` shows everything.
OUTCOMES = ("", "correct", "confused", "missed", "false-alarm", "below", "ignored")

Value = TypeVar("Value")

_CELLS: Final = "a list of [actual, predicted] with class indices"
_INDICES: Final = "a list of class indices"


def _send_confidences(value: dict[str, float], widget: ViewTraits) -> list[list[float]]:
    """Return pairs of class index and confidence: names of classes are no keys for a page."""
    return [[place, value[name]] for place, name in enumerate(widget.class_names) if name in value]


def _read_confidences(value: Any, widget: ViewTraits) -> Any:
    names = widget.class_names
    match value:
        case [*pairs] if all(isinstance(pair, list) and pair[:1] and pair[0] in range(len(names)) for pair in pairs):
            return {names[pair[0]]: pair[-1] for pair in pairs}
    return value


def _send_filter(value: list[dict[str, Any]], widget: ViewTraits) -> list[dict[str, Any]]:
    return [send_condition(one, widget.evaluation) for one in value]


def _read_filter(value: Any, widget: ViewTraits) -> Any:
    return [read_condition(one, widget.evaluation) for one in value] if isinstance(value, list) else value


class ViewTraits(anywidget.AnyWidget):
    """Base of :class:`framelens.widgets.evaluation_widget.EvaluationWidget`: its traits and what they take.

    A value that cannot be raises an error that is an ``OptionError`` and a ``TraitError``, in one line.
    """

    _evaluation: Evaluation

    head = traitlets.Dict().tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)
    view = Choice(VIEWS, default_value="evaluation").tag(sync=True)
    selected_cells = Listed(Listed(Whole(), minlen=2, maxlen=2), help=_CELLS).tag(sync=True)
    normalize = Choice(NORMALIZE, default_value="count").tag(sync=True)
    color_scale = Choice(COLOR_SCALES, default_value="log").tag(sync=True)
    hide_diagonal = Flag(default_value=False, help="True or False").tag(sync=True)
    order = Choice(ORDERS, default_value="file").tag(sync=True)
    top = Whole(None, allow_none=True, help="a whole number from 1 or None").tag(sync=True)
    folded = Listed(Text(), help="a list of super-categories").tag(sync=True)
    visible_classes = Listed(Whole(), help=_INDICES).tag(sync=True)
    transpose = Flag(default_value=False, help="True or False").tag(sync=True)
    sort = Choice(SORTS, default_value="listed").tag(sync=True)
    search = Text(help="a text").tag(sync=True)
    outcome = Choice(OUTCOMES, default_value="").tag(sync=True)
    lowest_score = Fraction(None, allow_none=True, help="a finite number or None").tag(sync=True)
    highest_score = Fraction(None, allow_none=True, help="a finite number or None").tag(sync=True)
    whole_frames = Flag(default_value=False, help="True or False").tag(sync=True)
    selected_panel = Text(help="the name of a panel").tag(sync=True)
    core = traitlets.Unicode().tag(sync=True)  # the first bundle, packed; imported once for a page by what `_esm` holds
    panels = traitlets.Unicode().tag(sync=True)  # the second bundle, packed; imported by the first
    selected_epoch = Whole(None, allow_none=True, help="a whole number or None").tag(sync=True)
    confidence = Fraction(None, allow_none=True, help="a finite number or None").tag(sync=True)
    iou = Fraction(None, allow_none=True, help="a number from 0.30 to 0.95 or None").tag(sync=True)
    marks = traitlets.List(traitlets.Dict()).tag(sync=True)
    picked = traitlets.Dict().tag(sync=True)  # what a panel brought to the gallery
    pairing = Choice(tuple(PAIRINGS), default_value="class").tag(sync=True)
    class_confidences = Mapped(help="a dict such as {'cat': 0.4}").tag(
        sync=True, to_json=_send_confidences, from_json=_read_confidences
    )
    bands = Mapped(help="a dict such as {'recall': (0.8, None, 'why')}").tag(
        sync=True, to_json=send_bands, from_json=read_sent_bands
    )
    size_ranges = Mapped(help="a dict such as {'tiny': (0, 256)}").tag(
        sync=True, to_json=send_sizes, from_json=read_sizes
    )
    filter = Listed(help=f"a list of conditions such as {CONDITIONS}").tag(
        sync=True, to_json=_send_filter, from_json=_read_filter
    )

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that is shown: of several epochs that of the chosen one."""
        return self._evaluation

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes as the tables write them."""
        return tuple(class_labels(self._evaluation)[:-1])

    @traitlets.validate("selected_cells")
    def _check_cells(self, proposal: Any) -> list[list[int]]:
        cells = [list(cell) for cell in dict.fromkeys(tuple(cell) for cell in proposal["value"])]
        most = len(self.class_names)
        for cell in cells:
            if any(not 0 <= index <= most for index in cell):
                refuse("selected_cells", f"{_CELLS} from 0 to {most} (background)", cell)
        return cells

    @traitlets.validate("visible_classes")
    def _check_classes(self, proposal: Any) -> list[int]:
        classes, most = list(dict.fromkeys(proposal["value"])), len(self.class_names) - 1
        for index in classes:
            if not 0 <= index <= most:
                refuse("visible_classes", f"{_INDICES} from 0 to {most}", index)
        return classes

    @traitlets.validate("top")
    def _check_top(self, proposal: Any) -> int | None:
        value: int | None = proposal["value"]
        if value is not None and value < 1:
            refuse("top", proposal["trait"].help, value)
        return value

    @traitlets.validate("confidence", "lowest_score", "highest_score")
    def _check_score(self, proposal: Any) -> float | None:
        value: float | None = proposal["value"]
        if value is not None and not isfinite(value):
            refuse(proposal["trait"].name, "a finite number or None", value)
        return value

    @traitlets.validate("iou")
    def _check_iou(self, proposal: Any) -> float | None:
        value: float | None = proposal["value"]
        steps = iou_steps(self._evaluation.iou)
        if value is None or value in steps:
            return value
        near = [step for step in steps if abs(step - value) < 1e-9]  # noqa: PLR2004 - 0.1 + 0.2 is meant as 0.3
        if not near:
            refuse("iou", f"None, a step of 0.01 from 0.30 to 0.95, or {self._evaluation.iou:g}", value)
        return near[0]

    @traitlets.validate("class_confidences")
    def _check_confidences(self, proposal: Any) -> dict[str, float]:
        return self._allowed("class_confidences", lambda: check_confidences(proposal["value"], self.class_names))

    @traitlets.validate("bands")
    def _check_bands(self, proposal: Any) -> dict[BandKey, Band]:
        try:
            given = fit_bands(read_bands(proposal["value"]), self.class_names)
        except OptionError as error:
            raise RefusedError(str(error)) from None
        return {key: band for key, band in given.items() if band is not None}

    @traitlets.validate("size_ranges")
    def _check_sizes(self, proposal: Any) -> dict[str, tuple[int, int]]:
        try:
            return check_sizes(proposal["value"])
        except OptionError as error:
            raise RefusedError(str(error)) from None

    @traitlets.validate("filter")
    def _check_filter(self, proposal: Any) -> list[dict[str, Any]]:
        return self._allowed("filter", lambda: check_conditions(proposal["value"], self._evaluation))

    def _keep_possible(self) -> None:
        """Drop what another evaluation does not know: its classes and frames may be others."""
        whole = self.head.get("recount") is None
        self.class_confidences = {
            name: value for name, value in self.class_confidences.items() if name in self.class_names and not whole
        }
        self.filter = [one for one in self.filter if not whole and is_possible(one, self._evaluation)]

    def _allowed(self, name: str, check: Callable[[], Value]) -> Value:
        try:
            value = check()
        except OptionError as error:
            raise RefusedError(str(error)) from None
        if value and self.head.get("recount") is None:
            text = "the page counts only the whole of so many boxes; use ev.where(...) for a part of them"
            raise RefusedError(f"{name} must be empty: {text}")
        return value
