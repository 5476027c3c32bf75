// The layer switch by groups, top of the map first: for each layer its legend, its age and source, colour and filters.
import type { Classing } from "./classes";
import type { Config, Language, LayerConfig, Text } from "./config";
import { button, make } from "./dom";
import { both, counted, type Counts, legend, swatch } from "./legend";
import type { Painter } from "./paint";
import { tools } from "./tools";
import type { View } from "./view";
import { WORDS } from "./words";

export interface Switches {
  switched(layers: readonly LayerConfig[], on: boolean): void;
  coloured(layer: LayerConfig): void;
  filtered(layer: LayerConfig | null): void;
  classing(layer: LayerConfig): Classing | null;
}

/** As of when a layer is: the day, or null where nobody knows, and how that is said. */
export interface Age {
  on: string | null;
  told: Text;
}

export interface Panel {
  control: L.Control;
  translate(): void;
  /** Draw one layer's entry anew, after its colours or filters changed. */
  redraw(layer: LayerConfig): void;
  update(zoom: number, generalised: ReadonlySet<string>): void;
  /** How many of each class are in view, by layer. */
  count(counts: ReadonlyMap<string, Counts>): void;
  /** As of when each layer is. */
  ages(told: ReadonlyMap<string, Age>): void;
}

export function panel(
  config: Config, painters: ReadonlyMap<string, Painter>, view: View, switches: Switches, beside: HTMLElement,
): Panel {
  const body = make("div", { class: "atlas-panel-body", id: "atlas-panel-body" });
  const open = button("", "☰", () => toggle(!box.classList.contains("open")), "atlas-panel-button");
  const bar = make("div", { class: "atlas-bar" }, beside, open);
  const box = make("section", { class: "atlas-panel leaflet-bar" }, bar, body);
  const entries = new Map<string, { entry: HTMLElement; note: HTMLElement; checks: () => void }>();
  const folded = new Set<number>();
  const opened = new Set<string>();
  let known: ReadonlyMap<string, Age> = new Map();
  let counts: ReadonlyMap<string, Counts> = new Map();
  let seen: { zoom: number; generalised: ReadonlySet<string> } = { zoom: 0, generalised: new Set() };
  const top = [...config.layers].reverse();
  const groups = [...new Map(top.map((layer) => [layer.group.place, layer.group])).values()].sort((a, b) => a.place - b.place);

  const toggle = (on: boolean): void => {
    box.classList.toggle("open", on);
    open.setAttribute("aria-expanded", String(on));
    open.textContent = on ? "×" : "☰";
  };

  const draw = (): void => {
    const words = view.language;
    open.setAttribute("aria-label", WORDS.layers[words]);
    open.setAttribute("aria-controls", "atlas-panel-body");
    open.title = WORDS.layers[words];
    box.setAttribute("aria-label", WORDS.layers[words]);
    body.replaceChildren(make("h2", {}, ...both(WORDS.layers, words)));
    for (const group of groups) body.append(section(group.place, group.label, words));
    tell();
  };

  const section = (place: number, label: Text, words: Language): HTMLElement => {
    const own = top.filter((layer) => layer.group.place === place);
    const inner = make("div", { class: "atlas-group-body", id: `atlas-group-${place}` });
    inner.hidden = folded.has(place);
    const fold = make("button", { type: "button", class: "atlas-fold", "aria-controls": inner.id }, ...both(label, words));
    fold.setAttribute("aria-expanded", String(!inner.hidden));
    fold.addEventListener("click", () => {
      inner.hidden = !inner.hidden;
      if (inner.hidden) folded.add(place);
      else folded.delete(place);
      fold.setAttribute("aria-expanded", String(!inner.hidden));
    });
    const every = make("input", { type: "checkbox", "data-group": place, "aria-label": `${label[words]} – ${WORDS.wholeGroup[words]}` });
    const checks = (): void => {
      const on = own.filter((layer) => view.shown.has(layer.id)).length;
      every.checked = on === own.length;
      every.indeterminate = on > 0 && on < own.length;
    };
    every.addEventListener("change", () => {
      const on = every.checked;
      switches.switched(own, on);
      for (const layer of own) {
        const check = inner.querySelector<HTMLInputElement>(`input[data-layer="${layer.id}"]`);
        if (check) check.checked = on;
      }
      checks();
    });
    for (const layer of own) inner.append(entry(layer, words, checks));
    checks();
    return make("section", { class: "atlas-group" }, make("div", { class: "atlas-group-head" }, make("label", { class: "atlas-group-check" }, every), fold), inner);
  };

  const entry = (layer: LayerConfig, words: Language, checks: () => void): HTMLElement => {
    const painter = painters.get(layer.id)!;
    const check = make("input", { type: "checkbox", "data-layer": layer.id });
    check.checked = view.shown.has(layer.id);
    check.addEventListener("change", () => {
      switches.switched([layer], check.checked);
      checks();
    });
    const title = make("span", { class: "atlas-title" }, ...both(layer.title, words));
    const row = make("label", { class: "atlas-layer" }, check, swatch(painter, null), title);
    const note = make("p", { class: "atlas-note", role: "note", hidden: true });
    const about = make("p", { class: "atlas-about", lang: words }, layer.about[words]);
    if (layer.only) about.append(` (${layer.only[words]})`);
    const more = make("details", { class: "atlas-more", "data-layer": layer.id }, make("summary", {}, WORDS.more[words]));
    more.append(...tools(config, layer, view, words, switches));
    const sources = make("details", { "data-source": layer.id }, make("summary", {}, WORDS.sources[words]), about);
    sources.append(make("p", { class: "atlas-about" }, `${layer.source[words]} — ${layer.licence}`));
    for (const one of [more, sources]) {
      const name = one === more ? layer.id : `${layer.id}/source`;
      one.open = opened.has(name);
      one.addEventListener("toggle", () => (one.open ? opened.add(name) : opened.delete(name)));
    }
    const age = make("p", { class: "atlas-age" });
    const by = view.by.get(layer.id) ?? layer.style.by ?? "";
    const drawn = legend(layer, painter, switches.classing(layer), by, config, words);
    const parts = more.children.length > 1 ? [more, sources] : [sources];
    const made = make("div", { class: "atlas-entry", "data-entry": layer.id }, row, age, note, drawn, ...parts);
    entries.set(layer.id, { entry: made, note, checks });
    return made;
  };

  /** What changes without the entries: notes, counts, ages. */
  const tell = (): void => {
    const words = view.language;
    for (const layer of config.layers) {
      const found = entries.get(layer.id);
      if (!found) continue;
      const isOn = view.shown.has(layer.id);
      const told: Text[] = [];
      if (isOn && seen.zoom < layer.zooms[0]) told.push(WORDS.zoomIn);
      else if (isOn && seen.generalised.has(layer.id)) {
        told.push(WORDS.overview);
        if (view.isFiltered(layer.id)) told.push(WORDS.countsUnfiltered);
      }
      const bands = isOn ? switches.classing(layer)?.bands : undefined;
      if (bands && view.day) told.push(WORDS.bandsPast);
      else if (bands?.theme.note && seen.zoom < (bands.theme.apartFrom ?? 0)) told.push(bands.theme.note);
      const hidden = counts.get(layer.id)?.get("#");
      if (hidden) told.push({ th: `${WORDS.hidden.th} ${hidden} ${WORDS.items.th}`, en: `${hidden} ${WORDS.hidden.en}, ${WORDS.items.en}` });
      found.note.replaceChildren(...told.flatMap((one) => both(one, words)));
      found.note.hidden = told.length === 0;
      counted(found.entry, isOn ? (counts.get(layer.id) ?? null) : null);
      const age = known.get(layer.id);
      const said = layer.edition ? eras(layer.edition, words) : age ? `${age.on ? `${WORDS.asOf[words]} ` : ""}${eras(age.told, words)}` : "";
      found.entry.querySelector(".atlas-age")!.textContent = [said, layer.source[words]].filter(Boolean).join(" · ");
    }
  };

  draw();
  const control = new L.Control({ position: "topright" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    toggle(window.innerWidth >= 1200);
    return box;
  };
  return {
    control,
    translate: draw,
    redraw(layer) {
      const old = entries.get(layer.id);
      if (!old) return;
      const focus = old.entry.contains(document.activeElement) ? selectorOf(document.activeElement!) : null;
      const unfolded = [...old.entry.querySelectorAll("details[data-filter][open]")].map((one) => one.getAttribute("data-filter"));
      const made = entry(layer, view.language, old.checks);
      made.querySelectorAll<HTMLDetailsElement>("details[data-filter]").forEach((one) => {
        if (!unfolded.includes(one.getAttribute("data-filter"))) return;
        one.open = true;
        // The browser tells it later; what had the focus must be there at once.
        one.dispatchEvent(new Event("toggle"));
      });
      old.entry.replaceWith(made);
      if (focus) made.querySelector<HTMLElement>(focus)?.focus({ preventScroll: true });
      tell();
    },
    update(zoom, generalised) {
      seen = { zoom, generalised };
      tell();
    },
    count(found) {
      counts = found;
      tell();
    },
    ages(told) {
      known = told;
      tell();
    },
  };
}

/** Both eras, the reader's own first. */
function eras(age: Text, words: Language): string {
  const other = words === "th" ? age.en : age.th;
  return /\d/.test(other) ? `${age[words]} (${other})` : age[words];
}

/** How to find a control again after its entry was drawn anew. */
function selectorOf(element: Element): string | null {
  const filter = element.closest("[data-filter]")?.getAttribute("data-filter");
  const code = element.getAttribute("data-code");
  if (filter && code !== null) return `[data-filter="${filter}"] [data-code="${code}"]`;
  if (element.hasAttribute("data-colour")) return "[data-colour]";
  if (filter && element.matches("input")) return `[data-filter="${filter}"] label:nth-of-type(${element.closest("label")?.previousElementSibling?.matches("label") ? 2 : 1}) input`;
  return element.matches(".atlas-clear") ? "summary" : null;
}
