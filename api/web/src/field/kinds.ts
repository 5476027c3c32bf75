// What lies on the phone: drafts, reports that wait, their photographs, and what was brought along to read.
import type { Code, Field, LayerConfig, Text } from "../config";

export type Position = [lon: number, lat: number];
export type Words = Record<string, string>;

/** Where something is: degrees WGS 84, the metres that the phone was sure of, and how it was found. */
export interface Place {
  kind: "POINT" | "LINESTRING" | "POLYGON";
  points: Position[];
  accuracy: number | null;
  how: "gps" | "map" | "typed";
}

export interface Problem {
  column: string | null;
  th: string;
  en: string;
}

/** A mark on the server that is changed here: the version that was seen, and what it said. */
export interface Target {
  id: number;
  version: number;
  words: Words;
  geometry: GeoJSON.Geometry | null;
}

/** What somebody is writing. Times are the phone's. */
export interface Draft {
  id: string;
  login: string;
  layer: string;
  words: Words;
  place: Place | null;
  target: Target | null;
  problems: Problem[];
  started_at: string;
  touched_at: string;
}

export type State = "waiting" | "sending" | "refused" | "conflict" | "sent";

/** The server's word that a mark is kept: its number and version, and when by the server's clock. */
export interface Receipt {
  id: number;
  version: number;
  kept_at: string | null;
  received_at: string;
}

/** Why something is not sent yet. */
export interface Why {
  code: string;
  told: Text;
}

/** What was finished and waits to be sent; `body` is what goes over the line, the same bytes each time under `key`. */
export interface Report {
  id: string;
  key: string;
  login: string;
  imported: boolean;
  layer: string;
  title: string;
  draft: Draft;
  body: string;
  state: State;
  written_at: string;
  tries: number;
  next_at: number;
  why: Why | null;
  problems: Problem[];
  receipt: Receipt | null;
  theirs: { version: number; words: Words; geometry: GeoJSON.Geometry | null } | null;
  done_at: string | null;
}

/** A photograph of a draft or report (`of`); its picture is let go once the server has said that it is kept. */
export interface Photo {
  id: string;
  of: string;
  key: string;
  blob: Blob | null;
  name: string;
  lon: number | null;
  lat: number | null;
  taken_at: string | null;
  bytes: number;
  receipt: { id: number; received_at: string } | null;
  refused: Text | null;
}

export interface Person {
  login: string;
  name: string;
  audience: string;
  may_mark: boolean;
  towns: string[];
  communities: number[];
}

export interface FormLayer {
  id: string;
  title: Text;
  kinds: ("POINT" | "LINESTRING" | "POLYGON")[];
  fields: Field[];
}

export interface Forms {
  layers: FormLayer[];
  codes: Record<string, Code[]>;
}

export interface Ground {
  demo: boolean;
  layers: LayerConfig[];
  codes: Record<string, Code[]>;
}

export interface Community {
  id: number;
  town: string;
  name: Text;
  rings: Position[][];
}

/** What was brought along of a community: its tiles by count and bytes. */
export interface Prepared {
  community: Community;
  tiles: number;
  had: number;
  bytes: number;
  at: string;
}

/** A mark of one's own or of one's area, taken along to be changed outside. */
export interface Along {
  key: string;
  login: string;
  layer: string;
  title: string;
  target: Target;
  at: string;
}
