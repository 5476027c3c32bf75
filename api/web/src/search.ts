// Finding a community by its name; the server compares as Thai is written, this box only asks and shows.
import type { Config, Language } from "./config";
import { make } from "./dom";
import { WORDS } from "./words";

export interface Found {
  id: number;
  name_th: string | null;
  name_en: string | null;
  zone: string | null;
  box: [number, number, number, number] | null;
  lon: number | null;
  lat: number | null;
  page: string;
}

export interface Search {
  control: L.Control;
  translate(): void;
}

export function search(config: Config, language: () => Language, jump: (found: Found) => void): Search {
  const input = make("input", { type: "search", autocomplete: "off", "aria-controls": "atlas-found", maxlength: 80 });
  const results = make("ul", { id: "atlas-found", "aria-live": "polite" });
  const box = make("div", { class: "atlas-search leaflet-bar", role: "search" }, input, results);
  let asked = 0;
  let timer = 0;

  const tell = (text: string): void => results.replaceChildren(make("li", { class: "atlas-told" }, text));

  const ask = async (): Promise<void> => {
    const words = input.value.trim();
    const mine = ++asked;
    if (words === "") return results.replaceChildren();
    try {
      const answer = await fetch(`${config.base}${config.search?.url}?q=${encodeURIComponent(words)}`);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const found = ((await answer.json()) as { found: Found[] }).found;
      if (mine !== asked) return;
      if (found.length === 0) return tell(WORDS.nothingFound[language()]);
      results.replaceChildren(...found.map((one) => make("li", {}, choice(one))));
    } catch {
      if (mine === asked) tell(WORDS.searchAway[language()]);
    }
  };

  const choice = (found: Found): HTMLElement => {
    const name = (language() === "en" ? (found.name_en ?? found.name_th) : found.name_th) ?? String(found.id);
    const other = language() === "en" ? found.name_th : found.name_en;
    const zone = found.zone ? `${WORDS.zone[language()]} ${found.zone}` : null;
    const small = make("small", {}, [other === name ? null : other, zone].filter(Boolean).join(" · "));
    if (found.box === null) {
      const hint = make("small", {}, WORDS.noOutline[language()]);
      return make("a", { href: config.base + found.page, target: "_top" }, make("span", {}, name), small, hint);
    }
    const pick = make("button", { type: "button" }, make("span", {}, name), small);
    pick.addEventListener("click", () => {
      input.value = name;
      results.replaceChildren();
      jump(found);
    });
    return pick;
  };

  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 200);
  });
  box.addEventListener("keydown", (event) => {
    const choices = [...results.querySelectorAll<HTMLElement>("button, a")];
    const at = choices.indexOf(document.activeElement as HTMLElement);
    if (event.key === "ArrowDown") choices[Math.min(at + 1, choices.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (choices[at - 1] ?? input).focus();
    else if (event.key === "Escape") {
      results.replaceChildren();
      input.focus();
    } else if (event.key === "Enter" && document.activeElement === input) choices[0]?.focus();
    else return;
    event.preventDefault();
  });

  const translate = (): void => {
    input.placeholder = WORDS.searchHint[language()];
    input.setAttribute("aria-label", WORDS.search[language()]);
    results.replaceChildren();
  };
  translate();
  const control = new L.Control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  return { control, translate };
}
