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
  pattern: Pattern | null;
}

/** Hatching over a colour, for those to whom two colours are one. */
export type Pattern = "slash" | "lines" | "dots" | "cross";

/**
 * A declared way to colour a layer. Its column `by` comes with tiles that are asked for it, unless it is `inTiles`
 * anyway; where `by` is null it comes with none, and its classes are asked for `apartFrom` a zoom on.
 */
export interface Theme {
  id: string;
  title: Text;
  by: string | null;
  inTiles: boolean;
  apartFrom: number | null;
  note: Text | null;
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
  labelToZoom: number | null;
  labelSize: number | null;
  labelFits: boolean;
  labelShort: string | null;
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
  themes: Theme[];
  isIndex: boolean;
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
