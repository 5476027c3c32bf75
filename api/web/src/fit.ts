// Where a name fits into its own lot: the widest place on a line through it, as high as the letters are.
import type { Feature } from "./decode";

type Span = [number, number];
type Rings = readonly Float32Array[];

/** A part of a lot as one tile holds it, in pixels of the view. */
export interface Part {
  id: number;
  values: Feature["values"];
  rings: Rings;
  box: [number, number, number, number];
}

interface Lot {
  values: Feature["values"];
  parts: Rings[];
  box: [number, number, number, number];
}

// Lines that are tried, from the middle outwards, as parts of the height.
const TRIED = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];
const AIR = 4;
const SIZES = [12, 10];

export interface Fit {
  text: string;
  size: number;
  x: number;
  y: number;
}

/** The areas of a tile that reach into the view; `where` is a place of the tile as pixels. */
export function partsIn(
  features: readonly Feature[], where: (x: number, y: number) => [number, number], size: { x: number; y: number },
): Part[] {
  return features.flatMap((feature) => {
    const [west, north] = where(feature.box[0], feature.box[1]);
    const [east, south] = where(feature.box[2], feature.box[3]);
    if (feature.kind !== 3 || east < 0 || south < 0 || west > size.x || north > size.y) return [];
    const rings = feature.rings.map((ring) => {
      const moved = new Float32Array(ring.length);
      for (let at = 0; at < ring.length; at += 2) [moved[at], moved[at + 1]] = where(ring[at]!, ring[at + 1]!);
      return moved;
    });
    return [{ id: feature.id, values: feature.values, rings, box: [west, north, east, south] }];
  });
}

/** Each lot's name where it fits: the first of `names` that does, in two sizes; the largest lots first. */
export function fitted(
  parts: readonly Part[], names: readonly string[], high: number, most: number,
  width: (text: string, size: number) => number,
): Fit[] {
  const lots = new Map<number, Lot>();
  for (const { id, values, rings, box } of parts) {
    const known = lots.get(id);
    const had = known?.box ?? box;
    lots.set(id, {
      values,
      parts: [...(known?.parts ?? []), rings],
      box: [Math.min(had[0], box[0]), Math.min(had[1], box[1]), Math.max(had[2], box[2]), Math.max(had[3], box[3])],
    });
  }
  const extent = ({ box }: Lot) => (box[2] - box[0]) * (box[3] - box[1]);
  return [...lots.values()]
    .sort((one, other) => extent(other) - extent(one))
    .slice(0, most)
    .flatMap(({ values, parts: held, box }) => {
      const texts = names.map((name) => String(values[name] ?? "")).filter(Boolean);
      const sizes = texts.flatMap((text) => SIZES.map((size) => ({ text, size })));
      return fit(held, Math.max(0, box[1]), Math.min(high, box[3]), sizes, width) ?? [];
    });
}

/** The first of these texts that fits, and where; null where none does. `width` measures a text of a size. */
function fit(
  parts: readonly Rings[], top: number, bottom: number, texts: readonly { text: string; size: number }[],
  width: (text: string, size: number) => number,
): Fit | null {
  for (const { text, size } of texts) {
    if (bottom - top < size + 2) continue;
    const needed = width(text, size) + AIR;
    for (const at of TRIED) {
      const y = top + (bottom - top) * at;
      const half = size * 0.55;
      const free = [y - half, y, y + half].map((line) => spans(parts, line)).reduce(both);
      const widest = free.reduce<Span>((one, other) => (other[1] - other[0] > one[1] - one[0] ? other : one), [0, 0]);
      if (widest[1] - widest[0] >= needed) return { text, size, x: (widest[0] + widest[1]) / 2, y };
    }
  }
  return null;
}

/** What of a line lies inside, from west to east. Tiles overlap a little, and what two of them hold counts once. */
function spans(parts: readonly Rings[], y: number): Span[] {
  const found: Span[] = [];
  for (const rings of parts) {
    const cuts: number[] = [];
    for (const ring of rings) {
      for (let at = 0, before = ring.length - 2; at < ring.length; before = at, at += 2) {
        const [ax, ay, bx, by] = [ring[at]!, ring[at + 1]!, ring[before]!, ring[before + 1]!];
        if (ay > y !== by > y) cuts.push(((bx - ax) * (y - ay)) / (by - ay) + ax);
      }
    }
    cuts.sort((one, other) => one - other);
    for (let at = 0; at + 1 < cuts.length; at += 2) found.push([cuts[at]!, cuts[at + 1]!]);
  }
  found.sort((one, other) => one[0] - other[0]);
  const joined: Span[] = [];
  for (const span of found) {
    const last = joined[joined.length - 1];
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else joined.push([...span]);
  }
  return joined;
}

function both(some: Span[], others: Span[]): Span[] {
  return some.flatMap(([from, to]) =>
    others.flatMap(([start, end]): Span[] => (Math.min(to, end) > Math.max(from, start) ? [[Math.max(from, start), Math.min(to, end)]] : [])),
  );
}
