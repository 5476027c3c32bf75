// The map of what was brought along: the public's tiles, where one stands, what waits, and a cross to choose a place with.
import type { Config } from "../config";
import { make } from "../dom";
import { AtlasGrid } from "../grid";
import { Overlay } from "../overlay";
import { painters } from "../paint";
import { TileStore } from "../store";
import type { App } from "./app";
import { kept, reports } from "./db";
import type { Draft, Place, Position, Prepared } from "./kinds";
import { geometryOf } from "./marks";
import { located, placed, toldPlace } from "./place";
import { act, both, fill, heading, status, text } from "./show";

const NOWHERE: L.LatLngTuple = [7.0, 100.47];
const LARGE_ENOUGH = 17;

export class MapSection {
  readonly root = make("section", { id: "map" });
  private readonly box = make("div", { class: "field-map", id: "field-map" });
  private readonly line = status("field-map-line");
  private readonly bar = make("div", { class: "actions" });
  private map: L.Map | null = null;
  private readonly mine = L.layerGroup();
  private readonly waiting = L.layerGroup();
  private stopLocating: () => void = () => undefined;

  constructor(
    private readonly app: App,
    private readonly chosen: (draft: Draft) => Promise<void>,
    private readonly started: (layer: string, at: Position) => Promise<void>,
  ) {}

  async shown(): Promise<void> {
    const cross = make("div", { class: "field-cross", "aria-hidden": true });
    if (!this.map) {
      fill(this.root, heading("h1", text("แผนที่", "Map")), this.line, make("div", { class: "field-map-box" }, this.box, cross), this.bar);
      await this.made();
    } else {
      this.root.querySelector("h1")?.replaceWith(heading("h1", text("แผนที่", "Map")));
    }
    this.map?.invalidateSize();
    const draft = this.app.placing;
    fill(this.line, both(draft ? text("เลื่อนแผนที่ให้กากบาทตรงจุด แล้วกด “ใช้จุดนี้”", "Move the map until the cross is on the place, then use it")
      : text("เลื่อนแผนที่ แล้วกด “เขียนที่จุดนี้”", "Move the map, then write at the cross")));
    const find = act(text("ตำแหน่งของฉัน", "My position"), () => this.found());
    const layers = this.app.person?.may_mark ? (this.app.forms?.layers ?? []).filter((layer) => layer.kinds.includes("POINT")) : [];
    const actions = draft
      ? [act(text("ใช้จุดนี้", "Use this place"), () => this.used(draft), "main"), act(text("กลับ", "Back"), () => this.back())]
      : layers.map((layer) => act({ th: `เขียนที่จุดนี้: ${layer.title.th}`, en: `Write here: ${layer.title.en}` }, () => this.started(layer.id, this.centre())));
    fill(this.bar, find, ...actions);
    const last = draft?.place?.points.at(-1);
    if (last) this.map?.setView([last[1], last[0]], Math.max(this.map.getZoom(), LARGE_ENOUGH));
    await this.drawn();
  }

  left(): void {
    this.stopLocating();
  }

  private async made(): Promise<void> {
    const { ground } = this.app;
    const map = (this.map = L.map(this.box, { minZoom: 8, maxZoom: 20, zoomControl: true, attributionControl: false }));
    const prepared = (await kept<Prepared[]>("prepared")) ?? [];
    const outlines = L.geoJSON(prepared.map(({ community }) => ({
      type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: community.rings.map((ring) => [ring]) },
    })) as unknown as GeoJSON.Feature[], { style: { color: "#00527f", weight: 3, fill: false, dashArray: "6 6" }, interactive: false });
    if (prepared.length > 0) map.fitBounds(outlines.getBounds(), { animate: false });
    else map.setView(NOWHERE, 14);
    if (ground) {
      const config: Config = { base: "", language: "th", demo: ground.demo, layers: ground.layers, codes: ground.codes, focus: null, basemap: null,
                               places: [], account: null, search: null, past: false };
      const paints = painters(config);
      // The worker answers for the tiles that were brought along, and asks the server as the public for all others.
      const tiles = new TileStore("", () => this.told(tiles));
      const grid: AtlasGrid = new AtlasGrid(tiles, ground.layers, paints, () => true, () => overlay.plan());
      const overlay: Overlay = new Overlay(tiles, grid, paints);
      grid.addTo(map);
      overlay.addTo(map);
      window.addEventListener("online", () => { tiles.again(); grid.redraw(); });
    }
    outlines.addTo(map);
    this.waiting.addTo(map);
    this.mine.addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
  }

  private told(tiles: TileStore): void {
    this.box.dataset["missing"] = String(tiles.failures);
    this.box.dataset["underway"] = String(tiles.underway);
    if (tiles.failures > 0 && tiles.underway === 0) {
      fill(this.line, both(text("บางส่วนของแผนที่ไม่ได้เก็บไว้ในเครื่อง เก็บเพิ่มได้ที่ “เตรียม”", "A part of this map is not on the phone; keep more of it under Prepare")));
    }
  }

  private centre(): Position {
    const at = this.map!.getCenter();
    return [Math.round(at.lng * 1e7) / 1e7, Math.round(at.lat * 1e7) / 1e7];
  }

  private async used(draft: Draft): Promise<void> {
    const kinds = this.app.layer(draft.layer)?.kinds ?? ["POINT"];
    const kind: Place["kind"] = draft.place?.kind ?? kinds[0]!;
    placed(draft, kind, this.centre(), "map", null);
    await this.chosen(draft);
    if (kind === "POINT") {
      await this.back();
      return;
    }
    fill(this.line, both(toldPlace(draft.place!)));
    await this.drawn();
  }

  private async back(): Promise<void> {
    this.app.placing = null;
    this.app.go("write");
  }

  private found(): void {
    this.stopLocating();
    let isFirst = true;
    fill(this.line, both(text("กำลังหาตำแหน่ง…", "Looking for your position…")));
    this.stopLocating = located((at) => {
      const { latitude, longitude, accuracy } = at.coords;
      this.mine.clearLayers();
      L.circle([latitude, longitude], { radius: accuracy, color: "#0a5f95", weight: 1, fillOpacity: 0.15, interactive: false }).addTo(this.mine);
      L.circleMarker([latitude, longitude], { radius: 7, color: "#fff", weight: 2, fillColor: "#0a5f95", fillOpacity: 1, interactive: false }).addTo(this.mine);
      if (isFirst) this.map?.setView([latitude, longitude], Math.max(this.map.getZoom(), LARGE_ENOUGH));
      isFirst = false;
      fill(this.line, both(text(`ตำแหน่งของท่าน แม่นยำ ±${Math.round(accuracy)} เมตร`, `Your position, sure to ±${Math.round(accuracy)} metres`)));
    }, (words) => fill(this.line, both(words)));
  }

  /** What waits on this phone, and the draft whose place is being chosen. */
  private async drawn(): Promise<void> {
    this.waiting.clearLayers();
    const waiting = (await reports()).filter((one) => one.state !== "sent" && one.login === this.app.person?.login);
    const drafts = [...waiting.map((one) => one.draft), ...(this.app.placing ? [this.app.placing] : [])];
    for (const { place } of drafts) {
      if (!place || place.points.length === 0) continue;
      const geometry = place.kind === "POLYGON" && place.points.length < 3 ? geometryOf({ ...place, kind: "LINESTRING" }) : geometryOf(place);
      L.geoJSON(geometry, {
        style: { color: "#b3261e", weight: 3, fillOpacity: 0.2 }, interactive: false,
        pointToLayer: (_, at) => L.circleMarker(at, { radius: 8, color: "#fff", weight: 2, fillColor: "#b3261e", fillOpacity: 1, interactive: false, className: "field-waiting-mark" }),
      }).addTo(this.waiting);
    }
  }
}
