// Two versions of one mark side by side; a person decides, and nothing is decided for them.
import type { Field, Text } from "../config";
import { make } from "../dom";
import { shown } from "../words";
import type { App } from "./app";
import { drop, photosOf, store, write } from "./db";
import type { Report, Words } from "./kinds";
import { again, geometryOf, LEFT_OUT } from "./marks";
import { both, decided, paragraph, text } from "./show";

const NOTHING = text("–", "–");

/** Show both and carry out what was decided; nothing happens where the person decides nothing. */
export async function resolved(app: App, report: Report): Promise<void> {
  const layer = app.layer(report.layer);
  if (!layer) return;
  const { theirs } = report;
  const choices = theirs
    ? [{ id: "theirs", words: text("ใช้ของเซิร์ฟเวอร์", "Keep theirs") },
       { id: "mine", words: text("ส่งของฉันทับ", "Send mine on top"), kind: "main" },
       { id: "both", words: text("เก็บทั้งสอง: ส่งของฉันเป็นรายการใหม่", "Keep both: mine as a new mark") }]
    : [{ id: "theirs", words: text("ทิ้งของฉัน", "Drop mine") }, { id: "both", words: text("ส่งของฉันเป็นรายการใหม่", "Send mine as a new mark"), kind: "main" }];
  const body = theirs ? [paragraph(text(`มีผู้แก้รายการนี้เป็นรุ่น ${theirs.version} หลังจากที่ท่านนำรุ่น ${report.draft.target?.version} มา`,
    `Somebody made version ${theirs.version} of it after you took version ${report.draft.target?.version} along`)), sideBySide(app, report, layer.fields)]
    : [paragraph(text("รายการนี้ไม่อยู่บนเซิร์ฟเวอร์แล้ว หรือท่านไม่เห็นแล้ว", "This mark is no longer on the server, or no longer yours to see"), "note")];
  const said = await decided(text(`สองฉบับของ “${report.title}”`, `Two versions of “${report.title}”`), body, choices);
  if (said === "theirs") await keptTheirs(report);
  if (said === "mine" && theirs) {
    const target = { id: report.draft.target!.id, ...theirs };
    await again(report, { ...report.draft, words: mine(report, theirs.words), target }, layer);
  }
  if (said === "both") {
    const place = report.draft.place;
    const base = report.draft.target?.geometry ?? null;
    await again(report, { ...report.draft, target: null, place: place ?? placeOf(base) }, layer);
  }
  if (said) app.send(true);
}

/** What was changed here over what they have: a field that was not touched here stays as it is there. */
function mine(report: Report, theirs: Words): Words {
  const { words, target } = report.draft;
  const touched = Object.entries(words).filter(([name, value]) => value !== (target?.words[name] ?? ""));
  return { ...theirs, ...Object.fromEntries(touched) };
}

function placeOf(geometry: GeoJSON.Geometry | null): Report["draft"]["place"] {
  const point = (at: GeoJSON.Position) => [at[0]!, at[1]!] as [number, number];
  if (geometry?.type === "Point") return { kind: "POINT", points: [point(geometry.coordinates)], accuracy: null, how: "map" };
  if (geometry?.type === "LineString") return { kind: "LINESTRING", points: geometry.coordinates.map(point), accuracy: null, how: "map" };
  if (geometry?.type === "Polygon") return { kind: "POLYGON", points: geometry.coordinates[0]!.slice(0, -1).map(point), accuracy: null, how: "map" };
  return null;
}

async function keptTheirs(report: Report): Promise<void> {
  const sure = await decided(text("ทิ้งฉบับของท่านหรือไม่", "Drop your version?"),
    [paragraph(text(`สิ่งที่ท่านแก้และภาพ ${(await photosOf(report.id)).length} ภาพจะหายถาวร`, `What you changed and ${(await photosOf(report.id)).length} photos are lost for good`), "note")],
    [{ id: "no", words: text("กลับไปดู", "Go back"), kind: "main" }, { id: "yes", words: text("ทิ้งของฉัน", "Drop mine") }]);
  if (sure !== "yes") return;
  const { target } = report.draft;
  const along = target ? await (await store()).get("along", `${report.layer}/${target.id}`) : undefined;
  if (along && report.theirs) {
    await write(["along"], (to) => to.objectStore("along").put({ ...along, target: { id: target!.id, ...report.theirs! }, at: new Date().toISOString() }));
  }
  await drop(report.id);
}

function sideBySide(app: App, report: Report, fields: readonly Field[]): HTMLElement {
  const { draft, theirs } = report;
  const base = draft.target?.words ?? {};
  const value = (field: Field, words: Words): Text => (words[field.name] ? shown(field, words[field.name]!, app.forms!.codes) : NOTHING);
  const rows = fields.filter((field) => !LEFT_OUT.includes(field.name))
    .filter((field) => draft.words[field.name] || theirs!.words[field.name])
    .map((field) => row(field.label, value(field, base), value(field, theirs!.words), value(field, draft.words)));
  const at = (geometry: GeoJSON.Geometry | null): Text => {
    if (geometry?.type !== "Point") return geometry ? text(geometry.type, geometry.type) : NOTHING;
    const told = `${geometry.coordinates[1]!.toFixed(6)}, ${geometry.coordinates[0]!.toFixed(6)}`;
    return text(told, told);
  };
  const place = draft.place ? geometryOf(draft.place) : (draft.target?.geometry ?? null);
  rows.push(row(text("ตำแหน่ง", "Place"), at(draft.target?.geometry ?? null), at(theirs!.geometry), at(place)));
  const heads = [text("ช่อง", "Field"), text("ของเซิร์ฟเวอร์", "Theirs"), text("ของฉัน", "Mine")];
  return make("div", { class: "scroll", tabindex: 0 }, make("table", { class: "field-sides" },
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, both(head))))), make("tbody", {}, ...rows)));
}

function row(label: Text, was: Text, theirs: Text, mine_: Text): HTMLElement {
  const cell = (now: Text) => make("td", now.th === was.th ? {} : { class: "other" }, both(now),
    ...(now.th === was.th ? [] : [make("small", { class: "was" }, both(text(`เดิม ${was.th}`, `was ${was.en}`)))]));
  return make("tr", { ...(theirs.th === mine_.th ? {} : { class: "differs" }) }, make("th", { scope: "row" }, both(label)), cell(theirs), cell(mine_));
}
