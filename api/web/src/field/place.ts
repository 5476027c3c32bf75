// Where it is: by the phone's position, by the cross on the map, or typed; a line or an area has several places.
import type { Text } from "../config";
import { make } from "../dom";
import type { Draft, FormLayer, Place, Position } from "./kinds";
import { leastOf } from "./marks";
import { act, both, fill, one, text } from "./show";

const LISTENING = 20_000; // milliseconds
const GOOD = 10; // metres: better than this is not waited for
const KINDS: Record<Place["kind"], Text> = {
  POINT: text("จุด", "A point"),
  LINESTRING: text("เส้น", "A line"),
  POLYGON: text("พื้นที่", "An area"),
};

/** Degrees as people write them: with Thai digits, a comma or a degree sign. */
export function degrees(written: string, most: number): number | null {
  const plain = written.trim().replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50)).replace(/[°\s]/g, "").replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) && Math.abs(value) <= most ? Math.round(value * 1e7) / 1e7 : null;
}

/** Listen to the phone's position until it is good, or for twenty seconds; the best one is told each time. */
export function located(told: (at: GeolocationPosition) => void, failed: (words: Text) => void): () => void {
  if (!("geolocation" in navigator)) {
    failed(text("เครื่องนี้บอกตำแหน่งไม่ได้ ใช้แผนที่หรือพิมพ์พิกัดแทน", "This device has no position; use the map or type it"));
    return () => undefined;
  }
  let best = Infinity;
  const stop = () => { navigator.geolocation.clearWatch(watch); clearTimeout(timer); };
  const watch = navigator.geolocation.watchPosition((at) => {
    if (at.coords.accuracy >= best) return;
    best = at.coords.accuracy;
    told(at);
    if (best <= GOOD) stop();
  }, (failure) => {
    if (best < Infinity) return;
    stop();
    failed(failure.code === failure.PERMISSION_DENIED
      ? text("เบราว์เซอร์ไม่ได้รับอนุญาตให้ใช้ตำแหน่ง เปิดในการตั้งค่า หรือใช้แผนที่แทน", "The browser may not use your position: allow it in the settings, or use the map")
      : text("ยังหาตำแหน่งไม่ได้ ออกไปที่โล่งแล้วลองใหม่ หรือใช้แผนที่แทน", "No position yet: go into the open and try again, or use the map"));
  }, { enableHighAccuracy: true, timeout: LISTENING, maximumAge: 5000 });
  const timer = window.setTimeout(stop, LISTENING);
  return stop;
}

/** Put one more place into a draft: a point moves there, a line or an area gets one more corner. */
export function placed(draft: Draft, kind: Place["kind"], at: Position, how: Place["how"], accuracy: number | null): void {
  const had = draft.place?.kind === kind && kind !== "POINT" ? draft.place.points : [];
  draft.place = { kind, points: [...had, at], accuracy, how };
}

export function toldPlace(place: Place): Text {
  const last = place.points.at(-1)!;
  const where = `${last[1].toFixed(6)}, ${last[0].toFixed(6)}`;
  const sure = place.accuracy !== null ? ` (±${Math.round(place.accuracy)} m)` : "";
  const least = leastOf(place.kind);
  if (place.kind === "POINT") return text(`ละติจูด, ลองจิจูด ${where}${sure}`, `latitude, longitude ${where}${sure}`);
  const missing = Math.max(0, least - place.points.length);
  return text(
    `${KINDS[place.kind].th} ${place.points.length} มุม ล่าสุด ${where}${sure}${missing ? ` ต้องเพิ่มอีก ${missing}` : ""}`,
    `${KINDS[place.kind].en.toLowerCase()} of ${place.points.length} corners, the last ${where}${sure}${missing ? `; ${missing} more needed` : ""}`,
  );
}

/** The part of the form that asks where; `onMap` leads to the cross on the map. */
export function placePart(layer: FormLayer, draft: Draft, touched: () => void, onMap: () => void): HTMLElement {
  let kind = draft.place?.kind ?? layer.kinds[0] ?? "POINT";
  const told = make("p", { class: "field-place", role: "status" });
  const say = (words?: Text) => {
    const known = draft.place ? toldPlace(draft.place) : draft.target ? text("ที่เดิม ไม่ได้แก้", "where it was") : text("ยังไม่ได้เลือกที่", "no place yet");
    fill(told, both(words ?? known));
    back.hidden = !draft.place;
  };
  const take = (at: Position, how: Place["how"], accuracy: number | null, isBetter = false) => {
    // A better reading of the same moment takes the place of the one before it.
    if (isBetter && draft.place) draft.place.points.pop();
    placed(draft, kind, at, how, accuracy);
    touched();
    say();
  };
  const back = act(text("ลบตำแหน่งล่าสุด", "Take the last place back"), () => {
    draft.place?.points.pop();
    if (draft.place?.points.length === 0) draft.place = null;
    touched();
    say();
  }, "small");
  let listening = false;
  const gps = act(text("ใช้ตำแหน่งของฉัน", "Use my position"), () => {
    if (listening) return;
    listening = true;
    let isBetter = false;
    fill(told, both(text("กำลังหาตำแหน่ง…", "Looking for your position…")));
    located((at) => {
      take([round(at.coords.longitude), round(at.coords.latitude)], "gps", at.coords.accuracy, isBetter);
      isBetter = true;
    }, (words) => { say(words); listening = false; });
    setTimeout(() => (listening = false), kind === "POINT" ? 1000 : LISTENING);
  }, "main");
  const lat = make("input", { type: "text", inputmode: "decimal", id: "place-lat", autocomplete: "off" });
  const lon = make("input", { type: "text", inputmode: "decimal", id: "place-lon", autocomplete: "off" });
  const typed = act(text("ใช้พิกัดนี้", "Use these coordinates"), () => {
    const [x, y] = [degrees(lon.value, 180), degrees(lat.value, 90)];
    if (x === null || y === null) say(text("อ่านพิกัดไม่ได้ เขียนเช่น 7.016000 และ 100.472900", "These cannot be read; write 7.016000 and 100.472900"));
    else take([x, y], "typed", null);
  });
  const parts: HTMLElement[] = [];
  if (layer.kinds.length > 1) {
    const choice = make("select", { id: "place-kind" }, ...layer.kinds.map((one_) => make("option", { value: one_ }, one(KINDS[one_]))));
    choice.value = kind;
    choice.addEventListener("change", () => { kind = choice.value as Place["kind"]; if (draft.place) { draft.place.kind = kind; touched(); } say(); });
    parts.push(make("div", { class: "field-one" }, make("label", { for: "place-kind" }, both(text("รูปร่าง", "Shape"))), choice));
  }
  const pair = make("div", { class: "field-pair" },
    make("div", { class: "field-one" }, make("label", { for: "place-lat" }, both(text("ละติจูด", "Latitude"))), lat),
    make("div", { class: "field-one" }, make("label", { for: "place-lon" }, both(text("ลองจิจูด", "Longitude"))), lon));
  const wrong = draft.problems.filter((problem) => problem.column === "geometry" || problem.column === "geom")
    .map((problem) => make("p", { class: "field-wrong" }, both(problem)));
  say();
  return make("fieldset", { class: "field-set" }, make("legend", {}, both(text("อยู่ที่ไหน", "Where"))), ...parts,
    make("div", { class: "actions" }, gps, act(text("เลือกบนแผนที่", "Choose on the map"), onMap)), told, back, ...wrong,
    make("details", { class: "field-more" }, make("summary", {}, both(text("พิมพ์พิกัด", "Type coordinates"))), pair, typed));
}

function round(value: number): number {
  return Math.round(value * 1e7) / 1e7;
}
