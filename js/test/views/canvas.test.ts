// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { maker } from "../../src/draw/dom.ts";
import { canvasInks, canvasSurface, frameScheduler, painted, watchSize } from "../../src/views/canvas.ts";
import { nextFrame } from "../fixtures/model.ts";

const make = maker(document);

afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

describe("canvas", () => {
  it("has as many pixels as the screen shows, and gives them back", () => {
    vi.stubGlobal("devicePixelRatio", 2);
    const life = new AbortController();
    const surface = canvasSurface(make, "fl-matrix-base", life.signal);
    expect(surface.resize(100.4, 50)).toBe(2);
    expect([surface.canvas.width, surface.canvas.height]).toEqual([201, 100]);
    expect(surface.canvas.style.width).toBe("100.4px");
    life.abort();
    expect([surface.canvas.width, surface.canvas.height]).toEqual([0, 0]);
  });

  it("takes its colours from the style sheet, and has its own where there is none", () => {
    const element = make("div");
    document.body.append(element);
    expect(canvasInks(element).text).toBe("#222");
    element.style.setProperty("--fl-ink", "#abcdef");
    expect(canvasInks(element).text).toBe("#abcdef");
  });
});

describe("drawing", () => {
  it("happens once a frame, however often it is asked for", async () => {
    const draw = vi.fn();
    const schedule = frameScheduler(draw, new AbortController().signal);
    for (let turn = 0; turn < 10; turn++) schedule();
    expect(draw).not.toHaveBeenCalled();
    await nextFrame();
    expect(draw).toHaveBeenCalledOnce();
    schedule();
    await nextFrame();
    expect(draw).toHaveBeenCalledTimes(2);
  });

  it("does not wait for a frame when the page is printed", () => {
    const draw = vi.fn();
    const schedule = frameScheduler(draw, new AbortController().signal);
    window.dispatchEvent(new Event("beforeprint"));
    expect(draw).not.toHaveBeenCalled();
    schedule();
    window.dispatchEvent(new Event("beforeprint"));
    expect(draw).toHaveBeenCalledOnce();
  });

  it("stops with its signal", async () => {
    const draw = vi.fn();
    const life = new AbortController();
    const schedule = frameScheduler(draw, life.signal);
    schedule();
    life.abort();
    schedule();
    window.dispatchEvent(new Event("beforeprint"));
    await nextFrame();
    expect(draw).not.toHaveBeenCalled();
  });
});

describe("what waits until the page is painted", () => {
  afterEach(() => vi.useRealTimers());

  it("follows the next frame", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "requestAnimationFrame"] });
    const done = vi.fn();
    void painted().then(done);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(50);
    expect(done).toHaveBeenCalledOnce();
  });

  it("does not wait for ever in a page that gets no frames", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    vi.stubGlobal("requestAnimationFrame", () => 0);
    const done = vi.fn();
    void painted().then(done);
    await vi.advanceTimersByTimeAsync(1000);
    expect(done).toHaveBeenCalledOnce();
  });
});

describe("size", () => {
  it("is told when it is there and when it changes, never when it is nothing", () => {
    let tell: ResizeObserverCallback = () => undefined;
    const disconnect = vi.fn();
    vi.stubGlobal(
      "ResizeObserver",
      class {
        observe = vi.fn();
        disconnect = disconnect;
        constructor(callback: ResizeObserverCallback) {
          tell = callback;
        }
      },
    );
    const changed = vi.fn();
    const life = new AbortController();
    watchSize(make("div"), changed, life.signal);
    const say = (width: number) => tell([{ contentRect: { width } } as ResizeObserverEntry], {} as ResizeObserver);
    for (const width of [0, 300, 300, 0, 400]) say(width);
    expect(changed).toHaveBeenCalledTimes(2);
    life.abort();
    expect(disconnect).toHaveBeenCalledOnce();
  });
});
