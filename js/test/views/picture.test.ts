// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { maker } from "../../src/draw/dom.ts";
import { noPicture, type Picture } from "../../src/host/pictures.ts";
import { decode, type Ledger } from "../../src/ledger/decode.ts";
import { marksOf, pairAt, readPair } from "../../src/ledger/outcome.ts";
import type { Head } from "../../src/ledger/schema.ts";
import { frameSize, type PictureOptions, pictureView } from "../../src/views/picture.ts";
import { baseName, labelsOf, numbersOf } from "../../src/views/thumb.ts";
import { type Box, makePayload } from "../fixtures/payload.ts";

function ledgerOf(change: Partial<Head> = {}, box: Box = [100, 100, 50, 50]): Ledger {
  const example = { actual: 0, predicted: 1, frame: 0, object: box, detection: box, score: 0.876, iou: 0.5 };
  const { head, data } = makePayload(
    ["cat", "dog"],
    [example, { actual: 1, predicted: 2, frame: 0, object: box }],
    change,
  );
  return decode(head, data);
}

function view(ledger: Ledger, change: Partial<PictureOptions> = {}): HTMLElement {
  const options = {
    picture: null,
    marks: marksOf(ledger, pairAt(ledger.confusion.examples, 0)),
    frame: 0,
    whole: false,
    fit: 4 / 3,
    ...change,
  };
  return pictureView(maker(document), document, ledger, options);
}

const shown: Picture = { url: "blob:1", region: [0, 0, 100, 50], width: 200, height: 100, note: null };
const aspect = (element: HTMLElement) => Number.parseFloat(element.style.aspectRatio);

describe("a picture", () => {
  it("says whether it waits, is shown, or is absent", () => {
    const ledger = ledgerOf();
    expect(view(ledger).dataset.picture).toBe("waiting");
    expect(view(ledger, { picture: shown }).dataset.picture).toBe("shown");
    expect(view(ledger, { picture: noPicture("gone") }).dataset.picture).toBe("absent");
  });

  it("has the shape of the picture and fits its space", () => {
    const wide = view(ledgerOf(), { picture: shown });
    expect(aspect(wide)).toBe(2);
    expect(wide.style.width).toBe("100%");
    const tall = view(ledgerOf(), { picture: { ...shown, width: 100, height: 200 } });
    expect(Number.parseFloat(tall.style.width)).toBeCloseTo(37.5);
    expect(view(ledgerOf(), { picture: shown, fit: null }).style.width).toBe("");
  });

  it("has the shape of its region, or of the frame, where there is no picture", () => {
    expect(aspect(view(ledgerOf(), { whole: true }))).toBeCloseTo(640 / 480);
    expect(aspect(view(ledgerOf()))).toBeCloseTo(1);
    const unknown = { names: ["a"], width: [null], height: [null] };
    expect(aspect(view(ledgerOf({ frames: unknown }), { whole: true }))).toBeCloseTo(1);
  });

  it("stretches relative boxes to the shape of their frame", () => {
    const ledger = ledgerOf({ box_unit: "relative" }, [0.25, 0.25, 0.5, 0.5]);
    expect(frameSize(ledger, 0)).toEqual([1, 1]);
    expect(aspect(view(ledger, { whole: true }))).toBeCloseTo(640 / 480);
  });

  it("never takes a shape that cannot be shown", () => {
    const flat = view(ledgerOf({}, [0, 0, 600, 0.001]));
    expect(aspect(flat)).toBeLessThanOrEqual(8);
    expect(aspect(flat)).toBeGreaterThan(0);
  });

  it("takes pictures from object URLs only by property, and has no alternative text beside its caption", () => {
    const image = view(ledgerOf(), { picture: shown }).querySelector("img");
    expect(image?.src).toBe("blob:1");
    expect(image?.alt).toBe("");
  });
});

describe("captions", () => {
  const classes = ["cat", "dog"];

  it.each([
    [0, 0, "cat"],
    [0, 1, "cat → dog"],
    [0, 2, "cat"],
    [2, 1, "dog"],
  ])("of cell %i, %i", (actual, predicted, words) => expect(labelsOf(classes, actual, predicted)).toBe(words));

  it("hold the numbers an example has, and no others", () => {
    const ledger = ledgerOf();
    const numbers = [0, 1].map((example) => {
      const pair = pairAt(ledger.confusion.examples, example);
      return numbersOf(ledger, pair, readPair(ledger, pair));
    });
    expect(numbers).toEqual(["score 0.88 · IoU 0.50", ""]);
  });

  it.each([
    ["images/val/0001.jpg", "0001.jpg"],
    ["0001.jpg", "0001.jpg"],
    ["folder/", "(no name)"],
    ["", "(no name)"],
    ["a/b\u202egnp.exe", "b\ufffdgnp.exe"],
  ])("name the frame %j", (path, name) => expect(baseName(path)).toBe(name));
});
