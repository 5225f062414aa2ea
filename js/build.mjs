// Writes the bundles that the Python package ships. The output depends on nothing but the sources and the lock file.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inCommon, lending, smallest } from "./lend.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = here(process.env.FRAMELENS_STATIC ?? "../src/framelens/widgets/static/");

const shared = {
  absWorkingDir: here("."),
  outdir,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "info",
  target: ["es2022"],
};

const second = ["panels", "compare"];
const entry = (name) => `src/entries/${name}.ts`;
const lent = await inCommon({ ...shared, format: "esm", logLevel: "error" }, entry("framelens"), second.map(entry));
await build({
  ...shared,
  entryPoints: { framelens: entry("framelens"), report: entry("report") },
  format: "esm",
  plugins: [lending(lent)],
});
await build({ ...shared, entryPoints: { loader: entry("loader") }, format: "esm" });
for (const name of second) writeFileSync(join(outdir, `${name}.js`), await smallest(shared, lent, entry(name)));
await build({
  ...shared,
  entryPoints: { twin: "src/entries/twin.ts", others: "src/entries/others.ts" },
  format: "iife",
});
await build({
  ...shared,
  entryPoints: { framelens: "src/style/framelens.css" },
  target: ["chrome120", "firefox120", "safari17.4"],
});
