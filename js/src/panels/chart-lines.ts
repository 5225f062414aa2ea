/** The curves of one or several runs as the charts draw them. */
import type { ExtraSeries, History, Series } from "../ledger/schema.ts";
import { fraction, printable } from "../ledger/words.ts";
import type { Table } from "./files.ts";

/** What stands together in one chart. */
export type Group = "metric" | "loss" | "lr" | "time";

export const GROUPS: readonly Group[] = ["metric", "loss", "lr", "time"];

export const TITLES: Readonly<Record<Group, string>> = {
  metric: "Metrics by epoch",
  loss: "Losses by epoch",
  lr: "Learning rate by epoch",
  time: "Wall time by epoch",
};

export interface Line {
  readonly group: Group;
  readonly name: string;
  /** Name of the series, after the number of its run where there are several. */
  readonly key: string;
  readonly label: string;
  /** 0 for the run of the evaluation. */
  readonly run: number;
  readonly epochs: readonly number[];
  readonly values: readonly (number | null)[];
  readonly classes: string;
}

const COLORS = 8;
const DASHES = 4;

function groupOf({ group, part }: Series | ExtraSeries): Group {
  if (group === "extra") return part === "wall_time" ? "time" : "lr";
  return group;
}

/** The hue tells the part. Of one run the dash tells training from validation, of several it tells the run. */
function classesOf({ color, split, group }: Series | ExtraSeries, run: number, several: boolean): string {
  const hue = `fl-line-${((Math.trunc(color) % COLORS) + COLORS) % COLORS}`;
  const train = split === "train" && group === "loss";
  if (!several) return train ? `${hue} fl-train` : hue;
  return `${hue} fl-run-${run % DASHES}${train ? " fl-faint" : ""}`;
}

export function runsOf(history: History): readonly History[] {
  return [history, ...(history.others ?? [])];
}

export function linesOf(history: History): readonly Line[] {
  const runs = runsOf(history);
  const several = runs.length > 1;
  return runs.flatMap((run, index) =>
    [...run.series, ...(run.extra ?? [])].map((series) => ({
      group: groupOf(series),
      name: series.name,
      key: index === 0 ? series.name : `${index} ${series.name}`,
      label: several ? `${printable(run.name)} · ${printable(series.label)}` : printable(series.label),
      run: index,
      epochs: run.epochs,
      values: series.values,
      classes: classesOf(series, index, several),
    })),
  );
}

/** Every epoch that any run has, in order. */
export function epochsOf(history: History): readonly number[] {
  const runs = runsOf(history);
  if (runs.length === 1) return history.epochs;
  return [...new Set(runs.flatMap(({ epochs }) => epochs))].sort((one, other) => one - other);
}

/** The values as the columns that Python's tables have; of several runs one below the other. */
export function tableOf(history: History, lines: readonly Line[]): Table {
  const runs = runsOf(history);
  const several = runs.length > 1;
  const names = [...new Set(lines.map(({ name }) => name))];
  const rows = runs.flatMap((run, index) => {
    const own = names.map((name) => lines.find((line) => line.run === index && line.name === name)?.values ?? []);
    return run.epochs.map((epoch, at) => [
      ...(several ? [run.name] : []),
      epoch,
      ...own.map((values) => values[at] ?? null),
    ]);
  });
  return { columns: [...(several ? ["run"] : []), "epoch", ...names], rows };
}

export function valueAt({ epochs, values }: Line, epoch: number | null): number | null {
  const at = epoch === null ? -1 : epochs.indexOf(epoch);
  return at < 0 ? null : (values[at] ?? null);
}

/** Small numbers as powers, or they would not fit beside an axis. */
export function numberText(value: number, digits: number): string {
  const short = Number(value.toPrecision(digits));
  return short !== 0 && Math.abs(short) < 1e-3 ? short.toExponential() : String(short);
}

/** Losses can be of any size; three places where they are small, three digits where they are large. */
export function valueText(group: Group, value: number | null): string {
  if (group === "metric" || value === null) return fraction(value);
  if (group === "lr") return numberText(value, 3);
  if (group === "time") return `${Math.round(value)} s`;
  return Math.abs(value) < 100 ? value.toFixed(3) : value.toPrecision(3);
}
