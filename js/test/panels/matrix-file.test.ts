// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { nextFrame, settle } from "../fixtures/model.ts";
import { readPanelCases } from "../fixtures/panels.ts";
import { catchFiles, giveElementsWidth, mount } from "../fixtures/stage.ts";

beforeEach(giveElementsWidth);
afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

const payload = readPanelCases()[6] as ReturnType<typeof readPanelCases>[number];

async function drawing(traits: Record<string, unknown>): Promise<Document> {
  const files = catchFiles();
  const stage = await mount(payload, { selected_panel: "save", ...traits });
  stage.find('[data-save="drawing"]').click();
  await settle();
  await nextFrame();
  const [file] = files;
  expect(file?.type).toBe("image/svg+xml");
  return new DOMParser().parseFromString((await file?.text()) ?? "", "image/svg+xml");
}

const words = (page: Document) => [...page.querySelectorAll("text")].map(({ textContent }) => textContent);

it("the matrix as a drawing has title, axes, labels, settings and a cell for every pair", async () => {
  const page = await drawing({});
  const said = words(page);
  const { classes, stamp, title } = payload.head;
  expect(said).toEqual(expect.arrayContaining(["actual", "predicted", "nothing there", "not detected", ...classes]));
  expect(said[0]).toContain(title.split(" ")[0]);
  const settings = said.join(" ");
  for (const [name, value] of stamp) expect(settings).toContain(`${name}: ${value}`);
  expect(settings).toMatch(/saved: \d{4}-\d\d-\d\d/);
  const size = classes.length + 1;
  expect(page.querySelectorAll("rect[rx]").length).toBeGreaterThanOrEqual(size * size - 1);
});

it("it shows what the page shows: other numbers, the other way round, at another point", async () => {
  const page = await drawing({ normalize: "row", transpose: true, confidence: 0.7 });
  const said = words(page).join(" ");
  expect(said).toContain("Share of the actual class at confidence 0.7");
  expect(said).toMatch(/\d%/);
  expect(said).toContain("shown at: confidence 0.7");
});
