// @vitest-environment happy-dom
/** Average precision follows a filter: counted in the page, asked of the kernel, or said to stand still. */
import { describe, expect, it, vi } from "vitest";
import { aborted } from "../../src/host/rpc.ts";
import type { PictureBook } from "../../src/host/stored-pictures.ts";
import { canCountAP, countAP } from "../../src/ledger/average-precision.ts";
import { decode } from "../../src/ledger/decode.ts";
import type { Head, Recount } from "../../src/ledger/schema.ts";
import { fraction } from "../../src/ledger/words.ts";
import { filterOf } from "../../src/panels/filter.ts";
import { followAP } from "../../src/panels/part-ap.ts";
import type { Context } from "../../src/views/context.ts";
import { nextFrame, type Sent } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { eventually, mount, type Stage } from "../fixtures/stage.ts";

const SOME = { frames: [0, 1] };
const CLASS = { class: 1 };
const MARKS = [{ object: 0, detection: 0, mark: "label error", note: "" }] as const;

const NOTHING = { objects: null, detections: null };

const { data, ...found } = readPanelCases().find(
  ({ head }) => head.frames.names.length > 3 && head.classes.length > 2 && head.counts.detections > 40,
) as ReturnType<typeof readPanelCases>[number];
const whole = countAP(decode(found.head, data), NOTHING);
/** A class with objects in these frames. */
const SEEN = found.head.classes.findIndex((_, own) => {
  const ledger = decode(found.head, data);
  return countAP(ledger, filterOf(ledger, [SOME], [])?.mask ?? NOTHING).classes?.[own]?.ap50 !== null;
});
const cards = (["map50", "map50_95"] as const).map((id) => {
  const more = { band: [null, null], verdict: null, rule: "mean over 3 classes, over all confidences" } as const;
  return { id, title: { map50: "mAP50", map50_95: "mAP50-95" }[id], question: "", value: whole[id], ...more };
});
const head: Head = { ...found.head, cards };

/** The same, with detections missing. */
const fewer = { ...head, recount: { ...(head.recount as Recount), below: 1234, floor: 0.21 } };
const bar = (stage: Stage) => stage.text(".fl-filter-bar");
const card = (stage: Stage, id: string) => stage.find(`.fl-card[data-card=${id}]`);
const asked = (stage: Stage) => stage.model.sent.filter(({ op }) => op === "average_precision");
const cells = (stage: Stage, field: string) =>
  stage.all(`.fl-per-class td[data-field=${field}]`).map(({ textContent }) => textContent?.match(/n\/a|[\d.]+/)?.[0]);

async function open(traits: object, own = head): Promise<Stage> {
  const stage = await mount({ head: own, data }, { view: "report", selected_panel: "classes", ...traits });
  await nextFrame();
  return stage;
}

describe("average precision under a filter", () => {
  it("is said to stand still under a slider, not under filters that are not there", async () => {
    const stage = await open({ confidence: 0.5 });
    expect(card(stage, "map50").textContent).toContain("does not follow sliders");
    expect(Number(card(stage, "map50").dataset.value)).toBe(whole.map50);
  });

  it.each([
    ["frames", [SOME]],
    ["a class", [CLASS]],
    ["a class of some frames", [SOME, { class: SEEN }]],
    ["no marked boxes", [{ without: ["label error"] }]],
  ])("is counted in the page for %s: bar, cards, table and curve say the same", async (_, filter) => {
    const ledger = decode(head, data);
    expect(canCountAP(ledger)).toBe(true);
    const stage = await open({ filter, marks: MARKS });
    const mask = filterOf(ledger, filter as never, MARKS)?.mask ?? NOTHING;
    const { map50, map50_95, classes } = countAP(ledger, mask);
    expect(map50).not.toBe(whole.map50);
    expect(classes?.filter(({ ap50 }) => ap50 !== null).length).toBeGreaterThan(0);
    expect(bar(stage)).toContain(`mAP50 ${fraction(map50)} (`);
    expect(bar(stage)).toContain(`mAP50-95 ${fraction(map50_95)} (`);
    expect(card(stage, "map50").textContent).toMatch(/mean over \d+ class(es)?, over all confidences/);
    expect(Number(card(stage, "map50").dataset.value)).toBeCloseTo(map50 as number, 12);
    expect(Number(card(stage, "map50_95").dataset.value)).toBeCloseTo(map50_95 as number, 12);
    const shown = (field: "ap50" | "ap50_95") => classes?.map((row) => fraction(row[field]));
    await eventually(() => expect(cells(stage, "ap50_95")).toEqual(shown("ap50_95")));
    expect(cells(stage, "ap50")).toEqual(shown("ap50"));
    stage.find(".fl-tab[data-panel=curves]").click();
    await nextFrame();
    const choice = stage.find<HTMLSelectElement>(".fl-iou-choice");
    choice.selectedIndex = [...choice.options].findIndex(({ text }) => text.startsWith("mean"));
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    expect(stage.text("[data-figure=pr]")).toContain(`AP ${fraction(map50_95)} (`);
    expect(asked(stage)).toEqual([]);
    stage.find("[data-end-filter]").click();
    await nextFrame();
    expect(Number(card(stage, "map50").dataset.value)).toBe(whole.map50);
  });

  it("is asked of the kernel where detections are missing", async () => {
    const stage = await open({ filter: [SOME], marks: MARKS }, fewer);
    const [{ id, args }] = asked(stage) as [Sent];
    expect(args).toEqual({ filter: [SOME], marks: MARKS });
    const every = head.classes.map((_, at) => at / 10);
    stage.model.answer(id, { map50: 0.123, map50_95: null, ap50: every, ap50_95: every.map(() => null) });
    await eventually(() => expect(card(stage, "map50").dataset.value).toBe("0.123"));
    expect(bar(stage)).toContain("mAP50 0.123 (");
    expect(bar(stage)).toContain("mAP50-95 n/a.");
    await eventually(() => expect(cells(stage, "ap50")).toEqual(every.map((value) => fraction(value))));
    stage.model.set("confidence", 0.9);
    await nextFrame();
    expect(card(stage, "map50").dataset.value, "a slider changes nothing of it").toBe("0.123");
    expect(asked(stage)).toHaveLength(1);
  });

  it("is asked for again when another request took its place", async () => {
    vi.useFakeTimers();
    try {
      const found = { map50: 0.5, map50_95: 0.25, ap50: [0.5], ap50_95: [0.25] };
      const request = vi
        .fn()
        .mockRejectedValueOnce(aborted())
        .mockRejectedValueOnce(aborted())
        .mockResolvedValue({ result: found, buffers: [] });
      const set = vi.fn();
      const context = { rpc: { request }, store: { state: { ap: null, marks: [] }, set }, ledger: decode(fewer, data) };
      const filter = { conditions: [SOME], title: "", mask: { objects: null, detections: null } };
      const said = followAP(context as unknown as Context, filter, new AbortController().signal);
      await vi.runAllTimersAsync();
      expect(await said).toBe("");
      expect(request).toHaveBeenCalledTimes(3);
      expect(set.mock.calls).toMatchObject([[{ ap: { map50: 0.5, map50_95: 0.25 } }]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("stands still in a saved page where detections are missing, and the page says which", async () => {
    const stored = { entry: () => undefined, respond: () => ({ result: {}, buffers: [] }) } as unknown as PictureBook;
    const stage = await open({ filter: [SOME], stored }, fewer);
    await eventually(() => expect(bar(stage)).toContain("but average precision follows"));
    expect(bar(stage)).toContain("the lowest 1,234 detections");
    expect(card(stage, "map50").textContent).toContain("does not follow filters");
    expect(asked(stage)).toEqual([]);
    stage.model.set("filter", [CLASS]);
    await nextFrame();
    expect(bar(stage), "one class keeps its own").toContain("Every number follows");
  });
});
