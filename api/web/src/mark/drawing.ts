// One shape from the first point to the last change: every way of putting a point comes through here, and can be undone.
import type { Board } from "./board";
import { crossings, looked, type Told } from "./checks";
import { Refused, type Server } from "./server";
import { Acts, extended, geometryOf, isWhole, type Kind, LEAST, mapped, nothing, type Place, place, places, same, type Shape } from "./shape";
import { NEAR_PIXELS, type Snapping } from "./snap";
import { SAID } from "./words";

interface Step {
  shape: Shape;
  knife: Shape | null;
  does: "cut" | "split" | null;
  adding: boolean;
}

const PAUSE = 600;
const MOST_ASKED = 20;

export class Drawing {
  private acts = new Acts<Step>(begun("POINT"));
  private area: GeoJSON.Geometry | null = null;
  private asking: AbortController | null = null;
  private timer = 0;
  private said: Told[] = [];
  private isChecked = false;
  /** What just did not work, until the next act. */
  trouble: Told | null = null;
  removing = false;
  /** Where the last point was asked for, and where it came to lie: the same place asked for again ends a drawing. */
  lastAsked: Place | null = null;
  lastPut: Place | null = null;

  constructor(
    readonly board: Board,
    readonly snapping: Snapping,
    private readonly server: Server,
    private readonly layer: () => string,
    private readonly changed: () => void,
  ) {}

  get now(): Step {
    return this.acts.now;
  }

  get shape(): Shape {
    return this.acts.now.shape;
  }

  get canUndo(): boolean {
    return this.acts.canUndo;
  }

  get canRedo(): boolean {
    return this.acts.canRedo;
  }

  /** The drawing has all that it needs, and nothing that is known of it is wrong. */
  get problems(): Told[] {
    const local = looked(this.shape, this.area).filter((one) => one.code !== "outside-area" || !this.isChecked || this.said.some((other) => other.code === one.code));
    const more = this.said.filter((one) => !local.some((other) => other.code === one.code));
    return [...(this.trouble ? [this.trouble] : []), ...local, ...more];
  }

  get isReady(): boolean {
    const { shape, knife } = this.now;
    return knife === null && isWhole(shape) && !this.problems.some((one) => one.level === "error");
  }

  within(area: GeoJSON.Geometry | null): void {
    this.area = area;
    this.board.area(area);
    this.redraw();
  }

  /** Begin with nothing or with what is there; there is nothing to undo before it. */
  begin(shape: Shape, adding = true): void {
    this.acts = new Acts<Step>({ shape, knife: null, does: null, adding });
    this.after();
  }

  kind(kind: Kind): void {
    this.do(begun(kind));
  }

  put(at: L.LatLng, exact = false): void {
    const { shape, knife, adding } = this.now;
    if (!adding) return;
    const target = knife ?? shape;
    if (!exact && this.closes(target, at)) return this.finish();
    const snapped = exact ? null : this.snapping.found(this.board.map, at);
    const raw = place(at.lng, at.lat);
    const there = snapped?.at ?? raw;
    const longer = extended(target, there);
    [this.lastAsked, this.lastPut] = [raw, there];
    this.do({ ...this.now, ...(knife ? { knife: longer } : { shape: longer }) });
    if (!snapped) return;
    void this.snapping.exact(this.board.map, snapped).then((found) => {
      const better = found ?? raw;
      if (same(better, there)) return;
      if (this.lastPut && same(this.lastPut, there)) this.lastPut = better;
      const moved = (one: Shape): Shape => mapped(one, (each) => (same(each, there) ? better : each));
      this.acts.amend((one) => ({ ...one, shape: moved(one.shape), knife: one.knife && moved(one.knife) }));
      this.after();
    });
  }

  /** The places as they were typed, or changed one by one. */
  set(shape: Shape): void {
    this.do({ ...this.now, shape, knife: null, does: null, adding: this.now.adding && shape.kind !== "POINT" ? this.now.adding : shape.kind === "POINT" });
  }

  typed(all: Place[]): void {
    const { kind } = this.shape;
    const ring = kind === "POLYGON" && all.length > 3 && same(all[0]!, all[all.length - 1]!) ? all.slice(0, -1) : all;
    const shape: Shape = { kind, parts: ring.length > 0 ? [[kind === "POINT" ? ring.slice(0, 1) : ring]] : [] };
    // A field is heard while it is typed in and again when it is left.
    if (JSON.stringify(shape) === JSON.stringify(this.shape)) return;
    this.do({ shape, knife: null, does: null, adding: kind === "POINT" });
    this.board.fit(this.shape);
  }

  move(index: number, to: Place | null): void {
    this.set(mapped(this.shape, (at, number) => (number === index ? to : at)));
  }

  /** Between a point and the next one. */
  insert(index: number): void {
    const all = places(this.shape);
    const next = all[index + 1] ?? all[0]!;
    this.set(mapped(this.shape, (at, number) => (number === index ? ([at, place((at[0] + next[0]) / 2, (at[1] + next[1]) / 2)] as Place[]) : at)));
  }

  finish(): void {
    const { shape, knife, does } = this.now;
    const target = knife ?? shape;
    const count = target.parts[0]?.[0]?.length ?? 0;
    if (count < LEAST[target.kind]) return this.tell({ th: `${SAID.fewPoints.th} ${LEAST[target.kind]}`, en: `${SAID.fewPoints.en} ${LEAST[target.kind]}` });
    if (!knife) return this.do({ ...this.now, adding: shape.kind === "POINT" });
    const path = knife.parts[0]![0]!;
    void this.board.loaded().then((tools) => {
      if (!tools) return this.tell(SAID.toolsAway);
      if (does === "split") {
        const parts = tools.split(shape.parts, path);
        if (parts.length === shape.parts.length) return this.tell(SAID.notSplit);
        return this.do({ shape: { ...shape, parts }, knife: null, does: null, adding: false });
      }
      const parts = tools.cut(shape.parts, path);
      const left = { ...shape, parts };
      if (parts.length === 0 || JSON.stringify(parts) === JSON.stringify(shape.parts)) return this.tell(SAID.notCut);
      this.do({ shape: left, knife: null, does: null, adding: false });
    });
  }

  cancel(): void {
    const { shape, knife } = this.now;
    if (knife) this.do({ shape, knife: null, does: null, adding: false });
    else if (shape.parts.length > 0) this.do(begun(shape.kind));
  }

  slice(does: "cut" | "split"): void {
    this.do({ ...this.now, does, knife: nothing(does === "cut" ? "POLYGON" : "LINESTRING"), adding: true });
  }

  addMore(): void {
    this.do({ ...this.now, adding: true });
  }

  undo(): void {
    if (this.acts.undo()) this.after();
  }

  redo(): void {
    if (this.acts.redo()) this.after();
  }

  /** What Geoman made of it; what it shows stays as it is. */
  dragged(shape: Shape): void {
    this.trouble = null;
    this.acts.do({ ...this.now, shape: mapped(shape, (at) => at) });
    this.after(this.removing || crossings(shape).length > 0 || crossings(this.shape).length > 0);
  }

  redraw(): void {
    const { shape, knife, adding } = this.now;
    this.board.draw({ shape, knife, adding, crossed: crossings(shape) });
    const isDraggable = shape.kind === "POINT" ? shape.parts.length > 0 : !adding && shape.parts.length > 0;
    if (!isDraggable) return;
    const { snapping } = this;
    void this.board.drag(snapping.lines(this.board.map), { snap: snapping.on, removing: this.removing }).then((is) => {
      if (!is && shape.kind !== "POINT") this.tell(SAID.toolsAway);
    });
  }

  /** Ask the server at once; whether it has anything against the shape. */
  async check(): Promise<void> {
    window.clearTimeout(this.timer);
    this.asking?.abort();
    if (!isWhole(this.shape) || this.now.knife) return;
    const { kind, parts } = this.shape;
    const stop = (this.asking = new AbortController());
    try {
      // Each part is sent as a mark of its own.
      const asked = parts.slice(0, MOST_ASKED).map((part) => this.server.check(this.layer(), geometryOf({ kind, parts: [part] })!, stop.signal));
      const problems = (await Promise.all(asked)).flatMap((one) => one.problems);
      this.said = problems.map((one) => ({ code: one.code, level: one.level, text: { th: one.th, en: one.en } }));
      this.isChecked = true;
    } catch (failure) {
      // Aborted by the next change, or no connection: saving asks again and says what is wrong.
      if (!(failure instanceof Refused) && !stop.signal.aborted) throw failure;
      return;
    }
    this.changed();
  }

  private closes(target: Shape, at: L.LatLng): boolean {
    const ring = target.parts[0]?.[0] ?? [];
    const end = target.kind === "POLYGON" ? ring[0] : target.kind === "LINESTRING" ? ring[ring.length - 1] : undefined;
    if (!end || ring.length < LEAST[target.kind]) return false;
    const { map } = this.board;
    return map.latLngToContainerPoint([end[1], end[0]]).distanceTo(map.latLngToContainerPoint(at)) < NEAR_PIXELS;
  }

  private tell(text: Told["text"]): void {
    this.trouble = { code: "trouble", level: "warning", text };
    this.changed();
  }

  private do(next: Step): void {
    this.trouble = null;
    this.acts.do(next);
    this.after();
  }

  private after(redraw = true): void {
    this.said = [];
    this.isChecked = false;
    if (redraw) this.redraw();
    window.clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = window.setTimeout(() => void this.check(), PAUSE);
    this.changed();
  }
}

function begun(kind: Kind): Step {
  return { shape: nothing(kind), knife: null, does: null, adding: true };
}
