/** What the shipped files must and must not contain, whoever wrote them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const STATIC = join(ROOT, "../src/framelens/widgets/static");
const FILES = ["framelens.js", "framelens.css", "panels.js", "compare.js", "report.js"];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

describe("bundles", () => {
  it("are what the sources build, byte for byte", () => {
    const folder = mkdtempSync(join(tmpdir(), "framelens-"));
    try {
      execFileSync(process.execPath, ["build.mjs"], {
        cwd: ROOT,
        env: { ...process.env, FRAMELENS_STATIC: folder },
        stdio: "pipe",
      });
      for (const name of FILES) {
        expect(
          readFileSync(join(folder, name)).equals(readFileSync(join(STATIC, name))),
          `${name}: run npm run build`,
        ).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);

  it("stay within their size", () => {
    const size = (name: string) => readFileSync(join(STATIC, name)).length;
    expect(size("framelens.js")).toBeLessThanOrEqual(60_000);
    // These travel packed, and after the first.
    const packed = (name: string) => gzipSync(readFileSync(join(STATIC, name)), { level: 9 }).length;
    expect(packed("panels.js")).toBeLessThanOrEqual(60_000);
    expect(packed("compare.js")).toBeLessThanOrEqual(30_000);
    expect(size("framelens.css")).toBeLessThanOrEqual(32_000);
  });

  const SECOND = ["panels.js", "compare.js"];

  it.each(SECOND)("%s says nothing that the first bundle says as well: that is lent", (name) => {
    const second = readFileSync(join(STATIC, name), "utf8");
    const first = readFileSync(join(STATIC, "framelens.js"), "utf8");
    const words = new Set([...first.matchAll(/"([^"\n]* [^"\n]{16,})"/g)].map(([, text]) => text as string));
    expect(words.size).toBeGreaterThan(100);
    expect([...words].filter((text) => second.includes(`"${text}"`))).toEqual([]);
  });

  it.each(SECOND)("%s starts with the list of its own build alone", async (name) => {
    const code = readFileSync(join(STATIC, name)).toString("base64");
    const { default: start } = (await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)) as {
      default: (lent: readonly unknown[]) => unknown;
    };
    expect(() => start(["00000000"])).toThrow("another build");
  });

  it("tell a build by what is lent, not by its names alone", async () => {
    const { digest } = (await import(/* @vite-ignore */ join(ROOT, "lend.mjs"))) as {
      digest: (lent: readonly string[], read: (file: string) => string) => string;
    };
    const of = (text: string) => digest(["src/a.ts one", "src/a.ts two"], () => text);
    expect(of("export const one = 1")).toBe(of("export const one = 1"));
    expect(of("export const one = 1")).not.toBe(of("export const one = 2"));
  });

  it.each(["framelens.js", "panels.js", "compare.js", "report.js"])("%s can stand inside a script element", (name) => {
    expect(readFileSync(join(STATIC, name), "utf8")).not.toMatch(/<\/script|<!--/i);
  });

  it("name no host", () => {
    for (const name of FILES) {
      const urls = readFileSync(join(STATIC, name), "utf8").match(/(?:https?:)?\/\/[\w.-]+\.\w+[^\s"'`]*/g) ?? [];
      expect(urls.filter((url) => url !== "http://www.w3.org/2000/svg")).toEqual([]);
    }
  });

  it("keep every rule of the style sheet under .framelens", () => {
    const css = readFileSync(join(STATIC, "framelens.css"), "utf8");
    let depth = 0;
    const outer: string[] = [];
    for (const [, selector, mark] of css.matchAll(/([^{};]*)([{};])/g)) {
      if (mark === "{" && depth === 0) outer.push(selector as string);
      // A condition may stand around; what it holds is looked at like what stands alone.
      if (mark === "{" && (depth > 0 || !/^@media/.test(selector as string))) depth += 1;
      if (mark === "}" && depth > 0) depth -= 1;
    }
    expect(outer.length).toBeGreaterThan(17);
    expect(outer.filter((selector) => !/^(\.framelens$|@media\b|@keyframes fl-)/.test(selector))).toEqual([]);
  });
});

describe("lock file", () => {
  interface Package {
    readonly resolved?: string;
    readonly optionalDependencies?: Record<string, string>;
  }
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, Package>;
  };

  it("names no registry", () => {
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it("holds the packages of every platform, without which npm ci refuses it", () => {
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((name) => !(`node_modules/${name}` in packages))).toEqual([]);
  });
});

describe("sources", () => {
  const FORBIDDEN =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|setHTML|DOMParser|srcdoc|setAttribute\("(?:style|on)/;

  it.each(sources(join(ROOT, "src")))("%s has no way from text to markup or code", (file) => {
    const text = readFileSync(file, "utf8");
    // The twin is a page that Python wrote: one place gives it to a sandboxed frame, which cannot reach this page.
    const framed = file.endsWith("/entries/twin.ts") ? text.replace("frame.srcdoc = page", "") : text;
    expect(framed).not.toMatch(FORBIDDEN);
  });

  it.each(sources(join(ROOT, "src")))("%s gives a signal to every listener in the same statement", (file) => {
    const text = readFileSync(file, "utf8");
    for (const { index } of text.matchAll(/addEventListener\(/g)) {
      let depth = 0;
      let end = text.indexOf("(", index);
      do {
        if (text[end] === "(") depth += 1;
        if (text[end] === ")") depth -= 1;
        end += 1;
      } while (depth > 0);
      expect(text.slice(index, end)).toMatch(/signal|once: true/);
    }
  });

  it.each(sources(join(ROOT, "src")))("%s keeps to 400 lines", (file) => {
    expect(readFileSync(file, "utf8").split("\n").length).toBeLessThanOrEqual(400);
  });
});
