// A feature's popup: the declared fields and no others, as text nodes, with a pager where features overlap.
import type { Config, Language, LayerConfig, Values } from "./config";
import { button, make } from "./dom";
import type { Hit } from "./hit";
import type { Painter } from "./paint";
import { called, day, number, shown, WORDS } from "./words";

export interface Popups {
  /** `first` is the one to begin with, where it is among them. */
  show(at: L.LatLng, hits: Hit[], first?: { layer: string; id: number }): void;
  close(): void;
  translate(): void;
}

const WIDE = 1200;
// The lowest two of the stack are areas and lots, whose measure people know in rai, ngan and square wah.
const LAND = 1;
const MOST_PAGED = 10;
export const NARROW = 700;

export function popups(
  map: L.Map,
  config: Config,
  painters: ReadonlyMap<string, Painter>,
  language: () => Language,
  chosen: (hit: Hit | null, at: L.LatLng | null) => void,
): Popups {
  // The search stands on the left and the legend on the right: a popup keeps clear of both where there is room.
  const sides: L.PopupOptions =
    window.innerWidth >= WIDE ? { autoPanPaddingTopLeft: [320, 12], autoPanPaddingBottomRight: [368, 12] } : {};
  const popup = L.popup({ maxWidth: 320, minWidth: 220, className: "atlas-popup", autoPanPadding: [12, 12], ...sides });
  // On a phone the card lies at the lower edge, under no button and never wider than the screen.
  const sheet = make("section", { class: "atlas-sheet", role: "dialog", hidden: true });
  L.DomEvent.disableClickPropagation(sheet);
  L.DomEvent.disableScrollPropagation(sheet);
  map.getContainer().append(sheet);
  let isListed = false;
  let current: { at: L.LatLng; hits: Hit[]; number: number } | null = null;
  const left = (): void => {
    if (!current) return;
    current = null;
    sheet.hidden = true;
    chosen(null, null);
  };
  const close = (): void => {
    map.closePopup(popup);
    left();
  };
  map.on("popupclose", (event) => {
    if (event.popup === popup) left();
  });
  map.getContainer().addEventListener("keydown", (event) => {
    // Leaflet hears Escape only while the map itself has the focus, and a card takes it.
    if (event.key !== "Escape" || !current) return;
    close();
    map.getContainer().focus({ preventScroll: true });
  });

  let isStill = false;
  const draw = (): void => {
    if (!current) return;
    const hit = current.hits[current.number];
    if (!hit) return;
    const content = make("div", { class: "atlas-card", tabindex: "-1" });
    if (current.hits.length > 1) content.append(pager());
    if (current.hits.length > 1 && isListed) content.append(listed());
    else content.append(...card(config, painters, hit, language()));
    if (map.getSize().x < NARROW) {
      sheet.replaceChildren(button(WORDS.close[language()], "×", close, "atlas-sheet-close"), content);
      sheet.hidden = false;
      if (!isStill) map.panInside(current.at, { paddingTopLeft: [24, 120], paddingBottomRight: [24, sheet.offsetHeight + 24] });
    } else {
      popup.options.autoPan = !isStill;
      popup.setLatLng(current.at).setContent(content);
      if (!popup.isOpen()) popup.openOn(map);
      named(popup, language());
    }
    chosen(hit, current.at);
    // Other scripts of the page may add to a card, as the one that marks does.
    const told = { layer: hit.layer.id, id: hit.feature.id, card: content };
    map.getContainer().dispatchEvent(new CustomEvent("atlas:card", { detail: told }));
    // So that a reader hears the popup and the next Tab reaches its buttons.
    content.focus({ preventScroll: true });
  };

  /** All that lies here, by name: a dozen parcels under one finger are not paged through one by one. */
  const listed = (): HTMLElement => {
    const { hits, number: at } = current!;
    const list = make("ol", { class: "atlas-hits", "aria-label": WORDS.allHere[language()] });
    hits.forEach((hit, number) => {
      const { layer, feature } = hit;
      const count = feature.values["count"];
      const name = typeof count === "number" ? `${count}` : called(layer, feature.values, feature.id, language());
      const choice = button(`${name} – ${layer.title[language()]}`, "", () => {
        isListed = false;
        turn(number);
      });
      choice.append(swatchOf(painters, hit), make("span", {}, name), make("small", {}, layer.title[language()]));
      if (number === at) choice.setAttribute("aria-current", "true");
      list.append(make("li", {}, choice));
    });
    list.addEventListener("keydown", (event) => {
      const choices = [...list.querySelectorAll("button")];
      const here = choices.indexOf(document.activeElement as HTMLButtonElement);
      const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: choices.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      choices[Math.max(0, Math.min(to, choices.length - 1))]?.focus();
    });
    return list;
  };

  const turn = (to: number): void => {
    if (!current) return;
    current.number = (to + current.hits.length) % current.hits.length;
    draw();
  };

  const pager = (): HTMLElement => {
    const { hits, number: at } = current!;
    const words = language();
    const list = button(WORDS.allHere[words], "≡", () => {
      isListed = !isListed;
      draw();
    });
    list.setAttribute("aria-expanded", String(isListed));
    return make(
      "div",
      { class: "atlas-pager" },
      button(WORDS.previous[words], "‹", () => turn(at - 1)),
      make("span", {}, `${at + 1} ${WORDS.of[words]} ${hits.length}`),
      button(WORDS.next[words], "›", () => turn(at + 1)),
      list,
    );
  };

  return {
    show(at, hits, first) {
      const number = first ? hits.findIndex((hit) => hit.layer.id === first.layer && hit.feature.id === first.id) : 0;
      current = { at, hits, number: Math.max(0, number) };
      // Of many things the names come first.
      isListed = !first && hits.length > MOST_PAGED;
      // What a link names was in view when the link was made: the map stays where the link says.
      isStill = first !== undefined;
      draw();
      isStill = false;
    },
    close,
    translate: draw,
  };
}

function named(popup: L.Popup, language: Language): void {
  const close = popup.getElement()?.querySelector(".leaflet-popup-close-button");
  close?.setAttribute("aria-label", WORDS.close[language]);
  popup.getElement()?.setAttribute("role", "dialog");
}

function swatchOf(painters: ReadonlyMap<string, Painter>, hit: Hit): HTMLElement {
  const swatch = make("span", { class: "atlas-swatch", "aria-hidden": "true" });
  const painter = painters.get(hit.layer.id);
  if (painter) swatch.style.backgroundColor = painter.paint(hit.feature.values, hit.feature.id).line;
  return swatch;
}

function card(config: Config, painters: ReadonlyMap<string, Painter>, hit: Hit, language: Language): HTMLElement[] {
  const { layer, feature } = hit;
  const other = language === "th" ? "en" : "th";
  const painter = painters.get(layer.id);
  const kind = make("p", { class: "atlas-kind" }, swatchOf(painters, hit), `${layer.title.th} · ${layer.title.en}`);
  if (painter?.isCount(feature.values)) return [kind, ...counted(layer, feature.values, language)];
  const name = called(layer, feature.values, feature.id, language);
  const rows = make("dl", {});
  for (const field of layer.popup) {
    const value = feature.values[field.name];
    if (value === undefined || value === "" || field.name === layer.nameField) continue;
    const told = shown(field, value, config.codes, layer.stack <= LAND);
    const answer = make("dd", { lang: language }, told[language]);
    if (told[other] !== told[language]) answer.append(make("small", { lang: other }, told[other]));
    const label = make("dt", { lang: language }, field.label[language]);
    label.append(make("small", { lang: other }, field.label[other]));
    rows.append(make("div", {}, label, answer));
  }
  const parts: HTMLElement[] = [kind, make("h2", {}, name), rows];
  if (layer.page) {
    const href = config.base + layer.page.replace("{id}", encodeURIComponent(String(feature.id)));
    parts.push(make("a", { class: "atlas-page", href, target: "_top" }, WORDS.page[language]));
  }
  return parts;
}

function counted(layer: LayerConfig, values: Values, language: Language): HTMLElement[] {
  const what = layer.counts ? WORDS.perSquare : WORDS.overview;
  const parts = [make("h2", {}, number(Number(values["count"]))), make("p", { lang: language }, what[language])];
  const edition = values["as_of"];
  if (typeof edition === "string") {
    parts.push(make("p", { lang: language }, `${WORDS.published[language]} ${day(edition, language)}`));
  }
  return parts;
}
