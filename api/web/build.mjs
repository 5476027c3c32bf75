// Builds everything a page needs into api/static: scripts, styles, fonts, Leaflet and its pictures.
// Nothing is fetched at run time from anywhere else, so that the pages work on flood day.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { png, SVG } from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
const packages = join(here, "node_modules");

// Emptied, not removed: a running server keeps the folder open.
mkdirSync(out, { recursive: true });
for (const name of readdirSync(out)) rmSync(join(out, name), { recursive: true, force: true });

await build({
  entryPoints: {
    atlas: join(here, "src/atlas.ts"),
    field: join(here, "src/field/field.ts"),
    mark: join(here, "src/mark/main.ts"),
    "mark-tools": join(here, "src/mark/tools.ts"),
    pages: join(here, "src/pages.ts"),
    photos: join(here, "src/photos_page.ts"),
    report: join(here, "src/report.ts"),
    edition: join(here, "src/tax/edition.ts"),
  },
  outdir: out,
  bundle: true,
  format: "iife",
  minify: true,
  target: ["es2020"],
  charset: "utf8",
  legalComments: "eof",
});
await build({
  entryPoints: {
    atlas: join(here, "src/atlas.css"),
    pages: join(here, "src/pages.css"),
    mark: join(here, "src/mark/mark.css"),
  },
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
  ["exifr/LICENSE", "exifr"],
  ["idb/LICENSE", "idb"],
  ["@fontsource/sarabun/LICENSE", "sarabun"],
  ["@geoman-io/leaflet-geoman-free/LICENSE", "leaflet-geoman"],
  ["polyclip-ts/LICENSE", "polyclip-ts"],
  ["bignumber.js/LICENCE.md", "bignumber"],
  ["splaytree-ts/LICENSE", "splaytree-ts"],
];
mkdirSync(join(out, "licences"));
for (const [from, name] of licences) cpSync(join(packages, from), join(out, "licences", `${name}.txt`));

writeFileSync(join(out, "field.svg"), SVG);
for (const side of [180, 192, 512]) writeFileSync(join(out, `field-${side}.png`), png(side));
writeFileSync(join(out, "field-maskable-512.png"), png(512, { maskable: true }));

// The shell of the field page: what its worker keeps whole, and by whose bytes a new release is known.
const shell = [
  "field.js", "pages.css", "leaflet.js", "leaflet.css", "field.svg", "field-180.png", "field-192.png", "field-512.png",
  "field-maskable-512.png", ...readdirSync(join(out, "fonts")).map((name) => `fonts/${name}`),
  ...readdirSync(join(out, "images")).map((name) => `images/${name}`),
];
const digest = createHash("sha256");
for (const name of shell) digest.update(name).update(readFileSync(join(out, name)));
digest.update(readFileSync(join(here, "..", "templates", "field.html")));
await build({
  entryPoints: { "field-worker": join(here, "src/field/worker.ts") },
  outdir: out,
  bundle: true,
  format: "iife",
  minify: true,
  target: ["es2020"],
  charset: "utf8",
  legalComments: "eof",
  define: {
    SHELL_RELEASE: JSON.stringify(digest.digest("hex").slice(0, 12)),
    SHELL_PARTS: JSON.stringify(["/field", "/field/manifest.webmanifest", ...shell.map((name) => `/static/${name}`)]),
  },
});
