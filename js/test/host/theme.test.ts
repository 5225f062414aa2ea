// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { behindIsDark, parseColor, watchTheme } from "../../src/host/theme.ts";
import { settle } from "../fixtures/model.ts";

describe("theme", () => {
  afterEach(() => {
    document.body.removeAttribute("style");
    document.body.replaceChildren();
  });

  it.each([
    ["rgb(255, 0, 10)", [255, 0, 10, 1]],
    ["rgba(0, 0, 0, 0)", [0, 0, 0, 0]],
    ["rgb(1 2 3 / 50%)", [1, 2, 3, 0.5]],
    ["color(srgb 1 0 0)", undefined],
    ["", undefined],
  ])("reads the colour %j", (text, color) => expect(parseColor(text)).toEqual(color));

  it("looks at what is painted behind the widget", () => {
    const element = document.createElement("div");
    document.body.append(element);
    document.body.style.backgroundColor = "rgb(17, 17, 17)";
    expect(behindIsDark(element)).toBe(true);
    document.body.style.backgroundColor = "rgb(255, 255, 255)";
    expect(behindIsDark(element)).toBe(false);
  });

  it("looks through a shadow root", () => {
    const host = document.createElement("div");
    host.style.backgroundColor = "rgb(10, 10, 10)";
    document.body.append(host);
    const element = document.createElement("div");
    host.attachShadow({ mode: "open" }).append(element);
    expect(behindIsDark(element)).toBe(true);
  });

  it("follows a change of theme until it ends", async () => {
    const element = document.createElement("div");
    document.body.append(element);
    document.body.style.backgroundColor = "rgb(255, 255, 255)";
    const seen: boolean[] = [];
    const life = new AbortController();
    watchTheme(element, ({ dark }) => seen.push(dark), life.signal);
    document.body.style.backgroundColor = "rgb(0, 0, 0)";
    await settle();
    expect(seen).toEqual([false, true]);
    life.abort();
    document.body.style.backgroundColor = "rgb(255, 255, 255)";
    await settle();
    expect(seen).toEqual([false, true]);
  });
});
