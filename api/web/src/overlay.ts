// Symbols and names over the tiles, on one canvas for the whole view: never cut at a tile's edge, each once.
import type { LayerConfig } from "./config";
import { type Crowd, crowdRadius, crowds, drawCrowd } from "./crowd";
import type { Feature } from "./decode";
import { fitted, partsIn } from "./fit";
import type { AtlasGrid } from "./grid";
import { drawSymbol, type Painter } from "./paint";
import type { Place, TileStore } from "./store";

export interface Spot {
  layer: LayerConfig;
  feature: Feature;
  x: number;
  y: number;
}

interface Label {
  text: string;
  x: number;
  y: number;
  under: boolean;
  size: number;
}

const FONT = '"Sarabun", "Noto Sans Thai", "Leelawadee UI", Tahoma, sans-serif';
const MOST_LABELS = 400;
const EDGE = 40;
// Closer than this symbols are told as a number; from DEEP on only those that cover each other.
const CROWDED = 26;
const DEEP = 17;
const MOST_WHILE_MOVING = 8;
const PATIENCE = 250;

export class Overlay extends L.Layer {
  private readonly canvas = L.DomUtil.create("canvas", "atlas-overlay");
  private crowds: Crowd[] = [];
  private planned = 0;
  private late = 0;
  private isMoving = false;
  private lasted = 0;
  private origin = L.point(0, 0);

  constructor(
    private readonly store: TileStore,
    private readonly grid: AtlasGrid,
    private readonly painters: ReadonlyMap<string, Painter>,
  ) {
    super();
  }

  override onAdd(map: L.Map): this {
    this.canvas.setAttribute("aria-hidden", "true");
    const pane = map.getPane("atlas-overlay") ?? map.createPane("atlas-overlay");
    pane.style.zIndex = "450";
    pane.style.pointerEvents = "none";
    pane.appendChild(this.canvas);
    map.on("moveend zoomend resize", this.arrived, this);
    map.on("zoomstart", this.hide, this);
    map.on("movestart", this.left, this);
    this.plan();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("moveend zoomend resize", this.arrived, this);
    map.off("zoomstart", this.hide, this);
    map.off("movestart", this.left, this);
    this.canvas.remove();
    return this;
  }

  /** Draw once, soon, however many squares arrive at the same time; while the map moves only now and then. */
  plan(): void {
    if (this.planned) return;
    if (this.isMoving) {
      // What takes a frame's whole time waits until the map stands still.
      if (this.lasted < MOST_WHILE_MOVING && !this.late) this.late = window.setTimeout(() => this.now(), PATIENCE);
      return;
    }
    this.now();
  }

  private now(): void {
    window.clearTimeout(this.late);
    this.late = 0;
    if (this.planned) return;
    this.planned = requestAnimationFrame(() => {
      this.planned = 0;
      const began = performance.now();
      this.draw();
      this.lasted = performance.now() - began;
    });
  }

  private left(): void {
    this.isMoving = true;
  }

  private arrived(): void {
    this.isMoving = false;
    this.plan();
  }

  /** The symbols within `reach` pixels of a place of the map's container, nearest first; of a crowd all of them. */
  near(place: L.Point, reach: number): Spot[] {
    const at = this._map.containerPointToLayerPoint(place).subtract(this.origin);
    const away = (one: Crowd) => Math.hypot(one.x - at.x, one.y - at.y);
    const reached = (one: Crowd) => away(one) <= (one.spots.length > 1 ? Math.max(reach, crowdRadius(one.spots.length)) : reach);
    return this.crowds.filter(reached).sort((one, other) => away(one) - away(other)).flatMap((one) => one.spots);
  }

  /** The crowd at a place of the map's container, if there is one. */
  crowdAt(place: L.Point): Crowd | null {
    const at = this._map.containerPointToLayerPoint(place).subtract(this.origin);
    const many = this.crowds.filter((one) => one.spots.length > 1);
    return many.find((one) => Math.hypot(one.x - at.x, one.y - at.y) <= crowdRadius(one.spots.length)) ?? null;
  }

  /** The rectangle around the members of a crowd. */
  extentOf(crowd: Crowd): L.LatLngBounds {
    const at = (spot: Spot) => this._map.layerPointToLatLng(L.point(spot.x, spot.y).add(this.origin));
    return L.latLngBounds(crowd.spots.map(at));
  }

  private hide(): void {
    this.canvas.style.visibility = "hidden";
    this.crowds = [];
  }

  private draw(): void {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = size.x * ratio;
    this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    this.origin = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, this.origin);
    this.canvas.style.visibility = "visible";
    const to = this.canvas.getContext("2d");
    if (!to) return;
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    const zoom = map.getZoom();
    const layers = this.grid.shownAt(zoom);
    const places = this.grid.places();
    const spots = layers.filter((layer) => layer.dimension === 0).flatMap((layer) => this.spotsOf(layer, places, size));
    const radius = zoom >= 16 ? 8 : Math.max(2.5, 2.5 + (zoom - 10) * 0.9);
    // Crowds belong to places of the earth: they stay the same while the map is pushed about.
    const corner = map.getPixelBounds().min ?? L.point(0, 0);
    for (const spot of spots) Object.assign(spot, { x: spot.x + corner.x, y: spot.y + corner.y });
    this.crowds = crowds(spots, zoom >= DEEP ? radius * 1.2 : CROWDED);
    for (const spot of spots) Object.assign(spot, { x: spot.x - corner.x, y: spot.y - corner.y });
    for (const crowd of this.crowds) Object.assign(crowd, { x: crowd.x - corner.x, y: crowd.y - corner.y });
    // What lies further south is drawn later, so that a crowd reads from the front.
    this.crowds.sort((one, other) => one.y - other.y);
    for (const crowd of this.crowds) {
      const [spot] = crowd.spots;
      if (crowd.spots.length > 1) drawCrowd(to, crowd, this.painters, FONT);
      else if (spot) this.drawSpot(to, spot, radius);
    }
    this.drawLabels(to, layers.flatMap((layer) => this.labelsOf(to, layer, places, zoom, size, radius)));
  }

  private drawSpot(to: CanvasRenderingContext2D, spot: Spot, radius: number): void {
    const painter = this.painters.get(spot.layer.id);
    if (!painter) return;
    const symbol = painter.isCount(spot.feature.values) ? "square" : spot.layer.style.symbol;
    drawSymbol(to, symbol, painter.paint(spot.feature.values, spot.feature.id), spot.x, spot.y, radius);
  }

  private where(place: Place): (x: number, y: number) => [number, number] {
    const map = this._map;
    const side = 256 * 2 ** (map.getZoom() - place.z);
    const corner = map.getPixelBounds().min ?? L.point(0, 0);
    return (x, y) => [(place.x + x) * side - corner.x, (place.y + y) * side - corner.y];
  }

  private spotsOf(layer: LayerConfig, places: Place[], size: L.Point): Spot[] {
    const found: Spot[] = [];
    const seen = new Set<number>();
    const painter = this.painters.get(layer.id);
    for (const place of places) {
      const where = this.where(place);
      for (const feature of this.store.at(place, layer.id)) {
        if (feature.kind !== 1 || (painter && !painter.shows(feature.values))) continue;
        // The same point lies in the margin of the next tile too.
        if (feature.id && seen.has(feature.id)) continue;
        let isHere = false;
        for (const ring of feature.rings) {
          const [x, y] = where(ring[0]!, ring[1]!);
          if (x < -EDGE || y < -EDGE || x > size.x + EDGE || y > size.y + EDGE) continue;
          found.push({ layer, feature, x, y });
          isHere = true;
        }
        if (isHere) seen.add(feature.id);
      }
    }
    return found.sort((one, other) => one.feature.id - other.feature.id);
  }

  private labelsOf(
    to: CanvasRenderingContext2D, layer: LayerConfig, places: Place[], zoom: number, size: L.Point, radius: number,
  ): Label[] {
    const { label: column, labelFromZoom, labelToZoom, labelFits, labelSize } = layer.style;
    if (!column || zoom < labelFromZoom || zoom > (labelToZoom ?? zoom)) return [];
    if (labelFits && layer.dimension === 2) return this.fitting(to, layer, column, places, size);
    if (layer.dimension === 0) {
      const own = this.crowds.flatMap((one) => (one.spots.length === 1 && one.spots[0]!.layer === layer ? one.spots : []));
      return own.flatMap((spot) => {
        const text = spot.feature.values[column];
        return text === undefined ? [] : [{ text: String(text), x: spot.x, y: spot.y + radius + 3, under: true, size: 13 }];
      });
    }
    const painter = this.painters.get(layer.id);
    const boxes = new Map<number, { text: string; box: [number, number, number, number] }>();
    for (const place of places) {
      const where = this.where(place);
      for (const feature of this.store.at(place, layer.id)) {
        const text = feature.values[column];
        if (text === undefined || text === "" || (painter && !painter.shows(feature.values))) continue;
        const [west, north] = where(Math.max(0, feature.box[0]), Math.max(0, feature.box[1]));
        const [east, south] = where(Math.min(1, feature.box[2]), Math.min(1, feature.box[3]));
        const box = boxes.get(feature.id)?.box ?? [Infinity, Infinity, -Infinity, -Infinity];
        const joined: [number, number, number, number] = [
          Math.min(box[0], Math.max(0, west)),
          Math.min(box[1], Math.max(0, north)),
          Math.max(box[2], Math.min(size.x, east)),
          Math.max(box[3], Math.min(size.y, south)),
        ];
        boxes.set(feature.id, { text: String(text), box: joined });
      }
    }
    return [...boxes.values()]
      // Too small to carry a name; or so large that everything in view lies in it, which the title says already.
      .filter(({ box }) => box[2] - box[0] > 12 && box[3] - box[1] > 10)
      .filter(({ box }) => box[2] - box[0] < size.x * 0.98 || box[3] - box[1] < size.y * 0.98)
      .sort((one, other) => extent(other.box) - extent(one.box))
      .slice(0, MOST_LABELS)
      .map(({ text, box }) => ({
        text,
        x: (box[0] + box[2]) / 2,
        y: (box[1] + box[3]) / 2,
        under: false,
        size: labelSize ?? (layer.stack === 0 ? 15 : 12),
      }));
  }

  /** Names that stand within their own lots: whole, else shortened, else not at all. */
  private fitting(to: CanvasRenderingContext2D, layer: LayerConfig, column: string, places: Place[], size: L.Point): Label[] {
    const painter = this.painters.get(layer.id);
    const parts = places.flatMap((place) => partsIn(this.store.at(place, layer.id), this.where(place), size));
    const shown = parts.filter((part) => !painter || painter.shows(part.values));
    const width = (text: string, high: number): number => {
      to.font = `400 ${high}px ${FONT}`;
      return to.measureText(text).width;
    };
    const names = [column, ...(layer.style.labelShort ? [layer.style.labelShort] : [])];
    return fitted(shown, names, size.y, MOST_LABELS, width).map((one) => ({ ...one, under: false }));
  }

  private drawLabels(to: CanvasRenderingContext2D, labels: Label[]): void {
    // A name across a number could be read as neither.
    const many = this.crowds.filter((one) => one.spots.length > 1);
    const taken = many.map(({ x, y, spots }): [number, number, number, number] => {
      const radius = crowdRadius(spots.length);
      return [x - radius, y - radius, x + radius, y + radius];
    });
    to.textAlign = "center";
    to.lineJoin = "round";
    for (const label of labels) {
      to.font = `${label.size >= 15 ? "700" : "400"} ${label.size}px ${FONT}`;
      to.textBaseline = label.under ? "top" : "middle";
      const text = label.text.length > 42 ? `${label.text.slice(0, 41)}…` : label.text;
      const half = to.measureText(text).width / 2 + 2;
      const top = label.under ? label.y : label.y - label.size * 0.75;
      const box: [number, number, number, number] = [label.x - half, top, label.x + half, top + label.size * 1.5];
      if (taken.some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1])) continue;
      taken.push(box);
      to.lineWidth = 4;
      to.strokeStyle = "rgba(255,255,255,0.92)";
      to.strokeText(text, label.x, label.y);
      to.fillStyle = "#1d2b36";
      to.fillText(text, label.x, label.y);
    }
  }
}

function extent(box: [number, number, number, number]): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}
