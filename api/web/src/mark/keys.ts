// Drawing by keyboard: arrows move the map under the cross-hair, Enter puts a point there, Enter again ends, Escape gives up.
import type { Drawing } from "./drawing";
import { LEAST, place, same } from "./shape";

const STEP = { plain: 24, far: 120, near: 2 };
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Hears the keys until what this answers is called. */
export function keys(drawing: Drawing, changed: () => void, close: () => void): () => void {
  const { board } = drawing;
  const heard = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const isTyping = target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
    const isMap = target === board.map.getContainer();
    const taken = (): void => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    if (event.key === "Escape") {
      taken();
      const { knife, adding, shape } = drawing.now;
      const isUnderway = knife !== null || (adding && shape.kind !== "POINT" && shape.parts.length > 0);
      if (isUnderway) drawing.cancel();
      else close();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !isTyping && /^[zy]$/i.test(event.key)) {
      taken();
      if (event.key.toLowerCase() === "y" || event.shiftKey) drawing.redo();
      else drawing.undo();
      return;
    }
    if (!isMap) return;
    const arrow = ARROWS[event.key];
    if (arrow && !event.ctrlKey) {
      taken();
      if (!board.crossing) board.crossed(true);
      const step = event.shiftKey ? STEP.far : event.altKey ? STEP.near : STEP.plain;
      board.map.panBy([arrow[0] * step, arrow[1] * step], { animate: false });
      changed();
    } else if (event.key === "Enter" || event.key === " ") {
      taken();
      entered(drawing);
      changed();
    }
  };
  document.addEventListener("keydown", heard, { capture: true });
  return () => document.removeEventListener("keydown", heard, { capture: true });
}

function entered(drawing: Drawing): void {
  const { board } = drawing;
  const { shape, knife, adding } = drawing.now;
  if (!adding) return;
  const target = knife ?? shape;
  const ring = target.parts[0]?.[0] ?? [];
  const { lng, lat } = board.map.getCenter();
  const last = ring[ring.length - 1];
  const isAgain = last !== undefined && (same(last, drawing.lastPut ?? last) && drawing.lastAsked !== null && same(drawing.lastAsked, place(lng, lat)));
  const isEnough = ring.length >= LEAST[target.kind] && target.kind !== "POINT";
  if (isEnough && (isAgain || !board.crossing)) return drawing.finish();
  if (!board.crossing) board.crossed(true);
  drawing.put(board.map.getCenter());
}
