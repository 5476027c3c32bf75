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

/** A button with a drawing on it: 24 units square, in the colour of the words around it. */
export function iconButton(drawing: string, pressed: () => void, className = ""): HTMLButtonElement {
  const element = button("", "", pressed, className);
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "path");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["width", "22"], ["height", "22"], ["aria-hidden", "true"]] as const) {
    picture.setAttribute(name, value);
  }
  for (const [name, value] of [
    ["d", drawing], ["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "2"], ["stroke-linecap", "round"],
    ["stroke-linejoin", "round"],
  ] as const) line.setAttribute(name, value);
  picture.append(line);
  element.append(picture);
  return element;
}
