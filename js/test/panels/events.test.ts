// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../src/ledger/decode.ts";
import { spread } from "../../src/panels/events.ts";
import { eventsOf } from "../../src/panels/extra.ts";
import { nextFrame } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { catchFiles, giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

const cases = readPanelCases();
const ledgerOf = ({ head, data }: (typeof cases)[number]) => decode(head, data);
const payload = cases.find(({ events }) => events.length > 4) as (typeof cases)[number];

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function open(): Promise<Stage> {
  const stage = await mount(payload, { selected_panel: "events" });
  await nextFrame();
  return stage;
}

describe("events", () => {
  it("are those of Python's table that last, the longest first", () => {
    let seen = 0;
    for (const [number, one] of cases.entries()) {
      const ledger = ledgerOf(one);
      const kinds = ledger.head.panels?.events ?? [];
      const found = eventsOf(ledger).map(({ kind, category, frames, pairs }) => [
        ledger.head.classes[category],
        kinds[kind]?.id,
        frames,
        pairs.map(({ object, detection }) => [object, detection]),
      ]);
      expect(found, `dataset ${number}`).toEqual(one.events);
      seen += found.length;
    }
    expect(seen).toBeGreaterThan(100);
  });

  it("show the first and the last frame of a strip, and no more than fit", () => {
    expect(spread(1)).toEqual([0]);
    expect(spread(3)).toEqual([0, 1, 2]);
    expect(spread(100)).toEqual([0, 20, 40, 59, 79, 99]);
  });

  it("leave as a table of those that are chosen", async () => {
    const files = catchFiles();
    const stage = await open();
    stage.find('.fl-events [data-export="JSON"]').click();
    await nextFrame();
    const { rows } = JSON.parse((await files.at(-1)?.text()) ?? "{}");
    const said = rows.map((row: Record<string, unknown>) => [row.class, row.status, row.frames]);
    expect(said).toEqual(payload.events.map(([name, kind, frames]) => [name, kind, frames]));
  });

  it("open their frames, bring their boxes, and are walked through by key", async () => {
    const stage = await open();
    const events = stage.all(".fl-event");
    expect(events.length).toBe(4);
    const stills = [...(events[0] as HTMLElement).querySelectorAll<HTMLElement>(".fl-event-frame")];
    stills[0]?.focus();
    press(stills[0] as HTMLElement, "ArrowRight");
    expect(document.activeElement).toBe(stills[1]);
    press(stills[1] as HTMLElement, "ArrowDown");
    expect(events[1]?.contains(document.activeElement)).toBe(true);
    stills[1]?.click();
    const viewer = stage.find<HTMLDialogElement>(".fl-events dialog.fl-frame");
    expect(viewer.dataset.frame).toBe(stills[1]?.dataset.frame);
    events[0]?.querySelector<HTMLElement>("[data-bring]")?.click();
    await nextFrame();
    expect(stage.find(".fl-gallery").dataset.all).toBe(String(payload.events[0]?.[3]?.length));
  });

  it("are shown page by page and kind by kind", async () => {
    const stage = await open();
    const next = stage.find<HTMLButtonElement>(".fl-events .fl-next");
    next.click();
    expect(stage.text(".fl-events .fl-gallery-range")).toBe(
      `Showing 5–${payload.events.length} of ${payload.events.length}`,
    );
    const kinds = stage.find<HTMLSelectElement>(".fl-event-kinds");
    kinds.value = kinds.options[1]?.value ?? "";
    kinds.dispatchEvent(new Event("change", { bubbles: true }));
    const shown = new Set(stage.all(".fl-event").map(({ dataset }) => dataset.kind));
    expect([...shown]).toEqual([kinds.options[1]?.text.split(" ").slice(0, -1).join(" ")]);
    expect(stage.find<HTMLButtonElement>(".fl-events .fl-back").disabled).toBe(true);
  });
});
