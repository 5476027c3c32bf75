// A map within a page: the town's layers as everybody's map draws them, without panels and cards.
import type { Code, Config, LayerConfig } from "./config";
import { AtlasGrid } from "./grid";
import { Overlay } from "./overlay";
import { painters } from "./paint";
import { TileStore } from "./store";

export interface MapWords {
  layers: LayerConfig[];
  codes: Record<string, Code[]>;
  basemap: string | null;
  box: [number, number, number, number];
}

/** Draw these layers into `area`, with its box in sight. */
export function drawn(area: HTMLElement, words: MapWords): L.Map {
  const map = L.map(area, { minZoom: 9, maxZoom: 20, attributionControl: false, zoomControl: false });
  const [west, south, east, north] = words.box;
  map.fitBounds([[south, west], [north, east]], { animate: false });
  if (words.basemap) L.tileLayer(words.basemap, { maxZoom: 21, maxNativeZoom: 19 }).addTo(map);
  const drawnAs = painters({ layers: words.layers, codes: words.codes } as Config);
  const store = new TileStore("", () => undefined);
  const on = (_: LayerConfig): boolean => true;
  const grid: AtlasGrid = new AtlasGrid(store, words.layers, drawnAs, on, () => overlay.plan());
  const overlay = new Overlay(store, grid, drawnAs);
  grid.addTo(map);
  overlay.addTo(map);
  L.control.zoom({ position: "topleft" }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  return map;
}
