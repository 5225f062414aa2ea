/** The checklist: what is present first, each with its evidence, where to look, the likely cause and the remedy. */
import { listen } from "../draw/dom.ts";
import type { ChecklistRow } from "../ledger/schema.ts";
import { className, plural, selectionTitle } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import type { State } from "../views/store.ts";
import { exportMenu } from "./export.ts";

type Verdict = ChecklistRow["verdict"];

/** A shape for each verdict, beside its word, so that nothing hangs on a colour. */
const SHAPES: Readonly<Record<Verdict, string>> = { present: "▲", absent: "✓", "cannot tell": "?" };

function isRow(row: ChecklistRow): boolean {
  return Object.hasOwn(SHAPES, row.verdict);
}

function rowsOf({ ledger }: Context): readonly ChecklistRow[] {
  return (ledger.head.checklist ?? []).filter(isRow);
}

/** A place that the evidence points at: its words, and what the store becomes when it is chosen. */
interface Place {
  readonly words: string;
  readonly kind: "epoch" | "cell" | "class";
  readonly go: Partial<State>;
}

function placesOf({ ledger, store }: Context, row: ChecklistRow): Place[] {
  const { classes } = ledger.head;
  const { confusion } = store.state;
  const epochs = row.epochs.map(([first, last]) => ({
    words: first === last ? `epoch ${first}` : `epochs ${first} to ${last}`,
    kind: "epoch" as const,
    go: { epoch: first },
  }));
  const cells = row.cells.map((cell) => ({
    words: selectionTitle(classes, [cell]),
    kind: "cell" as const,
    go: { cells: [cell] },
  }));
  const named = row.classes.map((index) => ({
    words: `class ${className(classes, index)}`,
    kind: "class" as const,
    go: { category: index, cells: confusion.line("actual", index) },
  }));
  return [...epochs, ...cells, ...named];
}

function findingView(context: Context, row: ChecklistRow): HTMLElement {
  const { make, store, signal } = context;
  const buttons = placesOf(context, row).map(({ words, kind, go }) => {
    const button = make("button.fl-button.fl-place-button", { "data-place": kind }, words);
    listen(button, "click", () => store.set(go), signal);
    return make("li", {}, button);
  });
  const others = row.other_readings.map((reading) => make("li", {}, reading));
  return make(
    "li.fl-finding",
    { "data-rule": row.id, "data-verdict": row.verdict },
    make(
      "h3.fl-finding-title",
      {},
      make("span.fl-verdict", {}, make("i", { "aria-hidden": "true" }, SHAPES[row.verdict]), ` ${row.verdict}`),
      ` ${row.title}`,
    ),
    make("p.fl-evidence", {}, row.evidence),
    buttons.length > 0 && make("ul.fl-places", { "aria-label": "Where to look" }, ...buttons),
    make(
      "dl.fl-advice",
      {},
      make("dt", {}, "Likely cause"),
      make("dd", {}, row.cause),
      make("dt", {}, "What to do"),
      make("dd", {}, row.remedy),
      others.length > 0 && make("dt", {}, "Other readings"),
      others.length > 0 && make("dd", {}, make("ul", {}, ...others)),
    ),
  );
}

/** The symptoms that are there; null where there is none. */
export function presentView(context: Context): HTMLElement | null {
  const present = rowsOf(context).filter(({ verdict }) => verdict === "present");
  return present.length > 0 ? findingsView(context, present) : null;
}

function findingsView(context: Context, rows: readonly ChecklistRow[]): HTMLElement {
  return context.make("ul.fl-findings", {}, ...rows.map((row) => findingView(context, row)));
}

export const checklistPanel: Panel = {
  id: "checklist",
  title: "Checklist",
  has: (context) => rowsOf(context).length > 0,
  view(context) {
    const { make } = context;
    const rows = rowsOf(context);
    const of = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict);
    const [present, absent, unknown] = [of("present"), of("absent"), of("cannot tell")];
    const sum = `${present.length} of ${rows.length} ${plural(rows.length, "symptom")} present`;
    const fields = ["title", "verdict", "evidence", "cause", "remedy"] as const;
    const table = () => ({ columns: fields, rows: rows.map((row) => fields.map((field) => row[field])) });
    return make(
      "section.fl-checklist",
      { "aria-label": "Checklist", "data-present": present.length },
      make("div.fl-controls", {}, make("p.fl-checklist-sum", {}, sum), exportMenu(context, "Checklist", { table })),
      presentView(context),
      present.length < rows.length &&
        make(
          "details.fl-more-findings",
          {},
          make("summary", {}, `${absent.length} absent, ${unknown.length} cannot be told`),
          findingsView(context, [...absent, ...unknown]),
        ),
    );
  },
};
