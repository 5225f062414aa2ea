/** A table that sorts, filters, lets columns be chosen and shows many rows a part at a time. */
import { tableSpace } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import { onAbort } from "../host/life.ts";
import { amount, fraction, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import { exportMenu } from "./export.ts";
import type { Cell, Table } from "./files.ts";
import { type Ends, endsWords } from "./intervals.ts";

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What is sorted and exported. */
  value(row: Row): Cell;
  /** What is written, where that differs. */
  text?(row: Row): string;
  /** What stands in the cell besides the text. */
  node?(row: Row): HTMLElement | null;
  /** Fraction for a small bar under the number. */
  bar?(row: Row): number | null;
  /** Ends of its interval, drawn over the bar. */
  ends?(row: Row): Ends;
  /** What a pointer that rests on the cell is told. */
  hint?(row: Row): string;
  /** Not shown until it is chosen. */
  readonly extra?: boolean;
}

interface Options<Row> {
  readonly title: string;
  readonly columns: readonly Column<Row>[];
  /** Text that the filter box looks into; without it there is no box. */
  readonly search?: (row: Row) => string;
  /** What is exported in place of a column's value. */
  readonly exported?: (row: Row, id: string) => Cell | undefined;
  readonly attributes?: (row: Row) => Readonly<Record<`data-${string}`, string | number>>;
  /** Whether `follow` is called. */
  readonly follows?: boolean;
}

const PART = 60;

/** Columns of words, which begin where their heading begins; numbers end at the same place. */
const WORDS = new Set(["meaning", "reason", "note", "frame", "mark", "class", "predicted", "profile"]);
const wordsClass = (id: string) => (WORDS.has(id) ? "fl-words" : null);

export function countColumn<Row>(id: string, title: string, value: (row: Row) => number): Column<Row> {
  return { id, title, value, text: (row) => integer(value(row)) };
}

export function rateColumn<Row>(id: string, title: string, value: (row: Row) => number | null): Column<Row> {
  return { id, title, value, text: (row) => fraction(value(row)), bar: value };
}

/** An interval as a column of its own, not shown until it is chosen. */
export function endsColumn<Row>(id: string, title: string, value: (row: Row) => Ends): Column<Row> {
  return { id: `${id}_interval`, title: `${title}, 95%`, value: (row) => endsWords(value(row)), extra: true };
}

/** Undefined values stay at the end in both directions, equal ones keep their order. */
function sorted<Row>(rows: readonly Row[], value: (row: Row) => Cell, descending: boolean): Row[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [value(one), value(other)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "string" || typeof right === "string") return sign * String(left).localeCompare(String(right));
    return sign * (left - right);
  });
}

export class DataTable<Row> {
  readonly element: HTMLElement;
  readonly body: HTMLElement;
  readonly #context: Context;
  readonly #options: Options<Row>;
  readonly #head: HTMLElement;
  readonly #foot: HTMLElement;
  readonly #hidden: Set<string>;
  #rows: readonly Row[] = [];
  #sort: { by: string; descending: boolean } | null = null;
  #search = "";
  #most = PART;
  /** Lines that can be seen, and the place of the row of each in `#rows`. */
  readonly #inSight = new Set<Element>();
  readonly #placeOf = new WeakMap<Element, number>();
  readonly #sight: IntersectionObserver | undefined;

  constructor(context: Context, options: Options<Row>) {
    const { make, signal } = context;
    this.#context = context;
    this.#options = options;
    this.#hidden = new Set(options.columns.filter(({ extra }) => extra).map(({ id }) => id));
    this.#head = make("tr");
    this.body = make("tbody");
    this.#foot = make("p.fl-more");
    if (options.follows && "IntersectionObserver" in globalThis) {
      const seen = ({ isIntersecting, target }: IntersectionObserverEntry) =>
        isIntersecting ? this.#inSight.add(target) : this.#inSight.delete(target);
      const sight = new IntersectionObserver((entries) => entries.forEach(seen));
      onAbort(signal, () => sight.disconnect());
      this.#sight = sight;
    }
    const table = make("table", {}, make("thead", {}, this.#head), this.body);
    this.element = make(
      "div.fl-data-table",
      {},
      make(
        "div.fl-controls",
        {},
        this.#searchBox(),
        this.#chooser(),
        exportMenu(context, options.title, { table: () => this.table }),
      ),
      tableSpace(make, options.title, table),
      this.#foot,
    );
    listen(this.#head, "click", (event) => this.#sortBy(event), signal);
    listen(this.#foot, "click", (event) => this.#more(event), signal);
  }

  /** All rows that pass the filter, as they are sorted, with every column. */
  get table(): Table {
    const { columns, exported } = this.#options;
    return {
      columns: columns.map(({ id }) => id),
      rows: this.#shown().map((row) => columns.map((column) => exported?.(row, column.id) ?? column.value(row))),
    };
  }

  /** Rows that pass the filter, as they are sorted. */
  get rows(): readonly Row[] {
    return this.#shown();
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#write();
  }

  /** Other numbers for the same rows: those that can be seen are written where they stand, and nothing is sorted. */
  follow(rows: readonly Row[]): void {
    this.#rows = rows;
    const columns = this.#columns();
    for (const line of this.#inSight) {
      const row = rows[this.#placeOf.get(line) ?? -1];
      if (!row) continue;
      const cells = [...line.children];
      [...this.#line(row, columns).children].forEach((cell, at) => {
        if (!cells[at]?.isEqualNode(cell)) cells[at]?.replaceWith(cell);
      });
    }
  }

  #columns(): readonly Column<Row>[] {
    return this.#options.columns.filter(({ id }) => !this.#hidden.has(id));
  }

  #searchBox(): HTMLElement | null {
    const { make, signal } = this.#context;
    if (!this.#options.search) return null;
    const box = make("input.fl-button.fl-search", { type: "search", "aria-label": `Filter ${this.#options.title}` });
    box.placeholder = "filter";
    listen(
      box,
      "input",
      () => {
        this.#search = box.value.trim().toLowerCase();
        this.#most = PART;
        this.#write();
      },
      signal,
    );
    return box;
  }

  #chooser(): HTMLElement | null {
    const { make, signal } = this.#context;
    const { columns } = this.#options;
    if (!columns.some(({ extra }) => extra)) return null;
    const boxes = columns.slice(1).map(({ id, title }) => {
      const box = make("input", { type: "checkbox", "data-column": id });
      box.checked = !this.#hidden.has(id);
      listen(
        box,
        "change",
        () => {
          if (box.checked) this.#hidden.delete(id);
          else this.#hidden.add(id);
          this.#write();
        },
        signal,
      );
      return make("label", {}, box, ` ${title}`);
    });
    return make("details.fl-columns", {}, make("summary", {}, "Columns"), make("div", {}, ...boxes));
  }

  #sortBy(event: MouseEvent): void {
    const by = (event.target as Element).closest<HTMLElement>("[data-sort]")?.dataset.sort;
    if (by === undefined) return;
    const [first] = this.#options.columns;
    const again = this.#sort?.by === by;
    this.#sort = { by, descending: again ? !this.#sort?.descending : by !== first?.id };
    this.#write();
    this.#head.querySelector<HTMLElement>(`[data-sort="${by}"]`)?.focus();
  }

  #more(event: MouseEvent): void {
    if (!(event.target as Element).closest("button")) return;
    this.#most *= 4;
    this.#write();
  }

  #shown(): readonly Row[] {
    const { search, columns } = this.#options;
    const rows =
      this.#search && search
        ? this.#rows.filter((row) => search(row).toLowerCase().includes(this.#search))
        : this.#rows;
    const column = columns.find(({ id }) => id === this.#sort?.by);
    return column ? sorted(rows, column.value, this.#sort?.descending === true) : rows;
  }

  #write(): void {
    const { make } = this.#context;
    const columns = this.#columns();
    const rows = this.#shown();
    this.#head.replaceChildren(
      ...columns.map(({ id, title }) => {
        if (!title) return make("td");
        const on = this.#sort?.by === id;
        const order = on ? (this.#sort?.descending ? "descending" : "ascending") : "none";
        return make(
          "th",
          { scope: "col", class: wordsClass(id), "aria-sort": order },
          make("button", { "data-sort": id }, title),
        );
      }),
    );
    const lines = rows.slice(0, this.#most).map((row) => this.#line(row, columns));
    this.body.replaceChildren(...lines);
    if (this.#sight) this.#watchSight(lines, rows);
    const left = rows.length - this.#most;
    this.#foot.replaceChildren(
      rows.length === 0 ? "Nothing to show" : "",
      left > 0 ? make("button.fl-button", {}, `Show more (${amount(left, "row")} left)`) : "",
    );
    this.element.dataset.count = String(rows.length);
  }

  #watchSight(lines: readonly Element[], rows: readonly Row[]): void {
    const places = new Map(this.#rows.map((row, place) => [row, place]));
    this.#sight?.disconnect();
    this.#inSight.clear();
    for (const [at, line] of lines.entries()) {
      this.#placeOf.set(line, places.get(rows[at] as Row) as number);
      this.#sight?.observe(line);
    }
  }

  #line(row: Row, columns: readonly Column<Row>[]): HTMLElement {
    const { make } = this.#context;
    const cells = columns.map((column, at) => {
      const words = column.text ? column.text(row) : String(column.value(row) ?? "n/a");
      const content = at === 0 ? make("bdi", {}, words) : words;
      const part = column.bar?.(row);
      const strip = typeof part === "number" ? make("i.fl-strip", { "aria-hidden": "true" }) : null;
      if (strip) strip.style.width = `${100 * Math.min(1, Math.max(0, part as number))}%`;
      const ends = strip && column.ends?.(row);
      const range = ends ? make("i.fl-strip-ends", { "aria-hidden": "true" }) : null;
      if (range && ends) {
        range.style.left = `${100 * ends[0]}%`;
        range.style.width = `${100 * (ends[1] - ends[0])}%`;
      }
      const attributes = { class: wordsClass(column.id), "data-field": column.id, title: column.hint?.(row) };
      return at === 0
        ? make("th", { scope: "row", ...attributes }, content, column.node?.(row))
        : make("td", attributes, content, strip && make("span.fl-strips", {}, strip, range), column.node?.(row));
    });
    return make("tr", { ...this.#options.attributes?.(row) }, ...cells);
  }
}
