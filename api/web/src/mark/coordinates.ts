// Places as people write them: decimal degrees in either order, degrees-minutes-seconds, or metres of UTM zone 47N/48N.
import { place, type Place } from "./shape";

// Thailand lies in these; so its latitude is never taken for its longitude.
const LON = { least: 97, most: 106 };
const LAT = { least: 5, most: 21 };
const THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙";

const western = (text: string): string => text.replace(/[๐-๙]/g, (digit) => String(THAI_DIGITS.indexOf(digit)));
const isLon = (value: number): boolean => value >= LON.least && value <= LON.most;
const isLat = (value: number): boolean => value >= LAT.least && value <= LAT.most;

/** One place, or null where it cannot be read. */
export function read(line: string): Place | null {
  const text = western(line)
    .toUpperCase()
    .replace(/ตะวันออก/g, "E")
    .replace(/เหนือ/g, "N")
    .replace(/[’′]/g, "'")
    .replace(/''|[”″]/g, '"')
    .trim();
  return utm(text) ?? sexagesimal(text) ?? decimal(text);
}

function ordered(one: number, other: number): Place | null {
  if (isLat(one) && isLon(other)) return place(other, one);
  if (isLon(one) && isLat(other)) return place(one, other);
  return null;
}

function decimal(text: string): Place | null {
  const bare = text.replace(/LAT(ITUDE)?|LON(GITUDE)?|LNG|[NE°()[\]:=]/g, " ").trim();
  const found = /^(-?\d+(?:\.\d+)?)[\s,;]+(-?\d+(?:\.\d+)?)$/.exec(bare);
  return found ? ordered(Number(found[1]), Number(found[2])) : null;
}

const PART = String.raw`(\d{1,3})\s*[°\s]\s*(\d{1,2}(?:\.\d+)?)\s*(?:['\s]\s*(?:(\d{1,2}(?:\.\d+)?)\s*"?)?)?`;
const BOTH = new RegExp(String.raw`^([NE])?\s*${PART}\s*([NE])?[\s,;]+([NE])?\s*${PART}\s*([NE])?$`);

function sexagesimal(text: string): Place | null {
  if (!/[°'"NE]/.test(text)) return null;
  const found = BOTH.exec(text);
  if (!found) return null;
  const value = (at: number): number => {
    const [minutes, seconds] = [Number(found[at + 1]), Number(found[at + 2] ?? 0)];
    return minutes < 60 && seconds < 60 ? Number(found[at]) + minutes / 60 + seconds / 3600 : Number.NaN;
  };
  return ordered(value(2), value(7));
}

function utm(text: string): Place | null {
  const found = /^(?:(?:UTM\s*)?(?:ZONE\s*)?(4[78])\s*[NPQ]?[\s,;]+)?(?:E\s*)?(\d{6}(?:\.\d+)?)\s*(?:M?E)?[\s,;]+(?:N\s*)?(\d{6,7}(?:\.\d+)?)\s*(?:M?N)?$/.exec(text);
  if (!found) return null;
  const at = fromUtm(Number(found[2]), Number(found[3]), Number(found[1] ?? 47));
  return isLon(at[0]) && isLat(at[1]) ? at : null;
}

/** The inverse of Krüger's series to the fourth order, on WGS 84; northern hemisphere. */
export function fromUtm(easting: number, northing: number, zone: number): Place {
  const n = 1 / (2 * 298.257223563 - 1);
  const radius = (6378137 / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64);
  const beta = [n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3 - n ** 4 / 360, n ** 2 / 48 + n ** 3 / 15 - (437 / 1440) * n ** 4, (17 / 480) * n ** 3 - (37 / 840) * n ** 4, (4397 / 161280) * n ** 4];
  const delta = [2 * n - (2 / 3) * n ** 2 - 2 * n ** 3 + (116 / 45) * n ** 4, (7 / 3) * n ** 2 - (8 / 5) * n ** 3 - (227 / 45) * n ** 4, (56 / 15) * n ** 3 - (136 / 35) * n ** 4, (4279 / 630) * n ** 4];
  const xi = northing / (0.9996 * radius);
  const eta = (easting - 500000) / (0.9996 * radius);
  const xi2 = beta.reduce((sum, b, at) => sum - b * Math.sin(2 * (at + 1) * xi) * Math.cosh(2 * (at + 1) * eta), xi);
  const eta2 = beta.reduce((sum, b, at) => sum - b * Math.cos(2 * (at + 1) * xi) * Math.sinh(2 * (at + 1) * eta), eta);
  const chi = Math.asin(Math.sin(xi2) / Math.cosh(eta2));
  const lat = delta.reduce((sum, d, at) => sum + d * Math.sin(2 * (at + 1) * chi), chi);
  const lon = (zone * 6 - 183) * (Math.PI / 180) + Math.atan2(Math.sinh(eta2), Math.cos(xi2));
  return place((lon * 180) / Math.PI, (lat * 180) / Math.PI);
}

/** Every line that says something, with the numbers of those that cannot be read. */
export function readAll(text: string): { places: Place[]; wrong: number[] } {
  const found: Place[] = [];
  const wrong: number[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (!line.trim()) return;
    const at = read(line);
    if (at) found.push(at);
    else wrong.push(index + 1);
  });
  return { places: found, wrong };
}

/** As it is shown and can be typed again: latitude first, as telephones and paper have it. */
export const written = ([lon, lat]: Place): string => `${lat.toFixed(7).replace(/0{1,2}$/, "")}, ${lon.toFixed(7).replace(/0{1,2}$/, "")}`;
