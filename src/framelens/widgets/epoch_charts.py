"""Metrics and losses by epoch: bqplot figures on one epoch axis."""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import ipywidgets
import traitlets

from framelens.errors import OptionError, nearest
from framelens.training.history import History
from framelens.widgets._bqplot import bqplot, bqscales
from framelens.widgets._chart import Chart, Look
from framelens.widgets._curves import GROUPS, all_epochs, curves_of, value_text
from framelens.widgets._display import Fallback, FallbackMixin, close_all
from framelens.widgets._epoch_marks import numbered
from framelens.widgets._ticks import epoch_range
from framelens.widgets.history_payload import encode_history
from framelens.widgets.readout import Readout
from framelens.widgets.shown import forget

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from framelens.report.html import Subject
    from framelens.widgets._curves import Curve, Group
    from framelens.widgets.history_payload import HistoryHead

__all__ = ["EpochCharts"]

_ALWAYS: Final = ("metric", "loss")
_MODES: Final = (("Point", "point"), ("Pan and zoom", "pan"), ("Zoom to range", "range"))
_MODE_TIPS: Final = (
    "Point at an epoch to read it, click to select it",
    "Drag to pan, turn the wheel to zoom",
    "Drag over the epochs to look at",
)
#: Epochs on both sides that a smoothed value is the mean of.
_REACHES: Final = (("off", 0), ("3 epochs", 1), ("5 epochs", 2), ("11 epochs", 5), ("21 epochs", 10))
_NARROWEST: Final = 1.0  # epochs that a zoom shows at least
_OPTIONS: Final = ("hovered_epoch", "layout", "selected_epoch")


class EpochCharts(FallbackMixin, ipywidgets.VBox):  # type: ignore[misc]
    """Linked charts: validation metrics and losses, with the values of every series at one epoch.

    Pointing at an epoch in one chart shows it in both, a click selects it, and zooming one chart
    zooms the other, because they share one scale. Missing values are gaps; dotted lines mark the best
    epoch, a grey band the trainer's patience, numbered bars what the curves do. Names in the legend
    switch their lines off; learning rate and wall time come on demand.

    Parameters
    ----------
    history : History or sequence of History
        Several runs are drawn over each other: the dash tells the run, best epoch and signals are those of the first.
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
    >>> charts.update(History("yolo", "detect", np.array([1, 2, 3]), {"map50": np.array([0.1, 0.4, 0.5])}))
    >>> charts.reset_zoom()
    >>> charts.history, charts.selected_epoch, len(charts.charts)
    (History(yolo, 3 epochs, map50), 1, 2)
    >>> charts.close()
    """

    hovered_epoch = traitlets.Int(None, allow_none=True)
    selected_epoch = traitlets.Int(None, allow_none=True)
    matrix_epoch = traitlets.Int(None, allow_none=True)

    #: Interactions, which a figure holds only while they are switched on, and all charts, also those not shown.
    _unused: tuple[ipywidgets.Widget, ...] = ()
    _every: Mapping[Group, Chart] = MappingProxyType({})

    def __init__(self, history: History | Sequence[History], **options: Any) -> None:
        for name in options:
            if name not in _OPTIONS:
                msg = f"EpochCharts has no option {name!r}; {nearest(name, _OPTIONS)}"
                raise TypeError(msg)
        self._lock = threading.RLock()
        self._x = bqscales.LinearScale(min=0.5, max=1.5)
        self._every = {group: Chart(group, self._x) for group in GROUPS}
        self.readout = Readout()
        self._look = Look()
        self._take(history)
        self._x.min, self._x.max = self._home
        self._make_tools()
        self._figures = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        super().__init__([self._tools, self._figures, self.readout], **options)
        self.add_class("framelens-epoch-charts")
        self._draw()
        self._arrange()
        self._connect()
        self._show()

    @property
    def history(self) -> History:
        """The run, of several the first."""
        return self._histories[0]

    @property
    def charts(self) -> list[Chart]:
        """The charts that are shown."""
        return [self._every[group] for group in GROUPS if group in _ALWAYS or group in self._on_demand()]

    def __repr__(self) -> str:
        return f"EpochCharts({', '.join(map(repr, self._histories))})"

    def reset_zoom(self) -> None:
        """Show every epoch again."""
        self._zoom(*self._home)

    def update(self, history: History | Sequence[History], *, marks: bool = True) -> None:
        """Show a run that went on: lines grow where they are; zoom and selection stay.

        Parameters
        ----------
        history : History or sequence of History
        marks : bool
            False keeps the signals as they are: finding them costs more than drawing the lines.
        """
        with self._lock:
            whole = (self._x.min, self._x.max) == self._home
            self._take(history, marks=marks)
            self._draw(marks=marks)
            for name in ("hovered_epoch", "selected_epoch"):
                if getattr(self, name) not in (None, *self._epochs.tolist()):
                    setattr(self, name, None)
            if whole:
                self.reset_zoom()
            self._show()

    def close(self) -> None:
        """Leave the page and free every part; ipywidgets itself would keep them for ever."""
        forget(self)
        spare = [chart.figure for chart in self._every.values()]
        close_all(self, *self._unused, *spare, *(widget for chart in self._every.values() for widget in chart.widgets))

    def subject(self) -> Subject:
        """Return the runs, for a page without a kernel."""
        from framelens.report.runs import subject_of_runs

        return subject_of_runs(self._histories)

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write ``epochs.csv``, ``epochs.json`` and ``epochs.png`` of the runs into a folder."""
        from framelens.report.runs import export_runs

        return export_runs(self._histories, folder)

    def _twin_traits(self) -> dict[str, Any]:
        return {"view": "charts", "selected_epoch": self.selected_epoch}

    def _fallback(self) -> Fallback:
        from framelens.widgets.snapshot import draw_curves, to_png

        return _summary(self._heads[0]), to_png(*map(draw_curves, self._heads))

    # -- what is shown ------------------------------------------------------------------------

    def _take(self, history: History | Sequence[History], *, marks: bool = True) -> None:
        histories = [history] if isinstance(history, History) else list(history)
        if not histories or not all(isinstance(one, History) for one in histories):
            raise OptionError("epoch charts need one History or several; read_run makes them from logs")
        known = [] if marks else self._heads[0]["signals"]
        self._histories = histories
        self._heads: list[HistoryHead] = [
            head
            for number, one in enumerate(histories)
            if (head := encode_history(one, signals=number == 0 and marks)) is not None
        ]
        if not marks:
            self._heads[0]["signals"] = known
        self._curves: list[Curve] = curves_of(self._heads)
        self._epochs = all_epochs(self._heads)
        self._home = epoch_range(self._epochs.tolist())

    def _listed(self) -> list[Curve]:
        """Return the curves of the charts that are shown: the rows of the legend."""
        shown = {chart.group for chart in self.charts}
        return [curve for curve in self._curves if curve.group in shown]

    def _draw(self, *, marks: bool = True) -> None:
        for chart in self._every.values():
            chart.draw(self._curves, self._epochs, self._heads[0], self._look, marks=marks)
        listed = self._listed()
        rows = [{"label": curve.label, "color": curve.color, "style": curve.style} for curve in listed]
        notes = [
            {
                "number": one.number,
                "kind": one.signal["kind"],
                "text": one.signal["text"],
                "epoch": one.signal["start_epoch"],
            }
            for one in numbered(self._heads[0])
        ]
        with self.readout.hold_sync():
            self.readout.rows, self.readout.notes, self.readout.stamp = rows, notes, self._stamp()
            self.readout.hidden = [row for row, curve in enumerate(listed) if curve.key in self._look.hidden]

    def _stamp(self) -> list[str]:
        from framelens.report.runs import stamp_of_runs

        return [f"{name}: {value}" for name, value in stamp_of_runs(self._histories)]

    def _show(self, _change: Any = None) -> None:
        with self._lock:
            for chart in self._every.values():
                chart.show(self.hovered_epoch, self.selected_epoch, self.matrix_epoch)
            epoch, why = self._epoch_to_read()
            with self.readout.hold_sync():
                self.readout.heading = "No epochs" if epoch is None else f"Epoch {epoch}{why}"
                self.readout.values = [value_text(curve.group, curve.at(epoch)) for curve in self._listed()]

    def _epoch_to_read(self) -> tuple[int | None, str]:
        if self.hovered_epoch is not None:
            return self.hovered_epoch, ""
        if self.selected_epoch is not None:
            return self.selected_epoch, " (selected)"
        best = self.history.best_epoch
        if best is not None and best in self._epochs:
            return best, " (best)"
        return (int(self._epochs[-1]), " (last)") if len(self._epochs) else (None, "")

    # -- tools ----------------------------------------------------------------------------------

    def _make_tools(self) -> None:
        narrow = {"width": "auto"}
        self._pan = bqplot.PanZoom(scales={"x": [self._x]})
        self._brush = bqplot.interacts.BrushIntervalSelector(scale=self._x)
        self._unused = (self._pan, self._brush)
        self._mode = ipywidgets.ToggleButtons(options=_MODES, tooltips=_MODE_TIPS, style={"button_width": "auto"})
        self._reset = ipywidgets.Button(description="All epochs", tooltip="Undo every zoom", layout=narrow)
        self._steps = [
            ipywidgets.Button(description=word, tooltip=f"Select the {word.lower()} epoch", layout=narrow)
            for word in ("Previous", "Next")
        ]
        self._smoothing = ipywidgets.Dropdown(
            options=_REACHES, value=0, description="Smoothing", layout={"width": "190px"}
        )
        self._log = ipywidgets.ToggleButton(description="Log scale", tooltip="Losses on a log scale", layout=narrow)
        present = {curve.group for curve in self._curves}
        words: dict[Group, str] = {"lr": "Learning rate", "time": "Wall time"}
        self._more = {
            group: ipywidgets.ToggleButton(description=text, tooltip=f"Show the chart: {text.lower()}", layout=narrow)
            for group, text in words.items()
            if group in present
        }
        parts = [self._mode, self._reset, *self._steps, self._smoothing, self._log, *self._more.values()]
        self._tools = ipywidgets.HBox(parts, layout={"flex_flow": "row wrap"})

    def _on_demand(self) -> set[str]:
        return {group for group, button in self._more.items() if button.value}

    def _connect(self) -> None:
        for chart in self._every.values():
            chart.on_hover(self._hovered)
            chart.on_click(self._clicked)
        self.observe(self._show, names=["hovered_epoch", "selected_epoch", "matrix_epoch"])
        self._mode.observe(self._change_mode, names="value")
        self._reset.on_click(lambda _button: self.reset_zoom())
        for button, step in zip(self._steps, (-1, 1), strict=True):
            button.on_click(lambda _button, step=step: self._step(step))
        self._brush.observe(self._brushed, names="brushing")
        self._x.observe(self._zoomed, names=["min", "max"])
        self.readout.observe(self._look_changed, names="hidden")
        for tool in (self._smoothing, self._log):
            tool.observe(self._look_changed, names="value")
        for button in self._more.values():
            button.observe(self._arrange, names="value")
        self.readout.on_msg(self._heard)

    def _arrange(self, _change: Any = None) -> None:
        """Put the charts that are shown in their places."""
        self._figures.children = [chart.figure for chart in self.charts]
        self._draw(marks=False)
        self._change_mode()
        self._show()

    def _look_changed(self, _change: Any) -> None:
        listed = self._listed()
        elsewhere = self._look.hidden - {curve.key for curve in listed}
        hidden = {listed[row].key for row in self.readout.hidden if 0 <= row < len(listed)}
        look = Look(frozenset(elsewhere | hidden), self._smoothing.value, self._log.value)
        if look != self._look:
            with self._lock:
                self._look = look
                self._draw(marks=False)

    def _hovered(self, epoch: int | None) -> None:
        if epoch is None or epoch in self._epochs:
            self.hovered_epoch = epoch

    def _clicked(self, epoch: int) -> None:
        self.selected_epoch = None if self.selected_epoch == epoch else epoch

    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:
        """Answer the legend: a note was clicked, a key was pressed, a file is wanted, the pointer left the figures."""
        if not isinstance(content, dict):
            return
        if content.get("left"):
            self.hovered_epoch = None
        elif (kind := content.get("export")) in ("csv", "json"):
            from framelens.report.runs import file_of_runs

            self.readout.send({"file": f"epochs.{kind}"}, [file_of_runs(self._histories, kind)])
        elif isinstance(epoch := content.get("epoch"), int) and epoch in self._epochs:
            self.hovered_epoch, self.selected_epoch = None, epoch
        elif (step := content.get("step")) in ("first", "last", "clear"):
            self.hovered_epoch = None
            ends = {"first": self._epochs[:1], "last": self._epochs[-1:], "clear": self._epochs[:0]}[step]
            self.selected_epoch = int(ends[0]) if len(ends) else None
        elif step in (-1, 1):
            self._step(step)

    def _step(self, step: int) -> None:
        """Select the neighbour of the epoch that is read: the way there by keyboard."""
        epoch, _ = self._epoch_to_read()
        if epoch is not None:
            row = min(max(int(self._epochs.searchsorted(epoch)) + step, 0), len(self._epochs) - 1)
            self.hovered_epoch, self.selected_epoch = None, int(self._epochs[row])

    def _change_mode(self, _change: Any = None) -> None:
        interaction = {"point": None, "pan": self._pan, "range": self._brush}[self._mode.value]
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
            for chart in self._every.values():
                chart.retick()

    @traitlets.validate("hovered_epoch", "selected_epoch")
    def _check_epoch(self, proposal: Any) -> int | None:
        epoch: int | None = proposal["value"]
        if epoch is not None and epoch not in self._epochs:
            known = f"{self._epochs[0]} to {self._epochs[-1]}" if len(self._epochs) else "none"
            msg = f"the run has no epoch {epoch}; its epochs: {known}"
            raise traitlets.TraitError(msg)
        return epoch


def _summary(payload: HistoryHead) -> str:
    epochs = payload["epochs"]
    if not epochs:
        return "No epochs"
    best = "" if payload["best_epoch"] is None else f", best {payload['best_epoch']}"
    lines = [f"{payload['name'] or payload['framework']}: epochs {epochs[0]} to {epochs[-1]}{best}; last values:"]
    shown = [curve for curve in curves_of([payload]) if curve.group in _ALWAYS]
    lines.extend(f"  {curve.label:<20} {value_text(curve.group, curve.at(epochs[-1])):>10}" for curve in shown)
    return "\n".join(lines)
