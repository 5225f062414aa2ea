/** Classes that share a row and a column: super-categories that are folded, and the rest as "(other)". */
import { Confusion } from "./confusion.ts";
import { type Order, weightsOf } from "./order.ts";
import { amount, BACKGROUND, className } from "./words.ts";

/** One row and one column. */
interface Group {
  readonly kind: "class" | "folded" | "other" | "background";
  readonly label: string;
  /** Classes in it, in the order of the file. */
  readonly members: readonly number[];
}

/** The matrix as it is shown. Its numbers of rows and columns are those of `groups`; background is the last. */
export interface Grouping {
  readonly groups: readonly Group[];
  /** Group of each class and of background. */
  readonly groupOf: Int32Array;
  readonly confusion: Confusion;
  readonly labels: readonly string[];
}

/** What decides which classes stand alone. */
export interface GroupOptions {
  /** How many classes stand alone; null for all. */
  readonly top: number | null;
  /** Super-categories that are one row and column. */
  readonly folded: readonly string[];
  /** Classes to look at; empty for all. */
  readonly chosen: readonly number[];
  readonly order: Order;
}

/** The classes that stand alone or in a folded group: those chosen, and of them the first by what the order counts. */
function kept(confusion: Confusion, { top, chosen, order }: GroupOptions): Set<number> {
  const all = Array.from({ length: confusion.background }, (_, index) => index);
  const inside = chosen.length === 0 ? all : all.filter((index) => chosen.includes(index));
  if (top === null || top >= inside.length) return new Set(inside);
  const weights = weightsOf(order, confusion);
  const most = [...inside].sort((one, other) => (weights[other] as number) - (weights[one] as number));
  return new Set(most.slice(0, top));
}

export function groupClasses(
  confusion: Confusion,
  classes: readonly string[],
  supercategories: readonly (string | null)[],
  options: GroupOptions,
): Grouping {
  const alone = kept(confusion, options);
  const folded = new Map<string, number[]>(options.folded.map((name) => [name, []]));
  const groups: Group[] = [];
  const other: number[] = [];
  for (let index = 0; index < confusion.background; index++) {
    const fold = folded.get(supercategories[index] ?? "");
    if (!alone.has(index)) other.push(index);
    else if (!fold) groups.push({ kind: "class", label: className(classes, index), members: [index] });
    else if (fold.push(index) === 1) {
      groups.push({ kind: "folded", label: `${className([supercategories[index] ?? ""], 0)} ▸`, members: fold });
    }
  }
  for (const [at, { kind, members }] of groups.entries()) {
    const [index = 0, second] = members;
    if (kind === "folded" && second === undefined)
      groups[at] = { kind: "class", label: className(classes, index), members };
  }
  if (other.length > 0) {
    const label = `(other: ${amount(other.length, "class", "classes")})`;
    groups.push({ kind: "other", label, members: other });
  }
  groups.push({ kind: "background", label: BACKGROUND, members: [confusion.background] });
  const groupOf = new Int32Array(confusion.size);
  for (const [at, { members }] of groups.entries()) for (const index of members) groupOf[index] = at;
  const labels = groups.map(({ label }) => label);
  const same = groups.length === confusion.size;
  return { groups, groupOf, labels, confusion: same ? confusion : merge(confusion, groupOf, groups.length) };
}

/** The matrix with the cells of each group put together; its examples are the same ones in the order of the new cells. */
function merge(confusion: Confusion, groupOf: Int32Array, size: number): Confusion {
  const { cells, examples, length } = confusion;
  const keys = new Float64Array(length);
  confusion.each((actual, predicted, _, cell) => {
    keys[cell] = (groupOf[actual] as number) * size + (groupOf[predicted] as number);
  });
  const order = Array.from(keys, (_, cell) => cell).sort(
    (one, other) => (keys[one] as number) - (keys[other] as number) || one - other,
  );
  const merged = {
    object: new Int32Array(examples.object.length),
    detection: new Int32Array(examples.object.length),
    iou: new Float32Array(examples.object.length),
  };
  const found: number[] = [];
  const starts: number[] = [];
  const counts: number[] = [];
  let next = 0;
  for (const cell of order) {
    if (keys[cell] !== found.at(-1)) {
      found.push(keys[cell] as number);
      starts.push(next);
      counts.push(0);
    }
    counts.push((counts.pop() as number) + confusion.countAt(cell));
    const [from, to] = [cells.start[cell] as number, cells.start[cell + 1] as number];
    for (const name of ["object", "detection", "iou"] as const) {
      merged[name].set(examples[name].subarray(from, to), next);
    }
    next += to - from;
  }
  const actual = Int32Array.from(found, (key) => Math.floor(key / size));
  const predicted = Int32Array.from(found, (key) => key % size);
  const start = Int32Array.from([...starts, next]);
  const count = confusion.partial ? { count: Int32Array.from(counts) } : {};
  return new Confusion(size, { actual, predicted, start, ...count }, merged);
}

/** The non-empty cells of classes behind one cell of groups; an empty one stands for itself by its first classes. */
export function cellsBehind(
  { groups, groupOf }: Grouping,
  confusion: Confusion,
  [actual, predicted]: readonly [number, number],
): (readonly [actual: number, predicted: number])[] {
  const [rows, columns] = [groups[actual], groups[predicted]];
  const first = [rows?.members[0] ?? 0, columns?.members[0] ?? 0] as const;
  if (rows?.members.length === 1 && columns?.members.length === 1) return [first];
  const found = confusion.where((row, column) => groupOf[row] === actual && groupOf[column] === predicted);
  return found.length > 0 ? found : [first];
}
