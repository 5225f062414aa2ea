/** Controls above the matrix and the key to its colours. */
import { chooser, segments, switchButton } from "../draw/controls.ts";
import { FEW } from "../draw/matrix.ts";
import { Palette } from "../draw/palette.ts";
import { integer, share } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { SHAPE_KEYS, type Shape } from "./matrix-shape.ts";

function controls({ make, store, signal }: Context): HTMLElement {
  const numbers = segments(
    make,
    {
      label: "Numbers in the cells",
      name: "normalize",
      words: {
        count: ["Count", "Number of boxes"],
        row: ["% of actual", "Share of the actual class: rows add up to 100%"],
        column: ["% of predicted", "Share of the predicted class: columns add up to 100%"],
        total: ["% of all", "Share of everything in the matrix"],
      },
    },
    (normalize) => store.set({ normalize }),
    signal,
  );
  const order = chooser(
    make,
    {
      label: "Order",
      kind: "fl-order",
      words: {
        file: "as in the file",
        name: "name",
        objects: "most objects",
        errors: "most errors",
        worst: "worst confusion",
        similar: "confused side by side",
      },
    },
    (value) => store.set({ order: value }),
    signal,
  );
  const scale = chooser(
    make,
    { label: "Colour", kind: "fl-scale", words: { log: "logarithmic", linear: "linear" } },
    (colorScale) => store.set({ colorScale }),
    signal,
  );
  const errors = switchButton(
    make,
    {
      label: "Errors only",
      kind: "fl-errors-only",
      title: "Leave what is correct uncoloured, so that errors use the whole range of colours",
    },
    () => store.set({ hideDiagonal: !store.state.hideDiagonal }),
    signal,
  );
  const turn = switchButton(
    make,
    { label: "Transpose", kind: "fl-transpose", title: "Swap rows and columns" },
    () => store.set({ transpose: !store.state.transpose }),
    signal,
  );
  store.watch(
    ["normalize", "order", "colorScale", "hideDiagonal", "transpose"],
    (state) => {
      numbers.show(state.normalize);
      order.show(state.order);
      scale.show(state.colorScale);
      errors.show(state.hideDiagonal);
      turn.show(state.transpose);
    },
    signal,
  );
  const parts = [numbers, order, scale, errors, turn].map(({ element }) => element);
  return make("div.fl-controls", {}, ...parts);
}

function colorKey({ make, store, signal }: Context, shape: () => Shape): HTMLElement {
  const bars = (["correct", "error"] as const).map((hue) => ({ hue, bar: make("span.fl-key-bar") }));
  const most = make("span.fl-key-most");
  store.watch(
    ["theme", "normalize", "hideDiagonal", ...SHAPE_KEYS],
    ({ theme, normalize, hideDiagonal }) => {
      const { confusion } = shape();
      const palette = new Palette(theme.dark);
      for (const { hue, bar } of bars) bar.style.backgroundImage = palette.gradient(hue);
      const largest = hideDiagonal ? confusion.maxError : confusion.max;
      most.textContent =
        normalize === "count" ? integer(largest) : normalize === "total" ? share(largest, confusion.total) : "100%";
    },
    signal,
  );
  const [correct, error] = bars.map(({ bar }) => bar);
  return make(
    "p.fl-key",
    {},
    make("span", {}, "correct ", correct),
    make("span", {}, "errors ", error),
    make("span", {}, "up to ", most),
    make("span", {}, `hatched: shares of fewer than ${FEW} boxes`),
  );
}

export function matrixToolbar(context: Context, shape: () => Shape): HTMLElement {
  const { make } = context;
  return make(
    "div.fl-toolbar",
    {},
    make("h2.fl-heading", {}, "Confusion matrix"),
    controls(context),
    colorKey(context, shape),
  );
}
