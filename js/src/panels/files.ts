/** Files that are taken away from the page: tables as CSV and JSON, with the settings they were made with. */
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { pointWords } from "../views/point-words.ts";

export type Cell = string | number | null;

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type Stamp = readonly (readonly string[])[];

/** The settings of what is shown now, which may be another operating point than the page came with, and the day. */
export function stampNow({ ledger: { head }, store }: Pick<Context, "ledger" | "store">): Stamp {
  const shown = store.state.moved ? [["shown at", pointWords(store.state)]] : [];
  return [...shown, ...head.stamp, ["saved", new Date().toISOString().slice(0, 10)]];
}

/** Signs that make a formula of a text, also the wide ones. */
const FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20";
const BEGINS = new RegExp(`^\\s*[${FORMULA}]|^[\\t\\r]`, "u");
const INSIDE = new RegExp(`([,;\\t]\\s*)(?=[${FORMULA}])`, "gu");

/** Text of one cell for a spreadsheet: a formula gets an apostrophe, and what is undefined is empty. */
export function cellText(cell: Cell): string {
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  return cell && BEGINS.test(cell) ? `'${cell}` : (cell ?? "");
}

export function csvCell(cell: Cell): string {
  const safe = cellText(cell);
  return /[",;\t\n\r]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Lines of a CSV file: first what it was made with, each line behind a `#`, then the table. */
export function csvText(stamp: Stamp, { columns, rows }: Table): string {
  const made = stamp.map(([name, value]) => `# ${`${name}: ${value}`.replace(/[\r\n]+/g, " ").replace(INSIDE, "$1'")}`);
  return [...made, ...[columns, ...rows].map((row) => row.map(csvCell).join(","))]
    .map((line) => `${line}\r\n`)
    .join("");
}

/** The same as JSON: one object for each row. */
export function jsonText(stamp: Stamp, { columns, rows }: Table): string {
  const plain = (cell: Cell | undefined) =>
    cell === undefined || (typeof cell === "number" && !Number.isFinite(cell)) ? null : cell;
  const named = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, plain(row[at])])));
  return JSON.stringify({ stamp: Object.fromEntries(stamp), rows: named }, null, 1);
}

/** A CSV file; the mark at its start tells spreadsheets the encoding. */
export const csvBlob = (context: Context, table: Table) =>
  new Blob(["\ufeff", csvText(stampNow(context), table)], { type: "text/csv;charset=utf-8" });

/** File name from a title and the evaluation's own. */
export function fileName({ ledger }: Pick<Context, "ledger">, title: string, ending: string): string {
  const plain = `${printable(ledger.head.title, 40)} ${title}`.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/gu, "");
  return `${plain || "framelens"}.${ending}`;
}

/** Gives a file to the browser's downloads. */
export function download({ document, make }: Pick<Context, "document" | "make">, name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = make("a", {});
  link.setAttribute("href", url);
  link.setAttribute("download", name);
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the address over by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
