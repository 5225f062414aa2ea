/** Frames, the one with the most errors first, and places where the labels may be wrong. */
import { listen } from "../draw/dom.ts";
import type { Pairs as Boxes } from "../ledger/outcome.ts";
import { className, fraction, integer, plural, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { extraOf, hasExtra, type Issues } from "./extra.ts";
import { canFilter, narrow } from "./filter.ts";
import { bring } from "./parts.ts";
import { type Column, countColumn, DataTable, rateColumn } from "./table.ts";
import { type FrameTally, frameBoxes, PROFILES, tallyFrames } from "./tallies.ts";

function frameColumns({ ledger, make }: Context): Column<FrameTally>[] {
  const name = (row: FrameTally) => ledger.head.frames.names[row.frame] ?? "";
  return [
    {
      id: "frame",
      title: "frame",
      value: name,
      text: () => "",
      node: (row) => make("button.fl-bring", { "data-bring": "frame" }, make("bdi", {}, printable(name(row), 80))),
    },
    countColumn("objects", "objects", (row) => row.objects),
    countColumn("detections", "detections", (row) => row.detections),
    countColumn("true_positives", "correct", (row) => row.right),
    countColumn("false_positives", "false", (row) => row.wrong),
    countColumn("false_negatives", "missed", (row) => row.lost),
    { ...countColumn<FrameTally>("confused", "wrong class", (row) => row.confused), extra: true },
    rateColumn("f1", "F1", (row) => row.f1),
    { id: "profile", title: "profile", value: (row) => row.profile },
  ];
}

/** Most errors first, then the lowest F1, then the order of the frames. */
export function worstFirst(rows: readonly FrameTally[]): FrameTally[] {
  const errors = (row: FrameTally) => row.wrong + row.lost;
  return [...rows].sort(
    (one, other) => errors(other) - errors(one) || (one.f1 ?? 2) - (other.f1 ?? 2) || one.frame - other.frame,
  );
}

/** Frames that the filter lets through: those of which it leaves boxes, or that it leaves out nothing of. */
function framesShown({ store }: Context): (frame: number) => boolean {
  const frames = store.state.filter?.frames;
  return (frame) => !frames || frames[frame] === 1;
}

export const framesPanel: Panel = {
  id: "frames",
  title: "Frames",
  has: ({ ledger }) => ledger.head.frames.names.length > 0,
  view: (context) => {
    const { make, ledger, store, signal } = context;
    const { names } = ledger.head.frames;
    const table = new DataTable<FrameTally>(context, {
      title: "Frames",
      columns: frameColumns(context),
      search: (row) => names[row.frame] ?? "",
      attributes: (row) => ({ "data-frame": row.frame, "data-profile": row.profile }),
    });
    const profiles = PROFILES.map((profile) => make("button.fl-button", { "data-profile": profile }));
    let only = "";
    let rows: FrameTally[] = [];
    const write = () => {
      PROFILES.forEach((profile, at) => {
        const count = rows.filter((row) => row.profile === profile).length;
        const button = profiles[at] as HTMLElement;
        button.textContent = `${profile} ${integer(count)}`;
        Object.assign(button.dataset, { count: String(count) });
        button.setAttribute("aria-pressed", String(only === profile));
      });
      table.show(only ? rows.filter((row) => row.profile === only) : rows);
    };
    const group = make("div.fl-controls", { role: "group", "aria-label": "Profile" }, ...profiles);
    const listedOnly = make(
      "button.fl-button",
      { "data-only": "frames", hidden: !canFilter(context) },
      "Count only the frames listed",
    );
    listen(
      listedOnly,
      "click",
      () => narrow(context, { frames: table.rows.map(({ frame }) => frame).sort((one, other) => one - other) }),
      signal,
    );
    listen(
      group,
      "click",
      (event) => {
        const profile = (event.target as Element).closest<HTMLElement>("[data-profile]")?.dataset.profile ?? "";
        only = only === profile ? "" : profile;
        write();
      },
      signal,
    );
    listen(
      table.body,
      "click",
      (event) => {
        const row = (event.target as Element).closest<HTMLElement>("tr[data-frame]");
        if (!row) return;
        const frame = Number(row.dataset.frame);
        bring(context, printable(names[frame] ?? "", 80), frameBoxes(ledger, store.state.confusion, frame));
      },
      signal,
    );
    store.watch(
      ["confusion"],
      ({ confusion }) => {
        rows = worstFirst(tallyFrames(ledger, confusion, framesShown(context)));
        write();
      },
      signal,
    );
    return make("div.fl-frames", {}, group, listedOnly, table.element);
  },
};

interface Issue {
  readonly at: number;
  readonly object: number;
  readonly detection: number;
}

const oneBox = ({ object, detection }: Issue): Boxes => ({
  object: Int32Array.of(object),
  detection: Int32Array.of(detection),
});

function issueColumns({ ledger, make }: Context, issues: Issues): Column<Issue>[] {
  const { head, objects, detections } = ledger;
  const named = (category: number | undefined) => (category === undefined ? "" : className(head.classes, category));
  const frame = ({ object, detection }: Issue) =>
    head.frames.names[(object >= 0 ? objects.frame[object] : detections.frame[detection]) as number] ?? "";
  const kind = ({ at }: Issue) => issues.kinds[issues.kind[at] as number];
  return [
    {
      id: "kind",
      title: "suspicion",
      value: (row) => kind(row)?.id ?? "",
      text: () => "",
      node: (row) => make("button.fl-bring", { "data-bring": "issue" }, kind(row)?.id),
    },
    { id: "frame", title: "frame", value: frame, text: (row) => printable(frame(row), 60) },
    { id: "class", title: "labelled", value: ({ object }) => named(objects.category[object]) },
    { id: "predicted", title: "predicted", value: ({ detection }) => named(detections.category[detection]) },
    {
      id: "score",
      title: "score",
      value: ({ detection }) => detections.score[detection] ?? null,
      text: ({ detection }) => (detection < 0 ? "" : fraction(detections.score[detection], 2)),
    },
    {
      id: "suspicion",
      title: "how sure",
      value: ({ at }) => issues.suspicion[at] ?? null,
      text: ({ at }) => fraction(issues.suspicion[at], 2),
      bar: ({ at }) => issues.suspicion[at] ?? null,
    },
    { id: "reason", title: "reason", value: (row) => kind(row)?.meaning ?? "" },
  ];
}

/** The issues whose boxes the filter leaves in, most suspicious first. */
export function issuesShown(
  { issues }: { issues: Issues },
  mask: { objects: Uint8Array | null; detections: Uint8Array | null } | undefined,
): Issue[] {
  return Array.from(
    issues.kind,
    (_, at): Issue => ({ at, object: issues.object[at] as number, detection: issues.detection[at] as number }),
  ).filter(
    ({ object, detection }) =>
      !(object >= 0 && mask?.objects?.[object]) && !(detection >= 0 && mask?.detections?.[detection]),
  );
}

export const labelsPanel: Panel = {
  id: "labels",
  title: "Label errors?",
  has: ({ ledger }) => hasExtra(ledger) && extraOf(ledger).issues.kind.length > 0,
  view: (context) => {
    const { make, ledger, store, signal } = context;
    const extra = extraOf(ledger);
    const { issues } = extra;
    const table = new DataTable<Issue>(context, {
      title: "Suspected label errors",
      columns: issueColumns(context, issues),
      search: ({ at, object, detection }) => {
        const frame = object >= 0 ? ledger.objects.frame[object] : ledger.detections.frame[detection];
        return `${issues.kinds[issues.kind[at] as number]?.id} ${ledger.head.frames.names[frame as number]}`;
      },
      attributes: ({ at }) => ({ "data-issue": at }),
    });
    const words = make("p.fl-figure-words");
    let rows: Issue[] = [];
    const all = make("button.fl-button", { "data-bring": "issues" }, "Show all in the gallery");
    const shown = (some: readonly Issue[]): Boxes => ({
      object: Int32Array.from(some, ({ object }) => object),
      detection: Int32Array.from(some, ({ detection }) => detection),
    });
    listen(all, "click", () => bring(context, "Suspected label errors", shown(rows)), signal);
    listen(
      table.body,
      "click",
      (event) => {
        const row = (event.target as Element).closest<HTMLElement>("tr[data-issue]");
        const issue = rows.find(({ at }) => at === Number(row?.dataset.issue));
        if (issue) bring(context, `${issues.kinds[issues.kind[issue.at] as number]?.meaning}`, oneBox(issue));
      },
      signal,
    );
    store.watch(
      ["filter"],
      ({ filter }) => {
        rows = issuesShown(extra, filter?.mask);
        table.show(rows);
        const { confidence, iou } = ledger.head.operating_point;
        const more =
          issues.total > issues.kind.length
            ? `, the ${integer(issues.kind.length)} most suspicious of ${integer(issues.total)}`
            : "";
        words.textContent = `${integer(rows.length)} ${plural(rows.length, "place")}${more}, judged at confidence ${fraction(confidence, 2)}, IoU ${fraction(iou, 2)}. Look before you blame the detector.`;
      },
      signal,
    );
    return make("div.fl-labels", {}, words, all, table.element);
  },
};
