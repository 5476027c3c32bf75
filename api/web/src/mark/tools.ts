// What editing takes beyond drawing: Leaflet-Geoman and the clipping of polygons. Fetched when something was drawn.
import "@geoman-io/leaflet-geoman-free";
import { difference, type Geom } from "polyclip-ts";
import { type Part, type Place, place, same } from "./shape";

export interface Tools {
  /** Give Geoman a map that was there before it. */
  ready(map: L.Map): void;
  cut(parts: Part[], knife: Place[]): Part[];
  split(parts: Part[], line: Place[]): Part[];
}

const closed = (ring: Place[]): Place[] => [...ring, ring[0]!];
const geom = (parts: Part[]): Geom => parts.map((part) => part.map(closed)) as Geom;
const open = (found: [number, number][][][]): Part[] =>
  found.map((part) => part.map((ring) => ring.slice(0, -1).map(([lon, lat]) => place(lon, lat))));

function cut(parts: Part[], knife: Place[]): Part[] {
  return open(difference(geom(parts), [closed(knife)] as Geom));
}

const HAIR = 1e-9; // a tenth of a millimetre: gone when places are rounded to a centimetre

/** The pieces that a line leaves of the polygons; the same polygons where it does not cross them. */
function split(parts: Part[], line: Place[]): Part[] {
  // Taking away a hair along the line parts whatever it crosses, however it bends.
  const longer = stretched(line);
  const hairs = longer.slice(1).map((end, index) => [closed(hair(longer[index]!, end))]) as Geom;
  const found = open(difference(geom(parts), hairs)).map((part) => part.map(tidy).filter((ring) => ring.length > 2));
  const pieces = found.filter((part) => part.length > 0);
  return pieces.length > parts.length ? pieces : parts;
}

function hair([ax, ay]: Place, [bx, by]: Place): Place[] {
  const size = Math.hypot(bx - ax, by - ay) || 1;
  const [ux, uy] = [((bx - ax) / size) * HAIR, ((by - ay) / size) * HAIR];
  return [[ax - ux - uy, ay - uy + ux], [bx + ux - uy, by + uy + ux], [bx + ux + uy, by + uy - ux], [ax - ux + uy, ay - uy - ux]];
}

const tidy = (ring: Place[]): Place[] => ring.filter((at, index) => !same(at, ring[(index + 1) % ring.length]!));

/** A little longer at both ends: whoever draws from edge to edge may have stopped a hair short of it. */
function stretched(line: Place[]): Place[] {
  const past = (end: Place, before: Place): Place => [end[0] + (end[0] - before[0]) * 0.02, end[1] + (end[1] - before[1]) * 0.02];
  const last = line.length - 1;
  return [past(line[0]!, line[1]!), ...line.slice(1, last), past(line[last]!, line[last - 1]!)];
}

function ready(map: L.Map): void {
  const known = map as unknown as { pm?: { setGlobalOptions(options: object): void } };
  if (known.pm) return;
  const made = L.PM as unknown as { Map: new (map: L.Map) => { setGlobalOptions(options: object): void } };
  known.pm = new made.Map(map);
  known.pm.setGlobalOptions({});
}

(window as unknown as { atlasTools: Tools }).atlasTools = { ready, cut, split };
