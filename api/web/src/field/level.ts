// How likely and how bad, in one touch: a square of five by five.
import type { Code, Text } from "../config";
import { make } from "../dom";
import { coded } from "../words";
import { act, both, fill, one, text } from "./show";

const STEPS = [1, 2, 3, 4, 5];
const BANDS: readonly [least: number, name: string, words: Text][] = [
  [17, "very-high", text("สูงมาก", "very high")],
  [10, "high", text("สูง", "high")],
  [5, "medium", text("ปานกลาง", "medium")],
  [1, "low", text("ต่ำ", "low")],
];

/** The band of a score; the same cuts as on the server (layers/risk_point.py). */
function band(score: number): readonly [number, string, Text] {
  return BANDS.find(([least]) => score >= least) ?? BANDS[3]!;
}

export interface Level {
  likelihood: string;
  severity: string;
}

/** `lists` are the code lists of both; `chosen` is told what was touched, empty where it was cleared. */
export function levels(lists: Record<string, Code[]>, now: Level, chosen: (level: Level) => void): HTMLElement {
  const told = make("p", { class: "field-level", role: "status" });
  const label = (list: string, step: number) => coded(lists[list], String(step));
  const say = (level: Level) => {
    if (!level.likelihood || !level.severity) {
      fill(told, both(text("ยังไม่ได้เลือก", "not chosen yet")));
      return;
    }
    const score = Number(level.likelihood) * Number(level.severity);
    const [, , words] = band(score);
    const [likely, severe] = [label("likelihood", Number(level.likelihood)), label("severity", Number(level.severity))];
    fill(told, both(text(`โอกาส ${likely.th} · ความรุนแรง ${severe.th} = ${score} ${words.th}`,
                         `${likely.en} · ${severe.en} = ${score}, ${words.en}`)));
  };
  const cell = (severity: number, likelihood: number) => {
    const score = severity * likelihood;
    const [, name, words] = band(score);
    const input = make("input", { type: "radio", name: "level", value: `${likelihood}/${severity}`, class: "unseen" });
    input.checked = now.likelihood === String(likelihood) && now.severity === String(severity);
    const level = { likelihood: String(likelihood), severity: String(severity) };
    input.addEventListener("change", () => { say(level); chosen(level); });
    const names = one(text(`โอกาส ${likelihood} ความรุนแรง ${severity} = ${score} ${words.th}`,
                           `likelihood ${likelihood}, severity ${severity} = ${score}, ${words.en}`));
    input.setAttribute("aria-label", names);
    return make("td", {}, make("label", { class: `level-cell ${name}` }, input, make("span", { "aria-hidden": true }, String(score))));
  };
  const rows = [...STEPS].reverse().map((severity) =>
    make("tr", {}, make("th", { scope: "row" }, String(severity)), ...STEPS.map((likelihood) => cell(severity, likelihood))));
  const foot = make("tr", {}, make("td", {}), ...STEPS.map((step) => make("th", { scope: "col" }, String(step))));
  const table = make("table", { class: "levels" }, make("tbody", {}, ...rows, foot));
  const clear = act(text("ล้างระดับ", "Clear the level"), () => {
    for (const input of table.querySelectorAll("input")) input.checked = false;
    say({ likelihood: "", severity: "" });
    chosen({ likelihood: "", severity: "" });
  }, "small");
  say(now);
  return make("fieldset", { class: "field-set" },
    make("legend", {}, both(text("ระดับความเสี่ยง", "Level of risk"))),
    make("p", { class: "hint" }, both(text("แนวตั้ง = ความรุนแรง, แนวนอน = โอกาสเกิด", "up = severity, across = likelihood"))),
    table, told, clear);
}
