// The configuration that geo/render/element.py writes: one shape, described once on each side.

export interface Text {
  th: string;
  en: string;
}

export type Language = keyof Text;

export interface Code {
  code: string;
  label: Text;
  color: string | null;
}

export interface Style {
  color: string;
  fillOpacity: number;
  strokeWidth: number;
  dash: number[] | null;
  symbol: "circle" | "triangle" | "square" | "drop";
  by: string | null;
  label: string | null;
  labelFromZoom: number;
}

export interface Field {
  name: string;
  label: Text;
  codes: string | null;
  many: boolean;
  unit: string | null;
  kind: "text" | "number" | "year" | "date" | "truth";
}

export interface LayerConfig {
  id: string;
  title: Text;
  about: Text;
  source: Text;
  licence: string;
  only: Text | null;
  group: { place: number; label: Text };
  stack: number;
  dimension: 0 | 1 | 2;
  counts: boolean;
  atLeast: number | null;
  edition: Text | null;
  zooms: [number, number];
  generalisedBelow: number | null;
  shown: boolean;
  style: Style;
  popup: Field[];
  /** What tiles bring beside the popup, to colour and filter by. */
  carried: Field[];
  nameField: string | null;
  page: string | null;
}

export interface Config {
  base: string;
  language: Language;
  demo: boolean;
  layers: LayerConfig[];
  codes: Record<string, Code[]>;
  focus: { layer: string; id: number } | null;
  basemap: { url: string; credit: string } | null;
  places: { label: Text; box: [number, number, number, number] }[];
  account: { href: string; label: Text; more: Text | null } | null;
  search: { url: string } | null;
  past: boolean;
}

export type Value = string | number | boolean;
export type Values = Record<string, Value>;
