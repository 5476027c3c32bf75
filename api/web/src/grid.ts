// The tiles of every layer on one canvas a square: one request brings all layers, a switch only repaints.
import type { LayerConfig } from "./config";
import { drawShapes, type Painter } from "./paint";
import { source, type Place, type TileStore } from "./store";

interface Live {
  coords: L.Coords;
  canvas: HTMLCanvasElement;
}

export class AtlasGrid extends L.GridLayer {
  private readonly live = new Map<string, Live>();

  constructor(
    private readonly store: TileStore,
    private readonly layers: readonly LayerConfig[],
    private readonly painters: ReadonlyMap<string, Painter>,
    private readonly isOn: (layer: LayerConfig) => boolean,
    private readonly drawn: () => void,
  ) {
    super({ tileSize: 256, keepBuffer: 1, updateWhenZooming: false, className: "atlas-tile", maxZoom: 21 });
    this.on("tileunload", (event) => {
      const { coords } = event as L.TileEvent;
      this.live.delete(name(coords));
      const left = source(coords).place;
      // At deep zooms several squares draw from one tile; the request is stopped when the last of them is gone.
      if (![...this.live.values()].some((one) => same(source(one.coords).place, left))) this.store.leave(left);
    });
  }

  protected override createTile(coords: L.Coords, done: L.DoneCallback): HTMLElement {
    const canvas = document.createElement("canvas");
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = canvas.height = 256 * ratio;
    this.live.set(name(coords), { coords, canvas });
    void this.filled({ coords, canvas }).then(() => done(undefined, canvas));
    return canvas;
  }

  /** Paint every square again, after a switch. */
  repaint(): void {
    for (const one of this.live.values()) void this.filled(one);
  }

  /** The layers to draw at a zoom, bottom to top. */
  shownAt(zoom: number): LayerConfig[] {
    return this.layers.filter((layer) => this.isOn(layer) && zoom >= layer.zooms[0]);
  }

  /** The data tiles of the squares on screen. */
  places(): Place[] {
    const found = new Map<string, Place>();
    const zoom = Math.round(this._map?.getZoom() ?? 0);
    for (const { coords } of this.live.values()) {
      const { place } = source(coords);
      if (coords.z === zoom) found.set(name(place), place);
    }
    return [...found.values()];
  }

  private async filled(one: Live): Promise<void> {
    const layers = this.shownAt(one.coords.z);
    const ids = layers.map((layer) => layer.id);
    const current = () => this.live.get(name(one.coords))?.canvas === one.canvas;
    const { place, scale, left, top } = source(one.coords);
    if (ids.length > 0) await this.store.wanted(place, ids, current);
    if (!current()) return;
    const to = one.canvas.getContext("2d");
    if (!to) return;
    const ratio = one.canvas.width / 256;
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    to.clearRect(0, 0, 256, 256);
    for (const layer of this.shownAt(one.coords.z)) {
      const painter = this.painters.get(layer.id);
      if (painter && layer.dimension > 0) drawShapes(to, painter, this.store.at(place, layer.id), 256 * scale, 256 * left, 256 * top, 256);
    }
    this.drawn();
  }
}

function name(place: Place): string {
  return `${place.z}/${place.x}/${place.y}`;
}

function same(one: Place, other: Place): boolean {
  return one.z === other.z && one.x === other.x && one.y === other.y;
}
