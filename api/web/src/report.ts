// What a script adds to the citizens' form: a map to point at, GPS, smaller pictures, and nothing typed that is lost.
// Without it the form is sent as it stands.
import { drawn } from "./canvas";
import { make } from "./dom";
import { placeChooser } from "./report_map";
import type { MapWords } from "./small_map";

const THAI = document.documentElement.lang !== "en";
const say = (th: string, en: string): string => (THAI ? th : en);
// Kept by the tab alone: gone when it is closed, for telephones that a family shares.
const KEPT = "atlas-report";
const NOT_KEPT = new Set(["csrf", "website", "photo"]);

const form = document.querySelector<HTMLFormElement>("[data-report]");
if (form) begin(form);

function begin(form: HTMLFormElement): void {
  const refused = document.querySelector<HTMLElement>("#report-refusal");
  if (refused) refused.focus();
  else restore(form);
  const where = form.querySelector<HTMLElement>("[data-where]");
  if (where) placeChooser(form, where, JSON.parse(where.dataset["map"] ?? "{}") as MapWords, say);
  form.addEventListener("input", () => keep(form));
  form.addEventListener("change", () => keep(form));
  const files = form.querySelector<HTMLInputElement>("#photo")!;
  files.addEventListener("change", () => named(form, files));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void sent(form, files);
  });
}

function words(form: HTMLFormElement): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !NOT_KEPT.has(name)) found[name] = value;
  }
  return found;
}

function keep(form: HTMLFormElement): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(words(form)));
  } catch {
    // Private windows may have no room; the page itself still holds what was typed.
  }
}

function restore(form: HTMLFormElement): void {
  let kept: Record<string, string>;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Record<string, string>;
  } catch {
    return;
  }
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
      if (!field.value) field.value = value;
    }
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // There was no room for it in the first place.
  }
}

function named(form: HTMLFormElement, files: HTMLInputElement): void {
  const list = form.querySelector<HTMLElement>("[data-files]")!;
  const chosen = [...(files.files ?? [])];
  list.replaceChildren(...chosen.map((one) => make("li", {}, one.name)));
  list.hidden = chosen.length === 0;
  const most = Number(files.dataset["most"]);
  tell(form, chosen.length > most ? say(`แนบได้ไม่เกิน ${most} ภาพ`, `At most ${most} pictures`) : "", chosen.length > most);
}

function tell(form: HTMLFormElement, told: string, wrong = false): void {
  const said = form.querySelector<HTMLElement>("[data-said]")!;
  said.textContent = told;
  said.classList.toggle("is-wrong", wrong);
  said.setAttribute("role", wrong ? "alert" : "status");
}

interface Refusal {
  detail_th?: string;
  detail_en?: string;
  problems?: { column?: string; th: string; en: string }[];
}

async function sent(form: HTMLFormElement, files: HTMLInputElement): Promise<void> {
  const send = form.querySelector<HTMLButtonElement>(".report-send")!;
  if (send.disabled) return;
  send.disabled = true;
  clear(form);
  try {
    const body = new FormData(form);
    body.delete("photo");
    const chosen = [...(files.files ?? [])];
    if (chosen.length > 0) tell(form, say("กำลังเตรียมภาพ", "Making the pictures ready"));
    // One after the other: a telephone has room for one large picture.
    for (const one of chosen) {
      body.append("photo", await smaller(one), "photo.jpg");
    }
    const answer = await posted(form, body);
    if (answer.status === 201) {
      forget();
      location.assign((answer.said as { page: string }).page);
      return;
    }
    refused(form, answer.said as Refusal | null);
  } catch {
    tell(form, say("ไม่มีสัญญาณ ข้อความและภาพยังอยู่ในหน้านี้ กด “ส่งเรื่อง” อีกครั้งเมื่อมีสัญญาณ", "No connection. Your words and pictures are still on this page: press “Send the report” again when there is one"), true);
  }
  send.disabled = false;
}

/** The picture drawn anew, small and without what the camera wrote beside it; as it is where this browser cannot open it. */
async function smaller(file: File): Promise<Blob> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const canvas = drawn(bitmap, 1600);
    bitmap.close();
    const made = canvas && (await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85)));
    return made ?? file;
  } catch {
    return file; // the server says in words what to do with it
  }
}

function posted(form: HTMLFormElement, body: FormData): Promise<{ status: number; said: unknown }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (at) => {
      if (at.lengthComputable) tell(form, `${say("กำลังส่ง", "Sending,")} ${Math.round((100 * at.loaded) / at.total)}%`);
    });
    request.addEventListener("load", () => resolve({ status: request.status, said: request.response as unknown }));
    request.addEventListener("error", reject);
    request.addEventListener("timeout", reject);
    request.timeout = 300_000;
    request.send(body);
  });
}

function refused(form: HTMLFormElement, said: Refusal | null): void {
  const problems = (said?.problems ?? []).filter((one) => one.column);
  for (const one of problems) mark(form, one.column!, THAI ? one.th : one.en);
  const general = (THAI ? said?.detail_th : said?.detail_en) ?? say("ส่งไม่สำเร็จ ข้อความยังอยู่ โปรดกดส่งอีกครั้ง", "That did not work; nothing was lost, please send again");
  tell(form, problems.length > 0 ? problems.map((one) => (THAI ? one.th : one.en)).join(" · ") : general, true);
  const first = problems[0] && form.querySelector<HTMLElement>(`#${CSS.escape(problems[0].column!)}`);
  if (first) {
    first.closest("details")?.setAttribute("open", "");
    first.focus();
  }
}

function mark(form: HTMLFormElement, name: string, told: string): void {
  const field = form.querySelector<HTMLElement>(`#${CSS.escape(name)}`);
  if (!field) return;
  const id = `${name}-error`;
  form.querySelector(`#${CSS.escape(id)}`)?.remove();
  field.before(make("span", { id, class: "report-wrong", "data-marked": true }, told));
  if (field.tagName === "FIELDSET") return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", [`${name}-hint`, id].filter((one) => form.querySelector(`#${CSS.escape(one)}`)).join(" "));
}

function clear(form: HTMLFormElement): void {
  tell(form, "");
  for (const one of form.querySelectorAll(".report-wrong")) one.remove();
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
}
