// How many wait, each with what, when and why; and what a person can do about it.
import type { Text } from "../config";
import { make } from "../dom";
import { takeAlong } from "./along";
import type { App } from "./app";
import { CLOCK_OFF } from "./app";
import { resolved } from "./conflict";
import { drafts, drop, photosOf, reports } from "./db";
import { exported, imported, NotAFile } from "./file";
import type { Draft, Report, State } from "./kinds";
import { mend, photosAgain } from "./marks";
import { counted } from "./pictures";
import { changed } from "./send";
import { act, both, decided, fill, handOver, heading, moment, paragraph, status, text } from "./show";

const STATES: Record<State, Text> = {
  waiting: text("รอส่ง", "Waits"),
  sending: text("กำลังส่ง", "Being sent"),
  refused: text("เซิร์ฟเวอร์ไม่รับ ต้องแก้", "Refused: to be mended"),
  conflict: text("มีผู้แก้ก่อน ต้องตัดสิน", "Changed by somebody else: to be decided"),
  sent: text("ถึงเซิร์ฟเวอร์แล้ว", "Received by the server"),
};

/** Reports and drafts that are on this phone alone, as one file. */
export async function exportAll(): Promise<void> {
  const waiting = (await reports()).filter((one) => one.state !== "sent");
  const found = await Promise.all(waiting.map(async (report) => ({ report, photos: await photosOf(report.id) })));
  const unfinished = await Promise.all((await drafts()).map(async (draft) => ({ draft, photos: await photosOf(draft.id) })));
  const day = new Date().toISOString().slice(0, 10);
  handOver(await exported(found, unfinished), `chumchon-field-${day}.geojson`);
}

/** What has the focus has it again after everything was made anew; what came in its place, where it is gone. */
function focusIn(root: HTMLElement): () => void {
  const now = document.activeElement;
  if (!(now instanceof HTMLElement) || !root.contains(now)) return () => undefined;
  const [card, words] = [now.closest<HTMLElement>("[data-report]")?.dataset["report"], now.textContent];
  return () => {
    const all = [...root.querySelectorAll<HTMLElement>("button, a, summary, input")];
    const same = all.find((one) => one.textContent === words && one.closest<HTMLElement>("[data-report]")?.dataset["report"] === card);
    (same ?? document.getElementById("main"))?.focus({ preventScroll: true });
  };
}

export class WaitingSection {
  readonly root = make("section", { id: "waiting" });
  private readonly line = status("field-sent-line");

  constructor(
    private readonly app: App,
    private readonly mended: (draft: Draft) => Promise<void>,
  ) {}

  async shown(): Promise<void> {
    const all = await reports();
    const photos = await counted();
    const waiting = all.filter((one) => one.state !== "sent");
    const sent = all.filter((one) => one.state === "sent").reverse();
    const count = waiting.length;
    const back = focusIn(this.root);
    const head = count === 0
      ? paragraph(text("ไม่มีรายงานค้าง ทุกเรื่องถึงเซิร์ฟเวอร์แล้ว", "Nothing waits: everything has reached the server"), "lead")
      : make("p", { class: "lead" }, make("strong", { class: "field-count" }, String(count)), " ", both(text("รายงานรอส่ง", count === 1 ? "report waits" : "reports wait")));
    fill(this.root, heading("h1", text("รอส่ง", "Waiting")), head, this.clock(), this.buttons(count), this.line,
      make("ul", { class: "plain field-cards" }, ...waiting.map((one) => this.card(one, photos.get(one.id) ?? 0))),
      ...(sent.length > 0 ? [heading("h2", text("ส่งแล้ว", "Sent")), make("ul", { class: "plain field-cards" }, ...sent.map((one) => this.receipt(one)))] : []),
      this.fromFile());
    back();
  }

  say(words: Text): void {
    fill(this.line, both(words));
  }

  private clock(): HTMLElement {
    if (Math.abs(this.app.behind) < CLOCK_OFF) return make("div", {});
    const minutes = Math.round(Math.abs(this.app.behind) / 60_000);
    const server = moment(new Date(Date.now() + this.app.behind).toISOString());
    const words = this.app.behind > 0
      ? text(`นาฬิกาเครื่องนี้ช้ากว่าเซิร์ฟเวอร์ ${minutes} นาที ที่เซิร์ฟเวอร์คือ ${server.th}`, `This phone's clock is ${minutes} minutes behind the server's, which has ${server.en}`)
      : text(`นาฬิกาเครื่องนี้เร็วกว่าเซิร์ฟเวอร์ ${minutes} นาที ที่เซิร์ฟเวอร์คือ ${server.th}`, `This phone's clock is ${minutes} minutes ahead of the server's, which has ${server.en}`);
    return paragraph(words, "note");
  }

  private buttons(count: number): HTMLElement {
    const found = [];
    if (count > 0) found.push(act(text("ส่งเดี๋ยวนี้", "Send now"), () => this.app.send(true), "main"));
    found.push(act(text("ส่งออกทั้งหมดเป็นไฟล์", "Export all as a file"), () => exportAll()));
    return make("div", { class: "actions" }, ...found);
  }

  private card(report: Report, photos: number): HTMLElement {
    const isMine = report.login === this.app.person?.login;
    // What somebody else wrote on this phone is theirs; what came by a file was given to whoever read it in.
    const title = isMine || report.imported ? report.title : report.login;
    const facts = [both(this.app.titleOf(report.layer)), " · ", both(text(`เขียนเมื่อ ${moment(report.written_at).th}`, `written ${moment(report.written_at).en}`))];
    if (photos > 0) facts.push(" · ", both(text(`${photos} ภาพรอส่ง`, `${photos} photos wait`)));
    if (report.receipt) facts.push(" · ", both(text(`เลขที่ ${report.receipt.id}`, `number ${report.receipt.id}`)));
    const why = isMine ? report.why?.told : text(`เขียนโดยบัญชี ${report.login} จะส่งเมื่อผู้นั้นเข้าสู่ระบบ`, `written by ${report.login}; sent when they sign in`);
    return make("li", { class: `field-card ${report.state}`, "data-report": report.id },
      make("h3", {}, title), make("p", {}, make("span", { class: "state" }, both(STATES[report.state]))), make("p", { class: "hint" }, ...facts),
      ...(why ? [make("p", { class: "field-why" }, both(why))] : []),
      ...report.problems.map((wrong) => make("p", { class: "field-wrong" }, both(wrong))),
      make("div", { class: "actions" }, ...(isMine ? this.own(report) : report.imported ? [this.takeOver(report)] : []),
        act(text("ลบออกจากเครื่อง", "Delete from this phone"), () => this.deleted(report, photos), "quiet")));
  }

  private own(report: Report): HTMLElement[] {
    if (report.why?.code === "sign-in") return [make("a", { class: "button main", href: "/login?next=/field" }, both(text("เข้าสู่ระบบ", "Sign in")))];
    if (report.state === "conflict") {
      return [act(text("ดูสองฉบับและตัดสิน", "See both and decide"), async () => {
        await resolved(this.app, report);
        this.app.told();
      }, "main")];
    }
    if (report.state !== "refused") return [];
    if (report.why?.code === "photo" || report.receipt) {
      const again = async () => { await photosAgain(report); this.app.told(); this.app.send(true); };
      return [act(text("ส่งภาพอีกครั้ง", "Send the photos again"), again, "main")];
    }
    return [act(text("แก้แล้วส่งใหม่", "Mend and send again"), async () => {
      await this.mended(await mend(report));
      this.app.told();
      this.app.go("write");
    }, "main")];
  }

  private takeOver(report: Report): HTMLElement {
    return act(text("ส่งในชื่อของฉัน", "Send it as myself"), async () => {
      const body = paragraph(text(`เขียนโดย ${report.login} ถ้าโทรศัพท์เครื่องนั้นส่งเองด้วย จะมีสองรายการ ให้ลบที่เครื่องนั้น`,
        `Written by ${report.login}. If their phone sends it too there will be two: delete it there`));
      const said = await decided(text("ส่งรายงานนี้ในชื่อของท่านหรือไม่", "Send this report as yourself?"), [body],
        [{ id: "no", words: text("ไม่ส่ง", "No") }, { id: "yes", words: text("ส่งในชื่อของฉัน", "Send it as myself"), kind: "main" }]);
      if (said !== "yes" || !this.app.person) return;
      await changed(report.id, { login: this.app.person.login });
      this.app.told();
      this.app.send(true);
    }, "main");
  }

  private receipt(report: Report): HTMLElement {
    const { receipt } = report;
    const at = receipt?.kept_at ? text(`เซิร์ฟเวอร์รับเมื่อ ${moment(receipt.kept_at).th} (นาฬิกาเซิร์ฟเวอร์)`, `received ${moment(receipt.kept_at).en} (the server's clock)`)
      : text(`ได้ใบรับเมื่อ ${moment(receipt?.received_at ?? "").th}`, `receipt came ${moment(receipt?.received_at ?? "").en}`);
    const title = report.login === this.app.person?.login ? report.title : report.login;
    return make("li", { class: "field-card sent", "data-report": report.id }, make("h3", {}, title),
      make("p", {}, make("span", { class: "state holds" }, both(STATES.sent)), ` #${receipt?.id ?? ""} v${receipt?.version ?? ""}`),
      make("p", { class: "hint" }, both(at), " · ", both(text(`เขียนเมื่อ ${moment(report.written_at).th} (นาฬิกาเครื่อง)`, `written ${moment(report.written_at).en} (this phone's)`))),
      make("div", { class: "actions" }, make("a", { class: "button", href: `/marks/${report.layer}/${receipt?.id ?? ""}` }, both(text("เปิดดู", "Open"))),
        ...(report.login === this.app.person?.login ? [act(text("นำไปแก้", "Take it along"), () => this.along(report))] : []),
        act(text("ลบใบรับ", "Forget the receipt"), async () => { await drop(report.id); this.app.told(); }, "quiet")));
  }

  private async along(report: Report): Promise<void> {
    const came = report.receipt !== null && (await takeAlong(this.app, report.layer, report.receipt.id));
    this.say(came ? text("นำไปด้วยแล้ว แก้ได้ที่ “เขียน”", "Taken along: change it under Write") : text("นำไปไม่ได้ในขณะนี้", "It cannot be taken just now"));
  }

  private async deleted(report: Report, photos: number): Promise<void> {
    const there = report.receipt
      ? text(`รายการ #${report.receipt.id} อยู่บนเซิร์ฟเวอร์แล้ว แต่ภาพ ${photos} ภาพจะหายถาวร`, `Mark #${report.receipt.id} is on the server; ${photos} photos are lost for good`)
      : text(`รายงานนี้ยังไม่ถึงเซิร์ฟเวอร์ ข้อความและภาพ ${photos} ภาพจะหายถาวร`, `The server does not have this report: its words and ${photos} photos are lost for good`);
    const said = await decided(text(`ลบ “${report.title}” หรือไม่`, `Delete “${report.title}”?`), [paragraph(there, "note")], [
      { id: "keep", words: text("เก็บไว้", "Keep it"), kind: "main" },
      { id: "export", words: text("ส่งออกเป็นไฟล์ก่อน", "Export a file first") },
      { id: "drop", words: text("ลบถาวร", "Delete for good") },
    ]);
    if (said === "export") handOver(await exported([{ report, photos: await photosOf(report.id) }], []), "chumchon-field-report.geojson");
    if (said !== "drop") return;
    await drop(report.id);
    this.app.told();
  }

  private fromFile(): HTMLElement {
    const input = make("input", { type: "file", id: "field-import", accept: ".geojson,.json,application/geo+json" });
    input.addEventListener("change", async () => {
      const file = input.files?.[0];
      if (!file) return;
      try {
        const came = await imported(file, this.app.person?.login ?? "");
        this.app.told();
        this.say(text(`อ่านเข้า ${came.reports} รายงาน ${came.drafts} ร่าง มีอยู่แล้ว ${came.had}`, `${came.reports} reports and ${came.drafts} drafts read in; ${came.had} were here already`));
        this.app.send();
      } catch (failure) {
        this.say(failure instanceof NotAFile
          ? text("ไฟล์นี้ไม่ใช่ไฟล์ที่ส่งออกจากหน้านี้ หรือไม่ครบ ไม่ได้อ่านเข้าเลย", "This is no file exported here, or not all of one; nothing was read in")
          : text("เก็บลงเครื่องไม่ได้ พื้นที่อาจเต็ม ไม่ได้อ่านเข้าเลย", "It could not be kept: the device may be full; nothing was read in"));
      }
      input.value = "";
    });
    return make("details", { class: "field-more" }, make("summary", {}, both(text("อ่านไฟล์ที่ส่งออกจากเครื่องอื่น", "Read a file exported on another device"))),
      make("div", { class: "form" }, make("div", { class: "field-one" }, make("label", { for: "field-import" }, both(text("ไฟล์ .geojson จากหน้านี้", "A .geojson file from this page"))), input)));
  }
}
