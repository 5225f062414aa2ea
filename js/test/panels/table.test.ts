// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { maker } from "../../src/draw/dom.ts";
import { countColumn, DataTable } from "../../src/panels/table.ts";
import type { Context } from "../../src/views/context.ts";

interface Row {
  readonly name: string;
  readonly count: number;
}

type Seen = Pick<IntersectionObserverEntry, "target" | "isIntersecting">;

afterEach(() => vi.unstubAllGlobals());

describe("a table whose numbers follow", () => {
  let see: (entries: Seen[]) => void = () => undefined;
  const watched = new Set<Element>();
  class Observer {
    constructor(seen: (entries: Seen[]) => void) {
      see = seen;
    }
    observe = (element: Element) => watched.add(element);
    disconnect = () => watched.clear();
  }

  function start() {
    vi.stubGlobal("IntersectionObserver", Observer);
    const life = new AbortController();
    const context = { make: maker(document), signal: life.signal, document } as unknown as Context;
    const table = new DataTable<Row>(context, {
      title: "Things",
      columns: [
        { id: "name", title: "name", value: (row) => row.name },
        countColumn<Row>("count", "count", (row) => row.count),
      ],
      follows: true,
    });
    table.show([
      { name: "one", count: 1 },
      { name: "two", count: 2 },
      { name: "three", count: 3 },
    ]);
    table.element.querySelector<HTMLElement>("[data-sort=count]")?.click();
    const lines = () => [...table.body.children] as HTMLElement[];
    return { table, life, lines, texts: () => lines().map(({ textContent }) => textContent) };
  }

  const others = [
    { name: "one", count: 10 },
    { name: "two", count: 2 },
    { name: "three", count: 30 },
  ];

  it("writes the lines in sight where they stand, and touches no cell that stays as it is", () => {
    const { table, lines, texts } = start();
    expect(watched.size).toBe(3);
    see([
      { target: lines()[1] as Element, isIntersecting: true },
      { target: lines()[2] as Element, isIntersecting: true },
    ]);
    const before = lines();
    const cells = before.map((line) => [...line.children]);
    table.follow(others);
    expect(texts()).toEqual(["three3", "two2", "one10"]);
    expect(lines()).toEqual(before);
    expect([...(before[1] as Element).children]).toEqual(cells[1]);
    expect((before[2] as Element).children[0]).toBe(cells[2]?.[0]);
    see([{ target: lines()[2] as Element, isIntersecting: false }]);
    table.follow([{ name: "one", count: 11 }, ...others.slice(1)]);
    expect(texts()).toEqual(["three3", "two2", "one10"]);
  });

  it("sorts again when it is shown, and then follows the new lines", () => {
    const { table, lines, texts } = start();
    see([{ target: lines()[0] as Element, isIntersecting: true }]);
    table.show([{ name: "one", count: 40 }, ...others.slice(1)]);
    expect(texts()).toEqual(["one40", "three30", "two2"]);
    table.follow(others);
    expect(texts()).toEqual(["one40", "three30", "two2"]);
    see([{ target: lines()[0] as Element, isIntersecting: true }]);
    table.follow(others);
    expect(texts()).toEqual(["one10", "three30", "two2"]);
  });

  it("looks at nothing any more when its life ends", () => {
    const { life } = start();
    life.abort();
    expect(watched.size).toBe(0);
  });
});
