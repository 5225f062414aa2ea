/** Places where the labels may be wrong, to be looked at one by one: each can be marked where it stands. */
import { listen } from "../draw/dom.ts";
import { markingOf } from "../ledger/marking.ts";
import { columnsOf, frameOf, type Pair } from "../ledger/outcome.ts";
import { amount, className, fraction, integer, printable, shown } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { type Extra, extraOf, hasExtra, type Issues } from "./extra.ts";
import { filterOf } from "./filter.ts";
import { KINDS, leaving, markKey, noteOn, SAID, toggle } from "./marks.ts";
import { bring } from "./parts.ts";
import { type Column, DataTable } from "./table.ts";
import { withoutThem } from "./without.ts";

interface Issue extends Pair {
  readonly at: number;
}

/** The issues whose boxes the filter leaves in, most suspicious first. */
export function issuesShown(
  { issues }: { issues: Issues },
  mask: { objects: Uint8Array | null; detections: Uint8Array | null } | undefined,
): Issue[] {
  return Array.from(
    issues.kind,
    (_, at): Issue => ({ at, object: issues.object[at] as number, detection: issues.detection[at] as number }),
  ).filter(
    ({ object, detection }) =>
      !(object >= 0 && mask?.objects?.[object]) && !(detection >= 0 && mask?.detections?.[detection]),
  );
}

/** Which of them are listed, by what was said of them. */
const TRIAGE = [
  ["all", "all"],
  ["open", "not marked yet"],
  ["marked", "marked"],
] as const;

class Labels {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #extra: Extra;
  readonly #table: DataTable<Issue>;
  readonly #words: HTMLElement;
  readonly #progress: HTMLElement;
  readonly #triage: HTMLSelectElement;
  #rows: Issue[] = [];

  constructor(context: Context) {
    const { make, ledger, store, signal } = context;
    this.#context = context;
    this.#extra = extraOf(ledger);
    this.#table = new DataTable<Issue>(context, {
      title: "Suspected label errors",
      columns: this.#columns(),
      search: (row) => `${this.#kind(row)?.id} ${this.#frame(row)}`,
      attributes: ({ at }) => ({ "data-issue": at }),
    });
    this.#words = make("p.fl-figure-words");
    this.#progress = make("span.fl-triaged", { role: "status" });
    this.#triage = make(
      "select.fl-button.fl-triage",
      {},
      ...TRIAGE.map(([value, words]) => make("option", { value }, words)),
    );
    const all = make("button.fl-button", { "data-bring": "issues" }, "Show all in the gallery");
    const show = make("label.fl-choice", {}, "Show ", this.#triage);
    const hint = make("span.fl-mark-hint", {}, "In a row: L label error, H hard, I ignore, N note, ↑ ↓ the next");
    this.element = make(
      "div.fl-labels",
      {},
      this.#words,
      make("div.fl-controls", {}, show, all, this.#progress, hint),
      withoutThem(context),
      this.#table.element,
    );
    listen(all, "click", () => bring(context, "Suspected label errors", columnsOf(this.#rows)), signal);
    listen(this.#triage, "change", () => this.#list(), signal);
    listen(this.#table.body, "click", (event) => this.#clicked(event), signal);
    listen(this.#table.body, "keydown", (event) => this.#typed(event), signal);
    listen(this.#table.body, "change", (event) => this.#noted(event), signal);
    store.watch(["filter"], () => this.#list(), signal);
    store.watch(["marks"], () => this.#marked(), signal);
  }

  #kind({ at }: Issue) {
    return this.#extra.issues.kinds[this.#extra.issues.kind[at] as number];
  }

  #frame(row: Issue): string {
    const { ledger } = this.#context;
    return ledger.head.frames.names[frameOf(ledger, row)] ?? "";
  }

  #columns(): Column<Issue>[] {
    const { ledger, make, store } = this.#context;
    const { head, objects, detections } = ledger;
    const { suspicion } = this.#extra.issues;
    const named = (category: number | undefined) =>
      category === undefined ? "n/a" : className(head.classes, category);
    const said = (row: Issue) => markingOf(store.state.marks, row);
    return [
      {
        id: "kind",
        title: "suspicion",
        value: (row) => this.#kind(row)?.id ?? "",
        text: () => "",
        node: (row) => make("button.fl-bring", { "data-bring": "issue" }, this.#kind(row)?.id),
      },
      {
        id: "mark",
        title: "mark",
        value: (row) => said(row)?.mark ?? "",
        text: () => "",
        node: (row) => this.#marks(row),
      },
      { id: "note", title: "", value: (row) => said(row)?.note ?? "", text: () => "" },
      { id: "frame", title: "frame", value: (row) => this.#frame(row), text: (row) => printable(this.#frame(row), 60) },
      { id: "class", title: "labelled", value: ({ object }) => named(objects.category[object]) },
      { id: "predicted", title: "predicted", value: ({ detection }) => named(detections.category[detection]) },
      {
        id: "score",
        title: "score",
        value: ({ detection }) => detections.score[detection] ?? null,
        text: ({ detection }) => fraction(detections.score[detection]),
      },
      {
        id: "suspicion",
        title: "how sure",
        value: ({ at }) => suspicion[at] ?? null,
        text: ({ at }) => fraction(suspicion[at]),
        bar: ({ at }) => suspicion[at] ?? null,
      },
      { id: "reason", title: "reason", value: (row) => this.#kind(row)?.meaning ?? "" },
    ];
  }

  /** What can be said of one place, and the note on it. */
  #marks(row: Issue): HTMLElement {
    const { make, store } = this.#context;
    const known = markingOf(store.state.marks, row);
    const of = `${this.#kind(row)?.id}, ${printable(this.#frame(row), 60)}`;
    const buttons = KINDS.map((kind) =>
      make(
        "button.fl-mark",
        { "data-mark": kind, "aria-label": `${SAID[kind].word}: ${of}`, "aria-pressed": known?.mark === kind },
        SAID[kind].word,
      ),
    );
    const note = make("input.fl-note", { type: "text", placeholder: "note", "aria-label": `Note: ${of}` });
    note.maxLength = 500;
    note.value = known?.note ?? "";
    return make("span.fl-marks", {}, ...buttons, note);
  }

  #at(target: EventTarget | null): Issue | undefined {
    const at = (target as Element | null)?.closest<HTMLElement>("tr[data-issue]")?.dataset.issue;
    return this.#rows.find((row) => row.at === Number(at));
  }

  #clicked(event: MouseEvent): void {
    const row = this.#at(event.target);
    const target = event.target as Element;
    if (!row || target.closest("input")) return;
    const kind = KINDS.find((one) => one === target.closest<HTMLElement>("[data-mark]")?.dataset.mark);
    if (kind) toggle(this.#context, row, kind);
    else bring(this.#context, `${this.#kind(row)?.meaning}`, columnsOf([row]));
  }

  #typed(event: KeyboardEvent): void {
    const row = this.#at(event.target);
    const line = (event.target as Element).closest<HTMLElement>("tr");
    if (!row || !line) return;
    const step = { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
    const inside = (event.target as Element).matches("input");
    if (step) {
      const controls = [...line.querySelectorAll<HTMLElement>("button, input")];
      const place = controls.indexOf(event.target as HTMLElement);
      step.querySelectorAll<HTMLElement>("button, input")[place]?.focus();
    } else if (inside) {
      if (event.key === "Escape" || event.key === "Enter") line.querySelector<HTMLElement>("[data-bring]")?.focus();
      return;
    } else if (event.key.toLowerCase() === "n" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      line.querySelector<HTMLElement>("input")?.focus();
    } else if (!markKey(this.#context, row, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  #noted({ target }: Event): void {
    const row = this.#at(target);
    if (row && target instanceof HTMLInputElement) noteOn(this.#context, row, target.value);
  }

  /** Lists anew. What is marked meanwhile stays in its place until then, so that nothing moves under the eyes. */
  #list(): void {
    const { ledger, store } = this.#context;
    const { issues } = this.#extra;
    const { filter, marks } = store.state;
    const wanted = this.#triage.value;
    // A place that is left out of the count because of its mark can still be looked at, and the mark taken back.
    const mask = filterOf(ledger, leaving(filter?.conditions ?? [], []), marks)?.mask;
    this.#rows = issuesShown(this.#extra, mask).filter(
      (row) => wanted === "all" || (markingOf(marks, row) !== undefined) === (wanted === "marked"),
    );
    this.#table.show(this.#rows);
    const { confidence, iou } = ledger.head.operating_point;
    const more =
      issues.total > issues.kind.length
        ? `, the ${integer(issues.kind.length)} most suspicious of ${integer(issues.total)}`
        : "";
    this.#words.textContent = `${amount(this.#rows.length, "place")}${more}, judged at confidence ${confidence === null ? "n/a" : shown(confidence)}, IoU ${fraction(iou, 2)}.`;
    this.#marked();
  }

  /** Shows what was said, in the rows as they stand. */
  #marked(): void {
    const { marks } = this.#context.store.state;
    for (const line of this.#table.body.querySelectorAll<HTMLElement>("tr[data-issue]")) {
      const row = this.#at(line);
      const known = row && markingOf(marks, row);
      for (const button of line.querySelectorAll<HTMLElement>("[data-mark]"))
        button.setAttribute("aria-pressed", String(button.dataset.mark === known?.mark));
      const note = line.querySelector("input");
      if (note && !note.matches(":focus")) note.value = known?.note ?? "";
    }
    const all = issuesShown(this.#extra, undefined);
    const done = all.filter((row) => markingOf(marks, row)).length;
    this.#progress.textContent = `${integer(done)} of ${integer(all.length)} marked`;
  }
}

export const labelsPanel: Panel = {
  id: "labels",
  title: "Label errors?",
  has: ({ ledger }) => hasExtra(ledger) && extraOf(ledger).issues.kind.length > 0,
  view: (context) => new Labels(context).element,
};
