// Going back in time: the days on which something of the shown layers changed, as a slider, a date and two steps.
import type { Language } from "./config";
import { button, iconButton, make } from "./dom";
import { day as told, WORDS } from "./words";

export interface Past {
  button: HTMLButtonElement;
  element: HTMLElement;
  banner: HTMLElement;
  translate(): void;
  /** Show which day is looked at, after it was set elsewhere. */
  update(): void;
}

export interface Days {
  now(): string | null;
  set(day: string | null): void;
  /** The days on which something changed, oldest first. */
  known(): Promise<string[]>;
}

const CLOCK = "M4 4v5h5M4.6 9a8.5 8.5 0 1 1-1 4M12 8v5l3.5 2";

/** The last moment of a day where the towns are. */
export function endOf(day: string): string {
  return `${day}T23:59:59+07:00`;
}

export function past(language: () => Language, days: Days): Past {
  let found: string[] = [];
  const slider = make("input", { type: "range", min: 0, max: 0, step: 1 });
  const date = make("input", { type: "date" });
  const earlier = button("", "‹", () => step(-1));
  const later = button("", "›", () => step(1));
  const back = button("", "", () => days.set(null), "atlas-now");
  const label = make("span", {});
  const problem = make("p", { class: "atlas-past-told", role: "status", hidden: true });
  const row = make("div", { class: "atlas-past-row" }, earlier, slider, later);
  const element = make("section", { class: "atlas-past", hidden: true }, make("label", { class: "atlas-tool" }, label, date), row, problem);
  const banner = make("div", { class: "atlas-past-banner", role: "status", hidden: true });
  const bannerText = make("strong", {});
  banner.append(bannerText, back);
  for (const one of [element, banner]) {
    L.DomEvent.disableClickPropagation(one);
    L.DomEvent.disableScrollPropagation(one);
  }

  const open = async (): Promise<void> => {
    element.hidden = !element.hidden;
    toggle.setAttribute("aria-expanded", String(!element.hidden));
    if (element.hidden) return;
    date.focus();
    try {
      found = await days.known();
      say(found.length === 0 ? WORDS.pastNone[language()] : null);
    } catch {
      say(WORDS.pastAway[language()]);
    }
    update();
  };
  const toggle = iconButton(CLOCK, () => void open(), "atlas-past-button");
  toggle.setAttribute("aria-expanded", "false");

  const say = (text: string | null): void => {
    problem.hidden = text === null;
    problem.textContent = text ?? "";
  };

  /** The place of the day that is looked at among those of change: the last that is not after it. */
  const place = (): number => {
    const now = days.now();
    if (now === null) return found.length;
    let at = -1;
    found.forEach((one, index) => {
      if (one <= now) at = index;
    });
    return at;
  };

  const go = (at: number): void => {
    if (at >= found.length) days.set(null);
    else if (found[at]) days.set(found[at]!);
  };
  const step = (by: number): void => go(Math.max(0, place() + by));

  slider.addEventListener("input", () => {
    const one = found[Number(slider.value)];
    slider.setAttribute("aria-valuetext", one ? told(one, language()) : WORDS.present[language()]);
  });
  slider.addEventListener("change", () => go(Number(slider.value)));
  date.addEventListener("change", () => days.set(date.value || null));

  const update = (): void => {
    const words = language();
    const now = days.now();
    slider.max = String(found.length);
    slider.value = String(Math.max(0, place()));
    slider.setAttribute("aria-valuetext", now ? told(now, words) : WORDS.present[words]);
    slider.disabled = found.length === 0;
    earlier.disabled = found.length === 0 || place() <= 0;
    later.disabled = now === null;
    date.value = now ?? "";
    banner.hidden = now === null;
    bannerText.textContent = now ? `${words === "th" ? "ข้อมูล ณ" : "As of"} ${told(now, words)} (${told(now, words === "th" ? "en" : "th")})` : "";
  };

  const translate = (): void => {
    const words = language();
    for (const [one, name] of [[toggle, WORDS.past], [earlier, WORDS.earlier], [later, WORDS.later], [back, WORDS.present]] as const) {
      one.setAttribute("aria-label", name[words]);
      one.title = name[words];
    }
    back.textContent = WORDS.present[words];
    label.textContent = WORDS.pastDay[words];
    element.setAttribute("aria-label", WORDS.past[words]);
    slider.setAttribute("aria-label", WORDS.pastSlider[words]);
    update();
  };
  translate();
  return { button: toggle, element, banner, translate, update };
}
