"""Moves, clicks and points in a page and gives the times: milliseconds until painted, and of the processor."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Page

TIMING = (Path(__file__).parent / "timing.js").read_text()
STAGE = ".framelens .fl-matrix-stage"
READY = ".framelens[data-panels=ready]"
_FIELDS = ("size", "cell", "gap", "lastCell", "left", "top")


@dataclass
class Times:
    """One line of the table; times in milliseconds."""

    what: str
    budget: float
    painted: list[float] = field(default_factory=list)
    handled: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    load: float = 0.0


class Probe:
    """A page with ``timing.js`` in it, and the processor time of its main thread."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent(self) -> float:
        """Milliseconds of the processor that the tasks of the main thread have taken so far."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def add(self, times: Times, action: Callable[[], list[float]]) -> None:
        before = self.spent()
        painted, handled = action()
        times.processor.append(self.spent() - before)
        times.painted.append(painted)
        times.handled.append(handled)
        times.load = max(times.load, os.getloadavg()[0])

    def slide(self, times: Times, name: str, moves: int = 60) -> Times:
        """Move a slider to and fro over its whole range."""
        low, high = self.page.locator(f"[data-slider={name}]").evaluate("(it) => [Number(it.min), Number(it.max)]")
        for move in range(moves):
            value = low + (high - low) * (move * 37 % moves) / moves
            self.add(times, lambda value=value: self.page.evaluate("(to) => bench.slide(...to)", [name, value]))
        return times

    def _layout(self) -> dict[str, float]:
        self.page.locator(STAGE).scroll_into_view_if_needed()
        read = "(stage, names) => names.map((name) => Number(stage.dataset[name]))"
        values = self.page.locator(STAGE).evaluate(read, list(_FIELDS))
        box = self.page.locator(STAGE).bounding_box()
        assert box is not None
        layout = dict(zip(_FIELDS, values, strict=True))
        return layout | {"left": layout["left"] + box["x"], "top": layout["top"] + box["y"]}

    def click(self, times: Times, cells: Iterable[tuple[int, int]]) -> Times:
        """Click cells and wait for their thumbnails; cells with a picture that cannot be had do not count."""
        for actual, predicted in cells:
            at = self._layout()

            def place(index: int, at: dict[str, float] = at) -> float:
                last = index == at["size"] - 1
                return index * at["cell"] + (at["gap"] + at["lastCell"] / 2 if last else at["cell"] / 2)

            x, y = at["left"] + place(predicted), at["top"] + place(actual)
            self.page.mouse.move(x, y)
            self.page.evaluate("(cells) => bench.expect('click', cells)", f"{actual},{predicted}")

            def press(x: float = x, y: float = y) -> list[float]:
                self.page.mouse.click(x, y)
                return self.page.evaluate("bench.result")

            self.add(times, press)
            if self.page.locator(".fl-thumb [data-picture=absent]").count():
                for values in (times.painted, times.handled, times.processor):
                    values.pop()
        return times

    def hover(self, times: Times, places: int = 100, seed: int = 0) -> Times:
        """Point at places of the matrix and wait for what the tooltip says."""
        chance = random.Random(seed)
        at = self._layout()
        side = (at["size"] - 1) * at["cell"]
        for _ in range(places):
            x, y = at["left"] + chance.random() * side, at["top"] + chance.random() * side
            self.page.evaluate("bench.expect('pointermove')")

            def point(x: float = x, y: float = y) -> list[float]:
                self.page.mouse.move(x, y)
                return self.page.evaluate("bench.result")

            self.add(times, point)
        return times
