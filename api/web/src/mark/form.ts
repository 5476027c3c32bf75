// The details of a mark, worked out from `GET /marks/forms`: whatever columns a layer has, its form has.
import type { Field } from "../config";
import { make } from "../dom";
import { day } from "../words";
import { matrix } from "./matrix";
import { press } from "./press";
import type { FormLayer, Forms, Problem } from "./server";
import { both, plain, SAID } from "./words";

export type Values = Record<string, string>;

// Asked for at once; the rest waits behind "more". Where a mark lies and where its life stands are not typed.
const FIRST = ["kind", "name_th", "threatens", "belongs_to", "description"];
const NOT_ASKED = ["status", "community_id", "likelihood", "severity"];
const MOST_BUTTONS = 12;

export interface Form {
  element: HTMLElement;
  /** Shows these problems at the fields they are about; answers what has no field here. */
  refuse(problems: readonly Problem[]): Problem[];
}

interface Control {
  element: HTMLElement;
  focus: HTMLElement;
}

export function form(forms: Forms, layer: FormLayer, values: Values, changed: (name: string, value: string) => void): Form {
  const by = new Map(layer.fields.map((field) => [field.name, field]));
  const controls = new Map<string, Control>();
  const made = (field: Field): HTMLElement => {
    const told = make("p", { class: "mark-wrong", id: `mark-wrong-${field.name}`, hidden: true });
    const control = controlOf(forms, field, values[field.name] ?? "", (value) => {
      told.hidden = true;
      changed(field.name, value);
    });
    control.focus.setAttribute("aria-describedby", told.id);
    controls.set(field.name, control);
    control.element.append(told);
    return control.element;
  };
  const element = make("div", { class: "mark-form" });
  const first = FIRST.flatMap((name) => by.get(name) ?? []);
  const rest = layer.fields.filter((one) => !FIRST.includes(one.name) && !NOT_ASKED.includes(one.name));
  element.append(...first.slice(0, 1).map(made));
  if (by.has("likelihood") && by.has("severity")) {
    const grid = matrix({ likelihood: forms.codes["likelihood"] ?? [], severity: forms.codes["severity"] ?? [] }, (likelihood, severity) => {
      changed("likelihood", likelihood);
      changed("severity", severity);
    });
    grid.set(values["likelihood"] ?? "", values["severity"] ?? "");
    const told = make("p", { class: "mark-wrong", hidden: true });
    grid.element.append(told);
    const focus = grid.element.querySelector("input")!;
    for (const name of ["likelihood", "severity"]) controls.set(name, { element: grid.element, focus });
    element.append(grid.element);
  }
  element.append(...first.slice(1).map(made));
  if (rest.length > 0) element.append(make("details", { class: "mark-rest" }, make("summary", {}, both(SAID.more2)), ...rest.map(made)));
  return {
    element,
    refuse(problems) {
      element.querySelectorAll<HTMLElement>(".mark-wrong").forEach((one) => (one.hidden = true));
      const left: Problem[] = [];
      let toFocus: HTMLElement | null = null;
      for (const problem of problems) {
        const control = problem.column === null ? undefined : controls.get(problem.column);
        const told = control?.element.querySelector<HTMLElement>(".mark-wrong");
        if (!control || !told) {
          left.push(problem);
          continue;
        }
        told.replaceChildren(both(problem));
        told.hidden = false;
        control.focus.setAttribute("aria-invalid", "true");
        control.element.closest("details")?.setAttribute("open", "");
        toFocus ??= control.focus;
      }
      toFocus?.focus();
      return left;
    },
  };
}

function controlOf(forms: Forms, field: Field, value: string, changed: (value: string) => void): Control {
  const list = field.codes ? (forms.codes[field.codes] ?? []) : null;
  if (list && (field.many || list.length <= MOST_BUTTONS)) return boxes(field, list, value, changed);
  const id = `mark-field-${field.name}`;
  const label = make("label", { for: id }, both(field.label, field.unit ? ` (${field.unit})` : ""));
  const said = (input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): Control => {
    input.value = value;
    input.addEventListener("input", () => {
      input.removeAttribute("aria-invalid");
      changed(input.value);
    });
    return { element: make("div", { class: "mark-field", "data-field": field.name }, label, input), focus: input };
  };
  if (list) {
    const options = list.map((one) => make("option", { value: one.code }, plain(one.label)));
    return said(make("select", { id }, make("option", { value: "" }, plain(SAID.notSaid)), ...options));
  }
  if (field.kind === "truth") {
    const options = [["true", SAID.yes], ["false", SAID.no]] as const;
    return said(make("select", { id }, make("option", { value: "" }, plain(SAID.notSaid)), ...options.map(([code, label]) => make("option", { value: code }, plain(label)))));
  }
  if (field.name === "description" || field.name === "cause") return said(make("textarea", { id, rows: 3, maxlength: 4000 }));
  if (field.kind === "date") return dated(said(make("input", { id, autocomplete: "off", inputmode: "text" })), changed);
  const mode = field.kind === "number" || field.name.endsWith("year") ? "decimal" : "text";
  return said(make("input", { id, autocomplete: "off", inputmode: mode, maxlength: 400 }));
}

function boxes(field: Field, list: Forms["codes"][string], value: string, changed: (value: string) => void): Control {
  const kind = field.many ? "checkbox" : "radio";
  const chosen = new Set(value.split(/\s+/).filter(Boolean));
  const inputs = list.map((one) => {
    const input = make("input", { type: kind, name: `mark-${field.name}`, value: one.code });
    input.checked = chosen.has(one.code);
    input.addEventListener("change", () => changed(inputs.map(({ input: each }) => each).filter((each) => each.checked).map((each) => each.value).join(" ")));
    return { input, label: make("label", { class: "mark-choice" }, input, both(one.label)) };
  });
  const clear = press(SAID.notSaid, () => {
    for (const { input } of inputs) input.checked = false;
    changed("");
  }, "mark-clear");
  const choices = make("div", { class: "mark-choices" }, ...inputs.map((one) => one.label), ...(field.many ? [] : [clear]));
  return {
    element: make("fieldset", { class: "mark-field", "data-field": field.name }, make("legend", {}, both(field.label)), choices),
    focus: inputs[0]!.input,
  };
}

function dated(control: Control, changed: (value: string) => void): Control {
  const input = control.focus as HTMLInputElement;
  const told = make("p", { class: "mark-hint", "aria-live": "polite" });
  const tell = (): void => {
    const iso = isoOf(input.value);
    told.replaceChildren(iso ? both({ th: day(iso, "th"), en: day(iso, "en") }) : both(input.value.trim() ? SAID.wrongDay : SAID.dayHint));
  };
  const today = press(SAID.today, () => {
    const now = new Date();
    input.value = `${now.getDate()}/${now.getMonth() + 1}/${now.getFullYear() + 543}`;
    changed(input.value);
    tell();
  });
  input.addEventListener("input", tell);
  tell();
  control.element.append(today, told);
  return control;
}

/** A day as it is typed, of either era; null where it is none. */
function isoOf(typed: string): string | null {
  const western = typed.replace(/[๐-๙]/g, (digit) => String("๐๑๒๓๔๕๖๗๘๙".indexOf(digit))).trim();
  const found = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(western);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(western);
  const [year, month, dayOf] = found ? [found[3], found[2], found[1]] : iso ? [iso[1], iso[2], iso[3]] : [];
  if (!year || !month || !dayOf) return null;
  const common = Number(year) > 2400 ? Number(year) - 543 : Number(year);
  const at = new Date(Date.UTC(common, Number(month) - 1, Number(dayOf)));
  if (at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(dayOf)) return null;
  return at.toISOString().slice(0, 10);
}
