// A vector tile becomes plain arrays: one array of coordinates a ring, in the units of the tile.
import { PbfReader } from "pbf";
import { VectorTile } from "@mapbox/vector-tile";
import type { Values } from "./config";
import { isTired, nextFrame } from "./pace";

export interface Feature {
  layer: string;
  id: number;
  kind: 1 | 2 | 3;
  rings: Float32Array[];
  values: Values;
  /** west, north, east, south in tile units (0 to 1) */
  box: [number, number, number, number];
}

export type Decoded = Map<string, Feature[]>;

/** Features by layer, coordinates as parts of the tile's side (0 to 1, a little more in the buffer). */
export async function decoded(bytes: ArrayBuffer, ids: readonly string[]): Promise<Decoded> {
  const found: Decoded = new Map(ids.map((id) => [id, []]));
  if (bytes.byteLength === 0) return found;
  const tile = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  for (const id of ids) {
    const layer = tile.layers[id];
    if (!layer) continue;
    const features: Feature[] = [];
    for (let index = 0; index < layer.length; index++) {
      if ((index & 31) === 31 && isTired()) await nextFrame();
      const feature = layer.feature(index);
      if (feature.type === 0) continue;
      const values = feature.properties;
      features.push({ layer: id, id: feature.id ?? 0, kind: feature.type, values, ...shape(feature, layer.extent) });
    }
    found.set(id, features);
  }
  return found;
}

function shape(feature: { loadGeometry(): { x: number; y: number }[][] }, extent: number): Pick<Feature, "rings" | "box"> {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const rings = feature.loadGeometry().map((points) => {
    const ring = new Float32Array(points.length * 2);
    points.forEach((point, at) => {
      const x = point.x / extent;
      const y = point.y / extent;
      ring[2 * at] = x;
      ring[2 * at + 1] = y;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    });
    return ring;
  });
  return { rings, box };
}
