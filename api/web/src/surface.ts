// What other scripts on a map page may lean on: `atlas:ready` brings a layer of this kind, and it stays as it is told here.
import type { Feature } from "./decode";
import type { AtlasGrid } from "./grid";
import { DEEPEST, type Place, type TileStore } from "./store";

/** A feature that a tile brought, as far as its tile holds it. */
export interface NearFeature {
  layer: string;
  id: number;
  geometry: GeoJSON.Geometry;
}

/** Hears a click on the map; what answers true keeps it for itself, and no card opens. */
export type ClickTaker = (event: L.LeafletMouseEvent) => boolean;

export interface AtlasLayer extends L.Layer {
  /** The Leaflet map it is on, or null before it was added. */
  readonly map: L.Map | null;
  /** Fetch the tiles of these layers anew, as after an edit; what is drawn stays until they arrive. */
  refresh(layerIds: readonly string[]): Promise<void>;
  /** The shapes within so many metres of a place, of the layers that are switched on, from tiles already here. */
  featuresNear(at: L.LatLng, metres: number): NearFeature[];
  /** Clicks go to `taker` first, until what this answers is called. */
  onClick(taker: ClickTaker): () => void;
}

/** Told on the map's container, and on everything around it, once the map stands. */
export const READY = "atlas:ready";

const AROUND = 40075016.685578488;

export function near(map: L.Map, store: TileStore, grid: AtlasGrid, at: L.LatLng, metres: number): NearFeature[] {
  const zoom = Math.round(map.getZoom());
  const z = Math.min(zoom, DEEPEST);
  const world = map.project(at, z).divideBy(256);
  // Metres become parts of a tile's side here: the web's Mercator stretches with the latitude.
  const reach = metres / ((AROUND * Math.cos((at.lat * Math.PI) / 180)) / 2 ** z);
  const found = new Map<string, NearFeature>();
  for (const place of grid.places()) {
    if (place.z !== z) continue;
    const [x, y] = [world.x - place.x, world.y - place.y];
    for (const layer of grid.shownAt(zoom)) {
      for (const feature of store.at(place, layer.id)) {
        const [west, north, east, south] = feature.box;
        if (x < west - reach || x > east + reach || y < north - reach || y > south + reach) continue;
        if (typeof feature.values["count"] === "number") continue;
        const key = `${layer.id}/${feature.id}/${place.x}/${place.y}`;
        found.set(key, { layer: layer.id, id: feature.id, geometry: geometryOf(map, place, feature) });
      }
    }
  }
  return [...found.values()];
}

function geometryOf(map: L.Map, place: Place, feature: Feature): GeoJSON.Geometry {
  const parts = feature.rings.map((ring) => {
    const line: GeoJSON.Position[] = [];
    for (let at = 0; at < ring.length; at += 2) {
      const there = L.point((place.x + ring[at]!) * 256, (place.y + ring[at + 1]!) * 256);
      const { lat, lng } = map.unproject(there, place.z);
      line.push([lng, lat]);
    }
    return line;
  });
  if (feature.kind === 1) return { type: "MultiPoint", coordinates: parts.map((part) => part[0]!) };
  if (feature.kind === 2) return { type: "MultiLineString", coordinates: parts };
  return { type: "Polygon", coordinates: parts.map((part) => [...part, part[0]!]) };
}
