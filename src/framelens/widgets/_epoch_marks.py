"""What stands beside the curves of a chart: best epoch, patience, early stop, and signals by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.widgets._bqplot import bqplot

if TYPE_CHECKING:
    from framelens.widgets._curves import Group
    from framelens.widgets.history_payload import HistoryHead

__all__ = ["GREY", "Numbered", "draw_marks", "numbered", "vertical"]

GREY: Final = "#8a8d93"
_SIGNAL: Final = "#8f6fd1"
_PLACED: Final = frozenset({"plateau", "rising", "divergence", "drop", "spike", "flat_near_zero"})
_MOST: Final = 12
_KEEP: Final = {"x": True, "y": True}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A signal, and the number at its mark (0 where it has words only)."""

    signal: dict[str, Any]
    number: int


def numbered(history: HistoryHead) -> list[Numbered]:
    """Return the signals with the numbers that stand at their marks; at most 12 are drawn, the clearest."""
    placed = [signal for signal in history["signals"] if signal["kind"] in _PLACED]
    drawn = [id(signal) for signal in sorted(placed, key=lambda signal: -float(signal["strength"]))[:_MOST]]
    found, last = [], 0
    for signal in history["signals"]:
        last += id(signal) in drawn
        found.append(Numbered(signal, last if id(signal) in drawn else 0))
    return found


def vertical(scales: dict[str, Any], color: str, width: float, style: str = "solid", at: float = 0.0) -> bqplot.Lines:
    """Return an upright line through the whole chart."""
    return bqplot.Lines(
        x=np.array([at, at]),
        y=np.array([0.0, 1.0]),
        scales=scales,
        colors=[color],
        stroke_width=width,
        line_style=style,
        preserve_domain=_KEEP,
    )


def draw_marks(history: HistoryHead, group: Group, scales: dict[str, Any]) -> list[bqplot.Mark]:
    """Return the marks of one chart; ``scales`` run over epochs and from 0 to 1 upwards."""
    best = history["best_epoch"]
    found: list[bqplot.Mark] = []
    if group in {"metric", "loss"}:
        found += _patience(history, scales)
    if best is not None:
        # on the side with more room: the edge of the figure cuts what stands beyond it
        side = "end" if 2 * best > history["epochs"][0] + history["epochs"][-1] else "start"
        found += [vertical(scales, GREY, 2.0, "dotted", float(best))]
        found += [_label(scales, best, 0.97, f"best {best}", GREY, align=side)]
    found += _signals(history, group, scales)
    return found


def _patience(history: HistoryHead, scales: dict[str, Any]) -> list[bqplot.Mark]:
    best, patience, last = history["best_epoch"], history["patience"], history["epochs"][-1:]
    found: list[bqplot.Mark] = []
    if best is not None and patience:
        ends = np.array([best, best, best + patience, best + patience], dtype=np.float64)
        found.append(
            bqplot.Lines(
                x=ends,
                y=np.array([0.0, 1.0, 1.0, 0.0]),
                scales=scales,
                colors=[GREY],
                opacities=[0.0],
                fill="inside",
                fill_colors=[GREY],
                fill_opacities=[0.12],
                close_path=True,
                preserve_domain=_KEEP,
            )
        )
    if history["stopped_early"] and last:
        found += [vertical(scales, GREY, 1.0, "solid", float(last[0]))]
        found += [_label(scales, last[0], 0.9, f"stopped {last[0]}", GREY, align="end")]
    return found


def _signals(history: HistoryHead, group: Group, scales: dict[str, Any]) -> list[bqplot.Mark]:
    """Return a bar over the epochs of each signal, in rows so that none hides another."""
    found: list[bqplot.Mark] = []
    rows: list[float] = []
    room = max(len(history["epochs"]) / 30, 1.0)  # epochs that a number covers
    for one in numbered(history):
        signal = one.signal
        mine: Group = "loss" if signal["series"].startswith(("train/", "val/")) else "metric"
        if not one.number or mine != group:
            continue
        first, last = float(signal["start_epoch"]), float(signal["end_epoch"])
        row = next((row for row, end in enumerate(rows) if end + room < first), len(rows))
        rows[row : row + 1] = [last]
        y = 0.02 + 0.075 * row
        bar = vertical(scales, _SIGNAL, 3.0)
        with bar.hold_sync():
            bar.x, bar.y = np.array([first - 0.3, last + 0.3]), np.array([y, y])
        found += [bar, _label(scales, first, y + 0.02, str(one.number), _SIGNAL)]
    return found


def _label(
    scales: dict[str, Any], epoch: float, y: float, words: str, color: str, *, align: str = "start"
) -> bqplot.Label:
    return bqplot.Label(
        x=np.array([float(epoch)]),
        y=np.array([y]),
        text=[words],
        scales=scales,
        colors=[color],
        default_size=11,
        align=align,
        x_offset=-4 if align == "end" else 4,
        preserve_domain=_KEEP,
    )
