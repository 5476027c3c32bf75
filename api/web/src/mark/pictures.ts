// Photographs of a mark: taken or chosen, made smaller on the device, and sent once the mark is kept.
import { button, make } from "../dom";
import { drawn, type Prepared, prepared } from "../photos";
import { both, plain, SAID } from "./words";

const THUMB = 160;

export interface Pictures {
  element: HTMLElement;
  /** What has been added; waits for what is still being made smaller. */
  all(): Promise<Prepared[]>;
  set(known: readonly Prepared[]): void;
}

export function pictures(changed: () => void): Pictures {
  let kept: Prepared[] = [];
  let working: Promise<unknown> = Promise.resolve();
  const list = make("ul", { class: "mark-photos" });
  const redraw = (): void => {
    list.replaceChildren(...kept.map((one, index) => shown(one, index, () => {
      kept = kept.filter((each) => each !== one);
      redraw();
      changed();
    })));
  };
  const add = (files: FileList | null): void => {
    for (const file of files ?? []) {
      working = working.then(async () => {
        kept = [...kept, await prepared(file)];
        redraw();
        changed();
      });
    }
  };
  const chooser = (text: typeof SAID.take, camera: boolean): HTMLElement => {
    const input = make("input", { type: "file", accept: "image/*", multiple: !camera, ...(camera ? { capture: "environment" } : {}) });
    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
    return make("label", { class: "mark-button mark-file" }, input, both(text));
  };
  const element = make("div", {}, make("div", { class: "mark-row" }, chooser(SAID.take, true), chooser(SAID.choose, false)), make("p", { class: "mark-hint" }, both(SAID.photoHint)), list);
  return {
    element,
    async all() {
      await working;
      return kept;
    },
    set(known) {
      kept = [...known];
      redraw();
    },
  };
}

function shown(one: Prepared, index: number, removed: () => void): HTMLElement {
  // Drawn, not linked: the page's policy lets in pictures of this server alone.
  const frame = make("span", { class: "mark-thumb", role: "img", "aria-label": `${index + 1}: ${one.name}` });
  void createImageBitmap(one.blob).then(
    (bitmap) => {
      const small = drawn(bitmap, THUMB);
      bitmap.close();
      if (small) frame.replaceChildren(small);
    },
    () => frame.append(one.name),
  );
  const drop = button(`${plain(SAID.remove)} ${index + 1}`, "×", removed, "mark-x");
  return make("li", {}, frame, drop);
}
