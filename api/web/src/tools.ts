// What one layer can be coloured and filtered by: a list of its columns, and for each that has kinds or days a choice.
import { colourable, filterable, unthemed } from "./classes";
import type { Config, Field, Language, LayerConfig } from "./config";
import { button, make } from "./dom";
import type { View } from "./view";
import { WORDS } from "./words";

export interface Changes {
  coloured(layer: LayerConfig): void;
  filtered(layer: LayerConfig): void;
}

export function tools(config: Config, layer: LayerConfig, view: View, words: Language, changes: Changes): HTMLElement[] {
  const columns = colourable(layer);
  if (columns.length === 0 && layer.themes.length === 0) return [];
  const parts: HTMLElement[] = [];
  const select = make("select", { "data-colour": layer.id });
  const own = layer.themes.some((theme) => theme.id === layer.style.by) || columns.some((field) => field.name === layer.style.by) ? layer.style.by! : "";
  select.append(make("option", { value: "" }, WORDS.oneColour[words]));
  const others = unthemed(layer).map((field) => make("option", { value: field.name }, field.label[words]));
  const themes = layer.themes.map((theme) => make("option", { value: theme.id }, theme.title[words]));
  if (themes.length > 1) select.append(make("optgroup", { label: WORDS.themes[words] }, ...themes));
  else select.append(...themes);
  if (themes.length > 1 && others.length > 0) select.append(make("optgroup", { label: WORDS.otherColumns[words] }, ...others));
  else select.append(...others);
  select.value = view.by.get(layer.id) ?? own;
  select.addEventListener("change", () => {
    if (select.value === own) view.by.delete(layer.id);
    else view.by.set(layer.id, select.value);
    changes.coloured(layer);
  });
  parts.push(make("label", { class: "atlas-tool" }, make("span", {}, WORDS.colourBy[words]), select));
  for (const field of filterable(layer)) parts.push(filter(config, layer, field, view, words, changes));
  const clear = button(WORDS.clearOne[words], WORDS.clearOne[words], () => {
    view.filters.delete(layer.id);
    changes.filtered(layer);
  }, "atlas-clear");
  clear.hidden = !view.isFiltered(layer.id);
  parts.push(clear);
  return parts;
}

function filter(
  config: Config, layer: LayerConfig, field: Field, view: View, words: Language, changes: Changes,
): HTMLElement {
  const chosen = view.filters.get(layer.id)?.get(field.name);
  const summary = make("summary", {}, `${WORDS.filter[words]}: ${field.label[words]}`);
  const box = make("details", { class: "atlas-filter", "data-filter": `${layer.id}.${field.name}` }, summary);
  // Dozens of columns with dozens of kinds: each is made when somebody opens it.
  const fill = (): void => {
    if (box.open && box.children.length === 1) box.append(choices(config, layer, field, view, words, changes));
  };
  box.addEventListener("toggle", fill);
  box.open = chosen !== undefined;
  fill();
  return box;
}

function choices(
  config: Config, layer: LayerConfig, field: Field, view: View, words: Language, changes: Changes,
): Node {
  const chosen = view.filters.get(layer.id)?.get(field.name);
  if (field.kind === "date") {
    const day = (label: string, name: "from" | "to") => {
      const input = make("input", { type: "date", value: chosen?.[name] ?? "" });
      input.addEventListener("change", () => {
        const now = view.filters.get(layer.id)?.get(field.name) ?? {};
        view.choose(layer.id, field.name, { from: now.from, to: now.to, [name]: input.value || undefined });
        changes.filtered(layer);
      });
      return make("label", { class: "atlas-tool" }, make("span", {}, label), input);
    };
    const both = document.createDocumentFragment();
    both.append(day(WORDS.from[words], "from"), day(WORDS.until[words], "to"));
    return both;
  }
  const kinds = field.kind === "truth"
    ? [{ code: "true", label: WORDS.yes }, { code: "false", label: WORDS.no }]
    : (config.codes[field.codes!] ?? []);
  const list = make("ul", { class: "atlas-kinds" });
  for (const kind of [...kinds, { code: "", label: WORDS.noCode }]) {
    const check = make("input", { type: "checkbox", "data-code": kind.code });
    check.checked = chosen?.codes?.includes(kind.code) ?? false;
    check.addEventListener("change", () => {
      const now = new Set(view.filters.get(layer.id)?.get(field.name)?.codes ?? []);
      if (check.checked) now.add(kind.code);
      else now.delete(kind.code);
      view.choose(layer.id, field.name, { codes: [...now] });
      changes.filtered(layer);
    });
    list.append(make("li", {}, make("label", {}, check, make("span", {}, kind.label[words]))));
  }
  return list;
}
