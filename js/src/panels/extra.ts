/** What Python sends for the panels besides the boxes; read when the first panel asks for it. */
import { column, type Ledger } from "../ledger/decode.ts";
import { frameOf, type Pair } from "../ledger/outcome.ts";
import { type ErrorType, type IssueKind, PayloadError } from "../ledger/schema.ts";

/** One way to cut the data into slices; `of` columns hold the place in `labels`, 255 for none. */
export interface Facet {
  readonly name: string;
  readonly labels: readonly string[];
  /** Slice of each frame; null where boxes are cut one by one, as by size. */
  readonly ofFrame: Uint8Array | null;
  readonly ofObject: (row: number) => number;
  readonly ofDetection: (row: number) => number;
}

/** Suspected label errors, most suspicious first. */
export interface Issues {
  readonly kinds: readonly IssueKind[];
  readonly total: number;
  readonly kind: Uint8Array;
  readonly object: Int32Array;
  readonly detection: Int32Array;
  readonly suspicion: Float32Array;
}

/** COCO's interpolated precision at 101 recall levels. */
interface Curves {
  /** IoU of each set of curves; null: mean over 0.50 to 0.95. */
  readonly ious: readonly (number | null)[];
  /** Classes that have a curve; the number of classes stands for the mean. */
  readonly category: Int32Array;
  /** The curve of the `at`-th of `category` at the `iou`-th of `ious`. */
  values(iou: number, at: number): Float32Array;
}

export interface Extra {
  readonly facets: readonly Facet[];
  /** Objects from which the numbers of a slice say something. */
  readonly reliable: number;
  readonly errors: readonly ErrorType[];
  readonly ap: number | null;
  /** Row of `errors` for each detection, 8 for right, 255 for none of them; rows that came later have none. */
  readonly errorKind: Uint8Array;
  /** Object that each detection found or could have found, -1 for none. */
  readonly errorObject: Int32Array;
  /** Gain in AP of class c if errors of row t were mended: `[t * classes + c]`, NaN where undefined. */
  readonly errorGain: Float32Array;
  readonly issues: Issues;
  readonly eventKinds: readonly IssueKind[];
  readonly eventsTotal: number;
  readonly scoreEdges: readonly number[];
  readonly curves: Curves;
}

/** Errors of one kind with one thing over several frames of a video or sequence. */
export interface ErrorEvent {
  /** Its place among the events, the longest first. */
  readonly at: number;
  /** Place in `eventKinds`. */
  readonly kind: number;
  readonly category: number;
  /** Its boxes, in the order of the frames. */
  readonly pairs: readonly Pair[];
  /** How many frames they stand in. */
  readonly frames: number;
}

export const RIGHT = 8;
export const NONE = 255;
const LEVELS = 101;

const known = new WeakMap<object, Extra>();

/** Whether the payload holds what the panels need. */
export function hasExtra({ head }: Pick<Ledger, "head">): boolean {
  return head.panels !== undefined;
}

function within(values: ArrayLike<number>, low: number, high: number, name: string): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (value !== NONE && (value < low || value >= high)) {
      throw new PayloadError(`column "${name}" row ${row} is ${value}, allowed: ${low} to ${high - 1}`);
    }
  }
}

function readFacets(ledger: Ledger): Facet[] {
  const { head, data, objects, detections } = ledger;
  const facets = head.panels?.facets ?? [];
  const [frames, things, found] = [head.frames.names.length, objects.frame.length, detections.frame.length];
  const ofFrames = column(head.columns, data, "facet_frame", "u1");
  const ofObjects = column(head.columns, data, "facet_object", "u1");
  const ofDetections = column(head.columns, data, "facet_detection", "u1");
  const boxwise = facets.filter(({ by_frame }) => !by_frame).length;
  if (ofFrames.length !== frames * (facets.length - boxwise) || ofObjects.length !== things * boxwise) {
    throw new PayloadError('columns "facet_frame" and "facet_object" do not fit the facets of the head');
  }
  // Detections that came later than the payload have no slice of their own.
  const sent = boxwise ? ofDetections.length / boxwise : found;
  let [frameFacet, boxFacet] = [0, 0];
  return facets.map(({ name, labels, by_frame }) => {
    if (!by_frame) {
      const at = boxFacet++;
      const own = (row: number) => (row < sent ? (ofDetections[at * sent + row] as number) : NONE);
      return {
        name,
        labels,
        ofFrame: null,
        ofObject: (row) => ofObjects[at * things + row] as number,
        ofDetection: own,
      };
    }
    const at = frameFacet++;
    const ofFrame = ofFrames.subarray(at * frames, (at + 1) * frames);
    within(ofFrame, 0, labels.length, "facet_frame");
    return {
      name,
      labels,
      ofFrame,
      ofObject: (row) => ofFrame[objects.frame[row] as number] as number,
      ofDetection: (row) => ofFrame[detections.frame[row] as number] as number,
    };
  });
}

function readIssues({ head, data, objects, detections }: Ledger): Issues {
  const { issues: kinds = [], issues_total: total = 0 } = head.panels ?? {};
  const object = column(head.columns, data, "issue_object", "i4");
  const detection = column(head.columns, data, "issue_detection", "i4");
  within(object, -1, objects.frame.length, "issue_object");
  within(detection, -1, detections.frame.length, "issue_detection");
  const kind = column(head.columns, data, "issue_kind", "u1");
  return { kinds, total, kind, object, detection, suspicion: column(head.columns, data, "issue_suspicion", "f4") };
}

const events = new WeakMap<object, readonly ErrorEvent[]>();

/** The events, read once for each payload. Throws a `PayloadError` with the column's name. */
export function eventsOf(ledger: Ledger): readonly ErrorEvent[] {
  const before = events.get(ledger.objects);
  if (before) return before;
  const { head, data, objects, detections } = ledger;
  const kinds = head.panels?.events;
  if (!kinds) return []; // a page from before there were events
  const read = (name: string, kind: "u1" | "i4") => column(head.columns, data, name, kind);
  const [kind, category, start] = [read("event_kind", "u1"), read("event_class", "i4"), read("event_start", "i4")];
  const [object, detection] = [read("event_object", "i4"), read("event_detection", "i4")];
  within(kind, 0, kinds.length, "event_kind");
  within(category, 0, head.classes.length, "event_class");
  within(start, 0, object.length + 1, "event_start");
  within(object, -1, objects.frame.length, "event_object");
  within(detection, -1, detections.frame.length, "event_detection");
  const found = Array.from(kind, (code, at): ErrorEvent => {
    const [from, to] = [start[at] as number, start[at + 1] as number];
    const pairs = Array.from({ length: Math.max(0, to - from) }, (_, place) => ({
      object: object[from + place] as number,
      detection: detection[from + place] as number,
    }));
    const frames = new Set(pairs.map((pair) => frameOf(ledger, pair))).size;
    return { at, kind: code, category: category[at] as number, pairs, frames };
  }).filter(({ pairs }) => pairs.length > 0);
  events.set(ledger.objects, found);
  return found;
}

function readCurves({ head, data }: Ledger): Curves {
  const category = column(head.columns, data, "curve_class", "i4");
  const precision = column(head.columns, data, "curve_precision", "f4", LEVELS);
  const ious = head.panels?.curve_ious ?? [];
  if (precision.length !== ious.length * category.length * LEVELS) {
    throw new PayloadError('column "curve_precision" does not hold one curve for each class and IoU');
  }
  return {
    ious,
    category,
    values: (iou, at) => precision.subarray((iou * category.length + at) * LEVELS).subarray(0, LEVELS),
  };
}

/** Reads it once for each payload. Throws a `PayloadError` with the column's name. */
export function extraOf(ledger: Ledger): Extra {
  const before = known.get(ledger.objects);
  if (before) return before;
  const { head, data, objects } = ledger;
  const { panels } = head;
  if (!panels) throw new PayloadError("this payload holds nothing for the panels; make it again");
  const errorObject = column(head.columns, data, "error_object", "i4");
  within(errorObject, -1, objects.frame.length, "error_object");
  const extra: Extra = {
    facets: readFacets(ledger),
    reliable: panels.reliable,
    errors: panels.errors,
    ap: panels.ap,
    errorKind: column(head.columns, data, "error_kind", "u1"),
    errorObject,
    errorGain: column(head.columns, data, "error_gain", "f4"),
    issues: readIssues(ledger),
    eventKinds: panels.events ?? [],
    eventsTotal: panels.events_total ?? 0,
    scoreEdges: panels.score_edges,
    curves: readCurves(ledger),
  };
  known.set(ledger.objects, extra);
  return extra;
}
