// What is wrong with a shape, told while it is drawn; the server has the last word.
import type { Text } from "../config";
import { metresAlong, squareMetres } from "./measure";
import { type Place, places, type Shape } from "./shape";
import { SAID } from "./words";

// As geo/intake/checking.py has them.
export const MOST_SQUARE_METRES = 25_000_000;
export const MOST_METRES = 50_000;
export const MOST_POINTS = 10_000;
const MOST_COMPARED = 1_500; // beyond it the server alone looks for crossings: a million pairs at each touch are slow

export type Segment = [Place, Place];

export interface Told {
  code: string;
  level: "error" | "warning";
  text: Text;
}

function segments(shape: Shape): { at: Segment; ring: number; index: number; last: number }[] {
  return shape.parts.flat().flatMap((ring, number) => {
    const closed = shape.kind === "POLYGON" && ring.length > 2;
    const path = closed ? [...ring, ring[0]!] : ring;
    const last = path.length - 2;
    return path.slice(1).map((end, index) => ({ at: [path[index]!, end] as Segment, ring: number, index, last: closed ? last : -1 }));
  });
}

const side = ([ax, ay]: Place, [bx, by]: Place, [cx, cy]: Place): number => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));

function within([[ax, ay], [bx, by]]: Segment, [x, y]: Place): boolean {
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
}

export function crosses(one: Segment, other: Segment): boolean {
  const [a, b] = one;
  const [c, d] = other;
  const [s1, s2, s3, s4] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (s1 !== s2 && s3 !== s4) return true;
  return (s1 === 0 && within(one, c)) || (s2 === 0 && within(one, d)) || (s3 === 0 && within(other, a)) || (s4 === 0 && within(other, b));
}

/** Where an outline meets itself; a line may cross itself as a road does, and parts may lie edge to edge. */
export function crossings(shape: Shape): Segment[] {
  if (shape.kind !== "POLYGON") return [];
  return shape.parts.flatMap((part) => crossed({ ...shape, parts: [part] }));
}

function crossed(shape: Shape): Segment[] {
  const all = segments(shape);
  if (all.length > MOST_COMPARED) return [];
  const found = new Set<Segment>();
  all.forEach((one, at) => {
    for (const other of all.slice(at + 1)) {
      const beside = one.ring === other.ring && (other.index === one.index + 1 || (one.index === 0 && other.index === other.last));
      if (beside ? folded(one.at, other.at) : crosses(one.at, other.at)) {
        found.add(one.at).add(other.at);
      }
    }
  });
  return [...found];
}

/** Neighbours share an end; they meet elsewhere only where one lies back on the other. */
function folded(one: Segment, other: Segment): boolean {
  const joint = one.find((at) => other.some((end) => end[0] === at[0] && end[1] === at[1]));
  if (!joint) return false;
  const [a] = one.filter((at) => at !== joint);
  const b = other.find((at) => at[0] !== joint[0] || at[1] !== joint[1]);
  if (!a || !b || side(joint, a, b) !== 0) return false;
  return (a[0] - joint[0]) * (b[0] - joint[0]) + (a[1] - joint[1]) * (b[1] - joint[1]) > 0;
}

export function isInside(area: GeoJSON.Geometry, [x, y]: Place): boolean {
  const polygons = area.type === "Polygon" ? [area.coordinates] : area.type === "MultiPolygon" ? area.coordinates : [];
  return polygons.some((rings) => {
    let inside = false;
    for (const ring of rings) {
      for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
        const [ax, ay] = ring[at] as Place;
        const [bx, by] = ring[before] as Place;
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
    }
    return inside;
  });
}

/** All that can be seen from here; `area` is null where no outline is known. */
export function looked(shape: Shape, area: GeoJSON.Geometry | null): Told[] {
  const told: Told[] = [];
  const all = places(shape);
  if (crossings(shape).length > 0) told.push({ code: "self-crossing", level: "error", text: SAID.crosses });
  if (all.length > MOST_POINTS) told.push({ code: "too-fine", level: "error", text: SAID.tooFine });
  else if (squareMetres(shape) > MOST_SQUARE_METRES) told.push({ code: "too-large", level: "error", text: SAID.tooLarge });
  else if (metresAlong(shape) > MOST_METRES) told.push({ code: "too-long", level: "error", text: SAID.tooLong });
  if (area && all.length > 0) {
    const outside = all.filter((at) => !isInside(area, at)).length;
    if (outside === all.length) told.push({ code: "outside-area", level: "error", text: SAID.outside });
    else if (outside > 0) told.push({ code: "partly-outside", level: "warning", text: SAID.partlyOutside });
  }
  return told;
}
