// The tiles of every layer on one canvas a square: one request brings all layers, a switch only repaints.
import type { LayerConfig } from "./config";
import { drawShapes, type Painter } from "./paint";
import { source, type Place, type TileStore } from "./store";

interface Live {
  coords: L.Coords;
  canvas: HTMLCanvasElement;
  /** How often it was asked to be painted: of several paintings under way the last one counts. */
  turn: number;
  painted: Promise<void>;
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
    const live = { coords, canvas, turn: 0, painted: Promise.resolve() };
    this.live.set(name(coords), live);
    void this.filled(live).then(() => done(undefined, canvas));
    return canvas;
  }

  /** Paint every square again, after a switch; done when what was missing has arrived. */
  async repaint(): Promise<void> {
    await Promise.all([...this.live.values()].map((one) => this.filled(one)));
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

  /** Paint one square; done when it is painted as it was wanted last. */
  private filled(one: Live): Promise<void> {
    const turn = ++one.turn;
    const isLast = () => one.turn === turn || this.live.get(name(one.coords)) !== one;
    one.painted = this.painting(one, turn).then(() => (isLast() ? undefined : one.painted));
    return one.painted;
  }

  private async painting(one: Live, turn: number): Promise<void> {
    const layers = this.shownAt(one.coords.z);
    const ids = layers.map((layer) => layer.id);
    const current = () => this.live.get(name(one.coords)) === one && one.turn === turn;
    const { place, scale, left, top } = source(one.coords);
    if (ids.length > 0) await this.store.wanted(place, ids, current);
    if (!current()) return;
    // Painted aside and put there at once: what is on the screen stays until the new one is whole. In memory of our own,
    // so that each piece of it is done when it is asked for (see `drawShapes`).
    const aside = document.createElement("canvas");
    aside.width = aside.height = one.canvas.width;
    const to = aside.getContext("2d", { willReadFrequently: true });
    if (!to) return;
    const ratio = aside.width / 256;
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const layer of this.shownAt(one.coords.z)) {
      const painter = this.painters.get(layer.id);
      if (!painter || layer.dimension === 0) continue;
      const features = this.store.at(place, layer.id);
      if (!(await drawShapes(to, painter, features, 256 * scale, 256 * left, 256 * top, 256, current))) return;
    }
    const on = one.canvas.getContext("2d");
    if (!on || !current()) return;
    on.clearRect(0, 0, one.canvas.width, one.canvas.height);
    on.drawImage(aside, 0, 0);
    this.drawn();
  }
}

function name(place: Place): string {
  return `${place.z}/${place.x}/${place.y}`;
}

function same(one: Place, other: Place): boolean {
  return one.z === other.z && one.x === other.x && one.y === other.y;
}
