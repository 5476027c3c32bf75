// How many features of each class are in view, counted from the tiles on screen: each feature once.
import type { Classing } from "./classes";
import type { AtlasGrid } from "./grid";
import type { Counts } from "./legend";
import type { Painter } from "./paint";
import type { TileStore } from "./store";

// More than this is an overview, which nobody counts by eye either.
const MOST = 60_000;

export function inView(
  map: L.Map, store: TileStore, grid: AtlasGrid, painters: ReadonlyMap<string, Painter>,
  classings: ReadonlyMap<string, Classing>,
): Map<string, Counts> {
  const found = new Map<string, Counts>();
  const zoom = map.getZoom();
  const view = map.getPixelBounds();
  const places = grid.places();
  for (const layer of grid.shownAt(zoom)) {
    const painter = painters.get(layer.id);
    const total = places.reduce((sum, place) => sum + store.at(place, layer.id).length, 0);
    if (layer.counts || !painter || total > MOST) continue;
    const classing = classings.get(layer.id);
    const counts = new Map<string, number>();
    const seen = new Set<number>();
    for (const place of places) {
      const side = 256 * 2 ** (zoom - place.z);
      const min = view.min!;
      const max = view.max!;
      for (const feature of store.at(place, layer.id)) {
        const [west, north, east, south] = feature.box;
        if ((place.x + west) * side > max.x || (place.x + east) * side < min.x) continue;
        if ((place.y + north) * side > max.y || (place.y + south) * side < min.y) continue;
        if (painter.isCount(feature.values) || (feature.id && seen.has(feature.id))) continue;
        seen.add(feature.id);
        const by = layer.style.by;
        const key = !painter.shows(feature.values) ? "#" : classing ? classing.keyOf(feature.values, feature.id) : String((by && feature.values[by]) ?? "");
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    found.set(layer.id, counts);
  }
  return found;
}
