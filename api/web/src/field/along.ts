// Marks that are taken along to be changed outside: their words and version as they were, for the person who took them.
import { make } from "../dom";
import type { App } from "./app";
import { ask, isObject } from "./ask";
import { store, write } from "./db";
import type { Along, Prepared } from "./kinds";
import { wordsOf } from "./marks";
import { act, both, fill, heading, moment, paragraph, status, text } from "./show";

const MOST = 50;

/** The part of the preparing page for them: what was taken, and what there is in the communities that were chosen. */
export async function alongPart(app: App, prepared: Prepared[]): Promise<HTMLElement> {
  const line = status("field-along");
  const there = make("ul", { class: "plain field-list" });
  const taken = make("ul", { class: "plain field-list" });
  const listed = async () => {
    const found = (await (await store()).getAll("along")).filter((one) => one.login === app.person?.login);
    fill(taken, ...found.map((one) => make("li", {}, make("strong", {}, one.title), " ",
      make("span", { class: "hint" }, `#${one.target.id} v${one.target.version} · `, both(moment(one.at))), " ",
      act(text("ไม่ต้องนำไป", "Leave it here"), async () => {
        await write(["along"], (to) => to.objectStore("along").delete(one.key));
        await listed();
      }, "small"))));
  };
  const looked = async () => {
    fill(line, both(text("กำลังค้นหา…", "Looking…")));
    fill(there);
    let count = 0;
    for (const layer of app.forms?.layers ?? []) {
      for (const { community } of prepared) {
        const found = await marksIn(layer.id, community.id);
        if (!found) {
          fill(line, both(text("ค้นหาไม่ได้ ต้องมีสัญญาณและเข้าสู่ระบบ", "It needs a network and being signed in")));
          return;
        }
        count += found.length;
        there.append(...found.map((feature) => offered(app, layer.id, feature, line, listed)));
      }
    }
    fill(line, both(text(`พบ ${count} รายการในชุมชนที่เก็บไว้`, `${count} marks in the communities that are kept`)));
  };
  await listed();
  return make("div", {}, heading("h2", text("นำรายการเดิมไปแก้", "Take marks along to change")),
    paragraph(text("รายการที่นำไปแก้ได้แม้ไม่มีสัญญาณ ถ้ามีผู้แก้ก่อน ท่านจะเห็นทั้งสองฉบับและเป็นผู้ตัดสิน", "They can be changed without a network; where somebody else was first you see both and decide"), "hint"), taken,
    ...(prepared.length > 0 && app.person?.may_mark ? [make("div", { class: "actions" }, act(text("ค้นหารายการในชุมชนที่เก็บไว้", "Look for marks in the kept communities"), looked))] : []),
    line, there);
}

async function marksIn(layer: string, community: number): Promise<GeoJSON.Feature[] | null> {
  const isList = (body: unknown) => isObject(body) && Array.isArray(body["features"]);
  const answer = await ask(`/collections/${layer}/items?f=json&limit=${MOST}&community_id=${community}`, {}, isList);
  return answer.is === "receipt" ? (answer.body as unknown as GeoJSON.FeatureCollection).features : null;
}

function offered(app: App, layer: string, feature: GeoJSON.Feature, line: HTMLElement, listed: () => Promise<void>): HTMLElement {
  const title = String(feature.properties?.["name_th"] ?? `${app.titleOf(layer).th} ${feature.id}`);
  return make("li", {}, title, " ", act(text("นำไปด้วย", "Take it along"), async () => {
    const came = await takeAlong(app, layer, Number(feature.id));
    fill(line, both(came ? text("นำไปด้วยแล้ว", "Taken along") : text("นำไปไม่ได้ในขณะนี้", "It cannot be taken just now")));
    await listed();
  }, "small"));
}

/** Keep a mark as it is now, with its version; false where it cannot be had. */
export async function takeAlong(app: App, layer: string, id: number): Promise<boolean> {
  const isMark = (body: unknown) => isObject(body) && isObject(body["feature"]) && Number.isSafeInteger(body["version"]);
  const answer = await ask(`/marks/${layer}/${id}`, {}, isMark);
  if (answer.is !== "receipt" || !app.person) return false;
  const { version, feature } = answer.body as unknown as { version: number; feature: GeoJSON.Feature };
  const words = wordsOf(feature.properties);
  const one: Along = {
    key: `${layer}/${id}`, login: app.person.login, layer, title: words["name_th"] ?? `${app.titleOf(layer).th} ${id}`,
    target: { id, version, words, geometry: feature.geometry }, at: new Date().toISOString(),
  };
  await write(["along"], (to) => to.objectStore("along").put(one));
  return true;
}
