/** What can be taken away: the present view into the notebook, numbers as tables, the matrix as a picture. */

import { listen } from "../draw/dom.ts";
import { reasonOf } from "../host/rpc.ts";
import type { Confusion } from "../ledger/confusion.ts";
import { frameOf, pairAt } from "../ledger/outcome.ts";
import { className } from "../ledger/words.ts";
import { counted } from "../views/cards.ts";
import type { Context } from "../views/context.ts";
import type { Panel } from "../views/panel.ts";
import { rowsOf } from "./classes.ts";
import { type Cell, csvBlob, download, stampNow, type Table } from "./files.ts";
import { matrixPicture } from "./matrix-file.ts";
import { pngBlob, svgBlob } from "./picture-file.ts";

function matrixTable(classes: readonly string[], confusion: Confusion): Table {
  const names = [...classes, "background"];
  return {
    columns: ["actual \\ predicted", ...names],
    rows: names.map((name, actual) => [name, ...names.map((_, predicted) => confusion.count(actual, predicted))]),
  };
}

const FIELDS = ["objects", "detections", "precision", "recall", "f1", "ap50", "ap50_95"] as const;

function classTable(context: Context): Table {
  const { ledger, store } = context;
  const rows = rowsOf(ledger, store.state);
  return {
    columns: ["class", ...FIELDS],
    rows: rows.map((row) => [className(ledger.head.classes, row.class), ...FIELDS.map((field) => row[field])]),
  };
}

function examplesTable({ ledger, store }: Context): Table {
  const { head, detections } = ledger;
  const { confusion, cells } = store.state;
  const rows: Cell[][] = [];
  for (const [actual, predicted] of cells) {
    for (const row of confusion.examplesOf([[actual, predicted]])) {
      const pair = pairAt(confusion.examples, row);
      const iou = confusion.examples.iou[row] as number;
      rows.push([
        head.frames.names[frameOf(ledger, pair)] ?? null,
        className(head.classes, actual),
        className(head.classes, predicted),
        detections.score[pair.detection] ?? null,
        iou >= 0 ? iou : null,
      ]);
    }
  }
  return { columns: ["frame", "actual", "predicted", "score", "iou"], rows };
}

function json(context: Context): Blob {
  const { head } = context.ledger;
  const { point, scores, moved } = context.store.state;
  const value = {
    stamp: Object.fromEntries(stampNow(context)),
    operating_point: point,
    cards: head.cards.map((card) => {
      const { id, value, rule } = counted(card, context.store.state);
      return { id, value, rule };
    }),
    bands: context.store.state.bands.map((row) => ({
      ...row,
      class: row.class === null ? null : className(head.classes, row.class),
    })),
    classes: head.classes,
    scores: moved ? scores : null,
    per_class: rowsOf(context.ledger, context.store.state),
    confusion: matrixTable(head.classes, context.store.state.confusion).rows.map((row) => row.slice(1)),
  };
  return new Blob([JSON.stringify(value, null, 1)], { type: "application/json" });
}

interface Offer {
  readonly id: string;
  readonly words: string;
  readonly file: string;
  make(context: Context): Blob | Promise<Blob>;
}

const OFFERS: readonly Offer[] = [
  {
    id: "matrix",
    words: "Matrix (CSV)",
    file: "confusion-matrix.csv",
    make: (context) => csvBlob(context, matrixTable(context.ledger.head.classes, context.store.state.confusion)),
  },
  {
    id: "classes",
    words: "Classes (CSV)",
    file: "classes.csv",
    make: (context) => csvBlob(context, classTable(context)),
  },
  {
    id: "examples",
    words: "Boxes of the chosen cells (CSV)",
    file: "examples.csv",
    make: (context) => csvBlob(context, examplesTable(context)),
  },
  { id: "numbers", words: "All numbers (JSON)", file: "evaluation.json", make: json },
  {
    id: "picture",
    words: "Matrix (PNG)",
    file: "confusion-matrix.png",
    make: (context) => pngBlob(context, matrixPicture(context)),
  },
  {
    id: "drawing",
    words: "Matrix (SVG)",
    file: "confusion-matrix.svg",
    make: (context) => svgBlob(matrixPicture(context)),
  },
];

function view(context: Context): HTMLElement {
  const { make, rpc, stored, store, signal } = context;
  const status = make("p.fl-save-status", { role: "status" });
  const say = (words: string) => {
    status.textContent = words;
  };
  const run = async (work: () => Promise<string>) => {
    try {
      say(await work());
    } catch (error) {
      say(reasonOf(error));
    }
  };
  const offers = OFFERS.map((offer) => {
    const button = make("button", { type: "button", class: "fl-button", "data-save": offer.id }, offer.words);
    const take = async () => {
      download(context, offer.file, await offer.make(context));
      return `${offer.file} is in your downloads`;
    };
    listen(button, "click", () => void run(take), signal);
    if (offer.id === "examples")
      store.watch(["cells"], ({ cells }) => button.toggleAttribute("disabled", cells.length === 0), signal);
    return button;
  });
  const keep = make(
    "button",
    { type: "button", class: "fl-button", "data-save": "freeze" },
    "Keep this view in the notebook",
  );
  const freeze = async () => {
    // Once this is answered, the host has sent the traits that it held back while the kernel worked.
    await rpc.request("ping", {}, signal);
    await rpc.request("freeze", {}, signal);
    return "kept: once saved, readers without a kernel see what is selected now";
  };
  listen(keep, "click", () => void run(freeze), signal);
  return make(
    "div.fl-save",
    {},
    make("p", {}, "Files hold what is shown now, with the settings it was made with."),
    make("div.fl-save-offers", {}, ...(stored ? [] : [keep]), ...offers),
    status,
  );
}

export const savePanel: Panel = { id: "save", title: "Save", has: () => true, view };
