import { describe, expect, it } from "vitest";
import { Facing } from "../../src/draw/facing.ts";
import { layoutMatrix } from "../../src/draw/layout.ts";
import { cellTexts, ellipsis, gridPixels, type MatrixPicture, strengthOf } from "../../src/draw/matrix.ts";
import { inkOn, luminance, Palette } from "../../src/draw/palette.ts";
import { decode } from "../../src/ledger/decode.ts";
import { type Example, makePayload } from "../fixtures/payload.ts";

function picture(size: number, examples: readonly Example[], width: number): MatrixPicture {
  const classes = Array.from({ length: size }, (_, index) => `class ${index}`);
  const { head, data } = makePayload(classes, examples);
  return {
    layout: layoutMatrix({ size: size + 1, width, rowLabel: 60, columnLabel: 60 }),
    confusion: decode(head, data).confusion,
    labels: classes,
    normalize: "count",
    colorScale: "log",
    hideDiagonal: false,
    facing: new Facing(
      Int32Array.from({ length: size + 1 }, (_, index) => index),
      false,
    ),
    palette: new Palette(false),
    inks: { text: "#000", muted: "#555", empty: "#eee", accent: "#60f", font: "sans-serif" },
    ratio: 1,
  };
}

const painted = (pixels: Uint8ClampedArray) => {
  const found: [number, number, number][] = [];
  for (let at = 0; at < pixels.length; at += 4)
    if (pixels[at + 3]) found.push([pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number]);
  return found;
};
const isError = ([red, , blue]: readonly [number, number, number]) => red > blue;

describe("pixels of a large matrix", () => {
  it("shows a single rare confusion among 1,203 classes", () => {
    const shown = picture(1203, [{ actual: 700, predicted: 12, frame: 0, score: 0.5, iou: 0.6 }], 640);
    const edge = Math.ceil(shown.layout.extent);
    expect(painted(gridPixels(shown, edge, 1)).filter(isError).length).toBeGreaterThan(0);
  });

  it("lets an error win the pixel it shares with many correct ones", () => {
    const correct = Array.from({ length: 50 }, () => ({ actual: 600, predicted: 600, frame: 0, score: 0.9, iou: 0.9 }));
    const shown = picture(1203, [...correct, { actual: 600, predicted: 601, frame: 0, score: 0.5, iou: 0.6 }], 640);
    const edge = Math.ceil(shown.layout.extent);
    expect(painted(gridPixels(shown, edge, 1)).some(isError)).toBe(true);
  });

  it("gives the errors the whole range when the diagonal is not shown", () => {
    const correct = Array.from({ length: 500 }, () => ({ actual: 0, predicted: 0, frame: 0, score: 0.9, iou: 0.9 }));
    const wrong = Array.from({ length: 3 }, () => ({ actual: 1, predicted: 0, frame: 0, score: 0.9, iou: 0.6 }));
    const shown = { ...picture(300, [...correct, ...wrong], 640), hideDiagonal: true };
    const colors = painted(gridPixels(shown, Math.ceil(shown.layout.extent), 1));
    expect(colors.length).toBeGreaterThan(0);
    expect(colors.every(isError)).toBe(true);
    expect(colors).toContainEqual([...shown.palette.at("error", 1)]);
  });

  it("paints nothing where nothing stands", () => {
    const shown = picture(300, [], 640);
    expect(painted(gridPixels(shown, Math.ceil(shown.layout.extent), 1))).toHaveLength(0);
  });

  it("turns the picture and not the numbers when transposed", () => {
    const shown = picture(3, [{ actual: 0, predicted: 2, frame: 0, score: 0.5, iou: 0.6 }], 300);
    const edge = Math.ceil(shown.layout.extent);
    const plain = gridPixels(shown, edge, 1);
    const turned = gridPixels({ ...shown, facing: new Facing(shown.facing.classAt, true) }, edge, 1);
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) expect(turned[4 * (x * edge + y) + 3]).toBe(plain[4 * (y * edge + x) + 3]);
    }
  });
});

describe("texts in cells", () => {
  it.each([
    [7, "7"],
    [1234, "1,234"],
    [45678, "45,678"],
  ])("writes the count %i", (count, text) => expect(cellTexts("count", count, 1)[0]).toBe(text));

  it("shortens large counts", () => {
    expect(cellTexts("count", 45678, 1)).toContain("46k");
    expect(cellTexts("count", 12_400_000, 1)).toContain("12M");
  });

  it.each([
    [1, 1000, "<1%"],
    [999, 1000, ">99%"],
    [1000, 1000, "100%"],
    [500, 1000, "50%"],
  ])("never rounds %i of %i to nothing or all", (count, whole, text) =>
    expect(cellTexts("row", count, whole)[0]).toBe(text),
  );

  it("writes nothing where the share is undefined", () => expect(cellTexts("row", 0, 0)).toEqual([]));

  it("shortens labels to the room there is", () => {
    const ruler = { measureText: (text: string) => ({ width: 6 * Array.from(text).length }) as TextMetrics };
    expect(ellipsis(ruler, "traffic light", 200)).toBe("traffic light");
    expect(ellipsis(ruler, "traffic light", 48)).toBe("traffic…");
    expect(ellipsis(ruler, "😀😀😀😀", 18)).toBe("😀😀…");
    expect(ellipsis(ruler, "x".repeat(10), 0)).toBe("…");
  });
});

describe("colours", () => {
  const contrast = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

  it.each([true, false])("keep numbers readable on every shade (dark: %s)", (dark) => {
    const palette = new Palette(dark);
    for (const hue of ["correct", "error"] as const) {
      for (let strength = 0; strength <= 1; strength += 0.02) {
        const color = palette.at(hue, strength);
        const ink = inkOn(color) === "#fff" ? 1 : 0;
        expect(contrast(luminance(color), ink)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it.each([true, false])("grow in one direction with the strength (dark: %s)", (dark) => {
    const palette = new Palette(dark);
    for (const hue of ["correct", "error"] as const) {
      const lights = Array.from({ length: 50 }, (_, step) => luminance(palette.at(hue, step / 49)));
      const sign = dark ? 1 : -1;
      for (const [step, light] of lights.slice(1).entries())
        expect(sign * (light - (lights[step] as number))).toBeGreaterThanOrEqual(-1e-3);
    }
  });

  it("use the whole range and keep 0..1", () => {
    const shown = picture(2, [{ actual: 0, predicted: 0, frame: 0 }], 300);
    expect(strengthOf(shown, shown.confusion.max, 1)).toBe(1);
    expect(strengthOf({ ...shown, normalize: "row" }, 5, 5)).toBe(1);
    expect(strengthOf({ ...shown, normalize: "row" }, 0, 0)).toBe(0);
  });
});
