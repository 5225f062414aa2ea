// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import panels from "../../src/entries/panels.ts";
import { decode } from "../../src/ledger/decode.ts";
import type { Context } from "../../src/views/context.ts";
import type { Panel } from "../../src/views/panel.ts";
import { settle } from "../fixtures/model.ts";
import { makePayload } from "../fixtures/payload.ts";
import { makeScenario, TRAFFIC } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

const BACKGROUND = TRAFFIC.length;
const payload = makeScenario();
const { confusion } = decode(payload.head, payload.data);

describe("gallery", () => {
  let stage: Stage;

  async function open(
    cells: [number, number][],
    more: Parameters<typeof mount>[1] = {},
    from = payload,
  ): Promise<void> {
    stage = await mount(from, { selected_cells: cells, ...more });
  }

  /** Panels may have asked for something else since. */
  const lastAsked = () => stage.model.sent.filter(({ op }) => op === "pictures").at(-1);

  beforeEach(() => {
    giveElementsWidth();
    let made = 0;
    vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${++made}`);
    vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
    document.body.replaceChildren();
  });

  it("shows exactly the examples of the cell, page by page", async () => {
    const cell: [number, number] = [0, BACKGROUND];
    await open([cell]);
    const whole = confusion.count(...cell);
    const seen = new Set<string>();
    for (let turn = 0; turn < Math.ceil(whole / 12); turn++) {
      for (const thumb of stage.all(".fl-thumb")) seen.add(thumb.dataset.example as string);
      if (turn === 0) expect(stage.text(".fl-gallery-range")).toBe(`Showing 1–12 of ${whole}`);
      stage.find<HTMLButtonElement>(".fl-gallery .fl-next").click();
    }
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(whole));
    expect([...seen].map(Number).sort((a, b) => a - b)).toEqual([...confusion.examplesOf([cell])]);
    expect(stage.find<HTMLButtonElement>(".fl-gallery .fl-next").disabled).toBe(true);
    expect(stage.find<HTMLButtonElement>(".fl-gallery .fl-back").disabled).toBe(false);
  });

  it("says how many of the counted boxes a page holds", async () => {
    const { head, data } = payload;
    const count = confusion.cells.actual.map((_, cell) => confusion.countAt(cell) + 100);
    const bytes = new Uint8Array(data.byteLength + 4 * count.length);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    bytes.set(new Uint8Array(count.buffer), data.byteLength);
    const column = { dtype: "i4", shape: [count.length], offset: data.byteLength } as const;
    const partial = { ...head, columns: { ...head.columns, cell_count: column } };
    await open([[0, BACKGROUND]], {}, { head: partial, data: new DataView(bytes.buffer) });
    const held = confusion.count(0, BACKGROUND);
    expect(stage.text(".fl-gallery-range")).toBe(`Showing 1–12 of ${held}; this page holds ${held} of ${held + 100}`);
    expect(stage.text(".fl-gallery-words")).toContain(`${held + 100} of `);
  });

  it("adds up several cells", async () => {
    await open([
      [0, 1],
      [BACKGROUND, 0],
    ]);
    expect(stage.find(".fl-gallery").dataset.count).toBe(
      String(confusion.count(0, 1) + confusion.count(BACKGROUND, 0)),
    );
    expect(stage.text(".fl-gallery .fl-gallery-head")).toContain("2 cells");
  });

  it("draws ground truth and detection in the region that came with the picture", async () => {
    await open([[0, 1]]);
    const request = stage.model.sent[0];
    expect(request?.op).toBe("pictures");
    expect((request as { args: { items: unknown[] } }).args.items).toHaveLength(Math.min(12, confusion.count(0, 1)));
    stage.model.answerPictures();
    await settle();
    expect(stage.all(".fl-thumb img")).toHaveLength(Math.min(12, confusion.count(0, 1)));
    const thumb = stage.find(".fl-thumb");
    const [object] = [...thumb.querySelectorAll(".fl-object")];
    const [detection] = [...thumb.querySelectorAll(".fl-detection")];
    const row = confusion.examples.object[Number(thumb.dataset.example)] as number;
    const box = decode(payload.head, payload.data).objects.box.slice(4 * row, 4 * row + 4);
    expect(Number(object?.getAttribute("x"))).toBeCloseTo((box[0] as number) / 320);
    expect(Number(object?.getAttribute("height"))).toBeCloseTo((box[3] as number) / 240);
    expect(object?.getAttribute("data-outcome")).toBe("confused");
    expect(detection).toBeDefined();
  });

  it.each([
    [[0, 0], "correct", 1, 1],
    [[0, 1], "confused", 1, 1],
    [[0, BACKGROUND], "missed", 1, 0],
    [[BACKGROUND, 0], "false-alarm", 0, 1],
  ] as const)("marks %j as %s", async ([actual, predicted], outcome, objects, detections) => {
    await open([[actual, predicted]]);
    const thumb = stage.find(".fl-thumb");
    expect(thumb.dataset.outcome).toBe(outcome);
    expect(thumb.querySelectorAll(".fl-object")).toHaveLength(objects);
    expect(thumb.querySelectorAll(".fl-detection")).toHaveLength(detections);
  });

  it("names frame, score and IoU", async () => {
    await open([[0, 1]]);
    const thumb = stage.find(".fl-thumb");
    expect(thumb.textContent).toMatch(/car → truck.*score 0\.\d\d · IoU 0\.\d\d.*frame_\d{4}\.jpg/s);
    expect(thumb.textContent).toContain("wrong class, open the whole frame");
  });

  it("says after four seconds that there is no kernel, keeps the boxes, and tries again when asked", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const mounting = mount(payload, { selected_cells: [[0, 1]] });
    await vi.advanceTimersByTimeAsync(100);
    stage = await mounting;
    expect(stage.find(".fl-gallery-note").hidden).toBe(true);
    await vi.advanceTimersByTimeAsync(4000);
    expect(stage.text(".fl-gallery-note")).toContain("Not connected to the kernel");
    expect(stage.all(".fl-thumb .fl-box").length).toBeGreaterThan(0);
    const retry = stage.find<HTMLButtonElement>(".fl-retry");
    expect(retry.hidden).toBe(false);
    stage.model.sent.length = 0;
    retry.click();
    await vi.advanceTimersByTimeAsync(10);
    stage.model.answerPictures();
    await vi.advanceTimersByTimeAsync(10);
    expect(stage.find(".fl-gallery-note").hidden).toBe(true);
    expect(stage.all(".fl-thumb img").length).toBeGreaterThan(0);
  });

  it("shows why Python could not answer", async () => {
    await open([[0, 1]]);
    stage.model.emit(
      "msg:custom",
      { id: stage.model.sent[0]?.id, ok: false, error: { type: "OSError", message: "<b>disk</b>" } },
      [],
    );
    await settle();
    expect(stage.text(".fl-gallery-note")).toBe("Pictures cannot be loaded: <b>disk</b>");
  });

  it("asks for nothing and draws empty frames when no frames were given", async () => {
    await open([[0, 1]], {}, makeScenario({ pictures: false }));
    await settle();
    // The panels may ask for intervals meanwhile.
    expect(stage.model.sent.map(({ op }) => op)).not.toContain("pictures");
    expect(stage.text(".fl-gallery-note")).toContain("No frames were given");
    expect(stage.all(".fl-thumb .fl-box").length).toBeGreaterThan(0);
    expect(stage.find(".fl-picture").dataset.picture).toBe("absent");
  });

  it("says how many pictures a report holds", async () => {
    const stored = { has: (item: { object?: number }) => (item.object ?? 0) % 2 === 0, entry: () => ({}) };
    await open([[0, BACKGROUND]], { stored } as never);
    const held = [...confusion.examplesOf([[0, BACKGROUND]])].filter(
      (row) => (confusion.examples.object[row] as number) % 2 === 0,
    ).length;
    expect(stage.text(".fl-gallery-stored")).toBe(
      `${held} of ${confusion.count(0, BACKGROUND)} pictures stored in this report`,
    );
  });

  it("starts with the largest errors, which lead to their examples", async () => {
    await open([]);
    const first = stage.find(".fl-worst");
    const [worst] = confusion.worst(1);
    expect(first.dataset.cell).toBe(`${worst?.actual},${worst?.predicted}`);
    first.click();
    expect(stage.model.get("selected_cells")).toEqual([[worst?.actual, worst?.predicted]]);
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(worst?.count));
    stage.find(".fl-clear").click();
    expect(stage.find(".fl-worst-panel").hidden).toBe(false);
  });

  it("shows any list of boxes that another view picked, until it is cleared", async () => {
    let seen: Context | undefined;
    const panel: Panel = {
      id: "spy",
      title: "Spy",
      has: () => true,
      view: (context) => {
        seen = context;
        return context.document.createElement("p");
      },
    };
    stage = await mount(payload, { selected_cells: [[0, 1]] }, true, { ...panels, panels: [panel] });
    const { store } = seen as unknown as Context;
    const [object, detection] = [Int32Array.of(3, 4, -1), Int32Array.of(-1, 9, 5)];
    store.set({ picked: { title: "odd <b>boxes</b>", object, detection } });
    expect(stage.model.get("selected_cells")).toEqual([]);
    expect(stage.text(".fl-gallery-body .fl-heading")).toContain("odd <b>boxes</b>");
    const pairs = [
      [3, -1],
      [4, 9],
      [-1, 5],
    ];
    expect(stage.model.get("picked")).toEqual({ title: "odd <b>boxes</b>", count: 3, boxes: pairs });
    const thumbs = stage.all(".fl-thumb");
    expect(thumbs.map(({ dataset }) => [dataset.object, dataset.detection])).toEqual([
      ["3", "-1"],
      ["4", "9"],
      ["-1", "5"],
    ]);
    thumbs[1]?.click();
    await settle();
    expect(stage.all("dialog .fl-box.fl-lit")).toHaveLength(2);
    stage.find(".fl-clear").click();
    expect(store.state.picked).toBeNull();
    expect(stage.model.get("picked")).toEqual({});
    expect(stage.find(".fl-worst-panel").hidden).toBe(false);
    store.set({ picked: { title: "none", object: new Int32Array(), detection: new Int32Array() } });
    expect(stage.text(".fl-gallery-range")).toBe("No examples");
    const many = new Int32Array(6000).fill(3);
    store.set({ picked: { title: "many", object: many, detection: many } });
    expect(stage.model.get("picked")).toMatchObject({ count: 6000, boxes: { length: 5000 } });
    stage.model.set("picked", {});
    expect(store.state.picked).toBeNull();
    store.set({ cells: [[0, 1]] });
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.count(0, 1)));
  });

  it("says that a cell without boxes has no examples", async () => {
    await open([[3, 0]], {}, makePayload(TRAFFIC, [{ actual: 0, predicted: 0, frame: 0, score: 0.5, iou: 0.9 }]));
    expect(stage.text(".fl-gallery-range")).toBe("No examples");
    expect(stage.text(".fl-gallery-words")).toBe("There is no “van” object");
  });

  it("keeps the thumbnails that a new count does not touch", async () => {
    await open([[0, 1]]);
    stage.model.answerPictures();
    await settle();
    const before = stage.all(".fl-thumb");
    const [images, thumbs] = [
      stage.all(".fl-thumb img"),
      before.map(({ dataset }) => `${dataset.object} ${dataset.detection}`),
    ];
    expect(images.length).toBeGreaterThan(0);
    stage.model.set("selected_cells", [
      [0, 1],
      [1, 1],
    ]);
    const after = stage.all(".fl-thumb");
    for (const [at, thumb] of after.entries()) {
      expect(thumb.dataset.at).toBe(String(at));
      const known = thumbs.indexOf(`${thumb.dataset.object} ${thumb.dataset.detection}`);
      if (known >= 0) expect(thumb).toBe(before[known]);
    }
    expect(after.some((thumb) => before.includes(thumb))).toBe(true);
    stage.model.set("whole_frames", true);
    expect(stage.all(".fl-thumb").some((thumb) => before.includes(thumb))).toBe(false);
  });

  it("survives 100 clicks with two requests under way and shows the last", async () => {
    await open([]);
    const cells = Array.from({ length: 100 }, (_, click): [number, number] => [click % 10, (click * 7) % 11]);
    for (const cell of cells) stage.model.set("selected_cells", [cell]);
    expect(stage.model.sent.filter(({ op }) => op === "pictures").length).toBeLessThanOrEqual(2);
    const [actual, predicted] = cells.at(-1) as [number, number];
    expect(stage.find(".fl-gallery").dataset.cells).toBe(`${actual},${predicted}`);
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(confusion.count(actual, predicted)));
  });

  it("opens the whole frame, walks on by keyboard, and gives the focus back", async () => {
    await open([[0, BACKGROUND]]);
    const thumb = stage.all(".fl-thumb")[2] as HTMLElement;
    thumb.click();
    await settle();
    const dialog = stage.find<HTMLDialogElement>("dialog.fl-frame");
    expect(dialog.open).toBe(true);
    expect(dialog.dataset.example).toBe(thumb.dataset.example);
    expect(dialog.dataset.frame).toBe(thumb.dataset.frame);
    expect(stage.text(".fl-frame-position")).toBe(`3 of ${confusion.count(0, BACKGROUND)}`);
    expect(dialog.querySelectorAll(".fl-box.fl-lit")).toHaveLength(1);
    expect(lastAsked()).toMatchObject({ args: { items: [{ kind: "frame" }] } });
    press(dialog, "ArrowRight");
    expect(stage.text(".fl-frame-position")).toMatch(/^4 of/);
    for (let step = 0; step < 9; step++) press(dialog, "ArrowLeft");
    expect(stage.text(".fl-frame-position")).toMatch(/^1 of/);
    press(dialog, "Escape");
    expect(dialog.open).toBe(false);
    expect(document.activeElement).toBe(thumb);
  });

  it("keeps the keyboard when the first or last example disables a button", async () => {
    await open([[0, BACKGROUND]]);
    stage.find(".fl-thumb").click();
    await settle();
    const dialog = stage.find<HTMLDialogElement>("dialog.fl-frame");
    expect(dialog.querySelector<HTMLButtonElement>(".fl-back")?.disabled).toBe(true);
    expect(document.activeElement).toBe(dialog);
    const next = dialog.querySelector(".fl-next") as HTMLButtonElement;
    next.focus();
    for (let step = 1; step < confusion.count(0, BACKGROUND); step++) next.click();
    expect(next.disabled).toBe(true);
    expect(document.activeElement).toBe(dialog);
  });

  it("shows ground truth, predictions or what is wrong alone", async () => {
    await open([[0, 0]]);
    stage.find(".fl-thumb").click();
    await settle();
    const dialog = stage.find("dialog");
    const count = (kind: string) => dialog.querySelectorAll(`.fl-box${kind}`).length;
    const [all, truth] = [count(""), count(".fl-object")];
    press(dialog, "g");
    expect([count(""), count(".fl-object")]).toEqual([truth, truth]);
    press(dialog, "p");
    expect([count(""), count(".fl-object")]).toEqual([all - truth, 0]);
    press(dialog, "d");
    expect(count("[data-outcome=correct]")).toBe(0);
    expect(dialog.querySelector("[data-mode=difference]")?.getAttribute("aria-pressed")).toBe("true");
    press(dialog, "a");
    expect(count("")).toBe(all);
  });

  it("zooms with keys and buttons and comes back for the next example", async () => {
    await open([[0, 0]]);
    stage.find(".fl-thumb").click();
    await settle();
    const space = stage.find(".fl-frame-space");
    press(space, "+");
    expect(Number(space.dataset.zoom)).toBeCloseTo(1.5);
    press(space, "-");
    press(space, "-");
    expect(Number(space.dataset.zoom)).toBe(1);
    stage.find("[aria-label='Zoom in']").click();
    press(space, "ArrowRight");
    expect(Number(space.dataset.zoom)).toBe(1);
  });

  it("shows what a video holds before and after a frame, with its time", async () => {
    const frames = { ...payload.head.frames, time: payload.head.frames.names.map((_, frame) => 60 + frame / 10) };
    await open([[0, 0]], {}, makeScenario({ frames }));
    stage.find(".fl-thumb").click();
    stage.model.answerPictures();
    await settle();
    const frame = Number(stage.find("dialog").dataset.frame);
    expect(stage.text(".fl-frame-name")).toContain(`1:0${(frame / 10).toFixed(2)}`.slice(0, 4));
    const asked = stage.model.sent.find(({ op }) => op === "neighbours");
    expect(asked?.args).toMatchObject({ frame });
    const item = { mime: "image/jpeg", width: 9, height: 9, region: [0, 0, 9, 9], note: null };
    const items = [
      { ...item, buffer: 0, offset: -1, name: "<b>before</b>", frame: null, time: 1.5 },
      { ...item, buffer: null, note: "cannot be read", offset: 1, name: "after", frame: 2, time: null },
    ];
    stage.model.answer(asked?.id as number, { items }, [new DataView(new ArrayBuffer(4))]);
    await settle();
    expect(stage.all(".fl-strip li").map(({ textContent }) => textContent)).toEqual([
      "−1 · 0:01.50",
      "cannot be read+1",
    ]);
    expect(stage.find(".fl-strip img").getAttribute("alt")).toContain("<b>before</b>");
    press(stage.find("dialog"), "ArrowRight");
    expect(stage.find(".fl-strip").hidden).toBe(true);
  });

  it("lights the partner of the box under the pointer", async () => {
    await open([[0, 0]]);
    stage.find(".fl-thumb").click();
    await settle();
    const box = stage.find(".fl-frame-space").querySelector(".fl-object.fl-lit") as Element;
    box.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    const lit = stage.all("dialog .fl-partner");
    expect(lit).toHaveLength(2);
    expect(lit.every((one) => one.classList.contains("fl-lit"))).toBe(true);
  });

  it("sorts, filters and shows whole frames, as the traits say, and writes the traits", async () => {
    await open([[0, 0]], { sort: "score-low" });
    const score = () => Number(/score (\d\.\d+)/.exec(stage.text(".fl-thumb"))?.[1]);
    const scores = [...confusion.examplesOf([[0, 0]])].map(
      (row) => decode(payload.head, payload.data).detections.score[confusion.examples.detection[row] as number] ?? 0,
    );
    expect(score()).toBeCloseTo(Math.min(...scores), 2);
    const high = stage.find<HTMLInputElement>("[data-end=high]");
    high.value = "0.6";
    high.dispatchEvent(new Event("change"));
    const low = scores.filter((one) => one <= 0.6).length;
    expect(stage.find(".fl-gallery").dataset).toMatchObject({ count: String(low), all: String(scores.length) });
    expect(stage.text(".fl-gallery-range")).toBe(
      `Showing 1–12 of ${low} that pass the filter, ${scores.length} in all`,
    );
    expect(stage.model.get("highest_score")).toBe(0.6);
    stage.find(".fl-unfilter").click();
    expect(stage.model.get("highest_score")).toBeNull();
    expect(stage.model.get("sort")).toBe("score-low");
    stage.model.set("search", "FRAME_0003");
    expect(stage.all(".fl-thumb-frame").every((one) => one.textContent === "frame_0003.jpg")).toBe(true);
    stage.model.update({ search: "", outcome: "missed" });
    expect(stage.text(".fl-gallery-range")).toContain("No examples");
    stage.model.answerPictures();
    await settle();
    stage.model.update({ outcome: "", whole_frames: true, lowest_score: Number.NaN });
    expect(stage.find(".fl-gallery").dataset.count).toBe(String(scores.length));
    const { items } = (lastAsked()?.args ?? {}) as { items: { kind: string }[] };
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(["frame"]));
  });

  it("hands the focus to the other button at the last page", async () => {
    await open([[0, BACKGROUND]]);
    const next = stage.find<HTMLButtonElement>(".fl-gallery .fl-next");
    next.focus();
    while (!next.disabled) next.click();
    expect(next.disabled).toBe(true);
    expect(document.activeElement).toBe(stage.find(".fl-gallery .fl-back"));
  });

  it("draws every box of the frame and lights one example", async () => {
    await open([[0, 1]]);
    stage.find(".fl-thumb").click();
    await settle();
    const dialog = stage.find("dialog");
    const { objects, detections } = decode(payload.head, payload.data);
    const frame = Number(dialog.dataset.frame);
    const boxes = [...objects.frame, ...detections.frame].filter((other) => other === frame).length;
    expect(dialog.querySelectorAll(".fl-box")).toHaveLength(boxes);
    expect(dialog.querySelectorAll(".fl-box.fl-lit")).toHaveLength(2);
  });
});
