// A draft as the server reads it, and a mark of the server as a draft; what is finished goes from one to the other here.
import type { Field } from "../config";
import { photosOf, write } from "./db";
import type { Draft, FormLayer, Place, Report, Target, Words } from "./kinds";

/** Not said on the phone: a state is reached by a step, and a place by its shape. */
export const LEFT_OUT = ["status", "municipality"];

export function geometryOf(place: Place): GeoJSON.Geometry {
  if (place.kind === "POINT") return { type: "Point", coordinates: place.points[0]! };
  if (place.kind === "LINESTRING") return { type: "LineString", coordinates: place.points };
  return { type: "Polygon", coordinates: [[...place.points, place.points[0]!]] };
}

/** How many places a shape needs at least. */
export function leastOf(kind: Place["kind"]): number {
  return kind === "POINT" ? 1 : kind === "LINESTRING" ? 2 : 3;
}

/** Properties as text, as they stand in the fields of a form. */
export function wordsOf(properties: GeoJSON.GeoJsonProperties): Words {
  const told = Object.entries(properties ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return Object.fromEntries(told.map(([name, value]) => [name, String(value)]));
}

export function newDraft(layer: string, login: string, words: Words = {}, target: Target | null = null): Draft {
  const now = new Date().toISOString();
  return { id: crypto.randomUUID(), login, layer, words, place: null, target, problems: [], started_at: now, touched_at: now };
}

/** What is sent of a draft: a feature, or the changed fields of one. */
export function bodyOf(draft: Draft, fields: readonly Field[]): string {
  const said = (name: string) => (draft.words[name] ?? "").trim();
  const names = fields.map((field) => field.name).filter((name) => !LEFT_OUT.includes(name));
  const note = draft.place?.how === "gps" && draft.place.accuracy !== null ? gpsNote(draft.place.accuracy) : "";
  const properties: Record<string, string | number | boolean | null> = {};
  for (const field of fields) {
    const { name } = field;
    if (!names.includes(name)) continue;
    const was = (draft.target?.words[name] ?? "").trim();
    let value = said(name);
    if (name === "description" && note && !value.includes(note)) value = value ? `${value}\n${note}` : note;
    if (draft.target ? value !== was : value !== "") properties[name] = valueOf(field, value);
  }
  const geometry = draft.place ? geometryOf(draft.place) : null;
  if (!draft.target) return JSON.stringify({ type: "Feature", geometry, properties });
  return JSON.stringify({ ...(geometry ? { geometry } : {}), properties });
}

function valueOf(field: Field, value: string): string | number | boolean | null {
  if (value === "") return null;
  if (field.kind === "truth") return value === "true";
  const isNumber = field.kind === "number" || field.kind === "year" || ["likelihood", "severity"].includes(field.name);
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : value;
}

function gpsNote(accuracy: number): string {
  return `[GPS ±${Math.round(accuracy)} m]`;
}

/** What a report is called in a list. */
export function titleOf(draft: Draft, layer: FormLayer | undefined): string {
  return draft.words["name_th"]?.trim() || draft.words["description"]?.trim().slice(0, 60) || (layer ? layer.title.th : draft.layer);
}

/** The draft becomes a report in one transaction; only when that lies on the disk is it said to be kept. */
export async function finish(draft: Draft, layer: FormLayer): Promise<Report> {
  const report: Report = {
    id: draft.id, key: crypto.randomUUID(), login: draft.login, imported: false, layer: draft.layer,
    title: titleOf(draft, layer), draft: { ...draft, problems: [] }, body: bodyOf(draft, layer.fields), state: "waiting",
    written_at: new Date().toISOString(), tries: 0, next_at: 0, why: null, problems: [], receipt: null, theirs: null, done_at: null,
  };
  await write(["drafts", "reports"], async (to) => {
    await to.objectStore("reports").put(report);
    await to.objectStore("drafts").delete(draft.id);
  });
  return report;
}

/** A refused report becomes a draft again, with what was wrong with it; what is sent next has a new key. */
export async function mend(report: Report): Promise<Draft> {
  const problems = report.problems.length > 0 ? report.problems : report.why ? [{ column: null, ...report.why.told }] : [];
  const draft = { ...report.draft, problems, touched_at: new Date().toISOString() };
  await write(["drafts", "reports"], async (to) => {
    await to.objectStore("drafts").put(draft);
    await to.objectStore("reports").delete(report.id);
  });
  return draft;
}

/** Another body under another key, to be sent next. */
export async function again(report: Report, draft: Draft, layer: FormLayer): Promise<void> {
  const next: Report = {
    ...report, key: crypto.randomUUID(), draft, body: bodyOf(draft, layer.fields), state: "waiting", why: null, problems: [],
    theirs: null, tries: 0, next_at: 0,
  };
  await write(["reports"], (to) => to.objectStore("reports").put(next));
}

/** Refused photographs are tried once more. */
export async function photosAgain(report: Report): Promise<void> {
  const photos = (await photosOf(report.id)).filter((one) => one.refused);
  await write(["reports", "photos"], async (to) => {
    for (const one of photos) await to.objectStore("photos").put({ ...one, refused: null, key: crypto.randomUUID() });
    await to.objectStore("reports").put({ ...report, state: "waiting", why: null, next_at: 0 });
  });
}
