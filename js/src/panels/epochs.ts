/** What changed since the best epoch: cells, frames and boxes gained and lost, and the way to other epochs. */
import { tableSpace } from "../draw/controls.ts";
import { type Html, listen } from "../draw/dom.ts";
import { columnsOf, pairsInFrame } from "../ledger/outcome.ts";
import type { Changes, History } from "../ledger/schema.ts";
import { amount, integer, printable, selectionTitle } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { showEpochStatus } from "./epoch-status.ts";

function signed(change: number): string {
  return change > 0 ? `+${integer(change)}` : `−${integer(-change)}`;
}

/** The chosen epoch as a list of those with predictions, and which one is shown: a page may not hold the chosen one. */
function choiceView(context: Context, history: History): HTMLElement {
  const { make, store, signal } = context;
  const { saved_epochs: saved = [], best_epoch: best } = history;
  const name = (epoch: number) => `epoch ${epoch}${epoch === best ? " (best)" : ""}`;
  const select = make(
    "select.fl-epoch-choice",
    { "aria-label": "Epoch of the matrix" },
    ...saved.map((epoch) => make("option", { value: epoch }, name(epoch))),
  );
  listen(select, "change", () => store.set({ epoch: Number(select.value) }), signal);
  store.watch(
    ["epoch"],
    ({ epoch }) => {
      select.value = String(epoch !== null && saved.includes(epoch) ? epoch : history.matrix_epoch);
    },
    signal,
  );
  const shown = make("span.fl-epoch-shown");
  showEpochStatus(context, shown);
  return make("p.fl-epoch-line", {}, select, " ", shown);
}

/** A button that brings objects to the gallery, with the detections that stand beside them now. */
function objectsButton({ make, store, signal }: Context, rows: readonly number[], count: number, words: string) {
  const { confusion } = store.state;
  const held = rows.filter((row) => Number.isInteger(row) && confusion.exampleWith("object", row) >= 0);
  const shown = held.length < count ? `, the first ${integer(held.length)}` : "";
  const title = `${amount(count, "object")} ${words}${shown}`;
  const button = make("button.fl-button", { disabled: held.length === 0, "data-count": count }, title);
  const examples = Int32Array.from(held, (row) => confusion.exampleWith("object", row));
  const detection = examples.map((example) => confusion.examples.detection[example] ?? -1);
  listen(button, "click", () => store.set({ picked: { title, object: Int32Array.from(held), detection } }), signal);
  return button;
}

function changeRow(
  make: Html,
  data: Readonly<Record<`data-${string}`, string | number>>,
  button: HTMLElement,
  before: number,
  after: number,
): HTMLElement {
  const counts = [integer(before), integer(after), signed(after - before)];
  return make("tr", data, make("th", { scope: "row" }, button), ...counts.map((words) => make("td", {}, words)));
}

function cellsView({ make, ledger, store, signal }: Context, changes: Changes): HTMLElement {
  const rows = changes.cells.map(({ actual, predicted, before, after }) => {
    const button = make("button.fl-link", {}, selectionTitle(ledger.head.classes, [[actual, predicted]]));
    listen(button, "click", () => store.set({ cells: [[actual, predicted]] }), signal);
    return changeRow(make, { "data-cell": `${actual},${predicted}` }, button, before, after);
  });
  return tableView(make, "Cells", changes, rows);
}

function framesView({ make, ledger, store, signal }: Context, changes: Changes): HTMLElement {
  const { confusion } = store.state;
  const rows = changes.frames.map(({ frame, before, after }) => {
    const name = printable(ledger.head.frames.names[frame] ?? "");
    const button = make("button.fl-link", {}, name);
    const pick = () => {
      const boxes = columnsOf(pairsInFrame({ ...ledger, confusion }, frame));
      store.set({ picked: { title: `frame ${name}`, ...boxes } });
    };
    listen(button, "click", pick, signal);
    return changeRow(make, { "data-frame": frame }, button, before, after);
  });
  return tableView(make, "Errors by frame", changes, rows);
}

function tableView(make: Html, title: string, { base, epoch }: Changes, rows: readonly HTMLElement[]) {
  const heads = [title, `epoch ${base}`, `epoch ${epoch}`, "change"].map((words) =>
    make("th", { scope: "col" }, words),
  );
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  return tableSpace(make, title, table);
}

function changesView(context: Context, changes: Changes): HTMLElement {
  const { make } = context;
  const heading = make("h3.fl-heading", {}, `Epoch ${changes.epoch} against the best epoch ${changes.base}`);
  if (changes.problem) {
    const words = `Epoch ${changes.base} cannot be read: ${changes.problem}`;
    return make("div.fl-changes", {}, heading, make("p.fl-problem", {}, words));
  }
  const gained = objectsButton(context, changes.fixed, changes.fixed_count, "gained: now right");
  const lost = objectsButton(context, changes.broken, changes.broken_count, "lost: no longer right");
  return make(
    "div.fl-changes",
    { "data-fixed": changes.fixed_count, "data-broken": changes.broken_count },
    heading,
    make("p.fl-change-buttons", {}, gained, " ", lost),
    make("div.fl-change-tables", {}, cellsView(context, changes), framesView(context, changes)),
  );
}

export const epochsPanel: Panel = {
  id: "epochs",
  title: "Epochs",
  has: ({ ledger }) => (ledger.head.history?.saved_epochs?.length ?? 0) > 1,
  view(context) {
    const { make, ledger } = context;
    const history = ledger.head.history as History;
    const { changes } = history;
    const hint = "This is the best epoch. Choose another one to see what was gained and lost.";
    return make(
      "section.fl-epochs",
      { "aria-label": "Epochs", "data-epoch": history.matrix_epoch },
      choiceView(context, history),
      changes ? changesView(context, changes) : make("p", {}, hint),
    );
  },
};
