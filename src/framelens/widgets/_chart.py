"""One bqplot figure of curves by epoch, with what can be pointed at in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.widgets._bqplot import bqplot, bqscales
from framelens.widgets._curves import TITLES, smooth
from framelens.widgets._display import close_all
from framelens.widgets._epoch_marks import GREY, draw_marks, vertical
from framelens.widgets._ticks import log_ticks, round_ticks, value_range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ipywidgets import Widget
    from numpy.typing import NDArray

    from framelens.widgets._curves import Curve, Group
    from framelens.widgets.history_payload import HistoryHead

__all__ = ["ACCENT", "Chart", "Look"]

#: Colour of the epoch that is selected.
ACCENT: Final = "#e0457b"
_MOST_TARGETS: Final = 400  # across a chart: about one for every pixel or two
_MOST_DOTTED: Final = 12  # epochs that get a dot each
_MARGIN: Final = {"top": 44, "bottom": 28, "left": 56, "right": 16}
_KEEP: Final = {"x": True, "y": True}
_RAW: Final = 0.3  # opacity of the values behind a smoothed line


@dataclass(frozen=True, slots=True)
class Look:
    """How curves are looked at: keys that are switched off, epochs that are averaged on both sides, log scale."""

    hidden: frozenset[str] = frozenset()
    reach: int = 0
    log: bool = False


@dataclass(slots=True)
class _Drawn:
    """The marks of one curve.

    ``raw`` stands behind a smoothed line, ``dots`` where a line alone would not show a value; both only where needed.
    """

    line: bqplot.Lines
    raw: bqplot.Lines | None = None
    dots: bqplot.Scatter | None = None

    @property
    def marks(self) -> list[bqplot.Mark]:
        return [mark for mark in (self.raw, self.line, self.dots) if mark is not None]


class Chart:
    """A figure, the marks in it that follow an epoch, and the strips that are pointed at.

    Parameters
    ----------
    group : {"metric", "loss", "lr", "time"}
    x : bqscales.LinearScale
        The epoch axis, shared between charts.
    """

    def __init__(self, group: Group, x: bqscales.LinearScale) -> None:
        self.group, self._x = group, x
        self._scale: bqscales.Scale = bqscales.LinearScale(min=0.0, max=1.0, allow_padding=False)
        self._strip_scales = {"x": x, "y": bqscales.LinearScale(min=0.0, max=1.0, allow_padding=False)}
        self._hover, self._chosen = (
            vertical(self._strip_scales, color, width) for color, width in ((GREY, 1.0), (ACCENT, 2.0))
        )
        self._matrix = vertical(self._strip_scales, GREY, 1.5, "dash_dotted")
        self._targets = np.empty(0, dtype=np.int64)
        self._strips = self._make_strips()
        self._drawn: dict[str, _Drawn] = {}
        self._beside: list[bqplot.Mark] = []
        self._x_axis = bqplot.Axis(scale=x, grid_lines="none", tick_format="d")
        self._y_axis = bqplot.Axis(scale=self._scale, side="left", grid_lines="dashed", tick_format=".4~g")
        self.figure = bqplot.Figure(
            axes=[self._x_axis, self._y_axis],
            fig_margin=_MARGIN,
            padding_y=0.0,
            display_toolbar=False,
            background_style={"fill": "transparent"},
            # bqplot's own colours for dark themes are loud
            title_style={"font-size": "14px", "fill": "var(--jp-ui-font-color1, currentColor)"},
            layout={"width": "auto", "min_width": "340px", "height": "300px", "flex": "1 1 380px"},
        )
        self.show(None, None, None)

    def draw(
        self,
        curves: Sequence[Curve],
        epochs: NDArray[np.int64],
        history: HistoryHead,
        look: Look,
        *,
        marks: bool = True,
    ) -> None:
        """Show these curves; those that were there stay where they are and take the new values.

        Parameters
        ----------
        curves : sequence of Curve
            Those of other charts are left out.
        epochs : int64 array
            Every epoch that can be pointed at.
        history : HistoryHead
            Where best epoch, patience and signals come from.
        look : Look
        marks : bool
            False keeps what stands beside the curves as it is.
        """
        mine = [curve for curve in curves if curve.group == self.group]
        self.figure.title = TITLES[self.group] if mine else f"{TITLES[self.group]}: none in this log"
        self._rescale(mine, look)
        self._point_at(epochs)
        old: list[Widget] = []
        for key in [key for key in self._drawn if key not in {curve.key for curve in mine}]:
            old += self._drawn.pop(key).marks
        for curve in mine:
            self._draw_curve(curve, look, dotted=len(epochs) <= _MOST_DOTTED)
        if marks:
            old += self._beside
            self._beside = draw_marks(history, self.group, self._strip_scales) if mine else []
        lines = [mark for curve in mine for mark in self._drawn[curve.key].marks]
        wanted = [*self._beside, *lines, self._matrix, self._hover, self._chosen, self._strips]
        if [id(mark) for mark in wanted] != [id(mark) for mark in self.figure.marks]:
            self.figure.marks = wanted
        self._close(old)
        self.retick()

    @property
    def widgets(self) -> list[Widget]:
        """Every widget that the figure does not hold by itself."""
        return [self._scale, *self._strip_scales.values(), self._hover, self._chosen, self._matrix, self._strips]

    def on_hover(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(epoch)`` when the pointer comes to an epoch."""
        self._strips.on_hover(lambda _mark, event: self._tell(callback, event))

    def on_click(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(epoch)`` when an epoch is clicked."""
        self._strips.on_element_click(lambda _mark, event: self._tell(callback, event))

    def show(self, hovered: int | None, selected: int | None, matrix: int | None) -> None:
        """Move the vertical lines, or hide them."""
        for mark, epoch in ((self._hover, hovered), (self._chosen, selected), (self._matrix, matrix)):
            if epoch is not None:
                mark.x = np.array([epoch, epoch], dtype=np.float64)
            mark.visible = epoch is not None

    def retick(self) -> None:
        """Put the ticks of the epoch axis on whole epochs again, after a zoom."""
        self._x_axis.tick_values = round_ticks(self._x.min, self._x.max, least=1.0)

    def _tell(self, callback: Callable[[int], None], event: dict[str, Any]) -> None:
        place = (event.get("data") or {}).get("index")
        if isinstance(place, int) and 0 <= place < len(self._targets):
            callback(int(self._targets[place]))

    def _rescale(self, curves: Sequence[Curve], look: Look) -> None:
        """Fit the values in sight; a change between linear and logarithmic makes the marks anew."""
        shown = [curve.values for curve in curves if curve.key not in look.hidden]
        values = np.concatenate(shown) if shown else np.empty(0)
        log = look.log and self.group in {"loss", "lr"} and bool((values > 0).any())
        if log != isinstance(self._scale, bqscales.LogScale):
            old: list[Widget] = [mark for drawn in self._drawn.values() for mark in drawn.marks]
            old.append(self._scale)
            made = bqscales.LogScale if log else bqscales.LinearScale
            self._drawn, self._scale = {}, made(min=1.0, max=10.0, allow_padding=False)
            self.figure.marks = [mark for mark in self.figure.marks if mark not in old]
            self._y_axis.scale = self._scale
            self._close(old)
        ticks = log_ticks(values) if log else None
        low, high = (float(ticks[0]), float(ticks[-1])) if ticks is not None else value_range(values, self.group)
        with self._scale.hold_sync():
            self._scale.min, self._scale.max = low, high
        self._y_axis.tick_values = round_ticks(low, high) if ticks is None else ticks

    def _draw_curve(self, curve: Curve, look: Look, *, dotted: bool) -> None:
        """Put a curve in its place: a line with gaps, and dots where a line alone would not show every value."""
        if curve.key not in self._drawn:
            self._drawn[curve.key] = _Drawn(self._make(bqplot.Lines, curve, stroke_width=1.25 if curve.faint else 2.0))
        drawn = self._drawn[curve.key]
        log = isinstance(self._scale, bqscales.LogScale)
        values = np.where(curve.values > 0, curve.values, np.nan) if log else curve.values
        known, visible = np.isfinite(values), curve.key not in look.hidden
        dots = known if dotted else _lone(known)
        epochs = curve.epochs.astype(np.float64)
        reach = look.reach if curve.group in {"metric", "loss"} else 0
        if reach and drawn.raw is None:
            drawn.raw = self._make(bqplot.Lines, curve, stroke_width=1.0, opacities=[_RAW])
        if dots.any() and drawn.dots is None:
            drawn.dots = self._make(bqplot.Scatter, curve, default_size=20)
        smoothed = smooth(curve.epochs, values, reach) if reach else values
        for mark, x, y, is_shown in (
            (drawn.line, epochs, smoothed, known.any()),
            (drawn.raw, epochs, values, reach > 0 and known.any()),
            # markers of Lines itself would be placed at NaN too, which the browser reports as errors
            (drawn.dots, epochs[dots], values[dots], dots.any()),
        ):
            if mark is not None:
                with mark.hold_sync():
                    if is_shown or mark is drawn.line:
                        mark.x, mark.y = x, y
                    mark.visible = bool(visible and is_shown)

    def _make(self, kind: type[bqplot.Mark], curve: Curve, **options: Any) -> bqplot.Mark:
        if kind is bqplot.Lines:
            options = {"opacities": [0.6 if curve.faint else 1.0], "line_style": curve.style} | options
        return kind(
            x=np.array([0.0]),
            y=np.array([1.0]),
            scales={"x": self._x, "y": self._scale},
            colors=[curve.color],
            preserve_domain=_KEEP,
            visible=False,
            **options,
        )

    def _point_at(self, epochs: NDArray[np.int64]) -> None:
        self._targets = _targets(epochs)
        with self._strips.hold_sync():
            self._strips.x = self._targets.astype(np.float64)
            self._strips.y = np.ones(len(self._targets))
            self._strips.opacities = [0.0] * max(len(self._targets), 1)

    def _make_strips(self) -> bqplot.Bars:
        """Invisible strips of full height, one for each epoch: the whole height can be pointed at, not only a line."""
        return bqplot.Bars(
            x=np.empty(0),
            y=np.empty(0),
            scales=self._strip_scales,
            colors=["#000000"],
            opacities=[0.0],
            padding=0.0,
            preserve_domain=_KEEP,
        )

    def _close(self, marks: Sequence[Widget]) -> None:
        """Free marks that left the figure, but not the scales that others still use."""
        close_all(*marks, keep=(self._x, self._scale, *self._strip_scales.values()))


def _targets(epochs: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(epochs) <= _MOST_TARGETS:
        return epochs
    places = np.unique(np.linspace(0, len(epochs) - 1, _MOST_TARGETS).round().astype(np.int64))
    return np.asarray(epochs[places])


def _lone(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the values that have no neighbour."""
    framed = np.concatenate(([False], known, [False]))
    return np.asarray(known & ~framed[:-2] & ~framed[2:])
