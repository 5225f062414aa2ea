/** The pairs of classes that are confused most, whichever way round, and their cells. */
import { listen } from "../draw/dom.ts";
import type { CellPair } from "../host/model.ts";
import type { Confusion } from "../ledger/confusion.ts";
import { className, integer } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";

const LIMIT = 20;

interface PairCount {
  readonly one: number;
  readonly other: number;
  /** How often the first was called the second, and the second the first. */
  readonly there: number;
  readonly back: number;
}

/** Pairs of classes by the number of confusions between them, most first. */
function confusedPairs(confusion: Confusion): PairCount[] {
  const found = new Map<number, PairCount>();
  confusion.each((row, column, count) => {
    if (row === column || row === confusion.background || column === confusion.background) return;
    const [one, other] = [Math.min(row, column), Math.max(row, column)];
    const key = one * confusion.size + other;
    const known = found.get(key) ?? { one, other, there: 0, back: 0 };
    found.set(key, row === one ? { ...known, there: count } : { ...known, back: count });
  });
  const sum = ({ there, back }: PairCount) => there + back;
  return [...found.values()].sort((left, right) => sum(right) - sum(left)).slice(0, LIMIT);
}

export function pairsList({ make, ledger, store, signal }: Context): HTMLElement {
  const { classes } = ledger.head;
  const list = make("ol.fl-confused-list");
  let pairs: PairCount[] = [];
  const called = (from: number, to: number, count: number) => [
    make("bdi", {}, className(classes, from)),
    " called ",
    make("bdi", {}, className(classes, to)),
    ` ${integer(count)}`,
  ];
  store.watch(
    ["confusion"],
    ({ confusion }) => {
      pairs = confusedPairs(confusion);
      const items = pairs.map(({ one, other, there, back }, at) =>
        make(
          "li",
          {},
          make(
            "button.fl-worst",
            { "data-at": at, "data-pair": `${one},${other}` },
            make("span.fl-worst-count", {}, integer(there + back)),
            make("span", {}, ...called(one, other, there), " · ", ...called(other, one, back)),
          ),
        ),
      );
      list.replaceChildren(...(items.length > 0 ? items : [make("li", {}, "No two classes are confused here.")]));
    },
    signal,
  );
  listen(
    list,
    "click",
    (event) => {
      const at = (event.target as Element).closest<HTMLElement>("[data-at]")?.dataset.at;
      const pair = at === undefined ? undefined : pairs[Number(at)];
      if (!pair) return;
      const both: CellPair[] = [
        [pair.one, pair.other],
        [pair.other, pair.one],
      ];
      store.set({ cells: both.filter((cell) => store.state.confusion.count(...cell) > 0) });
    },
    signal,
  );
  return list;
}
