/** What a cell means, in words and numbers. Class names are quoted and never bent. */
import type { Confusion } from "./confusion.ts";

export const BACKGROUND = "background";

const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** What needs no care: most names. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
const LONGEST_NAME = 60;

/** Returns a name as one line of at most `limit` characters; what would steer the text around it becomes U+FFFD. */
export function printable(name: string, limit = LONGEST_NAME): string {
  if (name.length <= limit && PLAIN.test(name)) return name;
  const clean = name.replace(UNPRINTABLE, "\ufffd").trim();
  if (clean === "") return "(no name)";
  const characters = Array.from(clean.slice(0, 4 * limit));
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : characters.join("");
}

function quoted(name: string): string {
  return `“${printable(name)}”`;
}

/** Name of a row or column. */
export function className(classes: readonly string[], index: number): string {
  const name = classes[index];
  return name === undefined ? BACKGROUND : printable(name);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many;
}

const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Whole numbers with thousands separators: `12,345`. */
export function integer(count: number): string {
  return GROUPED.format(count);
}

/** `1 frame`, `12,345 frames`. */
export function amount(count: number, one: string, many?: string): string {
  return `${integer(count)} ${plural(count, one, many)}`;
}

/** A share as per cent. Only nothing is 0% and only everything is 100%; of nothing it is "n/a". */
export function share(part: number, whole: number): string {
  if (whole === 0) return "n/a";
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return "<0.1%";
  if (part < whole && percent > 99.9) return ">99.9%";
  return `${percent.toFixed(percent === 100 ? 0 : 1)}%`;
}

/** 97.5 % point of the normal distribution: two-sided 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval of a share, as two fractions; null where there is no whole.
 *
 * It stays inside 0..1 and says something sensible of small counts, also of none and of all (Wilson 1927).
 */
export function wilson(part: number, whole: number): readonly [low: number, high: number] | null {
  if (whole === 0) return null;
  const [share, factor] = [part / whole, Z ** 2 / whole];
  const middle = (share + factor / 2) / (1 + factor);
  const half = (Z / (1 + factor)) * Math.sqrt((share * (1 - share)) / whole + factor / (4 * whole));
  return [part === 0 ? 0 : middle - half, part === whole ? 1 : middle + half];
}

/** `0.5–3.2%`, or "n/a". */
export function intervalWords(part: number, whole: number): string {
  const interval = wilson(part, whole);
  if (!interval) return "n/a";
  return `${interval.map((end) => (100 * end).toFixed(1)).join("–")}%`;
}

/** A fraction in 0..1 to three places, or "n/a" where it is undefined. */
export function fraction(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "n/a" : value.toFixed(digits);
}

/** A change with its sign, so that it reads as a change: "+0.031", "−2", "0". */
export function signed(value: number | null, digits = 3): string {
  if (value === null) return "n/a";
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

/** A threshold in as few digits as tell it: `0.3`, `0.30921`. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** A sentence that says what the cell counts: `37 of 412 “truck” objects were called “car”`. */
export function sentence(confusion: Confusion, classes: readonly string[], actual: number, predicted: number): string {
  const { background } = confusion;
  const count = confusion.count(actual, predicted);
  if (actual === background && predicted === background) return "Nothing can stand here: no object and no detection";
  if (actual === background) {
    const whole = confusion.columnSum[predicted] as number;
    const name = quoted(classes[predicted] ?? "");
    if (whole === 0) return `Nothing was called ${name}`;
    const verb = count === 1 || whole === 1 ? "is" : "are";
    return `${integer(count)} of ${integer(whole)} ${name} ${plural(whole, "detection")} ${verb} where no object is`;
  }
  const whole = confusion.rowSum[actual] as number;
  const name = quoted(classes[actual] ?? "");
  if (whole === 0) return `There is no ${name} object`;
  const verb = count === 1 || whole === 1 ? "was" : "were";
  const subject = `${integer(count)} of ${integer(whole)} ${name} ${plural(whole, "object")} ${verb}`;
  if (predicted === background) return `${subject} not detected`;
  if (predicted === actual) return `${subject} found and called ${name}`;
  return `${subject} called ${quoted(classes[predicted] ?? "")}`;
}

/** A share as it is said: `9 percent`, `less than 0.1 percent`. */
function spokenShare(part: number, whole: number): string {
  const text = share(part, whole);
  if (text === "n/a") return "no share";
  return `${text.replace("<", "less than ").replace(">", "more than ").replace(".0%", "").replace("%", "")} percent`;
}

/** What a screen reader hears when the cursor reaches a cell. */
export function spoken(confusion: Confusion, classes: readonly string[], actual: number, predicted: number): string {
  const { background } = confusion;
  const first = actual === background ? "nothing there" : `actual ${className(classes, actual)}`;
  const second = predicted === background ? "not detected" : `predicted ${className(classes, predicted)}`;
  const place = `${first}, ${second}`;
  const count = confusion.count(actual, predicted);
  if (actual === background) {
    const whole = confusion.columnSum[predicted] as number;
    return `${place}, ${integer(count)}, ${spokenShare(count, whole)} of predicted ${className(classes, predicted)}`;
  }
  return `${place}, ${integer(count)}, ${spokenShare(count, confusion.rowSum[actual] as number)} of ${className(classes, actual)}`;
}

/** Title of several cells of one row or column. */
function lineTitle(classes: readonly string[], cells: readonly (readonly [number, number])[]): string | null {
  const [first] = cells;
  if (!first) return null;
  if (cells.every(([actual]) => actual === first[0]))
    return `actual ${className(classes, first[0])}, ${cells.length} cells`;
  if (cells.every(([, predicted]) => predicted === first[1])) {
    return `predicted ${className(classes, first[1])}, ${cells.length} cells`;
  }
  return null;
}

/** Title of a selection: `truck → car`, or how many cells it holds. */
export function selectionTitle(classes: readonly string[], cells: readonly (readonly [number, number])[]): string {
  const only = cells.length === 1 ? cells[0] : undefined;
  if (only === undefined) return lineTitle(classes, cells) ?? `${cells.length} cells`;
  const [actual, predicted] = only;
  if (actual === predicted) return `${className(classes, actual)}, correct`;
  if (predicted === classes.length) return `${className(classes, actual)}, not detected`;
  if (actual === classes.length) return `${className(classes, predicted)}, nothing there`;
  return `${className(classes, actual)} called ${className(classes, predicted)}`;
}
