// A button that says in both languages what it does; its words are its name.
import type { Text } from "../config";
import { make } from "../dom";
import { both } from "./words";

export function press(text: Text, pressed: () => void, kind = ""): HTMLButtonElement {
  const made = make("button", { type: "button", class: `mark-button ${kind}`.trim() }, both(text));
  made.addEventListener("click", (event) => {
    // The map would take the click of a button that replaced itself for its own.
    event.stopPropagation();
    pressed();
  });
  return made;
}
