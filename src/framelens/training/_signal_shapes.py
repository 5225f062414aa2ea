"""Shapes of one curve: where it flattens, jumps, spikes or stays at nothing.

Every function takes a :class:`~framelens.training._signal_curves.Curve` and returns what it is sure of.
Lengths are numbers of epochs with a value, heights are in units of ``Curve.height``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from framelens.training._signal_curves import Trend, running_median, trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.training._signal_curves import Curve
    from framelens.training.signal_settings import SignalSettings

__all__ = [
    "Climb",
    "Jump",
    "Plateau",
    "Turn",
    "find_drops",
    "find_near_zero",
    "find_plateau",
    "find_rising",
    "find_spikes",
    "find_turn",
]


#: Share of a drop that must fall within two epochs.
_MOST = 0.6
#: Share of a drop that must come back before it counts as made up for.
_MADE_UP = 0.75


@dataclass(frozen=True, slots=True)
class Jump:
    """A spike or a drop: first and last index, depth, depth over noise, levels before and in it (as logged)."""

    first: int
    last: int
    depth: float
    over_noise: float
    before: float
    inside: float


@dataclass(frozen=True, slots=True)
class Plateau:
    """Index where a curve becomes flat, its level there and how much it still gains after."""

    onset: int
    level: float
    rise: float
    gain: float


@dataclass(frozen=True, slots=True)
class Climb:
    """How many epochs at the end of a run climb, and by how much."""

    count: int
    gain: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Index of the lowest loss, how far the end stands above it, and how far training fell meanwhile."""

    onset: int
    rise: float
    fall: float
    z: float


def _unit(curve: Curve) -> float:
    """Return what a threshold of 1 means: metrics and logarithms as they are, other losses by their range."""
    return curve.span if curve.is_loss and not curve.relative else 1.0


def _least(curve: Curve, settings: SignalSettings) -> float:
    """Return the smallest spike or drop that says something; no shape at all in a curve without a range."""
    if curve.span <= 0:
        return float("inf")
    return (settings.least_loss if curve.is_loss else settings.least_metric) * _unit(curve)


def tail_length(count: int, settings: SignalSettings) -> int:
    """Return how many of ``count`` epochs are the end of a run."""
    return max(settings.shortest_tail, round(settings.tail_share * count))


def find_plateau(curve: Curve, settings: SignalSettings) -> Plateau | None:
    """Find the epoch from which a curve that rose stays within a few per cent of its last level."""
    count, tail = len(curve), tail_length(len(curve), settings)
    if count < settings.shortest_run + tail:
        return None
    smooth = curve.smooth
    level = float(np.median(curve.height[-tail:]))
    rise = level - float(smooth[: max(3, count // 20)].min())
    if rise < max(2 * _least(curve, settings), 4 * curve.noise):
        return None
    smooth_noise = curve.noise / np.sqrt(2 * curve.half_window + 1)
    reached = smooth >= level - max(settings.plateau_band * rise, 2 * smooth_noise)
    onset = int(np.argmax(reached))
    if count - onset < tail or onset < 2:  # noqa: PLR2004 - something must have risen before
        return None
    after = trend(curve.epochs[onset:], curve.height[onset:])
    end = trend(curve.epochs[-tail:], curve.height[-tail:])
    most = settings.plateau_gain * rise
    slow = abs(after.gain) <= min(most, most / 2 * (count - onset) / tail)
    return Plateau(onset, level, rise, after.gain) if slow and not _climbs(end, rise, curve, settings) else None


def _climbs(end: Trend, rise: float, curve: Curve, settings: SignalSettings) -> bool:
    return end.z >= settings.trend_z and end.gain >= max(settings.rising_gain * rise, curve.noise)


def find_rising(curve: Curve, settings: SignalSettings) -> Climb | None:
    """Find whether the end of a run still clearly climbs."""
    count, tail = len(curve), tail_length(len(curve), settings)
    if count < max(settings.shortest_run, tail + 2):
        return None
    rise = float(curve.smooth.max() - curve.smooth.min())
    end = trend(curve.epochs[-tail:], curve.height[-tail:])
    if rise < 2 * _least(curve, settings) or not _climbs(end, rise, curve, settings):
        return None
    return Climb(tail, end.gain)


def find_spikes(curve: Curve, settings: SignalSettings, drops: Sequence[Jump] = ()) -> list[Jump]:
    """Find up to three epochs in a row that are far worse than the five before and after."""
    count = len(curve)
    if count < settings.shortest_run:
        return []
    noise = np.maximum(curve.local_noise, 0.7 * curve.noise)
    least = max(settings.spike_share * curve.span, _least(curve, settings))
    depth = -curve.residual
    low = depth >= np.maximum(settings.spike_noise * noise, least)
    found = []
    for first, last in _stretches(low):
        if first < settings.warm_up or last - first + 1 > settings.longest_spike:
            continue
        if any(drop.first - 1 <= first <= drop.first + settings.longest_spike for drop in drops):
            continue  # the foot of a step from which the curve climbs again
        worst = first + int(np.argmax(depth[first : last + 1]))
        sides = min(_level(curve.height, first - 3, first), _level(curve.height, last + 1, last + 4))
        if sides - curve.height[worst] < depth[worst] / 2:
            continue
        over = float(depth[worst] / max(noise[worst], least / settings.spike_noise))
        before = _level(curve.values, first - 3, first)
        found.append(Jump(first, last, float(depth[worst]), over, before, float(curve.values[worst])))
    return found


def _level(values: NDArray[np.float64], first: int, stop: int) -> float:
    return float(np.median(values[max(0, first) : stop]))


def find_drops(curve: Curve, settings: SignalSettings) -> list[Jump]:
    """Find steps to a worse level within two epochs that hold for longer than a spike."""
    count, reach, height = len(curve), settings.drop_reach, curve.height
    if count < settings.shortest_run:
        return []
    steps, errors = _steps(running_median(height, 1), reach, settings.after_drop)
    steps[: settings.warm_up] = 0
    noise = np.maximum(curve.local_noise, 0.7 * curve.noise)
    least = max(settings.drop_share * curve.span, _least(curve, settings))
    found = []
    for first, last in _stretches(steps >= np.maximum(settings.drop_noise * noise * errors, least)):
        at = first + int(np.argmax(height[first - 1 : last] - height[first : last + 1]))
        shift = float(steps[first : last + 1].max())
        end = _made_up(height, at, shift)
        if end - at >= 2 * settings.longest_spike and _fall_at(height, at, reach) >= _MOST * shift:
            before, inside = _level(curve.values, at - 5, at), _level(curve.values, at, at + 5)
            over = shift / max(noise[at], least / settings.drop_noise)
            found.append(Jump(at, end - 1, shift, over, before, inside))
    return found


def _steps(height: NDArray[np.float64], reach: int, least: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far the curve steps down at each index, and the standard deviation of that in units of noise.

    A line with one step at the index is fitted to ``reach`` values on both sides (at the ends fewer, at
    least ``least``). Being even about the index, neither a bend nor a curvature is taken for a step.
    """
    count = len(height)
    steps, errors = np.zeros(count), np.ones(count)
    for half in range(least, reach + 1):
        at = np.arange(half, count - half + 1) if half == reach else np.unique([half, count - half])
        at = at[(at >= half) & (at < count - half + 1) & (at < count)]
        if not len(at):
            continue
        place = np.arange(-half, half) + 0.5
        side = np.sign(place)
        square, cross = float(place @ place), float(place @ side)
        weights = -2 * (side * square - place * cross) / (2 * half * square - cross**2)
        steps[at] = np.lib.stride_tricks.sliding_window_view(height, 2 * half)[at - half] @ weights
        errors[at] = np.sqrt(weights @ weights)
    return steps, errors


def _fall_at(height: NDArray[np.float64], at: int, reach: int) -> float:
    """Return how far a curve falls within two epochs, less what it would fall anyway at the slope around."""
    slopes = [-float(np.median(np.diff(side))) for side in (height[max(0, at - reach) : at], height[at : at + reach])]
    return float(height[at - 1] - height[at : at + 2].min()) - 2 * max(0.0, *slopes)


def _made_up(height: NDArray[np.float64], at: int, shift: float) -> int:
    """Return the index where three quarters of a loss are made up for, the length of the curve where never."""
    before = np.median(height[max(0, at - 5) : at])
    back = np.flatnonzero(running_median(height[at:], 2) > before - (1 - _MADE_UP) * shift)
    return at + int(back[0]) if len(back) else len(height)


def find_near_zero(curve: Curve, settings: SignalSettings) -> list[tuple[int, int]]:
    """Find stretches in which a metric is practically zero."""
    if curve.is_loss:
        return []
    return [
        (first, last)
        for first, last in _stretches(curve.values < settings.near_zero)
        if curve.epochs[last] - curve.epochs[first] + 1 >= settings.shortest_near_zero
    ]


def find_turn(validation: Curve, training: Curve, settings: SignalSettings) -> Turn | None:
    """Find where a validation loss turns up for good while the training loss goes on falling."""
    count = len(validation)
    if count < settings.shortest_run or len(training) < settings.shortest_run:
        return None
    smooth, start = validation.smooth, min(settings.warm_up, count // 4)
    onset = start + int(np.argmax(smooth[start:]))
    after = count - 1 - onset
    if after < settings.after_turn:
        return None
    end = int(np.clip(after // 3, 3, 10))
    rise = float(smooth[onset] - np.median(validation.height[-end:]))
    smooth_noise = validation.noise * np.sqrt(1 / (2 * validation.half_window + 1) + 1 / end)
    least = settings.turn_rise * _unit(validation)
    if rise < max(least, settings.turn_noise * smooth_noise, validation.noise):
        return None
    up = trend(validation.epochs[onset:], -validation.height[onset:])
    last = trend(validation.epochs[-after // 2 :], -validation.height[-after // 2 :])
    if up.z < settings.trend_z or (last.z <= -settings.trend_z and last.gain < -rise / 4):
        return None
    fall = _fall(training, int(validation.epochs[onset]), settings)
    return None if fall is None else Turn(onset, rise, fall, up.z)


def _fall(training: Curve, since: int, settings: SignalSettings) -> float | None:
    """Return how far the training loss falls from an epoch to the end, None where it does not."""
    first = int(np.searchsorted(training.epochs, since))
    if len(training) - first < settings.after_turn:
        return None
    down = trend(training.epochs[first:], training.height[first:])
    least = settings.train_fall * _unit(training)
    return down.gain if down.z >= settings.trend_z and down.gain >= least else None


def _stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last index of each stretch of True.

    >>> _stretches(np.array([False, True, True, False, True]))
    [(1, 2), (4, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(first), int(stop) - 1) for first, stop in edges.reshape(-1, 2)]
