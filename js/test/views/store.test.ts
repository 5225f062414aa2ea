import { describe, expect, it, vi } from "vitest";
import { Facing } from "../../src/draw/facing.ts";
import { layoutMatrix } from "../../src/draw/layout.ts";
import { decode } from "../../src/ledger/decode.ts";
import { NO_SIFT } from "../../src/ledger/sift.ts";
import { givenNumbers } from "../../src/views/given.ts";
import { moveCursor, strongestAt } from "../../src/views/matrix-cursor.ts";
import { type State, Store, toggle } from "../../src/views/store.ts";
import { makePayload } from "../fixtures/payload.ts";

const { head, data } = makePayload(["a", "b"], [{ actual: 0, predicted: 1, frame: 0, score: 0.5, iou: 0.6 }]);
const initial: State = {
  ...givenNumbers(decode(head, data)),
  marks: [],
  bands: [],
  cells: [],
  picked: null,
  hover: null,
  category: null,
  normalize: "count",
  transpose: false,
  colorScale: "log",
  hideDiagonal: false,
  top: null,
  folded: [],
  chosen: [],
  sift: NO_SIFT,
  sizes: null,
  wholeFrames: false,
  order: "file",
  panel: "",
  epoch: null,
  hoverEpoch: null,
  theme: { dark: false, forced: false },
};

describe("store", () => {
  it("calls a listener once for a change of several of its keys, and not for others", () => {
    const store = new Store(initial, vi.fn());
    const listener = vi.fn();
    store.watch(["hover", "cells"], listener, new AbortController().signal);
    store.set({ hover: [0, 0], cells: [[0, 0]] });
    store.set({ transpose: true });
    store.set({ hover: store.state.hover });
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it("forgets listeners with their signal", () => {
    const store = new Store(initial, vi.fn());
    const life = new AbortController();
    const listener = vi.fn();
    store.watch(["hover", "cells"], listener, life.signal);
    expect(store.listening).toBe(2);
    life.abort();
    expect(store.listening).toBe(0);
    store.set({ hover: [0, 0] });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("keeps the other views alive when one throws", () => {
    const onError = vi.fn();
    const store = new Store(initial, onError);
    const good = vi.fn();
    const { signal } = new AbortController();
    store.watch(
      ["hover"],
      ({ hover }) => {
        if (hover) throw new Error("broken view");
      },
      signal,
    );
    store.watch(["hover"], good, signal);
    store.set({ hover: [1, 1] });
    expect(good).toHaveBeenCalledTimes(2);
    expect(onError).toHaveBeenCalledWith(new Error("broken view"));
  });
});

describe("selection", () => {
  it("replaces, adds, removes and clears", () => {
    expect(toggle([], [[1, 2]], false)).toEqual([[1, 2]]);
    expect(toggle([[1, 2]], [[1, 2]], false)).toEqual([]);
    expect(
      toggle(
        [
          [1, 2],
          [0, 0],
        ],
        [[1, 2]],
        false,
      ),
    ).toEqual([[1, 2]]);
    expect(toggle([[1, 2]], [[0, 0]], true)).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(
      toggle(
        [
          [1, 2],
          [0, 0],
        ],
        [[1, 2]],
        true,
      ),
    ).toEqual([[0, 0]]);
  });
});

const inOrder = (size: number) => Int32Array.from({ length: size }, (_, index) => index);

describe("cursor", () => {
  const straight = new Facing(inOrder(3), false);
  const turned = new Facing(inOrder(3), true);
  const key = (name: string, ctrlKey = false) => ({ key: name, ctrlKey, metaKey: false });

  it("stays inside the matrix wherever it is sent", () => {
    const names = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];
    let cursor: readonly [number, number] = [0, 0];
    const seen = new Set<string>();
    for (let step = 0; step < 500; step++) {
      const name = names[(step * 7 + (step >> 3)) % names.length] as string;
      cursor = moveCursor(cursor, key(name, step % 5 === 0), step % 3 === 0 ? turned : straight) ?? cursor;
      for (const index of cursor) expect(index >= 0 && index <= initial.confusion.background).toBe(true);
      seen.add(cursor.join());
    }
    expect(seen.size).toBe(9);
  });

  it("goes to the other axis when transposed", () => {
    expect(moveCursor([0, 0], key("ArrowDown"), straight)).toEqual([1, 0]);
    expect(moveCursor([0, 0], key("ArrowDown"), turned)).toEqual([0, 1]);
    expect(moveCursor([1, 1], key("x"), straight)).toBeUndefined();
    expect(moveCursor([1, 1], key("constructor"), straight)).toBeUndefined();
  });

  it("finds the cell near a pointer that cannot tell cells apart, and takes the point else", () => {
    const names = Array.from({ length: 1203 }, (_, index) => `c${index}`);
    const large = makePayload(names, [{ actual: 500, predicted: 700, frame: 0, score: 0.5, iou: 0.6 }]);
    const { confusion } = decode(large.head, large.data);
    const layout = layoutMatrix({ size: 1204, width: 640, rowLabel: 50, columnLabel: 50 });
    expect(strongestAt(confusion, layout, [501, 699], new Facing(inOrder(1204), false))).toEqual([500, 700]);
    expect(strongestAt(confusion, layout, [699, 501], new Facing(inOrder(1204), true))).toEqual([500, 700]);
    expect(strongestAt(confusion, layout, [100, 100], new Facing(inOrder(1204), false))).toEqual([100, 100]);
    const small = layoutMatrix({ size: 3, width: 640, rowLabel: 50, columnLabel: 50 });
    expect(strongestAt(initial.confusion, small, [0, 0], straight)).toEqual([0, 0]);
  });
});
