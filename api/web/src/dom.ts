// Elements are made here and filled through textContent alone: words from the database never become markup.

type Attributes = Record<string, string | number | boolean>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** A button with a name for people who cannot see it. */
export function button(label: string, text: string, pressed: () => void, className = ""): HTMLButtonElement {
  const element = make("button", { type: "button", "aria-label": label, title: label, class: className }, text);
  element.addEventListener("click", (event) => {
    // A button may replace itself; the map would then take the click of a detached element for its own.
    event.stopPropagation();
    pressed();
  });
  return element;
}
