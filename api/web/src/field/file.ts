// Everything that waits as one file, and that file read back at a desk: GeoJSON that any GIS opens, with one member more.
//
// A FeatureCollection; each feature has the words as `properties`, and as `field` the whole report or draft with its key
// and its photographs as data URLs. Read back, a report keeps its key: what the phone sent meanwhile is not made twice.
import { isObject } from "./ask";
import { write } from "./db";
import type { Draft, Photo, Report } from "./kinds";
import { geometryOf } from "./marks";

const KIND = "chumchon-atlas-field/1";

export interface Holding<T> {
  photos: Photo[];
  draft: T;
}

/** Reports and drafts with their photographs as one file; written in pieces, so that many photos fit a small memory. */
export async function exported(reports: { report: Report; photos: Photo[] }[], drafts: Holding<Draft>[]): Promise<Blob> {
  const parts: string[] = [`{"type":"FeatureCollection","field":${JSON.stringify({ kind: KIND, exported_at: new Date().toISOString() })},"features":[`];
  const each = [
    ...reports.map(({ report, photos }) => ({ draft: report.draft, field: { report }, photos })),
    ...drafts.map(({ draft, photos }) => ({ draft, field: { draft }, photos })),
  ];
  for (const [at, { draft, field, photos }] of each.entries()) {
    const pictures: unknown[] = [];
    for (const photo of photos) pictures.push({ ...photo, blob: photo.blob ? await dataUrl(photo.blob) : null });
    const geometry = draft.place ? geometryOf(draft.place) : (draft.target?.geometry ?? null);
    const feature = { type: "Feature", geometry, properties: { layer: draft.layer, ...draft.words }, field: { ...field, photos: pictures } };
    parts.push((at > 0 ? "," : "") + JSON.stringify(feature));
  }
  parts.push("]}");
  return new Blob(parts, { type: "application/geo+json" });
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("unreadable"));
    reader.readAsDataURL(blob);
  });
}

function blobOf(url: string): Blob {
  const found = /^data:(image\/[a-z+.-]+);base64,(.*)$/s.exec(url);
  if (!found) throw new NotAFile("photo");
  const bytes = Uint8Array.from(atob(found[2]!), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: found[1]! });
}

/** What was chosen is no file of ours, or only a part of one. */
export class NotAFile extends Error {}

export interface Brought {
  reports: number;
  drafts: number;
  had: number;
}

/** Read such a file into the queue, all of it or nothing; what is on this phone already is left as it is. */
export async function imported(file: Blob, login: string): Promise<Brought> {
  const features = featuresIn(await file.text());
  const all = features.map((one) => ({ ...one, photos: one.photos.map((photo) => ({ ...photo, blob: photo.blob ? blobOf(String(photo.blob)) : null }) as Photo) }));
  return write(["drafts", "reports", "photos"], async (to) => {
    const came = { reports: 0, drafts: 0, had: 0 };
    for (const { report, draft, photos } of all) {
      const id = (report ?? draft)!.id;
      if ((await to.objectStore("reports").get(id)) ?? (await to.objectStore("drafts").get(id))) {
        came.had += 1;
        continue;
      }
      if (report) {
        const state = report.state === "sending" ? "waiting" : report.state;
        await to.objectStore("reports").put({ ...report, state, imported: true, next_at: 0 });
        came.reports += 1;
      } else if (draft) {
        await to.objectStore("drafts").put({ ...draft, login });
        came.drafts += 1;
      }
      for (const photo of photos) await to.objectStore("photos").put(photo);
    }
    return came;
  });
}

interface Read {
  report: Report | null;
  draft: Draft | null;
  photos: Record<string, unknown>[];
}

function featuresIn(written: string): Read[] {
  let document: unknown;
  try {
    document = JSON.parse(written);
  } catch {
    throw new NotAFile("json");
  }
  if (!isObject(document) || !isObject(document["field"]) || document["field"]["kind"] !== KIND || !Array.isArray(document["features"])) throw new NotAFile("kind");
  return document["features"].map((feature: unknown) => {
    const field = isObject(feature) ? feature["field"] : undefined;
    if (!isObject(field)) throw new NotAFile("feature");
    const report = isObject(field["report"]) ? field["report"] : null;
    const draft = isObject(field["draft"]) ? field["draft"] : null;
    if (report ? !isReport(report) : !draft || !isDraft(draft)) throw new NotAFile("feature");
    const photos = Array.isArray(field["photos"]) ? field["photos"].filter(isObject).filter(isPhoto) : [];
    return { report: report as unknown as Report | null, draft: report ? null : (draft as unknown as Draft), photos };
  });
}

function isReport(one: Record<string, unknown>): boolean {
  const texts = ["id", "key", "login", "layer", "body", "state", "written_at", "title"];
  return texts.every((name) => typeof one[name] === "string") && isObject(one["draft"]) && isDraft(one["draft"]);
}

function isDraft(one: Record<string, unknown>): boolean {
  return ["id", "login", "layer", "touched_at"].every((name) => typeof one[name] === "string") && isObject(one["words"]) && Array.isArray(one["problems"]);
}

function isPhoto(one: Record<string, unknown>): boolean {
  return ["id", "of", "key", "name"].every((name) => typeof one[name] === "string");
}
