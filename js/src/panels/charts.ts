/** Metrics and losses by epoch: charts with one epoch axis, one crosshair, one chosen epoch, and what the curves do. */
import { switchButton } from "../draw/controls.ts";
import { listen } from "../draw/dom.ts";
import type { History } from "../ledger/schema.ts";
import { printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { Chart } from "./chart.ts";
import { epochsOf, GROUPS, type Group, linesOf, runsOf } from "./chart-lines.ts";
import { numbered } from "./chart-marks.ts";
import { type OptionStore, optionsOf, toggled } from "./chart-options.ts";
import { showEpochStatus } from "./epoch-status.ts";

/** Epochs on both sides that a smoothed value is the mean of. */
const REACHES = [0, 1, 2, 5, 10];
const ON_DEMAND: Partial<Record<Group, string>> = { lr: "Learning rate", time: "Wall time" };

function toolsView(context: Context, options: OptionStore, groups: readonly Group[]): HTMLElement {
  const { make, signal } = context;
  const name = (reach: number) => (reach === 0 ? "off" : `${2 * reach + 1} epochs`);
  const choices = REACHES.map((reach) => make("option", { value: reach }, name(reach)));
  const smoothing = make("select.fl-smoothing", { "aria-label": "Smoothing" }, ...choices);
  listen(smoothing, "change", () => options.set({ reach: Number(smoothing.value) }), signal);
  const all = make("button.fl-button.fl-all-epochs", {}, "All epochs");
  listen(all, "click", () => options.set({ window: null }), signal);
  options.watch(({ reach, window }) => {
    smoothing.value = String(reach);
    all.disabled = window === null;
  }, signal);
  const log = switchButton(
    make,
    { label: "Log scale", kind: "fl-log-scale" },
    () => options.set({ log: !options.state.log }),
    signal,
  );
  options.watch((state) => log.show(state.log), signal);
  const more = groups.flatMap((group) => {
    const label = ON_DEMAND[group];
    if (!label) return [];
    const turn = () => options.set({ more: toggled(options.state.more, group) });
    const button = switchButton(make, { label, kind: "fl-more-chart" }, turn, signal);
    options.watch((state) => button.show(state.more.has(group)), signal);
    button.element.dataset.more = group;
    return [button.element];
  });
  const hint = make("span.fl-hint", {}, "drag over epochs to look closer");
  return make(
    "div.fl-controls.fl-chart-tools",
    { role: "toolbar", "aria-label": "Curves" },
    make("label", {}, "Smoothing ", smoothing),
    log.element,
    ...more,
    all,
    hint,
  );
}

/** What the curves do, in words; the numbers stand at the marks. A click goes to the epoch where it begins. */
function signalsView({ make, store, signal }: Context, history: History): HTMLElement | null {
  const found = numbered(history);
  if (found.length === 0) return null;
  const items = found.map(({ signal: { kind, start_epoch: epoch, text }, number }) => {
    const badge = make("span.fl-signal-number", {}, number > 0 && number);
    const button = make("button.fl-link", { "data-epoch": epoch }, printable(text, 240));
    listen(button, "click", () => store.set({ epoch }), signal);
    return make("li", { "data-kind": kind }, badge, button);
  });
  return make(
    "details.fl-signals",
    { open: true, "data-count": found.length },
    make("summary", {}, `What the curves do (${found.length})`),
    make("ul", {}, ...items),
  );
}

/** Which dash is which run, where there are several. */
function runsView({ make }: Context, history: History): HTMLElement | null {
  const runs = runsOf(history);
  if (runs.length === 1) return null;
  const items = runs.map((run, index) =>
    make(
      "li",
      { class: `fl-run-${index % 4}` },
      make("i.fl-chart-swatch", { "aria-hidden": "true" }),
      printable(run.name),
    ),
  );
  return make("ul.fl-chart-runs", { "aria-label": "Runs" }, ...items);
}

export const chartsPanel: Panel = {
  id: "charts",
  title: "Training run",
  has: ({ ledger }) => (ledger.head.history?.epochs.length ?? 0) > 0,
  view(context) {
    const { make, ledger, load, signal } = context;
    const history = ledger.head.history as History;
    const options = optionsOf(load);
    const drawn = { history, epochs: epochsOf(history), lines: linesOf(history) };
    const groups = GROUPS.filter((group) => drawn.lines.some((line) => line.group === group));
    const charts = groups.map((group) => ({ group, chart: new Chart(context, drawn, group, options) }));
    for (const { group, chart } of charts) {
      if (!ON_DEMAND[group]) continue;
      options.watch(({ more }) => {
        chart.element.hidden = !more.has(group);
      }, signal);
    }
    const status = make("p.fl-epoch-status", { role: "status" });
    showEpochStatus(context, status);
    const element = make("section.fl-charts", { "aria-label": "Training run" }, toolsView(context, options, groups));
    const figures = make("div.fl-chart-figures", {}, ...charts.map(({ chart }) => chart.element));
    for (const part of [status, runsView(context, history), figures, signalsView(context, history)]) {
      if (part) element.append(part);
    }
    return element;
  },
};
