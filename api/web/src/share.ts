// A link to what is seen: copied, or where the browser will not, shown to be copied by hand.
import type { Language } from "./config";
import { iconButton, make } from "./dom";
import { WORDS } from "./words";

const CHAIN = "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6l-1.2 1.2M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.6l1.2-1.2";

export function share(language: () => Language, link: () => string, told: (text: string, more?: HTMLElement) => void) {
  const copy = async (): Promise<void> => {
    const words = language();
    try {
      // Browsers give the clipboard to pages that came over https alone.
      await navigator.clipboard.writeText(link());
      told(WORDS.shared[words]);
    } catch {
      const field = make("input", { type: "text", readonly: true, value: link(), "aria-label": WORDS.shareByHand[words] });
      told(WORDS.shareByHand[words], field);
      field.focus();
      field.select();
    }
  };
  const element = iconButton(CHAIN, () => void copy(), "atlas-share");
  const translate = (): void => {
    element.setAttribute("aria-label", WORDS.share[language()]);
    element.title = WORDS.share[language()];
  };
  translate();
  return { element, translate };
}
