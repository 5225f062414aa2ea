/** What changed from the baseline to the model of the page: read once from the payload, then asked by the views. */
import type { Cells } from "../ledger/confusion.ts";
import { checkIndexes, checkLength, column, type Detections, type Ledger, readBoxes } from "../ledger/decode.ts";
import { overlap } from "../ledger/outcome.ts";

/** Places in `OBJECT_CHANGES` and `FRAME_CHANGES` of Python. */
export const OBJECT_CHANGES = ["fixed", "broken", "right in both", "wrong in both", "not compared"] as const;
export const FRAME_CHANGES = [
  "fixed",
  "broken",
  "better",
  "worse",
  "wrong in both",
  "right in both",
  "not compared",
] as const;

export interface Score {
  readonly id: string;
  readonly title: string;
  readonly baseline: number | null;
  readonly value: number | null;
  readonly delta: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface ComparisonHead {
  /** All models in the order given. */
  readonly names: readonly string[];
  /** Scores of every model but the baseline, against it. */
  readonly models: readonly { readonly name: string; readonly scores: readonly Score[] }[];
  /** Models that a page without a kernel can show against its baseline; null: any pair can be asked for. */
  readonly stored: readonly string[] | null;
  readonly baseline: string;
  readonly model: string;
  readonly rounds: number;
  readonly warnings: readonly string[];
  readonly scores: readonly Score[];
  readonly per_class: Readonly<
    Record<string, { baseline: readonly (number | null)[]; value: readonly (number | null)[] }>
  >;
  readonly curves: readonly { readonly name: string; readonly precision: readonly (number | null)[] }[];
}

/** One thing in both models: an object with what each found there, or a false alarm. Rows, -1 where there is none. */
export interface Change {
  readonly object: number;
  /** Row of the baseline's detections. */
  readonly baseline: number;
  /** Row of `ledger.detections`. */
  readonly model: number;
}

export interface CellChange {
  readonly actual: number;
  readonly predicted: number;
  readonly was: number;
  readonly is: number;
}

/** From this IoU on two false alarms of one class are the same one. */
const SAME = 0.5;

/** Column of the matrix that each object stands in, its detection there, and the detections that no object has. */
interface Standing {
  readonly as: Int32Array;
  readonly match: Int32Array;
  readonly alarms: readonly number[];
}

export class Changes {
  readonly head: ComparisonHead;
  readonly ledger: Ledger;
  readonly baseline: Detections;
  readonly before: Standing;
  readonly after: Standing;
  readonly objectChange: Int32Array;
  readonly frameChange: Int32Array;
  readonly frameErrors: { readonly was: Int32Array; readonly is: Int32Array };
  /** Every cell that is filled in one of the matrices. */
  readonly cells: readonly CellChange[];
  #alarms: readonly Change[] | undefined;

  constructor(ledger: Ledger) {
    const { head, data, objects, detections } = ledger;
    const read = (name: string) => column(head.columns, data, name, "i4");
    this.head = (head as unknown as { comparison: ComparisonHead }).comparison;
    this.ledger = ledger;
    const boxes = readBoxes(head, data, "baseline_detection");
    this.baseline = { ...boxes, score: column(head.columns, data, "baseline_detection_score", "f8") };
    const [as, match] = [read("baseline_as"), read("baseline_match")];
    checkLength(as.length, objects.frame.length, "baseline_as");
    checkIndexes(match, -1, boxes.frame.length, "baseline_match");
    const taken = new Set(match);
    this.before = { as, match, alarms: [...boxes.frame.keys()].filter((row) => !taken.has(row)) };
    this.after = standing(ledger, objects.frame.length, detections.frame.length);
    this.objectChange = read("object_change");
    checkIndexes(this.objectChange, 0, OBJECT_CHANGES.length, "object_change");
    this.frameChange = read("frame_change");
    checkIndexes(this.frameChange, 0, FRAME_CHANGES.length, "frame_change");
    this.frameErrors = { was: read("frame_baseline_errors"), is: read("frame_model_errors") };
    this.cells = cellChanges(ledger, {
      actual: read("baseline_cell_actual"),
      predicted: read("baseline_cell_predicted"),
      count: read("baseline_cell_count"),
    });
  }

  /** What one object is in both models. */
  of(object: number): Change {
    return { object, baseline: this.before.match[object] as number, model: this.after.match[object] as number };
  }

  /** Objects with one of the `OBJECT_CHANGES`, of one class or of all. */
  objects(change: number, category: number | null = null): Change[] {
    const rows = [...this.objectChange.keys()].filter(
      (row) =>
        this.objectChange[row] === change && (category === null || this.ledger.objects.category[row] === category),
    );
    return rows.map((row) => this.of(row));
  }

  /** Frames with one of the `FRAME_CHANGES`, the largest change first. */
  frames(change: number): number[] {
    const { was, is } = this.frameErrors;
    const size = (frame: number) => Math.abs((is[frame] as number) - (was[frame] as number));
    const found = [...this.frameChange.keys()].filter((frame) => this.frameChange[frame] === change);
    return found.sort((one, other) => size(other) - size(one) || one - other);
  }

  /** What came into a cell and what left it: their difference is the number on the cell. */
  cell(actual: number, predicted: number): { entered: Change[]; left: Change[] } {
    const { category } = this.ledger.objects;
    if (actual < this.ledger.confusion.background) {
      const own = [...category.keys()].filter((row) => category[row] === actual);
      const was = (row: number) => this.before.as[row] === predicted;
      const is = (row: number) => this.after.as[row] === predicted;
      return {
        entered: own.filter((row) => is(row) && !was(row)).map((row) => this.of(row)),
        left: own.filter((row) => was(row) && !is(row)).map((row) => this.of(row)),
      };
    }
    const alarms = this.alarms.filter(
      ({ baseline, model }) =>
        (model >= 0 ? this.ledger.detections.category[model] : this.baseline.category[baseline]) === predicted,
    );
    return {
      entered: alarms.filter(({ baseline }) => baseline < 0),
      left: alarms.filter(({ model }) => model < 0),
    };
  }

  /** False alarms of both; one that both models give at the same place stands once. */
  get alarms(): readonly Change[] {
    this.#alarms ??= pairAlarms(this);
    return this.#alarms;
  }
}

function standing({ confusion }: Ledger, objects: number, detections: number): Standing {
  const as = new Int32Array(objects).fill(-1);
  const match = new Int32Array(objects).fill(-1);
  const alarms: number[] = [];
  const { cells, examples } = confusion;
  for (let cell = 0; cell < confusion.length; cell++) {
    for (let row = cells.start[cell] as number; row < (cells.start[cell + 1] as number); row++) {
      const [object, detection] = [examples.object[row] as number, examples.detection[row] as number];
      if (object < 0) alarms.push(detection);
      else {
        as[object] = cells.predicted[cell] as number;
        match[object] = detection;
      }
    }
  }
  if (alarms.some((row) => row >= detections)) throw new RangeError("an example lies outside the detections");
  return { as, match, alarms };
}

type Counts = Omit<Cells, "start"> & { readonly count: Int32Array };

function cellChanges({ confusion }: Ledger, before: Counts): CellChange[] {
  const found = new Map<number, CellChange>();
  const key = (actual: number, predicted: number) => actual * confusion.size + predicted;
  for (let cell = 0; cell < before.actual.length; cell++) {
    const [actual, predicted] = [before.actual[cell] as number, before.predicted[cell] as number];
    const was = before.count[cell] as number;
    found.set(key(actual, predicted), { actual, predicted, was, is: 0 });
  }
  confusion.each((actual, predicted, is) => {
    const { was } = found.get(key(actual, predicted)) ?? { was: 0 };
    found.set(key(actual, predicted), { actual, predicted, was, is });
  });
  return [...found.values()];
}

/** Joins false alarms of one class and frame, best overlap first come. */
function pairAlarms({ ledger, baseline, before, after }: Changes): Change[] {
  const { detections, head } = ledger;
  const waiting = new Map<number, number[]>();
  const place = (boxes: Detections, row: number) =>
    (boxes.frame[row] as number) * head.classes.length + (boxes.category[row] as number);
  for (const row of after.alarms) {
    const at = place(detections, row);
    waiting.set(at, [...(waiting.get(at) ?? []), row]);
  }
  const joined = new Set<number>();
  const found = before.alarms.map((row) => {
    const free = (waiting.get(place(baseline, row)) ?? []).filter((candidate) => !joined.has(candidate));
    const overlaps = free.map((candidate) => overlap(baseline.box, row, detections.box, candidate));
    const best = overlaps.indexOf(Math.max(...overlaps));
    const model = best >= 0 && (overlaps[best] as number) >= SAME ? (free[best] as number) : -1;
    joined.add(model);
    return { object: -1, baseline: row, model };
  });
  const alone = after.alarms.filter((row) => !joined.has(row)).map((row) => ({ object: -1, baseline: -1, model: row }));
  return [...found, ...alone];
}
