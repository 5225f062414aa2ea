// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import panels from "../../src/entries/panels.ts";
import { Confusion } from "../../src/ledger/confusion.ts";
import type { Card, ClassBand } from "../../src/ledger/schema.ts";
import { mountApp } from "../../src/views/app.ts";
import { renderWidget } from "../../src/views/widget.ts";
import { HOSTILE } from "../fixtures/hostile.ts";
import { FakeModel, nextFrame, settle } from "../fixtures/model.ts";
import { makePayload } from "../fixtures/payload.ts";
import { CARDS, makeScenario, TRAFFIC } from "../fixtures/scenario.ts";
import { giveElementsWidth, mount, press, type Stage } from "../fixtures/stage.ts";

beforeEach(() => {
  giveElementsWidth();
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

describe("what is shown", () => {
  it("keeps the focus when the payload changes under it, as another epoch does", async () => {
    const stage = await mount(makeScenario());
    const before = stage.find(".fl-tab[data-panel=save]");
    before.focus();
    stage.model.set("head", { ...makeScenario().head, title: "another epoch" });
    await settle();
    await nextFrame();
    expect(before.isConnected).toBe(false);
    expect((document.activeElement as HTMLElement).dataset.panel).toBe("save");
    expect(stage.root.style.minHeight).toBe("");
  });

  it.each([
    [
      "evaluation",
      [".fl-header", ".fl-cards", ".fl-matrix", ".fl-gallery", ".fl-per-class", ".fl-stamp"],
      [".fl-charts"],
    ],
    ["report", [".fl-header", ".fl-cards", ".fl-charts", ".fl-matrix", ".fl-gallery"], []],
    ["cards", [".fl-cards"], [".fl-matrix", ".fl-gallery", ".fl-charts", ".fl-header"]],
    ["matrix", [".fl-matrix", ".fl-gallery"], [".fl-cards", ".fl-charts", ".fl-header"]],
    ["charts", [".fl-charts"], [".fl-matrix", ".fl-cards"]],
  ] as const)("in view %s", async (view, there, absent) => {
    const stage = await mount(makeScenario(), { view });
    for (const selector of there) expect(stage.all(selector), selector).toHaveLength(1);
    for (const selector of absent) expect(stage.all(selector), selector).toHaveLength(0);
  });

  it("follows a new payload, head and bytes together", async () => {
    const stage = await mount(makeScenario());
    stage.model.update({ ...makePayload(["only"], [{ actual: 0, predicted: 0, frame: 0, score: 0.5, iou: 0.9 }]) });
    await nextFrame();
    expect(stage.find(".fl-matrix-stage").dataset.size).toBe("2");
    expect(stage.all(".fl-matrix")).toHaveLength(1);
  });

  it("says inside the widget what is wrong, and recovers", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const stage = await mount({ ...makeScenario(), data: new DataView(new ArrayBuffer(8)) });
    expect(stage.find("[role=alert]").textContent).toMatch(
      /^framelens: column "cell_actual" does not lie inside the 8 bytes/,
    );
    expect(stage.root.dataset.state).toBe("error");
    expect(log).toHaveBeenCalledOnce();
    stage.model.update({ ...makeScenario() });
    await nextFrame();
    expect(stage.root.dataset.state).toBe("ready");
    expect(stage.all("[role=alert]")).toHaveLength(0);
  });
});

describe("panels", () => {
  const chosen = (stage: Stage) => stage.all("[role=tab][aria-selected=true]").map((tab) => tab.dataset.panel);

  it("are drawn when their tab is opened, by mouse, key and trait", async () => {
    const stage = await mount(makeScenario());
    const tabs = stage.all("[role=tab]");
    expect(chosen(stage)).toEqual(["classes"]);
    expect(tabs.map(({ tabIndex }) => tabIndex)).toEqual(tabs.map((_, index) => (index === 0 ? 0 : -1)));
    const last = tabs.at(-1) as HTMLElement;
    press(tabs[0] as HTMLElement, "End");
    expect(chosen(stage)).toEqual([last.dataset.panel]);
    expect(stage.model.get("selected_panel")).toBe(last.dataset.panel);
    stage.model.set("selected_panel", "classes");
    expect(chosen(stage)).toEqual(["classes"]);
    expect(stage.all("[role=tabpanel]:not([hidden])").map(({ dataset }) => dataset.panel)).toEqual(["classes"]);
  });

  it("that cannot be loaded leave the rest of the page alive", async () => {
    const model = new FakeModel({}, makeScenario());
    const life = new AbortController();
    const load = () => Promise.reject(new Error("refused"));
    renderWidget({ model: model.model as never, el: document.body, signal: life.signal }, load);
    await nextFrame();
    expect(document.querySelector(".fl-place")?.textContent).toBe("The panels could not be loaded: refused");
    expect(document.querySelectorAll(".fl-matrix")).toHaveLength(1);
    life.abort();
  });
});

describe("a matrix that was counted anew", () => {
  it("replaces numbers and examples everywhere, and keeps the selection", async () => {
    const payload = makePayload(
      ["cat", "dog"],
      Array.from({ length: 6 }, (_, frame) => ({ actual: 0, predicted: 1, frame, score: 0.9 - frame / 10, iou: 0.7 })),
    );
    const root = document.createElement("div");
    document.body.append(root);
    const life = new AbortController();
    const model = new FakeModel({ view: "matrix", selected_cells: [[0, 1]] }, payload);
    const raise = (error: unknown) => {
      throw error;
    };
    const { store } = mountApp(model.model, root, life.signal, raise, async () => ({ ...panels, panels: [] }));
    await settle();
    expect(root.querySelector<HTMLElement>(".fl-gallery")?.dataset.count).toBe("6");
    // As at a higher confidence: two detections stay, the objects of the others are missed.
    const cells = { actual: Int32Array.of(0, 0), predicted: Int32Array.of(1, 2), start: Int32Array.of(0, 2, 6) };
    const examples = {
      object: Int32Array.of(5, 4, 0, 1, 2, 3),
      detection: Int32Array.of(5, 4, -1, -1, -1, -1),
      iou: new Float32Array(6).fill(0.7),
    };
    store.set({ confusion: new Confusion(3, cells, examples) });
    expect(root.querySelector<HTMLElement>(".fl-gallery")?.dataset.count).toBe("2");
    const frames = [...root.querySelectorAll<HTMLElement>(".fl-thumb")].map(({ dataset }) => dataset.frame);
    expect(frames).toEqual(["5", "4"]);
    store.set({ cells: [[0, 2]] });
    const outcomes = [...root.querySelectorAll<HTMLElement>(".fl-thumb")].map(({ dataset }) => dataset.outcome);
    expect(outcomes).toEqual(Array(4).fill("missed"));
    root.querySelector<HTMLElement>(".fl-thumb")?.click();
    await settle();
    expect(root.querySelector<HTMLElement>("dialog")?.dataset.frame).toBe("0");
    expect(root.querySelectorAll("dialog .fl-box")).toHaveLength(1);
    life.abort();
  });
});

describe("bands of the user", () => {
  const [precision, ...others] = CARDS;
  const scenario = makeScenario();
  const reason = "<b>a person</b> looks at every frame";
  const own = { ...(precision as Card), band: [null, 0.95] as const, verdict: "in" as const, reason };
  const bands: ClassBand[] = [
    { class: 0, field: "precision", band: [0, 1], reason: "" },
    { class: 1, field: "precision", band: [0.999, null], reason },
    { class: 1, field: "ap50", band: [null, 0.001], reason: "" },
  ];
  const head = { ...scenario.head, cards: [own, ...others], class_bands: bands };

  it("stand on the card with their reason, as text", async () => {
    const stage = await mount({ ...scenario, head }, { view: "cards" });
    expect(stage.text('[data-card="precision"] .fl-card-band')).toBe("● in the bandgood: < 0.95");
    expect(stage.text('[data-card="precision"] .fl-card-reason')).toBe(reason);
    expect(stage.all(".fl-card-reason")).toHaveLength(1);
  });

  it("mark the values of a class that lie outside, with a shape, words and the reason", async () => {
    const stage = await mount({ ...scenario, head });
    const cell = (index: number, field: string) => stage.find(`tr[data-class="${index}"] td[data-field="${field}"]`);
    expect(cell(1, "precision").title).toMatch(`below the band, good: > 0.999 (${reason}); 95% interval`);
    const mark = cell(1, "precision").querySelector<HTMLElement>(".fl-band-mark");
    expect(mark?.textContent).toBe(" ▼");
    expect(mark?.getAttribute("aria-label")).toBe(`below the band, good: > 0.999 (${reason})`);
    expect(cell(1, "ap50").querySelector<HTMLElement>(".fl-band-mark")?.dataset.verdict).toBe("above");
    expect(cell(0, "precision").title).toMatch(/^in the band, good: 0–1; 95% interval/);
    expect(stage.all(".fl-band-mark")).toHaveLength(2);
  });
});

describe("cards and header", () => {
  it("show value, band and mark in words; undefined is n/a", async () => {
    const stage = await mount(makeScenario(), { view: "cards" });
    const card = (id: string) => stage.find(`[data-card="${id}"]`);
    expect(card("precision").textContent).toContain("0.913");
    expect(card("precision").textContent).toContain("in the band");
    expect(card("precision").textContent).toContain("good: > 0.9");
    expect(card("recall").textContent).toContain("below the band");
    expect(card("map50").textContent).toContain("above the band");
    expect(card("map50").textContent).toContain("good: 0.85–0.95");
    expect(card("map50_95").textContent).toContain("n/a");
    expect(card("map50_95").textContent).toContain("not defined");
    expect(card("map50_95").querySelector(".fl-card-needle")).toBeNull();
    expect(card("precision").textContent).toContain("mean over 10 classes at confidence 0.41, IoU 0.50 · micro 0.930");
  });

  it("state the operating point, and what was left out", async () => {
    const stage = await mount(makeScenario());
    expect(stage.text(".fl-operating-point")).toBe("confidence ≥ 0.41 (best mean F1), IoU ≥ 0.50, rules coco");
    expect(stage.text(".fl-skipped")).toContain("4 records left out");
    expect(stage.text(".fl-skipped")).toContain("labels/0007.txt, line 3: box has no area (4)");
    expect(stage.find(".fl-warnings").dataset.count).toBe("1");
  });

  it("say so when there are no detections, and when things were ignored", async () => {
    const counts = { frames: 1, objects: 1, detections: 0, ignored_objects: 3, ignored_detections: 1 };
    const point = { confidence: null, iou: 0.5, chosen: "best mean F1" };
    const stage = await mount(makeScenario({ counts, operating_point: point, warnings: [], skipped: [] }));
    expect(stage.text(".fl-operating-point")).toContain("no detections");
    expect(stage.text(".fl-counts")).toBe(
      "1 frame · 1 object · 0 detections · 3 objects ignored · 1 detection ignored",
    );
    expect(stage.all(".fl-notes")).toHaveLength(0);
  });

  it("list the classes, sorted by any column, undefined last", async () => {
    const stage = await mount(makeScenario());
    const column = () =>
      stage.all(".fl-per-class [data-field=precision]").map(({ textContent }) => Number(textContent));
    expect(column()).toHaveLength(TRAFFIC.length);
    stage.find("[data-sort=precision]").click();
    expect(column()).toEqual([...column()].sort((one, other) => other - one));
    stage.find("[data-sort=precision]").click();
    expect(column()).toEqual([...column()].sort((one, other) => one - other));
    expect(stage.find("th:has([data-sort=precision])").getAttribute("aria-sort")).toBe("ascending");
  });
});

describe("hostile text", () => {
  it("stays text wherever it is shown", async () => {
    const text = HOSTILE[0] as string;
    const examples = makeScenario();
    const stage = await mount(
      makeScenario(
        {
          title: text,
          rules: text,
          warnings: [...HOSTILE],
          skipped: HOSTILE.map((name) => ({ file: name, where: name, reason: name, count: 1 })),
          stamp: HOSTILE.map((name) => [name, name] as const),
          cards: CARDS.map((card, index) => ({ ...card, title: HOSTILE[index] ?? "", question: text, rule: text })),
          frames: {
            ...examples.head.frames,
            names: examples.head.frames.names.map((_, index) => HOSTILE[index % HOSTILE.length] ?? ""),
          },
        },
        HOSTILE,
      ),
      {
        view: "report",
        selected_cells: [
          [0, 1],
          [HOSTILE.length, 0],
        ],
      },
    );
    stage.find(".fl-thumb").click();
    for (const tab of stage.all("[role=tab]")) tab.click();
    await nextFrame();
    const allowed = new Set(
      "div span p h2 h3 header footer section article details summary ul ol li dl dt dd button canvas i bdi table thead tbody tr th td dialog figure figcaption svg g path line text circle rect img strong label select option input textarea clippath".split(
        " ",
      ),
    );
    for (const element of stage.root.querySelectorAll("*")) {
      expect(allowed, element.tagName).toContain(element.tagName.toLowerCase());
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on|^src$|^href$|^srcdoc$/);
    }
    expect(stage.text(".fl-title")).toBe(text);
  });
});

describe("end of life", () => {
  interface Watched {
    readonly signals: (AbortSignal | undefined)[];
    observers: number;
    readonly urls: Set<string>;
  }

  function watch(): Watched {
    const watched: Watched = { signals: [], observers: 0, urls: new Set() };
    // The page's own EventTarget, which is not that of the process.
    let target = HTMLElement.prototype as EventTarget;
    while (!Object.hasOwn(target, "addEventListener")) target = Object.getPrototypeOf(target) as EventTarget;
    const add = target.addEventListener;
    vi.spyOn(target, "addEventListener").mockImplementation(function (this: EventTarget, ...given) {
      const options = given[2] as AddEventListenerOptions | undefined;
      // A listener for "abort" ends with the signal it listens to; happy-dom's media queries drop the options.
      if (given[0] !== "abort" && this.constructor.name !== "MediaQueryList") watched.signals.push(options?.signal);
      add.apply(this, given as Parameters<typeof add>);
    });
    for (const Observer of [ResizeObserver, MutationObserver]) {
      const { observe, disconnect } = Observer.prototype as MutationObserver;
      const known = new WeakSet<object>();
      vi.spyOn(Observer.prototype as MutationObserver, "observe").mockImplementation(function (
        this: MutationObserver,
        ...given
      ) {
        if (!known.has(this)) watched.observers += 1;
        known.add(this);
        observe.apply(this, given);
      });
      vi.spyOn(Observer.prototype as MutationObserver, "disconnect").mockImplementation(function (
        this: MutationObserver,
      ) {
        if (known.delete(this)) watched.observers -= 1;
        disconnect.apply(this);
      });
    }
    vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
      const url = `blob:${watched.urls.size}`;
      watched.urls.add(url);
      return url;
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void watched.urls.delete(url));
    return watched;
  }

  it.each(["signal", "returned function"])("leaves nothing behind (%s)", async (way) => {
    const watched = watch();
    const stage = await mount(makeScenario(), { view: "report", selected_cells: [[0, 1]] }, way === "signal");
    stage.model.answerPictures();
    await nextFrame();
    stage.find(".fl-thumb").click();
    stage.model.answerPictures();
    await nextFrame();
    expect(watched.urls.size).toBeGreaterThan(1);
    expect(watched.observers).toBeGreaterThan(1);
    expect(stage.model.listening).toBeGreaterThan(5);
    const canvases = [...stage.root.querySelectorAll("canvas")];
    if (way === "signal") stage.life.abort();
    else stage.dispose();
    expect(stage.model.listening).toBe(0);
    expect(watched.signals.length).toBeGreaterThan(20);
    expect(watched.signals.filter((signal) => !signal?.aborted)).toEqual([]);
    expect(watched.observers).toBe(0);
    expect(watched.urls.size).toBe(0);
    expect(canvases.map(({ width, height }) => [width, height])).toEqual(canvases.map(() => [0, 0]));
    expect(document.querySelector(".framelens")).toBeNull();
  });

  it("does nothing when it was over before it began", async () => {
    const model = new FakeModel({}, makeScenario());
    const life = new AbortController();
    life.abort();
    const load = async () => ({ ...panels, panels: [] });
    renderWidget({ model: model.model as never, el: document.body, signal: life.signal }, load);
    expect(model.listening).toBe(0);
    expect(document.querySelector(".framelens")).toBeNull();
  });

  it("replaces everything when the payload changes twenty times", async () => {
    const stage = await mount(makeScenario());
    const before = stage.model.listening;
    for (let turn = 0; turn < 20; turn++) {
      stage.model.set("view", turn % 2 === 0 ? "cards" : "evaluation");
      await Promise.resolve();
    }
    await nextFrame(); // the second bundle comes a moment later, and listens too
    expect(stage.model.listening).toBe(before);
    expect(stage.all(".fl-matrix")).toHaveLength(1);
  });
});
