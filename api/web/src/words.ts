// The interface's own words, both languages together.
import type { Language, Text, Value, Values, Field, Code, LayerConfig } from "./config";

export const WORDS = {
  layers: { th: "ชั้นข้อมูลและคำอธิบาย", en: "Layers and legend" },
  close: { th: "ปิด", en: "Close" },
  search: { th: "ค้นหาชื่อ รหัสแปลง บ้านเลขที่ หรือพิกัด", en: "Find a name, a parcel code, a house number or coordinates" },
  searchHint: { th: "ค้นหาชื่อ รหัสแปลง พิกัด", en: "Name, code, coordinates" },
  nothingFound: {
    th: "ไม่พบสิ่งที่ค้นหา ลองพิมพ์ให้สั้นลง หรือใช้รหัสแปลง/พิกัด",
    en: "Nothing found: try fewer letters, a parcel code or coordinates",
  },
  found: { th: "ผลการค้นหา", en: "Results" },
  foundMore: { th: "ยังมีอีก พิมพ์เพิ่มเพื่อให้แคบลง", en: "there is more: type on to narrow it" },
  notDrawn: { th: "ยังไม่มีตำแหน่งบนแผนที่", en: "not on the map yet" },
  coordinates: { th: "พิกัด", en: "Coordinates" },
  allHere: { th: "รายการทั้งหมดที่จุดนี้", en: "Everything here, as a list" },
  asOf: { th: "ข้อมูล ณ", en: "as of" },
  wholeGroup: { th: "ทั้งกลุ่ม", en: "the whole group" },
  more: { th: "สีและตัวกรอง", en: "Colour and filter" },
  colourBy: { th: "ระบายสีตาม", en: "Colour by" },
  themes: { th: "แผนที่เฉพาะเรื่อง", en: "Themes" },
  otherColumns: { th: "คอลัมน์อื่น", en: "Other columns" },
  bandsRefused: { th: "ดูช่วงค่านี้ไม่ได้ ต้องเข้าสู่ระบบด้วยบทบาทที่มีสิทธิ์และระบุเหตุผล", en: "These classes need a role that may read them, and a purpose" },
  bandsMany: { th: "รายการในจอมากเกินไป ซูมเข้าอีก", en: "Too many features in view: zoom in further" },
  bandsPast: { th: "ช่วงค่าแสดงเฉพาะปัจจุบัน", en: "These classes are of the present alone" },
  oneColour: { th: "สีเดียว", en: "one colour" },
  inView: { th: "ในจอ", en: "in view" },
  filter: { th: "แสดงเฉพาะ", en: "Show only" },
  from: { th: "ตั้งแต่", en: "from" },
  until: { th: "ถึง", en: "until" },
  hidden: { th: "ซ่อนตามตัวกรอง", en: "hidden by filters" },
  items: { th: "รายการในจอ", en: "in view" },
  clear: { th: "ล้างตัวกรอง", en: "Clear filters" },
  clearOne: { th: "ล้างตัวกรองชั้นนี้", en: "Clear this layer's filters" },
  countsUnfiltered: {
    th: "ภาพรวมนับทุกรายการ ตัวกรองใช้เมื่อซูมเข้า",
    en: "the overview counts everything; filters apply closer in",
  },
  classesAway: { th: "แบ่งช่วงไม่ได้ในขณะนี้ ลองใหม่อีกครั้ง", en: "Classes cannot be had right now: try again" },
  share: { th: "คัดลอกลิงก์ของภาพนี้", en: "Copy a link to this view" },
  shared: { th: "คัดลอกลิงก์แล้ว เปิดแล้วเห็นเหมือนกันนี้", en: "Link copied: it opens what you see" },
  shareByHand: { th: "คัดลอกลิงก์นี้", en: "Copy this link" },
  past: { th: "ย้อนเวลา", en: "Go back in time" },
  pastDay: { th: "วันที่ต้องการดู", en: "Day to look at" },
  pastSlider: { th: "วันที่มีการเปลี่ยนแปลง", en: "Days on which something changed" },
  pastNone: { th: "ยังไม่มีการเปลี่ยนแปลงที่บันทึกไว้", en: "No change has been recorded yet" },
  pastAway: { th: "อ่านประวัติไม่ได้ในขณะนี้ ลองใหม่อีกครั้ง", en: "The history cannot be read right now: try again" },
  present: { th: "กลับสู่ปัจจุบัน", en: "Back to now" },
  earlier: { th: "ก่อนหน้านั้น", en: "Earlier" },
  later: { th: "หลังจากนั้น", en: "Later" },
  zone: { th: "เขต/โซน", en: "zone" },
  noOutline: { th: "ยังไม่มีแนวเขต เปิดหน้าชุมชน", en: "no outline yet: open its page" },
  searchAway: { th: "ค้นหาไม่ได้ในขณะนี้", en: "Searching does not work right now" },
  other: { th: "English", en: "ไทย" },
  otherHint: { th: "English: เปลี่ยนเป็นภาษาอังกฤษ", en: "ไทย: change to Thai" },
  demo: { th: "ข้อมูลสมมติ", en: "Made-up data" },
  demoHint: {
    th: "ข้อมูลในแผนที่นี้สร้างขึ้นเพื่อสาธิต ไม่ใช่ข้อมูลจริงของบุคคลหรือสถานที่",
    en: "Everything on this map was made up to show the system; no real person or place is described",
  },
  sources: { th: "แหล่งข้อมูลและสัญญาอนุญาต", en: "Sources and licences" },
  credits: { th: "แหล่งข้อมูล", en: "Sources" },
  overview: {
    th: "ภาพรวม (สีเข้ม = จำนวนมาก) — ซูมเข้าเพื่อดูรายแปลง",
    en: "overview (darker = more) – zoom in for single features",
  },
  perSquare: { th: "จำนวนต่อช่อง", en: "count per square" },
  published: { th: "เผยแพร่เมื่อ", en: "Published on" },
  zoomCloser: { th: "ซูมเข้า", en: "Zoom in" },
  zoomOut: { th: "ซูมออก", en: "Zoom out" },
  zoomIn: { th: "ซูมเข้าเพื่อแสดง", en: "zoom in to show" },
  previous: { th: "ก่อนหน้า", en: "Previous" },
  next: { th: "ถัดไป", en: "Next" },
  of: { th: "จาก", en: "of" },
  loading: { th: "กำลังโหลด", en: "Loading" },
  missing: { th: "ช่องแผนที่ที่โหลดไม่ได้", en: "map squares could not be loaded" },
  again: { th: "ลองใหม่", en: "Try again" },
  yes: { th: "ใช่", en: "Yes" },
  no: { th: "ไม่ใช่", en: "No" },
  towns: { th: "ไปยังเมือง", en: "Go to a town" },
  page: { th: "เปิดหน้าข้อมูล", en: "Open its page" },
  noCode: { th: "ไม่ระบุ", en: "Not stated" },
  map: { th: "แผนที่ กด Enter เพื่อดูข้อมูลที่กลางจอ", en: "Map; press Enter for what is at its centre" },
  nothingHere: { th: "ไม่มีข้อมูลที่จุดนี้", en: "Nothing here" },
  atLeast: { th: "แสดงเมื่อมีตั้งแต่", en: "shown from" },
} satisfies Record<string, Text>;

const MONTHS_TH = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."];
const MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A number with thousands separated: 12,345.6 */
export function number(value: number, digits = 2): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** A day as people write it: 23 มิ.ย. 2565 or 23 Jun 2022. */
export function day(iso: string, language: Language): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso);
  if (!parts) return iso;
  const year = Number(parts[1]);
  const month = Number(parts[2]) - 1;
  const named = language === "th" ? MONTHS_TH[month] : MONTHS_EN[month];
  return `${Number(parts[3])} ${named ?? parts[2]} ${language === "th" ? year + 543 : year}`;
}

/** The label of a code; a code the list does not know is shown as it is. */
export function coded(codes: Code[] | undefined, code: string): Text {
  const entry = codes?.find((one) => one.code === code);
  return entry ? entry.label : { th: code, en: code };
}

/** A value as people read it, in both languages. */
export function shown(field: Field, value: Value, codes: Record<string, Code[]>, isLand = false): Text {
  const list = field.codes ? codes[field.codes] : undefined;
  if (list) {
    const each = field.many ? String(value).split(/\s+/).filter(Boolean) : [String(value)];
    const labels = each.map((code) => coded(list, code));
    return { th: labels.map((one) => one.th).join(", "), en: labels.map((one) => one.en).join(", ") };
  }
  if (isLand && field.unit === "m²" && typeof value === "number") return landArea(value);
  const unit = field.unit ? ` ${field.unit}` : "";
  if (field.kind === "truth") return value === true || value === "true" ? WORDS.yes : WORDS.no;
  if (field.kind === "date") return { th: day(String(value), "th"), en: day(String(value), "en") };
  // A whole number without a unit may be a year: 2,024 would be read as an amount.
  const told = field.kind === "number" && typeof value === "number" ? `${number(value)}${unit}` : `${value}${unit}`;
  return { th: told, en: told };
}

/** Square metres, and ไร่-งาน-ตารางวา beside them: 1 rai is 4 ngan of 100 square wah of 4 m². */
export function landArea(metres: number): Text {
  const tenths = Math.round((metres / 4) * 10);
  const told = `${Math.floor(tenths / 4000).toLocaleString("en-US")}-${Math.floor((tenths % 4000) / 1000)}-${((tenths % 1000) / 10).toFixed(1).replace(/\.0$/, "")}`;
  return { th: `${number(metres)} m² · ${told} ไร่-งาน-ตร.ว.`, en: `${number(metres)} m² · ${told} rai-ngan-wah` };
}

/** What a feature is called: its name, or its layer and number. */
export function called(layer: LayerConfig, values: Values, id: number, language: Language): string {
  const english = language === "en" ? values["name_en"] : undefined;
  const name = english ?? (layer.nameField ? values[layer.nameField] : undefined);
  return name === undefined || name === "" ? `${layer.title[language]} ${id}` : String(name);
}
