// Metres and square metres on the WGS 84 spheroid, as geo/shapes/measure.py has them, and the units of Thai deeds.
import type { Place, Shape } from "./shape";

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const E = Math.sqrt(E2);
const RAD = Math.PI / 180;
const WAH = 4;

/** Snyder, Map Projections: a Working Manual (1987), equation 3-12: the authalic q of a latitude. */
function authalic(lat: number): number {
  const sine = Math.sin(lat * RAD);
  return (1 - E2) * (sine / (1 - (E * sine) ** 2) - Math.log((1 - E * sine) / (1 + E * sine)) / (2 * E));
}

function ringArea(ring: readonly Place[]): number {
  // From the first place, so that what is small is not lost in what is large.
  const [lon, lat] = ring[0] ?? [0, 0];
  const flat = ring.map(([x, y]) => [A * (x - lon) * RAD, (A * (authalic(y) - authalic(lat))) / 2] as const);
  let twice = 0;
  flat.forEach(([x, y], at) => {
    const [u, v] = flat[(at + 1) % flat.length]!;
    twice += x * v - u * y;
  });
  return Math.abs(twice) / 2;
}

export function squareMetres(shape: Shape): number {
  if (shape.kind !== "POLYGON") return 0;
  return shape.parts.reduce((sum, [outline, ...holes]) => {
    const inside = holes.reduce((all, hole) => all + ringArea(hole), 0);
    return sum + Math.max(0, ringArea(outline ?? []) - inside);
  }, 0);
}

/** The geodesic between two places: Vincenty's inverse formula (Survey Review XXIII, 176, 1975). */
export function metresBetween([lon1, lat1]: Place, [lon2, lat2]: Place): number {
  const [u1, u2] = [Math.atan((1 - F) * Math.tan(lat1 * RAD)), Math.atan((1 - F) * Math.tan(lat2 * RAD))];
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  const difference = (lon2 - lon1) * RAD;
  let lambda = difference;
  for (let turn = 0; turn < 60; turn++) {
    const [sine, cosine] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sine, c1 * s2 - s1 * c2 * cosine);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cosine;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sine) / sinSigma;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const middle = cos2Alpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cos2Alpha;
    const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const next =
      difference + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * (middle + c * cosSigma * (2 * middle ** 2 - 1)));
    if (Math.abs(next - lambda) < 1e-12) {
      const u = (cos2Alpha * (A * A - B * B)) / (B * B);
      const a = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
      const b = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
      const more = (b / 6) * middle * (4 * sinSigma ** 2 - 3) * (4 * middle ** 2 - 3);
      const correction = b * sinSigma * (middle + (b / 4) * (cosSigma * (2 * middle ** 2 - 1) - more));
      return B * a * (sigma - correction);
    }
    lambda = next;
  }
  return Number.NaN; // nearly opposite ends of the earth
}

/** Along the lines; for a polygon around its outline and holes. */
export function metresAlong(shape: Shape): number {
  if (shape.kind === "POINT") return 0;
  return shape.parts.flat().reduce((sum, ring) => {
    const path = shape.kind === "POLYGON" && ring.length > 2 ? [...ring, ring[0]!] : ring;
    return sum + path.slice(1).reduce((all, at, index) => all + metresBetween(path[index]!, at), 0);
  }, 0);
}

/** 1 rai = 4 ngan = 400 square wah = 1,600 square metres. */
export function raiNganWah(area: number): { rai: number; ngan: number; wah: number } {
  const tenths = Math.round((area / WAH) * 10);
  return { rai: Math.floor(tenths / 4000), ngan: Math.floor((tenths % 4000) / 1000), wah: (tenths % 1000) / 10 };
}
