// @vitest-environment happy-dom
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import panels from "../../src/entries/panels.ts";
import { start } from "../../src/entries/report.ts";
import { renderWidget } from "../../src/views/widget.ts";
import { nextFrame } from "../fixtures/model.ts";
import { makeHistory, type Payload } from "../fixtures/payload.ts";
import { makeScenario } from "../fixtures/scenario.ts";
import { eventually, giveElementsWidth, press } from "../fixtures/stage.ts";

const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function put(id: string, type: string, text: string, encoding?: string): void {
  const element = document.createElement("script");
  element.id = id;
  element.type = type;
  if (encoding) element.dataset.encoding = encoding;
  element.textContent = text;
  document.body.append(element);
}

function page({ head, data }: Payload, pictures: unknown = undefined, options: unknown = undefined): HTMLElement {
  const root = document.createElement("div");
  root.id = "framelens-root";
  root.textContent = "plain summary";
  document.body.append(root);
  put("framelens-head", "application/json", JSON.stringify(head));
  put("framelens-data", "text/plain", base64(new Uint8Array(data.buffer)));
  if (pictures) put("framelens-pictures", "application/json", JSON.stringify(pictures));
  if (options) put("framelens-options", "application/json", JSON.stringify(options));
  return root;
}

const widget = { render: (props: unknown) => renderWidget(props as never, async () => panels) };
const load = async () => widget as never;

describe("offline page", () => {
  beforeEach(() => {
    giveElementsWidth();
    vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:1");
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  it("draws the report and answers clicks from the stored pictures", async () => {
    const payload = makeScenario();
    const items = [
      {
        kind: "crop",
        object: 0,
        detection: 0,
        mime: "image/jpeg",
        width: 4,
        height: 3,
        region: [0, 0, 9, 9],
        data: "AQID",
      },
    ];
    const root = page(payload, { items, requested: 200 }, { normalize: "row", selected_cells: [[0, 0]] });
    await start(document, load);
    await nextFrame();
    expect(root.dataset.state).toBe("ready");
    expect(root.textContent).not.toContain("plain summary");
    expect(root.querySelector("[data-normalize=row]")?.getAttribute("aria-pressed")).toBe("true");
    expect(root.querySelectorAll(".fl-chart")).toHaveLength(2);
    expect(root.querySelector(".fl-gallery-stored")?.textContent).toMatch(/^1 of \d+ pictures stored in this report$/);
    expect(root.querySelectorAll(".fl-thumb img")).toHaveLength(1);
    expect(root.querySelectorAll(".fl-thumb .fl-picture-note:not([hidden])")).toHaveLength(11);
    expect(root.querySelector<HTMLElement>(".fl-gallery-note")?.hidden).toBe(true);
  });

  it("reads data that was packed", async () => {
    const payload = makeScenario();
    const root = page(payload);
    const packed = new Blob([payload.data.buffer as ArrayBuffer]).stream().pipeThrough(new CompressionStream("gzip"));
    document.getElementById("framelens-data")?.remove();
    put("framelens-data", "text/plain", base64(new Uint8Array(await new Response(packed).arrayBuffer())), "gzip");
    await start(document, load);
    expect(root.dataset.state).toBe("ready");
  });

  it.each([
    ["no head", () => document.getElementById("framelens-head")?.remove(), "no #framelens-head"],
    [
      "a head that is no JSON",
      () => (document.getElementById("framelens-head") as HTMLElement).append("}"),
      "cannot be shown",
    ],
    ["no bundle", () => undefined, "no #framelens-module"],
  ])("says what is missing: %s", async (_, damage, words) => {
    const root = page(makeScenario());
    damage();
    await (words.includes("module") ? start(document) : start(document, load));
    expect(root.dataset.state).toBe("error");
    expect(root.textContent).toContain(words);
  });

  it("says inside the widget when the payload is damaged", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const payload = makeScenario();
    const root = page({ head: { ...payload.head, schema: 9 as never }, data: payload.data });
    await start(document, load);
    expect(root.dataset.state).toBe("error");
    expect(root.textContent).toContain("schema 9");
  });

  it("does nothing in a page that is no report", async () => {
    await start(document, load);
    expect(document.body.childElementCount).toBe(0);
  });

  it("moves to epochs that it holds, back again, and stays where it holds none", async () => {
    const history = { ...makeHistory(12), best_epoch: 12, matrix_epoch: 12, saved_epochs: [4, 8, 12] };
    const home = makeScenario({ history });
    const other = makeScenario({ title: "epoch 4", history: { matrix_epoch: 4, changes: null } as never });
    const data = base64(new Uint8Array(other.data.buffer));
    const root = page(home);
    const stored = JSON.stringify([{ epoch: 4, head: other.head, data }]);
    put("framelens-epochs", "text/plain", gzipSync(stored).toString("base64"));
    await start(document, load);
    await nextFrame();
    const status = () => root.querySelector(".fl-header .fl-epoch-status")?.textContent;
    const choose = async (epoch: number | null) => {
      const slider = root.querySelector<HTMLElement>(".fl-chart-plot") as HTMLElement;
      if (epoch === null) press(slider, "Escape");
      else {
        press(slider, "Home");
        for (let at = 1; at < epoch; at++) press(slider, "ArrowRight");
        press(slider, "Enter");
      }
      await nextFrame();
    };
    expect(status()).toBe("The matrix shows epoch 12 (best)");
    await choose(4);
    await eventually(() => expect(status()).toBe("The matrix shows epoch 4"));
    await nextFrame();
    expect(root.querySelector(".fl-title")?.textContent).toBe("epoch 4");
    expect(root.querySelectorAll(".fl-chart")).toHaveLength(2);
    await choose(8);
    expect(status()).toBe("The predictions of epoch 8 are not stored in this page; the matrix shows epoch 4");
    await choose(null);
    expect(status()).toBe("The matrix shows epoch 12 (best)");
  });
});
