// Before going out: which communities, how much that is, and what of it is on the phone already.
import { make } from "../dom";
import type { App } from "./app";
import { alongPart } from "./along";
import { communities } from "./communities";
import { isFull, keep, kept } from "./db";
import type { Community, Prepared } from "./kinds";
import { act, both, fill, heading, megabytes, moment, paragraph, status, text } from "./show";
import { forgetTiles, keptTiles, MOST_BYTES, sized, tilesOver, TooMuch, unique } from "./tiles";

export class PrepareSection {
  readonly root = make("section", { id: "prepare" });
  private readonly line = status("field-prepared");
  private readonly room = make("p", { class: "hint" });
  private chosen = new Set<number>();
  private found: Community[] = [];
  private stop: AbortController | null = null;

  constructor(private readonly app: App) {}

  async shown(): Promise<void> {
    if (this.stop) return; // it is being fetched; its progress stays on the page
    const prepared = await this.prepared();
    const list = make("div", { class: "field-communities" });
    const search = make("input", { type: "search", id: "field-search", autocomplete: "off" });
    const listed = () => {
      const asked = search.value.trim().toLowerCase();
      const shown = this.found.filter((one) => `${one.name.th} ${one.name.en}`.toLowerCase().includes(asked)).slice(0, 60);
      fill(list, ...(shown.length > 0 ? shown.map((one) => this.tick(one, prepared)) : [paragraph(text("ไม่พบชุมชนที่มีแนวเขต", "No community with an outline"), "hint")]));
    };
    search.addEventListener("input", listed);
    const size = act(text("ดูขนาดก่อน", "See how much it is"), () => this.measured(), "main");
    fill(this.root, heading("h1", text("เตรียมออกพื้นที่", "Prepare")),
      paragraph(text("เลือกชุมชนที่จะไป แผนที่จะอยู่ในเครื่องและเปิดได้แม้ไม่มีสัญญาณ (ซูม 14–18)", "Choose where you are going: its map is kept on this phone and opens without a network (zooms 14–18)"), "lead"),
      this.keptList(prepared), heading("h2", text("เลือกชุมชน", "Choose communities")),
      make("div", { class: "form" }, make("div", { class: "field-one" }, make("label", { for: "field-search" }, both(text("ค้นหาชื่อ", "Find by name"))), search)),
      list, make("div", { class: "actions" }, size), this.line, this.room, await alongPart(this.app, prepared));
    fill(list, paragraph(text("กำลังโหลดรายชื่อ…", "Loading the names…"), "hint"));
    void this.toldRoom();
    this.found = await communities(this.app.person);
    listed();
  }

  private async prepared(): Promise<Prepared[]> {
    return (await kept<Prepared[]>("prepared")) ?? [];
  }

  private layers(): string[] {
    return (this.app.ground?.layers ?? []).map((layer) => layer.id);
  }

  private tick(community: Community, prepared: Prepared[]): HTMLElement {
    const input = make("input", { type: "checkbox" });
    input.checked = this.chosen.has(community.id);
    input.addEventListener("change", () => (input.checked ? this.chosen.add(community.id) : this.chosen.delete(community.id)));
    const had = prepared.some((one) => one.community.id === community.id && one.had === one.tiles);
    return make("label", { class: "field-tick" }, input, make("span", {}, both(community.name), ...(had ? [" ✓"] : [])));
  }

  private keptList(prepared: Prepared[]): HTMLElement {
    if (prepared.length === 0) return make("div", {});
    const each = prepared.map((one) => make("li", { class: "field-card" }, make("h3", {}, both(one.community.name)),
      make("p", { class: "hint" }, `${one.had}/${one.tiles} · ${megabytes(one.bytes)} · `, both(moment(one.at))),
      make("div", { class: "actions" },
        ...(one.had < one.tiles ? [act(text("เก็บต่อ", "Go on"), () => this.fetched([one.community]), "main")] : []),
        act(text("ปรับให้ใหม่ล่าสุด", "Renew"), () => this.renewed(one)),
        act(text("ลบแผนที่นี้", "Forget this map"), () => this.forgotten(one), "quiet"))));
    return make("div", {}, heading("h2", text("มีในเครื่องแล้ว", "On this phone")), make("ul", { class: "plain field-cards" }, ...each));
  }

  private async measured(): Promise<void> {
    const chosen = this.found.filter((one) => this.chosen.has(one.id));
    if (chosen.length === 0) {
      fill(this.line, both(text("เลือกชุมชนอย่างน้อยหนึ่งแห่งก่อน", "Choose at least one community first")));
      return;
    }
    fill(this.line, both(text("กำลังวัดขนาด…", "Measuring…")));
    try {
      const size = await sized(chosen, this.layers(), new AbortController().signal);
      if (size.bytes > MOST_BYTES) {
        fill(this.line, both(text(`ประมาณ ${megabytes(size.bytes)} เกินที่เก็บได้ ${megabytes(MOST_BYTES)} เลือกให้น้อยลง`, `About ${megabytes(size.bytes)}, more than the ${megabytes(MOST_BYTES)} that fit: choose fewer`)));
        return;
      }
      fill(this.line, make("strong", {}, both(text(`${size.tiles.toLocaleString("en-US")} ช่องแผนที่ ประมาณ ${megabytes(size.bytes)}`, `${size.tiles.toLocaleString("en-US")} tiles, about ${megabytes(size.bytes)}`))), " ",
        act(text("เก็บลงเครื่อง", "Keep them on this phone"), () => this.fetched(chosen), "main"));
    } catch {
      fill(this.line, both(text("วัดขนาดไม่ได้ ต้องมีสัญญาณในขั้นนี้", "It cannot be measured: this step needs a network")));
    }
  }

  /** Fetch the tiles of communities, one after the other; what was fetched stays where this is stopped or cut. */
  private async fetched(chosen: Community[]): Promise<void> {
    await navigator.storage?.persist?.();
    const stop = (this.stop = new AbortController());
    const bar = make("progress", { "aria-label": "progress" });
    const told = make("span", {});
    fill(this.line, bar, " ", told, " ", act(text("หยุด", "Stop"), () => stop.abort()));
    let had = 0;
    let words = text("เก็บครบแล้ว เปิดแผนที่ได้แม้ไม่มีสัญญาณ", "All of it is kept: the map opens without a network");
    for (const community of chosen) {
      const places = unique(tilesOver(community));
      let done = 0;
      let bytes = 0;
      bar.max = places.length;
      try {
        await keptTiles(places, this.layers(), stop.signal, (now, size) => {
          [done, bytes] = [now, size];
          bar.value = now;
          fill(told, `${community.name.th} ${now}/${places.length} · ${megabytes(had + size)}`);
        });
      } catch (failure) {
        words = stop.signal.aborted ? text("หยุดแล้ว กด “เก็บต่อ” ได้ทุกเมื่อ", "Stopped; go on whenever you like")
          : isFull(failure) ? text("พื้นที่ในเครื่องเต็ม เก็บได้บางส่วน", "This phone is full; only a part is kept")
          : failure instanceof TooMuch ? text(`เกิน ${megabytes(MOST_BYTES)} เก็บไว้บางส่วน`, `More than ${megabytes(MOST_BYTES)}; only a part is kept`)
          : text("สัญญาณขาด เก็บได้บางส่วน กด “เก็บต่อ” เมื่อมีสัญญาณ", "The network went away; go on when it is back");
      }
      had += bytes;
      const others = (await this.prepared()).filter((one) => one.community.id !== community.id);
      await keep("prepared", [...others, { community, tiles: places.length, had: done, bytes, at: new Date().toISOString() }]);
      if (done < places.length) break;
    }
    this.stop = null;
    await this.shown();
    fill(this.line, both(words));
  }

  private async renewed(one: Prepared): Promise<void> {
    if (!navigator.onLine) {
      fill(this.line, both(text("ต้องมีสัญญาณก่อนจึงจะปรับให้ใหม่ได้", "Renewing needs a network")));
      return;
    }
    await forgetTiles(tilesOver(one.community), [], this.layers());
    await this.fetched([one.community]);
  }

  private async forgotten(one: Prepared): Promise<void> {
    const stay = (await this.prepared()).filter((other) => other.community.id !== one.community.id);
    await forgetTiles(tilesOver(one.community), stay.flatMap((other) => tilesOver(other.community)), this.layers());
    await keep("prepared", stay);
    await this.shown();
  }

  /** How much room there is, and whether the browser may clear it by itself. */
  private async toldRoom(): Promise<void> {
    if (!navigator.storage?.estimate) return;
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    const isSafe = (await navigator.storage.persisted?.()) ?? false;
    fill(this.room, both(text(
      `หน้านี้ใช้ ${megabytes(usage)} จากที่ใช้ได้ ${megabytes(quota)} · ${isSafe ? "เบราว์เซอร์จะไม่ลบเอง" : "เบราว์เซอร์อาจลบเองเมื่อเครื่องเต็ม: ติดตั้งหน้านี้ไว้ที่หน้าจอหลักจะปลอดภัยกว่า"}`,
      `This page uses ${megabytes(usage)} of ${megabytes(quota)} · ${isSafe ? "the browser will not clear it by itself" : "the browser may clear it when the phone is full: install this page on the home screen to be safer"}`)));
  }
}
