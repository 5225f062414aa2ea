"""What a person does on a framelens page: point at a cell, click it, page through the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator


class MatrixPage:
    """The confusion matrix and its gallery inside one root element."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.stage = root.locator(".fl-matrix-stage")
        self.tooltip = root.locator(".fl-tooltip")
        self.gallery = root.locator(".fl-gallery")

    def center(self, actual: int, predicted: int) -> dict[str, float]:
        layout = {
            name: float(self.stage.get_attribute(f"data-{name}")) for name in ("size", "cell", "gap", "left", "top")
        }
        last = layout["size"] - 1

        def place(index: int) -> float:
            return (index + 0.5) * layout["cell"] + (layout["gap"] if index == last else 0)

        return {"x": layout["left"] + place(predicted), "y": layout["top"] + place(actual)}

    def hover(self, actual: int, predicted: int) -> None:
        """Move the pointer over a cell and wait for its tooltip."""
        self.stage.hover(position=self.center(actual, predicted), force=True)
        self.root.locator(f'.fl-tooltip[data-actual="{actual}"][data-predicted="{predicted}"]:not([hidden])').wait_for()

    def click(self, actual: int, predicted: int) -> None:
        """Select one cell by a click and wait until the gallery shows it."""
        # A second click would clear it; the stage itself says what is selected only once it is painted.
        if self.gallery.get_attribute("data-cells") != f"{actual},{predicted}":
            self.stage.click(position=self.center(actual, predicted))
        self.root.locator(f'.fl-gallery[data-cells="{actual},{predicted}"]').wait_for()

    def thumbnails(self) -> Locator:
        """Thumbnails on the present page."""
        return self.gallery.locator(".fl-thumb")

    def every_thumbnail(self) -> list[str]:
        """Page to the end and return the example of every thumbnail."""
        seen: list[str] = []
        count = int(self.gallery.get_attribute("data-count"))
        while True:
            seen += [thumb.get_attribute("data-example") for thumb in self.thumbnails().all()]
            if len(seen) >= count:
                return seen
            first = self.gallery.get_attribute("data-first")
            self.gallery.get_by_role("button", name="Next page").click()
            self.root.locator(f'.fl-gallery:not([data-first="{first}"])').wait_for()
