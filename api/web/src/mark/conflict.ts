// Two people changed the same mark: both versions side by side, and a person decides.
import type { Text } from "../config";
import { make } from "../dom";
import type { Values } from "./form";
import { press } from "./press";
import type { FormLayer, Forms } from "./server";
import type { Shape } from "./shape";
import { both, plain, SAID } from "./words";

export interface Version {
  values: Values;
  shape: Shape | null;
}

export interface Decision {
  element: HTMLElement;
}

/** A choice for each column that differs; what was chosen goes to `decided`. */
export function conflict(
  forms: Forms, layer: FormLayer, theirs: Version, mine: Version, base: Version,
  decided: (chosen: Version) => void,
): Decision {
  const chosen: Version = { values: { ...theirs.values }, shape: theirs.shape };
  const body = make("tbody", {});
  const rows: [string, Text, string, string][] = layer.fields
    .map((field): [string, Text, string, string] => [field.name, field.label, theirs.values[field.name] ?? "", mine.values[field.name] ?? ""])
    .filter(([name, , one, other]) => one !== other && (name in mine.values || name in theirs.values));
  const changedShape = JSON.stringify(mine.shape) !== JSON.stringify(theirs.shape);
  for (const [name, label, one, other] of rows) {
    const field = layer.fields.find((each) => each.name === name)!;
    const told = (value: string): Text => {
      const labels = value.split(/\s+/).map((code) => (field.codes ? forms.codes[field.codes] : undefined)?.find((each) => each.code === code)?.label);
      if (value && labels.every(Boolean)) return { th: labels.map((each) => each!.th).join(", "), en: labels.map((each) => each!.en).join(", ") };
      return value ? { th: value, en: value } : SAID.notSaid;
    };
    // What I did not touch is theirs; what I changed is mine until I say otherwise.
    const isMine = (mine.values[name] ?? "") !== (base.values[name] ?? "");
    if (isMine) chosen.values[name] = other;
    body.append(row(name, label, told(one), told(other), isMine, (mineHolds) => (chosen.values[name] = mineHolds ? other : one)));
  }
  if (changedShape) {
    const isMine = JSON.stringify(mine.shape) !== JSON.stringify(base.shape);
    if (isMine) chosen.shape = mine.shape;
    const [one, other] = [{ th: "- - -", en: "- - -" }, { th: "———", en: "———" }];
    body.append(row("geometry", SAID.geometry, one, other, isMine, (mineHolds) => (chosen.shape = mineHolds ? mine.shape : theirs.shape)));
  }
  const keep = press(SAID.keepChosen, () => decided(chosen), "mark-main");
  const head = make("thead", {}, make("tr", {}, make("td", {}), make("th", { scope: "col" }, both(SAID.theirs)), make("th", { scope: "col" }, both(SAID.mine))));
  const element = make("section", { class: "mark-conflict", tabindex: "-1", "aria-labelledby": "mark-conflict" },
    make("h3", { id: "mark-conflict" }, both(SAID.conflict)), make("table", {}, head, body), keep);
  return { element };
}

function row(name: string, label: Text, theirs: Text, mine: Text, isMine: boolean, chose: (mine: boolean) => void): HTMLElement {
  const cell = (text: Text, whose: Text, value: boolean): HTMLElement => {
    const input = make("input", { type: "radio", name: `mark-conflict-${name}`, "aria-label": `${plain(label)}: ${plain(whose)}: ${plain(text)}` });
    input.checked = value === isMine;
    input.addEventListener("change", () => chose(value));
    return make("td", {}, make("label", { class: "mark-choice" }, input, both(text)));
  };
  return make("tr", {}, make("th", { scope: "row" }, both(label)), cell(theirs, SAID.theirs, false), cell(mine, SAID.mine, true));
}
