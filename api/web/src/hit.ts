// What lies under a click: every feature of every shown layer, top first, so that nothing hides behind its neighbour.
import type { LayerConfig } from "./config";
import type { Feature } from "./decode";
import type { AtlasGrid } from "./grid";
import type { Overlay } from "./overlay";
import type { Painter } from "./paint";
import { DEEPEST, type TileStore } from "./store";

export interface Hit {
  layer: LayerConfig;
  feature: Feature;
}

const REACH = 12;
const LINE_REACH = 7;

export function hits(
  map: L.Map, store: TileStore, grid: AtlasGrid, overlay: Overlay, painters: ReadonlyMap<string, Painter>, at: L.LatLng,
): Hit[] {
  const zoom = Math.round(map.getZoom());
  const found: Hit[] = overlay.near(map.latLngToContainerPoint(at), REACH);
  const z = Math.min(zoom, DEEPEST);
  const world = map.project(at, z).divideBy(256);
  const place = { z, x: Math.floor(world.x), y: Math.floor(world.y) };
  const [x, y] = [world.x - place.x, world.y - place.y];
  const reach = LINE_REACH / 256 / 2 ** (zoom - z);
  for (const layer of grid.shownAt(zoom).reverse()) {
    if (layer.dimension === 0) continue;
    const painter = painters.get(layer.id);
    for (const feature of store.at(place, layer.id)) {
      if (painter && !painter.shows(feature.values)) continue;
      if (under(feature, x, y, reach)) found.push({ layer, feature });
    }
  }
  const seen = new Set<string>();
  return found.filter(({ layer, feature }) => {
    const name = `${layer.id}/${feature.id}`;
    return feature.id === 0 || (!seen.has(name) && seen.add(name));
  });
}

function under(feature: Feature, x: number, y: number, reach: number): boolean {
  const [west, north, east, south] = feature.box;
  if (x < west - reach || x > east + reach || y < north - reach || y > south + reach) return false;
  if (feature.kind === 3) return inside(feature.rings, x, y);
  if (feature.kind === 2) return feature.rings.some((ring) => beside(ring, x, y, reach));
  return feature.rings.some((ring) => Math.hypot(ring[0]! - x, ring[1]! - y) <= reach);
}

/** Even or odd: how many edges a ray to the east crosses, holes included. */
export function inside(rings: readonly Float32Array[], x: number, y: number): boolean {
  let odd = false;
  for (const ring of rings) {
    for (let at = 0, before = ring.length - 2; at < ring.length; before = at, at += 2) {
      const [ax, ay, bx, by] = [ring[at]!, ring[at + 1]!, ring[before]!, ring[before + 1]!];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
  }
  return odd;
}

function beside(line: Float32Array, x: number, y: number, reach: number): boolean {
  for (let at = 0; at + 3 < line.length; at += 2) {
    const [ax, ay, bx, by] = [line[at]!, line[at + 1]!, line[at + 2]!, line[at + 3]!];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const along = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
    if (Math.hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y) <= reach) return true;
  }
  return false;
}
