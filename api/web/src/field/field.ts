// The field page: what is where, who is told when something changes, and when the queue is sent.
import { make } from "../dom";
import { App, type Section } from "./app";
import { isFull, reports, whenReplaced } from "./db";
import { exported } from "./file";
import { mirrored } from "./keeper";
import { MapSection } from "./map";
import { newDraft } from "./marks";
import { PhoneSection } from "./phone";
import { PrepareSection } from "./prepare";
import { nextIn, sendAll } from "./send";
import { act, both, chooseLanguage, chosenLanguage, fill, handOver, language, one, paragraph, text } from "./show";
import { TILES } from "./tiles";
import { WaitingSection } from "./waiting";
import { WriteSection } from "./write";

const WAYS: readonly [Section, ReturnType<typeof text>][] = [
  ["write", text("เขียน", "Write")],
  ["waiting", text("รอส่ง", "Waiting")],
  ["map", text("แผนที่", "Map")],
  ["prepare", text("เตรียม", "Prepare")],
  ["phone", text("เครื่องนี้", "Phone")],
];
const app = new App();
const write = new WriteSection(app);
const waiting = new WaitingSection(app, (draft) => write.taken(draft));
const map = new MapSection(app, async (draft) => {
  write.keeper.draft = draft;
  write.keeper.touch();
  await write.keeper.flush();
}, async (layer, at) => {
  await write.keeper.flush();
  write.keeper.draft = { ...newDraft(layer, app.person?.login ?? ""), place: { kind: "POINT", points: [at], accuracy: null, how: "map" } };
  write.keeper.touch();
  await write.shown();
  app.go("write");
});
const sections = { write, waiting, map, prepare: new PrepareSection(app), phone: new PhoneSection(app) };
const root = document.getElementById("field")!;
const nav = make("nav", { class: "field-ways", "aria-label": "ภาคสนาม · Field work" });
const network = make("p", { class: "field-network", role: "status" });
let retry = 0;

function section(): Section {
  const asked = location.hash.slice(1);
  return WAYS.find(([name]) => name === asked)?.[0] ?? "write";
}

async function shown(): Promise<void> {
  const name = section();
  if (name !== "map") map.left();
  for (const [other] of WAYS) sections[other].root.hidden = other !== name;
  await sections[name].shown();
  await numbered();
}

/** The way to each section, with how many wait. */
async function numbered(): Promise<void> {
  const count = (await reports()).filter((one) => one.state !== "sent").length;
  const here = section();
  fill(nav, ...WAYS.map(([name, words]) => {
    const link = make("a", { href: `#${name}`, ...(name === here ? { "aria-current": "page" } : {}) }, both(words));
    if (name === "waiting" && count > 0) {
      link.append(make("b", { class: "field-badge" }, String(count), make("span", { class: "unseen" }, ` ${one(text("เรื่องรอส่ง", "wait"))}`)));
    }
    return link;
  }));
  const words = navigator.onLine && app.isSignedIn !== null ? null : text("ไม่มีสัญญาณ เขียนและเก็บได้ตามปกติ", "No network: write and keep as usual");
  const over = app.isSignedIn === false && app.person ? text("หมดเวลาเข้าสู่ระบบ เขียนต่อได้ เข้าสู่ระบบก่อนส่ง", "Your session is over: go on writing, sign in before sending") : null;
  const told = words ?? over;
  network.hidden = told === null;
  if (told) fill(network, both(told));
}

async function sending(now: boolean): Promise<void> {
  window.clearTimeout(retry);
  const came = await sendAll(() => app.told(), { now });
  if (came === "sign-in") app.isSignedIn = false;
  if (came === "away" && app.isSignedIn !== null && !navigator.onLine) app.isSignedIn = null;
  app.told();
  const wait = await nextIn();
  if (wait !== null) retry = window.setTimeout(() => void sending(false), wait);
}

function head(): void {
  const other = language() === "en" ? "th" : "en";
  const button = make("button", { type: "button", lang: other }, other === "en" ? "English" : "ไทย");
  button.addEventListener("click", () => {
    void write.keeper.flush().then(async () => {
      chooseLanguage(other);
      head();
      await shown();
    });
  });
  fill(document.getElementById("field-head")!, make("div", { class: "language" }, button));
}

/** Another tab brought a newer release of the store: what is typed is down already, and this tab starts anew. */
function replaced(): void {
  fill(root, paragraph(text("หน้านี้มีรุ่นใหม่ เปิดใหม่อีกครั้ง สิ่งที่เขียนอยู่ครบ", "This page was renewed in another tab: open it again. What you wrote is all there"), "note"));
}

async function registered(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const found = await navigator.serviceWorker.register("/field/worker.js", { scope: "/field", updateViaCache: "none" });
  navigator.serviceWorker.addEventListener("message", (event) => event.data === "changed" && app.told());
  await navigator.serviceWorker.ready;
  root.dataset["installed"] = "true";
  const sync = (found as ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }).sync;
  // Where there is none, or it is not allowed: the page sends by itself when it is open.
  app.addEventListener("send", () => void sync?.register("field-send").catch(() => undefined));
}

async function begun(): Promise<void> {
  chooseLanguage(chosenLanguage());
  head();
  whenReplaced(replaced);
  await app.remembered();
  fill(root, network, ...WAYS.map(([name]) => sections[name].root), nav);
  window.addEventListener("hashchange", () => void shown());
  app.addEventListener("shown", () => void shown());
  app.addEventListener("changed", () => {
    void numbered();
    // What a person is deciding on is not changed under their finger.
    if (document.querySelector("dialog[open]")) return;
    if (section() === "waiting") void waiting.shown();
    if (section() === "phone") void sections.phone.shown();
  });
  app.addEventListener("send", (event) => void sending((event as CustomEvent<boolean>).detail));
  window.addEventListener("online", () => void met().then(() => sending(true)));
  window.addEventListener("offline", () => { app.isSignedIn = null; app.told(); });
  for (const [name] of WAYS) sections[name].root.hidden = name !== section();
  await write.opened();
  await shown();
  root.dataset["ready"] = "true";
  void registered().catch(() => undefined);
  await met();
  await sending(false);
}

/** Ask who this is, bring the forms up to date, and show what could not be shown before. */
async function met(): Promise<void> {
  const [had, forms] = [app.person?.login, app.forms !== null];
  await app.met();
  if (app.isSignedIn !== null) await app.equipped();
  if (had !== app.person?.login || !forms) {
    await write.opened();
    await shown();
  }
}

/** The store cannot be opened; on a full phone there is a way to make room, and to carry away what lies beside it. */
function closed(failure: unknown): void {
  const words = isFull(failure)
    ? text("เครื่องเต็มจนเปิดที่เก็บข้อมูลไม่ได้ สิ่งที่เขียนยังอยู่ในเครื่อง ลบแผนที่ที่เก็บไว้หรือรูปในเครื่องให้มีที่ว่าง แล้วเปิดใหม่",
           "This phone is so full that the store cannot be opened. What you wrote is still on it: make room, then open this page again")
    : text("เปิดที่เก็บข้อมูลในเครื่องไม่ได้ (เช่น โหมดส่วนตัว) หน้านี้จึงยังเก็บอะไรไม่ได้", "The store on this phone cannot be opened (a private window?), so that nothing can be kept here yet");
  const draft = mirrored();
  const away = async () => { await caches.delete(TILES); location.reload(); };
  fill(root, paragraph(words, "note"), make("div", { class: "actions" },
    act(text("เปิดใหม่", "Open it again"), () => location.reload(), "main"),
    ...(isFull(failure) ? [act(text("ลบแผนที่ที่เก็บไว้", "Forget the kept maps"), away)] : []),
    ...(draft ? [act(text("ส่งออกร่างล่าสุด", "Export the last draft"), async () => handOver(await exported([], [{ draft, photos: [] }]), "chumchon-field-draft.geojson"))] : [])),
  make("p", { class: "hint" }, String(failure)));
}

void begun().catch(closed);
