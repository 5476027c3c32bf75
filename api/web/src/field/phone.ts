// Who holds this phone, how to install the page, and how to leave nothing behind on it.
import { make } from "../dom";
import type { App } from "./app";
import { drafts, reports, wipe } from "./db";
import { forgetMirror } from "./keeper";
import { counted } from "./pictures";
import { act, both, decided, fill, heading, moment, paragraph, status, text } from "./show";
import { exportAll } from "./waiting";

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

export class PhoneSection {
  readonly root = make("section", { id: "phone" });
  private readonly line = status("field-phone-line");
  private install: InstallPrompt | null = null;

  constructor(private readonly app: App) {
    window.addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.install = event as InstallPrompt;
      if (this.root.isConnected) void this.shown();
    });
  }

  async shown(): Promise<void> {
    const { person, isSignedIn } = this.app;
    const who = person
      ? text(`บัญชี ${person.name} (${person.login}) ${isSignedIn === false ? "ต้องเข้าสู่ระบบอีกครั้งก่อนส่ง" : ""}`,
             `${person.name} (${person.login})${isSignedIn === false ? ": sign in again before anything is sent" : ""}`)
      : text("ยังไม่มีผู้เข้าสู่ระบบในเครื่องนี้", "Nobody has signed in on this phone yet");
    const signIn = make("a", { class: "button main", href: "/login?next=/field" }, both(text("เข้าสู่ระบบ", "Sign in")));
    fill(this.root, heading("h1", text("เครื่องนี้", "This phone")), paragraph(who, "lead"),
      make("div", { class: "actions" }, ...(isSignedIn === true ? [] : [signIn])),
      paragraph({ th: `นาฬิกาเครื่องนี้ ${moment(new Date().toISOString()).th}`, en: `This phone's clock: ${moment(new Date().toISOString()).en}` }, "hint"),
      paragraph({ th: `นาฬิกาเซิร์ฟเวอร์ ${moment(new Date(Date.now() + this.app.behind).toISOString()).th}`, en: `The server's: ${moment(new Date(Date.now() + this.app.behind).toISOString()).en}` }, "hint"),
      ...this.installing(), heading("h2", text("ออกจากระบบและลืมเครื่องนี้", "Sign out and forget this phone")),
      paragraph(text("ใช้เมื่อคืนเครื่องหรือให้ผู้อื่นใช้ต่อ ทุกอย่างที่หน้านี้เก็บจะถูกลบ: ร่าง รายงาน ภาพ แผนที่", "For when the phone goes to somebody else: everything this page keeps is deleted – drafts, reports, photos, maps")),
      make("div", { class: "actions" }, act(text("ออกจากระบบและลืมเครื่องนี้", "Sign out and forget this phone"), () => this.left(), "danger")), this.line);
  }

  private installing(): HTMLElement[] {
    if (window.matchMedia("(display-mode: standalone)").matches) return [];
    const how = paragraph(text("ติดตั้งไว้ที่หน้าจอหลัก: เมนูเบราว์เซอร์ → เพิ่มลงในหน้าจอหลัก", "Install it on the home screen: the browser's menu → Add to home screen"));
    const install = this.install;
    return [heading("h2", text("ติดตั้ง", "Install")), install ? make("div", { class: "actions" }, act(text("ติดตั้งหน้านี้", "Install this page"), () => install.prompt(), "main")) : how];
  }

  private async left(): Promise<void> {
    const waiting = (await reports()).filter((one) => one.state !== "sent").length;
    const unfinished = (await drafts()).length;
    const photos = [...(await counted()).values()].reduce((sum, one) => sum + one, 0);
    const lost = waiting + unfinished > 0
      ? text(`จะหายถาวร: รายงานที่ยังไม่ถึงเซิร์ฟเวอร์ ${waiting} เรื่อง ร่าง ${unfinished} เรื่อง ภาพ ${photos} ภาพ`, `Lost for good: ${waiting} reports that the server does not have, ${unfinished} drafts, ${photos} photos`)
      : text("ไม่มีอะไรค้างในเครื่อง ทุกเรื่องถึงเซิร์ฟเวอร์แล้ว", "Nothing waits on this phone: the server has it all");
    const said = await decided(text("ลืมเครื่องนี้หรือไม่", "Forget this phone?"), [paragraph(lost, "note")], [
      { id: "no", words: text("ยังไม่ลืม", "Not yet"), kind: "main" },
      ...(waiting + unfinished > 0 ? [{ id: "export", words: text("ส่งออกเป็นไฟล์ก่อน", "Export a file first") }] : []),
      { id: "yes", words: text("ลบทุกอย่างและออกจากระบบ", "Delete everything and sign out"), kind: "danger" },
    ]);
    if (said === "export") await exportAll();
    if (said === "yes") await this.forgotten();
  }

  private async forgotten(): Promise<void> {
    let isOut = this.app.isSignedIn === false;
    if (this.app.csrf) {
      const words = new URLSearchParams({ csrf: this.app.csrf });
      const headers = { Accept: "application/json" };
      isOut = await fetch("/logout", { method: "POST", body: words, headers }).then((answer) => answer.ok, () => false);
    }
    await wipe();
    forgetMirror();
    localStorage.removeItem("atlas-field-language");
    for (const name of await caches.keys()) if (name.startsWith("atlas-field-")) await caches.delete(name);
    for (const one of (await navigator.serviceWorker?.getRegistrations()) ?? []) await one.unregister();
    const words = isOut
      ? text("ลืมเครื่องนี้แล้ว และออกจากระบบแล้ว", "This phone is forgotten, and you are signed out")
      : text("ลืมเครื่องนี้แล้ว แต่ยังไม่ได้ออกจากระบบเพราะไม่มีสัญญาณ: เปิดหน้าบัญชีเพื่อออกเมื่อมีสัญญาณ", "This phone is forgotten, but without a network you could not be signed out: do so on your account's page later");
    fill(document.getElementById("field")!, heading("h1", text("ลืมแล้ว", "Forgotten")), paragraph(words, "lead"),
      make("p", { class: "actions" }, make("a", { class: "button main", href: "/" }, both(text("ไปหน้าแรก", "To the front page")))));
  }
}
