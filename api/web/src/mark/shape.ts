// The shape that is being drawn, as a value: every act makes a new one, so that each can be undone.

export type Kind = "POINT" | "LINESTRING" | "POLYGON";
/** Longitude, latitude. */
export type Place = [number, number];
/** A line's one path; a polygon's outline and its holes, none of them closed. */
export type Part = Place[][];

export interface Shape {
  kind: Kind;
  parts: Part[];
}

export const LEAST: Record<Kind, number> = { POINT: 1, LINESTRING: 2, POLYGON: 3 };
const DIGITS = 1e7; // about a centimetre, as the Atlas keeps places

export const nothing = (kind: Kind): Shape => ({ kind, parts: [] });

export function places(shape: Shape): Place[] {
  return shape.parts.flat(2);
}

export function place(lon: number, lat: number): Place {
  return [Math.round(lon * DIGITS) / DIGITS, Math.round(lat * DIGITS) / DIGITS];
}

export const same = (one: Place, other: Place): boolean => one[0] === other[0] && one[1] === other[1];

/** Whether it can be sent as it is: enough points in each of its rings. */
export function isWhole(shape: Shape): boolean {
  return shape.parts.length > 0 && shape.parts.every((part) => part.every((ring) => ring.length >= LEAST[shape.kind]));
}

/** One more place at the end of the first part; a point has one place only, the last one said. */
export function extended(shape: Shape, at: Place): Shape {
  const ring = shape.parts[0]?.[0] ?? [];
  const last = ring[ring.length - 1];
  if (shape.kind !== "POINT" && last && same(last, at)) return shape;
  const longer = shape.kind === "POINT" ? [at] : [...ring, at];
  return { ...shape, parts: [[longer, ...(shape.parts[0]?.slice(1) ?? [])], ...shape.parts.slice(1)] };
}

/** The same with every place looked at anew; what answers null is left out, and with too few of them its ring. */
export function mapped(shape: Shape, of: (at: Place, index: number) => Place | Place[] | null): Shape {
  let index = 0;
  const parts = shape.parts.map((part) =>
    part.map((ring) =>
      ring.flatMap((at): Place[] => {
        const found = of(at, index++);
        if (found === null) return [];
        return Array.isArray(found[0]) ? (found as Place[]) : [found as Place];
      }),
    ),
  );
  const kept = parts.map((part) => part.filter((ring, at) => at === 0 || ring.length >= LEAST[shape.kind]));
  return { ...shape, parts: kept.filter((part) => (part[0]?.length ?? 0) > 0) };
}

export function geometryOf(shape: Shape): GeoJSON.Geometry | null {
  if (!isWhole(shape)) return null;
  const many = shape.parts.length > 1;
  if (shape.kind === "POINT") return { type: "Point", coordinates: shape.parts[0]![0]![0]! };
  if (shape.kind === "LINESTRING") {
    const lines = shape.parts.map((part) => part[0]!);
    return many ? { type: "MultiLineString", coordinates: lines } : { type: "LineString", coordinates: lines[0]! };
  }
  const closed = shape.parts.map((part) => part.map((ring) => [...ring, ring[0]!]));
  return many ? { type: "MultiPolygon", coordinates: closed } : { type: "Polygon", coordinates: closed[0]! };
}

export function shapeOf(geometry: GeoJSON.Geometry | null): Shape | null {
  const flat = (line: GeoJSON.Position[]): Place[] => line.map((at) => place(at[0]!, at[1]!));
  const open = (ring: GeoJSON.Position[]): Place[] => flat(ring).slice(0, -1);
  switch (geometry?.type) {
    case "Point": return { kind: "POINT", parts: [[flat([geometry.coordinates])]] };
    case "MultiPoint": return { kind: "POINT", parts: [[flat(geometry.coordinates.slice(0, 1))]] };
    case "LineString": return { kind: "LINESTRING", parts: [[flat(geometry.coordinates)]] };
    case "MultiLineString": return { kind: "LINESTRING", parts: geometry.coordinates.map((line) => [flat(line)]) };
    case "Polygon": return { kind: "POLYGON", parts: [geometry.coordinates.map(open)] };
    case "MultiPolygon": return { kind: "POLYGON", parts: geometry.coordinates.map((part) => part.map(open)) };
    default: return null;
  }
}

/** What was drawn, step by step. */
export class Acts<T> {
  private past: T[] = [];
  private coming: T[] = [];

  constructor(public now: T) {}

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.coming.length > 0;
  }

  do(next: T): void {
    if (next === this.now) return;
    this.past.push(this.now);
    this.coming = [];
    this.now = next;
  }

  undo(): boolean {
    return this.step(this.past, this.coming);
  }

  redo(): boolean {
    return this.step(this.coming, this.past);
  }

  /** Change every step alike, as when a place turns out to be a few centimetres off. */
  amend(of: (one: T) => T): void {
    this.past = this.past.map(of);
    this.coming = this.coming.map(of);
    this.now = of(this.now);
  }

  private step(from: T[], to: T[]): boolean {
    const next = from.pop();
    if (next === undefined) return false;
    to.push(this.now);
    this.now = next;
    return true;
  }
}
