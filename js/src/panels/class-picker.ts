/** Finding a class by name, choosing which classes stand alone, and folding super-categories. */
import { listen } from "../draw/dom.ts";
import { amount, className, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

export function classPicker({ make, ledger, store, signal }: Context): HTMLElement {
  const { classes, supercategories = [] } = ledger.head;
  const search = make("input.fl-button.fl-class-search", {
    type: "search",
    placeholder: "class name",
    "aria-label": "Part of the name of a class",
  });
  const all = make("button.fl-button", { "data-pick": "all" }, "All");
  const found = make("button.fl-button", { "data-pick": "found" }, "Only these");
  const status = make("span.fl-picked-count", { role: "status" });
  const boxes = classes.map((_, index) => {
    const box = make("input", { type: "checkbox", value: index });
    const group = supercategories[index];
    const label = make("label.fl-class", {}, box, " ", make("bdi", {}, className(classes, index)));
    if (group) label.append(make("span.fl-group-name", {}, ` ${className([group], 0)}`));
    return { box, label, index };
  });
  const folds = [...new Set(supercategories)]
    .filter((name) => name !== null)
    .map((name) => {
      const chip = make("button.fl-button.fl-chip", {}, `Fold ${className([name], 0)}`);
      const flip = () => {
        const { folded } = store.state;
        store.set({ folded: folded.includes(name) ? folded.filter((one) => one !== name) : [...folded, name] });
      };
      listen(chip, "click", flip, signal);
      return { chip, name };
    });
  const list = make(
    "div.fl-class-list",
    { role: "group", "aria-label": "Classes that stand alone" },
    ...boxes.map(({ label }) => label),
  );
  const shown = () => boxes.filter(({ label }) => !label.hidden);

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    for (const { label, index } of boxes) {
      const words = `${classes[index]} ${supercategories[index] ?? ""}`.toLowerCase();
      label.hidden = !words.includes(wanted);
    }
    status.textContent = `${integer(shown().length)} found`;
    found.disabled = shown().length === 0;
  };
  const choose = (chosen: readonly number[]) =>
    store.set({ chosen: chosen.length === classes.length ? [] : chosen, top: null });

  listen(search, "input", filter, signal);
  listen(all, "click", () => choose([]), signal);
  listen(found, "click", () => choose(shown().map(({ index }) => index)), signal);
  listen(list, "change", () => choose(boxes.filter(({ box }) => box.checked).map(({ index }) => index)), signal);
  // A class under the pointer is lit in every view, so that it is found in the matrix too.
  const light = (event: Event) => {
    const box = (event.target as Element).closest("label")?.querySelector("input");
    store.set({ category: box ? Number(box.value) : null });
  };
  listen(list, "pointerover", light, signal);
  listen(list, "focusin", light, signal);
  listen(list, "pointerleave", () => store.set({ category: null }), signal);
  store.watch(
    ["chosen", "folded", "top"],
    ({ chosen, folded, top }) => {
      const kept = new Set(chosen);
      for (const { box, index } of boxes) box.checked = kept.size === 0 || kept.has(index);
      for (const { chip, name } of folds) chip.setAttribute("aria-pressed", String(folded.includes(name)));
      const count = kept.size === 0 ? classes.length : kept.size;
      const first = top !== null && top < count ? `the first ${integer(top)} of ` : "";
      status.textContent = `${first}${amount(count, "class", "classes")} alone`;
    },
    signal,
  );
  const chips = folds.length > 0 && make("div.fl-controls", {}, ...folds.map(({ chip }) => chip));
  return make("div.fl-picker", {}, make("div.fl-controls", {}, search, found, all, status), chips, list);
}
