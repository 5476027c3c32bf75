// Symbols that would lie on each other become one, with the number of those it stands for.
import type { Painter } from "./paint";
import type { Spot } from "./overlay";

export interface Crowd {
  x: number;
  y: number;
  spots: Spot[];
}

/** One of several is drawn this large: a number has to fit in. */
const SMALLEST = 12;

/**
 * Spots by the first of them within reach, in the order in which they come: each is in one crowd, and no two crowds are
 * nearer to each other than `reach`. Squares of that side hold the crowds that a spot may belong to.
 */
export function crowds(spots: readonly Spot[], reach: number): Crowd[] {
  const found: Crowd[] = [];
  const squares = new Map<number, Crowd[]>();
  for (const spot of spots) {
    const column = Math.floor(spot.x / reach);
    const row = Math.floor(spot.y / reach);
    const mine = nearest(squares, spot, column, row, reach);
    if (mine) {
      mine.spots.push(spot);
      continue;
    }
    const crowd: Crowd = { x: spot.x, y: spot.y, spots: [spot] };
    found.push(crowd);
    const key = square(column, row);
    const there = squares.get(key);
    if (there) there.push(crowd);
    else squares.set(key, [crowd]);
  }
  return found;
}

function nearest(squares: ReadonlyMap<number, Crowd[]>, spot: Spot, column: number, row: number, reach: number): Crowd | null {
  let best: Crowd | null = null;
  let away = reach * reach;
  for (let x = column - 1; x <= column + 1; x++) {
    for (let y = row - 1; y <= row + 1; y++) {
      for (const crowd of squares.get(square(x, y)) ?? []) {
        const distance = (crowd.x - spot.x) ** 2 + (crowd.y - spot.y) ** 2;
        if (distance < away) {
          best = crowd;
          away = distance;
        }
      }
    }
  }
  return best;
}

function square(column: number, row: number): number {
  return column * 2 ** 26 + row;
}

/** How far a crowd reaches from its middle, in pixels. */
export function crowdRadius(count: number): number {
  return SMALLEST + Math.min(10, 2.2 * Math.log10(count) * 2);
}

/** A ring in the colours of those it stands for, and their number. */
export function drawCrowd(to: CanvasRenderingContext2D, crowd: Crowd, painters: ReadonlyMap<string, Painter>, font: string): void {
  const { x, y, spots } = crowd;
  const radius = crowdRadius(spots.length);
  const colors = new Map<string, number>();
  for (const spot of spots) {
    const color = painters.get(spot.layer.id)?.paint(spot.feature.values, spot.feature.id).fill ?? spot.layer.style.color;
    colors.set(color, (colors.get(color) ?? 0) + 1);
  }
  to.beginPath();
  to.arc(x, y, radius + 1.5, 0, 2 * Math.PI);
  to.fillStyle = "#ffffff";
  to.fill();
  let from = -Math.PI / 2;
  for (const [color, count] of colors) {
    const until = from + (count / spots.length) * 2 * Math.PI;
    to.beginPath();
    to.arc(x, y, radius - 2, from, until);
    to.lineWidth = 4;
    to.strokeStyle = color;
    to.stroke();
    from = until;
  }
  to.beginPath();
  to.arc(x, y, radius, 0, 2 * Math.PI);
  to.lineWidth = 1;
  to.strokeStyle = "#1d2b36";
  to.stroke();
  const told = counted(spots.length);
  to.font = `700 ${told.length > 3 ? 11 : 13}px ${font}`;
  to.textAlign = "center";
  to.textBaseline = "middle";
  to.fillStyle = "#1d2b36";
  to.fillText(told, x, y + 0.5);
}

/** 999, 1.2k, 31k */
export function counted(count: number): string {
  if (count < 1000) return String(count);
  return count < 9950 ? `${(count / 1000).toFixed(1)}k` : `${Math.round(count / 1000)}k`;
}
