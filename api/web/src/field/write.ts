// The section in which something is marked. Each key is kept; what is finished lies on the phone before it is sent.
import { make } from "../dom";
import type { App } from "./app";
import { drop, isFull, photosOf, store } from "./db";
import { fieldsOf } from "./fields";
import { exported } from "./file";
import { forgetMirror, Keeper, unfinished, type Kept } from "./keeper";
import type { Along, Draft, FormLayer } from "./kinds";
import { finish, leastOf, newDraft, titleOf } from "./marks";
import { picturePart } from "./pictures";
import { placePart } from "./place";
import { act, both, decided, fill, handOver, heading, moment, one, paragraph, status, text } from "./show";

export class WriteSection {
  readonly root = make("section", { id: "write" });
  private readonly line = status("field-kept");
  readonly keeper = new Keeper((how) => this.saidKept(how));

  constructor(private readonly app: App) {}

  /** Open what was written last, where something is unfinished. */
  async opened(): Promise<void> {
    const [last] = this.app.person ? await unfinished(this.app.person.login) : [];
    if (last && !this.keeper.draft) this.keeper.draft = last;
    await this.shown();
  }

  async started(layer: string, target: Along | null = null): Promise<void> {
    await this.keeper.flush();
    const today = new Date();
    const day = `${today.getFullYear()}-${String(today.getMonth() + 1).padStart(2, "0")}-${String(today.getDate()).padStart(2, "0")}`;
    const fields = this.app.layer(layer)?.fields ?? [];
    const seen = fields.some((field) => field.name === "seen_on") ? { seen_on: day } : {};
    const words = target ? { ...target.target.words } : seen;
    this.keeper.draft = newDraft(layer, this.app.person?.login ?? "", words as Record<string, string>, target?.target ?? null);
    await this.shown();
  }

  async taken(draft: Draft): Promise<void> {
    await this.keeper.flush();
    this.keeper.draft = draft;
    await this.shown();
  }

  async shown(): Promise<void> {
    const { app } = this;
    const title = heading("h1", text("เขียนรายงาน", "Write a report"));
    const missing = this.missing();
    if (missing) {
      fill(this.root, title, ...missing);
      return;
    }
    const { draft } = this.keeper;
    const layer = draft ? app.layer(draft.layer) : undefined;
    const others = (await unfinished(app.person!.login)).filter((one_) => one_.id !== draft?.id);
    const along = (await (await store()).getAll("along")).filter((one_) => one_.login === app.person!.login);
    if (draft && layer) fill(this.root, title, this.form(draft, layer), this.otherDrafts(others));
    else fill(this.root, title, this.choice(), this.otherDrafts(others), this.broughtAlong(along));
  }

  /** What has to be done before anything can be written here. */
  private missing(): HTMLElement[] | null {
    const { app } = this;
    const signIn = make("a", { class: "button main", href: "/login?next=/field" }, both(text("เข้าสู่ระบบ", "Sign in")));
    if (!app.person) {
      return [paragraph(text("หน้านี้สำหรับผู้ทำเครื่องหมาย: เจ้าหน้าที่ กรรมการชุมชน และผู้เก็บข้อมูลที่ได้รับเชิญ เข้าสู่ระบบครั้งแรกเมื่อมีสัญญาณ แล้วใช้ต่อได้แม้ไม่มีสัญญาณ",
        "For those who mark: officers, community committees and invited collectors. Sign in once while there is a network; afterwards it works without one"), "lead"),
      make("p", { class: "actions" }, signIn)];
    }
    if (!app.person.may_mark) {
      return [paragraph(text(`บัญชี ${app.person.name} ในบทบาทนี้ทำเครื่องหมายไม่ได้ เปลี่ยนบทบาทเป็นเจ้าหน้าที่ กรรมการชุมชน หรือผู้เก็บข้อมูล หรือแจ้งเทศบาลให้เพิ่มสิทธิ์`,
        `${app.person.name} does not mark in this role: switch to staff, community or partner, or ask your municipality for a grant`), "note"),
      make("p", { class: "actions" }, make("a", { class: "button main", href: "/auth/me" }, both(text("เปลี่ยนบทบาท", "Switch the role"))))];
    }
    if (!app.forms) {
      return [paragraph(text("ยังไม่มีแบบฟอร์มในเครื่อง เปิดหน้านี้สักครั้งเมื่อมีสัญญาณ", "The forms are not on this phone yet: open this page once while there is a network"), "note")];
    }
    return null;
  }

  private choice(): HTMLElement {
    // What is urgent comes first: what has a level of risk.
    const isRisk = (layer: FormLayer) => layer.fields.some((field) => field.name === "likelihood");
    const ordered = [...this.app.forms!.layers].sort((one_, other) => Number(isRisk(other)) - Number(isRisk(one_)));
    const each = ordered.map((layer) => act(layer.title, () => this.started(layer.id), "main"));
    return make("div", {}, paragraph(text("พบอะไร", "What did you find?"), "lead"), make("div", { class: "actions field-big" }, ...each));
  }

  private otherDrafts(found: Draft[]): HTMLElement {
    if (found.length === 0) return make("div", {});
    const each = found.map((draft) => make("li", {},
      act({ th: titleOf(draft, this.app.layer(draft.layer)), en: titleOf(draft, this.app.layer(draft.layer)) }, () => this.taken(draft)),
      make("span", { class: "hint" }, " ", both(moment(draft.touched_at)))));
    return make("div", {}, heading("h2", text("ที่ยังเขียนไม่เสร็จ", "Unfinished")), make("ul", { class: "plain field-list" }, ...each));
  }

  private broughtAlong(found: Along[]): HTMLElement {
    if (found.length === 0) return make("div", {});
    const each = found.map((mark) => make("li", {},
      act({ th: `แก้: ${mark.title}`, en: `Change: ${mark.title}` }, () => this.started(mark.layer, mark)),
      make("span", { class: "hint" }, " ", both(text(`รุ่น ${mark.target.version} เมื่อ ${moment(mark.at).th}`, `version ${mark.target.version}, taken ${moment(mark.at).en}`)))));
    return make("div", {}, heading("h2", text("รายการที่นำมาแก้", "Marks taken along")), make("ul", { class: "plain field-list" }, ...each));
  }

  private form(draft: Draft, layer: FormLayer): HTMLElement {
    const touched = () => { fill(this.line); this.keeper.touch(); };
    const onMap = async () => { await this.keeper.flush(); this.app.placing = draft; this.app.go("map"); };
    const kept = async () => { this.keeper.touch(); await this.keeper.flush(); };
    const general = draft.problems.filter((wrong) => !wrong.column);
    const form = make("form", { class: "form field-form", novalidate: true },
      make("p", { class: "field-what" }, make("strong", {}, both(layer.title)), draft.target ? ` #${draft.target.id}` : ""),
      ...(draft.problems.length > 0 ? [paragraph(text("เซิร์ฟเวอร์ไม่รับ โปรดแก้ช่องที่ทำเครื่องหมายไว้", "The server refused it: mend what is marked below"), "note")] : []),
      ...general.map((wrong) => make("p", { class: "field-wrong" }, both(wrong))),
      placePart(layer, draft, touched, onMap),
      picturePart(draft, kept),
      ...fieldsOf(this.app.forms!, layer, draft, touched),
      this.line,
      make("div", { class: "actions field-end" },
        act(text("เสร็จแล้ว เก็บและส่ง", "Done: keep and send"), () => this.finished(draft, layer), "main")),
      make("div", { class: "actions" },
        act(text("พักไว้ เขียนเรื่องอื่น", "Put it aside"), () => this.aside()),
        act(text("ทิ้งร่างนี้", "Throw it away"), () => this.thrownAway(draft), "quiet")));
    form.addEventListener("submit", (event) => event.preventDefault());
    return form;
  }

  private saidKept(how: Kept): void {
    if (how.is === "kept") fill(this.line, both(text(`เก็บไว้ในเครื่องแล้ว ${clock(how.at)}`, `Kept on this phone ${clock(how.at)}`)));
    else this.saidFull(how.is === "full");
  }

  private saidFull(full: boolean): void {
    const words = full
      ? text("พื้นที่ในเครื่องเต็ม ข้อความสำรองไว้ในเบราว์เซอร์แล้ว แต่ยังไม่ปลอดภัย ลบรูปหรือแผนที่ที่เก็บไว้ หรือส่งออกเป็นไฟล์",
             "This phone is full. The words lie in a second place of the browser only: free some space, forget kept tiles, or export a file")
      : text("เครื่องนี้เก็บข้อมูลไม่ได้ ส่งออกเป็นไฟล์ไว้ก่อน", "This phone cannot keep it: export a file now");
    fill(this.line, make("strong", {}, both(words)), " ", act(text("ส่งออกร่างนี้", "Export this draft"), () => this.handedOver()));
  }

  private async handedOver(): Promise<void> {
    const { draft } = this.keeper;
    if (draft) handOver(await exported([], [{ draft, photos: await photosOf(draft.id) }]), "chumchon-field-draft.geojson");
  }

  private async finished(draft: Draft, layer: FormLayer): Promise<void> {
    const needs = draft.place ? leastOf(draft.place.kind) - draft.place.points.length : draft.target ? 0 : 1;
    if (needs > 0) {
      fill(this.line, make("strong", {}, both(text("ยังไม่ได้บอกว่าอยู่ที่ไหน", "It does not say yet where it is"))));
      this.root.querySelector<HTMLElement>(".field-set .button")?.focus();
      return;
    }
    await this.keeper.flush();
    try {
      await finish(draft, layer);
    } catch (failure) {
      this.saidFull(isFull(failure));
      return;
    }
    await this.keeper.done();
    await this.shown();
    this.root.prepend(make("p", { class: "field-good", role: "status" }, both(text("เก็บรายงานไว้ในเครื่องแล้ว จะส่งเมื่อมีสัญญาณ", "The report is kept on this phone and is sent when there is a network"))));
    this.app.told();
    this.app.send(true);
    document.getElementById("main")?.focus();
  }

  private async aside(): Promise<void> {
    await this.keeper.flush();
    this.keeper.draft = null;
    await this.shown();
  }

  private async thrownAway(draft: Draft): Promise<void> {
    const photos = (await photosOf(draft.id)).length;
    const lost = paragraph(text(`จะหายถาวร: ข้อความที่พิมพ์และภาพ ${photos} ภาพ`, `Lost for good: the words and ${photos} photos`));
    const said = await decided(text("ทิ้งร่างนี้หรือไม่", "Throw this draft away?"), [lost],
      [{ id: "keep", words: text("เก็บไว้", "Keep it"), kind: "main" }, { id: "drop", words: text("ทิ้ง", "Throw away") }]);
    if (said !== "drop") return;
    await this.keeper.done();
    forgetMirror();
    await drop(draft.id);
    await this.shown();
  }
}

function clock(at: Date): string {
  return at.toLocaleTimeString(one(text("th-TH", "en-GB")), { hour12: false });
}
