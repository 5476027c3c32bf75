// The small things in the corners of the map: the towns, what is loading, who looks, whose data it is.
import type { Config, Language } from "./config";
import { button, make } from "./dom";
import { WORDS } from "./words";

export function corner(position: L.ControlPosition, element: HTMLElement): L.Control {
  const control = new L.Control({ position });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(element);
    return element;
  };
  return control;
}

/** Several towns on one server: a list to jump from one to the other. */
export function places(config: Config, map: L.Map, words: () => Language) {
  const list = make("select", {});
  const element = make("div", { class: "atlas-towns leaflet-bar" }, list);
  list.addEventListener("change", () => {
    const place = config.places[Number(list.value)];
    if (!place) return;
    const [west, south, east, north] = place.box;
    map.closePopup();
    map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
  });
  const translate = (): void => {
    const chosen = list.value;
    list.setAttribute("aria-label", WORDS.towns[words()]);
    list.replaceChildren(
      ...config.places.map((place, at) => make("option", { value: String(at) }, place.label[words()])),
    );
    list.value = chosen || "0";
  };
  return { element, translate };
}

export function statusLine(again: () => void, words: () => Language) {
  const text = make("span", {});
  const retry = button("", "", again);
  const element = make("div", { class: "atlas-status", role: "status", "aria-live": "polite" }, text, retry);
  const update = (underway: number, failures: number): void => {
    const language = words();
    element.hidden = underway === 0 && failures === 0;
    element.classList.toggle("atlas-failed", failures > 0);
    element.setAttribute("data-underway", String(underway));
    text.textContent = failures > 0 ? `${failures} ${WORDS.missing[language]}` : `${WORDS.loading[language]} …`;
    retry.hidden = failures === 0;
    retry.textContent = WORDS.again[language];
    retry.setAttribute("aria-label", WORDS.again[language]);
  };
  update(0, 0);
  return { element, update };
}

export function footer(config: Config, words: () => Language) {
  const mark = make("strong", { class: "atlas-demo" });
  const credit = make("ul", { class: "atlas-sources" });
  const summary = make("summary", {});
  const credits = make("details", {}, summary, credit);
  const element = make("div", { class: "atlas-foot" });
  const account = make("a", { class: "atlas-account", href: config.account?.href ?? "", target: "_top" });
  // Inside a page of ours that page says it already.
  if (config.account && window.top === window) element.append(account);
  if (config.demo) element.append(mark);
  element.append(credits);
  const translate = (): void => {
    const language = words();
    if (config.account) {
      const other = language === "th" ? "en" : "th";
      const { label, more } = config.account;
      account.replaceChildren(make("span", { lang: language }, label[language]), make("small", { lang: other }, label[other]));
      if (more?.[language]) account.append(make("small", { lang: language }, more[language]));
    }
    mark.textContent = `${WORDS.demo.th} · ${WORDS.demo.en}`;
    mark.title = WORDS.demoHint[language];
    const told = config.layers.map((one) => `${one.title[language]}: ${one.source[language]} — ${one.licence}`);
    if (config.basemap) told.push(config.basemap.credit);
    told.push("Leaflet — BSD-2-Clause · Sarabun — OFL-1.1 · WGS 84");
    credit.replaceChildren(...told.map((line) => make("li", {}, line)));
    summary.textContent = `© ${WORDS.credits[language]}`;
  };
  translate();
  return { element, translate };
}
