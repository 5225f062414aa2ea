/** A trial: a confidence for each class, the best F1 of each as a suggestion, and the result as a Python dict. */
import { tableSpace } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { type Curve, curveOf } from "../ledger/curve.ts";
import { className, fraction, shown } from "../ledger/words.ts";
import { frameScheduler } from "../views/canvas.ts";
import type { Context } from "../views/context.ts";
import type { State } from "../views/store.ts";

/** `{"cat": 0.41, "dog": 0.3}`: every class, those without their own confidence at the common one. */
export function pythonDict(classes: readonly string[], { point, perClass }: Pick<State, "point" | "perClass">): string {
  const rows = classes.map(
    (name, index) => `${JSON.stringify(name)}: ${perClass?.get(index) ?? point.confidence ?? "None"}`,
  );
  return `{${rows.join(", ")}}`;
}

export function ownConfidences(context: Context): HTMLElement {
  const { make, ledger, store, signal } = context;
  const { classes } = ledger.head;
  const suggest = make("button.fl-button.fl-own-best", {}, "Best F1 of each class");
  const clear = make("button.fl-button.fl-own-clear", {}, "One for all");
  const copy = make("button.fl-button.fl-own-copy", {}, "Copy as Python dict");
  const said = make("span.fl-own-said", { role: "status" });
  const text = make("textarea.fl-own-dict", {
    tabindex: 0,
    "aria-label": "Confidences as a Python dict",
    hidden: true,
  });
  text.readOnly = true;
  const body = make("tbody");
  const head = make(
    "tr",
    {},
    ...["class", "confidence", "precision", "recall", "F1", "best F1"].map((name) =>
      make("th", { scope: "col" }, name),
    ),
  );
  const details = make(
    "details.fl-own",
    {},
    make("summary", {}, "A confidence for each class"),
    make("div.fl-controls", {}, suggest, clear, copy, said),
    text,
    tableSpace(make, "Confidence of each class", make("table", {}, make("thead", {}, head), body)),
  );

  let curve: Curve | undefined;
  let made: string | undefined;
  const bests = () => {
    const { point, filter } = store.state;
    const key = `${point.iou} ${ledger.detections.score.length}`;
    if (!curve || made !== key || filter) curve = curveOf(ledger, point.iou, filter?.mask ?? null);
    made = key;
    return curve.bestOfClass;
  };
  const set = (change: (own: Map<number, number>) => void) => {
    const own = new Map(store.state.perClass ?? []);
    change(own);
    store.set({ perClass: own.size > 0 ? own : null });
  };

  const rows = () =>
    classes.map((_, index) => {
      const name = className(classes, index);
      const field = make("input.fl-button.fl-number", {
        type: "number",
        step: 0.01,
        "data-class": index,
        "aria-label": `Confidence of ${name}`,
      });
      const cells = ["precision", "recall", "f1"].map((rate) => make("td", { "data-field": rate }));
      const best = make("button.fl-button", { "data-best": index });
      const row = make("tr", { "data-class": index }, make("th", { scope: "row" }, make("bdi", {}, name)), make("td", {}, field), ...cells, make("td", {}, best)); // biome-ignore format: a row
      return { row, field, cells, best };
    });
  let table: ReturnType<typeof rows> | undefined;
  const write = frameScheduler(() => {
    if (!details.open) return;
    if (!table) {
      table = rows();
      body.replaceChildren(...table.map(({ row }) => row));
    }
    const { point, perClass, scores } = store.state;
    const best = bests();
    for (const [index, { row, field, cells, best: button }] of table.entries()) {
      const own = perClass?.get(index);
      row.classList.toggle("fl-own-row", own !== undefined);
      field.value = shown(own ?? point.confidence ?? 0);
      const score = scores.classes[index];
      [score?.precision, score?.recall, score?.f1].forEach((value, at) => {
        (cells[at] as HTMLElement).textContent = fraction(value);
      });
      const known = best[index];
      button.hidden = !known;
      if (known) button.textContent = `${shown(known.confidence)} (F1 ${fraction(known.f1)})`;
    }
  }, signal);
  store.watch(["point", "perClass", "scores"], write, signal);
  listen(details, "toggle", write, signal);
  listen(
    body,
    "change",
    ({ target }) => {
      const field = target as HTMLInputElement;
      const value = field.valueAsNumber;
      set((own) =>
        Number.isFinite(value) ? own.set(Number(field.dataset.class), value) : own.delete(Number(field.dataset.class)),
      );
    },
    signal,
  );
  listen(
    body,
    "click",
    ({ target }) => {
      const index = Number((target as Element).closest<HTMLElement>("[data-best]")?.dataset.best ?? Number.NaN);
      const best = bests()[index];
      if (best) set((own) => own.set(index, best.confidence));
    },
    signal,
  );
  const takeBests = () =>
    set((own) => bests().forEach((best, index) => void (best && own.set(index, best.confidence))));
  listen(suggest, "click", takeBests, signal);
  listen(clear, "click", () => store.set({ perClass: null }), signal);
  const copyText = () => {
    text.value = pythonDict(classes, store.state);
    text.hidden = false;
    text.select();
    // The Clipboard API is forbidden in the frame of a saved view, and would log an error there.
    said.textContent = context.document.execCommand?.("copy") ? "Copied" : "Selected: copy it from below";
  };
  listen(copy, "click", copyText, signal);
  return details;
}
