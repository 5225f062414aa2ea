/** What a source file exports is used outside it: by another source file or by a test. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const EXPORT = /^export (?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
const IMPORT = /(?:import|export)\s+(?:type\s+)?(?:\w+\s*,\s*)?\{([^}]*)\}\s+from\s+"(\.[^"]+)"/g;

function textsOf(folder: string): Map<string, string> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".ts")).map((name) => join(ROOT, folder, name));
  return new Map(files.map((file) => [file, readFileSync(file, "utf8")]));
}

it("exports nothing that its own file alone uses", () => {
  const texts = new Map([...textsOf("src"), ...textsOf("test")]);
  const used = new Set<string>();
  for (const [file, text] of texts) {
    for (const [, names = "", from = ""] of text.matchAll(IMPORT)) {
      const target = relative(ROOT, resolve(dirname(file), from));
      for (const name of names.matchAll(/(?:^|,)\s*(?:type\s+)?(\w+)/g)) used.add(`${target} ${name[1]}`);
    }
  }
  const exported = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(EXPORT)].map(([, name]) => `${relative(ROOT, file)} ${name}`),
  );
  expect(exported.length).toBeGreaterThan(300);
  expect(exported.filter((one) => !used.has(one))).toEqual([]);
});
