// The page of a row's photographs: its form works as it is; here pictures are made smaller first, shown, and sent with
// a word of how far it is. What could not be sent stays on the page.
import { button, make } from "./dom";
import { addTo, drawn, prepared, type Prepared } from "./photos";

const THAI = document.documentElement.lang !== "en";
const say = (th: string, en: string): string => (THAI ? th : en);
const THUMB = 208;

interface Chosen {
  picture: Prepared;
  line: HTMLLIElement;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-photos]")) enhance(form);

function enhance(form: HTMLFormElement): void {
  const list = form.querySelector<HTMLUListElement>("[data-chosen]")!;
  const said = form.querySelector<HTMLElement>("[data-said]")!;
  const sends = form.querySelector<HTMLButtonElement>("button.main")!;
  const most = Number(form.dataset.most);
  let chosen: Chosen[] = [];
  let waiting = 0;
  // The same key as long as the same is sent: a second attempt after a lost answer adds nothing twice.
  let key = newKey();

  const tell = (words: string): void => {
    said.textContent = words;
  };
  const changed = (): void => {
    key = newKey();
    list.hidden = chosen.length === 0;
    sends.disabled = waiting > 0;
    if (waiting > 0) tell(say(`กำลังเตรียมภาพ เหลือ ${waiting} ภาพ`, `Making pictures ready, ${waiting} to go`));
    else if (chosen.length) tell(say(`พร้อมส่ง ${chosen.length} ภาพ รวม ${size(chosen)}`, `${chosen.length} ready, ${size(chosen)} in all`));
    else tell("");
  };

  const take = async (files: File[]): Promise<void> => {
    const room = Math.max(0, most - chosen.length - waiting);
    const taken = files.slice(0, room);
    waiting += taken.length;
    changed();
    // One after another: a telephone holds one large picture in its memory, not a dozen.
    for (const file of taken) {
      const one: Chosen = { picture: await prepared(file), line: make("li") };
      one.line.append(...(await shown(one.picture)), button(say(`นำ ${file.name} ออก`, `Leave ${file.name} out`), say("นำออก", "Leave out"), () => {
        chosen = chosen.filter((other) => other !== one);
        one.line.remove();
        changed();
      }));
      chosen.push(one);
      list.append(one.line);
      waiting -= 1;
      changed();
    }
    if (files.length > room) tell(say(`ส่งได้ครั้งละ ${most} ภาพ ส่งชุดนี้ก่อน แล้วเลือกที่เหลือ`, `${most} at a time: send these, then choose the rest`));
  };

  for (const input of form.querySelectorAll<HTMLInputElement>("input[type=file]")) {
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      input.value = "";
      void take(files);
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (waiting > 0) return;
    if (chosen.length === 0) {
      tell(say("โปรดถ่ายหรือเลือกภาพก่อน", "Take or choose a picture first"));
      return;
    }
    const words = new FormData();
    for (const name of ["csrf", "caption"]) words.append(name, form.querySelector<HTMLInputElement>(`[name=${name}]`)!.value);
    sends.disabled = true;
    send(form.action, addTo(words, chosen.map((one) => one.picture)), key, tell).then(
      () => location.reload(),
      (reason: Error) => {
        sends.disabled = false;
        tell(reason.message);
      },
    );
  });
  form.addEventListener("input", (event) => {
    if ((event.target as HTMLInputElement).name === "caption") key = newKey();
  });
}

function send(to: string, words: FormData, key: string, tell: (words: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", to);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Idempotency-Key", key);
    request.upload.addEventListener("progress", (at) => {
      if (at.lengthComputable) tell(say(`กำลังส่ง ${Math.round((100 * at.loaded) / at.total)}%`, `Sending, ${Math.round((100 * at.loaded) / at.total)}%`));
    });
    request.upload.addEventListener("load", () => tell(say("ส่งถึงแล้ว กำลังตรวจภาพ", "Arrived; it is being looked into")));
    request.addEventListener("load", () => {
      if (request.status === 201) return resolve();
      const told = request.response as { detail_th?: string; detail_en?: string } | null;
      reject(new Error((THAI ? told?.detail_th : told?.detail_en) ?? say("ส่งไม่สำเร็จ โปรดลองใหม่", "That did not work; please try again")));
    });
    request.addEventListener("error", () => {
      reject(new Error(say("ไม่มีสัญญาณ ภาพยังอยู่ในหน้านี้ กด “เพิ่มภาพ” อีกครั้งเมื่อมีสัญญาณ", "No connection. The pictures stay on this page; press “Add” again when there is one")));
    });
    request.send(words);
  });
}

async function shown(picture: Prepared): Promise<Node[]> {
  try {
    const bitmap = await createImageBitmap(picture.blob);
    const canvas = drawn(bitmap, THUMB);
    bitmap.close();
    if (canvas) {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", picture.name);
      return [canvas];
    }
  } catch {
    // Its name is shown instead; the server says what to do with it.
  }
  return [make("span", {}, picture.name)];
}

function size(chosen: readonly Chosen[]): string {
  const bytes = chosen.reduce((sum, one) => sum + one.picture.blob.size, 0);
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function newKey(): string {
  // `randomUUID` is not there over plain http, as a town's own network may have it.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
