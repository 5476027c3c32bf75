// The layer switch and the legend, one above the other for each layer, top of the map first.
import type { Config, Language, LayerConfig, Text } from "./config";
import { button, make } from "./dom";
import { drawSymbol, faded, type Painter, STEPS } from "./paint";
import { WORDS } from "./words";

export interface Panel {
  control: L.Control;
  translate(): void;
  update(zoom: number, generalised: ReadonlySet<string>): void;
}

export function panel(
  config: Config,
  painters: ReadonlyMap<string, Painter>,
  language: () => Language,
  isOn: (layer: LayerConfig) => boolean,
  switched: (layer: LayerConfig, on: boolean) => void,
  beside: HTMLElement,
): Panel {
  const body = make("div", { class: "atlas-panel-body", id: "atlas-panel-body" });
  const open = button("", "☰", () => toggle(!box.classList.contains("open")), "atlas-panel-button");
  const bar = make("div", { class: "atlas-bar" }, beside, open);
  const box = make("section", { class: "atlas-panel leaflet-bar" }, bar, body);
  const notes = new Map<string, HTMLElement>();

  const toggle = (on: boolean): void => {
    box.classList.toggle("open", on);
    open.setAttribute("aria-expanded", String(on));
    open.textContent = on ? "×" : "☰";
  };

  const draw = (): void => {
    const words = language();
    open.setAttribute("aria-label", WORDS.layers[words]);
    open.title = WORDS.layers[words];
    box.setAttribute("aria-label", WORDS.layers[words]);
    const unfolded = new Set([...body.querySelectorAll("details[open]")].map((one) => one.getAttribute("data-layer")));
    body.replaceChildren(make("h2", {}, ...both(WORDS.layers, words)));
    for (const layer of [...config.layers].reverse()) body.append(entry(layer, words, unfolded.has(layer.id)));
  };

  const entry = (layer: LayerConfig, words: Language, unfolded: boolean): HTMLElement => {
    const painter = painters.get(layer.id)!;
    const box = make("input", { type: "checkbox", "data-layer": layer.id });
    box.checked = isOn(layer);
    box.addEventListener("change", () => switched(layer, box.checked));
    const title = make("span", { class: "atlas-title" }, ...both(layer.title, words));
    const row = make("label", { class: "atlas-layer" }, box, swatch(painter, null), title);
    const note = make("p", { class: "atlas-note", role: "note" });
    notes.set(layer.id, note);
    const about = make("p", { class: "atlas-about", lang: words }, layer.about[words]);
    if (layer.only) about.append(` (${layer.only[words]})`);
    const details = make("details", { "data-layer": layer.id }, make("summary", {}, WORDS.sources[words]), about);
    details.append(make("p", { class: "atlas-about" }, `${layer.source[words]} — ${layer.licence}`));
    details.open = unfolded;
    return make("div", { class: "atlas-entry" }, row, note, legend(layer, painter, config, words), details);
  };

  draw();
  const control = new L.Control({ position: "topright" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    toggle(window.innerWidth >= 1200);
    return box;
  };
  return {
    control,
    translate: draw,
    update(zoom, generalised) {
      for (const layer of config.layers) {
        const note = notes.get(layer.id);
        if (!note) continue;
        const words = !isOn(layer) ? null : zoom < layer.zooms[0] ? WORDS.zoomIn : null;
        const told = words ?? (isOn(layer) && generalised.has(layer.id) ? WORDS.overview : null);
        note.replaceChildren(...(told ? both(told, language()) : []));
        note.hidden = told === null;
      }
    },
  };
}

function both(text: Text, language: Language): HTMLElement[] {
  const other = language === "th" ? "en" : "th";
  return [make("span", { lang: language }, text[language]), make("small", { lang: other }, text[other])];
}

function legend(layer: LayerConfig, painter: Painter, config: Config, words: Language): HTMLElement {
  const list = make("ul", { class: "atlas-legend" });
  if (layer.counts) {
    STEPS.filter((one) => one.from >= (layer.atLeast ?? 1)).forEach((one, at, all) => {
      const next = all[at + 1];
      const range = next ? `${one.from}–${next.from - 1}` : `${one.from}+`;
      const square = make("span", { class: "atlas-swatch", "aria-hidden": "true" });
      square.style.backgroundColor = faded(layer.style.color, one.opacity);
      list.append(make("li", {}, square, `${range} ${WORDS.perSquare[words]}`));
    });
    if (layer.edition) list.append(make("li", { class: "atlas-edition" }, make("span", {}, ...both(layer.edition, words))));
    return list;
  }
  const field = layer.popup.find((one) => one.name === layer.style.by);
  for (const code of field?.codes ? (config.codes[field.codes] ?? []) : []) {
    if (code.color) list.append(make("li", {}, swatch(painter, code.code), make("span", {}, ...both(code.label, words))));
  }
  if (list.children.length === 0) return list;
  const summary = make("summary", {}, field?.label[words] ?? "");
  const details = make("details", { class: "atlas-legend-box" }, summary, list);
  // Long lists of kinds stay folded; the few levels of a risk are what the eye needs at once.
  details.open = list.children.length <= 4;
  return details;
}

/** The layer's own way of drawing, small; `code` null stands for the layer as a whole. */
function swatch(painter: Painter, code: string | null): HTMLCanvasElement {
  const canvas = make("canvas", { width: 44, height: 44, class: "atlas-drawn", "aria-hidden": "true" });
  const to = canvas.getContext("2d");
  if (!to) return canvas;
  to.scale(2, 2);
  const { style, dimension } = painter.layer;
  const by = style.by;
  const paint = painter.paint(code !== null && by ? { [by]: code } : {});
  if (dimension === 0) {
    drawSymbol(to, style.symbol, paint, 11, 12, 7);
    return canvas;
  }
  to.fillStyle = paint.fill;
  to.strokeStyle = paint.line;
  to.lineWidth = Math.max(1.2, style.strokeWidth);
  to.setLineDash(style.dash ? [4, 3] : []);
  if (style.fillOpacity > 0) to.fillRect(3, 4, 16, 14);
  to.strokeRect(3, 4, 16, 14);
  return canvas;
}
