// @vitest-environment happy-dom
import { describe, expect, it, vi } from "vitest";
import { listen, maker, svg } from "../../src/draw/dom.ts";
import { HOSTILE } from "../fixtures/hostile.ts";

const make = maker(document);

describe("making elements", () => {
  it("reads tag and classes from one word", () => {
    const element = make("button.fl-button.fl-next", { "aria-label": "Next" }, "›");
    expect(element.tagName).toBe("BUTTON");
    expect([...element.classList]).toEqual(["fl-button", "fl-next"]);
    expect(element.getAttribute("aria-label")).toBe("Next");
    expect(make("div").hasAttribute("class")).toBe(false);
  });

  it("leaves out what is absent and writes what is true as an empty attribute", () => {
    const element = make("div", { title: null, role: undefined, hidden: false, open: true, tabindex: 0 });
    expect(element.getAttributeNames().sort()).toEqual(["data-lm-suppress-shortcuts", "open", "tabindex"]);
    expect(element.getAttribute("open")).toBe("");
  });

  it("appends nodes, texts and numbers, and nothing for what is absent", () => {
    const inner = make("b" as "span", {}, "two");
    const element = make("p", {}, "one ", inner, null, undefined, false, 3);
    expect(element.textContent).toBe("one two3");
    expect(element.childNodes).toHaveLength(3);
  });

  it.each(HOSTILE)("keeps %j as text and as attribute", (text) => {
    const element = make("p", { title: text, "data-name": text }, text);
    expect(element.children).toHaveLength(0);
    expect(element.textContent).toBe(text);
    expect(element.getAttribute("title")).toBe(text);
    expect(element.getAttributeNames().sort()).toEqual(["data-name", "title"]);
  });

  it("keeps the shortcuts of the notebook away from whatever can have the focus", () => {
    for (const element of [make("button"), make("select"), make("summary"), make("div", { tabindex: -1 })]) {
      expect(element.dataset.lmSuppressShortcuts).toBe("true");
    }
    expect(make("div").dataset.lmSuppressShortcuts).toBeUndefined();
  });

  it("never makes a button that submits the form of a host", () => {
    expect(make("button.fl-button").getAttribute("type")).toBe("button");
  });

  it("makes SVG in its own namespace", () => {
    const element = svg(document, "svg", { viewBox: "0 0 1 1" }, svg(document, "path", { d: "M0,0" }));
    expect(element.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(element.firstElementChild?.namespaceURI).toBe("http://www.w3.org/2000/svg");
    expect(element.getAttribute("viewBox")).toBe("0 0 1 1");
  });
});

describe("listening", () => {
  it("ends with its signal", () => {
    const life = new AbortController();
    const heard = vi.fn();
    const button = make("button");
    listen(button, "click", heard, life.signal);
    button.click();
    life.abort();
    button.click();
    expect(heard).toHaveBeenCalledOnce();
  });
});
