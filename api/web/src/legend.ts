// What the colours of a layer mean, as they are painted now, with how many of each are in view.
import { type Classing, colourable } from "./classes";
import type { Config, Language, LayerConfig, Text } from "./config";
import { make } from "./dom";
import { hatched } from "./hatch";
import { drawSymbol, faded, type Painter, STEPS } from "./paint";
import { WORDS } from "./words";

/** How many features of each class are in view; "#" are those that filters hide. */
export type Counts = ReadonlyMap<string, number>;

export function both(text: Text, language: Language): HTMLElement[] {
  const other = language === "th" ? "en" : "th";
  const own = make("span", { lang: language }, text[language]);
  return text.th === text.en ? [own] : [own, make("small", { lang: other }, text[other])];
}

export function legend(
  layer: LayerConfig, painter: Painter, classing: Classing | null, by: string, config: Config, words: Language,
): HTMLElement {
  const list = make("ul", { class: "atlas-legend" });
  if (layer.counts) return steps(list, layer, words);
  const field = colourable(layer).find((one) => one.name === by) ?? layer.popup.find((one) => one.name === by);
  const codes = field?.codes ? (config.codes[field.codes] ?? []).filter((code) => code.color) : [];
  const classes = classing ? classing.list : codes.map((code) => ({ key: code.code, label: code.label }));
  for (const one of classes) {
    const count = make("span", { class: "atlas-count", "data-class": one.key });
    list.append(make("li", {}, swatch(painter, one.key), make("span", {}, ...both(one.label, words)), count));
  }
  if (list.children.length === 0) return list;
  const title = classing?.title ?? field?.label;
  const details = make("details", { class: "atlas-legend-box" }, make("summary", {}, title?.[words] ?? ""), list);
  // Long lists of kinds stay folded; the few levels of a risk are what the eye needs at once, and what was asked for.
  details.open = classing !== null || list.children.length <= 4;
  return details;
}

/** Tell the counts in a legend that is on the page. */
export function counted(legend: Element, counts: Counts | null): void {
  legend.querySelectorAll<HTMLElement>(".atlas-count").forEach((one) => {
    const count = counts?.get(one.getAttribute("data-class") ?? "");
    one.textContent = count ? count.toLocaleString("en-US") : "";
  });
}

function steps(list: HTMLElement, layer: LayerConfig, words: Language): HTMLElement {
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

/** The layer's own way of drawing, small; `key` is a class, and null stands for the layer as a whole. */
export function swatch(painter: Painter, key: string | null): HTMLCanvasElement {
  const canvas = make("canvas", { width: 44, height: 44, class: "atlas-drawn", "aria-hidden": "true" });
  const to = canvas.getContext("2d");
  if (!to) return canvas;
  to.scale(2, 2);
  const { style, dimension } = painter.layer;
  const paint = key === null ? painter.paint({}, 0) : painter.classPaint(key);
  if (dimension === 0) {
    drawSymbol(to, style.symbol, paint, 11, 12, 7);
    return canvas;
  }
  to.fillStyle = paint.fill;
  to.strokeStyle = paint.line;
  to.lineWidth = Math.max(1.2, style.strokeWidth);
  to.setLineDash(style.dash ? [4, 3] : []);
  if (style.fillOpacity > 0 || key !== null) to.fillRect(3, 4, 16, 14);
  if (paint.hatch) {
    to.fillStyle = hatched(to, paint);
    to.fillRect(3, 4, 16, 14);
  }
  to.strokeRect(3, 4, 16, 14);
  return canvas;
}
