// What is said at the head of the sheet: what is wrong and what to do about it, and in the end that it is kept.
import type { Text } from "../config";
import { make } from "../dom";
import { press } from "./press";
import type { Problem, Refused } from "./server";
import { both, SAID } from "./words";

export interface Outcome {
  layer: string;
  id: number;
}

export class Refusal {
  readonly element = make("div", { class: "mark-said", role: "alert", tabindex: "-1" });

  clear(): void {
    this.element.replaceChildren();
    this.element.className = "mark-said";
  }

  working(): void {
    this.clear();
    this.element.append(both(SAID.saving, " …"));
  }

  show(element: HTMLElement): void {
    this.clear();
    this.element.append(element);
    element.focus();
  }

  tell(words: readonly Text[]): void {
    this.clear();
    this.element.classList.add("mark-bad");
    this.element.append(make("strong", {}, both(SAID.wrong)), make("ul", {}, ...words.map((one) => make("li", {}, both(one)))));
    this.element.focus();
  }

  refuse(failure: Refused, problems: readonly Problem[], again?: () => void): void {
    this.clear();
    this.element.classList.add("mark-bad");
    const isAway = failure.status === 0 || failure.status === 401;
    const words = problems.length > 0 ? problems : [failure.told];
    if (!isAway) this.element.append(make("strong", {}, both(SAID.wrong)));
    this.element.append(make("ul", {}, ...words.map((one) => make("li", {}, both(one)))));
    if (failure.status === 401) {
      const next = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
      this.element.append(make("a", { class: "mark-button", href: next, target: "_blank", rel: "opener" }, both(SAID.signInLink)));
    }
    if (isAway && again) this.element.append(press(SAID.sendAgain, again, "mark-main"));
    if (failure.problems.length === problems.length) this.element.focus();
  }
}

/** It is kept: where to see it, and what comes next. */
export function ended(outcome: Outcome, unsent: Text | null, send: () => Promise<null>, another: () => void, close: () => void): HTMLElement {
  const page = make("a", { class: "mark-button", href: `/marks/${outcome.layer}/${outcome.id}` }, both(SAID.open));
  const element = make("div", { class: "mark-saved", tabindex: "-1" }, make("h3", {}, both(SAID.saved, ` #${outcome.id}`)));
  if (unsent) {
    const told = make("p", { class: "mark-warning" }, both(SAID.photosWaiting), both(unsent));
    const again = press(SAID.sendPhotos, () => {
      again.disabled = true;
      send().then(
        () => {
          told.remove();
          again.remove();
        },
        () => (again.disabled = false),
      );
    }, "mark-main");
    element.append(told, again);
  }
  element.append(make("div", { class: "mark-row" }, press(SAID.another, another, "mark-main"), page, press(SAID.close, close)));
  return element;
}
