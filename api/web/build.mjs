// Builds everything a page needs into api/static: scripts, styles, fonts, Leaflet and its pictures.
// Nothing is fetched at run time from anywhere else, so that the pages work on flood day.
import { build } from "esbuild";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
const packages = join(here, "node_modules");

// Emptied, not removed: a running server keeps the folder open.
mkdirSync(out, { recursive: true });
for (const name of readdirSync(out)) rmSync(join(out, name), { recursive: true, force: true });

await build({
  entryPoints: { atlas: join(here, "src/atlas.ts"), pages: join(here, "src/pages.ts") },
  outdir: out,
  bundle: true,
  format: "iife",
  minify: true,
  target: ["es2020"],
  charset: "utf8",
  legalComments: "eof",
});
await build({
  entryPoints: { atlas: join(here, "src/atlas.css"), pages: join(here, "src/pages.css") },
  outdir: out,
  bundle: true,
  minify: true,
  external: ["fonts/*", "images/*"],
  legalComments: "eof",
});

cpSync(join(packages, "leaflet/dist/leaflet.js"), join(out, "leaflet.js"));
cpSync(join(packages, "leaflet/dist/leaflet.css"), join(out, "leaflet.css"));
cpSync(join(packages, "leaflet/dist/images"), join(out, "images"), { recursive: true });
mkdirSync(join(out, "fonts"));
for (const script of ["thai", "latin"]) {
  for (const weight of ["400", "700"]) {
    const name = `sarabun-${script}-${weight}-normal.woff2`;
    cpSync(join(packages, "@fontsource/sarabun/files", name), join(out, "fonts", name));
  }
}
const licences = [
  ["leaflet/LICENSE", "leaflet"],
  ["@mapbox/vector-tile/LICENSE.txt", "vector-tile"],
  ["pbf/LICENSE", "pbf"],
  ["@fontsource/sarabun/LICENSE", "sarabun"],
];
mkdirSync(join(out, "licences"));
for (const [from, name] of licences) cpSync(join(packages, from), join(out, "licences", `${name}.txt`));
