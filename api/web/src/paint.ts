// How a layer is drawn on a canvas, worked out once from its declared style.
import type { Classing } from "./classes";
import type { Code, Config, LayerConfig, Pattern, Values } from "./config";
import type { Feature } from "./decode";
import { hatched } from "./hatch";
import { isTired, nextFrame } from "./pace";
import type { Choice } from "./view";

export interface Paint {
  fill: string;
  line: string;
  hatch: Pattern | null;
}

/** Squares of a count, from pale to strong; the legend shows the same steps. */
export const STEPS: readonly { from: number; opacity: number }[] = [
  { from: 1, opacity: 0.14 },
  { from: 5, opacity: 0.28 },
  { from: 20, opacity: 0.44 },
  { from: 100, opacity: 0.62 },
  { from: 500, opacity: 0.82 },
];

export class Painter {
  private readonly known = new Map<string, Paint>();
  private classing: Classing | null = null;
  private isPlain = false;
  private choices: ReadonlyMap<string, Choice> | null = null;

  constructor(
    readonly layer: LayerConfig,
    private readonly codes: Code[] | undefined,
  ) {}

  /** Colour by another column than the declared one; null goes back to that, `plain` is one colour for all. */
  colourBy(classing: Classing | null, plain = false): void {
    this.classing = classing;
    this.isPlain = plain;
    this.known.clear();
  }

  /** Show what has these values and nothing else. */
  narrow(choices: ReadonlyMap<string, Choice> | null): void {
    this.choices = choices;
  }

  /** Whether a feature passes the filters; a square of counts is of all features, and is shown as that. */
  shows(values: Values): boolean {
    if (!this.choices || this.isCount(values)) return true;
    for (const [column, choice] of this.choices) if (!passes(values[column], choice)) return false;
    return true;
  }

  /** The colours of one feature. */
  paint(values: Values, id: number): Paint {
    if (this.isCount(values)) return this.remembered(`#${step(Number(values["count"]))}`, () => this.counted(values));
    const { by } = this.layer.style;
    const key = this.classing ? this.classing.keyOf(values, id) : by && !this.isPlain ? String(values[by] ?? "") : "";
    return this.remembered(key, () => this.coloured(key));
  }

  /** Whether a feature stands for several: a square with a count. */
  isCount(values: Values): boolean {
    return typeof values["count"] === "number";
  }

  color(key: string): string {
    if (this.classing) return this.classing.list.find((one) => one.key === key)?.color ?? this.layer.style.color;
    return (this.isPlain ? undefined : this.codes?.find((one) => one.code === key)?.color) ?? this.layer.style.color;
  }

  /** The colours of one class. */
  classPaint(key: string): Paint {
    return this.remembered(key, () => this.coloured(key));
  }

  private remembered(key: string, worked: () => Paint): Paint {
    const known = this.known.get(key);
    if (known) return known;
    const paint = worked();
    this.known.set(key, paint);
    return paint;
  }

  private coloured(key: string): Paint {
    const color = this.color(key);
    const isOne = !this.classing && (this.isPlain || !this.layer.style.by);
    // A class must be seen as its colour: an outline that is filled with nothing gets some of it.
    const opacity = this.classing ? Math.max(0.55, this.layer.style.fillOpacity) : this.layer.style.fillOpacity;
    const hatch = this.classing?.list.find((one) => one.key === key)?.pattern ?? null;
    return { fill: faded(color, opacity), line: isOne ? color : darker(color), hatch };
  }

  private counted(values: Values): Paint {
    const opacity = STEPS[step(Number(values["count"]))]?.opacity ?? 0.14;
    const { color } = this.layer.style;
    // A generalisation lies among shapes of other layers, so it is paler than a layer whose counts are all it has.
    return this.layer.counts
      ? { fill: faded(color, opacity), line: faded(color, 0.5), hatch: null }
      : { fill: faded(color, opacity * 0.55), line: faded(color, 0.12), hatch: null };
  }
}

export function painters(config: Config): Map<string, Painter> {
  return new Map(
    config.layers.map((layer) => {
      const list = layer.style.by ? layer.popup.find((field) => field.name === layer.style.by)?.codes : null;
      return [layer.id, new Painter(layer, config.codes[list ?? ""])];
    }),
  );
}

function passes(value: string | number | boolean | undefined, choice: Choice): boolean {
  if (choice.codes) return choice.codes.includes(value === undefined ? "" : String(value));
  if (value === undefined || value === "") return false;
  const day = String(value).slice(0, 10);
  return (!choice.from || day >= choice.from) && (!choice.to || day <= choice.to);
}

function step(count: number): number {
  let found = 0;
  STEPS.forEach((one, at) => {
    if (count >= one.from) found = at;
  });
  return found;
}

export function faded(hex: string, opacity: number): string {
  const [red, green, blue] = channels(hex);
  return `rgba(${red},${green},${blue},${opacity})`;
}

function darker(hex: string): string {
  const [red, green, blue] = channels(hex).map((one) => Math.round(one * 0.62));
  return `rgb(${red},${green},${blue})`;
}

function channels(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const TOGETHER = 120;

/**
 * Areas and lines of one layer on one tile; `size` is the side of the tile's data in pixels, from (left, top). False when
 * somebody called it off in between.
 */
export async function drawShapes(
  to: CanvasRenderingContext2D,
  painter: Painter,
  features: readonly Feature[],
  size: number,
  left: number,
  top: number,
  side: number,
  isWanted: () => boolean,
): Promise<boolean> {
  const groups = new Map<Paint, Feature[]>();
  const [west, north, east, south] = [left / size, top / size, (left + side) / size, (top + side) / size];
  for (const feature of features) {
    const box = feature.box;
    if (box[2] < west - 0.02 || box[0] > east + 0.02) continue;
    if (box[3] < north - 0.02 || box[1] > south + 0.02) continue;
    if (!painter.shows(feature.values)) continue;
    const paint = painter.paint(feature.values, feature.id);
    const group = groups.get(paint);
    if (group) group.push(feature);
    else groups.set(paint, [feature]);
  }
  const style = painter.layer.style;
  to.lineJoin = "round";
  to.lineCap = "round";
  to.lineWidth = style.strokeWidth;
  to.setLineDash(style.dash ?? []);
  for (const [paint, group] of groups) {
    to.fillStyle = paint.fill;
    to.strokeStyle = paint.line;
    // One path for several features: rings wind as the tile format says, so overlaps stay filled and holes stay holes.
    for (let from = 0; from < group.length; from += TOGETHER) {
      if (isTired()) {
        await nextFrame();
        if (!isWanted()) return false;
      }
      const some = group.slice(from, from + TOGETHER);
      to.beginPath();
      for (const feature of some) if (feature.kind === 3) trace(to, feature, size, left, top);
      if (style.fillOpacity > 0) to.fill();
      if (paint.hatch) {
        to.fillStyle = hatched(to, paint);
        to.fill();
        to.fillStyle = paint.fill;
      }
      to.stroke();
      drawLines(to, some, size, left, top, style.strokeWidth);
      drawSpecks(to, some, size, left, top, paint.line);
      // What was drawn so far is only noted by the browser until somebody looks; then it would all be done in one frame.
      to.getImageData(0, 0, 1, 1);
    }
  }
  to.setLineDash([]);
  return true;
}

function drawLines(
  to: CanvasRenderingContext2D, some: Feature[], size: number, left: number, top: number, width: number,
): void {
  to.beginPath();
  for (const feature of some) if (feature.kind === 2) trace(to, feature, size, left, top);
  to.lineWidth = Math.max(width, 3);
  to.stroke();
  to.lineWidth = width;
}

/** Areas too small for the zoom arrive as points: a speck shows that something is there. */
function drawSpecks(
  to: CanvasRenderingContext2D, some: Feature[], size: number, left: number, top: number, color: string,
): void {
  const specks = some.filter((feature) => feature.kind === 1);
  if (specks.length === 0) return;
  const fill = to.fillStyle;
  to.fillStyle = color;
  for (const { rings } of specks) {
    for (const ring of rings) to.fillRect(ring[0]! * size - left - 0.75, ring[1]! * size - top - 0.75, 1.5, 1.5);
  }
  to.fillStyle = fill;
}

function trace(to: CanvasRenderingContext2D, feature: Feature, size: number, left: number, top: number): void {
  for (const ring of feature.rings) {
    for (let at = 0; at < ring.length; at += 2) {
      const x = ring[at]! * size - left;
      const y = ring[at + 1]! * size - top;
      if (at === 0) to.moveTo(x, y);
      else to.lineTo(x, y);
    }
    if (feature.kind === 3) to.closePath();
  }
}

/** A point's symbol, with a white rim so that it stands out on any ground. */
export function drawSymbol(
  to: CanvasRenderingContext2D,
  symbol: LayerConfig["style"]["symbol"],
  paint: Paint,
  x: number,
  y: number,
  radius: number,
): void {
  to.beginPath();
  if (symbol === "triangle") {
    to.moveTo(x, y - radius * 1.15);
    to.lineTo(x + radius * 1.1, y + radius * 0.85);
    to.lineTo(x - radius * 1.1, y + radius * 0.85);
    to.closePath();
  } else if (symbol === "square") {
    to.rect(x - radius * 0.85, y - radius * 0.85, radius * 1.7, radius * 1.7);
  } else if (symbol === "drop") {
    to.moveTo(x, y - radius * 1.5);
    to.bezierCurveTo(x + radius * 0.4, y - radius * 0.6, x + radius, y - radius * 0.2, x + radius, y + radius * 0.35);
    to.arc(x, y + radius * 0.35, radius, 0, Math.PI);
    to.bezierCurveTo(x - radius, y - radius * 0.2, x - radius * 0.4, y - radius * 0.6, x, y - radius * 1.5);
    to.closePath();
  } else {
    to.arc(x, y, radius, 0, 2 * Math.PI);
  }
  to.lineJoin = "round";
  if (radius >= 4) {
    to.lineWidth = 3;
    to.strokeStyle = "#ffffff";
    to.stroke();
  }
  to.fillStyle = paint.fill;
  to.fill();
  to.lineWidth = radius >= 4 ? 1 : 0.6;
  to.strokeStyle = paint.line;
  to.stroke();
}
