// Hatching over the colour of a class, for those to whom two colours are one.
import type { Paint } from "./paint";

// A pattern repeats every so many pixels: a part of a square's side, so that it runs on from one square into the next.
const REPEAT = 8;
const hatches = new Map<string, HTMLCanvasElement>();

/** The hatching of a class in its line's colour, to be filled over its colour. */
export function hatched(to: CanvasRenderingContext2D, paint: Paint): CanvasPattern | string {
  const name = `${paint.hatch} ${paint.line}`;
  const tile = hatches.get(name) ?? hatchTile(paint);
  hatches.set(name, tile);
  const found = to.createPattern(tile, "repeat");
  found?.setTransform(new DOMMatrix().scale(0.5));
  return found ?? "transparent";
}

function hatchTile({ hatch, line }: Paint): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  // Twice as fine as it is shown, for screens of two dots a pixel.
  const side = (tile.width = tile.height = REPEAT * 2);
  const to = tile.getContext("2d");
  if (!to) return tile;
  to.strokeStyle = to.fillStyle = line;
  to.lineWidth = 2.4;
  const lines: [number, number, number, number][] = [];
  if (hatch === "dots") {
    to.arc(side / 2, side / 2, 2.8, 0, 2 * Math.PI);
    to.fill();
  }
  // Drawn beyond the corners, so that one tile's line meets the next one's.
  if (hatch === "slash") for (const at of [-side, 0, side]) lines.push([at, side, at + side, 0]);
  if (hatch === "lines") lines.push([0, side / 2, side, side / 2]);
  if (hatch === "cross") lines.push([0, side / 2, side, side / 2], [side / 2, 0, side / 2, side]);
  to.beginPath();
  for (const [x, y, endX, endY] of lines) {
    to.moveTo(x, y);
    to.lineTo(endX, endY);
  }
  to.stroke();
  return tile;
}
