// Short words over the map: what was done just now, and that filters hide something while the panel is closed.
import type { Language } from "./config";
import { button, make } from "./dom";
import { WORDS } from "./words";

const READ = 7000;

export function toast() {
  const element = make("div", { class: "atlas-toast", role: "status", "aria-live": "polite", hidden: true });
  L.DomEvent.disableClickPropagation(element);
  let timer = 0;
  const say = (text: string, more?: HTMLElement): void => {
    window.clearTimeout(timer);
    element.replaceChildren(make("span", {}, text), ...(more ? [more] : []));
    element.hidden = false;
    if (!more) timer = window.setTimeout(() => (element.hidden = true), READ);
    else more.addEventListener("blur", () => (element.hidden = true), { once: true });
  };
  return { element, say };
}

export function notice(language: () => Language, cleared: () => void) {
  const text = make("span", {});
  const clear = button("", "", cleared);
  const element = make("div", { class: "atlas-notice atlas-filtered", role: "status", hidden: true }, text, clear);
  L.DomEvent.disableClickPropagation(element);
  let hidden: number | null = null;
  const translate = (): void => {
    const words = language();
    element.hidden = hidden === null;
    const count = hidden ?? 0;
    text.textContent = words === "th" ? `${WORDS.hidden.th} ${count} ${WORDS.items.th}` : `${count} ${WORDS.hidden.en}, ${WORDS.items.en}`;
    clear.textContent = WORDS.clear[words];
    clear.setAttribute("aria-label", WORDS.clear[words]);
    clear.title = WORDS.clear[words];
  };
  translate();
  return {
    element,
    translate,
    /** How many are hidden in view; null where nothing is filtered. */
    update(count: number | null) {
      hidden = count;
      translate();
    },
  };
}
