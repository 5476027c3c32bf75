// The queue: one report after the other, each under its own key, until the server's receipt for all of it is here.
// Nothing of a page is used, so that the service worker can send too when the network comes back.
import { ask, isObject, whoAmI, type Answer, type Who } from "./ask";
import { keep, photosOf, reports, store, write } from "./db";
import type { Photo, Report, Why } from "./kinds";
import { geometryOf, wordsOf } from "./marks";

const LOCK = "atlas-field-send";
const FIRST_WAIT = 5_000;
const LONGEST_WAIT = 15 * 60_000;
const PHOTO_SECONDS = 180;
const SIGN_IN: Why = {
  code: "sign-in",
  told: { th: "โปรดเข้าสู่ระบบอีกครั้งเพื่อส่ง ข้อมูลยังอยู่ในเครื่อง", en: "Sign in again to send it; it stays on this phone" },
};
const NO_MARKER: Why = {
  code: "sign-in",
  told: { th: "บทบาทที่ใช้อยู่ส่งรายงานไม่ได้ เปลี่ยนบทบาทที่หน้าบัญชี", en: "Your present role does not mark; switch it on your account's page" },
};

export type Pass = "busy" | "done" | "away" | "sign-in";

/** Send whatever waits; of several tabs and the worker one at a time. `now`: also what is to wait longer. */
export async function sendAll(told: () => void, { now = false } = {}): Promise<Pass> {
  const pass = () => sent(told, now);
  if (!("locks" in navigator)) return pass();
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? pass() : "busy"));
}

async function sent(told: () => void, now: boolean): Promise<Pass> {
  // Whoever was sending was cut off, otherwise they would hold the lock.
  const all = (await reports()).filter((one) => one.state === "waiting" || one.state === "sending");
  if (all.length === 0) return "done";
  const who = await whoAmI();
  if ("is" in who) {
    for (const one of all) await postponed(one, who, now);
    told();
    return "away";
  }
  if (who.person) await keep("me", who.person);
  if (!who.person?.may_mark || !who.csrf) {
    for (const one of all) await changed(one.id, { state: "waiting", why: who.person ? NO_MARKER : SIGN_IN });
    told();
    return "sign-in";
  }
  for (const one of all) {
    if (one.login !== who.person.login || (one.next_at > Date.now() && !now)) continue;
    const came = await sentOne(one, who, told);
    told();
    if (came !== "done") return came;
  }
  return "done";
}

/** Send one; whatever happens is written down before the next step. */
async function sentOne(report: Report, who: Who, told: () => void): Promise<Pass> {
  let now = await changed(report.id, { state: "sending", why: null });
  told();
  if (!now) return "done";
  if (!now.receipt) {
    const answer = await ask(...requestFor(now, who), isReceipt);
    if (answer.is !== "receipt") return unsent(now, answer, who);
    const body = answer.body as { id: number; version: number; kept_at?: string };
    const receipt = { id: body.id, version: body.version, kept_at: body.kept_at ?? null, received_at: new Date().toISOString() };
    now = await changed(report.id, { receipt, tries: 0 });
    told();
  }
  for (const photo of now ? await photosOf(report.id) : []) {
    if (photo.receipt || !photo.blob || photo.refused) continue;
    const answer = await ask(...requestOfPhoto(now!, photo, who), isPhotoReceipt, PHOTO_SECONDS);
    if (answer.is === "refused" && answer.status !== 401 && answer.status !== 403) {
      await photoChanged({ ...photo, refused: answer.told });
    } else if (answer.is !== "receipt") {
      return unsent(now!, answer, who, photo);
    } else {
      const [first] = answer.body as { id: number }[];
      await photoChanged({ ...photo, blob: null, receipt: { id: first!.id, received_at: new Date().toISOString() } });
    }
    told();
  }
  const refused = (await photosOf(report.id)).find((one) => one.refused);
  if (refused) await changed(report.id, { state: "refused", why: { code: "photo", told: refused.refused! } });
  else await changed(report.id, { state: "sent", why: null, done_at: new Date().toISOString() });
  return "done";
}

function requestFor(report: Report, who: Who): [string, RequestInit] {
  const { target } = report.draft;
  const path = `/marks/${report.layer}${target ? `/${target.id}` : ""}`;
  const headers = {
    "Content-Type": target ? "application/merge-patch+json" : "application/geo+json",
    "Idempotency-Key": report.key,
    "X-CSRF-Token": who.csrf ?? "",
    ...(target ? { "If-Match": `"${target.version}"` } : {}),
  };
  return [path, { method: target ? "PATCH" : "POST", headers, body: report.body }];
}

function requestOfPhoto(report: Report, photo: Photo, who: Who): [string, RequestInit] {
  const form = new FormData();
  form.append("photo", photo.blob!, photo.name);
  form.append("lon", photo.lon === null ? "" : String(photo.lon));
  form.append("lat", photo.lat === null ? "" : String(photo.lat));
  form.append("taken_at", photo.taken_at ?? "");
  form.append("csrf", who.csrf ?? "");
  const headers = { "Idempotency-Key": photo.key, "X-CSRF-Token": who.csrf ?? "" };
  return [`/collections/${report.layer}/items/${report.receipt!.id}/photos`, { method: "POST", headers, body: form }];
}

function isReceipt(body: unknown): boolean {
  return isObject(body) && Number.isSafeInteger(body["id"]) && Number.isSafeInteger(body["version"]);
}

function isPhotoReceipt(body: unknown): boolean {
  return Array.isArray(body) && body.length === 1 && isObject(body[0]) && Number.isSafeInteger(body[0]["id"]);
}

async function unsent(report: Report, answer: Exclude<Answer, { is: "receipt" }>, who: Who, photo?: Photo): Promise<Pass> {
  if (answer.is === "away") {
    await postponed(report, answer, false);
    return answer.noNetwork ? "away" : "done";
  }
  if (answer.status === 401 || answer.status === 403) {
    const again = await whoAmI();
    const isOver = "is" in again || !again.person || again.person.login !== report.login;
    if (isOver || again.csrf !== who.csrf) {
      await changed(report.id, { state: "waiting", why: SIGN_IN });
      return "sign-in";
    }
  }
  if (photo) {
    await photoChanged({ ...photo, refused: answer.told });
    await changed(report.id, { state: "refused", why: { code: "photo", told: answer.told } });
  } else if (report.draft.target && [404, 409, 412].includes(answer.status)) {
    return compared(report, answer.told);
  } else {
    await changed(report.id, { state: "refused", why: { code: String(answer.status), told: answer.told }, problems: answer.problems });
  }
  return "done";
}

/** Somebody changed it meanwhile, or it was we ourselves and the answer was lost on the way. */
async function compared(report: Report, told: Report["title"] | Why["told"]): Promise<Pass> {
  const { target } = report.draft;
  const isMark = (body: unknown) => isObject(body) && isObject(body["feature"]) && Number.isSafeInteger(body["version"]);
  const answer = await ask(`/marks/${report.layer}/${target!.id}`, {}, isMark);
  if (answer.is === "away") {
    await postponed(report, answer, false);
    return "away";
  }
  const why = { code: "conflict", told: typeof told === "string" ? { th: told, en: told } : told };
  if (answer.is === "refused") {
    await changed(report.id, { state: "conflict", theirs: null, why });
    return "done";
  }
  const { version, feature } = answer.body as unknown as { version: number; feature: GeoJSON.Feature };
  const theirs = { version, words: wordsOf(feature.properties), geometry: feature.geometry };
  if (saysSo(report, theirs)) {
    await changed(report.id, { receipt: { id: target!.id, version, kept_at: null, received_at: new Date().toISOString() }, state: "waiting" });
    return "done";
  }
  await changed(report.id, { state: "conflict", theirs, why });
  return "done";
}

/** Whether the server has what this report was to change already. */
function saysSo(report: Report, theirs: NonNullable<Report["theirs"]>): boolean {
  const { words, target, place } = report.draft;
  const names = Object.keys(words).filter((name) => (words[name] ?? "") !== (target?.words[name] ?? ""));
  const there = JSON.stringify(place && geometryOf(place)) === JSON.stringify(theirs.geometry);
  return names.every((name) => (words[name] ?? "") === (theirs.words[name] ?? "")) && (!place || there);
}

async function postponed(report: Report, answer: Extract<Answer, { is: "away" }>, now: boolean): Promise<void> {
  const tries = report.tries + 1;
  const wait = answer.seconds ? answer.seconds * 1000 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(tries, 10));
  // Phones that all lost the same mast do not all come back in the same second.
  const next_at = Date.now() + wait * (0.5 + Math.random());
  await changed(report.id, { state: "waiting", tries: now ? report.tries : tries, next_at, why: answer.why });
}

/** Write something new about a report; null where it is gone meanwhile. */
export async function changed(id: string, news: Partial<Report>): Promise<Report | null> {
  return write(["reports"], async (to) => {
    const found = await to.objectStore("reports").get(id);
    if (!found) return null;
    const next = { ...found, ...news };
    await to.objectStore("reports").put(next);
    return next;
  });
}

async function photoChanged(photo: Photo): Promise<void> {
  await write(["photos"], (to) => to.objectStore("photos").put(photo));
}

/** When the next report is to be tried, in milliseconds from now; null where none waits. */
export async function nextIn(): Promise<number | null> {
  const times = (await (await store()).getAll("reports")).filter((one) => one.state === "waiting" && one.why?.code !== "sign-in").map((one) => one.next_at);
  return times.length > 0 ? Math.max(1000, Math.min(...times) - Date.now()) : null;
}
