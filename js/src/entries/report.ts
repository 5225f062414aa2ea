/**
 * Starts the widget in a page without a kernel (offline report, static twin). Built to `static/report.js`.
 *
 * The page holds these elements; every `<script>` below except the last is inert data, so nothing in them runs.
 *
 *   <style>                                       text of static/framelens.css
 *   <main id="framelens-root"></main>             the view is drawn here (what it holds before is removed, so a
 *                                                 plain summary and <noscript> may stand in it)
 *   <script type="application/json" id="framelens-head">      JSON: Payload.head; with the attribute
 *                                                             data-encoding="gzip" base64 of its gzip
 *   <script type="text/plain" id="framelens-data">            base64 of Payload.buffer; with data-encoding="gzip" of its
 *                                                             gzip; with "thin" what ledger/thin.ts undoes
 *   <script type="application/json" id="framelens-pictures">  optional, JSON, see below
 *   <script type="application/json" id="framelens-options">   optional, JSON: first values of traits, such as
 *                                                             {"view": "report", "normalize": "row"}
 *   <script type="text/plain" id="framelens-epochs">          optional: base64 of the gzip of a JSON list
 *                                                             [{"epoch", "head", "data": base64, "encoding"}] of
 *                                                             further epochs, or of a comparison
 *                                                             [{"head", "data", "encoding", "pictures"}] of further pairs
 *   <script type="text/plain" id="framelens-module">          text of static/framelens.js, as it is (it holds neither
 *                                                             "</script" nor "<!--"; a test keeps that so), or the
 *                                                             base64 of its gzip
 *   <script type="text/plain" id="framelens-panels">          text of static/panels.js, likewise
 *   <script type="module">                        text of static/report.js, last in the body
 *
 * In JSON, `<`, `>`, `&`, U+2028 and U+2029 are written as \u003c, \u003e, \u0026, \u2028, \u2029.
 *
 * Pictures: { "items": [ PICTURE ... ], "requested": 200 } with PICTURE one of
 *   {"kind": "crop", "object": 3, "detection": 17, "mime": "image/jpeg", "width": 160, "height": 120,
 *    "region": [x, y, w, h], "data": "<base64>"}          object / detection: rows of the payload, -1 for none
 *   {"kind": "frame", "frame": 5, "mime": "image/jpeg", "width": 640, "height": 480,
 *    "region": [0, 0, w, h], "data": "<base64>"}
 *   either may have "data": null and "note": "why there is none".
 * A crop that is not stored is answered with the stored picture of its frame; otherwise with a note.
 * The gallery says how many of the examples it shows have a stored picture.
 *
 * Traits and their first values: view "report" (everything; also "evaluation", "cards", "matrix", and the id of any
 * panel, such as "charts"), selected_cells [], normalize "count", transpose false, selected_epoch null,
 * selected_panel "" (the first), confidence null and iou null (those of the payload), pairing "class", marks [].
 *
 * Content-Security-Policy that is enough (a hash of report.js may stand for its 'unsafe-inline'):
 *   default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src blob: data:;
 *   base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'
 *
 * When drawn, #framelens-root carries data-state="ready"; when that failed, data-state="error" and the reason as text.
 */
import type { RenderProps } from "@anywidget/types";
import { bytesFromBase64, gunzip } from "../host/bytes.ts";
import { type Model, onModel, type Traits } from "../host/model.ts";
import { importText } from "../host/module.ts";
import { createStaticModel } from "../host/static-model.ts";
import { createPictureBook, type PictureBook, type StoredPicture } from "../host/stored-pictures.ts";
import { column } from "../ledger/decode.ts";
import type { Head } from "../ledger/schema.ts";
import { unthin } from "../ledger/thin.ts";

/** A payload besides that of the page: of another epoch, without the curves, which are those of the page; or of another pair. */
interface StoredPayload {
  readonly epoch?: number;
  readonly head: Traits["head"];
  readonly data: string;
  readonly encoding?: string;
  readonly pictures?: { readonly items?: readonly StoredPicture[] };
}

interface Widget {
  render(props: Pick<RenderProps<Traits>, "model" | "el" | "signal">): unknown;
}

function textOf(document: Document, id: string): string | undefined {
  return document.getElementById(id)?.textContent ?? undefined;
}

function required(document: Document, id: string): string {
  const text = textOf(document, id);
  if (text === undefined) throw new Error(`this page has no #${id}`);
  return text;
}

/** Bytes from base64, or from the base64 of their gzip. */
async function unpack(text: string, encoding: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = bytesFromBase64(text.trim());
  return encoding ? await gunzip(bytes) : bytes;
}

async function readHead(document: Document): Promise<Traits["head"]> {
  const text = required(document, "framelens-head");
  const encoding = document.getElementById("framelens-head")?.dataset.encoding;
  return JSON.parse(encoding ? new TextDecoder().decode(await unpack(text, encoding)) : text);
}

function dataOf(head: Traits["head"], bytes: Uint8Array<ArrayBuffer>, encoding: string | undefined): DataView {
  return encoding === "thin" ? unthin(head as Head, bytes) : new DataView(bytes.buffer);
}

async function readData(head: Traits["head"], text: string, encoding: string | undefined): Promise<DataView> {
  return dataOf(head, await unpack(text, encoding), encoding);
}

/** Row to frame, read from the payload without decoding the rest of it. */
function frameReader(head: Traits["head"], data: DataView): (object: number, detection: number) => number {
  const frames = (kind: string) => column((head as Head).columns, data, `${kind}_frame`, "i4");
  return (object, detection) => (object >= 0 ? frames("object")[object] : frames("detection")[detection]) ?? -1;
}

function importWidget(document: Document): Promise<Widget> {
  return importText<Widget>(required(document, "framelens-module"));
}

/** Reads the page and returns the first values of all traits together with what answers messages. */
async function readPage(document: Document) {
  const encoding = document.getElementById("framelens-data")?.dataset.encoding;
  const [head, bytes] = await Promise.all([readHead(document), unpack(required(document, "framelens-data"), encoding)]);
  const data = dataOf(head, bytes, encoding);
  const options = JSON.parse(textOf(document, "framelens-options") ?? "{}") as Partial<Traits>;
  // Megabytes that the first look does without.
  let pictures: { items?: StoredPicture[] } | undefined;
  const items = () => {
    pictures ??= JSON.parse(textOf(document, "framelens-pictures") ?? "{}") as { items?: StoredPicture[] };
    return pictures.items ?? [];
  };
  const book = createPictureBook(items, frameReader(head, data));
  const traits: Traits = {
    view: "report",
    selected_cells: [],
    normalize: "count",
    transpose: false,
    selected_epoch: null,
    selected_panel: "",
    confidence: null,
    iou: null,
    pairing: "class",
    marks: [],
    panels: textOf(document, "framelens-panels") ?? "",
    ...options,
    head,
    data,
    stored: book,
  };
  return { traits, book, items };
}

/** The payloads that a page holds besides its own, read when the first is asked for: the first look does without. */
function storedPayloads(document: Document): (() => Promise<readonly StoredPayload[]>) | null {
  const packed = textOf(document, "framelens-epochs");
  if (!packed) return null;
  let known: Promise<readonly StoredPayload[]> | undefined;
  const read = async () =>
    JSON.parse(new TextDecoder().decode(await gunzip(bytesFromBase64(packed)))) as readonly StoredPayload[];
  return () => {
    known ??= read();
    return known;
  };
}

/** Puts another payload in the place of that of the page, with its pictures. */
function move(model: Model, { head, data, stored }: Pick<Traits, "head" | "data" | "stored">): void {
  model.set("stored", stored);
  model.set("head", head);
  model.set("data", data);
}

/** Shows what the page holds of another epoch when that is chosen; of every other epoch the matrix stays as it is. */
function followEpochs(document: Document, model: Model, home: Traits, items: () => readonly StoredPicture[]): void {
  const payloads = storedPayloads(document);
  if (!payloads) return;
  // Detections have other numbers in other epochs; frames and objects have not.
  const pictures = () => items().filter((item) => item.kind === "frame" || item.detection === -1);
  onModel(
    model,
    "change:selected_epoch",
    async () => {
      const epoch = model.get("selected_epoch");
      const stored = epoch === null ? undefined : (await payloads()).find((one) => one.epoch === epoch);
      if (model.get("selected_epoch") !== epoch) return;
      const own = home.head.history?.matrix_epoch;
      if (stored) {
        const history = { ...home.head.history, ...stored.head.history } as typeof home.head.history;
        const data = await readData(stored.head, stored.data, stored.encoding);
        if (model.get("selected_epoch") !== epoch) return;
        const book = createPictureBook(pictures, frameReader(stored.head, data));
        move(model, { head: { ...stored.head, history } as Traits["head"], data, stored: book });
      } else if ((epoch === null || epoch === own) && model.get("head") !== home.head) {
        move(model, home);
      }
    },
    new AbortController().signal,
  );
}

interface Pair {
  readonly baseline: string;
  readonly model: string;
  readonly stored?: readonly string[] | null;
}

const pairOf = (head: Traits["head"]) => (head as { comparison?: Pair }).comparison;

/** Shows another pair of a comparison, where the page holds it. */
async function showPair(document: Document, model: Model, home: Traits, wanted: string): Promise<void> {
  const rows = (await storedPayloads(document)?.()) ?? [];
  const row = rows.find(({ head }) => pairOf(head)?.model === wanted);
  if (!row) return move(model, home);
  const data = await readData(row.head, row.data, row.encoding);
  const book = createPictureBook(() => row.pictures?.items ?? [], frameReader(row.head, data));
  const comparison = { ...pairOf(row.head), stored: pairOf(home.head)?.stored };
  move(model, { head: { ...row.head, comparison } as unknown as Traits["head"], data, stored: book });
}

/** Takes the wish for another pair; what the page does not hold is refused. */
function checkPair(home: Traits["head"], { baseline, model }: Pair): void {
  const own = pairOf(home);
  if (baseline !== own?.baseline || !own.stored?.includes(model))
    throw new Error("this file does not hold that comparison");
}

/** Draws the report of `document`; what goes wrong is written where the report would stand. */
export async function start(
  document: Document,
  load: (document: Document) => Promise<Widget> = importWidget,
): Promise<void> {
  const root = document.getElementById("framelens-root");
  if (!root) return;
  const life = new AbortController();
  // The numbers as plain tables: what a page that cannot be drawn still says.
  const summary = [...root.childNodes];
  try {
    const [{ traits, book, items }, widget] = await Promise.all([readPage(document), load(document)]);
    root.replaceChildren();
    const model: Model = createStaticModel(traits, (op, args) => {
      if (op !== "compare") return ((model.get("stored") as PictureBook | undefined) ?? book).respond(op, args);
      checkPair(traits.head, args as Pair);
      void showPair(document, model, traits, (args as Pair).model);
      return { result: {}, buffers: [] };
    });
    followEpochs(document, model, traits, items);
    widget.render({ model: model as RenderProps<Traits>["model"], el: root, signal: life.signal });
    root.dataset.state = (root.firstElementChild as HTMLElement | null)?.dataset.state ?? "error";
    if (root.dataset.state === "error") root.append(...summary);
    // Read in a free moment, so that the first click does not wait for it.
    document.defaultView?.requestIdleCallback?.(() => items());
  } catch (error) {
    life.abort();
    root.textContent = `framelens: this report cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
    root.append(...summary);
    root.dataset.state = "error";
  }
}

/** Width of a frame in a printed notebook, in CSS pixels: a sheet without its edges and those of the notebook. */
const PAPER = 560;
/** Letters stand a little wider on paper, and a strip of white is better than a line cut off. */
const SPARE = 1.05;
/** Milliseconds without a change of its height after which a page finds out how high it is on paper. */
const REST = 700;

/** Lays the page out as for paper, reads its height and turns back, all before anything is painted. */
function paperHeight({ defaultView: view, styleSheets, documentElement: page, body }: Document): number {
  const rules = [...styleSheets].flatMap(({ cssRules }) => [...cssRules]);
  const media = rules.flatMap((rule) => ("media" in rule ? [rule.media as MediaList] : []));
  const printed = media.filter(({ mediaText }) => mediaText === "print");
  view?.dispatchEvent(new Event("beforeprint"));
  for (const one of printed) one.mediaText = "all";
  page.style.width = `${PAPER}px`;
  const height = Math.ceil(SPARE * body.offsetHeight);
  page.style.width = "";
  for (const one of printed) one.mediaText = "print";
  view?.dispatchEvent(new Event("afterprint"));
  return height;
}

/** Tells the page that frames this one how high it is, on the screen and on paper; see `twin.ts`. */
function tellHeight(document: Document): void {
  const { defaultView: view, documentElement, body } = document;
  if (!view || view.parent === view) return;
  let rest = 0;
  const tell = () => {
    view.parent.postMessage({ framelensHeight: body.offsetHeight }, "*");
    view.clearTimeout(rest);
    rest = view.setTimeout(() => view.parent.postMessage({ framelensPaper: paperHeight(document) }, "*"), REST);
  };
  new view.ResizeObserver(tell).observe(body);
  // Examples that are seen on paper alone change no height on the screen, and come when their pictures are read.
  const examples = ({ target }: MutationRecord) => (target as Element).classList.contains("fl-paper-examples");
  new view.MutationObserver((records) => records.some(examples) && tell()).observe(body, {
    childList: true,
    subtree: true,
  });
  documentElement.style.overflowY = "hidden";
}

void start(document).then(() => tellHeight(document));
