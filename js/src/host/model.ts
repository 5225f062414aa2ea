import type { AnyModel } from "@anywidget/types";
import type { BandRow } from "../ledger/bands.ts";
import type { Condition } from "../ledger/condition.ts";
import type { Marking } from "../ledger/marking.ts";
import type { Pairing } from "../ledger/recount.ts";
import type { Head } from "../ledger/schema.ts";
import { onAbort } from "./life.ts";

/** A cell of the matrix: row (actual class) and column (predicted class); background is the number of classes. */
export type CellPair = readonly [actual: number, predicted: number];

export type Normalize = "count" | "row" | "column" | "total";
export const NORMALIZE: readonly Normalize[] = ["count", "row", "column", "total"];

/** Arrangements of the first bundle; any other view is the id of a panel, shown alone with the gallery. */
export type View = string;
export const VIEWS: readonly View[] = ["evaluation", "report", "cards", "matrix"];

/** The traits shared with Python. `stored` exists only in an offline page, which may lack those that are optional. */
export interface Traits {
  head: Head | Record<string, never>;
  data: DataView;
  view: View;
  selected_cells: CellPair[];
  normalize: Normalize;
  color_scale?: string;
  transpose: boolean;
  hide_diagonal?: boolean;
  order?: string;
  top?: number | null;
  folded?: readonly string[];
  visible_classes?: readonly number[];
  /** Order and filters of the gallery. */
  sort?: string;
  search?: string;
  outcome?: string;
  lowest_score?: number | null;
  highest_score?: number | null;
  whole_frames?: boolean;
  selected_epoch: number | null;
  selected_panel: string;
  /** Where the boxes are counted; null where Python was asked for it. */
  confidence: number | null;
  iou: number | null;
  pairing: Pairing;
  marks: readonly Marking[];
  /** Pairs of class and confidence. */
  class_confidences?: readonly (readonly [number, number])[];
  filter?: readonly Condition[];
  /** Bands of good values that were set; absent in a page that has those of its head. */
  bands?: readonly BandRow[];
  /** Name, least and greatest area of the slices by size; empty or absent: COCO's. */
  size_ranges?: readonly (readonly [name: string, low: number, high: number])[];
  /** What a panel brought to the gallery, for Python: pairs of rows, the first 5,000. Empty where nothing was. */
  picked?: { title?: string; count?: number; boxes?: [number, number][] };
  /** Text of the first bundle, where `loader.ts` imports it, and of the second. */
  core?: string;
  panels: string;
  stored?: Stored;
}

/** The pictures that an offline page holds. */
export interface Stored {
  has(item: PictureItem): boolean;
  /** The picture, or why there is none. */
  entry(item: PictureItem): PictureEntry;
}

/** A picture as it comes from outside: bytes are the buffer with that number, or base64. */
export interface PictureEntry {
  readonly mime?: unknown;
  readonly width?: unknown;
  readonly height?: unknown;
  readonly region?: unknown;
  readonly note?: unknown;
  readonly buffer?: unknown;
  readonly data?: unknown;
}

export type PictureItem =
  | { readonly kind: "crop"; readonly object: number; readonly detection: number }
  | { readonly kind: "frame"; readonly frame: number };

export type Model = Pick<AnyModel<Traits>, "get" | "set" | "save_changes" | "send" | "on" | "off">;

type Callback = () => void;
type MessageCallback = (content: unknown, buffers: DataView[]) => void;

/** Listens to a model until `signal` aborts. */
export function onModel(model: Model, event: `change:${keyof Traits}`, callback: Callback, signal: AbortSignal): void;
export function onModel(model: Model, event: "msg:custom", callback: MessageCallback, signal: AbortSignal): void;
export function onModel(model: Model, event: string, callback: Callback | MessageCallback, signal: AbortSignal): void {
  if (signal.aborted) return;
  model.on(event, callback);
  onAbort(signal, () => model.off(event, callback));
}
