// The service worker of the field page. It keeps the page, its parts and the public's tiles; answers to a member it
// neither keeps nor looks at. When the browser says that there is a network again, it sends what waits.
import { sendAll } from "./send";
import { addressOf, isPublicTile, TILES } from "./tiles";

declare const SHELL_RELEASE: string;
declare const SHELL_PARTS: string[];

interface Extended extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetched extends Extended {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker {
  addEventListener(name: string, heard: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(): Promise<{ postMessage(words: unknown): void }[]> };
}
const worker = self as unknown as Worker;

const SHELL = `atlas-field-shell-${SHELL_RELEASE}`;
const PARTS = new Set(SHELL_PARTS);
const TILE = /^\/tiles\/([a-z_,]+)\/(\d+)\/(\d+)\/(\d+)\.mvt$/;

worker.addEventListener("install", (event: Extended) => event.waitUntil(installed()));
worker.addEventListener("activate", (event: Extended) => event.waitUntil(activated()));
worker.addEventListener("sync", (event: Extended & { tag: string }) => {
  if (event.tag === "field-send") event.waitUntil(sent());
});
worker.addEventListener("fetch", (event: Fetched) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  const tile = TILE.exec(url.pathname);
  if (tile) event.respondWith(tiled(url.pathname, tile));
  else if (PARTS.has(url.pathname)) event.respondWith(part(url.pathname, event.request));
});

/** All of a release or nothing: a half of two releases would be neither. */
async function installed(): Promise<void> {
  const cache = await caches.open(SHELL);
  const answers = await Promise.all(SHELL_PARTS.map(async (path) => {
    const answer = await fetch(path, { credentials: "omit", cache: "no-cache" });
    if (!answer.ok || answer.redirected || (answer.headers.get("cache-control") ?? "").includes("no-store")) throw new Error(path);
    return [path, answer] as const;
  }));
  for (const [path, answer] of answers) await cache.put(path, answer);
  await worker.skipWaiting();
}

/** Older releases of the page go; what was typed, and the tiles, stay. */
async function activated(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("atlas-field-shell-") && name !== SHELL) await caches.delete(name);
  await worker.clients.claim();
}

async function part(path: string, request: Request): Promise<Response> {
  return (await (await caches.open(SHELL)).match(path)) ?? fetch(request);
}

/** Any of the layers that were brought along are in one kept tile; of others the public's, from the server. */
async function tiled(path: string, tile: RegExpExecArray): Promise<Response> {
  const cache = await caches.open(TILES);
  const [, layers, z, x, y] = tile;
  const place = { z: Number(z), x: Number(x), y: Number(y) };
  const all = await cache.match(addressOf(await ground(), place));
  if (all && layers!.split(",").every((one) => known.includes(one))) return all;
  const answer = await fetch(path, { credentials: "omit" });
  return isPublicTile(answer) ? answer : Response.error();
}

let known: string[] = [];

/** The layers that tiles are kept of, read off the first address. */
async function ground(): Promise<string[]> {
  if (known.length > 0) return known;
  const [first] = await (await caches.open(TILES)).keys();
  const named = first ? TILE.exec(new URL(first.url).pathname) : null;
  known = named ? named[1]!.split(",") : [];
  return known;
}

async function sent(): Promise<void> {
  const came = await sendAll(() => void changed(), { now: true });
  await changed();
  // The browser asks again, at longer and longer intervals.
  if (came === "away") throw new Error("no network");
}

async function changed(): Promise<void> {
  for (const client of await worker.clients.matchAll()) client.postMessage("changed");
}
