// "Where is it?": drawing by tap or cross-hair, the device's position, typed coordinates, and the tools for what is drawn.
import { button, make } from "../dom";
import { number } from "../words";
import { readAll, read, written } from "./coordinates";
import type { Drawing } from "./drawing";
import { COARSE_METRES, type Fix, watch } from "./gps";
import { metresAlong, raiNganWah, squareMetres } from "./measure";
import { press } from "./press";
import { type Kind, LEAST, type Place, places } from "./shape";
import { both, plain, SAID } from "./words";

const KINDS: Record<Kind, (typeof SAID)["point"]> = { POINT: SAID.point, LINESTRING: SAID.line, POLYGON: SAID.polygon };
const MOST_LISTED = 100;
const TELL_AFTER = 700;

export interface Where {
  element: HTMLElement;
  kinds(kinds: readonly Kind[]): void;
  update(): void;
  stop(): void;
}

export function where(drawing: Drawing): Where {
  const { board } = drawing;
  const kinds = make("div", { class: "mark-row mark-kinds", role: "group", "aria-label": plain(SAID.form) });
  const hint = make("p", { class: "mark-hint mark-now" });
  const measures = make("p", { class: "mark-measures" });
  const spoken = make("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const problems = make("ul", { class: "mark-problems", "aria-live": "polite" });
  const put = press(SAID.putHere, () => drawing.put(board.map.getCenter()), "mark-main");
  const done = press(SAID.done, () => drawing.finish(), "mark-main");
  const cross = press(SAID.cross, () => {
    board.crossed(!board.crossing);
    if (board.crossing && !drawing.now.adding && drawing.shape.parts.length < 2) drawing.addMore();
    update();
  });
  const removing = press(SAID.removePoint, () => {
    drawing.removing = !drawing.removing;
    drawing.redraw();
    update();
  });
  const undo = press(SAID.undo, () => drawing.undo());
  const redo = press(SAID.redo, () => drawing.redo());
  const split = press(SAID.split, () => drawing.slice("split"));
  const cut = press(SAID.cut, () => drawing.slice("cut"));
  const more = press(SAID.more, () => drawing.addMore());
  const anew = press(SAID.again, () => drawing.kind(drawing.shape.kind));
  const cancel = press(SAID.cancel, () => drawing.cancel());
  const gps = position(drawing);
  const typed = typing(drawing);
  const each = pointByPoint(drawing);
  const snap = make("input", { type: "checkbox" });
  snap.checked = true;
  snap.addEventListener("change", () => {
    drawing.snapping.on = snap.checked;
    drawing.redraw();
  });
  const tools = make("div", { class: "mark-row" }, put, done, gps.start, cross, undo, redo, removing, split, cut, more, cancel, anew);
  const element = make("div", { class: "mark-where" }, kinds, hint, tools, gps.element, measures, spoken, problems, typed,
    make("label", { class: "mark-tick" }, snap, both(SAID.snap)), each.element);

  let speaking = 0;
  const update = (): void => {
    const { shape, knife, does, adding } = drawing.now;
    const target = knife ?? shape;
    const count = target.parts[0]?.[0]?.length ?? 0;
    const isDrawing = adding && target.kind !== "POINT";
    for (const one of kinds.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset["kind"] === shape.kind));
    cross.setAttribute("aria-pressed", String(board.crossing));
    removing.setAttribute("aria-pressed", String(drawing.removing));
    put.hidden = !(board.crossing && adding);
    done.hidden = !isDrawing;
    done.disabled = count < LEAST[target.kind];
    undo.disabled = !drawing.canUndo;
    redo.disabled = !drawing.canRedo;
    const isDrawn = !isDrawing && shape.kind !== "POINT" && count > 0;
    removing.hidden = more.hidden = !isDrawn;
    split.hidden = cut.hidden = !isDrawn || shape.kind !== "POLYGON";
    more.hidden ||= shape.parts.length > 1;
    cancel.hidden = !isDrawing || (count === 0 && !knife);
    anew.hidden = isDrawing || shape.kind === "POINT" || shape.parts.length === 0;
    const taps = { POINT: SAID.tapPoint, LINESTRING: SAID.tapLine, POLYGON: SAID.tapPolygon };
    const now = does === "cut" ? SAID.tapKnifeArea : does === "split" ? SAID.tapKnifeLine : isDrawn ? (drawing.removing ? SAID.removing : SAID.drawn) : taps[shape.kind];
    hint.replaceChildren(both(now));
    const told = measured(drawing);
    measures.textContent = told;
    // A reader is told when a finger rests, not at each pixel.
    window.clearTimeout(speaking);
    speaking = window.setTimeout(() => (spoken.textContent = told), TELL_AFTER);
    const found = drawing.problems;
    const parts = shape.parts.length > 1 ? [make("li", { class: "mark-warning" }, both(SAID.parts))] : [];
    problems.replaceChildren(...found.map((one) => make("li", { class: `mark-${one.level}` }, both(one.text))), ...parts);
    each.update();
  };
  return {
    element,
    kinds(given) {
      kinds.hidden = given.length < 2;
      kinds.replaceChildren(...given.map((kind) => {
        const made = press(KINDS[kind], () => drawing.kind(kind));
        made.dataset["kind"] = kind;
        return made;
      }));
    },
    update,
    stop: () => gps.stop(),
  };
}

function measured(drawing: Drawing): string {
  const { shape } = drawing;
  const all = places(shape);
  if (all.length === 0) return "";
  if (shape.kind === "POINT") return written(all[0]!);
  const along = `${number(metresAlong(shape), 1)} ${SAID.metres.th}`;
  if (shape.kind === "LINESTRING") return `${SAID.length.th} · ${SAID.length.en} ${along}`;
  const area = squareMetres(shape);
  const { rai, ngan, wah } = raiNganWah(area);
  return `${SAID.area.th} · ${SAID.area.en} ${number(area, 1)} ตร.ม. = ${rai}-${ngan}-${number(wah, 1)} ไร่-งาน-ตร.ว. · ${SAID.around.th} ${along}`;
}

function position(drawing: Drawing) {
  const said = make("p", { class: "mark-gps", role: "status" });
  const use = press(SAID.gpsUse, () => {
    if (!best) return;
    drawing.put(L.latLng(best.at[1], best.at[0]), true);
    if (drawing.shape.kind === "POINT") stop();
  }, "mark-main");
  const quit = press(SAID.gpsStop, () => stop());
  const element = make("div", { class: "mark-box", hidden: true }, said, make("div", { class: "mark-row" }, use, quit));
  let best: Fix | null = null;
  let end: (() => void) | null = null;
  const stop = (): void => {
    end?.();
    end = null;
    best = null;
    element.hidden = true;
    drawing.board.accuracy(null, 0);
  };
  const start = press(SAID.here, () => {
    stop();
    element.hidden = false;
    use.disabled = true;
    said.replaceChildren(both(SAID.gpsWaiting));
    end = watch(
      (fix) => {
        const isFirst = best === null;
        best = fix;
        use.disabled = false;
        drawing.board.accuracy(fix.at, fix.metres);
        if (isFirst) drawing.board.map.setView([fix.at[1], fix.at[0]], Math.max(17, drawing.board.map.getZoom()), { animate: false });
        said.replaceChildren(both(SAID.gpsFound, ` ${fix.metres} m`));
        if (fix.metres > COARSE_METRES) said.append(make("strong", { class: "mark-warning" }, both(SAID.gpsCoarse)));
        if (isFirst) use.focus();
      },
      (why) => {
        if (best) return;
        said.replaceChildren(make("strong", { class: "mark-error" }, both(why === "refused" ? SAID.gpsRefused : SAID.gpsAway)));
      },
    );
  });
  return { element, start, stop };
}

function typing(drawing: Drawing): HTMLElement {
  const told = make("p", { class: "mark-wrong", id: "mark-typed-told", hidden: true });
  const input = make("textarea", { id: "mark-typed", rows: 3, "aria-describedby": "mark-typed-hint mark-typed-told", autocomplete: "off", spellcheck: "false" });
  let timer = 0;
  const take = (): void => {
    const { places: all, wrong } = readAll(input.value);
    told.hidden = wrong.length === 0;
    input.toggleAttribute("aria-invalid", wrong.length > 0);
    if (wrong.length > 0) told.replaceChildren(both(SAID.wrongLine, ` ${wrong.join(", ")}`));
    else if (all.length > 0) drawing.typed(all);
  };
  input.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(take, 350);
  });
  input.addEventListener("change", () => {
    window.clearTimeout(timer);
    take();
  });
  const hint = make("p", { class: "mark-hint", id: "mark-typed-hint" }, both(SAID.typedHint));
  const label = make("label", { for: "mark-typed", class: "unseen" }, plain(SAID.typed));
  return make("details", { class: "mark-typing" }, make("summary", {}, both(SAID.typed)), label, input, told, hint);
}

function pointByPoint(drawing: Drawing) {
  const list = make("ol", { class: "mark-points" });
  const element = make("details", { class: "mark-each" }, make("summary", {}, both(SAID.each)), list);
  const row = (at: Place, index: number, count: number): HTMLElement => {
    const input = make("input", { value: written(at), "aria-label": `${plain(SAID.nthPoint)} ${index + 1}`, autocomplete: "off", "data-index": index });
    input.value = written(at);
    input.addEventListener("change", () => {
      const found = read(input.value);
      input.toggleAttribute("aria-invalid", found === null);
      if (found) drawing.move(index, found);
      else drawing.trouble = { code: "typed", level: "warning", text: { th: `${SAID.wrongLine.th} ${index + 1}`, en: `${SAID.wrongLine.en} ${index + 1}` } };
    });
    const insert = button(`${plain(SAID.insert)} ${index + 1}`, "+", () => drawing.insert(index), "mark-x");
    const remove = button(`${plain(SAID.remove)} ${index + 1}`, "×", () => drawing.move(index, null), "mark-x");
    if (drawing.shape.kind === "POINT") return make("li", {}, input);
    return make("li", {}, input, insert, ...(count > LEAST[drawing.shape.kind] ? [remove] : []));
  };
  let shown = "";
  const update = (): void => {
    const all = places(drawing.shape);
    element.hidden = all.length === 0 || all.length > MOST_LISTED;
    const now = JSON.stringify(drawing.shape);
    if (element.hidden || now === shown) return;
    shown = now;
    const focused = list.contains(document.activeElement) ? (document.activeElement as HTMLElement).closest("li") : null;
    const at = focused ? [...list.children].indexOf(focused) : -1;
    list.replaceChildren(...all.map((one, index) => row(one, index, all.length)));
    // The list is new, the reader is where they were.
    if (at >= 0) (list.children[Math.min(at, all.length - 1)]?.querySelector("input") as HTMLElement | null)?.focus();
  };
  return { element, update };
}
