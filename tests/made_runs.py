"""Training runs whose every event is known, because they are drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framelens.training.history import History

#: The kinds of signal that are drawn; every run either has one or certainly has not.
KINDS = ("plateau", "rising", "spike", "drop", "divergence")


@dataclass(frozen=True)
class Event:
    """One thing that a run does, where it begins, and how far beside it may be found."""

    kind: str
    series: str
    epoch: int
    tolerance: int


@dataclass(frozen=True)
class MadeRun:
    """A history and the events in it."""

    history: History
    events: tuple[Event, ...]

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def make_runs(count: int, seed: int = 0) -> list[MadeRun]:
    """Draw ``count`` runs of 40 to 300 epochs: half of them flatten, two fifths diverge, two fifths have spikes."""
    return [_run(np.random.default_rng([seed, number])) for number in range(count)]


def _run(rng: np.random.Generator) -> MadeRun:
    count = round(float(np.exp(rng.uniform(np.log(40), np.log(300)))))
    events: list[Event] = []
    metric = _metric(rng, count, events)
    training, validation = _losses(rng, count, events)
    series = {"map50_95": metric, "train/box": training, "val/box": validation}
    _steps_and_spikes(rng, series, events)
    series["train/cls"] = series["val/cls"] = np.zeros(count)
    if rng.random() < 0.2:
        gone = rng.random(count) < rng.uniform(0.03, 0.1)
        gone[[event.epoch - 1 for event in events]] = False
        for name in ("map50_95", "val/box"):
            series[name] = np.where(gone, np.nan, series[name])
    epochs = np.arange(1, count + 1)
    best = int(epochs[np.nanargmax(series["map50_95"])])
    return MadeRun(History("made", "detect", epochs, series, best_epoch=best), tuple(events))


def _noise(rng: np.random.Generator, count: int, size: float) -> np.ndarray:
    """Noise of which up to half is left over from the epoch before, sometimes wilder in the first epochs."""
    memory = rng.choice([0.0, 0.25, 0.5])
    fresh = rng.standard_normal(count) * np.sqrt(1 - memory**2)
    noise = np.empty(count)
    last = rng.standard_normal()
    for i, new in enumerate(fresh):
        noise[i] = last = memory * last + new
    if rng.random() < 0.4:
        noise *= 1 + 2 * np.exp(-np.arange(count) / (0.1 * count))
    return size * noise


def _metric(rng: np.random.Generator, count: int, events: list[Event]) -> np.ndarray:
    """A metric that either reaches its level at a known epoch, or climbs to the end."""
    start, top = rng.uniform(0.0, 0.15), rng.uniform(0.3, 0.9)
    at = np.arange(1, count + 1)
    if rng.random() < 0.5:
        onset = int(rng.uniform(0.2, 0.7) * count)
        bend = rng.uniform(1.0, 1.5)
        shape = 1 - np.clip(1 - at / onset, 0, 1) ** bend
        events.append(Event("plateau", "map50_95", onset, max(5, round(0.1 * count))))
    else:
        shape = rng.choice([at / count, np.sqrt(at / count), 1.15 * (1 - np.exp(-2.0 * at / count))])
        events.append(Event("rising", "map50_95", count, count))
    size = rng.uniform(0.001, 0.012) * (top - start)
    return start + (top - start) * shape + _noise(rng, count, size)


def _losses(rng: np.random.Generator, count: int, events: list[Event]) -> tuple[np.ndarray, np.ndarray]:
    """A falling training loss, and a validation loss that follows it to its floor or turns up at a known epoch."""
    at, scale = np.arange(1, count + 1), float(np.exp(rng.uniform(np.log(1e-3), np.log(1e3))))
    speed = rng.uniform(3, 8) / count
    training = scale * (0.25 * (1 - 0.5 * at / count) + np.exp(-speed * at))
    training = training * np.exp(_noise(rng, count, rng.uniform(0.002, 0.015)))
    size = rng.uniform(0.003, 0.02)
    if rng.random() < 0.4:
        onset = int(rng.uniform(0.3, 0.75) * count)
        to_go = count - onset
        rise = rng.uniform(max(0.08, 6 * size), 0.6)
        up = rise * np.clip((at - onset) / to_go, 0, None) ** rng.uniform(1.0, 1.3)
        down = rng.uniform(0.5, 1.5) * np.clip(1 - at / onset, 0, None) ** rng.uniform(1.0, 1.5)
        level = up + down
        events.append(Event("divergence", "val/box", onset, max(5, round(0.12 * count))))
    else:
        level = np.log(0.4 + rng.uniform(0.6, 1.4) * np.exp(-speed * at))
    return training, 0.5 * scale * np.exp(level + _noise(rng, count, size))


def _steps_and_spikes(rng: np.random.Generator, series: dict[str, np.ndarray], events: list[Event]) -> None:
    """Let some runs fall by a step for good, and some be far worse for one or two epochs."""
    count = len(series["map50_95"])
    turn = {event.series: event.epoch for event in events if event.kind == "divergence"}
    taken: list[int] = []
    for kind, share, most in (("drop", 0.15, 1), ("spike", 0.4, 2)):
        if rng.random() >= share:
            continue
        for _ in range(rng.integers(1, most + 1)):
            name = str(rng.choice(["map50_95", "val/box"])) if kind == "spike" else "map50_95"
            place = int(rng.integers(max(12, count // 5), count - 8))
            if any(abs(place - other) < 14 for other in [*taken, *turn.values()]):
                continue
            taken.append(place)
            _bend(rng, series, name, place, kind)
            events.append(Event(kind, name, place + 1, 1))
    if any(event.kind == "drop" for event in events):
        # after a step down neither "flat" nor "climbs" is a plain truth
        events[:] = [event for event in events if event.kind not in {"plateau", "rising"}]
        events.append(Event("unclear", "map50_95", 0, 0))


def _bend(rng: np.random.Generator, series: dict[str, np.ndarray], name: str, place: int, kind: str) -> None:
    curve = series[name]
    worse = np.log(curve) if name.startswith("val/") else -curve
    noise = 1.4826 * float(np.median(np.abs(np.diff(worse, n=2)))) / np.sqrt(6)
    share = rng.uniform(0.2, 0.5) if kind == "drop" else rng.uniform(0.12, 0.4)
    size = max(share * float(np.ptp(worse)), 10 * noise)
    last = len(curve) if kind == "drop" else place + int(rng.integers(1, 3))
    worse = worse.copy()
    worse[place:last] += size
    series[name] = np.exp(worse) if name.startswith("val/") else -worse
