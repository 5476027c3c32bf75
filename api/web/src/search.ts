// Finding a place: the server compares as Thai is written, this box asks, shows what was found by layer, and goes there.
import type { Config, Language, Text } from "./config";
import { make } from "./dom";
import { WORDS } from "./words";

export interface Found {
  /** None where it is a place that features lie in, such as a lane, and no feature. */
  id: number | null;
  name: Text;
  by: Text | null;
  community: Text | null;
  box: [number, number, number, number] | null;
  lon: number | null;
  lat: number | null;
  page: string | null;
}

export interface Spoken {
  lon: number;
  lat: number;
  read_as: Text;
}

interface Group {
  layer: string;
  title: Text;
  more: boolean;
  found: Found[];
}

export interface Search {
  control: L.Control;
  translate(): void;
}

export function search(
  config: Config,
  language: () => Language,
  jump: (layer: string, found: Found) => void,
  point: (place: Spoken) => void,
): Search {
  const input = make("input", {
    type: "search", autocomplete: "off", role: "combobox", maxlength: 120, spellcheck: "false",
    "aria-controls": "atlas-found", "aria-expanded": "false", "aria-autocomplete": "list",
  });
  const results = make("div", { id: "atlas-found", role: "listbox", hidden: true });
  const told = make("p", { class: "atlas-told", role: "status", "aria-live": "polite", hidden: true });
  const box = make("div", { class: "atlas-search leaflet-bar", role: "search" }, input, results, told);
  let options: { element: HTMLElement; pick: () => void }[] = [];
  let active = -1;
  let asked = 0;
  let timer = 0;

  const clear = (): void => {
    options = [];
    active = -1;
    results.replaceChildren();
    results.hidden = true;
    told.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const tell = (text: string): void => {
    clear();
    told.textContent = text;
    told.hidden = false;
  };

  const ask = async (): Promise<void> => {
    const words = input.value.trim();
    const mine = ++asked;
    if (words === "") return clear();
    try {
      const answer = await fetch(`${config.base}${config.search?.url}?q=${encodeURIComponent(words)}`);
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const found = (await answer.json()) as { places: Spoken[]; groups: Group[] };
      if (mine === asked) show(found.places, found.groups);
    } catch {
      if (mine === asked) tell(WORDS.searchAway[language()]);
    }
  };

  const show = (places: Spoken[], groups: Group[]): void => {
    if (places.length === 0 && groups.length === 0) return tell(WORDS.nothingFound[language()]);
    clear();
    const words = language();
    if (places.length > 0) {
      results.append(group(WORDS.coordinates[words], places.map((one) => option(
        [make("span", {}, `${one.lat.toFixed(6)}, ${one.lon.toFixed(6)}`), make("small", {}, one.read_as[words])],
        () => point(one),
      ))));
    }
    for (const one of groups) {
      const rows = one.found.map((found) => choice(one.layer, found, words));
      if (one.more) rows.push(make("p", { class: "atlas-told" }, WORDS.foundMore[words]));
      results.append(group(one.title[words], rows));
    }
    results.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };

  const group = (title: string, rows: HTMLElement[]): HTMLElement => {
    const id = `atlas-found-${results.children.length}`;
    const head = make("p", { class: "atlas-found-kind", id }, title);
    return make("div", { role: "group", "aria-labelledby": id }, head, ...rows);
  };

  const choice = (layer: string, found: Found, words: Language): HTMLElement => {
    const other = found.name[words === "th" ? "en" : "th"];
    const small = [other === found.name[words] ? null : other, found.by?.[words], found.community?.[words]];
    if (found.box === null) small.push(WORDS.notDrawn[words]);
    const parts = [make("span", {}, found.name[words]), make("small", {}, small.filter(Boolean).join(" · "))];
    return option(parts, () => {
      input.value = found.name[words];
      // What is drawn nowhere has a page at best.
      if (found.box === null && found.page) window.open(config.base + found.page, "_top");
      else if (found.box !== null) jump(layer, found);
    });
  };

  const option = (parts: HTMLElement[], pick: () => void): HTMLElement => {
    const element = make("div", { role: "option", id: `atlas-option-${options.length}`, "aria-selected": "false" }, ...parts);
    const chosen = (): void => {
      clear();
      pick();
    };
    options.push({ element, pick: chosen });
    // Before the box loses the focus, which would close the list under the finger.
    element.addEventListener("mousedown", (event) => event.preventDefault());
    element.addEventListener("click", chosen);
    return element;
  };

  const move = (to: number): void => {
    options[active]?.element.setAttribute("aria-selected", "false");
    active = Math.max(-1, Math.min(to, options.length - 1));
    const one = options[active];
    if (!one) return input.removeAttribute("aria-activedescendant");
    one.element.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", one.element.id);
    one.element.scrollIntoView({ block: "nearest" });
  };

  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), 200);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(active + 1);
    else if (event.key === "ArrowUp") move(active - 1);
    else if (event.key === "Escape") {
      clear();
      input.value = "";
    } else if (event.key === "Enter" && options.length > 0) options[Math.max(0, active)]?.pick();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget as Node | null)) window.setTimeout(clear, 150);
  });

  const translate = (): void => {
    input.placeholder = WORDS.searchHint[language()];
    input.setAttribute("aria-label", WORDS.search[language()]);
    results.setAttribute("aria-label", WORDS.found[language()]);
    clear();
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
