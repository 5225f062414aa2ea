/** What was evaluated, by which rules, and what was left out of it. */

import type { Html } from "../draw/dom.ts";
import { PAIRING_WORDS } from "../ledger/recount.ts";
import type { Head } from "../ledger/schema.ts";
import { amount, integer, printable, shown } from "../ledger/words.ts";
import type { Context } from "./context.ts";
import { ownWords } from "./point-words.ts";
import type { State } from "./store.ts";

function countWords({ counts }: Head, { ignored }: State): string {
  const parts = [
    amount(counts.frames, "frame"),
    amount(counts.objects, "object"),
    amount(counts.detections, "detection"),
  ];
  const { objects, detections } = ignored;
  if (objects > 0) parts.push(`${amount(objects, "object")} ignored`);
  if (detections > 0) parts.push(`${amount(detections, "detection")} ignored`);
  return parts.join(" · ");
}

function operatingPointWords({ operating_point: given, rules }: Head, state: State): string {
  const { point, moved, pairing, filter } = state;
  const chosen = point.confidence === given.confidence ? given.chosen : "chosen here";
  const own = ownWords(state);
  const confidence =
    point.confidence === null
      ? "no detections"
      : `confidence ≥ ${shown(point.confidence)} (${[chosen, own].filter(Boolean).join(", ")})`;
  const parts = [confidence, `IoU ≥ ${point.iou.toFixed(2)}`, `rules ${rules}`];
  if (moved && (pairing !== "class" || rules === "ultralytics")) parts.push(`matrix: ${PAIRING_WORDS[pairing]}`);
  if (filter) parts.push(filter.title);
  return parts.join(", ");
}

function notes(make: Html, kind: string, title: string, lines: readonly string[]): HTMLElement | null {
  if (lines.length === 0) return null;
  const items = lines.map((line) => make("li", {}, line));
  return make(
    "details",
    { class: `fl-notes fl-${kind}`, "data-count": lines.length },
    make("summary", {}, title),
    make("ul", {}, ...items),
  );
}

export function headerView(context: Context): HTMLElement {
  const { make, ledger, store, stored, signal } = context;
  const { head } = ledger;
  const epoch = head.history ? make("p.fl-epoch-status", { role: "status" }) : null;
  if (epoch)
    void context.load().then(
      ({ extras }) => extras?.showEpochStatus(context, epoch),
      () => undefined,
    );
  const [counts, point] = [make("p.fl-counts"), make("p.fl-operating-point")];
  store.watch(
    ["confusion"],
    (state) => {
      counts.textContent = countWords(head, state);
      point.textContent = operatingPointWords(head, state);
    },
    signal,
  );
  const skippedRecords = head.skipped.reduce((sum, skip) => sum + skip.count, 0);
  const skips = head.skipped.map(
    (skip) => `${printable(skip.file)}, ${printable(skip.where)}: ${skip.reason} (${integer(skip.count)})`,
  );
  return make(
    "header.fl-header",
    {},
    // A report is a page of its own; in a notebook the first heading belongs to the notebook.
    make(stored ? "h1" : "h2", { class: "fl-title" }, printable(head.title, 120)),
    counts,
    point,
    epoch,
    notes(make, "warnings", amount(head.warnings.length, "warning"), head.warnings),
    notes(make, "skipped", `${amount(skippedRecords, "record")} left out`, skips),
  );
}

/** What the numbers were made with, at the foot of the view. */
export function stampView({ make, ledger }: Context): HTMLElement {
  const pairs = ledger.head.stamp.map(([name, value]) =>
    make("li", {}, `${printable(name)}: ${printable(String(value), 80)}`),
  );
  return make("footer.fl-stamp", {}, make("ul", { "aria-label": "Made with" }, ...pairs));
}
