// The Atlas on a Leaflet map: `atlas.tiles(config).addTo(map)` is all that a page's script says.
import type { Config, Language, LayerConfig, Values } from "./config";
import { button, make } from "./dom";
import { AtlasGrid } from "./grid";
import { type Hit, hits } from "./hit";
import { Overlay } from "./overlay";
import { painters } from "./paint";
import { panel } from "./panel";
import { NARROW, popups } from "./popup";
import { type Found, search } from "./search";
import { TileStore } from "./store";
import { WORDS } from "./words";

class AtlasTiles extends L.Layer {
  private language: Language;
  private readonly shown: Set<string>;
  private readonly highlight = L.geoJSON(undefined, {
    interactive: false,
    style: { color: "#d500f9", weight: 4, fill: false },
  });
  private picked = 0;

  constructor(private readonly config: Config) {
    super();
    this.language = config.language;
    this.shown = new Set(config.layers.filter((layer) => layer.shown).map((layer) => layer.id));
  }

  override onAdd(map: L.Map): this {
    const { config } = this;
    const box = map.getContainer();
    box.classList.add("atlas");
    const words = () => this.language;
    const isOn = (layer: LayerConfig) => this.shown.has(layer.id);
    const drawn = painters(config);
    if (config.basemap) L.tileLayer(config.basemap.url, { maxZoom: 21, maxNativeZoom: 19 }).addTo(map);
    map.attributionControl?.remove();
    this.highlight.addTo(map);

    const other = `${WORDS.otherHint.th} / ${WORDS.otherHint.en}`;
    const language: HTMLButtonElement = button(other, WORDS.other[this.language], () => turn(), "atlas-language");
    const status = statusLine(() => {
      store.again();
      grid.repaint();
    }, words);
    const store: TileStore = new TileStore(config.base, () => status.update(store.underway, store.failures));
    const grid: AtlasGrid = new AtlasGrid(store, config.layers, drawn, isOn, () => refreshed());
    const overlay = new Overlay(store, grid, drawn);
    const switches = panel(config, drawn, words, isOn, (layer, on) => {
      if (on) this.shown.add(layer.id);
      else this.shown.delete(layer.id);
      cards.close();
      grid.repaint();
      refreshed();
    }, language);
    const cards = popups(map, config, drawn, words, (hit) => void this.pick(hit));

    const refreshed = (): void => {
      overlay.plan();
      const counted = config.layers.filter(
        (layer) => !layer.counts && grid.places().some((place) => store.at(place, layer.id)[0]?.values["count"] !== undefined),
      );
      switches.update(map.getZoom(), new Set(counted.map((layer) => layer.id)));
    };
    const ask = (at: L.LatLng): void => {
      const found = hits(map, store, grid, overlay, at);
      if (found.length > 0) cards.show(at, found);
      else cards.close();
    };
    const jump = (found: Found): void => void this.jump(map, found, cards.show);

    grid.addTo(map);
    overlay.addTo(map);
    map.on("click", (event: L.LeafletMouseEvent) => ask(event.latlng));
    map.on("zoomend moveend", refreshed);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === box) ask(map.getCenter());
    });

    const finder = config.search ? search(config, words, jump) : null;
    finder?.control.addTo(map);
    const towns = places(config, map, words);
    if (config.places.length > 1) corner("topleft", towns.element).addTo(map);
    L.control.zoom({ position: "topleft" }).addTo(map);
    switches.control.addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    corner("bottomleft", status.element).addTo(map);
    corner("bottomleft", make("div", { class: "atlas-north", "aria-hidden": "true" }, "▲ N")).addTo(map);
    const foot = footer(config, words);
    corner("bottomright", foot.element).addTo(map);
    const translate = (): void => {
      box.setAttribute("aria-label", WORDS.map[this.language]);
      document.documentElement.lang = this.language;
      switches.translate();
      finder?.translate();
      towns.translate();
      cards.translate();
      foot.translate();
      status.update(store.underway, store.failures);
      refreshed();
    };
    const turn = (): void => {
      this.language = this.language === "th" ? "en" : "th";
      language.textContent = WORDS.other[this.language];
      translate();
    };
    translate();

    if (config.focus) void this.outline(config.focus.layer, config.focus.id);
    // Names are drawn with our own font as soon as it is there.
    void document.fonts?.load('700 15px "Sarabun"', "ชุมชน").then(() => overlay.plan());
    return this;
  }

  /** Go to a found feature and open its card, whether or not its tiles have arrived. */
  private async jump(map: L.Map, found: Found, show: (at: L.LatLng, hits: Hit[]) => void): Promise<void> {
    const layer = this.config.layers.find((one) => one.id === this.config.search?.layer);
    if (!found.box || found.lon === null || found.lat === null || !layer) return;
    const [west, south, east, north] = found.box;
    const lower = map.getSize().x < NARROW ? map.getSize().y * 0.5 : 24;
    const room: L.FitBoundsOptions = { paddingTopLeft: [24, 24], paddingBottomRight: [24, lower] };
    map.fitBounds([[south, west], [north, east]], { ...room, animate: false, maxZoom: 18 });
    const feature = await this.item(layer.id, found.id);
    if (!feature) return;
    const told = Object.entries(feature.properties ?? {}).filter(([, value]) => value !== null);
    const values = Object.fromEntries(told) as Values;
    const shape = { rings: [], box: [0, 0, 0, 0] as [number, number, number, number] };
    const hit: Hit = { layer, feature: { layer: layer.id, id: found.id, kind: 3, values, ...shape } };
    show(L.latLng(found.lat, found.lon), [hit]);
  }

  private async item(layer: string, id: number): Promise<GeoJSON.Feature | null> {
    const answer = await fetch(`${this.config.base}/collections/${layer}/items/${id}?f=json`).catch(() => null);
    return answer?.ok ? ((await answer.json()) as GeoJSON.Feature) : null;
  }

  /** Outline the feature whose popup is open, from its whole shape: a tile holds only its part. */
  private async pick(hit: Hit | null): Promise<void> {
    if (hit && hit.feature.id > 0 && typeof hit.feature.values["count"] !== "number") {
      await this.outline(hit.layer.id, hit.feature.id);
    } else {
      this.picked++;
      this.highlight.clearLayers();
    }
  }

  private async outline(layer: string, id: number): Promise<void> {
    const mine = ++this.picked;
    this.highlight.clearLayers();
    const dimension = this.config.layers.find((one) => one.id === layer)?.dimension ?? 0;
    if (dimension === 0) return;
    const feature = await this.item(layer, id);
    if (mine === this.picked && feature?.geometry) this.highlight.addData(feature);
  }
}

function corner(position: L.ControlPosition, element: HTMLElement): L.Control {
  const control = new L.Control({ position });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(element);
    return element;
  };
  return control;
}

/** Several towns on one server: a list to jump from one to the other. */
function places(config: Config, map: L.Map, words: () => Language) {
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

function statusLine(again: () => void, words: () => Language) {
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

function footer(config: Config, words: () => Language) {
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

declare global {
  interface Window {
    atlas: { tiles(config: Config): L.Layer };
  }
}

window.atlas = { tiles: (config) => new AtlasTiles(config) };
