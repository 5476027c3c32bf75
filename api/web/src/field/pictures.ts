// Photographs of a draft: made small on the phone, kept beside the words, shown with a way to take them back.
import { make } from "../dom";
import { prepared } from "../photos";
import { isFull, photosOf, store, write } from "./db";
import type { Draft, Photo } from "./kinds";
import { act, both, fill, handOver, megabytes, text } from "./show";

const MOST = 12;

/** The part of the form for photographs; `said` tells what is amiss, `first` makes sure that the draft is kept too. */
export function picturePart(draft: Draft, first: () => Promise<void>): HTMLElement {
  const list = make("ul", { class: "field-photos" });
  const told = make("p", { role: "status", class: "field-place" });
  const camera = input("field-camera", true);
  const files = input("field-files", false);
  const shown = async () => fill(list, ...(await photosOf(draft.id)).map((photo) => pictureOf(photo, shown)));
  const came = async (chosen: HTMLInputElement) => {
    const all = [...(chosen.files ?? [])];
    chosen.value = "";
    await first();
    for (const file of all) {
      if ((await photosOf(draft.id)).length >= MOST) {
        fill(told, both(text(`ได้ไม่เกิน ${MOST} ภาพ`, `At most ${MOST} photographs`)));
        return;
      }
      fill(told, both(text("กำลังเตรียมภาพ…", "Making the picture ready…")));
      await kept(draft, file, told);
      await shown();
    }
  };
  for (const one of [camera, files]) one.addEventListener("change", () => void came(one));
  void shown();
  return make("fieldset", { class: "field-set" }, make("legend", {}, both(text("ภาพถ่าย", "Photographs"))),
    make("div", { class: "actions" },
      make("label", { class: "button", for: camera.id }, both(text("ถ่ายภาพ", "Take a photo"))), camera,
      make("label", { class: "button", for: files.id }, both(text("เลือกภาพ", "Choose photos"))), files),
    told, list);
}

function input(id: string, camera: boolean): HTMLInputElement {
  return make("input", { type: "file", id, accept: "image/*", class: "unseen", ...(camera ? { capture: "environment" } : { multiple: true }) });
}

async function kept(draft: Draft, file: File, told: HTMLElement): Promise<void> {
  const ready = await prepared(file);
  const photo: Photo = {
    id: crypto.randomUUID(), of: draft.id, key: crypto.randomUUID(), blob: ready.blob, name: ready.name, lon: ready.lon, lat: ready.lat,
    taken_at: ready.taken_at, bytes: ready.blob.size, receipt: null, refused: null,
  };
  try {
    await write(["photos"], (to) => to.objectStore("photos").put(photo));
    fill(told, both(text("เก็บภาพไว้ในเครื่องแล้ว", "The photo is kept on this phone")));
  } catch (failure) {
    const why = isFull(failure)
      ? text("พื้นที่ในเครื่องเต็ม เก็บภาพนี้ไม่ได้ ข้อความยังอยู่ครบ บันทึกภาพไว้ในคลังภาพก่อนได้",
             "This phone is full: the photo could not be kept. The words are all kept; save the photo to your gallery meanwhile")
      : text("เก็บภาพนี้ไม่ได้ ข้อความยังอยู่ครบ", "The photo could not be kept. The words are all kept");
    fill(told, make("strong", {}, both(why)), " ", act(text("บันทึกภาพเป็นไฟล์", "Save the photo as a file"), () => handOver(ready.blob, ready.name)),
      act(text("ลองเก็บอีกครั้ง", "Try to keep it again"), () => kept(draft, file, told)));
  }
}

function pictureOf(photo: Photo, shown: () => Promise<void>): HTMLElement {
  const image = make("img", { alt: photo.name });
  if (photo.blob) {
    image.src = URL.createObjectURL(photo.blob);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  }
  const away = act(text("เอาภาพออก", "Remove"), async () => {
    await write(["photos"], (to) => to.objectStore("photos").delete(photo.id));
    await shown();
  }, "small");
  return make("li", {}, image, make("span", { class: "hint" }, megabytes(photo.bytes)), away);
}

/** How many photographs lie on this phone, by what they belong to. */
export async function counted(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const photo of await (await store()).getAll("photos")) {
    if (photo.blob) found.set(photo.of, (found.get(photo.of) ?? 0) + 1);
  }
  return found;
}
