// The sheet beside the map: what it is, where it is, what else is known of it, photographs; and then it is sent.
import { button, make } from "../dom";
import type { AtlasLayer } from "../surface";
import { conflict } from "./conflict";
import type { Drawing } from "./drawing";
import { type Form, form, type Values } from "./form";
import { keys } from "./keys";
import type { Keeper, Unsent } from "./kept";
import { pictures, type Pictures } from "./pictures";
import { press } from "./press";
import { ended, type Outcome, Refusal } from "./saying";
import { type FormLayer, type Forms, type Known, newKey, Refused, type Server } from "./server";
import { geometryOf, type Kind, nothing, type Shape, shapeOf } from "./shape";
import { patchOf, propertiesOf, valuesOf } from "./values";
import { where, type Where } from "./where";
import { both, plain, SAID } from "./words";

const KEEP_AFTER = 400;
const LOCK_AGAIN = 10 * 60_000;

export class Sheet {
  private readonly element = make("section", { class: "mark-sheet", role: "dialog", "aria-labelledby": "mark-title", hidden: true });
  private readonly title = make("h2", { id: "mark-title", tabindex: "-1" });
  private readonly what = make("fieldset", { class: "mark-what" });
  private readonly details = make("div", {});
  private readonly foot = make("div", { class: "mark-foot" });
  private readonly said: Refusal;
  private readonly where: Where;
  private readonly pictures: Pictures;
  private readonly body: HTMLElement;
  private form: Form | null = null;
  private layer: FormLayer;
  private values: Values = {};
  private editing: Known | null = null;
  private key = newKey();
  private timer = 0;
  private lock = 0;
  private deaf: (() => void)[] = [];
  private isBusy = false;

  constructor(
    private readonly atlas: AtlasLayer,
    private readonly drawing: Drawing,
    private readonly server: Server,
    private readonly keeper: Keeper,
    private readonly forms: Forms,
    room: HTMLElement,
    private readonly left: () => void,
  ) {
    this.layer = forms.layers[0]!;
    this.where = where(drawing);
    this.pictures = pictures(() => this.touched());
    this.said = new Refusal();
    const close = button(plain(SAID.close), "×", () => this.close(), "mark-close");
    const section = (text: (typeof SAID)["where"], ...parts: HTMLElement[]): HTMLElement => make("section", {}, make("h3", {}, both(text)), ...parts);
    this.body = make("div", { class: "mark-body" }, this.what, section(SAID.where, this.where.element), section(SAID.details, this.details), section(SAID.photos, this.pictures.element));
    this.element.append(make("header", { class: "mark-head" }, this.title, close), this.said.element, this.body, this.foot);
    room.append(this.element);
    window.addEventListener("pagehide", () => {
      if (this.editing) this.server.letGo(this.editing.layer, this.editing.id);
      if (!this.element.hidden) void this.keep();
    });
  }

  get layerId(): string {
    return this.layer.id;
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** Whether this layer's features are marks. */
  takes(layer: string): boolean {
    return this.forms.layers.some((one) => one.id === layer);
  }

  /** A new mark. */
  open(layer = this.layer): void {
    this.editing = null;
    this.values = {};
    this.pictures.set([]);
    this.key = newKey();
    this.show(layer, nothing(layer.kinds[0] as Kind), true);
  }

  /** What was not sent the last time. */
  async goOn(unsent: Unsent): Promise<void> {
    const layer = this.forms.layers.find((one) => one.id === unsent.layer) ?? this.layer;
    if (unsent.editing) await this.server.open(unsent.editing.layer, unsent.editing.id);
    this.editing = unsent.editing;
    this.values = { ...unsent.values };
    this.key = unsent.key;
    this.pictures.set(unsent.photos);
    this.show(layer, unsent.shape, unsent.adding);
    this.drawing.board.fit(unsent.shape);
  }

  /** Take a mark that is there, to change it; Refused (423) while somebody else has it. */
  async edit(known: Known): Promise<void> {
    await this.server.open(known.layer, known.id);
    const fresh = await this.server.known(known.layer, known.id);
    const layer = this.forms.layers.find((one) => one.id === known.layer)!;
    const shape = shapeOf(fresh.feature.geometry) ?? nothing(layer.kinds[0] as Kind);
    this.editing = fresh;
    this.values = valuesOf(layer.fields, fresh.feature.properties);
    this.pictures.set([]);
    this.key = newKey();
    this.show(layer, shape, shape.kind === "POINT");
    this.drawing.board.fit(shape);
  }

  close(): void {
    if (!this.isOpen) return;
    window.clearTimeout(this.timer);
    const kept = this.keep();
    if (this.editing) this.server.letGo(this.editing.layer, this.editing.id);
    this.editing = null;
    window.clearInterval(this.lock);
    this.where.stop();
    this.deaf.splice(0).forEach((one) => one());
    this.element.hidden = true;
    document.body.classList.remove("marking");
    this.drawing.board.show(false);
    this.drawing.board.theirs(null);
    this.fitted();
    void kept.then(() => this.left());
  }

  /** Something was drawn. */
  drew(): void {
    if (!this.isOpen) return;
    this.where.update();
    this.touched();
  }

  private show(layer: FormLayer, shape: Shape, adding: boolean): void {
    this.said.clear();
    this.element.hidden = false;
    this.body.hidden = false;
    document.body.classList.add("marking");
    this.fitted();
    this.drawing.board.show(true);
    // On a telephone the finger hides what it points at; there the map is moved under the cross-hair.
    this.drawing.board.crossed(false);
    this.title.replaceChildren(both(this.editing ? SAID.editing : SAID.mark));
    this.deaf.splice(0).forEach((one) => one());
    this.deaf.push(keys(this.drawing, () => this.where.update(), () => this.close()), this.atlas.onClick((event) => {
      this.drawing.put(event.latlng);
      return true;
    }));
    window.clearInterval(this.lock);
    const { editing } = this;
    if (editing) this.lock = window.setInterval(() => void this.server.open(editing.layer, editing.id).catch((failure) => this.refused(failure)), LOCK_AGAIN);
    this.choose(layer, shape, adding);
    this.title.focus();
  }

  private choose(layer: FormLayer, shape: Shape, adding: boolean): void {
    this.layer = layer;
    this.what.hidden = this.editing !== null;
    this.what.replaceChildren(make("legend", {}, both(SAID.what)), ...this.forms.layers.map((one) => {
      const input = make("input", { type: "radio", name: "mark-what", value: one.id });
      input.checked = one === layer;
      input.addEventListener("change", () => {
        const kept = one.kinds.includes(this.drawing.shape.kind) ? this.drawing.shape : nothing(one.kinds[0] as Kind);
        this.choose(one, kept, kept.kind === "POINT" || kept.parts.length === 0);
      });
      return make("label", { class: "mark-choice mark-big" }, input, both(one.title));
    }));
    this.where.kinds(layer.kinds as Kind[]);
    this.formed();
    this.ends();
    this.drawing.begin(shape, adding);
  }

  private formed(): void {
    this.form = form(this.forms, this.layer, this.values, (name, value) => {
      this.values[name] = value;
      this.touched();
    });
    this.details.replaceChildren(this.form.element);
  }

  private ends(): void {
    if (this.editing) this.foot.replaceChildren(press(SAID.save, () => void this.save(null), "mark-main"));
    else this.foot.replaceChildren(press(SAID.report, () => void this.save("reported"), "mark-main"), press(SAID.draft, () => void this.save("draft")));
  }

  private touched(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.keep(), KEEP_AFTER);
  }

  private async keep(): Promise<void> {
    if (this.body.hidden || this.element.hidden) return;
    const { shape, adding } = this.drawing.now;
    const { editing, key } = this;
    const [layer, values] = [this.layer.id, { ...this.values }];
    const photos = await this.pictures.all();
    const isEmpty = shape.parts.length === 0 && Object.values(values).every((value) => !value) && photos.length === 0;
    if (isEmpty) await this.keeper.drop();
    else await this.keeper.keep({ at: Date.now(), layer, shape, adding, values, photos, key, editing });
  }

  private async save(status: "reported" | "draft" | null): Promise<void> {
    if (this.isBusy) return;
    const again = (): void => void this.save(status);
    if (!geometryOf(this.drawing.shape) || this.drawing.now.knife) {
      this.said.tell([SAID.wantPlace]);
      return void this.where.element.scrollIntoView({ block: "nearest" });
    }
    const wrong = this.drawing.problems.filter((one) => one.level === "error");
    if (wrong.length > 0) {
      this.said.tell(wrong.map((one) => one.text));
      return void this.where.element.scrollIntoView({ block: "nearest" });
    }
    if (status === "reported" && !this.values["kind"]) {
      this.said.tell([]);
      return void this.form?.refuse([{ code: "required", level: "error", column: "kind", ...SAID.chooseKind }]);
    }
    this.isBusy = true;
    this.said.working();
    this.foot.inert = true;
    try {
      await this.keep();
      const outcome = this.editing ? await this.changed(this.editing) : await this.made(status ?? "reported");
      if (outcome) await this.done(outcome);
    } catch (failure) {
      this.refused(failure, again);
    } finally {
      this.isBusy = false;
      this.foot.inert = false;
    }
  }

  private async made(status: string, parts = this.drawing.shape.parts): Promise<Outcome> {
    const properties = { ...propertiesOf(this.layer.fields, this.values), status };
    const { kind } = this.drawing.shape;
    let first: Outcome | null = null;
    for (const [index, part] of parts.entries()) {
      const geometry = geometryOf({ kind, parts: [part] })!;
      const kept = await this.server.make(this.layer.id, geometry, properties, `${this.key}-${index}`);
      first ??= { layer: kept.layer, id: kept.id };
    }
    return first!;
  }

  private async changed(known: Known): Promise<Outcome | null> {
    const base = valuesOf(this.layer.fields, known.feature.properties);
    const patch: Record<string, unknown> = patchOf(this.layer.fields, this.values, base);
    const { shape } = this.drawing;
    const before = shapeOf(known.feature.geometry);
    const isMoved = JSON.stringify(shape) !== JSON.stringify(before);
    // A file's mark of several parts stays one; what was split here becomes marks of their own.
    const isSplit = shape.parts.length > (before?.parts.length ?? 0) && (before?.parts.length ?? 0) === 1;
    if (isMoved) patch["geometry"] = geometryOf(isSplit ? { ...shape, parts: shape.parts.slice(0, 1) } : shape);
    const photos = await this.pictures.all();
    if (Object.keys(patch).length === 0 && photos.length === 0) {
      this.said.tell([SAID.nothingChanged]);
      return null;
    }
    try {
      if (Object.keys(patch).length > 0) await this.server.change(known.layer, known.id, known.version, patch);
    } catch (failure) {
      if (!(failure instanceof Refused) || failure.status !== 412) throw failure;
      await this.decide(known, base);
      return null;
    }
    if (isSplit) await this.made("reported", shape.parts.slice(1));
    return { layer: known.layer, id: known.id };
  }

  private async decide(known: Known, base: Values): Promise<void> {
    const fresh = await this.server.known(known.layer, known.id);
    const theirs = { values: valuesOf(this.layer.fields, fresh.feature.properties), shape: shapeOf(fresh.feature.geometry) };
    const mine = { values: this.values, shape: this.drawing.shape };
    this.drawing.board.theirs(fresh.feature.geometry);
    const decision = conflict(this.forms, this.layer, theirs, mine, { values: base, shape: shapeOf(known.feature.geometry) }, (chosen) => {
      this.editing = fresh;
      this.values = { ...chosen.values };
      this.drawing.board.theirs(null);
      this.formed();
      if (chosen.shape) this.drawing.set(chosen.shape);
      void this.save(null);
    });
    this.said.show(decision.element);
  }

  private async done(outcome: Outcome): Promise<void> {
    const photos = await this.pictures.all();
    let unsent = photos;
    const send = async (): Promise<null> => {
      if (unsent.length === 0) return null;
      await this.server.photos(outcome.layer, outcome.id, unsent, `${this.key}-photos`);
      unsent = [];
      return null;
    };
    const sent = await send().catch((failure: unknown) => (failure instanceof Refused ? failure.told : Promise.reject(failure)));
    if (this.editing) this.server.letGo(this.editing.layer, this.editing.id);
    this.editing = null;
    window.clearInterval(this.lock);
    this.body.hidden = true;
    window.clearTimeout(this.timer);
    await this.keeper.drop();
    this.drawing.board.show(false);
    void this.atlas.refresh([outcome.layer]);
    this.foot.replaceChildren();
    this.said.show(ended(outcome, sent, send, () => this.open(), () => this.close()));
  }

  private refused(failure: unknown, again?: () => void): void {
    if (!(failure instanceof Refused)) throw failure;
    // The next attempt may hold something else; only where no answer came must it be known for the same.
    if (failure.status >= 400 && failure.status !== 401) this.key = newKey();
    const left = this.form?.refuse(failure.problems.filter((one) => one.level === "error")) ?? [];
    this.said.refuse(failure, left, again);
  }

  private fitted(): void {
    this.atlas.map?.invalidateSize({ animate: false });
  }
}
