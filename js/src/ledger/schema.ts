/** The head of a payload (wire schema 1) and the checks it must pass before a view reads it. */

export interface Head {
  readonly schema: 1;
  readonly title: string;
  readonly rules: string;
  readonly counts: Counts;
  readonly operating_point: OperatingPoint;
  readonly box_unit: "pixel" | "relative";
  readonly classes: readonly string[];
  /** Group of each class, null where it has none; empty or absent where there are no groups. */
  readonly supercategories?: readonly (string | null)[];
  readonly frames: Frames;
  readonly cards: readonly Card[];
  readonly per_class: readonly ClassRow[];
  readonly class_bands?: readonly ClassBand[];
  readonly history: History | null;
  readonly checklist?: readonly ChecklistRow[];
  readonly pictures: boolean;
  readonly skipped: readonly Skip[];
  readonly warnings: readonly string[];
  readonly stamp: readonly (readonly [string, string])[];
  /** What counting anew needs; null where there are too many boxes for it, absent in a payload that holds none of it. */
  readonly recount?: Recount | null;
  /** What the panels need besides the boxes; their columns are read in `panels/extra.ts`. */
  readonly panels?: PanelsHead;
  /** Of average precision per class; null where the page has to ask for them. */
  readonly intervals?: Intervals | null;
  readonly columns: Readonly<Record<string, ColumnSpec>>;
}

interface Counts {
  readonly frames: number;
  readonly objects: number;
  readonly detections: number;
  readonly ignored_objects: number;
  readonly ignored_detections: number;
}

interface OperatingPoint {
  readonly confidence: number | null;
  readonly iou: number;
  readonly chosen: string;
}

export interface Recount {
  /** IoU thresholds, ascending, that the column `pair_level` numbers. */
  readonly steps: readonly number[];
  /** All detections from this score on are here; null: all there are. */
  readonly floor: number | null;
  /** How many detections are not here. */
  readonly below: number;
  /** The lowest score of all. */
  readonly least: number | null;
  /** Where no detection is missing, average precision of a part follows from the pairs; absent in a payload of before. */
  readonly average_precision?: boolean;
}

interface PanelsHead {
  readonly facets: readonly FacetHead[];
  /** Objects from which the numbers of a slice say something. */
  readonly reliable: number;
  readonly errors: readonly ErrorType[];
  /** Mean AP before anything is mended. */
  readonly ap: number | null;
  readonly issues: readonly IssueKind[];
  readonly issues_total: number;
  /** Absent from pages that were written before there were events. */
  readonly events?: readonly IssueKind[];
  readonly events_total?: number;
  readonly score_edges: readonly number[];
  readonly curve_ious: readonly (number | null)[];
}

/** Low and high of each class; null where there is none. */
interface ClassEnds {
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

/** With the last of the draws come the intervals. */
export interface Intervals {
  readonly rounds: number;
  readonly done: number;
  readonly ap50: ClassEnds | null;
  readonly ap50_95: ClassEnds | null;
}

interface FacetHead {
  readonly name: string;
  readonly labels: readonly string[];
  /** Whole frames are cut; else boxes by their own. */
  readonly by_frame: boolean;
}

export interface ErrorType {
  readonly id: string;
  readonly meaning: string;
  readonly count: number;
  /** Gain in AP if this type alone were mended. */
  readonly dap: number | null;
}

export interface IssueKind {
  readonly id: string;
  readonly meaning: string;
}

interface Frames {
  readonly names: readonly string[];
  readonly width: readonly (number | null)[];
  readonly height: readonly (number | null)[];
  /** Seconds since the first frame of the video; null where unknown or no video. */
  readonly time?: readonly (number | null)[];
}

export type Verdict = "below" | "in" | "above";

/** From where to where a value is good; null: open. */
export type Band = readonly [number | null, number | null];

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly value: number | null;
  readonly band: Band;
  /** The band of a card where nobody set another; absent in a payload of before. */
  readonly usual?: Band;
  /** Why the band is as it is; empty or absent where nobody said. */
  readonly reason?: string;
  readonly verdict: Verdict | null;
  readonly rule: string;
  readonly detail?: string | null;
}

/** Good values of one class, as the user set them. */
export interface ClassBand {
  readonly class: number;
  readonly field: "precision" | "recall" | "ap50" | "ap50_95";
  readonly band: Band;
  readonly reason: string;
}

export interface ClassRow {
  readonly class: number;
  readonly objects: number;
  readonly detections: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly ap50: number | null;
  readonly ap50_95: number | null;
}

export interface Series {
  readonly name: string;
  readonly label: string;
  readonly group: "metric" | "loss";
  readonly part: string;
  readonly split: "val" | "train";
  readonly color: number;
  readonly values: readonly (number | null)[];
}

export interface History {
  readonly framework: string;
  readonly name: string;
  readonly epochs: readonly number[];
  readonly best_epoch: number | null;
  readonly stopped_early: boolean | null;
  readonly planned_epochs?: number | null;
  readonly patience?: number | null;
  readonly run_starts?: readonly number[];
  readonly matrix_epoch?: number | null;
  readonly saved_epochs?: readonly number[];
  /** Why the epoch that was chosen is not shown; empty where nothing is wrong. */
  readonly epoch_problem?: string;
  readonly changes?: Changes | null;
  readonly signals?: readonly Signal[];
  readonly series: readonly Series[];
  readonly extra?: readonly ExtraSeries[];
  /** Further runs, drawn over this one. */
  readonly others?: readonly History[];
}

/** A curve that is drawn on demand: a learning rate, the wall time. */
export interface ExtraSeries extends Omit<Series, "group"> {
  readonly group: "extra";
}

/** What changed since the best epoch; `fixed` and `broken` are rows of the payload's objects. */
export interface Changes {
  readonly epoch: number;
  readonly base: number;
  readonly problem: string;
  readonly fixed_count: number;
  readonly broken_count: number;
  readonly fixed: readonly number[];
  readonly broken: readonly number[];
  readonly cells: readonly { actual: number; predicted: number; before: number; after: number }[];
  readonly frames: readonly { frame: number; before: number; after: number }[];
}

export interface Signal {
  readonly kind: string;
  readonly series: string;
  readonly start_epoch: number;
  readonly end_epoch: number;
  readonly strength: number;
  readonly text: string;
}

export interface ChecklistRow {
  readonly id: string;
  readonly title: string;
  readonly verdict: "present" | "absent" | "cannot tell";
  readonly evidence: string;
  readonly epochs: readonly (readonly [number, number])[];
  readonly cells: readonly (readonly [number, number])[];
  readonly classes: readonly number[];
  readonly cause: string;
  readonly remedy: string;
  readonly other_readings: readonly string[];
}

interface Skip {
  readonly file: string;
  readonly where: string;
  readonly reason: string;
  readonly count: number;
}

export type Dtype = "u1" | "i4" | "f4" | "f8";

export interface ColumnSpec {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** The payload does not hold what it says it holds; the message is shown to the reader. */
export class PayloadError extends Error {
  override name = "PayloadError";
}

const inHead = (problem: string) => new PayloadError(`payload head: ${problem}`);

type Loose = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(head: Loose, key: string): readonly unknown[] {
  const value = head[key];
  if (!Array.isArray(value)) throw inHead(`"${key}" is not a list`);
  return value;
}

function record(head: Loose, key: string): Loose {
  const value = head[key];
  if (!isRecord(value)) throw inHead(`"${key}" is not an object`);
  return value;
}

function requireStrings(values: readonly unknown[], where: string): void {
  const bad = values.findIndex((value) => typeof value !== "string");
  if (bad >= 0) throw inHead(`${where}[${bad}] is not text`);
}

function requireNumbers(values: Loose, keys: readonly string[], where: string): void {
  for (const key of keys) {
    if (!Number.isFinite(values[key])) throw inHead(`${where}.${key} is not a number`);
  }
}

function checkFrames(frames: Loose): void {
  const names = list(frames, "names");
  requireStrings(names, "frames.names");
  for (const key of ["width", "height"]) {
    const { length } = list(frames, key);
    if (length !== names.length) throw inHead(`frames.${key} has ${length} for ${names.length} frames`);
  }
}

function checkHistory(head: Loose): void {
  if (head.history === null || head.history === undefined) return;
  const history = record(head, "history");
  const epochs = list(history, "epochs").length;
  for (const series of list(history, "series")) {
    if (!isRecord(series) || list(series, "values").length !== epochs) {
      throw inHead(`a history series does not have ${epochs} values`);
    }
  }
}

function checkChecklist(rows: unknown): void {
  if (rows === undefined) return;
  const isList = Array.isArray(rows);
  const bad = isList
    ? rows.findIndex(
        (row) =>
          !isRecord(row) || !["epochs", "cells", "classes", "other_readings"].every((key) => Array.isArray(row[key])),
      )
    : 0;
  if (bad >= 0) throw inHead(`checklist[${bad}] is not a row`);
}

/**
 * Returns `raw` as a head, or throws a `PayloadError` that names the field.
 *
 * Text fields may hold anything a stranger wrote; they are only ever shown as text.
 */
export function readHead(raw: unknown): Head {
  if (!isRecord(raw)) throw new PayloadError("payload head is not an object");
  if (raw.schema !== 1) {
    throw new PayloadError(`payload has schema ${String(raw.schema)}, this front end reads schema 1; make it again`);
  }
  requireStrings(list(raw, "classes"), "classes");
  requireStrings(list(raw, "warnings"), "warnings");
  requireNumbers(record(raw, "counts"), ["frames", "objects", "detections"], "counts");
  requireNumbers(record(raw, "operating_point"), ["iou"], "operating_point");
  checkFrames(record(raw, "frames"));
  checkHistory(raw);
  checkChecklist(raw.checklist);
  for (const key of ["cards", "per_class", "skipped", "stamp"]) list(raw, key);
  if (raw.supercategories !== undefined) {
    const named = list(raw, "supercategories").filter((name) => name !== null);
    requireStrings(named, "supercategories");
  }
  record(raw, "columns");
  return raw as unknown as Head;
}
