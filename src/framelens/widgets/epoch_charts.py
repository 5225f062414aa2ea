"""Metrics and losses by epoch: two bqplot figures on one epoch axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import bqplot
import bqscales
import ipywidgets
import numpy as np
import traitlets

from framelens.errors import nearest
from framelens.widgets._chart import Chart
from framelens.widgets._display import Fallback, FallbackMixin, close_all
from framelens.widgets._ticks import epoch_range
from framelens.widgets.history_payload import color_of, encode_history
from framelens.widgets.readout import Readout

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.widgets.history_payload import HistoryHead, Series

__all__ = ["EpochCharts"]

_CHARTS: Final = (("Validation metrics by epoch", "metric"), ("Losses by epoch · dashed: training", "loss"))
_MODES: Final = (("Point", "point"), ("Pan and zoom", "pan"), ("Zoom to range", "range"))
_MODE_TIPS: Final = (
    "Point at an epoch to read it, click to select it",
    "Drag to pan, turn the wheel to zoom",
    "Drag over the epochs to look at",
)
_NARROWEST: Final = 1.0  # epochs that a zoom shows at least
_OPTIONS: Final = ("hovered_epoch", "layout", "selected_epoch")


class EpochCharts(FallbackMixin, ipywidgets.VBox):  # type: ignore[misc]
    """Two linked charts: validation metrics and losses, with the values of every series at one epoch.

    Pointing at an epoch in one chart shows it in both, a click selects it, and zooming one chart
    zooms the other, because they share one scale. Missing values are gaps; the dotted line is the
    best epoch.

    Parameters
    ----------
    history : History
    hovered_epoch : int or None
        Epoch under the pointer.
    selected_epoch : int or None
        Epoch chosen by a click (a second click on it clears it).
    layout : ipywidgets.Layout or dict

    Raises
    ------
    TraitError
        If an epoch is set that the run does not have.
    TypeError
        If a keyword is unknown; the text names the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> history = History("yolo", "detect", np.array([1, 2]), {"map50": np.array([0.1, 0.4])}, best_epoch=2)
    >>> charts = EpochCharts(history, selected_epoch=1)
    >>> charts.readout.heading, charts.readout.values
    ('Epoch 1 (selected)', ['0.1000'])
    >>> charts.close()
    """

    hovered_epoch = traitlets.Int(None, allow_none=True)
    selected_epoch = traitlets.Int(None, allow_none=True)

    #: Interactions, which a figure holds only while they are switched on.
    _unused: tuple[ipywidgets.Widget, ...] = ()

    def __init__(self, history: History, **options: Any) -> None:
        for name in options:
            if name not in _OPTIONS:
                msg = f"EpochCharts has no option {name!r}; {nearest(name, _OPTIONS)}"
                raise TypeError(msg)
        payload = encode_history(history)
        assert payload is not None
        self.history = history
        self._payload, self._series = payload, payload["series"]
        self._epochs = np.asarray(payload["epochs"], dtype=np.int64)
        self._row = {int(epoch): row for row, epoch in enumerate(self._epochs)}
        self._home = epoch_range(payload["epochs"])
        self._x = bqscales.LinearScale(min=self._home[0], max=self._home[1])
        self.charts = [
            Chart(
                title, [one for one in self._series if one["group"] == group], self._epochs, history.best_epoch, self._x
            )
            for title, group in _CHARTS
        ]
        self.readout = Readout(rows=[_legend_row(one) for one in self._series])
        self._pan = bqplot.PanZoom(scales={"x": [self._x]})
        self._brush = bqplot.interacts.BrushIntervalSelector(scale=self._x)
        self._unused = (self._pan, self._brush)
        self._mode = ipywidgets.ToggleButtons(options=_MODES, tooltips=_MODE_TIPS, style={"button_width": "auto"})
        self._reset = ipywidgets.Button(description="All epochs", tooltip="Undo every zoom", layout={"width": "auto"})
        self._steps = [
            ipywidgets.Button(description=word, tooltip=f"Select the {word.lower()} epoch", layout={"width": "auto"})
            for word in ("Previous", "Next")
        ]
        tools = ipywidgets.HBox([self._mode, self._reset, *self._steps], layout={"flex_flow": "row wrap"})
        figures = ipywidgets.HBox([chart.figure for chart in self.charts], layout={"flex_flow": "row wrap"})
        super().__init__([tools, figures, self.readout], **options)
        self._connect()
        self._show()

    def __repr__(self) -> str:
        return f"EpochCharts({self.history!r})"

    def reset_zoom(self) -> None:
        """Show every epoch again."""
        self._zoom(*self._home)

    def close(self) -> None:
        """Leave the page and free every part; ipywidgets itself would keep them for ever."""
        close_all(self, *self._unused)

    def _fallback(self) -> Fallback:
        from framelens.widgets.snapshot import draw_curves, to_png

        return _summary(self._payload), to_png(draw_curves(self._payload))

    def _connect(self) -> None:
        for chart in self.charts:
            chart.on_hover(self._hovered)
            chart.on_click(self._clicked)
        self.observe(self._show, names=["hovered_epoch", "selected_epoch"])
        self._mode.observe(self._change_mode, names="value")
        self._reset.on_click(lambda _button: self.reset_zoom())
        for button, step in zip(self._steps, (-1, 1), strict=True):
            button.on_click(lambda _button, step=step: self._step(step))
        self._brush.observe(self._brushed, names="brushing")
        self._x.observe(self._zoomed, names=["min", "max"])

    def _hovered(self, epoch: int) -> None:
        self.hovered_epoch = epoch

    def _clicked(self, epoch: int) -> None:
        self.selected_epoch = None if self.selected_epoch == epoch else epoch

    def _step(self, step: int) -> None:
        """Select the neighbour of the epoch that is read: the way there by keyboard."""
        epoch, _ = self._epoch_to_read()
        if epoch is not None:
            row = min(max(self._row[epoch] + step, 0), len(self._epochs) - 1)
            self.hovered_epoch, self.selected_epoch = None, int(self._epochs[row])

    def _change_mode(self, change: Any) -> None:
        interaction = {"point": None, "pan": self._pan, "range": self._brush}[change["new"]]
        for chart in self.charts:
            chart.figure.interaction = interaction

    def _brushed(self, change: Any) -> None:
        ends = self._brush.selected
        if change["new"] or ends is None or len(ends) != 2:  # noqa: PLR2004 - both ends
            return
        self._zoom(float(min(ends)), float(max(ends)))
        self._brush.selected = None
        self._mode.value = "point"

    def _zoom(self, low: float, high: float) -> None:
        middle, half = (low + high) / 2, max((high - low) / 2, _NARROWEST / 2)
        with self._x.hold_sync():
            self._x.min, self._x.max = middle - half, middle + half

    def _zoomed(self, _change: Any) -> None:
        if self._x.min < self._x.max:  # the two ends of a pan arrive one after the other
            for chart in self.charts:
                chart.retick()

    def _show(self, _change: Any = None) -> None:
        for chart in self.charts:
            chart.show(self.hovered_epoch, self.selected_epoch)
        epoch, why = self._epoch_to_read()
        with self.readout.hold_sync():
            self.readout.heading = "No epochs" if epoch is None else f"Epoch {epoch}{why}"
            row = None if epoch is None else self._row[epoch]
            self.readout.values = [_text(one, row) for one in self._series]

    def _epoch_to_read(self) -> tuple[int | None, str]:
        if self.hovered_epoch is not None:
            return self.hovered_epoch, ""
        if self.selected_epoch is not None:
            return self.selected_epoch, " (selected)"
        if self.history.best_epoch in self._row:
            return self.history.best_epoch, " (best)"
        return (int(self._epochs[-1]), " (last)") if len(self._epochs) else (None, "")

    @traitlets.validate("hovered_epoch", "selected_epoch")
    def _check_epoch(self, proposal: Any) -> int | None:
        epoch: int | None = proposal["value"]
        if epoch is not None and epoch not in self._row:
            known = f"{self._epochs[0]} to {self._epochs[-1]}" if len(self._epochs) else "none"
            msg = f"the run has no epoch {epoch}; its epochs: {known}"
            raise traitlets.TraitError(msg)
        return epoch


def _legend_row(series: Series) -> dict[str, Any]:
    return {"label": series["label"], "color": color_of(series), "dashed": series["split"] == "train"}


def _text(series: Series, row: int | None) -> str:
    value = None if row is None else series["values"][row]
    if value is None:
        return "n/a"
    return f"{value:.4f}" if series["group"] == "metric" else f"{value:.4g}"


def _summary(payload: HistoryHead) -> str:
    epochs = payload["epochs"]
    if not epochs:
        return "No epochs"
    best = "" if payload["best_epoch"] is None else f", best {payload['best_epoch']}"
    lines = [f"{payload['name'] or payload['framework']}: epochs {epochs[0]} to {epochs[-1]}{best}; last values:"]
    lines.extend(f"  {one['label']:<20} {_text(one, len(epochs) - 1):>10}" for one in payload["series"])
    return "\n".join(lines)
