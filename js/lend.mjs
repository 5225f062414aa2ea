// What the first bundle lends the second. Both are made of the same sources, so what both would hold stands in the
// first alone, which hands it over as a list when the second starts. Which names these are is found anew by every build;
// their places on the list mean nothing outside it, so the list begins with a digest of them and of the files they are from.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = import.meta.dirname;
/** Where the list stands. In the sources it is empty: code that runs from there has all its parts itself. */
const LIST = "src/host/lent.ts";
const OTHER = "another build: run the cell again";

/** How a source file begins what it declares, whether it exports it or not. */
const DECLARED = /^((?:export )?(?:async )?(?:function\*?|const|class) )(\w+)/gm;

const within = (path) => relative(here, path).replaceAll("\\", "/");

const textOf = (file) => readFileSync(resolve(here, file), "utf8");

/** Tells builds apart: the same name may stand for something else in another one. */
export function digest(lent, read = textOf) {
  const texts = [...new Set(lent.map((one) => one.split(" ")[0]))].map(read);
  return createHash("sha256")
    .update([...lent, ...texts].join())
    .digest("hex")
    .slice(0, 8);
}

/** Functions, classes and constants of a source file, and how each begins. */
const declaredIn = (file) => new Map([...textOf(file).matchAll(DECLARED)].map(([, before, name]) => [name, before]));

/** What is left in a bundle once all that nobody asks for was taken out, each as `file name`. */
async function standing(options, entry) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], minify: false, write: false });
  const held = new Set();
  // In a bundle that is not minified the name of a file stands above what it brings.
  for (const part of outputFiles[0].text.split(/^\/\/ (?=src\/)/m).slice(1)) {
    const file = part.slice(0, part.indexOf("\n"));
    const declared = declaredIn(file);
    for (const [line, name] of part.matchAll(/^(?:async )?(?:function\*?|var|let|class) (\w+).*/gm)) {
      if (line.endsWith(";") && line.length < SHORT) continue;
      // A name that two files have gets a number there.
      const known = [name, name.replace(/\d+$/, "")].find((one) => declared.has(one));
      if (known) held.add(`${file} ${known}`);
    }
  }
  return held;
}

/** A constant that takes fewer letters than this is not worth a place on the list. */
const SHORT = 60;

/** Names of one file that are on the list. */
const namesIn = (lent, file) =>
  lent.map((one) => one.split(" ")).flatMap(([own, name]) => (own === file ? [name] : []));

/** The first bundle: fills the list. */
export function lending(lent) {
  const imports = lent.map((one, at) => {
    const [file, name] = one.split(" ");
    return `import { ${name} as _${at} } from ${JSON.stringify(`./${file}`)};`;
  });
  const list = [JSON.stringify(digest(lent)), ...lent.map((_, at) => `_${at}`)];
  const contents = [...imports, `export const lent = [${list}];`].join("\n");
  const load = ({ path }) => {
    const file = within(path);
    if (file === LIST) return { contents, resolveDir: here };
    // What a file keeps to itself is lent as well.
    const declared = declaredIn(file);
    const kept = namesIn(lent, file).filter((name) => !declared.get(name).startsWith("export "));
    return kept.length > 0 ? { contents: `${textOf(file)}\nexport { ${kept} };`, loader: "ts" } : undefined;
  };
  return { name: "lending", setup: ({ onLoad }) => onLoad({ filter: /\.ts$/ }, load) };
}

/**
 * The second bundle: takes what is on the list from there, and everything else from the sources. `apart`: each name by a
 * module of its own, so that the bundle tells which of them are used.
 */
function borrowing(lent, apart) {
  const setup = ({ onLoad, onResolve }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const places = new Map(lent.map((one, at) => [one, at]));
      const taken = new Set();
      // The declaration steps aside, and goes, as nobody asks for it any more.
      const contents = readFileSync(path, "utf8").replace(DECLARED, (all, before, name) => {
        const at = places.get(`${within(path)} ${name}`);
        if (at === undefined) return all;
        taken.add(`import { _${at} as ${name} } from "lent:${apart ? at : "all"}"; export { ${name} };`);
        return `${before}own_${name}`;
      });
      return taken.size > 0 ? { contents: [contents, ...taken].join("\n"), loader: "ts" } : undefined;
    });
    onResolve({ filter: /^lent:/ }, ({ path }) => ({ path: path.slice(5), namespace: "lent", sideEffects: false }));
    const names = lent.map((_, at) => `_${at}`);
    onLoad({ filter: /.*/, namespace: "lent" }, ({ path: at }) => ({
      contents: at === "all" ? `export const [${names}] = lent;` : `export const _${at} = lent[${at}];`,
    }));
  };
  return { name: "borrowing", setup };
}

/** What the bundle of `lender` and one or more of those of `borrowers` would hold, as far as these ask for it. */
export async function inCommon(options, lender, borrowers) {
  const [held, ...wanted] = await Promise.all([lender, ...borrowers].map((entry) => standing(options, entry)));
  const both = [...held].filter((one) => wanted.some((names) => names.has(one))).sort();
  // What is needed by nothing but other names on the list need not be on it.
  const asked = new Set();
  for (const entry of borrowers) {
    const { metafile } = await build({ ...options, ...borrower(both, entry, true), metafile: true, write: false });
    const [{ inputs }] = Object.values(metafile.outputs);
    for (const [name, { bytesInOutput }] of Object.entries(inputs)) {
      if (name.startsWith("lent:") && bytesInOutput > 0) asked.add(both[Number(name.slice("lent:".length))]);
    }
  }
  return both.filter((one) => asked.has(one));
}

/** How many orders of its files are tried for a bundle that travels packed. */
const ORDERS = 500;

/** One file as it stands in a bundle, and the files there that it needs to stand behind. */
async function partsOf(options, made) {
  const readable = { minify: false, minifyIdentifiers: true, minifySyntax: true };
  const { outputFiles, metafile } = await build({ ...options, ...made, ...readable, metafile: true, write: false });
  const parts = outputFiles[0].text.split(/^\/\/ (?=\S+$)/m).slice(1);
  const { charset, target } = options;
  const found = parts.map(async (part) => {
    const end = part.indexOf("\n");
    const { code } = await transform(part.slice(end), { charset, target, minifyWhitespace: true });
    return { file: part.slice(0, end), code: code.trim() };
  });
  const all = await Promise.all(found);
  const places = new Map(all.map(({ file }, at) => [file, at]));
  return all.map(({ file, code }, at) => {
    const imports = metafile.inputs[file]?.imports ?? [];
    const behind = imports.map(({ path }) => path).filter((path) => places.get(path) < at);
    return { file, code, behind: new Set(behind) };
  });
}

/** The parts with one of them at another place, behind what it needs and before what needs it; always the same of a number. */
function moved(parts, number) {
  const dice = createHash("sha256").update(String(number)).digest();
  const next = [...parts];
  const [part] = next.splice(dice.readUInt32LE(0) % next.length, 1);
  const low = next.findLastIndex(({ file }) => part.behind.has(file)) + 1;
  const first = next.findIndex(({ behind }) => behind.has(part.file));
  const high = first < 0 ? next.length : first;
  next.splice(low + (dice.readUInt32LE(4) % (high - low + 1)), 0, part);
  return next;
}

/**
 * The bundle of a borrower: a function from the list to what `entry` exports by default. What stands close to what is
 * like it packs better, and the order of files is free but for what each imports: of some orders, always the same ones,
 * the smallest is taken.
 */
export async function smallest(options, lent, entry) {
  const begin = `export default([build,...lent])=>{let made;if(build!=="${digest(lent)}")throw Error("${OTHER}");`;
  const textOf = (parts) => `${begin}${parts.map(({ code }) => code).join("")}return made}\n`;
  const packed = (parts) => gzipSync(textOf(parts), { level: 9 }).length;
  let best = await partsOf(options, borrower(lent, entry));
  let least = packed(best);
  for (let order = 1; order < ORDERS; order++) {
    const next = moved(best, order);
    const size = packed(next);
    if (size < least) [best, least] = [next, size];
  }
  return textOf(best);
}

/** Options for what puts into `made` what `entry` exports by default, and takes from `lent` what is there. */
function borrower(lent, entry, apart = false) {
  return {
    stdin: { contents: `import module from "./${entry}"; made = module;`, resolveDir: here, sourcefile: "start.js" },
    format: "esm",
    logLevel: "error",
    plugins: [borrowing(lent, apart)],
  };
}
