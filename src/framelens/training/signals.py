"""Signals in the curves of a training run: what happened, from which epoch to which, how strongly.

``find_signals(history)`` looks at every metric and loss of a :class:`~framelens.training.history.History`
and returns what it is sure of. A run that is too short gives no signal rather than a false one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.errors import one_line
from framelens.training._signal_curves import TOTAL, Curve, curves_of, trend
from framelens.training._signal_shapes import (
    find_drops,
    find_near_zero,
    find_plateau,
    find_rising,
    find_spikes,
    find_turn,
)
from framelens.training.signal_settings import SignalSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from framelens.training.history import History

__all__ = ["KINDS", "Change", "Signal", "SignalSettings", "change_since", "find_signals"]

#: What :func:`find_signals` can find, with its meaning.
KINDS = {
    "best_epoch": "epoch with the highest mAP50-95 (mAP50 where the log has no other)",
    "early_stop": "the run ended before its planned epochs because nothing improved for `patience` epochs",
    "plateau": "a metric rose and is flat from the start epoch on",
    "rising": "a metric still climbs at the end",
    "divergence": "a validation loss turns up at the start epoch while the training loss goes on falling",
    "drop": "a step to a worse level (metric down, loss up) that holds for longer than a spike",
    "spike": "at most three epochs that are far worse than those before and after",
    "flat_near_zero": "a metric is practically zero",
    "noise": "standard deviation from epoch to epoch about the trend",
}
_DEFAULT = SignalSettings()


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that a curve does.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    series : str
        Name in ``History.series``, or ``val/total``, ``train/total``: the sum of the loss parts.
    start_epoch, end_epoch : int
        First and last epoch it holds for; for a plateau or a divergence the start is its onset.
    strength : float
        How clear it is, in [0, 1].
    text : str
        One sentence with numbers, for people.

    Examples
    --------
    >>> Signal("spike", "val/box", 7, 7, 0.5, "validation box loss is 3 times its neighbours at epoch 7").start_epoch
    7
    """

    kind: str
    series: str
    start_epoch: int
    end_epoch: int
    strength: float
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON.

        >>> Signal("spike", "val/box", 7, 7, 0.5, "...").as_dict()["start_epoch"]
        7
        """
        return {
            "kind": self.kind,
            "series": self.series,
            "start_epoch": self.start_epoch,
            "end_epoch": self.end_epoch,
            "strength": round(self.strength, 4),
            "text": self.text,
        }


def find_signals(history: History, settings: SignalSettings = _DEFAULT) -> tuple[Signal, ...]:
    """Find what the curves of a run do.

    Parameters
    ----------
    history : History
        Where several runs stand in one log (``run_starts``), each is looked at by itself.
    settings : SignalSettings
        Thresholds.

    Returns
    -------
    tuple of Signal
        In the order of :data:`KINDS`, inside a kind metrics first, then by epoch. Empty where the
        run is too short to tell. Metrics are looked at for every kind but divergence; validation losses
        for divergence, drops, spikes and noise; training losses for drops and spikes.

    Notes
    -----
    A missing value is left out, not filled. Where a log repeats the last evaluation until the next one
    only the measured epochs count. A loss that is always 0 gives no signal.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> epochs = np.arange(1, 41)
    >>> curve = np.minimum(epochs / 20, 1) * 0.8
    >>> found = find_signals(History("yolo", "detect", epochs, {"map50_95": curve}, best_epoch=20))
    >>> [(signal.kind, signal.end_epoch) for signal in found]
    [('best_epoch', 20), ('plateau', 40), ('noise', 40)]
    >>> found[1].text
    'mAP50-95 is flat from epoch 20 to 40: 0.8, +0.000 since then'
    """
    found = list(_milestones(history))
    for run in _runs(history):
        found += _of_run(curves_of(run), settings)
    order = list(KINDS)
    return tuple(sorted(found, key=lambda signal: order.index(signal.kind)))


@dataclass(frozen=True, slots=True)
class Change:
    """How far a series goes up (or down, below 0) from one epoch to another, and whether that is more than chance."""

    gain: float
    direction: str

    @property
    def text(self) -> str:
        """The gain with its sign.

        >>> Change(-0.02, "down").text
        '-0.020'
        """
        return f"{self.gain:+.3f}"


def change_since(history: History, series: str, epoch: int, settings: SignalSettings = _DEFAULT) -> Change | None:
    """Tell where a metric or loss goes after an epoch.

    Parameters
    ----------
    history : History
    series : str
        Name of a metric or loss.
    epoch : int
        First epoch that is looked at.
    settings : SignalSettings

    Returns
    -------
    Change or None
        ``gain`` is the Theil-Sen slope times the length, in the unit of the series; ``direction`` is
        ``"up"`` or ``"down"`` where ranks leave no doubt and the gain exceeds half the noise, else ``"flat"``.
        None with fewer than ``settings.after_turn`` values.

    Examples
    --------
    >>> import numpy as np
    >>> from framelens.training.history import History
    >>> history = History("yolo", "detect", np.arange(1, 21), {"map50": np.arange(20) / 20})
    >>> change_since(history, "map50", 11).direction
    'up'
    """
    curve = curves_of(history).get(series)
    if curve is None:
        return None
    first = int(np.searchsorted(curve.epochs, epoch))
    if len(curve) - first < settings.after_turn:
        return None
    found = trend(curve.epochs[first:], curve.values[first:])
    noise = curve.noise * float(np.median(np.abs(curve.values))) if curve.relative else curve.noise
    clear = abs(found.z) >= settings.trend_z and abs(found.gain) > noise / 2
    return Change(found.gain, ("up" if found.gain > 0 else "down") if clear else "flat")


def _runs(history: History) -> Iterator[History]:
    """Split a log with several runs."""
    edges = [0, *np.searchsorted(history.epochs, history.run_starts).tolist(), len(history.epochs)]
    for first, stop in pairwise(edges):
        if stop > first:
            series = {name: column[first:stop] for name, column in history.series.items()}
            yield replace(history, epochs=history.epochs[first:stop], series=series, run_starts=())


def _of_run(curves: dict[str, Curve], settings: SignalSettings) -> Iterator[Signal]:
    for curve in curves.values():
        if not curve.is_loss:
            yield from _shape(curve, settings)
        yield from _events(curve, settings)
        if not curve.name.startswith("train/"):
            yield from _noise(curve, settings)
    yield from _divergences(curves, settings)


def _milestones(history: History) -> Iterator[Signal]:
    main = next((curve for name in ("map50_95", "map50") if (curve := curves_of(history).get(name))), None)
    best = history.best_epoch
    if main is None or best is None or not len(main):
        return
    top = float(main.values.max())
    near = float((main.values >= top - main.noise).mean()) if len(main) > 1 else 1.0
    last = int(history.epochs[-1])
    yield Signal(
        "best_epoch", main.name, best, best, 1 - near, f"best {main.label} {_number(top)} at epoch {best} of {last}"
    )
    if history.stopped_early:
        planned = f" of {history.planned_epochs} planned" if history.planned_epochs else ""
        waited = f", patience {history.patience}" if history.patience else ""
        yield Signal(
            "early_stop", main.name, best, last, 1.0, f"stopped at epoch {last}{planned}; best epoch {best}{waited}"
        )


def _shape(curve: Curve, settings: SignalSettings) -> Iterator[Signal]:
    for first, last in find_near_zero(curve, settings):
        start, end = int(curve.epochs[first]), int(curve.epochs[last])
        text = f"{curve.label} is below {settings.near_zero:g} from epoch {start} to {end}"
        yield Signal("flat_near_zero", curve.name, start, end, 1.0, text)
    end = int(curve.epochs[-1]) if len(curve) else 0
    plateau = find_plateau(curve, settings)
    if plateau is not None:
        start = int(curve.epochs[plateau.onset])
        strength = 1 - abs(plateau.gain) / (settings.plateau_gain * plateau.rise)
        level = f"{_number(plateau.level)}, {plateau.gain:+.3f} since then"
        text = f"{curve.label} is flat from epoch {start} to {end}: {level}"
        yield Signal("plateau", curve.name, start, end, max(0.0, strength), text)
        return
    rising = find_rising(curve, settings)
    if rising is not None:
        start = int(curve.epochs[-rising.count])
        text = f"{curve.label} still rises: {rising.gain:+.3f} from epoch {start} to {end}"
        yield Signal("rising", curve.name, start, end, min(1.0, rising.gain / max(curve.span, 1e-12) * 4), text)


def _events(curve: Curve, settings: SignalSettings) -> Iterator[Signal]:
    """Give drops and spikes."""
    falls, jumps = ("jumps up", "spikes to") if curve.is_loss else ("falls", "dips to")
    drops = find_drops(curve, settings)
    for drop in drops:
        start, end = int(curve.epochs[drop.first]), int(curve.epochs[drop.last])
        until = "and stays" if drop.last == len(curve) - 1 else f"until epoch {end}"
        text = f"{curve.label} {falls} from {_number(drop.before)} to {_number(drop.inside)} at epoch {start} {until}"
        yield Signal("drop", curve.name, start, end, _clear(drop.over_noise, settings.drop_noise), text)
    for spike in find_spikes(curve, settings, drops):
        start, end = int(curve.epochs[spike.first]), int(curve.epochs[spike.last])
        text = f"{curve.label} {jumps} {_number(spike.inside)} at epoch {start}, {_number(spike.before)} before"
        yield Signal("spike", curve.name, start, end, _clear(spike.over_noise, settings.spike_noise), text)


def _noise(curve: Curve, settings: SignalSettings) -> Iterator[Signal]:
    if len(curve) < settings.shortest_run or curve.span <= 0:
        return
    size = f"{curve.noise:.1%} of its value" if curve.relative else _number(curve.noise)
    yield Signal(
        "noise",
        curve.name,
        int(curve.epochs[0]),
        int(curve.epochs[-1]),
        min(1.0, curve.noise / curve.span),
        f"{curve.label} varies by {size} (one standard deviation) from epoch to epoch",
    )


def _divergences(curves: dict[str, Curve], settings: SignalSettings) -> Iterator[Signal]:
    parts = [name.partition("/")[2] for name in curves if name.startswith("val/")]
    for part in sorted(parts, key=lambda part: part != TOTAL):
        validation, training = curves[f"val/{part}"], curves.get(f"train/{part}")
        if training is None:
            continue
        turn = find_turn(validation, training, settings)
        if turn is None:
            continue
        start, end = int(validation.epochs[turn.onset]), int(validation.epochs[-1])
        text = (
            f"{validation.label} turns up at epoch {start} ({_amount(validation, turn.rise)} until epoch {end}) "
            f"while the training loss falls ({_amount(training, -turn.fall)})"
        )
        strength = turn.rise / (turn.rise + settings.turn_rise) if validation.relative else 0.5
        yield Signal("divergence", validation.name, start, end, strength, text)


def _amount(curve: Curve, change: float) -> str:
    return f"{np.expm1(change):+.0%}" if curve.relative else f"{change:+.3g}"


def _clear(over_noise: float, threshold: float) -> float:
    """Return 0.5 at the threshold, nearing 1 far above it."""
    return over_noise / (over_noise + threshold)


def _number(value: float) -> str:
    return one_line(f"{value:.3g}")
