// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readPanelCases } from "../fixtures/panels.ts";
import { giveElementsWidth, mount, point, press, type Stage } from "../fixtures/stage.ts";

/** A dataset whose calibration has boxes in several bins. */
const one = readPanelCases().find(
  ({ given }) => given.calibration.filter(([count]) => (count as number) > 0).length > 3 && given.ece[0] !== null,
);

describe("a range of bars", () => {
  let stage: Stage;
  const figure = (name: string) => stage.find(`[data-figure=${name}] .fl-figure-body`);
  const bars = (name: string) => [...figure(name).querySelectorAll<SVGElement>(".fl-bar")];
  const sum = (some: readonly Element[]) => some.reduce((all, bar) => all + Number(bar.getAttribute("data-count")), 0);
  const shown = () => Number(stage.find(".fl-gallery").dataset.all);
  const middle = (bar: Element) => Number(bar.getAttribute("x")) + Number(bar.getAttribute("width")) / 2;

  /** Over the picture, in its own pixels: happy-dom gives elements no place. */
  function drag(name: string, from: number, to: number): void {
    const picture = figure(name).querySelector("svg") as SVGElement;
    point(picture, "pointerdown", { clientX: from, clientY: 100 }, { button: 0, buttons: 1 });
    point(picture, "pointermove", { clientX: to, clientY: 90 }, { buttons: 1 });
    expect(picture.querySelectorAll(".fl-brush")).toHaveLength(1);
    point(picture, "pointerup", { clientX: to, clientY: 90 });
    expect(picture.querySelector(".fl-brush")).toBeNull();
  }

  beforeEach(async () => {
    giveElementsWidth();
    if (!one) throw new Error("no dataset fits");
    stage = await mount(one, { view: "curves" });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it.each(["calibration", "score", "iou"])("of the picture %s is dragged over, both ways", (name) => {
    const all = bars(name);
    const [first, last] = [all[0] as Element, all.at(-1) as Element];
    drag(name, middle(first), middle(last));
    expect(shown()).toBe(sum(all));
    const bin = Number(all.at(-1)?.getAttribute("data-bin"));
    drag(name, middle(last), middle(last) - 8);
    expect(shown()).toBe(sum(all.filter((bar) => Number(bar.getAttribute("data-bin")) === bin)));
    drag(name, middle(last), middle(first));
    expect(shown()).toBe(sum(all));
  });

  it("ends with a click that picks no bar, and the next click picks one again", () => {
    const all = bars("calibration");
    const [first, last] = [all[0] as SVGElement, all.at(-1) as SVGElement];
    drag("calibration", middle(first), middle(last));
    point(last, "click", { clientX: middle(last), clientY: 90 }, { detail: 1 });
    expect(shown()).toBe(sum(all));
    point(last, "pointerdown", { clientX: middle(last), clientY: 90 }, { button: 0, buttons: 1 });
    point(last, "pointerup", { clientX: middle(last) + 2, clientY: 90 });
    point(last, "click", { clientX: middle(last), clientY: 90 }, { detail: 1 });
    expect(shown()).toBe(sum([last]));
  });

  it("of the calibration is taken by Shift and a second bar, by mouse and by key", () => {
    const all = bars("calibration");
    press(all[1] as SVGElement, "Enter");
    expect(shown()).toBe(sum(all.slice(1, 2)));
    press(all[2] as SVGElement, "Enter", { shiftKey: true });
    expect(shown()).toBe(sum(all.slice(1, 3)));
    point(all[0] as SVGElement, "click", { clientX: 0, clientY: 0 }, { shiftKey: true });
    expect(shown()).toBe(sum(all.slice(0, 2)));
  });

  it("of one series of a histogram holds that series alone", () => {
    const right = bars("score").filter((bar) => bar.getAttribute("data-series") === "right");
    point(right[0] as SVGElement, "click", { clientX: 0, clientY: 0 });
    point(right.at(-1) as SVGElement, "click", { clientX: 0, clientY: 0 }, { shiftKey: true });
    expect(shown()).toBe(sum(right));
  });
});
