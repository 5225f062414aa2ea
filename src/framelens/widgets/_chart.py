"""One bqplot figure of series by epoch, with what can be pointed at in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import bqplot
import bqscales
import numpy as np

from framelens.widgets._ticks import round_ticks, value_range
from framelens.widgets.history_payload import color_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from framelens.widgets.history_payload import Series

__all__ = ["ACCENT", "Chart"]

#: Colour of the epoch that is selected.
ACCENT: Final = "#e0457b"
_GREY: Final = "#8a8d93"
_MOST_TARGETS: Final = 400  # across a chart: about one for every pixel or two
_MOST_DOTTED: Final = 12  # epochs that get a dot each
_MARGIN: Final = {"top": 44, "bottom": 28, "left": 52, "right": 16}


class Chart:
    """A figure, the marks in it that follow an epoch, and the strips that are pointed at.

    Parameters
    ----------
    title : str
        Constant text.
    series : sequence of Series
        May be empty: the figure says so.
    epochs : int64 array, shape (E,)
    best_epoch : int or None
    x : bqscales.LinearScale
        The epoch axis, shared between charts.
    """

    def __init__(
        self,
        title: str,
        series: Sequence[Series],
        epochs: NDArray[np.int64],
        best_epoch: int | None,
        x: bqscales.LinearScale,
    ) -> None:
        low, high = value_range(series)
        self._scales = {"x": x, "y": bqscales.LinearScale(min=low, max=high, allow_padding=False)}
        self._strip_scales = {"x": x, "y": bqscales.LinearScale(min=0.0, max=1.0, allow_padding=False)}
        self._hover, self._chosen = self._vertical(_GREY, 1.0), self._vertical(ACCENT, 2.0)
        self._targets = _targets(epochs)
        self._strips = self._make_strips()
        self._x_axis = bqplot.Axis(scale=x, grid_lines="none", tick_format="d")
        y_axis = bqplot.Axis(
            scale=self._scales["y"],
            orientation="vertical",
            grid_lines="dashed",
            tick_values=round_ticks(low, high),
            tick_format=".4~g",
        )
        best = [] if best_epoch is None or not series else [self._best(best_epoch)]
        drawn = [mark for one in series for mark in self._curve(one, epochs)]
        self.figure = bqplot.Figure(
            title=title if series else f"{title.split(' · ', maxsplit=1)[0]}: none in this log",
            marks=[*best, *drawn, self._hover, self._chosen, self._strips],
            axes=[self._x_axis, y_axis],
            fig_margin=_MARGIN,
            padding_y=0.0,
            display_toolbar=False,
            background_style={"fill": "transparent"},
            # bqplot's own colours for dark themes are loud
            title_style={"font-size": "14px", "fill": "var(--jp-ui-font-color1, currentColor)"},
            layout={"width": "auto", "min_width": "340px", "height": "300px", "flex": "1 1 380px"},
        )
        self.retick()

    def on_hover(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(epoch)`` when the pointer comes to an epoch."""
        self._strips.on_hover(lambda _mark, event: self._tell(callback, event))

    def on_click(self, callback: Callable[[int], None]) -> None:
        """Call ``callback(epoch)`` when an epoch is clicked."""
        self._strips.on_element_click(lambda _mark, event: self._tell(callback, event))

    def show(self, hovered: int | None, selected: int | None) -> None:
        """Move the two vertical lines, or hide them."""
        for mark, epoch in ((self._hover, hovered), (self._chosen, selected)):
            if epoch is not None:
                mark.x = np.array([epoch, epoch], dtype=np.float64)
            mark.visible = epoch is not None

    def retick(self) -> None:
        """Put the ticks of the epoch axis on whole epochs again, after a zoom."""
        x = self._scales["x"]
        self._x_axis.tick_values = round_ticks(x.min, x.max, least=1.0)

    def _tell(self, callback: Callable[[int], None], event: dict[str, Any]) -> None:
        place = (event.get("data") or {}).get("index")
        if isinstance(place, int) and 0 <= place < len(self._targets):
            callback(int(self._targets[place]))

    def _curve(self, series: Series, epochs: NDArray[np.int64]) -> list[bqplot.Mark]:
        """Return a line with gaps, and dots where a line alone would not show every value."""
        values = np.array([np.nan if value is None else value for value in series["values"]], dtype=np.float64)
        known = np.isfinite(values)
        if not known.any():
            return []
        common = {"scales": self._scales, "colors": [color_of(series)], "preserve_domain": {"x": True, "y": True}}
        line = bqplot.Lines(
            x=epochs.astype(np.float64),
            y=values,
            stroke_width=2.0,
            line_style="dashed" if series["split"] == "train" else "solid",
            **common,
        )
        dotted = known if len(epochs) <= _MOST_DOTTED else _lone(known)
        if not dotted.any():
            return [line]
        # markers of Lines itself would be placed at NaN too, which the browser reports as errors
        dots = bqplot.Scatter(x=epochs[dotted].astype(np.float64), y=values[dotted], default_size=20, **common)
        return [line, dots]

    def _vertical(self, color: str, width: float, style: str = "solid", at: float = 0.0) -> bqplot.Lines:
        return bqplot.Lines(
            x=np.array([at, at]),
            y=np.array([0.0, 1.0]),
            scales=self._strip_scales,
            colors=[color],
            stroke_width=width,
            line_style=style,
            preserve_domain={"x": True, "y": True},
            visible=style == "dotted",
        )

    def _best(self, epoch: int) -> bqplot.Lines:
        return self._vertical(_GREY, 2.0, "dotted", float(epoch))

    def _make_strips(self) -> bqplot.Bars:
        """Invisible strips of full height, one for each epoch: the whole height can be pointed at, not only a line."""
        return bqplot.Bars(
            x=self._targets.astype(np.float64),
            y=np.ones(len(self._targets)),
            scales=self._strip_scales,
            colors=["#000000"],
            opacities=[0.0] * max(len(self._targets), 1),
            padding=0.0,
            preserve_domain={"x": True, "y": True},
        )


def _targets(epochs: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(epochs) <= _MOST_TARGETS:
        return epochs
    places = np.unique(np.linspace(0, len(epochs) - 1, _MOST_TARGETS).round().astype(np.int64))
    return np.asarray(epochs[places])


def _lone(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the values that have no neighbour."""
    framed = np.concatenate(([False], known, [False]))
    return np.asarray(known & ~framed[:-2] & ~framed[2:])
