// Small parts that every section of the page is made of. Words go in as text nodes alone.
import type { Language, Text } from "../config";
import { make } from "../dom";
import { day } from "../words";

type Child = Node | string;
const REMEMBERED = "atlas-field-language";

export function text(th: string, en: string): Text {
  return { th, en };
}

export function language(): Language {
  return document.documentElement.lang === "en" ? "en" : "th";
}

/** The language that was chosen in this browser, here or on any of our pages. */
export function chosenLanguage(): Language {
  const chosen = /(?:^|; )atlas_language=(th|en)/.exec(document.cookie)?.[1] ?? localStorage.getItem(REMEMBERED);
  return chosen === "en" || chosen === "th" ? chosen : language();
}

export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(REMEMBERED, chosen);
  document.cookie = `atlas_language=${chosen}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  document.documentElement.lang = chosen;
}

/** Words in both languages, the reader's own first and larger. */
export function both(words: Text): DocumentFragment {
  const [own, other] = language() === "en" ? (["en", "th"] as const) : (["th", "en"] as const);
  const found = document.createDocumentFragment();
  found.append(make("span", { lang: own }, words[own]));
  if (words[own] !== words[other]) found.append(" ", make("span", { lang: other, class: "en" }, words[other]));
  return found;
}

/** Words in the reader's language alone, for names of controls and options. */
export function one(words: Text): string {
  return words[language()];
}

export function act(words: Text, pressed: () => unknown, kind = ""): HTMLButtonElement {
  const element = make("button", { type: "button", class: `button ${kind}`.trim() }, both(words));
  element.addEventListener("click", () => void pressed());
  return element;
}

export function paragraph(words: Text, kind = ""): HTMLParagraphElement {
  return make("p", kind ? { class: kind } : {}, both(words));
}

export function heading(level: "h1" | "h2" | "h3", words: Text): HTMLElement {
  return make(level, {}, both(words));
}

/** A moment of the phone's or the server's clock, as people write it. */
export function moment(iso: string): Text {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return text(iso, iso);
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return text(`${day(date, "th")} ${time} น.`, `${day(date, "en")} ${time}`);
}

export function megabytes(bytes: number): string {
  if (bytes < 100_000) return `${Math.ceil(bytes / 1000)} kB`;
  const value = bytes / 1_000_000;
  return `${value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 1 : 0 })} MB`;
}

/** A line that is read out when it changes. */
export function status(id: string): HTMLParagraphElement {
  return make("p", { id, role: "status", class: "field-status" });
}

export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children);
}

export interface Choice {
  id: string;
  words: Text;
  kind?: string;
}

/** Ask a person to decide; null where they close it. What stands first after the words has the focus. */
export function decided(title: Text, body: Child[], choices: Choice[]): Promise<string | null> {
  const head = heading("h2", title);
  head.id = "field-asked";
  const box = make("dialog", { class: "field-dialog", "aria-labelledby": "field-asked" }, head, ...body);
  return new Promise((resolve) => {
    let said: string | null = null;
    const buttons = choices.map(({ id, words, kind }) => act(words, () => { said = id; box.close(); }, kind));
    box.append(make("div", { class: "actions" }, ...buttons));
    box.addEventListener("close", () => { box.remove(); resolve(said); });
    document.body.append(box);
    box.showModal();
  });
}

/** Hand a file to the person. */
export function handOver(blob: Blob, name: string): void {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
