// Likelihood × severity, to be chosen with one touch (DOMAIN §6.3): the score, its band and the words of both.
import type { Code, Text } from "../config";
import { make } from "../dom";
import { both, plain, SAID } from "./words";

// The bands of layers/risk_point.py and the colours of data/codes/risk_band; a browser test compares them.
export const BANDS: { from: number; label: Text; color: string; ink: string }[] = [
  { from: 17, label: { th: "สูงมาก", en: "Very high" }, color: "#c62828", ink: "#ffffff" },
  { from: 10, label: { th: "สูง", en: "High" }, color: "#f57c00", ink: "#1d2b36" },
  { from: 5, label: { th: "ปานกลาง", en: "Medium" }, color: "#e6c700", ink: "#1d2b36" },
  { from: 1, label: { th: "ต่ำ", en: "Low" }, color: "#4dac26", ink: "#1d2b36" },
];
const band = (score: number) => BANDS.find((one) => score >= one.from)!;
const SIZES = ["1", "2", "3", "4", "5"];

export interface Matrix {
  element: HTMLElement;
  set(likelihood: string, severity: string): void;
}

export function matrix(lists: { likelihood: Code[]; severity: Code[] }, chosen: (likelihood: string, severity: string) => void): Matrix {
  const told = make("p", { class: "mark-score", role: "status" });
  const table = make("div", { class: "mark-matrix", role: "radiogroup", "aria-label": plain(SAID.matrix) });
  const cells = new Map<string, HTMLInputElement>();
  const word = (list: Code[], code: string): Text => list.find((one) => one.code === code)?.label ?? { th: code, en: code };
  const tell = (likelihood: string, severity: string): void => {
    const score = Number(likelihood) * Number(severity);
    if (!score) return void told.replaceChildren(both(SAID.notSaid));
    const swatch = make("b", { class: "mark-band" }, `${score}`);
    swatch.style.backgroundColor = band(score).color;
    swatch.style.color = band(score).ink;
    const [l, s] = [word(lists.likelihood, likelihood), word(lists.severity, severity)];
    told.replaceChildren(swatch, both({
      th: `${band(score).label.th}: ${l.th} × ${s.th}`,
      en: `${band(score).label.en}: ${l.en} × ${s.en}`,
    }));
  };
  for (const severity of [...SIZES].reverse()) {
    table.append(make("span", { class: "mark-axis", "aria-hidden": "true" }, severity));
    for (const likelihood of SIZES) {
      const score = Number(likelihood) * Number(severity);
      const [l, s] = [word(lists.likelihood, likelihood), word(lists.severity, severity)];
      const name = `${plain(SAID.likelihood)} ${likelihood} ${l.th}, ${plain(SAID.severity)} ${severity} ${s.th} = ${score} ${plain(band(score).label)}`;
      const input = make("input", { type: "radio", name: "mark-matrix", value: `${likelihood}x${severity}`, "aria-label": name });
      input.addEventListener("change", () => {
        tell(likelihood, severity);
        chosen(likelihood, severity);
      });
      const cell = make("label", { class: "mark-cell" }, input, make("span", { "aria-hidden": "true" }, String(score)));
      cell.style.backgroundColor = band(score).color;
      cell.style.color = band(score).ink;
      cells.set(input.value, input);
      table.append(cell);
    }
  }
  table.append(make("span", {}), ...SIZES.map((one) => make("span", { class: "mark-axis", "aria-hidden": "true" }, one)));
  table.addEventListener("keydown", (event) => {
    // A browser walks radios one after the other; here up and down are rows.
    const [dl, ds] = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key] ?? [];
    if (dl === undefined || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    const [likelihood, severity] = event.target.value.split("x").map(Number);
    const next = cells.get(`${Math.min(5, Math.max(1, likelihood! + dl))}x${Math.min(5, Math.max(1, severity! + ds!))}`);
    next?.focus();
    next?.click();
  });
  const axis = make("p", { class: "mark-axes" }, both({ th: `↑ ${SAID.severity.th}   → ${SAID.likelihood.th}`, en: `↑ ${SAID.severity.en}   → ${SAID.likelihood.en}` }));
  tell("", "");
  return {
    element: make("fieldset", { class: "mark-field", "data-field": "likelihood severity" }, make("legend", {}, both(SAID.matrix)), axis, table, told),
    set(likelihood, severity) {
      const cell = cells.get(`${likelihood}x${severity}`);
      for (const one of cells.values()) one.checked = one === cell;
      tell(likelihood, severity);
    },
  };
}
