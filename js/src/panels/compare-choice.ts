/** Which two models are compared, and the scores of all of them. */
import { listen } from "../draw/dom.ts";
import { isAbort, isNotConnected, reasonOf } from "../host/rpc.ts";
import { fraction, integer, printable, signed } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { ComparisonHead, Score } from "./compare-data.ts";
import { SIGNS, verdict } from "./compare-tables.ts";
import { type Column, DataTable } from "./table.ts";

type Choose = (baseline: string, model: string, from: string) => void;

/** Asks for another pair; the page is drawn anew when it comes, and the focus goes back to where it was. */
function chooser({ root, rpc, signal }: Context, status: HTMLElement): Choose {
  return async (baseline, model, from) => {
    root.dataset.refocus = from;
    try {
      await rpc.request("compare", { baseline, model }, signal);
    } catch (error) {
      if (isAbort(error)) return;
      delete root.dataset.refocus;
      status.textContent = isNotConnected(error)
        ? "The kernel has not answered yet: the other models come once it has."
        : reasonOf(error);
    }
  };
}

function refocus({ root }: Context): void {
  const { refocus: from } = root.dataset;
  if (from === undefined) return;
  delete root.dataset.refocus;
  // The view stands on the page a moment after it was made.
  queueMicrotask(() => root.querySelector<HTMLElement>(`[data-choose="${from}"]`)?.focus());
}

/** The two that are compared, each to be chosen, and both the other way round. */
export function choiceView(context: Context, head: ComparisonHead): { element: HTMLElement; choose: Choose } {
  const { make, signal } = context;
  const { names, baseline, model, stored } = head;
  const status = make("span", { role: "status" });
  const choose = chooser(context, status);
  const select = (id: "baseline" | "model", chosen: string, allowed: (name: string) => boolean) => {
    const options = names.map((name, at) =>
      make("option", { value: at, disabled: !allowed(name) }, printable(name, 60)),
    );
    const box = make("select.fl-button", { "data-choose": id }, ...options);
    box.value = String(names.indexOf(chosen));
    return box;
  };
  const first = select("baseline", baseline, (name) => !stored || name === baseline);
  const second = select("model", model, (name) => name !== baseline && (!stored || stored.includes(name)));
  const swap = make("button.fl-button", { "data-choose": "swap", hidden: stored !== null }, "⇄ Swap");
  const at = (box: HTMLSelectElement) => names[Number(box.value)] as string;
  const other = (name: string) => names.find((one) => one !== name) as string;
  // A model that becomes the baseline changes places with it.
  listen(first, "change", () => choose(at(first), at(first) === model ? baseline : model, "baseline"), signal);
  listen(second, "change", () => choose(baseline, at(second), "model"), signal);
  listen(swap, "click", () => choose(model, baseline === model ? other(model) : baseline, "swap"), signal);
  refocus(context);
  const lacking = stored && stored.length < names.length - 1;
  return {
    choose,
    element: make(
      "div.fl-controls.fl-compare-choice",
      { role: "group", "aria-label": "Models that are compared" },
      make("label.fl-choice", {}, "Baseline ", first),
      make("span", { "aria-hidden": "true" }, "→"),
      make("label.fl-choice", {}, "Model ", second),
      swap,
      status,
      stored && make("span.fl-mark-hint", {}, lacking ? "This file holds some of the models." : ""),
    ),
  };
}

interface Row {
  readonly name: string;
  /** Null: the baseline itself. */
  readonly scores: readonly Score[] | null;
}

/** The change of one score in full: what it is, the change, and from where to where that may lie. */
function intervalOf({ low, high }: Score): string {
  return low === null || high === null ? "" : `${signed(low)} to ${signed(high)}`;
}

/** One row for each model; a row chooses its model. */
export function modelsView(context: Context, head: ComparisonHead, choose: Choose): HTMLElement | null {
  const { make, signal } = context;
  const { models, baseline, model, stored } = head;
  const [any] = models;
  if (models.length < 2 || !any) return null;
  const scoreOf = (row: Row, at: number) => (row.scores ?? any.scores)[at] as Score;
  const columns = any.scores.flatMap(({ id, title }, at): Column<Row>[] => [
    {
      id,
      title,
      value: (row) => (row.scores ? scoreOf(row, at).value : scoreOf(row, at).baseline),
      text: (row) => fraction(row.scores ? scoreOf(row, at).value : scoreOf(row, at).baseline),
    },
    {
      id: `${id}_delta`,
      title: "change",
      value: (row) => (row.scores ? scoreOf(row, at).delta : null),
      text: () => "",
      node: (row) => {
        if (!row.scores) return null;
        const score = scoreOf(row, at);
        const better = verdict(score.delta);
        return make(
          "span.fl-model-change",
          { "data-change": better, "data-delta": score.delta ?? "" },
          make("span", {}, `${SIGNS[better]} ${signed(score.delta)}`),
          make("small", {}, intervalOf(score)),
        );
      },
    },
    {
      id: `${id}_interval`,
      title: `${title}, 95%`,
      value: (row) => (row.scores ? intervalOf(scoreOf(row, at)) : ""),
      extra: true,
    },
  ]);
  const table = new DataTable<Row>(context, {
    title: "All models",
    columns: [
      {
        id: "model",
        title: "model",
        value: ({ name }) => name,
        text: ({ name, scores }) => (scores ? "" : `${printable(name, 60)} (baseline)`),
        node: ({ name, scores }) =>
          scores &&
          make(
            "button.fl-bring",
            {
              "data-choose": `row ${head.names.indexOf(name)}`,
              "aria-current": name === model ? "true" : null,
              disabled: stored !== null && !stored.includes(name),
            },
            make("bdi", {}, printable(name, 60)),
          ),
      },
      ...columns,
    ],
    attributes: ({ name }) => ({ "data-model": head.names.indexOf(name) }),
  });
  table.show([{ name: baseline, scores: null }, ...models]);
  listen(
    table.body,
    "click",
    (event) => {
      const from = (event.target as Element).closest<HTMLElement>("[data-choose]")?.dataset.choose;
      const name = head.names[Number(from?.slice(4))];
      if (from && name !== undefined) choose(baseline, name, from);
    },
    signal,
  );
  return make(
    "section.fl-models",
    {},
    make("h2.fl-heading", {}, `All models against ${printable(baseline, 40)}`),
    table.element,
    make(
      "p.fl-figure-words",
      {},
      head.rounds > 0
        ? `Under each change from where to where it may lie: 95%, ${integer(head.rounds)} resamples.`
        : "",
    ),
  );
}
