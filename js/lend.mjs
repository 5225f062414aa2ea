// What the first bundle lends the second. Both are made of the same sources, so what both would hold stands in the
// first alone, which hands it over as a list when the second starts. Which names these are is found anew by every build;
// their places on the list mean nothing outside it, so the list begins with a digest of them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { build } from "esbuild";

const here = import.meta.dirname;
/** Where the list stands. In the sources it is empty: code that runs from there has all its parts itself. */
const LIST = "src/host/lent.ts";
const OTHER = "the panels are of another build than the page: run the cell again";

/** How a source file begins what it exports as a value. */
const EXPORT = /^(export (?:async )?(?:function\*?|const|class) )(\w+)/gm;

const within = (path) => relative(here, path).replaceAll("\\", "/");
const digest = (lent) => createHash("sha256").update(lent.join()).digest("hex").slice(0, 8);

/** Names that a source file exports as values. */
const exportsOf = (file) =>
  new Set([...readFileSync(resolve(here, file), "utf8").matchAll(EXPORT)].map(([, , name]) => name));

/** What is left in a bundle once all that nobody asks for was taken out, each as `file name`. */
async function standing(options, entry) {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], minify: false, write: false });
  const held = new Set();
  // In a bundle that is not minified the name of a file stands above what it brings.
  for (const part of outputFiles[0].text.split(/^\/\/ (?=src\/)/m).slice(1)) {
    const file = part.slice(0, part.indexOf("\n"));
    const exported = exportsOf(file);
    for (const [, name] of part.matchAll(/^(?:async )?(?:function\*?|var|let|class) (\w+)/gm)) {
      // A name that two files have gets a number there.
      const known = [name, name.replace(/\d+$/, "")].find((one) => exported.has(one));
      if (known) held.add(`${file} ${known}`);
    }
  }
  return held;
}

/** What the bundle of `lender` and one or more of those of `borrowers` would hold. */
export async function inCommon(options, lender, borrowers) {
  const [held, ...wanted] = await Promise.all([lender, ...borrowers].map((entry) => standing(options, entry)));
  return [...held].filter((one) => wanted.some((names) => names.has(one))).sort();
}

/** The first bundle: fills the list. */
export function lending(lent) {
  const imports = lent.map((one, at) => {
    const [file, name] = one.split(" ");
    return `import { ${name} as _${at} } from ${JSON.stringify(`./${file}`)};`;
  });
  const list = [JSON.stringify(digest(lent)), ...lent.map((_, at) => `_${at}`)];
  const contents = [...imports, `export const lent = [${list}];`].join("\n");
  const own = ({ path }) => (within(path) === LIST ? { contents, resolveDir: here } : undefined);
  return { name: "lending", setup: ({ onLoad }) => onLoad({ filter: /lent\.ts$/ }, own) };
}

/** The second bundle: takes what is on the list from there, and everything else from the sources. */
function borrowing(lent) {
  const setup = ({ onLoad, onResolve }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const places = new Map(lent.map((one, at) => [one, at]));
      const taken = new Set();
      // The declaration steps aside, and goes, as nobody asks for it any more.
      const contents = readFileSync(path, "utf8").replace(EXPORT, (all, before, name) => {
        const at = places.get(`${within(path)} ${name}`);
        if (at === undefined) return all;
        taken.add(`import { ${name} } from "lent:${at}"; export { ${name} };`);
        return `${before}own_${name}`;
      });
      return taken.size > 0 ? { contents: [contents, ...taken].join("\n"), loader: "ts" } : undefined;
    });
    // A module for each name, so that only those are taken that are used.
    onResolve({ filter: /^lent:/ }, ({ path }) => ({ path: path.slice(5), namespace: "lent", sideEffects: false }));
    onLoad({ filter: /.*/, namespace: "lent" }, ({ path: at }) => ({
      contents: `export const ${lent[at].split(" ")[1]} = lent[${Number(at) + 1}];`,
    }));
  };
  return { name: "borrowing", setup };
}

/** Options for a bundle whose default export is a function: from the list to what `entry` exports by default. */
export function borrower(lent, entry) {
  const check = `if(lent[0]!=="${digest(lent)}")throw Error(${JSON.stringify(OTHER)});`;
  return {
    stdin: { contents: `import module from "./${entry}"; made = module;`, resolveDir: here, sourcefile: "start.js" },
    format: "iife",
    banner: { js: `export default lent=>{let made;${check}` },
    footer: { js: "return made}" },
    plugins: [borrowing(lent)],
  };
}
