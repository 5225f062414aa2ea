// Writes the bundles that the Python package ships. The output depends on nothing but the sources and the lock file.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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

await build({
  ...shared,
  entryPoints: {
    framelens: "src/entries/framelens.ts",
    panels: "src/entries/panels.ts",
    compare: "src/entries/compare.ts",
    report: "src/entries/report.ts",
  },
  format: "esm",
});
await build({
  ...shared,
  entryPoints: { twin: "src/entries/twin.ts", others: "src/entries/others.ts" },
  format: "iife",
});
await build({
  ...shared,
  entryPoints: { framelens: "src/style/framelens.css" },
  target: ["chrome120", "firefox120", "safari17"],
});
