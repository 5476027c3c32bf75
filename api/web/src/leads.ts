// Where a click on an index map leads: into the zone, block or sheet under it, until that fills the view.
import type { AtlasGrid } from "./grid";
import type { Hit } from "./hit";
import type { TileStore } from "./store";

// Smaller than this nobody aims at it.
const AIMED = 36;
const CLOSEST = 18;
export const ROOM: L.FitBoundsOptions = { padding: [24, 24], animate: false, maxZoom: CLOSEST };

export interface Lead {
  hit: Hit;
  bounds: L.LatLngBounds;
}

/** The smallest area of an index that was clicked on purpose; null where something else lies on top, or one is there. */
export function leads(map: L.Map, store: TileStore, grid: AtlasGrid, found: readonly Hit[]): Lead | null {
  if (!found[0]?.layer.isIndex) return null;
  const sized = found.filter((hit) => hit.layer.isIndex && hit.feature.id > 0).flatMap((hit) => {
    const bounds = around(map, store, grid, hit);
    if (!bounds) return [];
    const corners = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.latLngToContainerPoint(corner));
    const [width, height] = [corners[1]!.x - corners[0]!.x, corners[1]!.y - corners[0]!.y];
    return [{ hit, bounds, width, height }];
  });
  // What fills the view already leads nowhere: its card is opened.
  const closer = (bounds: L.LatLngBounds) => Math.min(CLOSEST, map.getBoundsZoom(bounds, false, L.point(48, 48))) > map.getZoom();
  const aimed = sized.filter(({ bounds, width, height }) => Math.max(width, height) >= AIMED && closer(bounds));
  aimed.sort((one, other) => one.width * one.height - other.width * other.height);
  return aimed[0] ?? null;
}

/** The rectangle around a feature, from all the tiles that hold a part of it. */
function around(map: L.Map, store: TileStore, grid: AtlasGrid, { layer, feature }: Hit): L.LatLngBounds | null {
  let found: L.LatLngBounds | null = null;
  for (const place of grid.places()) {
    for (const part of store.at(place, layer.id)) {
      if (part.id !== feature.id) continue;
      const [west, north, east, south] = part.box;
      for (const [x, y] of [[west, north], [east, south]] as const) {
        const at = map.unproject(L.point((place.x + x) * 256, (place.y + y) * 256), place.z);
        found = found ? found.extend(at) : L.latLngBounds(at, at);
      }
    }
  }
  return found;
}
