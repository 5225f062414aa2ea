/** Painting, watched through a context that writes down what it is told. */
import { describe, expect, it } from "vitest";
import { Facing } from "../../src/draw/facing.ts";
import { edgeOf, hit, layoutMatrix, offsetOf } from "../../src/draw/layout.ts";
import { ENDS, type Inks, type MatrixPicture, paintMatrix, widestLabel } from "../../src/draw/matrix.ts";
import { paintOverlay } from "../../src/draw/matrix-overlay.ts";
import { Palette } from "../../src/draw/palette.ts";
import { decode } from "../../src/ledger/decode.ts";
import { examplesOf, makePayload } from "../fixtures/payload.ts";

interface Call {
  readonly name: string;
  readonly given: readonly unknown[];
  readonly fill: unknown;
  readonly font: unknown;
}

/** Counts six pixels for each character and keeps every call with the colour and font of its moment. */
class Sheet {
  readonly calls: Call[] = [];
  fillStyle: unknown = "";
  font = "";

  get context(): CanvasRenderingContext2D {
    return new Proxy(this, {
      get: (sheet, name: string) => {
        if (name === "measureText") return (text: string) => ({ width: 6 * Array.from(text).length });
        if (name in sheet) return sheet[name as keyof Sheet];
        return (...given: unknown[]) => sheet.calls.push({ name, given, fill: sheet.fillStyle, font: sheet.font });
      },
    }) as unknown as CanvasRenderingContext2D;
  }

  of(name: string): Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  get texts(): unknown[] {
    return this.of("fillText").map(({ given }) => given[0]);
  }
}

const INKS: Inks = { text: "ink", muted: "muted", empty: "empty", accent: "accent", font: "sans-serif" };
const CLASSES = ["cat", "dog", "a very long name of a class"];

const CELLS = [
  [0, 0, 12],
  [0, 1, 3],
  [1, 1, 7],
  [1, 3, 2],
  [3, 0, 5],
] as const;

function picture(change: Partial<MatrixPicture> = {}): MatrixPicture {
  const { head, data } = makePayload(CLASSES, examplesOf(CELLS));
  return {
    layout: layoutMatrix({ size: 4, width: 500, rowLabel: 90, columnLabel: 90 }),
    confusion: decode(head, data).confusion,
    labels: [...CLASSES, "background"],
    normalize: "count",
    colorScale: "log",
    hideDiagonal: false,
    facing: new Facing(Int32Array.of(0, 1, 2, 3), false),
    palette: new Palette(false),
    inks: INKS,
    ratio: 2,
    ...change,
  };
}

function painted(change: Partial<MatrixPicture> = {}): Sheet {
  const sheet = new Sheet();
  paintMatrix(sheet.context, picture(change));
  return sheet;
}

describe("the matrix on its canvas", () => {
  it("writes every label on both axes, the axis titles and every count", () => {
    const { texts } = painted();
    for (const name of ["cat", "dog"]) expect(texts.filter((text) => text === name)).toHaveLength(2);
    for (const name of ENDS) expect(texts.filter((text) => text === name)).toHaveLength(1);
    expect(texts.filter((text) => String(text).endsWith("…"))).toHaveLength(2);
    expect(texts).toEqual(expect.arrayContaining(["actual", "predicted", "12", "3", "7", "2", "5"]));
  });

  it("writes the numbers into the cells they belong to", () => {
    const sheet = painted();
    const { layout } = picture();
    for (const [actual, predicted, count] of CELLS) {
      const call = sheet.of("fillText").find(({ given }) => given[0] === String(count));
      const [, x, y] = (call as Call).given as [string, number, number];
      expect(hit(layout, x, y)).toEqual([actual, predicted]);
    }
  });

  it("follows order and orientation with labels, numbers and titles", () => {
    const facing = new Facing(Int32Array.of(1, 2, 0, 3), true);
    const sheet = painted({ facing });
    const { layout } = picture();
    for (const [actual, predicted, count] of CELLS) {
      const call = sheet.of("fillText").find(({ given }) => given[0] === String(count));
      const [, x, y] = (call as Call).given as [string, number, number];
      expect(hit(layout, x, y)).toEqual(facing.place([actual, predicted]));
    }
    const labels = sheet.texts.filter((text) => ["cat", "dog", ...ENDS].includes(String(text)));
    expect(labels).toEqual(["dog", "dog", "cat", "cat", ENDS[1], ENDS[0]]);
    expect(sheet.texts.indexOf("actual")).toBeLessThan(sheet.texts.indexOf("predicted"));
  });

  it("sets background apart, in italics, and leaves the empty corner alone", () => {
    const sheet = painted();
    const fonts = sheet.of("fillText").filter(({ given }) => given[0] === "background");
    expect(fonts.every(({ font }) => String(font).startsWith("italic"))).toBe(true);
    expect(sheet.of("roundRect")).toHaveLength(15 + CELLS.length);
  });

  it("colours what is correct and what is not by different hues", () => {
    const sheet = painted();
    const colors = new Set(sheet.of("fill").map(({ fill }) => fill));
    expect(colors.size).toBe(1 + CELLS.length);
    expect(colors.has("empty")).toBe(true);
  });

  it("leaves the diagonal uncoloured and readable when it is hidden", () => {
    const sheet = painted({ hideDiagonal: true });
    expect(sheet.of("roundRect")).toHaveLength(15 + 3);
    const twelve = sheet.of("fillText").find(({ given }) => given[0] === "12");
    expect(twelve?.fill).toBe("muted");
  });

  it("writes shares instead of counts", () => {
    const { texts } = painted({ normalize: "row" });
    expect(texts).toEqual(expect.arrayContaining(["80%", "20%", "78%", "22%", "100%"]));
  });

  it("says nothing that is not a number to the canvas, for any size", () => {
    for (const width of [160, 320, 900]) {
      const layout = layoutMatrix({ size: 4, width, rowLabel: 60, columnLabel: 60 });
      for (const { given } of painted({ layout }).calls) {
        for (const value of given.flat()) if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
      }
    }
  });

  it("leaves the labels alone where they still stand", () => {
    const sheet = new Sheet();
    paintMatrix(sheet.context, picture(), true);
    expect(sheet.texts).toEqual(["12", "3", "7", "2", "5"]);
    const { layout } = picture();
    const [x, y] = (sheet.of("clearRect")[0] as Call).given as number[];
    expect([x, y]).toEqual([layout.left - 1, layout.top - 1]);
  });

  it("cuts small cells out of one ground, and none of them away", () => {
    const layout = layoutMatrix({ size: 4, width: 120, rowLabel: 60, columnLabel: 60 });
    expect(layout.cell).toBeLessThan(20);
    const sheet = painted({ layout });
    const grounds = sheet.of("fillRect").filter(({ fill }) => fill === "empty");
    expect(grounds).toHaveLength(2);
    const cut = (x: number, y: number) =>
      sheet
        .of("clearRect")
        .slice(1)
        .some(({ given }) => {
          const [left, top, width, height] = given as [number, number, number, number];
          return x > left && x < left + width && y > top && y < top + height;
        });
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 4; column++) {
        const at = (index: number) => offsetOf(layout, index) + (edgeOf(layout, index) - 2) / 2;
        expect(cut(layout.left + at(column), layout.top + at(row))).toBe(false);
      }
      const edge = layout.left + offsetOf(layout, row) + edgeOf(layout, row) - 0.5;
      expect(cut(edge, layout.top + 1)).toBe(true);
    }
  });

  it("measures the widest label", () => {
    const sheet = new Sheet();
    expect(widestLabel(sheet.context, ["a", "three", "no"], "serif")).toBe(32);
    expect(widestLabel(sheet.context, [], "serif")).toBe(2);
  });
});

describe("the overlay", () => {
  const { layout, facing } = picture();
  const base = {
    layout,
    inks: INKS,
    ratio: 1,
    facing,
    selected: [],
    hover: null,
    category: null,
    block: null,
  } as const;

  function overlay(change: Partial<Parameters<typeof paintOverlay>[1]>): Sheet {
    const sheet = new Sheet();
    paintOverlay(sheet.context, { ...base, ...change });
    return sheet;
  }

  it("is empty when nothing is pointed at or selected", () => {
    const names = new Set(overlay({}).calls.map(({ name }) => name));
    expect(names).toEqual(new Set(["setTransform", "clearRect"]));
  });

  it("frames each selected cell and the one under the pointer", () => {
    const sheet = overlay({
      selected: [
        [0, 1],
        [1, 3],
      ],
      hover: [3, 0],
    });
    const frames = sheet.of("roundRect").map(({ given }) => {
      const [x, y, width, height] = given as [number, number, number, number];
      return hit(layout, x + width / 2, y + height / 2);
    });
    expect(frames).toEqual([
      [0, 1],
      [1, 3],
      [3, 0],
    ]);
  });

  it("keeps a frame large enough to see where cells are small", () => {
    const small = layoutMatrix({ size: 1204, width: 640, rowLabel: 50, columnLabel: 50 });
    const order = Int32Array.from({ length: 1204 }, (_, index) => index);
    const sheet = overlay({ layout: small, facing: new Facing(order, false), hover: [600, 700] });
    const [, , width, height] = (sheet.of("roundRect")[0] as Call).given as number[];
    expect([width, height]).toEqual([5, 5]);
    expect(edgeOf(small, 600)).toBeLessThan(1);
  });

  it("tints the labels of row and column, or of a class that another view lights", () => {
    expect(overlay({ hover: [0, 1] }).of("fillRect")).toHaveLength(2);
    const [row, column] = overlay({ category: 2 })
      .of("fillRect")
      .map(({ given }) => given as number[]);
    expect(row?.[1]).toBeGreaterThan(layout.top);
    expect(column?.[0]).toBeGreaterThan(layout.left);
  });
});
