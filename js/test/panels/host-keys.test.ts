// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { passSaving } from "../../src/panels/host-keys.ts";
import { settle } from "../fixtures/model.ts";

const MARK = "data-lm-suppress-shortcuts";

function page() {
  const root = document.createElement("div");
  const button = document.createElement("button");
  for (const one of [root, button]) one.setAttribute(MARK, "true");
  root.append(button);
  document.body.append(root);
  return { root, button };
}

/** What a host that listens at the document, as JupyterLab does, finds around the element that has the focus. */
function heard(target: Element, key: string, ctrlKey = true): number {
  let kept = -1;
  const listen = () => {
    kept = document.querySelectorAll(`[${MARK}]`).length;
  };
  document.addEventListener("keydown", listen, true);
  target.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
  document.removeEventListener("keydown", listen, true);
  return kept;
}

describe("keys of the host", () => {
  afterEach(() => document.body.replaceChildren());

  it("lets Control and S through, and nothing else", async () => {
    const { root, button } = page();
    passSaving({ document, root, signal: new AbortController().signal });
    expect(heard(button, "s")).toBe(0);
    await settle();
    expect([heard(button, "s", false), heard(button, "b")]).toEqual([2, 2]);
  });

  it("ends with the widget", () => {
    const { root, button } = page();
    const life = new AbortController();
    passSaving({ document, root, signal: life.signal });
    life.abort();
    expect(heard(button, "s")).toBe(2);
  });
});
