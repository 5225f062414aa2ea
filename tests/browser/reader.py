"""Everything a reader does on a page without a kernel, one act after the other, each with its visible effect.

Groups stand in the order of ``GROUPS``; every group leaves the page so that the next one can begin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from browser.pages import MatrixPage
from browser.small_set import BACKGROUND, CAR, DOG, TRUCK

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page


class Reader:
    """One person at one page; ``root`` may stand in a frame of it."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page, self.root = page, root
        self.matrix = MatrixPage(root)
        self.acts: list[str] = []

    def does(self, act: str, selector: str, **attributes: str | int) -> None:
        """Note an act whose effect is that ``selector`` is there, with these attributes."""
        parts = "".join(f'[{name.replace("_", "-")}="{value}"]' for name, value in attributes.items())
        self.root.locator(f"{selector}{parts}").first.wait_for(state="attached")
        self.acts.append(act)

    def sees(self, act: str, locator: Locator, text: str) -> None:
        """Note an act after which ``locator`` reads ``text``."""
        expect(locator).to_have_text(text)
        self.acts.append(act)

    def changes(self, act: str, selector: str, attribute: str, do: Callable[[], object]) -> str:
        """Do something that changes an attribute; give what it is then."""
        place = self.root.locator(selector).first
        before = place.get_attribute(attribute)
        do()
        self.root.locator(f'{selector}:not([{attribute}="{before}"])').first.wait_for(state="attached")
        self.acts.append(act)
        return str(place.get_attribute(attribute))

    def drags(self, place: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag by the mouse between two points, given as shares of width and height."""
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
        self.page.mouse.move(*at[0])
        self.page.mouse.down()
        self.page.mouse.move(*at[1], steps=6)
        self.page.mouse.up()

    def click(self, selector: str) -> None:
        self.root.locator(selector).first.click()

    def choose(self, selector: str, value: str) -> None:
        self.root.locator(selector).first.select_option(value)

    def opens(self, panel: str) -> Locator:
        self.click(f".fl-tab[data-panel={panel}]")
        self.does(f"tab {panel}", f".fl-panel[data-panel={panel}]:not([hidden])")
        return self.root.locator(f".fl-panel[data-panel={panel}]")

    def downloads(self, act: str, selector: str, name: str) -> bytes:
        """Click and give the bytes of the file that comes."""
        with self.page.expect_download() as coming:
            self.click(selector)
        assert coming.value.suggested_filename.endswith(name)
        content = coming.value.path().read_bytes()
        assert content
        self.acts.append(act)
        return content


def sliders(reader: Reader) -> None:
    confidence, iou = (reader.root.locator(f"[data-slider={name}]") for name in ("confidence", "iou"))
    reader.changes(
        "drag confidence", ".fl-thresholds", "data-confidence", lambda: reader.drags(confidence, (0.3, 0.5), (0.7, 0.5))
    )
    reader.changes("confidence by key", ".fl-thresholds", "data-confidence", lambda: confidence.press("ArrowLeft"))
    field = reader.root.locator("[data-number=confidence]")
    field.fill("0.85")
    field.press("Enter")
    reader.does("confidence typed", ".fl-thresholds", data_confidence=0.85)
    reader.changes("drag IoU", ".fl-thresholds", "data-iou", lambda: reader.drags(iou, (0.3, 0.5), (0.6, 0.5)))
    reader.choose(".fl-pairing select, select.fl-pairing", "score")
    reader.does("match by score", ".fl-moved:not([hidden])")
    reader.click(".fl-own summary")
    reader.does("own confidences", ".fl-own[open] [data-class]")
    reader.click(".fl-own-best")
    reader.does("best F1 of each class", ".fl-own-row")
    reader.click(".fl-own-clear")
    reader.root.locator(".fl-own-row").first.wait_for(state="detached")
    reader.acts.append("one confidence for all")
    reader.click(".fl-own-copy")
    reader.sees("copy as a dict", reader.root.locator(".fl-own-said"), "Copied")
    reader.click(".fl-back-to")
    reader.does("back to what was given", ".fl-thresholds", data_confidence=0.3, data_iou=0.5)


def matrix(reader: Reader) -> None:
    cells = reader.matrix
    cells.hover(CAR, TRUCK)
    reader.acts.append("hover a cell")
    cells.click(CAR, TRUCK)
    reader.acts.append("click a cell")
    place = cells.center(TRUCK, BACKGROUND)
    cells.stage.click(position=place, modifiers=["Control"], force=True)
    reader.does("Control and click", ".fl-gallery", data_cells=f"{CAR},{TRUCK} {TRUCK},{BACKGROUND}")
    ends = [cells.center(row, row) for row in (CAR, DOG)]
    box = cells.stage.bounding_box()
    shares = [(end["x"] / box["width"], end["y"] / box["height"]) for end in ends]
    reader.drags(cells.stage, *shares)
    reader.does("drag over a block", ".fl-gallery", data_cells=f"{CAR},{CAR} {CAR},{TRUCK} {DOG},{DOG}")
    cells.stage.focus()
    cells.stage.press("Escape")
    reader.does("Escape clears", ".fl-matrix-stage:not([data-selected])")
    cells.stage.press("Control+Home")
    cells.stage.press("ArrowRight")
    cells.stage.press("Enter")
    reader.does("arrows and Enter", ".fl-gallery", data_cells=f"{CAR},{TRUCK}")
    cells.stage.press("Shift+Space")
    reader.does("a row by key", ".fl-gallery", data_cells=f"{CAR},{CAR} {CAR},{TRUCK}")
    reader.click("[data-normalize=row]")
    reader.does("shares of the row", "[data-normalize=row][aria-pressed=true]")
    reader.changes(
        "order", ".fl-matrix-stage", "data-order", lambda: reader.choose("select.fl-order, .fl-order select", "name")
    )
    reader.choose("select.fl-order, .fl-order select", "file")
    reader.click(".fl-errors-only")
    reader.does("errors only", ".fl-errors-only[aria-pressed=true]")
    reader.click(".fl-errors-only")
    reader.click(".fl-transpose")
    reader.does("transpose", ".fl-transpose[aria-pressed=true]")
    reader.click(".fl-transpose")
    reader.click("[data-normalize=count]")
    reader.click(".fl-fold")
    reader.does("fold groups", ".fl-matrix-stage", data_size=3)
    reader.click(".fl-fold")
    reader.click(".fl-pick")
    reader.root.locator(".fl-class-search").fill("tru")
    reader.click("[data-pick=found]")
    reader.does("pick classes", ".fl-open-other:not([hidden])")
    reader.click("[data-pick=all]")
    reader.click(".fl-confused")
    reader.click(".fl-confused-list [data-pair]")
    reader.does("most confused pair", f".fl-gallery[data-all='{18}']")
    reader.click(".fl-split [data-kind=missed]")
    reader.does("all that was missed", ".fl-gallery[data-picked][data-all='18']")


def gallery(reader: Reader) -> None:
    reader.matrix.click(CAR, TRUCK)
    reader.does("pictures", ".fl-picture[data-picture=shown]")
    reader.click(".fl-next")
    reader.does("next page", ".fl-gallery", data_first=12)
    reader.root.locator(".fl-thumb").first.press("PageUp")
    reader.does("page by key", ".fl-gallery", data_first=0)
    reader.click("[data-shape=frame]")
    reader.does("whole frames", "[data-shape=frame][aria-pressed=true]")
    reader.click("[data-shape=crop]")
    first = ".fl-thumb[data-at='0']"
    reader.changes("sort", first, "data-example", lambda: reader.choose("select.fl-sort, .fl-sort select", "score-low"))
    reader.choose("select.fl-outcome, .fl-outcome select", "missed")
    reader.does("filter by outcome", ".fl-gallery", data_count=0)
    reader.click(".fl-unfilter")
    reader.does("show all", ".fl-gallery", data_count=18)
    reader.root.locator(".fl-gallery .fl-search").fill("7.png")
    reader.does("frame name", ".fl-gallery", data_count=2)
    reader.click(".fl-unfilter")
    high = reader.root.locator("[data-end=high]")
    high.fill("0.75")
    high.press("Tab")
    reader.does("score", ".fl-gallery:not([data-count='18'])")
    reader.click(".fl-unfilter")
    reader.root.locator(".fl-thumb").first.press("h")
    reader.does("mark by key", ".fl-thumb .fl-badge", data_mark="hard")
    reader.click("[data-marked=hard]")
    reader.does("those that are marked", ".fl-gallery[data-picked]", data_count=1)


def frame(reader: Reader) -> None:
    reader.matrix.click(CAR, CAR)
    reader.click(".fl-thumb")
    dialog = reader.root.locator("dialog.fl-frame[open]")
    reader.does("open the frame", "dialog.fl-frame[open] .fl-picture[data-picture=shown]")
    reader.changes("next example by key", "dialog.fl-frame", "data-example", lambda: dialog.press("ArrowRight"))
    reader.changes("back by button", "dialog.fl-frame", "data-example", lambda: dialog.locator(".fl-back").click())
    dialog.get_by_role("button", name="Zoom in").click()
    reader.does("zoom in", ".fl-frame-space", data_zoom="1.50")
    space = dialog.locator(".fl-frame-space")
    before = space.evaluate("(space) => space.scrollLeft")
    reader.drags(space, (0.7, 0.5), (0.3, 0.5))
    assert space.evaluate("(space) => space.scrollLeft") > before
    reader.acts.append("drag the picture")
    dialog.press("g")
    reader.does("ground truth alone", "dialog.fl-frame", data_mode="truth")
    dialog.press("a")
    dialog.locator(".fl-mark-bar [data-mark='label error']").click()
    reader.does("mark a label error", ".fl-mark-bar [data-mark='label error'][aria-pressed=true]")
    note = dialog.locator(".fl-note")
    note.fill("the box is too wide")
    note.press("Tab")
    dialog.press("Escape")
    reader.does("a note, and Escape", ".fl-badge:has-text('label error: the box is too wide')")
    before = reader.root.locator(".fl-card[data-card=recall]").get_attribute("data-value")
    reader.click("[data-without='label error']")
    reader.does("count without label errors", f".fl-card[data-card=recall]:not([data-value='{before}'])")
    reader.click("[data-without='label error']")
    reader.does("count with them", ".fl-card[data-card=recall]", data_value=str(before))


def charts(reader: Reader) -> None:
    metric = reader.root.locator(".fl-chart[data-chart=metric]")
    plot = metric.locator(".fl-chart-plot")
    reader.changes(
        "hover an epoch", ".fl-chart[data-chart=loss]", "data-epoch", lambda: plot.hover(position={"x": 90, "y": 60})
    )
    plot.click(position={"x": 200, "y": 60})
    reader.does("choose an epoch", ".fl-chart .fl-chosen")
    plot.press("Escape")
    reader.changes(
        "drag over epochs",
        ".fl-chart[data-chart=metric]",
        "data-window",
        lambda: reader.drags(plot, (0.3, 0.5), (0.7, 0.5)),
    )
    reader.changes("all epochs", ".fl-chart[data-chart=loss]", "data-window", lambda: reader.click(".fl-all-epochs"))
    reader.click(".fl-log-scale")
    reader.does("log scale", ".fl-chart[data-chart=loss]", data_scale="log")
    reader.click("[data-more=lr]")
    reader.does("learning rate", ".fl-chart[data-chart=lr]")
    reader.root.locator(".fl-smoothing").select_option(index=2)
    reader.does("smoothing", ".fl-raw")
    reader.click(".fl-chart-name[data-toggle]")
    reader.does("a curve less", ".fl-chart-name[aria-pressed=false]")


def panels(reader: Reader) -> None:
    classes = reader.opens("classes")
    classes.locator("[data-sort=recall]").click()
    reader.does("sort the classes", "[data-panel=classes] th[aria-sort] [data-sort=recall]")
    classes.locator("tr[data-class='0'] [data-bring=missed]").click()
    reader.does("boxes of a number", ".fl-gallery[data-all='18']")
    classes.locator("tr[data-class='2'] [data-only]").click()
    reader.does("one class only", ".fl-filter-bar:not([hidden])")
    reader.click("[data-end-filter]")
    curves = reader.opens("curves")
    curves.locator("[data-figure=score] .fl-bar").first.dispatch_event("click")
    reader.does("boxes of a bar", ".fl-gallery[data-picked]")
    slider = curves.locator("[data-figure=confidence] [role=slider]")
    slider.focus()
    reader.changes("the point by key", ".fl-thresholds", "data-confidence", lambda: slider.press("ArrowRight"))
    reader.click(".fl-back-to")
    errors = reader.opens("errors")
    errors.locator("tr[data-type] [data-bring]:enabled").first.click()
    reader.does("boxes of an error type", ".fl-gallery[data-picked]")
    slices = reader.opens("slices")
    slices.locator(".fl-bring[data-count]").first.click()
    reader.acts.append("boxes of a slice")
    frames = reader.opens("frames")
    frames.locator("tr[data-frame] .fl-bring").first.click()
    reader.acts.append("boxes of a frame")
    reader.opens("labels").locator("tr[data-issue] [data-bring]").first.click()
    reader.does("a suspected label error", ".fl-gallery[data-picked]", data_count=1)
    checklist = reader.opens("checklist")
    checklist.locator(".fl-more-findings summary").click()
    reader.does("symptoms that are absent", ".fl-more-findings[open]")
    epochs = reader.opens("epochs")
    epochs.locator(".fl-epoch-choice").select_option("1")
    reader.does("another epoch", ":is(.fl-epochs[data-epoch='1'], .fl-epoch-shown:has-text('not stored in this page'))")


def save(reader: Reader) -> None:
    reader.matrix.click(CAR, CAR)
    reader.opens("save")
    table = reader.downloads("matrix as CSV", "[data-save=matrix]", "confusion-matrix.csv")
    assert b"# rules: coco" in table.split(b"actual")[0]
    reader.downloads("numbers as JSON", "[data-save=numbers]", "evaluation.json")
    assert reader.downloads("matrix as PNG", "[data-save=picture]", "confusion-matrix.png").startswith(b"\x89PNG")
    reader.downloads("boxes as CSV", "[data-save=examples]", "examples.csv")
    reader.opens("curves")
    reader.click(".fl-panel[data-panel=curves] [data-figure=pr] .fl-exports summary")
    reader.downloads("a picture as SVG", ".fl-panel[data-panel=curves] [data-figure=pr] [data-export=SVG]", ".svg")
    reader.matrix.stage.focus()
    reader.matrix.stage.press("?")
    reader.does("all keys", ".fl-help-dialog[open]")
    reader.root.locator(".fl-help-dialog .fl-close").click()
    reader.root.locator(".fl-help-dialog").wait_for(state="detached")
    reader.acts.append("close")


GROUPS = (sliders, matrix, gallery, frame, charts, panels, save)
#: A walk of a few seconds through what is used most.
SHORT = (gallery, save)
