// Where a tap means to be: at the corner or on the edge of a parcel or building nearby.
import type { AtlasLayer, NearFeature } from "../surface";
import { metresBetween } from "./measure";
import { type Place, place, same } from "./shape";
import type { Server } from "./server";

const OF = ["parcel", "building"];
export const NEAR_PIXELS = 16;
// A tile holds places to about 7 cm, and ends a shape at its own edge; the feature itself is asked for the rest.
const SAME_METRES = 0.6;

export interface Snapped {
  at: Place;
  of: NearFeature;
}

function rings(geometry: GeoJSON.Geometry): Place[][] {
  if (geometry.type === "Polygon") return geometry.coordinates as Place[][];
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat() as Place[][];
  return [];
}

function nearest(map: L.Map, lines: Place[][], to: Place): { at: Place; pixels: number; isCorner: boolean } | null {
  const from = map.project([to[1], to[0]]);
  let best: { at: Place; pixels: number; isCorner: boolean } | null = null;
  for (const line of lines) {
    line.forEach((one, index) => {
      const a = map.project([one[1], one[0]]);
      const corner = a.distanceTo(from);
      if (corner < NEAR_PIXELS && (!best?.isCorner || corner < best.pixels)) best = { at: one, pixels: corner, isCorner: true };
      const next = line[index + 1];
      if (!next || best?.isCorner) return;
      const on = L.LineUtil.closestPointOnSegment(from, a, map.project([next[1], next[0]]));
      const pixels = on.distanceTo(from);
      if (pixels >= NEAR_PIXELS || (best && pixels >= best.pixels)) return;
      const { lat, lng } = map.unproject(on);
      best = { at: place(lng, lat), pixels, isCorner: false };
    });
  }
  return best;
}

export class Snapping {
  on = true;
  private readonly whole = new Map<string, Promise<GeoJSON.Geometry | null>>();

  constructor(
    private readonly atlas: AtlasLayer,
    private readonly server: Server,
  ) {}

  near(map: L.Map, at: L.LatLng): NearFeature[] {
    const metres = NEAR_PIXELS * ((40075016 * Math.cos((at.lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom()));
    return this.atlas.featuresNear(at, metres).filter((one) => OF.includes(one.layer));
  }

  /** The place meant, from what is on the screen; null where nothing is near enough. */
  found(map: L.Map, at: L.LatLng): Snapped | null {
    if (!this.on) return null;
    const to = place(at.lng, at.lat);
    let best: (Snapped & { pixels: number; isCorner: boolean }) | null = null;
    for (const of of this.near(map, at)) {
      const one = nearest(map, rings(of.geometry), to);
      if (one && (!best || (one.isCorner && !best.isCorner) || (one.isCorner === best.isCorner && one.pixels < best.pixels))) {
        best = { ...one, of };
      }
    }
    return best && { at: place(...best.at), of: best.of };
  }

  /** The same in the feature's own coordinates, or null where the tile had drawn an edge that it does not have. */
  async exact(map: L.Map, snapped: Snapped): Promise<Place | null> {
    const key = `${snapped.of.layer}/${snapped.of.id}`;
    if (!this.whole.has(key)) {
      const coming = this.server.item(snapped.of.layer, snapped.of.id).then((one) => one.geometry, () => null);
      this.whole.set(key, coming);
    }
    const geometry = await this.whole.get(key)!;
    if (!geometry) return snapped.at;
    const corners = rings(geometry).flat();
    const corner = corners.reduce<Place | null>((best, one) => {
      return !best || metresBetween(one, snapped.at) < metresBetween(best, snapped.at) ? place(...one) : best;
    }, null);
    if (corner && metresBetween(corner, snapped.at) < SAME_METRES) return corner;
    const edge = nearest(map, rings(geometry), snapped.at);
    return edge && metresBetween(edge.at, snapped.at) < SAME_METRES ? place(...edge.at) : null;
  }

  /** Lines for Geoman to snap to while a point is dragged. */
  lines(map: L.Map): Place[][] {
    if (!this.on) return [];
    const size = map.getSize();
    const half = map.distance(map.containerPointToLatLng([0, 0]), map.containerPointToLatLng([size.x, size.y])) / 2;
    const near = this.atlas.featuresNear(map.getCenter(), half).filter((one) => OF.includes(one.layer));
    return near.slice(0, 400).flatMap((one) => rings(one.geometry)).filter((ring) => ring.length > 1 && !ring.every((at) => same(at, ring[0]!)));
  }
}
