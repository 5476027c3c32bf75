// A photograph made ready on the device: where and when are read, then a smaller picture without them is drawn.
// A telephone's picture of 5 MB becomes one of 300 kB, and what nobody needs to know never leaves the device.
import { parse } from "exifr/dist/lite.esm.mjs";
import { drawn } from "./canvas";

export { drawn };

const LONGEST_SIDE = 1600;
const QUALITY = 0.85;
// Whole parts and no single words: the small build has no list of all words to pick from.
const PARTS = { gps: true, exif: true, xmp: false, reviveValues: false };

/** A picture as it is to be sent; degrees WGS 84, `taken_at` as the camera's clock had it, with its offset if it says one. */
export interface Prepared {
  blob: Blob;
  name: string;
  lon: number | null;
  lat: number | null;
  taken_at: string | null;
  /** Whether it was drawn anew; false where this browser cannot open it, and the file goes as it is. */
  drawn: boolean;
}

/** Read what the camera wrote, and draw the picture at most 1600 pixels long; the file itself where that fails. */
export async function prepared(file: File): Promise<Prepared> {
  const told = await whereAndWhen(file);
  const blob = await smaller(file);
  const name = blob ? `${file.name.replace(/\.[^.]*$/, "")}.jpg` : file.name;
  return { blob: blob ?? file, name: name || "photo.jpg", ...told, drawn: blob !== null };
}

/** The parts of a form that tell of these pictures, each in the order of the files (`photo`, `lon`, `lat`, `taken_at`). */
export function addTo(form: FormData, pictures: readonly Prepared[]): FormData {
  for (const one of pictures) {
    form.append("photo", one.blob, one.name);
    form.append("lon", one.lon === null ? "" : String(one.lon));
    form.append("lat", one.lat === null ? "" : String(one.lat));
    form.append("taken_at", one.taken_at ?? "");
  }
  return form;
}

async function whereAndWhen(file: File): Promise<Pick<Prepared, "lon" | "lat" | "taken_at">> {
  let told: Record<string, unknown> | undefined;
  try {
    told = await parse(file, PARTS);
  } catch {
    told = undefined; // a picture without such words, or of a kind that has none: it is sent all the same
  }
  const lon = degrees(told?.longitude, 180);
  const lat = degrees(told?.latitude, 90);
  // A telephone that has not found itself yet writes nought and nought.
  const known = lon !== null && lat !== null && (lon !== 0 || lat !== 0);
  return { lon: known ? lon : null, lat: known ? lat : null, taken_at: moment(told?.DateTimeOriginal, told?.OffsetTimeOriginal) };
}

function degrees(value: unknown, most: number): number | null {
  return typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= most ? Math.round(value * 1e7) / 1e7 : null;
}

function moment(written: unknown, offset: unknown): string | null {
  const found = typeof written === "string" ? /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(written) : null;
  if (!found || Number(found[1]) < 1990) return null;
  const zone = typeof offset === "string" && /^[+-]\d\d:\d\d$/.test(offset) ? offset : "";
  return `${found[1]}-${found[2]}-${found[3]}T${found[4]}${zone}`;
}

async function smaller(file: File): Promise<Blob | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null; // HEIC outside Safari, or no picture at all: the server says in words what to do
  }
  const canvas = drawn(bitmap, LONGEST_SIDE);
  bitmap.close();
  return canvas ? new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY)) : null;
}
