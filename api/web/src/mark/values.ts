// What a form holds are words; what is sent and kept are values.
import type { Field } from "../config";
import type { Values } from "./form";

/** A mark's columns as the form shows them. */
export function valuesOf(fields: readonly Field[], properties: GeoJSON.GeoJsonProperties): Values {
  const found: Values = {};
  for (const { name } of fields) {
    const value: unknown = properties?.[name];
    if (value === null || value === undefined) continue;
    found[name] = Array.isArray(value) ? value.join(" ") : String(value);
  }
  return found;
}

function sent(field: Field, typed: string): unknown {
  const text = typed.trim();
  if (text === "") return null;
  if (field.kind === "truth") return text === "true";
  if (/^-?\d+(\.\d+)?$/.test(text) && (field.kind === "number" || field.name === "likelihood" || field.name === "severity")) return Number(text);
  return text;
}

/** Everything that was said, for a new mark. */
export function propertiesOf(fields: readonly Field[], values: Values): Record<string, unknown> {
  const all = fields.map((field) => [field.name, sent(field, values[field.name] ?? "")] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== null));
}

/** What differs from what was there. */
export function patchOf(fields: readonly Field[], values: Values, base: Values): Record<string, unknown> {
  const changed = fields.filter(({ name }) => (values[name] ?? "").trim() !== (base[name] ?? ""));
  return Object.fromEntries(changed.map((field) => [field.name, sent(field, values[field.name] ?? "")]));
}
