/** Frames, the one with the most errors first. */
import { listen } from "../draw/dom.ts";
import { integer, printable } from "../ledger/words.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
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
  has: ({ ledger }) => ledger.head.frames.names.length > 0 && !ledger.confusion.partial,
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
    return make("div.fl-frames", {}, make("div.fl-controls", {}, group, listedOnly), table.element);
  },
};
