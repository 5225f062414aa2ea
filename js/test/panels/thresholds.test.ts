// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { curveOf } from "../../src/ledger/curve.ts";
import { decode } from "../../src/ledger/decode.ts";
import { recount } from "../../src/ledger/recount.ts";
import { scoresOf } from "../../src/ledger/scores.ts";
import { pythonDict } from "../../src/panels/thresholds-own.ts";
import { nextFrame, settle } from "../fixtures/model.ts";
import type { Payload } from "../fixtures/payload.ts";
import { readCases } from "../fixtures/recount.ts";
import { CARDS } from "../fixtures/scenario.ts";
import { eventually, giveElementsWidth, mount, type Stage } from "../fixtures/stage.ts";

const cases = readCases();
/** One with several classes, many boxes and a pairing that moves some. */
const many = cases
  .filter(({ head }) => head.counts.detections > 25 && head.classes.length > 2 && head.counts.objects > 15)
  .filter(({ head }) => (head.recount?.least ?? -1) >= 0) as Payload[];
const payload = many[0] as Payload;
const ledger = decode(payload.head, payload.data);

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

function slide(stage: Stage, name: string, value: number): void {
  const range = stage.find<HTMLInputElement>(`[data-slider="${name}"]`);
  range.value = String(value);
  range.dispatchEvent(new Event("input", { bubbles: true }));
}

function type(stage: Stage, selector: string, value: string): void {
  const field = stage.find<HTMLInputElement>(selector);
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

describe("bands", () => {
  it("are read anew where the boxes are counted anew", async () => {
    const per_class = scoresOf(ledger.confusion).classes.map((row, index) => ({
      ...row,
      class: index,
      ap50: null,
      ap50_95: null,
    }));
    const first = per_class.findIndex((row) => (row.recall ?? 0) > 0);
    const recall = per_class[first]?.recall as number;
    const band = { class: first, field: "recall" as const, band: [recall, 1] as const, reason: "" };
    const cards = CARDS.map((card) => ({ ...card, band: [0, 1] as const }));
    const stage = await mount({ ...payload, head: { ...payload.head, cards, per_class, class_bands: [band] } });
    const marks = () => stage.all(".fl-band-mark").map(({ dataset }) => dataset.verdict);
    expect(marks()).toEqual([]);
    slide(stage, "confidence", 0.999);
    await eventually(() => expect(marks()).toEqual(["below"]));
    expect(stage.find('[data-card="recall"]').dataset.verdict).toBe("in");
    stage.find(".fl-back-to").click();
    await eventually(() => expect(marks()).toEqual([]));
  });
});

describe("sliders", () => {
  it("count anew, tell Python, and go back", async () => {
    const stage = await mount(payload);
    const given = stage.text(".fl-operating-point");
    slide(stage, "confidence", 0.35);
    slide(stage, "iou", 0.7);
    await settle();
    expect(stage.model.get("confidence")).toBe(0.35);
    expect(stage.model.get("iou")).toBe(0.7);
    expect(stage.text(".fl-operating-point")).toContain("confidence ≥ 0.35 (chosen here), IoU ≥ 0.70");
    const { macro } = recount(ledger, { confidence: 0.35, iou: 0.7 }).scores;
    expect(stage.text(".fl-slider-rates")).toContain(`recall ${macro.recall?.toFixed(3)}`);
    stage.find(".fl-back-to").click();
    expect(stage.model.get("confidence")).toBeNull();
    expect(stage.model.get("iou")).toBeNull();
    expect(stage.text(".fl-operating-point")).toBe(given);
    expect(stage.find<HTMLButtonElement>(".fl-back-to").disabled).toBe(true);
  });

  it("follow a number that is typed and a value that comes from Python", async () => {
    const stage = await mount(payload, { confidence: 0.45 });
    expect(stage.find(".fl-thresholds").dataset.confidence).toBe("0.45");
    type(stage, '[data-number="confidence"]', "0.123");
    await settle();
    expect(stage.model.get("confidence")).toBe(0.123);
    stage.model.set("confidence", 0.6);
    stage.model.set("iou", 0.55);
    await settle();
    expect(stage.find<HTMLInputElement>('[data-number="confidence"]').value).toBe("0.6");
    expect(stage.find(".fl-thresholds").dataset.iou).toBe("0.55");
    stage.model.set("confidence", Number.NaN);
    await settle();
    expect(stage.find(".fl-thresholds").dataset.confidence).toBe(String(ledger.head.operating_point.confidence));
  });

  it("take a preset", async () => {
    const stage = await mount(payload);
    type(stage, ".fl-preset", "ultralytics");
    await settle();
    expect(["confidence", "iou", "pairing"].map((name) => stage.model.get(name))).toEqual([0.25, 0.45, "iou"]);
  });

  it("take a preset for all classes, also for those with a confidence of their own", async () => {
    const stage = await mount(payload, { class_confidences: [[0, 0.9]] });
    type(stage, ".fl-preset", "supervision");
    await settle();
    expect(stage.model.get("class_confidences")).toEqual([]);
    const { macro } = recount(ledger, { confidence: 0.3, iou: 0.5 }).scores;
    expect(stage.text(".fl-slider-rates")).toContain(`recall ${macro.recall?.toFixed(3)}`);
  });

  it("give way to two fields where the kernel counts", async () => {
    const stage = await mount({ ...payload, head: { ...payload.head, recount: null } });
    expect(stage.all("[data-slider]")).toEqual([]);
    type(stage, '[data-number="confidence"]', "0.5");
    const [asked] = stage.model.sent.filter(({ op }) => op === "count");
    expect(asked?.args).toEqual({ confidence: 0.5, iou: 0.5 });
  });
});

describe("another matching", () => {
  it("says how many examples it moves and shows them", async () => {
    let shown = 0;
    for (const one of many.slice(0, 12)) {
      const stage = await mount(one, { pairing: "score" });
      const count = Number(stage.find(".fl-moved").dataset.count);
      if (count > 0) {
        stage.find(".fl-show-moved").click();
        expect(stage.find(".fl-gallery").dataset.count).toBe(String(count));
        shown += 1;
      }
      stage.life.abort();
    }
    expect(shown).toBeGreaterThan(0);
  });
});

describe("detections under the floor", () => {
  const floor = 0.5;
  const count = ledger.detections.score.filter((score) => score >= floor).length;
  const cut = (name: string, rows: number) => {
    const spec = payload.head.columns[name] as (typeof payload.head.columns)[string];
    return { ...spec, shape: [rows, ...spec.shape.slice(1)] };
  };
  const pairs = (ledger.pairs?.start[count] ?? 0) as number;
  /** The payload with the detections over the floor alone; all pairs that are left fall in the same order. */
  function short(): Payload {
    const columns = { ...payload.head.columns };
    for (const name of ["frame", "class", "box", "score", "pairs"]) {
      columns[`detection_${name}`] = cut(`detection_${name}`, count);
    }
    for (const name of ["object", "level"]) columns[`pair_${name}`] = cut(`pair_${name}`, pairs);
    const order = ledger.pairs?.order.filter((pair) => pair < pairs) ?? new Int32Array();
    const spec = columns.pair_order as (typeof columns)[string];
    const data = new DataView(
      payload.data.buffer.slice(payload.data.byteOffset, payload.data.byteOffset + payload.data.byteLength),
    );
    for (const [row, pair] of order.entries()) data.setInt32(spec.offset + 4 * row, pair, true);
    columns.pair_order = { ...spec, shape: [pairs] };
    const known = { ...payload.head.recount, floor, below: ledger.detections.score.length - count };
    const nothing = ["example_object", "example_detection", "example_iou", "cell_actual", "cell_predicted"];
    for (const name of nothing) columns[name] = cut(name, 0);
    columns.cell_start = { dtype: "i4", shape: [1], offset: payload.head.columns.cell_start?.offset ?? 0 };
    const head = {
      ...payload.head,
      columns,
      recount: known,
      operating_point: { confidence: 0.9, iou: 0.5, chosen: "given" },
    };
    return { head, data } as Payload;
  }

  it("come from the kernel, once", async () => {
    const stage = await mount(short());
    slide(stage, "confidence", 0.2);
    await nextFrame();
    const asked = stage.model.sent.filter(({ op }) => op === "recount");
    expect(asked).toHaveLength(1);
    expect(asked[0]?.args).toEqual({ confidence: 0.2 });
    expect(stage.text(".fl-slider-note")).toContain("with the kernel");
    const { columns, recount: known } = payload.head;
    stage.model.answer(asked[0]?.id as number, { columns, recount: known, buffer: 0 }, [payload.data]);
    await settle();
    expect(stage.model.get("confidence")).toBe(0.2);
    const { macro } = recount(ledger, { confidence: 0.2, iou: 0.5 }).scores;
    expect(stage.text(".fl-slider-rates")).toContain(`recall ${macro.recall?.toFixed(3)}`);
    slide(stage, "confidence", 0.1);
    await settle();
    expect(stage.model.sent.filter(({ op }) => op === "recount")).toHaveLength(1);
  });

  it.each(["slider", "back"])("come too late for a point that was left meanwhile (%s)", async (way) => {
    const stage = await mount(short());
    slide(stage, "confidence", 0.2);
    if (way === "slider") slide(stage, "confidence", 0.95);
    else {
      slide(stage, "iou", 0.6);
      stage.find(".fl-back-to").click();
    }
    const { columns, recount: known } = payload.head;
    for (const { id, op } of [...stage.model.sent]) {
      if (op === "recount") stage.model.answer(id, { columns, recount: known, buffer: 0 }, [payload.data]);
    }
    await settle();
    expect(stage.find(".fl-thresholds").dataset.confidence).toBe(way === "slider" ? "0.95" : "0.9");
  });

  it("are missed in a page without a kernel, which says so and counts at the floor", async () => {
    const stage = await mount(short(), { stored: { has: () => false, entry: () => ({}) } });
    expect(stage.text(".fl-slider-note")).toContain("would make this page too large");
    type(stage, '[data-number="confidence"]', "0.1");
    await nextFrame();
    const asked = stage.model.sent.find(({ op }) => op === "recount");
    stage.model.emit("msg:custom", { id: asked?.id, ok: false, error: { type: "Error", message: "no kernel" } }, []);
    await settle();
    expect(stage.model.get("confidence")).toBe(floor);
    expect(stage.text(".fl-slider-note")).toContain("counted there");
  });
});

describe("a confidence for each class", () => {
  it("starts at the best F1 of each, and leaves as a dict", async () => {
    const stage = await mount(payload);
    const { bestOfClass } = curveOf(ledger, 0.5, null);
    stage.find(".fl-own-best").click();
    const own = new Map(bestOfClass.flatMap((best, index) => (best ? [[index, best.confidence] as const] : [])));
    const { confidence } = ledger.head.operating_point;
    const { scores } = recount(ledger, { confidence, iou: 0.5, perClass: own });
    expect(stage.text(".fl-slider-rates")).toContain(`F1 ${scores.macro.f1?.toFixed(3)}`);
    for (const [index, best] of bestOfClass.entries()) {
      if (best) expect(scores.classes[index]?.f1).toBeCloseTo(best.f1, 12);
    }
    stage.find(".fl-own-copy").click();
    await settle();
    const dict = JSON.parse(stage.find<HTMLTextAreaElement>(".fl-own-dict").value) as Record<string, number>;
    expect(Object.keys(dict)).toEqual(ledger.head.classes);
    for (const [index, value] of own) expect(dict[ledger.head.classes[index] ?? ""]).toBe(value);
    stage.find(".fl-own-clear").click();
    expect(stage.find<HTMLButtonElement>(".fl-back-to").disabled).toBe(true);
  });

  it("is shared with Python, both ways, and what cannot be is not there", async () => {
    const stage = await mount(payload, {
      class_confidences: [
        [0, 0.9],
        [99, 0.1],
        [1, Number.NaN],
      ] as never,
    });
    const own = new Map([[0, 0.9]]);
    const { confidence } = ledger.head.operating_point;
    const { scores } = recount(ledger, { confidence, iou: 0.5, perClass: own });
    expect(stage.text(".fl-slider-rates")).toContain(`F1 ${scores.macro.f1?.toFixed(3)}`);
    expect(stage.model.get("class_confidences")).toEqual([[0, 0.9]]);
    stage.model.set("class_confidences", [
      [1, 0.2],
      [0, 0.4],
    ]);
    expect(stage.text(".fl-operating-point")).toContain("2 classes at their own");
    stage.find(".fl-own-clear").click();
    expect(stage.model.get("class_confidences")).toEqual([]);
    stage.find(".fl-own-best").click();
    expect((stage.model.get("class_confidences") as unknown[]).length).toBe(
      curveOf(ledger, 0.5, null).bestOfClass.filter(Boolean).length,
    );
  });

  it("writes names so that Python reads them", () => {
    const dict = pythonDict(['a "b"\\', "ü\n"], {
      point: { confidence: null, iou: 0.5 },
      perClass: new Map([[1, 0.25]]),
    });
    expect(dict).toBe('{"a \\"b\\"\\\\": None, "ü\\n": 0.25}');
  });
});

describe("curve", () => {
  it("has the rates that counting gives at each of its confidences, and Python's best", () => {
    for (const { head, data } of cases.slice(0, 60)) {
      const one = decode(head, data);
      const curve = curveOf(one, 0.5, null);
      for (let at = 0; at < curve.confidence.length; at += 5) {
        const { macro } = recount(one, { confidence: curve.confidence[at] as number, iou: 0.5 }).scores;
        for (const field of ["precision", "recall", "f1"] as const) {
          const value = macro[field];
          if (value === null) expect(Number.isNaN(curve[field][at])).toBe(true);
          else expect(curve[field][at]).toBeCloseTo(value, 9);
        }
      }
      expect(curve.best).toBe(head.operating_point.confidence);
    }
  });
});
