// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import compareModule from "../../src/entries/compare.ts";
import { bytesFromBase64 } from "../../src/host/bytes.ts";
import { decode } from "../../src/ledger/decode.ts";
import { overlap } from "../../src/ledger/outcome.ts";
import type { Head } from "../../src/ledger/schema.ts";
import { signed } from "../../src/ledger/words.ts";
import { Changes, FRAME_CHANGES, OBJECT_CHANGES } from "../../src/panels/compare-data.ts";
import { HOSTILE } from "../fixtures/hostile.ts";
import { nextFrame } from "../fixtures/model.ts";
import { catchFiles, giveElementsWidth, mount, type Stage } from "../fixtures/stage.ts";

interface Case {
  readonly head: Head;
  readonly data: string;
  readonly difference: number[][];
  readonly objects: number[];
  readonly frames: number[];
}

const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/comparisons.json"), "utf8")) as Case[];
const bytes = ({ data }: Case) => new DataView(bytesFromBase64(data).buffer);
const changesOf = (one: Case) => new Changes(decode(one.head, bytes(one)));

describe("what changed, against Python", () => {
  it.each(cases.map((one, index) => [index, one] as const))("in comparison %i", (_, one) => {
    const changes = changesOf(one);
    const { size, background } = changes.ledger.confusion;
    const found = Array.from({ length: size }, () => new Array(size).fill(0));
    for (const { actual, predicted, was, is } of changes.cells) (found[actual] as number[])[predicted] = is - was;
    expect(found).toEqual(one.difference);
    expect(OBJECT_CHANGES.map((_word, change) => changes.objects(change).length)).toEqual(one.objects);
    expect(FRAME_CHANGES.map((_word, change) => changes.frames(change).length)).toEqual(one.frames);
    // The number on a cell is what came into it less what left it.
    for (const { actual, predicted, was, is } of changes.cells) {
      const { entered, left } = changes.cell(actual, predicted);
      expect(entered.length - left.length, `${actual},${predicted}`).toBe(is - was);
      if (actual < background) {
        expect(left.every(({ object }) => changes.before.as[object] === predicted)).toBe(true);
        expect(entered.every(({ object }) => changes.after.as[object] === predicted)).toBe(true);
      }
    }
  });

  it("covers every kind of change", () => {
    const sum = (values: number[][]) =>
      values[0]?.map((_, at) => values.reduce((total, row) => total + (row[at] ?? 0), 0));
    expect(
      sum(cases.map(({ objects }) => objects))
        ?.slice(0, 4)
        .every((count) => count > 0),
    ).toBe(true);
    expect(
      sum(cases.map(({ frames }) => frames))
        ?.slice(0, 5)
        .every((count) => count > 0),
    ).toBe(true);
  });

  it("joins false alarms of both models that lie at one place", () => {
    for (const one of cases) {
      const changes = changesOf(one);
      const { ledger, baseline } = changes;
      const joined = changes.alarms.filter((alarm) => alarm.baseline >= 0 && alarm.model >= 0);
      for (const { baseline: was, model: is } of joined) {
        expect(baseline.category[was]).toBe(ledger.detections.category[is]);
        expect(overlap(baseline.box, was, ledger.detections.box, is)).toBeGreaterThanOrEqual(0.5);
      }
      expect(new Set(joined.map(({ model }) => model)).size).toBe(joined.length);
    }
  });

  it("writes a change with its sign", () => {
    expect([signed(0.0312), signed(-2, 0), signed(0), signed(-0.0001), signed(null)]).toEqual([
      "+0.031",
      "−2",
      "0.000",
      "0.000",
      "n/a",
    ]);
  });
});

describe("the panel", () => {
  const one = cases[3] as Case;
  let stage: Stage;

  async function open(head: Head = one.head, from = one): Promise<void> {
    stage = await mount({ head, data: bytes(from) }, { view: "compare" }, true, compareModule);
  }
  const all = (selector: string) => stage.all(selector);
  const count = () => Number(all(".fl-pairs-view")[0]?.dataset.count);

  beforeEach(() => {
    giveElementsWidth();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("brings as many pairs as the button says", async () => {
    await open();
    for (const button of all(".fl-change-count:not(:disabled)")) {
      button.click();
      expect(count()).toBe(Number(button.dataset.count));
    }
    expect(all(".fl-pair-side[data-side=baseline]")).toHaveLength(all(".fl-pair-side[data-side=model]").length);
  });

  it("exports every curve, also that of a model called as the column beside it", async () => {
    const files = catchFiles();
    const { comparison } = one.head as unknown as { comparison: { curves: { name: string; precision: number[] }[] } };
    const curves = comparison.curves.map((curve, at) => (at === 0 ? { ...curve, name: "recall" } : curve));
    await open({ ...one.head, comparison: { ...comparison, curves } } as unknown as Head);
    all('.fl-change-curves [data-export="JSON"]')[0]?.click();
    await nextFrame();
    const { rows } = JSON.parse((await files.at(-1)?.text()) ?? "{}");
    expect(rows).toHaveLength(curves[0]?.precision.length as number);
    expect(rows[1].recall).toBeCloseTo(0.01);
    expect(rows.map((row: Record<string, unknown>) => row["precision, recall"])).toEqual(curves[0]?.precision);
  });

  it("brings what came and went behind a cell", async () => {
    await open();
    const changes = changesOf(one);
    for (const cell of all("[data-cell]")) {
      const [actual, predicted] = (cell.dataset.cell as string).split(",").map(Number) as [number, number];
      cell.click();
      const { entered, left } = changes.cell(actual, predicted);
      expect(count()).toBe(entered.length + left.length);
      expect(Number(cell.dataset.delta)).toBe(one.difference[actual]?.[predicted]);
    }
  });

  it("lists every cell that changed where the matrix has no room for all classes", async () => {
    const many = cases.at(-1) as Case;
    await open(many.head, many);
    const changed = many.difference.flatMap((row, actual) =>
      row.flatMap((delta, predicted) => (delta === 0 ? [] : [[`${actual},${predicted}`, delta] as const])),
    );
    const rows = all(".fl-change-list tr[data-pair]");
    const texts = rows.map((row) => [row.dataset.pair, row.lastElementChild?.textContent]);
    expect(texts.sort()).toEqual(changed.map(([pair, delta]) => [pair, signed(delta, 0)]).sort());
    for (const row of rows) {
      row.querySelector("button")?.click();
      const [actual, predicted] = (row.dataset.pair as string).split(",").map(Number) as [number, number];
      const { entered, left } = changesOf(many).cell(actual, predicted);
      expect(count()).toBe(entered.length + left.length);
    }
    for (const button of all(".fl-change-classes [data-bring]").filter(({ dataset }) => dataset.count !== "0")) {
      button.click();
      expect(count()).toBe(Number(button.dataset.count));
    }
  });

  it("sorts the classes, undefined last", async () => {
    await open();
    const column = () => all(".fl-change-classes td[data-field=recall_delta]").map(({ textContent }) => textContent);
    all(".fl-change-classes [data-sort=recall_delta]")[0]?.click();
    const numbers = column().map((text) => Number(text?.replace("−", "-").replace("n/a", "Infinity")));
    expect(numbers).toEqual([...numbers].sort((first, second) => first - second));
  });

  it("shows hostile names as text", async () => {
    const name = HOSTILE[0] as string;
    const comparison = {
      ...(one.head as unknown as { comparison: object }).comparison,
      baseline: name,
      model: name,
      warnings: [...HOSTILE],
    };
    await open({
      ...one.head,
      classes: one.head.classes.map((_, index) => HOSTILE[index] as string),
      comparison,
    } as unknown as Head);
    all(".fl-change-count:not(:disabled)")[0]?.click();
    expect(stage.root.querySelector("img, script, svg[onload]")).toBeNull();
    expect(stage.root.textContent).toContain("<img src=x");
  });

  it("says which columns are damaged", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { baseline_as: _gone, ...columns } = one.head.columns;
    await open({ ...one.head, columns } as Head);
    expect(stage.root.textContent).toContain('payload has no column "baseline_as"');
  });
});
