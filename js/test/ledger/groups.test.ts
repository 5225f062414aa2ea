import { describe, expect, it } from "vitest";
import { Confusion } from "../../src/ledger/confusion.ts";
import { decode } from "../../src/ledger/decode.ts";
import { cellsBehind, type GroupOptions, groupClasses } from "../../src/ledger/groups.ts";
import { makePayload } from "../fixtures/payload.ts";
import { makeExamples } from "../fixtures/scenario.ts";

const CLASSES = ["car", "cat", "bus", "dog", "kite", "sheep"];
const SUPER = ["vehicle", "animal", "vehicle", "animal", null, "animal"];
const { head, data } = makePayload(CLASSES, makeExamples(CLASSES.length, 600, 20, 11));
const { confusion } = decode(head, data);
const group = (options: Partial<GroupOptions>) =>
  groupClasses(confusion, CLASSES, SUPER, { top: null, folded: [], chosen: [], order: "file", ...options });

describe("groups of classes", () => {
  it("are the classes themselves where nothing is asked, and nothing is copied", () => {
    const { groups, confusion: same, labels } = group({});
    expect(same).toBe(confusion);
    expect(labels).toEqual([...CLASSES, "background"]);
    expect(groups.map(({ members }) => members)).toEqual([[0], [1], [2], [3], [4], [5], [6]]);
  });

  it.each([
    [{ top: 2 }],
    [{ top: 1, order: "errors" }],
    [{ folded: ["animal"] }],
    [{ folded: ["animal", "vehicle"], top: 4 }],
    [{ chosen: [1, 4] }],
    [{ chosen: [0, 1, 2], top: 2, order: "worst" }],
  ] as const)("with %j hold every class once and every example once", (options) => {
    const shown = group(options as Partial<GroupOptions>);
    const members = shown.groups.flatMap((one) => one.members).sort((one, other) => one - other);
    expect(members).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(shown.confusion.total).toBe(confusion.total);
    expect([...shown.confusion.examples.object].sort()).toEqual([...confusion.examples.object].sort());
    for (let row = 0; row < shown.groups.length; row++) {
      for (let column = 0; column < shown.groups.length; column++) {
        const cells = cellsBehind(shown, confusion, [row, column]);
        const behind = confusion.examplesOf(cells);
        expect(shown.confusion.count(row, column)).toBe(behind.length);
        const boxes = [...shown.confusion.examplesOf([[row, column]])].map((at) => shown.confusion.examples.object[at]);
        expect(boxes.sort()).toEqual([...behind].map((at) => confusion.examples.object[at]).sort());
      }
    }
  });

  it("names what is left over, and keeps the first by what the order counts", () => {
    const { groups, labels } = group({ top: 2 });
    expect(labels.at(-2)).toBe("(other: 4 classes)");
    const objects = [...confusion.rowSum.slice(0, 6)].sort((one, other) => other - one);
    expect(
      groups
        .slice(0, 2)
        .map(({ members }) => confusion.rowSum[members[0] as number])
        .sort((a, b) => (b ?? 0) - (a ?? 0)),
    ).toEqual(objects.slice(0, 2));
  });

  it("fold super-categories into one row where their first class stands", () => {
    const { labels, groups } = group({ folded: ["animal"] });
    expect(labels).toEqual(["car", "animal ▸", "bus", "kite", "background"]);
    expect(groups[1]).toEqual({ kind: "folded", label: "animal ▸", members: [1, 3, 5] });
  });

  it("that hold one class are that class", () => {
    const { labels, groups } = group({ folded: ["vehicle"], chosen: [0, 1] });
    expect(labels).toEqual(["car", "cat", "(other: 4 classes)", "background"]);
    expect(groups[0]?.kind).toBe("class");
  });

  it("do not mind what is not there", () => {
    expect(group({ folded: ["__proto__", "nothing"] }).confusion).toBe(confusion);
    expect(group({ chosen: [0, 1, 2, 3, 4, 5] }).confusion).toBe(confusion);
    expect(group({ top: 99 }).confusion).toBe(confusion);
    expect(
      groupClasses(confusion, CLASSES, [], { top: null, folded: ["animal"], chosen: [], order: "file" }).confusion,
    ).toBe(confusion);
  });

  it("add up counts of a view that holds some of the boxes only", () => {
    const { cells, examples, size } = confusion;
    const count = cells.actual.map((_, cell) => 10 * (confusion.countAt(cell) + 1));
    const partial = new Confusion(size, { ...cells, count }, examples);
    const options = { top: null, folded: ["animal"], chosen: [], order: "file" } as const;
    const shown = groupClasses(partial, CLASSES, SUPER, options as GroupOptions);
    expect(shown.confusion.total).toBe(partial.total);
    const [row, column] = [shown.groupOf[1] as number, shown.groupOf[0] as number];
    const behind = cellsBehind(shown, partial, [row, column]);
    expect(behind.length).toBeGreaterThan(1);
    expect(shown.confusion.count(row, column)).toBe(behind.reduce((sum, cell) => sum + partial.count(...cell), 0));
  });
});
