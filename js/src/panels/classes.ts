/** One row for each class, sortable. */
import { listen } from "../draw/dom.ts";
import type { Ledger } from "../ledger/decode.ts";
import type { ClassRow } from "../ledger/schema.ts";
import { className, fraction, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import type { State } from "../views/store.ts";

type Field = Exclude<keyof ClassRow, "class">;

const COLUMNS: readonly { readonly field: Field; readonly title: string }[] = [
  { field: "objects", title: "objects" },
  { field: "detections", title: "detections" },
  { field: "precision", title: "precision" },
  { field: "recall", title: "recall" },
  { field: "f1", title: "F1" },
  { field: "ap50", title: "AP50" },
  { field: "ap50_95", title: "AP50-95" },
];

type Sort = { readonly field: Field | "class"; readonly descending: boolean };

/** Sorted copy; undefined values stay at the end in both directions, equal ones keep the order of the classes. */
export function sortRows(rows: readonly ClassRow[], { field, descending }: Sort): ClassRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[field], other[field]];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * (left - right);
  });
}

function cellText(field: Field, value: number | null): string {
  return field === "objects" || field === "detections" ? integer(value ?? 0) : fraction(value);
}

/** The rows as the boxes are counted now. Average precision is over all confidences and stays as it is. */
export function rowsOf({ head }: Pick<Ledger, "head">, { scores, moved }: Pick<State, "scores" | "moved">): ClassRow[] {
  if (!moved) return [...head.per_class];
  return head.per_class.map((row) => ({ ...row, ...scores.classes[row.class] }));
}

function tableView({ make, ledger, store, signal }: Context): HTMLElement {
  const { classes } = ledger.head;
  const body = make("tbody");
  const heads = [{ field: "class" as const, title: "class" }, ...COLUMNS].map(({ field, title }) => {
    const button = make("button", { "data-sort": field }, title);
    return make("th", { scope: "col" }, button);
  });
  let sort: Sort = { field: "class", descending: false };

  function write(): void {
    const lines = sortRows(rowsOf(ledger, store.state), sort).map((row) => {
      const cells = COLUMNS.map(({ field }) => make("td", { "data-field": field }, cellText(field, row[field])));
      const name = make("th", { scope: "row" }, make("bdi", {}, className(classes, row.class)));
      return make("tr", { "data-class": row.class }, name, ...cells);
    });
    body.replaceChildren(...lines);
    for (const head of heads) {
      const on = (head.firstElementChild as HTMLElement).dataset.sort === sort.field;
      head.setAttribute("aria-sort", on ? (sort.descending ? "descending" : "ascending") : "none");
    }
  }

  const header = make("tr", {}, ...heads);
  listen(
    header,
    "click",
    (event) => {
      const field = (event.target as Element).closest<HTMLElement>("[data-sort]")?.dataset.sort as
        | Sort["field"]
        | undefined;
      if (!field) return;
      sort = { field, descending: sort.field === field ? !sort.descending : field !== "class" };
      write();
    },
    signal,
  );
  const light = (event: Event) => {
    const row = (event.target as Element).closest<HTMLElement>("tr[data-class]");
    store.set({ category: row ? Number(row.dataset.class) : null });
  };
  store.watch(
    ["category"],
    ({ category }) => {
      body.querySelector(".fl-lit-row")?.classList.remove("fl-lit-row");
      if (category !== null) body.querySelector(`[data-class="${category}"]`)?.classList.add("fl-lit-row");
    },
    signal,
  );
  listen(body, "pointerover", light, signal);
  listen(body, "pointerleave", () => store.set({ category: null }), signal);
  store.watch(["scores"], write, signal);
  return make("table", {}, make("thead", {}, header), body);
}

export const classesPanel: Panel = {
  id: "classes",
  title: "Classes",
  has: ({ ledger }) => ledger.head.per_class.length > 0,
  view: (context) => {
    const { make, ledger } = context;
    return make(
      "div.fl-per-class",
      { "data-count": ledger.head.per_class.length },
      make("div.fl-table-space", { tabindex: 0, role: "region", "aria-label": "Per class" }, tableView(context)),
    );
  },
};
