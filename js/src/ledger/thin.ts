/**
 * Undoes `report/thin.py`, whose first lines say what a thinned payload holds: makes the bytes that Python put in.
 *
 * A column is made when it is first read, with those that it follows from: the first look at a matrix needs neither
 * boxes nor overlaps, which are most of the work. Nothing is checked here but that no byte is missing: what comes out is
 * read by `decode`, which trusts nothing. The loops are plain because they run over a million numbers.
 */
import { CROWD, column, type LazyBytes } from "./decode.ts";
import { overlap } from "./outcome.ts";
import { type ColumnSpec, type Dtype, type Head, PayloadError } from "./schema.ts";

type Entry = readonly [name: string, how: string, bytes: number, low: number, ...more: number[]];
type Rule = (made: Int32Array, name: string, ...more: number[]) => void;

const BYTES: Record<Dtype, number> = { u1: 1, i4: 4, f4: 4, f8: 8 };
/** A key and a row share one double. */
const ROWS = 2 ** 21;
const PARTS = 2 ** 30;

/** Rows by rising key, equal ones as they stand: as one double each, which a browser sorts without a callback. */
function orderOf(keys: ArrayLike<number>): Float64Array {
  const both = new Float64Array(keys.length);
  for (let row = 0; row < both.length; row++) both[row] = (keys[row] as number) * ROWS + row;
  both.sort();
  for (let place = 0; place < both.length; place++) {
    const one = both[place] as number;
    both[place] = one - Math.floor(one / ROWS) * ROWS; // faster than the rest of a division
  }
  return both;
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The columns that one entry makes. */
interface Job {
  readonly names: readonly string[];
  make(): void;
}
const OF_CELLS = ["example_object", "example_detection"];

class Thinned extends DataView<ArrayBuffer> implements LazyBytes {
  readonly #head: Head;
  readonly #streams: Uint8Array;
  /** What makes each column that has not been read. */
  readonly #waiting = new Map<string, Job>();
  /** Boxes as they were before they became float32. */
  readonly #exact: Record<string, Float64Array> = {};

  constructor(head: Head, entries: readonly Entry[], streams: Uint8Array) {
    const ends = Object.values(head.columns).map(({ dtype, shape, offset }) => offset + sizeOf(shape) * BYTES[dtype]);
    super(new ArrayBuffer(Math.max(0, ...ends)));
    this.#head = head;
    this.#streams = streams;
    let end = 0;
    for (const entry of entries) end = this.#plan(entry, end);
    if (end !== streams.length) throw new PayloadError("the data of this report is not complete");
  }

  need(name: string): void {
    const job = this.#waiting.get(name);
    if (!job) return;
    for (const made of job.names) this.#waiting.delete(made);
    try {
      job.make();
    } catch (error) {
      for (const made of job.names) this.#waiting.set(made, job); // who asks again hears it again
      throw error;
    }
  }

  /** Keeps in mind how to make what an entry stands for; returns where its stream ends. */
  #plan([name, how, bytes, low, ...more]: Entry, at: number): number {
    const plain = how === "plain";
    const count = how === "cells" ? (more[0] ?? 0) : sizeOf(this.#spec(name).shape);
    const end = at + count * (plain ? BYTES[this.#spec(name).dtype] : bytes);
    if (!(end <= this.#streams.length)) throw new PayloadError("the data of this report ends early");
    const rule = Object.hasOwn(this.#rules, how) ? this.#rules[how] : undefined;
    if (!rule && !plain)
      throw new PayloadError(`the data of this report is written in a way ("${how}") that is not known here`);
    const names = how === "cells" ? OF_CELLS : [name];
    const make = () => (rule ? rule(this.#numbers(count, bytes, low, at), name, ...more) : this.#plain(name, at));
    for (const made of names) this.#waiting.set(made, { names, make });
    return end;
  }

  #spec(name: string): ColumnSpec {
    const spec = Object.hasOwn(this.#head.columns, name) ? this.#head.columns[name] : undefined;
    if (!spec) throw new PayloadError(`payload has no column "${name}"`);
    return spec;
  }

  #column<D extends Dtype>(name: string, dtype: D) {
    return column(this.#head.columns, this, name, dtype);
  }

  #put(name: string, values: ArrayLike<number>): void {
    column(this.#head.columns, new DataView(this.buffer), name, this.#spec(name).dtype).set(values);
  }

  /** Whole numbers of the streams. */
  #numbers(count: number, bytes: number, low: number, start: number): Int32Array {
    const values = new Int32Array(count).fill(low);
    const streams = this.#streams;
    for (let plane = 0, at = start; plane < bytes; plane++, at += count) {
      for (let row = 0; row < count; row++)
        values[row] = (values[row] as number) + ((streams[at + row] as number) << (8 * plane));
    }
    return values;
  }

  #plain(name: string, start: number): void {
    const { dtype, shape, offset } = this.#spec(name);
    const [count, width] = [sizeOf(shape), BYTES[dtype]];
    const bytes = new Uint8Array(this.buffer, offset, count * width);
    const streams = this.#streams;
    let from = start;
    for (let plane = 0; plane < width; plane++) {
      for (let at = plane; at < bytes.length; at += width) bytes[at] = streams[from++] as number;
    }
  }

  readonly #rules: Readonly<Record<string, Rule>> = {
    whole: (made, name, steps, scale = 1) => {
      if (steps)
        for (let row = 1; row < made.length; row++) made[row] = (made[row] as number) + (made[row - 1] as number);
      const width = this.#spec(name).shape[1] ?? 1;
      if (scale === 0) this.#put(name, new Float32Array(made.buffer));
      else if (width > 1) this.#putBoxes(name, made, scale, width);
      else if (scale === 1) this.#put(name, made);
      else
        this.#put(
          name,
          Float64Array.from(made, (value) => value / scale),
        );
    },
    near: (made, name, scale = 1) => {
      const { first, object } = this.#pairs();
      const number = this.#column("detection_pairs", "i4");
      const things = this.#column("object_box", "f4");
      const count = number.length;
      const boxes = new Int32Array(made.length);
      let place = 0;
      for (const near of [true, false]) {
        for (let row = 0; row < count; row++) {
          if ((number[row] as number) > 0 !== near) continue;
          const thing = 4 * (object[first[row] as number] as number);
          for (let part = 0; part < 4; part++) {
            const from = near ? Math.floor((things[thing + part] as number) * scale + 0.5) : 0;
            boxes[part * count + row] = (made[part * count + place] as number) + from;
          }
          place++;
        }
      }
      this.#putBoxes(name, boxes, scale, 4);
    },
    class: (made, name) => {
      const { start } = this.#frames();
      const category = this.#column("object_class", "i4");
      const frame = this.#column("detection_frame", "i4");
      const lists: number[][] = [];
      const listOf = (at: number) => {
        const list: number[] = [];
        for (let row = start[at] as number; row < (start[at + 1] as number); row++) {
          const one = category[row] as number;
          if (!list.includes(one)) list.push(one);
        }
        lists[at] = list;
        return list;
      };
      for (let row = 0; row < made.length; row++) {
        const list = lists[frame[row] as number] ?? listOf(frame[row] as number);
        const code = made[row] as number;
        if (code >= list.length) list.push(code - list.length);
        made[row] = list[Math.min(code, list.length - 1)] as number;
      }
      this.#put(name, made);
    },
    pair: (made, name) => {
      const { detection } = this.#pairs();
      for (let pair = 0; pair < made.length; pair++) {
        made[pair] = this.#objectAt(detection[pair] as number, made[pair] as number);
      }
      this.#put(name, made);
    },
    found: (made, name) => {
      const { first, object } = this.#pairs();
      for (let row = 0; row < made.length; row++) {
        const code = made[row] as number;
        if (code === 1) made[row] = object[first[row] as number] as number;
        else made[row] = code ? this.#objectAt(row, code - 2) : -1;
      }
      this.#put(name, made);
    },
    level: (made, name) => {
      const steps = Float64Array.from(this.#head.recount?.steps ?? []);
      const overlaps = this.#overlaps();
      for (let pair = 0; pair < made.length; pair++) {
        const iou = overlaps[pair] as number;
        let passed = 0;
        for (let end = steps.length; passed < end; ) {
          const middle = (passed + end) >> 1;
          if ((steps[middle] as number) <= iou) passed = middle + 1;
          else end = middle;
        }
        made[pair] = (made[pair] as number) + passed - 1;
      }
      this.#put(name, made);
    },
    order: (made, name) => {
      const order = orderOf(this.#overlaps().map((iou) => Math.max(PARTS - Math.floor(iou * PARTS), 0)));
      for (let place = 0; place < made.length; place++)
        made[place] = (made[place] as number) + (order[place] as number);
      this.#put(name, made);
    },
    iou: (made, name) => {
      const object = this.#column("example_object", "i4");
      const detection = this.#column("example_detection", "i4");
      const iou = this.#overlapsOf(object, detection, new Float32Array(object.length));
      const bits = new Int32Array(iou.buffer);
      for (let row = 0; row < bits.length; row++) bits[row] = (bits[row] as number) + (made[row] as number);
      this.#put(name, iou);
    },
    cells: (made) => this.#cells(made),
  };

  /** Writes boxes, which are given component by component. */
  #putBoxes(name: string, values: Int32Array, scale: number, width: number): void {
    const rows = values.length / width;
    const exact = new Float64Array(values.length);
    for (let part = 0, from = 0; part < width; part++) {
      for (let at = part; at < exact.length; at += width) exact[at] = (values[from++] as number) / scale;
    }
    if (rows) this.#put(name, exact);
    this.#exact[name] = exact;
  }

  /** Where the objects of each frame begin: they stand by frame. */
  readonly #frames = once(() => {
    const start = new Int32Array(this.#head.frames.names.length + 1);
    for (const frame of this.#column("object_frame", "i4")) start[frame + 1] = (start[frame + 1] as number) + 1;
    for (let at = 1; at < start.length; at++) start[at] = (start[at] as number) + (start[at - 1] as number);
    return { start, ofDetection: this.#column("detection_frame", "i4") };
  });

  #objectAt(detection: number, place: number): number {
    const { start, ofDetection } = this.#frames();
    return (start[ofDetection[detection] as number] as number) + place;
  }

  /** Detection and object of each pair, and the first pair of each detection. */
  readonly #pairs = once(() => {
    const number = this.#column("detection_pairs", "i4");
    const object = this.#column("pair_object", "i4");
    const detection = new Int32Array(object.length);
    const first = new Int32Array(number.length);
    for (let row = 0, pair = 0; row < number.length; row++) {
      first[row] = pair;
      pair += number[row] as number;
      detection.fill(row, first[row], pair);
    }
    return { detection, object, first };
  });

  readonly #overlaps = once(() => {
    const { detection, object } = this.#pairs();
    return this.#overlapsOf(object, detection, new Float64Array(object.length));
  });

  #overlapsOf<Made extends Float32Array | Float64Array>(object: Int32Array, detection: Int32Array, made: Made): Made {
    const boxes = (name: string) => {
      const column = this.#column(name, "f4"); // makes the exact ones, where it is made of such
      return this.#exact[name] ?? Float64Array.from(column);
    };
    const things = boxes("object_box");
    const found = boxes("detection_box");
    const flags = this.#column("object_flags", "u1");
    for (let row = 0; row < made.length; row++) {
      const thing = object[row] as number;
      const other = detection[row] as number;
      const crowd = ((flags[thing] as number) & CROWD) > 0;
      made[row] = thing < 0 || other < 0 ? -1 : overlap(things, thing, found, other, crowd) || 0;
    }
    return made;
  }

  /** The examples: detections as they stand, then objects that nobody found, sorted by cell. */
  #cells(codes: Int32Array): void {
    const background = this.#head.classes.length;
    const ofObject = this.#column("object_class", "i4");
    const ofDetection = this.#column("detection_class", "i4");
    const missed = this.#column("object_flags", "u1").map((flag) => (flag ? 0 : 1));
    const most = codes.length + missed.length;
    const object = new Int32Array(most);
    const detection = new Int32Array(most);
    const keys = new Int32Array(most);
    let count = 0;
    const list = (thing: number, found: number) => {
      const actual = thing < 0 ? background : (ofObject[thing] as number);
      const predicted = found < 0 ? background : (ofDetection[found] as number);
      object[count] = thing;
      detection[count] = found;
      keys[count++] = actual * (background + 1) + predicted;
    };
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      const thing = code > 1 ? this.#objectAt(row, code - 2) : -1;
      if (thing >= 0) missed[thing] = 0;
      if (code) list(thing, row);
    }
    for (let row = 0; row < missed.length; row++) if (missed[row]) list(row, -1);
    const order = orderOf(keys.subarray(0, count));
    this.#put(
      "example_object",
      order.map((row) => object[row] as number),
    );
    this.#put(
      "example_detection",
      order.map((row) => detection[row] as number),
    );
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The bytes of a payload from what {@link gunzip} gives of a thinned one. Throws where they are not complete. */
export function unthin(head: Head, packed: Uint8Array<ArrayBuffer>): DataView<ArrayBuffer> & LazyBytes {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const entries = JSON.parse(new TextDecoder().decode(packed.subarray(4, 4 + length))) as Entry[];
  return new Thinned(head, entries, packed.subarray(4 + length));
}
