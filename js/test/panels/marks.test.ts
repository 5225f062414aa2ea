// @vitest-environment happy-dom
/** Every number that can be clicked brings as many boxes as it says; keys do what the pointer does. */
import { afterEach, describe, expect, it } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { standalone } from "../../src/panels/picture-file.ts";
import { nextFrame } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { eventually, mount, press, type Stage } from "../fixtures/stage.ts";

const cases = readPanelCases();
/** Few boxes and many, crowd regions, scores outside 0 to 1; all of them with FRAMELENS_ALL=1, which takes a minute. */
const CHOSEN = process.env.FRAMELENS_ALL ? [...cases.keys()] : [2, 6, 11, 13, 22, 33];
const PANELS = ["classes", "curves", "errors", "slices", "frames", "labels"];

afterEach(() => document.body.replaceChildren());

async function open(number: number): Promise<Stage> {
  const { head, data } = cases[number] as (typeof cases)[number];
  return mount({ head, data }, { view: "report" });
}

const gallery = (stage: Stage) => stage.find(".fl-gallery");
const marksIn = (stage: Stage) =>
  stage.all(".fl-panel:not([hidden]) [data-count].fl-bar, .fl-panel:not([hidden]) [data-count].fl-bring");

describe("marks of the panels", () => {
  it.each(CHOSEN)("bring as many boxes as they say (dataset %i)", async (number) => {
    const stage = await open(number);
    let clicked = 0;
    for (const panel of PANELS) {
      const tab = stage.all(`.fl-tab[data-panel=${panel}]`)[0];
      if (!tab) continue;
      tab.click();
      await nextFrame();
      let marks = marksIn(stage);
      for (let at = 0; at < marks.length; at++) {
        if (!marks[at]?.isConnected) marks = marksIn(stage); // the panel was drawn anew
        const mark = marks[at];
        if (!mark) break;
        mark.dispatchEvent(new MouseEvent("click", { bubbles: true }));
        expect(gallery(stage).dataset.all, `${panel}, mark ${at}`).toBe(mark.dataset.count);
        clicked += 1;
      }
    }
    expect(clicked).toBeGreaterThan(CHOSEN.length > 6 ? 0 : 20);
  });

  it("can be reached and used by keyboard", async () => {
    const stage = await open(6);
    stage.find(".fl-tab[data-panel=curves]").click();
    await nextFrame();
    const bars = stage.all('[data-figure="score"] .fl-bar');
    expect(bars.filter((bar) => bar.getAttribute("tabindex") === "0").length).toBe(1);
    bars[0]?.focus();
    press(bars[0] as Element, "ArrowRight");
    expect(document.activeElement).toBe(bars[1]);
    press(bars[1] as Element, "Enter");
    expect(gallery(stage).dataset.all).toBe(bars[1]?.dataset.count);
  });

  it("move the operating point from the curve, and every number follows", async () => {
    const stage = await open(6);
    stage.find(".fl-tab[data-panel=curves]").click();
    await nextFrame();
    const slider = stage.find('[data-figure="confidence"] [role=slider]');
    const before = Number(slider.getAttribute("aria-valuenow"));
    press(slider, "ArrowRight");
    await nextFrame();
    expect(Number(slider.getAttribute("aria-valuenow"))).toBeCloseTo(before + 0.01, 2);
    expect(stage.model.get("confidence")).toBeCloseTo(before + 0.01, 2);
    press(slider, "End");
    await nextFrame();
    stage.find(".fl-tab[data-panel=classes]").click();
    await nextFrame();
    const detections = () =>
      stage.all(".fl-per-class [data-field=detections]").map(({ textContent }) => Number(textContent));
    const { head, data } = cases[6] as (typeof cases)[number];
    const top = decode(head, data).detections.score.filter((score) => score >= 1).length;
    const sum = () => detections().reduce((total, own) => total + own, 0);
    await eventually(() => expect(sum()).toBeLessThanOrEqual(top));
  });

  it("leave out frames by a slice, say so, and come back", async () => {
    const stage = await open(6);
    stage.find(".fl-tab[data-panel=slices]").click();
    await nextFrame();
    const choice = stage.find<HTMLSelectElement>(".fl-facet");
    const weather = [...choice.options].find(({ textContent }) => textContent === "weather") as HTMLOptionElement;
    choice.value = weather.value;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const row = stage.find("tr[data-slice]");
    const objects = row.querySelector("[data-field=objects]")?.textContent;
    row.querySelector<HTMLElement>("[data-only]")?.click();
    await nextFrame();
    expect(stage.find(".fl-filter-bar").hidden).toBe(false);
    expect(stage.text(".fl-filter-bar")).toContain(`weather: ${row.dataset.slice}`);
    stage.find(".fl-tab[data-panel=classes]").click();
    await nextFrame();
    const all = () => stage.all(".fl-per-class [data-field=objects]").map(({ textContent }) => Number(textContent));
    await eventually(() => expect(all().reduce((sum, own) => sum + own, 0)).toBe(Number(objects)));
    stage.find("[data-end-filter]").click();
    await nextFrame();
    expect(stage.find(".fl-filter-bar").hidden).toBe(true);
  });
});

describe("filters", () => {
  it("count one class alone, and the frames that a table lists", async () => {
    const stage = await open(6);
    stage.find(".fl-tab[data-panel=classes]").click();
    await nextFrame();
    const objects = () => stage.all(".fl-per-class [data-field=objects]").map(({ textContent }) => Number(textContent));
    const before = objects();
    stage.find('.fl-per-class [data-only="1"]').click();
    await eventually(() => expect(objects()).toEqual(before.map((count, at) => (at === 1 ? count : 0))));
    stage.find("[data-end-filter]").click();
    stage.find(".fl-tab[data-panel=frames]").click();
    await nextFrame();
    const misses = stage.find<HTMLElement>('[data-profile="mixed"]');
    misses.click();
    const count = Number(misses.dataset.count);
    stage.find('[data-only="frames"]').click();
    await nextFrame();
    expect(stage.text(".fl-filter-bar")).toContain(`${count} of `);
    expect(stage.all("tr[data-frame]").length).toBe(count);
    expect(stage.all("button[data-profile]").map((button) => Number(button.dataset.count))).toEqual([0, 0, 0, count]);
  });
});

describe("export", () => {
  it("gives a picture that needs no page", async () => {
    const stage = await open(6);
    stage.find(".fl-tab[data-panel=errors]").click();
    await nextFrame();
    const copy = standalone(stage.find(".fl-errors svg") as unknown as SVGSVGElement);
    expect(copy.querySelector("[class], [role], [tabindex]")).toBe(null);
    expect(copy.querySelectorAll("rect").length).toBe(8);
  });
});
