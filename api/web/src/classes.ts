// What a column's values are coloured as: the codes of a list, classes of a number, how long ago a day was.
import { Bands } from "./bands";
import type { Config, Field, LayerConfig, Pattern, Text, Theme, Values } from "./config";
import { number, WORDS } from "./words";

export interface Class {
  key: string;
  label: Text;
  color: string;
  pattern?: Pattern | null;
}

export interface Classing {
  title: Text;
  list: readonly Class[];
  /** What is learnt by looking closely, where tiles do not carry it. */
  bands?: Bands;
  keyOf(values: Values, id: number): string;
}

/** Pale to deep: told apart in grey and by those who see red and green alike. */
const DEEPER = ["#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8", "#253494"];
/** New to old. */
const OLDER = ["#08519c", "#6baed6", "#fdbe85", "#d94801"];
/** For codes that nobody gave a colour. */
const MANY = ["#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#edc948", "#9c755f", "#ff9da7", "#5b5b5b"];
const UNSAID = "#9aa5ab";
const YEAR = 365.25 * 24 * 3600 * 1000;
const AGES: readonly [number, Text][] = [
  [1, { th: "ไม่ถึง 1 ปี", en: "less than a year" }],
  [2, { th: "1–2 ปี", en: "1–2 years" }],
  [5, { th: "2–5 ปี", en: "2–5 years" }],
  [Infinity, { th: "เกิน 5 ปี", en: "more than 5 years" }],
];

/** The columns of a layer that it can be coloured by. */
export function colourable(layer: LayerConfig): Field[] {
  if (layer.counts) return [];
  return fields(layer).filter((field) => (field.codes ? !field.many : field.kind !== "text"));
}

/** The columns of a layer that it can be filtered by. */
export function filterable(layer: LayerConfig): Field[] {
  return colourable(layer).filter((field) => field.codes || field.kind === "date" || field.kind === "truth");
}

export function fields(layer: LayerConfig): Field[] {
  return [...layer.popup, ...layer.carried];
}

/** The columns that it can be coloured by and that no theme of it is about. */
export function unthemed(layer: LayerConfig): Field[] {
  const themed = new Set(layer.themes.map((theme) => theme.id));
  return colourable(layer).filter((field) => !themed.has(field.name));
}

/** What the view names: a theme of the layer, or a column of it, as its classes. */
export async function chosen(config: Config, layer: LayerConfig, name: string, today: Date): Promise<Classing | null> {
  const theme = layer.themes.find((one) => one.id === name);
  if (theme) return themed(config, layer, theme);
  const field = colourable(layer).find((one) => one.name === name);
  return field ? classing(config, layer, field, today) : null;
}

interface Entry {
  key: string;
  label: Text;
  color: string;
  pattern?: Pattern;
  from?: number;
  below?: number;
}

/** The classes of a theme are its legend's, so that whoever draws our tiles draws the same. */
async function themed(config: Config, layer: LayerConfig, theme: Theme): Promise<Classing> {
  const answer = await fetch(`${config.base}/tiles/${layer.id}/legend?f=json&theme=${encodeURIComponent(theme.id)}`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const list = ((await answer.json()) as { entries: Entry[] }).entries;
  const { title, by } = theme;
  if (by === null) {
    const bands = new Bands(config.base, layer, theme);
    return { title, list, bands, keyOf: (_, id) => bands.of(id) };
  }
  if (!list.some((one) => one.from !== undefined || one.below !== undefined)) {
    const known = new Set(list.map((one) => one.key));
    return { title, list, keyOf: (values) => (known.has(said(values, by)) ? said(values, by) : "") };
  }
  const keyOf = (values: Values): string => {
    const value = values[by];
    if (value === undefined || value === "") return "";
    const at = Number(value);
    return list.find((one) => one.key !== "" && (one.from === undefined || at >= one.from) && (one.below === undefined || at < one.below))?.key ?? "";
  };
  return { title, list, keyOf };
}

/** The classes of a column; numbers are asked of the server, so that they are the same wherever the map looks. */
async function classing(config: Config, layer: LayerConfig, field: Field, today: Date): Promise<Classing> {
  if (field.codes) return coded(config, field);
  if (field.kind === "truth") return truths(field);
  if (field.kind === "date") return ages(field, today);
  const asked = `layer=${encodeURIComponent(layer.id)}&property=${encodeURIComponent(field.name)}`;
  const answer = await fetch(`${config.base}/map/classes?${asked}`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const found = (await answer.json()) as { starts: number[]; low: number | null; high: number | null };
  return numbers(field, found.low, found.starts, found.high);
}

function coded(config: Config, field: Field): Classing {
  const codes = config.codes[field.codes!] ?? [];
  const list = codes.map((one, at) => ({ key: one.code, label: one.label, color: one.color ?? MANY[at % MANY.length]!, pattern: one.pattern }));
  return { title: field.label, list: [...list, none()], keyOf: (values) => said(values, field.name) };
}

function truths(field: Field): Classing {
  const list = [
    { key: "true", label: WORDS.yes, color: "#2c7fb8" },
    { key: "false", label: WORDS.no, color: "#d94801" },
    none(),
  ];
  return { title: field.label, list, keyOf: (values) => said(values, field.name) };
}

function numbers(field: Field, low: number | null, starts: number[], high: number | null): Classing {
  const begins = low === null ? [] : [low, ...starts];
  const unit = field.unit ? ` ${field.unit}` : "";
  // What is counted in hundreds needs no parts of one.
  const written = (value: number) => (field.kind === "year" ? String(value) : number(value, Math.abs(value) >= 100 ? 0 : 2));
  const list = begins.map((from, at) => {
    const to = begins[at + 1] ?? high ?? from;
    const isLast = at === begins.length - 1;
    const range = from === to ? written(from) : `${written(from)} – ${isLast ? "" : "<"}${written(to)}`;
    const color = DEEPER[begins.length === 1 ? 2 : Math.round((at * (DEEPER.length - 1)) / (begins.length - 1))]!;
    return { key: String(at), label: { th: range + unit, en: range + unit }, color };
  });
  const keyOf = (values: Values): string => {
    const value = values[field.name];
    if (value === undefined || value === "" || begins.length === 0) return "";
    let found = 0;
    begins.forEach((from, at) => {
      if (Number(value) >= from) found = at;
    });
    return String(found);
  };
  return { title: field.label, list: [...list, none()], keyOf };
}

function ages(field: Field, today: Date): Classing {
  const list = AGES.map(([, label], at) => ({ key: String(at), label, color: OLDER[at]! }));
  const keyOf = (values: Values): string => {
    const value = values[field.name];
    const day = Date.parse(String(value ?? ""));
    if (Number.isNaN(day)) return "";
    const years = (today.getTime() - day) / YEAR;
    return String(AGES.findIndex(([most]) => years < most));
  };
  return { title: field.label, list: [...list, none()], keyOf };
}

function none(): Class {
  return { key: "", label: WORDS.noCode, color: UNSAID };
}

function said(values: Values, name: string): string {
  const value = values[name];
  return value === undefined ? "" : String(value);
}
