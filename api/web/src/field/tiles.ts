// The tiles of a community, kept for where there is no network: the public's, whoever holds the phone.
import type { Community, Position } from "./kinds";
import { DEEPEST, type Place } from "../store";

export const TILES = "atlas-field-tiles";
/** Below this zoom a tile shows more than one community; beyond `DEEPEST` the map draws the deepest ones larger. */
export const FIRST_ZOOM = 14;
export const MOST_BYTES = 60_000_000;
const AT_ONCE = 4;

/** Where a tile of all layers lies in the cache, and on the server. */
export function addressOf(layers: readonly string[], { z, x, y }: Place): string {
  return `/tiles/${layers.join(",")}/${z}/${x}/${y}.mvt`;
}

/** The tiles that an outline touches, from zoom 14 to the deepest. */
export function tilesOver(community: Community): Place[] {
  const found: Place[] = [];
  for (let z = FIRST_ZOOM; z <= DEEPEST; z++) {
    const rings = community.rings.map((ring) => ring.map((at) => projected(at, z)));
    const all = rings.flat();
    if (all.length === 0) continue;
    const [west, east] = span(all.map(([x]) => x));
    const [north, south] = span(all.map(([, y]) => y));
    for (let x = west; x <= east; x++) {
      for (let y = north; y <= south; y++) if (touches(rings, x, y)) found.push({ z, x, y });
    }
  }
  return found;
}

function span(values: number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [Math.floor(low), Math.floor(high)];
}

function projected([lon, lat]: Position, z: number): Position {
  const scale = 2 ** z;
  const sine = Math.sin((lat * Math.PI) / 180);
  return [((lon + 180) / 360) * scale, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * scale];
}

/** Whether a square of the grid has a part in the outline: an edge goes through it, or it lies wholly inside. */
function touches(rings: Position[][], x: number, y: number): boolean {
  let odd = false;
  for (const ring of rings) {
    for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at++) {
      const [[ax, ay], [bx, by]] = [ring[at]!, ring[before]!];
      if (crosses(ax, ay, bx, by, x, y)) return true;
      const [cx, cy] = [x + 0.5, y + 0.5];
      if (ay > cy !== by > cy && cx < ((bx - ax) * (cy - ay)) / (by - ay) + ax) odd = !odd;
    }
  }
  return odd;
}

/** Whether a line has a part in the square of side one at (x, y): the line is cut by its four sides in turn. */
function crosses(ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean {
  let [from, to] = [0, 1];
  for (const [move, room] of [[ax - bx, ax - x], [bx - ax, x + 1 - ax], [ay - by, ay - y], [by - ay, y + 1 - ay]] as const) {
    if (move === 0 && room < 0) return false;
    if (move === 0) continue;
    if (move < 0) from = Math.max(from, room / move);
    else to = Math.min(to, room / move);
  }
  return from <= to;
}

export interface Size {
  tiles: number;
  bytes: number;
}

/** How many tiles and about how many bytes: one of each zoom is fetched (and kept) to judge the others by. */
export async function sized(communities: readonly Community[], layers: readonly string[], stop: AbortSignal): Promise<Size> {
  const all = unique(communities.flatMap(tilesOver));
  let bytes = 0;
  for (let z = FIRST_ZOOM; z <= DEEPEST; z++) {
    const here = all.filter((one) => one.z === z);
    const samples = here.length > 0 ? [here[Math.floor(here.length / 2)]!, here[Math.floor(here.length / 4)]!] : [];
    let sum = 0;
    for (const sample of samples) sum += await brought(sample, layers, stop);
    if (samples.length > 0) bytes += (sum / samples.length) * here.length;
  }
  return { tiles: all.length, bytes: Math.round(bytes) };
}

export function unique(places: Place[]): Place[] {
  return [...new Map(places.map((one) => [`${one.z}/${one.x}/${one.y}`, one])).values()];
}

/** Fetch what is not here yet; told after each. What was fetched stays where this is stopped. Total bytes of them all. */
export async function keptTiles(
  places: readonly Place[], layers: readonly string[], stop: AbortSignal, told: (done: number, bytes: number) => void,
): Promise<number> {
  let [next, done, bytes] = [0, 0, 0];
  const lane = async () => {
    while (next < places.length) {
      stop.throwIfAborted();
      bytes += await brought(places[next++]!, layers, stop);
      if (bytes > MOST_BYTES) throw new TooMuch();
      told(++done, bytes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return bytes;
}

/** More than a phone is asked to hold. */
export class TooMuch extends Error {}

async function brought(place: Place, layers: readonly string[], stop: AbortSignal): Promise<number> {
  const cache = await caches.open(TILES);
  const address = addressOf(layers, place);
  const had = await cache.match(address);
  if (had) return (await had.arrayBuffer()).byteLength;
  // Without cookies: what is kept on a phone is what everybody may see.
  const answer = await fetch(address, { credentials: "omit", signal: stop, cache: "no-cache" });
  if (!answer.ok || answer.redirected || !isPublicTile(answer)) throw new Error(`tile ${answer.status}`);
  const bytes = answer.status === 204 ? new ArrayBuffer(0) : await answer.arrayBuffer();
  const headers = { "Content-Type": "application/vnd.mapbox-vector-tile", "Cache-Control": answer.headers.get("cache-control") ?? "" };
  await cache.put(address, new Response(bytes, { headers }));
  return bytes.byteLength;
}

/** A tile of ours that anyone may have; a network's own page is none. */
export function isPublicTile(answer: Response): boolean {
  const isTile = answer.status === 204 || (answer.headers.get("content-type") ?? "").includes("vector-tile");
  return isTile && !(answer.headers.get("cache-control") ?? "").includes("no-store");
}

/** Forget the tiles that none of the communities that stay needs. */
export async function forgetTiles(gone: readonly Place[], stay: readonly Place[], layers: readonly string[]): Promise<void> {
  const needed = new Set(stay.map((one) => addressOf(layers, one)));
  const cache = await caches.open(TILES);
  for (const one of gone) if (!needed.has(addressOf(layers, one))) await cache.delete(addressOf(layers, one));
}
