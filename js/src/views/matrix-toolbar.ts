/** Controls above the matrix and the key to its colours. */
import { listen } from "../draw/dom.ts";
import { Palette } from "../draw/palette.ts";
import { NORMALIZE, type Normalize } from "../host/model.ts";
import { ORDERS, type Order } from "../ledger/order.ts";
import { integer } from "../ledger/words.ts";
import type { Context } from "./context.ts";

const WORDS: Readonly<Record<Normalize, { label: string; title: string }>> = {
  count: { label: "Count", title: "Number of boxes" },
  row: { label: "% of actual", title: "Share of the actual class: rows add up to 100%" },
  column: { label: "% of predicted", title: "Share of the predicted class: columns add up to 100%" },
};

function normalizeButtons({ make, store, signal }: Context): HTMLElement {
  const buttons = NORMALIZE.map((mode) =>
    make("button", { title: WORDS[mode].title, "data-normalize": mode }, WORDS[mode].label),
  );
  for (const button of buttons) {
    const mode = button.dataset.normalize as Normalize;
    listen(button, "click", () => store.set({ normalize: mode }), signal);
  }
  store.watch(
    ["normalize"],
    ({ normalize }) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.normalize === normalize));
    },
    signal,
  );
  return make("div.fl-segments", { role: "group", "aria-label": "Numbers in the cells" }, ...buttons);
}

function diagonalButton({ make, store, signal }: Context): HTMLElement {
  const title = "Leave what is correct uncoloured, so that errors use the whole range of colours";
  const button = make("button.fl-button.fl-errors-only", { title }, "Errors only");
  listen(button, "click", () => store.set({ diagonal: !store.state.diagonal }), signal);
  store.watch(["diagonal"], ({ diagonal }) => button.setAttribute("aria-pressed", String(!diagonal)), signal);
  return button;
}

function transposeButton({ make, store, signal }: Context): HTMLElement {
  const button = make("button.fl-button.fl-transpose", { title: "Swap rows and columns" }, "Transpose");
  listen(button, "click", () => store.set({ transpose: !store.state.transpose }), signal);
  store.watch(["transpose"], ({ transpose }) => button.setAttribute("aria-pressed", String(transpose)), signal);
  return button;
}

const ORDER_WORDS: Readonly<Record<Order, string>> = {
  file: "file",
  name: "name",
  objects: "objects",
  errors: "errors",
  similar: "confused side by side",
};

function orderChoice({ make, store, signal }: Context): HTMLElement {
  const options = ORDERS.map((order) => make("option", { value: order }, ORDER_WORDS[order]));
  const select = make("select.fl-button.fl-order", {}, ...options);
  listen(select, "change", () => store.set({ order: select.value as Order }), signal);
  store.watch(
    ["order"],
    ({ order }) => {
      select.value = order;
    },
    signal,
  );
  return make("label", {}, "Order ", select);
}

function colorKey({ make, store, signal }: Context): HTMLElement {
  const bars = (["correct", "error"] as const).map((hue) => ({ hue, bar: make("span.fl-key-bar") }));
  const most = make("span.fl-key-most");
  const scale = make("span.fl-key-scale");
  store.watch(
    ["theme", "normalize", "diagonal", "confusion"],
    ({ theme, normalize, diagonal, confusion }) => {
      const palette = new Palette(theme.dark);
      for (const { hue, bar } of bars) bar.style.backgroundImage = palette.gradient(hue);
      most.textContent = normalize === "count" ? integer(diagonal ? confusion.max : confusion.maxError) : "100%";
      scale.textContent = normalize === "count" ? "log colour" : "square-root colour";
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
    scale,
    make("span", {}, "predicted background: not detected · actual background: nothing there"),
  );
}

export function matrixToolbar(context: Context): HTMLElement {
  const { make } = context;
  return make(
    "div.fl-toolbar",
    {},
    make("h2.fl-heading", {}, "Confusion matrix"),
    make(
      "div.fl-controls",
      {},
      normalizeButtons(context),
      orderChoice(context),
      diagonalButton(context),
      transposeButton(context),
    ),
    colorKey(context),
  );
}
