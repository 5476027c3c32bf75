// The Atlas on a Leaflet map: `atlas.tiles(config).addTo(map)` is all that a page's script says.
import { remember } from "./beside";
import { chosen, type Classing } from "./classes";
import type { Config, Language, LayerConfig, Text, Values } from "./config";
import { corner, footer, places, statusLine } from "./controls";
import { button, make } from "./dom";
import { AtlasGrid } from "./grid";
import { type Hit, hits } from "./hit";
import { notice, toast } from "./notice";
import { Overlay } from "./overlay";
import { painters } from "./paint";
import { type Age, panel } from "./panel";
import { follow } from "./pace";
import { endOf, past } from "./past";
import { NARROW, popups } from "./popup";
import { type Found, search, type Spoken } from "./search";
import { share } from "./share";
import { TileStore } from "./store";
import { type AtlasLayer, type ClickTaker, near, type NearFeature, READY } from "./surface";
import { leads, ROOM } from "./leads";
import { inView } from "./tally";
import { View, type Where } from "./view";
import { WORDS } from "./words";

const SAVED_AFTER = 200;
const COUNTED_AFTER = 250;
// Closer than this a crowd that does not come apart is told as a list.
const CLOSEST = 19;
const FEW = 8;

class AtlasTiles extends L.Layer implements AtlasLayer {
  private readonly takers = new Set<ClickTaker>();
  private parts: { store: TileStore; grid: AtlasGrid } | null = null;
  private readonly view: View;
  private readonly highlight = L.geoJSON(undefined, {
    interactive: false,
    style: { color: "#d500f9", weight: 4, fill: false },
    pointToLayer: (_, at) => L.circleMarker(at, { radius: 13, color: "#d500f9", weight: 4, fill: false, interactive: false }),
  });
  private picked = 0;

  constructor(private readonly config: Config) {
    super();
    this.view = new View(config);
  }

  get map(): L.Map | null {
    return this._map ?? null;
  }

  async refresh(layerIds: readonly string[]): Promise<void> {
    this.parts?.store.outdate(layerIds);
    await this.parts?.grid.repaint();
  }

  featuresNear(at: L.LatLng, metres: number): NearFeature[] {
    return this.parts && this._map ? near(this._map, this.parts.store, this.parts.grid, at, metres) : [];
  }

  onClick(taker: ClickTaker): () => void {
    this.takers.add(taker);
    return () => void this.takers.delete(taker);
  }

  override onAdd(map: L.Map): this {
    const { config, view } = this;
    const box = map.getContainer();
    box.classList.add("atlas");
    follow(map);
    const linked = view.read(location.hash);
    let given = linked;
    if (linked) map.setView([linked.lat, linked.lng], linked.zoom, { animate: false });
    const words = (): Language => view.language;
    const drawn = painters(config);
    const classings = new Map<string, Classing>();
    if (config.basemap) L.tileLayer(config.basemap.url, { maxZoom: 21, maxNativeZoom: 19 }).addTo(map);
    map.attributionControl?.remove();
    this.highlight.addTo(map);

    const status = statusLine(() => {
      store.again();
      void grid.repaint();
    }, words);
    const store: TileStore = new TileStore(config.base, () => status.update(store.underway, store.failures));
    const isOn = (layer: LayerConfig) => view.shown.has(layer.id);
    const grid: AtlasGrid = new AtlasGrid(store, config.layers, drawn, isOn, () => refreshed());
    this.parts = { store, grid };
    const overlay = new Overlay(store, grid, drawn);
    const told = toast();
    const filtered = notice(words, () => clear());

    /** Where one looks, as a link has it. */
    // A screen of an odd number of pixels has its middle between two: a link that was opened stays what it was.
    const where = (): Where => {
      const [at, zoom] = [map.getCenter(), map.getZoom()];
      const near = given && given.zoom === zoom && map.project(at, zoom).distanceTo(map.project(given, zoom)) < 1.5;
      return near ? given! : { ...at, zoom };
    };
    const link = (): string => `${location.href.split("#")[0]}#${view.told(where())}`;
    let saving = 0;
    const save = (): void => {
      window.clearTimeout(saving);
      // Browsers refuse an address that changes too often.
      saving = window.setTimeout(() => location.protocol.startsWith("http") && history.replaceState(history.state, "", link()), SAVED_AFTER);
    };

    /** Have tiles carry what colours and filters need of them. */
    const carry = (): void => {
      for (const layer of config.layers) {
        const filters = view.filters.get(layer.id);
        const needed = layer.themes.filter(({ id, by, inTiles }) => by !== null && !inTiles && (view.by.get(layer.id) === id || filters?.has(by)));
        store.carry(layer.id, needed.map((theme) => theme.id));
      }
    };
    /** Colour a layer by the column that the view names; its classes may have to be asked for first. */
    const colour = async (layer: LayerConfig): Promise<void> => {
      const by = view.by.get(layer.id);
      carry();
      const today = view.day ? new Date(endOf(view.day)) : new Date();
      try {
        const found = by && by !== layer.style.by ? await chosen(config, layer, by, today) : null;
        if (view.by.get(layer.id) !== by) return;
        if (found?.bands) found.bands.isPast = view.day !== null;
        if (found) classings.set(layer.id, found);
        else classings.delete(layer.id);
      } catch {
        // Said, and the layer keeps the colours it had.
        view.by.delete(layer.id);
        classings.delete(layer.id);
        told.say(WORDS.classesAway[words()]);
      }
      drawn.get(layer.id)?.colourBy(classings.get(layer.id) ?? null, view.by.get(layer.id) === "");
    };
    const again = (): void => {
      void grid.repaint();
      refreshed();
      save();
    };
    const narrow = (): void => {
      carry();
      for (const layer of config.layers) drawn.get(layer.id)?.narrow(view.filters.get(layer.id) ?? null);
    };
    const clear = (): void => {
      const were = config.layers.filter((layer) => view.isFiltered(layer.id));
      view.filters.clear();
      narrow();
      were.forEach((layer) => switches.redraw(layer));
      again();
    };

    const language: HTMLButtonElement = button(
      `${WORDS.otherHint.th} / ${WORDS.otherHint.en}`, WORDS.other[view.language], () => turn(), "atlas-language",
    );
    const sharing = share(words, link, (text, more) => told.say(text, more));
    const back = config.past ? past(words, {
      now: () => view.day,
      set: (day) => {
        view.day = day;
        cards.close();
        applied();
        save();
      },
      known: async () => {
        const ids = config.layers.filter(isOn).map((layer) => layer.id).slice(0, 20);
        if (ids.length === 0) return [];
        const answer = await fetch(`${config.base}/map/days?layers=${ids.join(",")}`);
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        return ((await answer.json()) as { days: string[] }).days;
      },
    }) : null;
    const switches = panel(config, drawn, view, {
      switched: (layers, on) => {
        for (const layer of layers) {
          if (on) view.shown.add(layer.id);
          else view.shown.delete(layer.id);
        }
        cards.close();
        again();
      },
      coloured: (layer) => void colour(layer).then(() => {
        switches.redraw(layer);
        again();
      }),
      filtered: (layer) => {
        narrow();
        if (layer) switches.redraw(layer);
        again();
      },
      classing: (layer) => classings.get(layer.id) ?? null,
    }, language);
    const cards = popups(map, config, drawn, words, (hit, at) => {
      view.card = hit && at ? { lat: at.lat, lng: at.lng, layer: hit.layer.id, id: hit.feature.id } : null;
      save();
      void this.pick(hit);
    });

    let isAsking = false;
    /** Learn the classes that tiles do not bring, of what is looked at closely; said once where they are refused. */
    const learn = async (): Promise<void> => {
      const zoom = map.getZoom();
      const wanted = config.layers.filter((layer) => isOn(layer) && classings.get(layer.id)?.bands);
      if (isAsking || wanted.length === 0) return;
      isAsking = true;
      for (const layer of wanted) {
        const answer = await classings.get(layer.id)!.bands!.learn(map.getBounds(), zoom).catch(() => "away" as const);
        if (answer === "refused") {
          view.by.delete(layer.id);
          await colour(layer);
          switches.redraw(layer);
          told.say(WORDS.bandsRefused[words()]);
          again();
        } else if (answer === "many") told.say(WORDS.bandsMany[words()]);
        else if (answer === "away") told.say(WORDS.classesAway[words()]);
        else if (answer === "told") void grid.repaint();
      }
      isAsking = false;
    };
    let counting = 0;
    const refreshed = (): void => {
      overlay.plan();
      const counted = config.layers.filter(
        (layer) => !layer.counts && grid.places().some((place) => store.at(place, layer.id)[0]?.values["count"] !== undefined),
      );
      switches.update(map.getZoom(), new Set(counted.map((layer) => layer.id)));
      window.clearTimeout(counting);
      counting = window.setTimeout(() => {
        const found = inView(map, store, grid, drawn, classings);
        switches.count(found);
        const hidden = [...found.values()].reduce((sum, counts) => sum + (counts.get("#") ?? 0), 0);
        filtered.update(view.isFiltered() ? hidden : null);
        void learn();
      }, COUNTED_AFTER);
    };
    const ask = (at: L.LatLng): void => {
      const crowd = overlay.crowdAt(map.latLngToContainerPoint(at));
      if (crowd && crowd.spots.length > FEW && map.getZoom() < CLOSEST) {
        const extent = overlay.extentOf(crowd);
        // Those at one and the same place come apart at no zoom.
        if (!extent.getSouthWest().equals(extent.getNorthEast(), 1e-6)) {
          map.fitBounds(extent, { padding: [60, 60], maxZoom: Math.min(CLOSEST, map.getZoom() + 4), animate: false });
          return;
        }
      }
      const found = hits(map, store, grid, overlay, drawn, at);
      const led = leads(map, store, grid, found);
      if (led) {
        cards.close();
        map.fitBounds(led.bounds, ROOM);
        void this.outline(led.hit.layer.id, led.hit.feature.id);
      } else if (found.length > 0) cards.show(at, found);
      else cards.close();
    };

    grid.addTo(map);
    overlay.addTo(map);
    map.on("click", (event: L.LeafletMouseEvent) => {
      if (![...this.takers].some((taker) => taker(event))) ask(event.latlng);
    });
    map.on("zoomend moveend", refreshed);
    map.on("zoomend moveend", save);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === box) ask(map.getCenter());
    });

    const show = (layer: LayerConfig): void => {
      if (view.shown.has(layer.id)) return;
      view.shown.add(layer.id);
      switches.translate();
      again();
    };
    const jump = (id: string, found: Found): void => {
      const layer = config.layers.find((one) => one.id === id);
      if (!layer && found.id !== null) return void window.open(`${config.base}/maps?layers=${id}&item=${found.id}`, "_top");
      if (!layer) return;
      show(layer);
      void this.jump(map, layer, found, cards.show);
    };
    const point = (place: Spoken): void => {
      const at = L.latLng(place.lat, place.lon);
      map.setView(at, Math.max(17, map.getZoom()), { animate: false });
      cards.close();
      this.picked++;
      this.highlight.clearLayers().addData({ type: "Point", coordinates: [place.lon, place.lat] } as GeoJSON.Point);
      told.say(`${WORDS.coordinates[words()]} ${place.lat.toFixed(6)}, ${place.lon.toFixed(6)}`);
      box.focus({ preventScroll: true });
    };
    const finder = config.search ? search(config, words, jump, point) : null;
    finder?.control.addTo(map);
    const towns = places(config, map, words);
    if (config.places.length > 1) corner("topleft", towns.element).addTo(map);
    const zoomTitle = (text: Text) => `${text.th} · ${text.en}`;
    L.control.zoom({ position: "topleft", zoomInTitle: zoomTitle(WORDS.zoomCloser), zoomOutTitle: zoomTitle(WORDS.zoomOut) }).addTo(map);
    corner("topleft", make("div", { class: "atlas-ways leaflet-bar" }, ...(back ? [back.button] : []), sharing.element)).addTo(map);
    switches.control.addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
    corner("bottomleft", status.element).addTo(map);
    corner("bottomleft", make("div", { class: "atlas-north", "aria-hidden": "true" }, "▲ N")).addTo(map);
    const foot = footer(config, words);
    corner("bottomright", foot.element).addTo(map);
    box.append(told.element);
    box.append(make("div", { class: "atlas-tops" }, ...(back ? [back.banner] : []), filtered.element));
    if (back) box.append(back.element);

    const translate = (): void => {
      box.setAttribute("aria-label", WORDS.map[view.language]);
      document.documentElement.lang = view.language;
      language.textContent = WORDS.other[view.language];
      for (const one of [switches, finder, towns, cards, foot, sharing, back, filtered]) one?.translate();
      status.update(store.underway, store.failures);
      refreshed();
    };
    const turn = (): void => {
      view.language = view.language === "th" ? "en" : "th";
      remember(view.language, config.base);
      translate();
      save();
    };
    /** Draw what the view says, all of it. */
    const applied = (): void => {
      store.moment = view.day ? endOf(view.day) : null;
      box.classList.toggle("atlas-then", view.day !== null);
      narrow();
      void Promise.all(config.layers.map(colour)).then(() => {
        translate();
        void grid.repaint();
      });
    };
    /** Open the card that a link names, once its tiles are here. */
    const recall = (): void => {
      const { card } = view;
      if (!card) return;
      void grid.repaint().then(async () => {
        const at = L.latLng(card.lat, card.lng);
        const found = hits(map, store, grid, overlay, drawn, at);
        const layer = config.layers.find((one) => one.id === card.layer);
        if (found.some((hit) => hit.layer === layer && hit.feature.id === card.id)) return cards.show(at, found, card);
        // What a link names does not push the view about that the same link gives.
        if (layer && card.id > 0) await this.tell(layer, card.id, at, (where, one) => cards.show(where, one, card));
      });
    };
    applied();
    recall();
    window.addEventListener("hashchange", () => {
      const there = view.read(location.hash);
      if (!there) return;
      const { card } = view;
      given = there;
      cards.close();
      view.card = card;
      map.setView([there.lat, there.lng], there.zoom, { animate: false });
      applied();
      recall();
    });

    if (config.focus) void this.outline(config.focus.layer, config.focus.id);
    void this.ages(switches.ages);
    // Names are drawn with our own font as soon as it is there.
    void document.fonts?.load('700 15px "Sarabun"', "ชุมชน").then(() => overlay.plan());
    // Leaflet says only afterwards that the layer is on the map; who hears of it may use all of it.
    queueMicrotask(() => box.dispatchEvent(new CustomEvent(READY, { bubbles: true, detail: this })));
    return this;
  }

  /** As of when each layer is: asked after the map, which does not wait for it. */
  private async ages(tell: (told: ReadonlyMap<string, Age>) => void): Promise<void> {
    const ids = this.config.layers.filter((layer) => !layer.edition).map((layer) => layer.id);
    const found = new Map<string, Age>();
    for (let from = 0; from < ids.length; from += 20) {
      const answer = await fetch(`${this.config.base}/map/ages?layers=${ids.slice(from, from + 20).join(",")}`).catch(() => null);
      if (!answer?.ok) continue;
      const { layers } = (await answer.json()) as { layers: Record<string, Age> };
      for (const [id, age] of Object.entries(layers)) found.set(id, age);
    }
    tell(found);
  }

  /** Go to a found feature and open its card, whether or not its tiles have arrived. */
  private async jump(map: L.Map, layer: LayerConfig, found: Found, show: Show): Promise<void> {
    if (!found.box || found.lon === null || found.lat === null) return;
    const [west, south, east, north] = found.box;
    const lower = map.getSize().x < NARROW ? map.getSize().y * 0.5 : 24;
    const room: L.FitBoundsOptions = { paddingTopLeft: [24, 24], paddingBottomRight: [24, lower] };
    map.fitBounds([[south, west], [north, east]], { ...room, animate: false, maxZoom: 18 });
    if (found.id === null) return this.around(found.box);
    await this.tell(layer, found.id, L.latLng(found.lat, found.lon), show);
  }

  /** Outline a place that is no feature. */
  private around([west, south, east, north]: [number, number, number, number]): void {
    this.picked++;
    const ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    this.highlight.clearLayers().addData({ type: "Polygon", coordinates: [ring] } as GeoJSON.Polygon);
  }

  /** The card of one feature, from the feature itself. */
  private async tell(layer: LayerConfig, id: number, at: L.LatLng, show: Show): Promise<void> {
    const feature = await this.item(layer.id, id);
    if (!feature) return;
    const told = Object.entries(feature.properties ?? {}).filter(([, value]) => value !== null);
    const values = Object.fromEntries(told) as Values;
    const shape = { rings: [], box: [0, 0, 0, 0] as [number, number, number, number] };
    show(at, [{ layer, feature: { layer: layer.id, id, kind: 3, values, ...shape } }]);
  }

  private async item(layer: string, id: number): Promise<GeoJSON.Feature | null> {
    const then = this.view.day ? `&datetime=${encodeURIComponent(endOf(this.view.day))}` : "";
    const answer = await fetch(`${this.config.base}/collections/${layer}/items/${id}?f=json${then}`).catch(() => null);
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

type Show = (at: L.LatLng, hits: Hit[]) => void;

declare global {
  interface Window {
    atlas: { tiles(config: Config): AtlasLayer };
  }
}

window.atlas = { tiles: (config) => new AtlasTiles(config) };
