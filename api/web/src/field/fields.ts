// The fields of a form, made from what the server says of a layer; what is wrong with one is told beside it.
import type { Code, Field } from "../config";
import { make } from "../dom";
import type { Draft, Forms, FormLayer } from "./kinds";
import { levels } from "./level";
import { LEFT_OUT } from "./marks";
import { both, one, text } from "./show";

/** What is asked at once; everything else waits behind one more touch. */
const FIRST = ["kind", "name_th", "threatens", "belongs_to", "description", "seen_on", "surveyed_on"];
const LONG = ["description", "cause"];

/** The fields of a draft; `touched` is told after each change of `draft.words`. */
export function fieldsOf(forms: Forms, layer: FormLayer, draft: Draft, touched: () => void): HTMLElement[] {
  const usable = layer.fields.filter((field) => !LEFT_OUT.includes(field.name));
  const isLevel = (field: Field) => field.name === "likelihood" || field.name === "severity";
  const made = (field: Field) => fieldOf(forms.codes, field, draft, touched);
  const first = FIRST.flatMap((name) => usable.filter((field) => field.name === name));
  const rest = usable.filter((field) => !first.includes(field) && !isLevel(field));
  const found = first.map(made);
  if (usable.some(isLevel)) {
    const now = { likelihood: draft.words["likelihood"] ?? "", severity: draft.words["severity"] ?? "" };
    const square = levels(forms.codes, now, (level) => { Object.assign(draft.words, level); touched(); });
    const wrong = ["likelihood", "severity"].flatMap((name) => problemsAt(draft, name));
    if (wrong.length > 0) square.append(...wrong);
    found.splice(Math.min(2, found.length), 0, square);
  }
  if (rest.length > 0) {
    const more = make("details", { class: "field-more" }, make("summary", {}, both(text("ข้อมูลเพิ่มเติม", "More details"))), ...rest.map(made));
    more.open = rest.some((field) => problemsAt(draft, field.name).length > 0);
    found.push(more);
  }
  return found;
}

function problemsAt(draft: Draft, name: string): HTMLElement[] {
  return draft.problems.filter((one) => one.column === name).map((wrong) => make("p", { class: "field-wrong", id: `wrong-${name}` }, both(wrong)));
}

function fieldOf(codes: Record<string, Code[]>, field: Field, draft: Draft, touched: () => void): HTMLElement {
  const list = field.codes ? codes[field.codes] : undefined;
  if (list && field.many) return ticks(list, field, draft, touched);
  const control = controlOf(list, field);
  control.id = `field-${field.name}`;
  control.value = draft.words[field.name] ?? "";
  const wrong = problemsAt(draft, field.name);
  if (wrong.length > 0) {
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", `wrong-${field.name}`);
  }
  const changed = () => { draft.words[field.name] = control.value; touched(); };
  control.addEventListener("input", changed);
  control.addEventListener("change", changed);
  const unit = field.unit ? ` (${field.unit})` : "";
  return make("div", { class: "field-one" }, make("label", { for: control.id }, both({ th: field.label.th + unit, en: field.label.en + unit })), control, ...wrong);
}

function controlOf(list: Code[] | undefined, field: Field): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  const empty = () => make("option", { value: "" }, one(text("– ยังไม่ระบุ –", "– not stated –")));
  if (list) {
    return make("select", {}, empty(), ...list.map((code) => make("option", { value: code.code }, one(code.label))));
  }
  if (field.kind === "truth") {
    const choices = [["true", text("ใช่", "Yes")], ["false", text("ไม่ใช่", "No")]] as const;
    return make("select", {}, empty(), ...choices.map(([value, words]) => make("option", { value }, one(words))));
  }
  if (LONG.includes(field.name)) return make("textarea", { rows: 3, maxlength: 4000 });
  if (field.kind === "date") return make("input", { type: "date" });
  const isNumber = field.kind === "number" || field.kind === "year";
  return make("input", { type: "text", maxlength: 500, ...(isNumber ? { inputmode: "decimal" } : {}) });
}

function ticks(list: Code[], field: Field, draft: Draft, touched: () => void): HTMLElement {
  const now = new Set((draft.words[field.name] ?? "").split(/\s+/).filter(Boolean));
  const each = list.map((code) => {
    const input = make("input", { type: "checkbox", value: code.code });
    input.checked = now.has(code.code);
    input.addEventListener("change", () => {
      if (input.checked) now.add(code.code);
      else now.delete(code.code);
      draft.words[field.name] = list.map((one) => one.code).filter((one) => now.has(one)).join(" ");
      touched();
    });
    return make("label", { class: "field-tick" }, input, make("span", {}, both(code.label)));
  });
  return make("fieldset", { class: "field-set" }, make("legend", {}, both(field.label)), make("div", { class: "field-ticks" }, ...each), ...problemsAt(draft, field.name));
}
